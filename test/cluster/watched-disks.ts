/**
 * The nodes' LevelDB as it is, watched from outside: which batches asked for a sync, and which had come
 * back with it. A test file puts this in the place of `level`, and then sees what real nodes have on disk
 * at the moment something is acknowledged; what of the code lies between does not matter.
 */
import type { Level } from 'level'
import type { Prng } from '../../src/base/index.ts'

interface BatchOperation {
  readonly type: 'put' | 'del'
  readonly value?: Uint8Array
}

/** In what a test writes, so that it is found again in the bytes of a log, however these are laid out. */
const MARKER = /durable-\d{6}/g

export function marker(number: number): string {
  return `durable-${String(number).padStart(6, '0')}`
}

interface Disk {
  /** Markers in batches that were begun, and in those whose sync has come back. */
  readonly begun: Set<string>
  readonly synced: Set<string>
  held: PromiseWithResolvers<void> | undefined
}

/** The logs of all nodes of this process, by the name of the node's directory. */
export class WatchedDisks {
  readonly #disks = new Map<string, Disk>()
  /** Batches that a log was given without asking for a sync. */
  unsynced = 0
  /** How long a sync takes besides, at random, so that whoever does not wait for it is early. @default not */
  slowness: { readonly prng: Prng; readonly msMax: number } | undefined

  /** As at the beginning; nodes that it has seen are gone by now. */
  reset(): void {
    this.releaseAll()
    this.#disks.clear()
    this.unsynced = 0
    this.slowness = undefined
  }

  disk(node: string): Disk {
    let disk = this.#disks.get(node)
    if (disk === undefined) {
      disk = { begun: new Set(), synced: new Set(), held: undefined }
      this.#disks.set(node, disk)
    }
    return disk
  }

  /** No sync of this node comes back until it is released. */
  hold(node: string): void {
    this.disk(node).held ??= Promise.withResolvers()
  }

  release(node: string): void {
    const disk = this.disk(node)
    disk.held?.resolve()
    disk.held = undefined
  }

  releaseAll(): void {
    for (const node of this.#disks.keys()) this.release(node)
  }

  /** Nodes that have synced it, in order. */
  holders(marker: string): string[] {
    return [...this.#disks.keys()].filter((node) => this.disk(node).synced.has(marker)).sort()
  }

  async write(
    node: string,
    operations: readonly BatchOperation[],
    sync: boolean,
    write: () => Promise<void>,
  ): Promise<void> {
    const disk = this.disk(node)
    const markers = operations.flatMap(markersIn)
    for (const marker of markers) disk.begun.add(marker)
    if (!sync) this.unsynced++
    await write()
    if (!sync) return
    await this.#syncing(disk)
    for (const marker of markers) disk.synced.add(marker)
  }

  async #syncing(disk: Disk): Promise<void> {
    await disk.held?.promise
    const { slowness } = this
    if (slowness === undefined) return
    await new Promise((resolve) => setTimeout(resolve, slowness.prng.between(0, slowness.msMax + 1)))
  }
}

function markersIn({ value }: BatchOperation): string[] {
  if (value === undefined) return []
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1').match(MARKER) ?? []
}

const LOG_DIRECTORY = /([^/]+)\/raft$/

/** `Level`, with every batch of a node's log told to `disks`. */
export function watchedLevel(original: typeof Level, disks: WatchedDisks): typeof Level {
  class WatchedLevel extends original<Uint8Array, Uint8Array> {
    // The overloads of `batch` are many; the log calls it in one way, see level-store.ts.
    override batch(...args: unknown[]): never {
      const [operations, options] = args as [BatchOperation[], { sync?: boolean } | undefined]
      const write = (): Promise<void> => super.batch(operations as never, options as never)
      const node = LOG_DIRECTORY.exec(this.location)?.[1]
      const written =
        node === undefined ? write() : disks.write(node, operations, options?.sync === true, write)
      return written as never
    }
  }
  return WatchedLevel as unknown as typeof Level
}
