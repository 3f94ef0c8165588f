/**
 * Snapshots on simulated files, in the shape of the real stores (raft/log/snapshots.ts) and by the
 * rules of the one on disk: written under another name, synced, renamed, and the directory synced
 * before anybody is told; verified as a whole whenever one is opened. A transfer that broke off is kept
 * in part while the process lives, and goes on from there.
 */
import { crc32 } from 'node:zlib'
import { DebrosError, toError } from '../../base/index.ts'
import {
  bySnapshotAge,
  type Callback,
  type SnapshotCapture,
  type SnapshotMeta,
  type SnapshotName,
  type SnapshotReader,
  type Snapshots,
  type SnapshotTransfer,
} from '../../raft/index.ts'
import type { SimFiles } from './files.ts'

export interface SimSnapshotsComponents {
  readonly files: SimFiles
  /** Virtual time of one disk operation; never ends if the process dies meanwhile. */
  readonly diskTime: () => Promise<void>
  /** Why a write that ends now fails; undefined if it does not. */
  readonly writeError: () => string | undefined
  readonly happened: (what: string) => void
}

export interface SimSnapshotsInit {
  /** Largest piece that is read, written or sent at once. */
  readonly chunkBytes: number
}

/** Payload, then its length and its CRC-32 as 4 bytes each. */
const TRAILER_BYTES = 8
const FINAL = /^(\d+)-(\d+)\.snap$/

export function isSnapshotFile(name: string): boolean {
  return FINAL.test(name)
}

export class SimSnapshots implements Snapshots {
  readonly #components: SimSnapshotsComponents
  readonly #chunkBytes: number
  #writes = 0
  /** Transfers that broke off: what arrived, by name and size. */
  readonly #partial = new Map<string, Uint8Array[]>()

  constructor(components: SimSnapshotsComponents, { chunkBytes }: SimSnapshotsInit) {
    this.#components = components
    this.#chunkBytes = chunkBytes
  }

  async start(): Promise<void> {
    const { files, diskTime } = this.#components
    await diskTime()
    for (const name of files.names()) if (!isSnapshotFile(name)) files.remove(name)
  }

  async stop(): Promise<void> {}

