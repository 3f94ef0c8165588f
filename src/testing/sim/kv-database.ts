/**
 * The key-value machine's database as LevelDB is one: batches are atomic and not synced unless asked
 * to be. A killed process loses nothing; a loss of power loses any of the batches that were not synced,
 * in the middle as well as at the end.
 */
import type { Prng } from '../../base/index.ts'
import type { KvDatabase, KvDatabaseIteratorOptions, KvDatabaseOperation } from '../../kv/index.ts'

type Records = Map<string, Uint8Array>

interface Written {
  readonly operations: readonly KvDatabaseOperation[]
  readonly sync: boolean
}

/** Batches that the system still holds back, at most: it writes everything in the end. */
const HELD_BACK_MAX = 64

/** What outlives a process. */
export class SimKvFiles {
  records: Records = new Map()
  /** What the disk holds for sure, and the batches since, oldest first. */
  #base: Records = new Map()
  #since: Written[] = []

  write(operations: readonly KvDatabaseOperation[], sync: boolean): void {
    apply(this.records, operations)
    this.#since.push({ operations, sync })
    if (this.#since.length > HELD_BACK_MAX) apply(this.#base, (this.#since.shift() as Written).operations)
  }

  powerLost(prng: Prng): void {
    for (const { operations, sync } of this.#since) {
      if (sync || prng.chance(0.5)) apply(this.#base, operations)
    }
    this.#since = []
    this.records = new Map(this.#base)
  }

  wipe(): void {
    this.records = new Map()
    this.#base = new Map()
    this.#since = []
  }
}

export interface SimKvDatabaseComponents {
  readonly files: SimKvFiles
  /** Virtual time of one disk operation; never ends if the process dies meanwhile. */
  readonly diskTime: () => Promise<void>
  /** Why a write that ends now fails; undefined if it does not. */
  readonly writeError: () => string | undefined
}

/** One process's handle. */
export function createSimKvDatabase({ files, diskTime, writeError }: SimKvDatabaseComponents): KvDatabase {
  /** Copies of the records for the snapshots that are open. */
  const snapshots = new Map<object, Records>()
  const seen = (snapshot: object | undefined): Records =>
    (snapshot === undefined ? undefined : snapshots.get(snapshot)) ?? files.records
  const write = async (operations: readonly KvDatabaseOperation[], sync: boolean): Promise<void> => {
    await diskTime()
    const problem = writeError()
    if (problem !== undefined) throw new Error(problem)
    files.write(operations, sync)
  }
  return {
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    get: async (key, { snapshot }) => seen(snapshot).get(text(key)),
    getMany: async (keys) => keys.map((key) => files.records.get(text(key))),
    has: async (key, { snapshot }) => seen(snapshot).has(text(key)),
    hasMany: async (keys) => keys.map((key) => files.records.has(text(key))),
    batch: (operations, { sync }) => write(operations, sync),
    clear: ({ gte, lt }) => {
      const keys = keysIn(files.records, { gte, lt })
      return write(
        keys.map((key) => ({ type: 'del', key: bytes(key) })),
        false,
      )
    },
    snapshot: () => {
      const snapshot = {
        close: async () => {
          snapshots.delete(snapshot)
        },
      }
      snapshots.set(snapshot, new Map(files.records))
      return snapshot
    },
    iterator: (options) => {
      const records = seen(options.snapshot)
      const keys = keysIn(records, options).slice(0, options.limit)
      return {
        nextv: async (size) =>
          keys
            .splice(0, size)
            .map((key): [Uint8Array, Uint8Array] => [bytes(key), records.get(key) as Uint8Array]),
        close: () => Promise.resolve(),
      }
    },
  }
}

type Range = Pick<KvDatabaseIteratorOptions, 'gt' | 'gte' | 'lt'>

function keysIn(records: Records, { gt, gte, lt }: Range): string[] {
  const [above, from, to] = [gt && text(gt), gte && text(gte), text(lt)]
  const keys = [...records.keys()].filter(
    (key) => key < to && (above === undefined || key > above) && (from === undefined || key >= from),
  )
  return keys.sort()
}

function apply(records: Records, operations: readonly KvDatabaseOperation[]): void {
  for (const operation of operations) {
    if (operation.type === 'put') records.set(text(operation.key), operation.value)
    else records.delete(text(operation.key))
  }
}

/** One char per byte, so that strings compare as the bytes do. */
function text(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}

function bytes(key: string): Uint8Array {
  return new Uint8Array(Buffer.from(key, 'latin1'))
}
