/** An ordered store in memory, for tests and for clusters that live in one process. */
import type { Callback } from '../types.ts'
import type { OrderedStore, StoreOperation, StoreRecord } from './ordered-store.ts'

/** What a memory store leaves behind: hand it to the next store to "restart" on the same disk. */
export class MemoryDisk {
  readonly #records = new Map<string, Uint8Array>()
  #epoch = 0

  /** Changes with every crash; a store works only in the epoch it was made in. */
  get epoch(): number {
    return this.#epoch
  }

  /** Batches not yet called back are lost as a whole, and stores in use never call back again. */
  crash(): void {
    this.#epoch++
  }

  apply(operations: readonly StoreOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'put') {
        this.#records.set(textOf(operation.key), operation.value.slice())
      } else if (operation.type === 'delete') {
        this.#records.delete(textOf(operation.key))
      } else {
        for (const key of this.#keysIn(operation.from, operation.to)) this.#records.delete(key)
      }
    }
  }

  records(from: Uint8Array, to: Uint8Array): StoreRecord[] {
    return this.#keysIn(from, to)
      .sort()
      .map((key) => ({
        key: new Uint8Array(Buffer.from(key, 'latin1')),
        value: (this.#records.get(key) as Uint8Array).slice(), // the key was just found in the map
      }))
  }

  #keysIn(from: Uint8Array, to: Uint8Array): string[] {
    const start = textOf(from)
    const end = textOf(to)
    return [...this.#records.keys()].filter((key) => key >= start && key < end)
  }
}

export interface MemoryStoreComponents {
  readonly disk: MemoryDisk
  /** When the "disk" gets round to a call. @default queueMicrotask */
  readonly defer?: (run: () => void) => void
}

export function createMemoryStore({ disk, defer = queueMicrotask }: MemoryStoreComponents): OrderedStore {
  const epoch = disk.epoch
  const later = (run: () => void) =>
    defer(() => {
      if (disk.epoch === epoch) run()
    })
  return {
    location: 'memory',
    batch: (operations: readonly StoreOperation[], done: Callback) =>
      later(() => {
        disk.apply(operations)
        done(undefined)
      }),
    scan: (from: Uint8Array, to: Uint8Array, done: Callback<readonly StoreRecord[]>) =>
      later(() => done(undefined, disk.records(from, to))),
  }
}

/** One UTF-16 unit per byte, so that strings compare as the bytes do. */
function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