  save(snapshot: SnapshotMeta, capture: SnapshotCapture, done: Callback<number>): void {
    const name = nameOf(snapshot)
    this.#write(name, withTrailer(capture.chunks())).then(
      (bytes) => {
        this.#components.happened('snapshot taken')
        done(undefined, bytes)
      },
      (error: unknown) => done(toError(error), 0),
    )
  }

  retain(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): void {
    this.#drop(snapshot, inUse)
  }

  async reap(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): Promise<number> {
    return this.#drop(snapshot, inUse)
  }

  async list(): Promise<readonly SnapshotName[]> {
    const names = this.#components.files.names().flatMap((name) => {
      const match = FINAL.exec(name)
      return match === null ? [] : [{ index: Number(match[1]), term: Number(match[2]) }]
    })
    return names.sort(bySnapshotAge)
  }

  /** How many were dropped. */
  #drop(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): number {
    const used = new Set(inUse.map(nameOf))
    let dropped = 0
    for (const name of this.#components.files.names()) {
      const match = FINAL.exec(name)
      if (match === null || used.has(name)) continue
      const [index, term] = [Number(match[1]), Number(match[2])]
      if (index < snapshot.index || (index === snapshot.index && term !== snapshot.term)) {
        this.#components.files.remove(name)
        dropped++
      }
    }
    return dropped
  }

  async open(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    return this.#reader(await this.#read(snapshot))
  }

  async openForRestore(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    const bytes = await this.#read(snapshot)
    return this.#reader(bytes, bytes.length - TRAILER_BYTES)
  }

  async receivedBytes(transfer: SnapshotTransfer): Promise<number> {
    const parts = this.#partial.get(nameOfTransfer(transfer)) ?? []
    return parts.reduce((sum, { length }) => sum + length, 0)
  }

  async receive(
    transfer: SnapshotTransfer,
    offset: number,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const { snapshot, sizeBytes, checksum } = transfer
    const parts = offset === 0 ? [] : (this.#partial.get(nameOfTransfer(transfer)) ?? [])
    // One at a time: whoever comes meanwhile begins from the start.
    this.#partial.clear()
    try {
      for await (const chunk of chunks) parts.push(chunk)
    } catch (error) {
      if (parts.length > 0) this.#partial.set(nameOfTransfer(transfer), parts)
      throw error
    }
    const bytes = Buffer.concat(parts)
    if (bytes.length !== sizeBytes || findMismatch(bytes) !== undefined || sumOf(bytes) !== checksum) {
      throw new DebrosError('RAFT_SNAPSHOT_REJECTED', `the snapshot at ${snapshot.index} arrived damaged`)
    }
    await this.#write(nameOf(snapshot), this.#reader(bytes).chunks())
  }

  /** How many bytes were written: the file itself may be gone by then, for a newer one that was received. */
  async #write(name: string, chunks: AsyncIterable<Uint8Array>): Promise<number> {
    const { files, diskTime, writeError } = this.#components
    const temporary = `${name}.${++this.#writes}.tmp`
    const step = async (): Promise<void> => {
      await diskTime()
      const problem = writeError()
      if (problem === undefined) return
      files.remove(temporary)
      throw new DebrosError('RAFT_STORAGE_FAILED', `cannot write ${name}: ${problem}`)
    }
    files.create(temporary)
    for await (const chunk of chunks) {
      files.append(temporary, chunk)
      if (files.size(temporary) === chunk.length) await step()
    }
    await step()
    const bytes = files.size(temporary)
    files.sync(temporary)
    files.rename(temporary, name)
    await step()
    files.syncDirectory()
    return bytes
  }

  async #read(snapshot: SnapshotMeta): Promise<Uint8Array> {
    const { files, diskTime } = this.#components
    const name = nameOf(snapshot)
    const bytes = files.read(name)
    await diskTime()
    if (bytes === undefined) throw storageError('RAFT_SNAPSHOT_MISSING', `there is no ${name}`)
    const mismatch = findMismatch(bytes)
    if (mismatch !== undefined) throw storageError('RAFT_SNAPSHOT_DAMAGED', `${name}: ${mismatch}`)
    return bytes
  }

  #reader(bytes: Uint8Array, sizeBytes = bytes.length): SnapshotReader {
    const chunkBytes = this.#chunkBytes
    return {
      sizeBytes,
      checksum: sumOf(bytes),
      async *chunks(offset = 0) {
        for (let at = offset; at < sizeBytes; at += chunkBytes) {
          yield bytes.subarray(at, Math.min(at + chunkBytes, sizeBytes))
        }
      },
    }
  }
}

function nameOf({ index, term }: SnapshotMeta): string {
  return `${index}-${term}.snap`
}

/** Whose bytes are equal is known by their checksum, not by their index alone. */
function nameOfTransfer({ snapshot, sizeBytes, checksum }: SnapshotTransfer): string {
  return `${nameOf(snapshot)} of ${sizeBytes} with ${checksum}`
}

function sumOf(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4)
}

function storageError(code: string, message: string): DebrosError {
  return new DebrosError(code, message)
}

async function* withTrailer(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let length = 0
  let sum = 0
  for await (const chunk of chunks) {
    length += chunk.length
    sum = crc32(chunk, sum)
    yield chunk
  }
  const trailer = new Uint8Array(TRAILER_BYTES)
  const view = new DataView(trailer.buffer)
  view.setUint32(0, length)
  view.setUint32(4, sum)
  yield trailer
}

function findMismatch(bytes: Uint8Array): string | undefined {
  const length = bytes.length - TRAILER_BYTES
  if (length < 0) return 'it is too short'
  const view = new DataView(bytes.buffer, bytes.byteOffset + length, TRAILER_BYTES)
  if (view.getUint32(0) !== length) return `its payload has ${length} bytes, not as many as written`
  if (view.getUint32(4) !== crc32(bytes.subarray(0, length))) return 'the checksum does not match'
  return undefined
}
