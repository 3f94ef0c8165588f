/**
 * The disk under the log, at the level the log store is promised: a batch is atomic, and durable when
 * its callback comes. (LevelDB keeps that promise: its journal is checksummed, so that half a batch is
 * no batch, and what it finds in the journal at its start it syncs before it serves it.)
 *
 * What a batch under way leaves behind depends on how it ended:
 * - the process was killed: it was handed to the system and is there at the next start, or it was not;
 * - the power was lost: the same, and a batch that a killed process left with the system may go, too;
 * - the write failed: anybody's guess.
 */
import { DebrosError, type Prng } from '../../base/index.ts'
import type { Callback, OrderedStore, StoreOperation, StoreRecord } from '../../raft/index.ts'

export interface SimDiskComponents {
  /** How long the next operation takes, microseconds. */
  readonly latencyUs: () => number
  /** For the process that uses the disk now. */
  readonly schedule: (delayUs: number, run: () => void) => void
  /** Why a write that ends now fails; undefined if it does not. */
  readonly writeError: () => string | undefined
  readonly prng: Prng
}

export interface SimDiskInit {
  /** For tests of the checks: says "done" without having synced, and loses that with the power. */
  readonly syncs: boolean
}

/** A record of which a bit was turned over. */
export interface DamagedRecord {
  readonly key: Uint8Array
}

export class SimDisk implements OrderedStore {
  readonly location = 'the simulated disk'
  readonly #components: SimDiskComponents
  /** What a reader sees: everything handed to the system and not lost. */
  #records = new Map<string, StoreRecord>()
  /** What survives if nothing is ever synced; see `syncs`. */
  #neverSynced: Map<string, StoreRecord> | undefined
  #underWay: readonly StoreOperation[] | undefined
  /** Left with the system by a process that was killed before it had synced it. */
  #cached: readonly StoreOperation[] | undefined
  readonly #damaged = new Map<string, DamagedRecord>()

  constructor(components: SimDiskComponents, { syncs }: SimDiskInit = { syncs: true }) {
    this.#components = components
    this.#neverSynced = syncs ? undefined : new Map()
  }

  batch(operations: readonly StoreOperation[], done: Callback): void {
    const { schedule, latencyUs, writeError, prng } = this.#components
    this.#underWay = operations
    schedule(latencyUs(), () => {
      this.#underWay = undefined
      const problem = writeError()
      if (problem === undefined) {
        this.#write(operations)
        done(undefined)
        return
      }
      if (prng.chance(0.5)) this.#cached = operations
      done(new DebrosError('RAFT_STORAGE_FAILED', `cannot write: ${problem}`, { outcome: 'unknown' }))
    })
  }

  scan(from: Uint8Array, to: Uint8Array, done: Callback<readonly StoreRecord[]>): void {
    this.#recover()
    const [low, high] = [text(from), text(to)]
    const found = [...this.#records].filter(([key]) => key >= low && key < high)
    found.sort(([a], [b]) => (a < b ? -1 : 1))
    const records = found.map(([, record]) => record)
    this.#components.schedule(this.#components.latencyUs(), () => done(undefined, records))
  }

  #recover(): void {
    if (this.#cached !== undefined) this.#write(this.#cached)
    this.#cached = undefined
  }

  #write(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      switch (operation.type) {
        case 'put':
          this.#put(text(operation.key), { key: operation.key, value: operation.value })
          break
        case 'delete':
          this.#delete(text(operation.key))
          break
        case 'delete-range': {
          const [low, high] = [text(operation.from), text(operation.to)]
          for (const key of this.#records.keys()) if (key >= low && key < high) this.#delete(key)
        }
      }
    }
  }

  #put(key: string, record: StoreRecord): void {
    this.#records.set(key, record)
    if (this.#damaged.size > 0) this.#damaged.delete(key)
  }

  #delete(key: string): void {
    this.#records.delete(key)
    if (this.#damaged.size > 0) this.#damaged.delete(key)
  }

  /** The process using it died; what it had handed to the system stays. */
  killed(): void {
    const lost = this.#underWay
    this.#underWay = undefined
    if (lost !== undefined && this.#components.prng.chance(0.5)) this.#cached = lost
  }

  powerLost(): void {
    const { prng } = this.#components
    this.killed()
    if (prng.chance(0.5)) this.#recover()
    this.#cached = undefined
    if (this.#neverSynced !== undefined) this.#records = new Map(this.#neverSynced)
  }

  wipe(): void {
    this.#records.clear()
    this.#damaged.clear()
    this.#underWay = undefined
    this.#cached = undefined
  }

  /** Records of which a bit was turned over, that were neither replaced nor deleted since. */
  get damaged(): readonly DamagedRecord[] {
    return [...this.#damaged.values()]
  }

  /** Turns over one bit of a record that `which` likes; false if there is none. */
  damage(which: (key: Uint8Array) => boolean): boolean {
    const { prng } = this.#components
    const candidates = [...this.#records].filter(([, { key }]) => which(key))
    if (candidates.length === 0) return false
    const [name, { key, value }] = prng.pick(candidates)
    // Others share these bytes: the log they came from, for one.
    const damaged = value.slice()
    const bit = prng.between(0, damaged.length * 8)
    damaged[bit >> 3] = (damaged[bit >> 3] as number) ^ (1 << (bit & 7))
    this.#records.set(name, { key, value: damaged })
    this.#damaged.set(name, { key })
    return true
  }
}

const ENTRY_KEY_BYTES = 13

/** The index of the entry stored there; undefined for what is stored beside the entries. */
export function entryIndexOf(key: Uint8Array): number | undefined {
  if (key.length !== ENTRY_KEY_BYTES) return undefined
  return Number(new DataView(key.buffer, key.byteOffset).getBigUint64(ENTRY_KEY_BYTES - 8))
}

/** One char per byte, so that strings compare as the bytes do. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
