/** One snapshot file: writing it durably, and reading it only after all of it was verified. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assert } from '../../base/index.ts'
import type { SnapshotMeta } from '../core/types.ts'
import {
  checkSnapshotMeta,
  checksumIn,
  damagedSnapshot,
  PayloadSum,
  readSnapshotPreamble,
  SNAPSHOT_PREAMBLE_BYTES,
  SNAPSHOT_TRAILER_BYTES,
} from './snapshot-format.ts'
import { SNAPSHOT_CHUNK_BYTES } from './snapshots.ts'

/** Synced this often while it is written, so that the last sync does not keep the log's waiting long. */
const SYNC_STEP_BYTES = 8 * 1024 * 1024

/**
 * Writes all of `chunks` to `temporaryPath`, and gives the file its name once it is on disk. An error,
 * of the disk or of `chunks`, is passed on, and the temporary file removed.
 */
export async function writeSnapshotFile(
  path: string,
  temporaryPath: string,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    const file = await open(temporaryPath, 'wx', 0o600)
    const writer = new SyncedWriter(file)
    try {
      for await (const chunk of chunks) await writer.write(chunk)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(temporaryPath, path)
    await syncDirectory(dirname(path))
  } catch (error) {
    // What cannot be removed now is removed at the next start; the first error is the one that counts.
    await rm(temporaryPath, { force: true }).catch(() => {})
    throw error
  }
}

/** Writes on and on, and lets no more than a step of it wait to be synced. */
export class SyncedWriter {
  readonly #file: FileHandle
  #unsyncedBytes = 0

  constructor(file: FileHandle) {
    this.#file = file
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#file.writeFile(chunk) // goes on where the last one ended, and repeats short writes
    this.#unsyncedBytes += chunk.byteLength
    if (this.#unsyncedBytes < SYNC_STEP_BYTES) return
    await this.#file.datasync()
    this.#unsyncedBytes = 0
  }
}

/** Makes names created, renamed or removed in `directory` durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** The payload alone, or with the trailer that lets a receiver check it. */
export type SnapshotForm = 'payload' | 'transfer'

/** A snapshot file open for reading. */
export class SnapshotFile {
  readonly #file: FileHandle
  readonly #path: string
  readonly #meta: SnapshotMeta
  readonly #payloadStart: number
  readonly #end: number

  private constructor(file: FileHandle, path: string, meta: SnapshotMeta, payloadStart: number, end: number) {
    this.#file = file
    this.#path = path
    this.#meta = meta
    this.#payloadStart = payloadStart
    this.#end = end
  }

  /** Checks the header: the file must be that of `meta`, else `RAFT_SNAPSHOT_DAMAGED`. */
  static async open(path: string, meta: SnapshotMeta): Promise<SnapshotFile> {
    const file = await open(path, 'r')
    try {
      const { size } = await file.stat()
      const metaBytes = readSnapshotPreamble(await readAt(file, 0, Math.min(size, SNAPSHOT_PREAMBLE_BYTES)))
      const payloadStart = SNAPSHOT_PREAMBLE_BYTES + (metaBytes ?? 0)
      if (metaBytes === undefined || payloadStart + SNAPSHOT_TRAILER_BYTES > size) {
        throw damagedSnapshot(path, meta.index, 'its header is not that of a snapshot')
      }
      const record = await readAt(file, SNAPSHOT_PREAMBLE_BYTES, metaBytes)
      try {
        checkSnapshotMeta(record, meta)
      } catch (error) {
        throw damagedSnapshot(path, meta.index, error)
      }
      return new SnapshotFile(file, path, meta, payloadStart, size)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  sizeBytes(form: SnapshotForm): number {
    return this.#formEnd(form) - this.#payloadStart
  }

  /** The payload's checksum as it was written. */
  async checksum(): Promise<number> {
    return checksumIn(await readAt(this.#file, this.#formEnd('payload'), SNAPSHOT_TRAILER_BYTES))
  }

  /**
   * The bytes in pieces. A transfer, of which `offset` bytes may be left out, is checked by whoever
   * receives it; the payload ends with `RAFT_SNAPSHOT_DAMAGED` if what was read is not what was written.
   */
  async *chunks(form: SnapshotForm, offset = 0): AsyncGenerator<Uint8Array, void> {
    assert(form === 'transfer' || offset === 0, 'a payload is checked as a whole')
    const end = this.#formEnd(form)
    const sum = new PayloadSum()
    for (let position = this.#payloadStart + offset; position < end; ) {
      const chunk = await readAt(this.#file, position, Math.min(SNAPSHOT_CHUNK_BYTES, end - position))
      if (chunk.byteLength === 0) throw damagedSnapshot(this.#path, this.#meta.index, 'it became shorter')
      position += chunk.byteLength
      if (form === 'payload') sum.add(chunk)
      yield chunk
    }
    if (form === 'transfer') return
    const trailer = await readAt(this.#file, end, SNAPSHOT_TRAILER_BYTES)
    const mismatch = sum.findMismatch(trailer)
    if (mismatch !== undefined) throw damagedSnapshot(this.#path, this.#meta.index, mismatch)
  }

  /** Reads all of it once, and throws `RAFT_SNAPSHOT_DAMAGED` if it is not what was written. */
  async verify(): Promise<void> {
    for await (const _ of this.chunks('payload'));
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  #formEnd(form: SnapshotForm): number {
    return form === 'transfer' ? this.#end : this.#end - SNAPSHOT_TRAILER_BYTES
  }
}

/** Up to `length` bytes; fewer only at the end of the file. */
export async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.read(bytes, filled, length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
