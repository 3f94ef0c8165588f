/**
 * Loads on their way. A file is larger than a log entry, so it comes in pieces, which are kept here until
 * the last one says what is to become of them. All of this is replicated state: replicas take, refuse and
 * forget the same pieces at the same log index.
 *
 * A piece says where it belongs, so that it does no harm if it comes twice; and a load that nobody goes on
 * with is forgotten after a while, by the clocks of the nodes that led.
 */
import { BlockFile, type FileSnapshot } from './block-file.ts'
import { SQL_LOAD_IDLE_MS, SQL_LOADS_BYTES_MAX, SQL_LOADS_MAX } from './limits.ts'

/** A load's id has one character for each. */
export const LOAD_ID_BYTES = 16

/** A piece of a load: bytes that follow on the first `offset` ones. */
export interface LoadPiece {
  readonly loadId: string
  readonly offset: number
  readonly data: Uint8Array
  readonly timeMs: number
}

/** A load as it is now. To be released. */
export interface CapturedLoad {
  readonly loadId: string
  /** When the last piece came. */
  readonly timeMs: number
  readonly file: FileSnapshot
}

export interface RestoredLoad extends Omit<CapturedLoad, 'file'> {
  readonly file: BlockFile
}

const GONE = 'the load was given up, or never begun'

export class StagedLoads {
  readonly #newFile: () => BlockFile
  readonly #bytesMax: number
  /** In the order in which they began. */
  readonly #loads = new Map<string, { readonly file: BlockFile; timeMs: number }>()

  /** `newFile`: what can take the place of a database. `bytesMax`: of all together. The same on every replica. */
  constructor(newFile: () => BlockFile = () => new BlockFile(), bytesMax = SQL_LOADS_BYTES_MAX) {
    this.#newFile = newFile
    this.#bytesMax = bytesMax
  }

  /** Undefined if the piece is in its place now, or was before; else why not. */
  add({ loadId, offset, data, timeMs }: LoadPiece): string | undefined {
    let load = this.#loads.get(loadId)
    if (load === undefined) {
      if (offset !== 0) return GONE
      if (this.#loads.size >= SQL_LOADS_MAX) return `more than ${SQL_LOADS_MAX} loads at a time`
      load = { file: this.#newFile(), timeMs }
      this.#loads.set(loadId, load)
    }
    const { file } = load
    if (offset > file.size) return 'a piece before this one is missing'
    if (offset === file.size) {
      if (this.#bytes() + data.length > this.#bytesMax) {
        return `all loads together exceed ${this.#bytesMax} bytes`
      }
      file.write(data, offset)
    } else if (offset + data.length > file.size) return 'the piece overlaps with the one before'
    load.timeMs = timeMs
    return undefined
  }

  /** Hands out what was loaded, the last piece included, and forgets it; or says why that cannot be. */
  finish({ loadId, offset, data }: LoadPiece): BlockFile | string {
    const file = offset === 0 ? this.#newFile() : this.#loads.get(loadId)?.file
    if (file === undefined) return GONE
    if (file.size !== offset) return 'a piece before the last is missing'
    this.#loads.delete(loadId)
    file.write(data, offset)
    return file
  }

  abort(loadId: string): void {
    this.#loads.delete(loadId)
  }

  /** Gives up what nobody has gone on with. To be called with the time of every log entry, before all else. */
  forget(timeMs: number): void {
    for (const [loadId, load] of this.#loads) {
      if (load.timeMs < timeMs - SQL_LOAD_IDLE_MS) this.#loads.delete(loadId)
    }
  }

  capture(): CapturedLoad[] {
    return [...this.#loads].map(([loadId, { file, timeMs }]) => ({ loadId, timeMs, file: file.snapshot() }))
  }

  restore(loads: readonly RestoredLoad[]): void {
    this.#loads.clear()
    for (const { loadId, timeMs, file } of loads) this.#loads.set(loadId, { file, timeMs })
  }

  #bytes(): number {
    let bytes = 0
    for (const { file } of this.#loads.values()) bytes += file.size
    return bytes
  }
}
