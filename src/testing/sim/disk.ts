/**
 * A disk that keeps only what a finished batch put there. A crash drops the batch under way, or
 * keeps it without anybody having been told: both happen to real disks.
 */
import type { Prng } from '../../base/index.ts'
import type { Callback, OrderedStore, StoreOperation, StoreRecord } from '../../raft/index.ts'

export interface SimDiskInit {
  /** How long the next batch takes, microseconds. */
  readonly latencyUs: () => number
  readonly schedule: (delayUs: number, run: () => void) => void
  readonly prng: Prng
}

export class SimDisk implements OrderedStore {
  readonly location = 'simulated disk'
  readonly #init: SimDiskInit
  #records = new Map<string, StoreRecord>()
  #underWay: readonly StoreOperation[] | undefined
  /** Batches made durable. */
  syncs = 0

  constructor(init: SimDiskInit) {
    this.#init = init
  }

  batch(operations: readonly StoreOperation[], done: Callback): void {
    this.#underWay = operations
    this.#init.schedule(this.#init.latencyUs(), () => {
      this.#underWay = undefined
      this.#write(operations)
      done(undefined)
    })
  }

  scan(from: Uint8Array, to: Uint8Array, done: Callback<readonly StoreRecord[]>): void {
    const [low, high] = [text(from), text(to)]
    const found = [...this.#records].filter(([key]) => key >= low && key < high)
    found.sort(([a], [b]) => (a < b ? -1 : 1))
    this.#init.schedule(this.#init.latencyUs(), () =>
      done(
        undefined,
        found.map(([, record]) => record),
      ),
    )
  }

  #write(operations: readonly StoreOperation[]): void {
    this.syncs++
    for (const operation of operations) {
      switch (operation.type) {
        case 'put':
          this.#records.set(text(operation.key), { key: operation.key, value: operation.value })
          break
        case 'delete':
          this.#records.delete(text(operation.key))
          break
        case 'delete-range': {
          const [low, high] = [text(operation.from), text(operation.to)]
          for (const key of this.#records.keys()) if (key >= low && key < high) this.#records.delete(key)
        }
      }
    }
  }

  /** Power is cut. The process that was told nothing may still have written. */
  crash(): void {
    const lost = this.#underWay
    this.#underWay = undefined
    if (lost !== undefined && this.#init.prng.chance(0.5)) this.#write(lost)
  }

  wipe(): void {
    this.#records.clear()
    this.#underWay = undefined
  }
}

/** One char per byte, so that strings compare as the bytes do. */
function text(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
