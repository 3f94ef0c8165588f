/**
 * A file in memory. A snapshot, and the version that readers in other threads see, share what is there and cost
 * next to nothing: parts that a closed version holds are written to another place (see slots.ts, versions.ts).
 * Growing never moves what is there. A block's hash is computed when somebody asks for it, and once for as long
 * as the block is not written.
 */
import { createHash } from 'node:crypto'
import { assert } from '../base/index.ts'
import { NO_SLOT, readSlots, SLAB_SLOTS, SLOT_BYTES, type Slab, slotOf } from './slots.ts'
import { Versions } from './versions.ts'

/** What a hash is of. */
export const BLOCK_BYTES = 32 * 1024
const BLOCK_SLOTS = BLOCK_BYTES / SLOT_BYTES

/** In a database's header (sqlite.org/fileformat2.html, section 1.3). */
const SCHEMA_COOKIE_AT = 40

/** The first slab of a file, so that a namespace with one table wastes little. */
const SLAB_SLOTS_MIN = 16

/** What SQLite works on. */
export interface VfsFile {
  readonly size: number
  /** Copies up to `target.length` bytes from `offset`; returns how many there were. */
  read(target: Uint8Array, offset: number): number
  write(source: Uint8Array, offset: number): void
  truncate(size: number): void
}

/** The file as it was; must be released, and not read afterwards. */
export interface FileSnapshot {
  readonly size: number
  /** Copies up to `target.length` bytes from `offset`; returns how many there were. */
  read(target: Uint8Array, offset: number): number
  /** SHA-256 of the {@link BLOCK_BYTES} from `position * BLOCK_BYTES` on, zeros in place of those behind the end. */
  blockHash(position: number): Uint8Array
  release(): void
}

/** What a version of a file differs in from the one before. */
export interface FileChange {
  /** There is none before: everything is here. */
  readonly isWhole: boolean
  readonly size: number
  /** The schema's cookie, which SQLite changes with the schema. */
  readonly schema: number
  /** Slabs that are not used any more; to be forgotten before new ones are taken. */
  readonly dropped: readonly number[]
  readonly added: readonly { readonly slab: number; readonly memory: SharedArrayBuffer }[]
  /** Places in the table and the slots that they name now, in turns. */
  readonly moved: Int32Array<ArrayBuffer>
}

interface Retired {
  readonly slot: number
  /** The versions that hold it: from the first on, before the second. */
  readonly born: number
  readonly died: number
}

export interface BlockFileInit {
  /** Of all files that are to be seen in one state. @default its own */
  readonly versions?: Versions | undefined
  /** Keep it in memory that other threads can be given. @default false */
  readonly shared?: boolean
}

export class BlockFile implements VfsFile {
  readonly #versions: Versions
  readonly #shared: boolean
  readonly #slabs: (Slab | undefined)[] = []
  /** Slots of each slab that hold something. */
  readonly #used: number[] = []
  /** The slot of each part of the file; may be longer than that. */
  #table = new Int32Array(SLAB_SLOTS_MIN)
  /** Parts there are. */
  #count = 0
  #size = 0
  /** The version in which a slot was taken. */
  #born = new Float64Array(SLAB_SLOTS)
  #free: number[] = []
  /** Slots of earlier versions that readers may yet begin with. */
  #reachable: Retired[] = []
  /** Those that a version in use holds, by one that does. */
  readonly #held = new Map<number, Retired[]>()
  #seenReleases = 0
  #hashes: (Uint8Array | undefined)[] = []
  /** Since the last {@link takeChange}; undefined: everything. */
  #moved: number[] | undefined
  #isChanged = true
  #dropped: number[] = []
  #added: number[] = []

  constructor({ versions = new Versions(), shared = false }: BlockFileInit = {}) {
    this.#versions = versions
    this.#shared = shared
  }

  get size(): number {
    return this.#size
  }

