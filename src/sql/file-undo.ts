/**
 * Puts a file back as it was when `begin` was called. SQLite's own journal does not do: it ends with every
 * statement that stands alone, and needs an instance that still works.
 *
 * What is about to be overwritten is copied first, once. That is a few pages for most entries, so what is done
 * for each of them counts.
 */
import type { VfsFile } from './block-file.ts'

/** What is copied at a time. */
const UNIT_BYTES = 4096
/** Buffers kept for the next time. */
const SPARE_MAX = 64

interface Unit {
  number: number
  /** What was at `number * UNIT_BYTES`. */
  readonly bytes: Uint8Array
}

export class FileUndo {
  readonly #file: VfsFile
  #size = 0
  /** The first {@link #count} are in use. */
  readonly #units: Unit[] = []
  #count = 0
  /** For each unit of the file the round in which it was last copied. */
  #copiedIn = new Uint32Array(0)
  #round = 0

  constructor(file: VfsFile) {
    this.#file = file
  }

  /** From here on; what was kept before is forgotten. */
  begin(): void {
    this.end()
    this.#size = this.#file.size
    if (++this.#round > 0xffff_ffff) this.#forgetRounds()
  }

  /** To be called before bytes of the file are overwritten. */
  beforeWrite(offset: number, count: number): void {
    this.#keep(offset, Math.min(offset + count, this.#size))
  }

  /** To be called before the file is cut off. */
  beforeTruncate(size: number): void {
    this.#keep(size, Math.min(this.#file.size, this.#size))
  }

  /** Everything since `begin` is undone, and was the last that could be. */
  revert(): void {
    this.#file.truncate(this.#size)
    for (let i = 0; i < this.#count; i++) {
      const { number, bytes } = this.#units[i] as Unit // below the count
      const offset = number * UNIT_BYTES
      this.#file.write(bytes.subarray(0, Math.min(UNIT_BYTES, this.#size - offset)), offset)
    }
    this.end()
  }

  /** What was kept is not needed any more. */
  end(): void {
    this.#count = 0
    if (this.#units.length > SPARE_MAX) this.#units.length = SPARE_MAX
  }

  #keep(from: number, to: number): void {
    const last = Math.ceil(to / UNIT_BYTES)
    for (let unit = Math.floor(from / UNIT_BYTES); unit < last; unit++) {
      if (unit >= this.#copiedIn.length) this.#makeRoom()
      if (this.#copiedIn[unit] === this.#round) continue
      this.#copiedIn[unit] = this.#round
      this.#copy(unit)
    }
  }

  #copy(number: number): void {
    let unit = this.#units[this.#count]
    if (unit === undefined) {
      unit = { number, bytes: new Uint8Array(UNIT_BYTES) }
      this.#units.push(unit)
    } else unit.number = number
    this.#count++
    this.#file.read(unit.bytes, number * UNIT_BYTES)
  }

  /** For all units that the file has, and as many more as before. */
  #makeRoom(): void {
    const rounds = new Uint32Array(2 * Math.ceil(this.#size / UNIT_BYTES))
    rounds.set(this.#copiedIn)
    this.#copiedIn = rounds
  }

  #forgetRounds(): void {
    this.#copiedIn.fill(0)
    this.#round = 1
  }
}