  read(target: Uint8Array, offset: number): number {
    return readSlots(this.#slabs, this.#table, this.#size, target, offset)
  }

  /** Writing beyond the end fills the gap with zeros. */
  write(source: Uint8Array, offset: number): void {
    this.#versions.touch()
    const end = offset + source.length
    this.#reach(Math.ceil(end / SLOT_BYTES))
    let position = offset
    while (position < end) {
      const within = position % SLOT_BYTES
      const count = Math.min(SLOT_BYTES - within, end - position)
      const from = position - offset
      const bytes = this.#writable(Math.floor(position / SLOT_BYTES), count === SLOT_BYTES)
      bytes.set(source.subarray(from, from + count), within)
      position += count
    }
    this.#size = Math.max(this.#size, end)
    this.#isChanged = true
  }

  truncate(size: number): void {
    if (size >= this.#size) return
    this.#versions.touch()
    const count = Math.ceil(size / SLOT_BYTES)
    for (let at = count; at < this.#count; at++) {
      this.#retire(this.#table[at] as number)
      this.#table[at] = NO_SLOT
    }
    this.#count = count
    this.#hashes.length = Math.min(this.#hashes.length, Math.ceil(count / BLOCK_SLOTS))
    this.#hashes[Math.floor(count / BLOCK_SLOTS)] = undefined
    // What is cut off must be zeros should the file grow again.
    if (size % SLOT_BYTES !== 0) this.#writable(count - 1, false).fill(0, size % SLOT_BYTES)
    this.#size = size
    this.#isChanged = true
    this.#reclaim()
  }

  snapshot(): FileSnapshot {
    const version = this.#versions.close()
    this.#versions.pin(version)
    const size = this.#size
    const table = this.#table.slice(0, this.#count)
    let isHeld = true
    return {
      size,
      read: (target, offset) => {
        assert(isHeld, 'a snapshot is not read after its release')
        return readSlots(this.#slabs, table, size, target, offset)
      },
      blockHash: (position) => {
        assert(isHeld, 'a snapshot is not read after its release')
        return this.#hashOf(table, position)
      },
      release: () => {
        if (isHeld) this.#versions.unpin(version)
        isHeld = false
      },
    }
  }

  /** What is different since the last call, if anything is. For shared files, when their version is closed. */
  takeChange(): FileChange | undefined {
    if (!this.#isChanged) return undefined
    const change: FileChange = {
      isWhole: this.#moved === undefined,
      size: this.#size,
      schema: this.#schema(),
      dropped: this.#dropped,
      added: this.#added.map((slab) => ({ slab, memory: this.#slabs[slab]?.buffer as SharedArrayBuffer })),
      moved: this.#takeMoved(),
    }
    this.#isChanged = false
    this.#dropped = []
    this.#added = []
    return change
  }

  #schema(): number {
    const bytes = new DataView(new ArrayBuffer(4))
    this.read(new Uint8Array(bytes.buffer), SCHEMA_COOKIE_AT)
    return bytes.getUint32(0)
  }

  #takeMoved(): Int32Array<ArrayBuffer> {
    const positions = this.#moved ?? this.#table.subarray(0, this.#count).keys()
    const moved: number[] = []
    for (const at of positions) if (at < this.#count) moved.push(at, this.#table[at] as number)
    this.#moved = []
    return Int32Array.from(moved)
  }

  #hashOf(table: Int32Array, block: number): Uint8Array {
    const from = block * BLOCK_SLOTS
    const slots = table.subarray(from, from + BLOCK_SLOTS)
    // What a snapshot holds is not written in place: the same slots, the same bytes.
    const isCurrent = slots.every((slot, i) => from + i < this.#count && this.#table[from + i] === slot)
    const isWhole = from + slots.length === Math.min(from + BLOCK_SLOTS, this.#count)
    if (!isCurrent || !isWhole) return this.#sha256(slots)
    const hash = this.#hashes[block] ?? this.#sha256(slots)
    this.#hashes[block] = hash
    return hash
  }

  #sha256(slots: Int32Array): Uint8Array {
    const hash = createHash('sha256')
    for (let i = 0; i < BLOCK_SLOTS; i++) {
      const slot = slots[i] ?? NO_SLOT
      hash.update(slot === NO_SLOT ? ZEROS : slotOf(this.#slabs, slot))
    }
    return hash.digest()
  }

  #reach(count: number): void {
    if (count <= this.#count) return
    if (count > this.#table.length) {
      const table = new Int32Array(Math.max(count, 2 * this.#table.length))
      table.set(this.#table)
      this.#table = table
    }
    this.#table.fill(NO_SLOT, this.#count, count)
    if (this.#moved !== undefined) for (let at = this.#count; at < count; at++) this.#moved.push(at)
    this.#count = count
  }

  /** Where that part of the file can be written; `whole`: what is there now does not matter. */
  #writable(at: number, whole: boolean): Uint8Array {
    this.#hashes[Math.floor(at / BLOCK_SLOTS)] = undefined
    const slot = this.#table[at] as number // callers stay within the parts there are
    if (slot !== NO_SLOT && this.#born[slot] === this.#versions.now) return slotOf(this.#slabs, slot)
    const bytes = slotOf(this.#slabs, this.#move(at))
    if (!whole) {
      if (slot === NO_SLOT) bytes.fill(0)
      else bytes.set(slotOf(this.#slabs, slot))
    }
    this.#retire(slot)
    return bytes
  }

  #move(at: number): number {
    const slot = this.#allocate()
    this.#born[slot] = this.#versions.now
    this.#table[at] = slot
    this.#moved?.push(at)
    return slot
  }

  #allocate(): number {
    if (this.#free.length === 0) this.#reclaim()
    if (this.#free.length === 0) this.#addSlab()
    const slot = this.#free.pop() as number // there is one now
    const slab = Math.floor(slot / SLAB_SLOTS)
    this.#used[slab] = (this.#used[slab] as number) + 1
    return slot
  }

  #addSlab(): void {
    const unused = this.#slabs.indexOf(undefined)
    const slab = unused < 0 ? this.#slabs.length : unused
    const slots = Math.min(SLAB_SLOTS, Math.max(SLAB_SLOTS_MIN, this.#count))
    const bytes = slots * SLOT_BYTES
    this.#slabs[slab] = this.#shared ? new Uint8Array(new SharedArrayBuffer(bytes)) : new Uint8Array(bytes)
    this.#used[slab] = 0
    this.#added.push(slab)
    const first = slab * SLAB_SLOTS
    if (this.#born.length < first + SLAB_SLOTS) {
      const born = new Float64Array(Math.max(first + SLAB_SLOTS, 2 * this.#born.length))
      born.set(this.#born)
      this.#born = born
    }
    for (let slot = first + slots - 1; slot >= first; slot--) this.#free.push(slot)
  }

  #retire(slot: number): void {
    if (slot === NO_SLOT) return
    const born = this.#born[slot] as number
    const died = this.#versions.now
    if (born === died) this.#release(slot)
    else this.#sort({ slot, born, died })
  }

  #release(slot: number): void {
    const slab = Math.floor(slot / SLAB_SLOTS)
    this.#used[slab] = (this.#used[slab] as number) - 1
    this.#free.push(slot)
  }

  /** Finds slots that nobody reads any more. */
  #reclaim(): void {
    const versions = this.#versions
    if (versions.releases !== this.#seenReleases) {
      this.#seenReleases = versions.releases
      const retired = this.#reachable
      this.#reachable = []
      for (const [version, slots] of this.#held) {
        if (versions.isPinned(version)) continue
        this.#held.delete(version)
        for (const each of slots) retired.push(each)
      }
      for (const each of retired) this.#sort(each)
    }
    if (this.#free.length > SLAB_SLOTS + 2 * this.#count) this.#dropSlabs()
  }

  #sort(retired: Retired): void {
    const { slot, born, died } = retired
    const holder = this.#versions.holder(born, died)
    if (holder !== undefined) {
      const held = this.#held.get(holder)
      if (held === undefined) this.#held.set(holder, [retired])
      else held.push(retired)
    } else if (this.#versions.isReachable(died)) this.#reachable.push(retired)
    else this.#release(slot)
  }

  /** Gives back memory: a file that was large may not become so again. */
  #dropSlabs(): void {
    for (const [slab, used] of this.#used.entries()) {
      if (used > 0 || this.#slabs[slab] === undefined) continue
      this.#slabs[slab] = undefined
      if (this.#added.includes(slab)) this.#added = this.#added.filter((added) => added !== slab)
      else this.#dropped.push(slab)
    }
    this.#free = this.#free.filter((slot) => this.#slabs[Math.floor(slot / SLAB_SLOTS)] !== undefined)
  }
}

const ZEROS = new Uint8Array(SLOT_BYTES)

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}
