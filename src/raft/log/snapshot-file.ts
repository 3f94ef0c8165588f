/** One snapshot file: writing it durably, and reading it only after all of it was verified. */
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assert } from '../../base/index.ts'
import type { SnapshotMeta } from '../core/types.ts'
import { readAt, readInto, syncDirectory } from './file-io.ts'
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
import { OverwritingWriter } from './spare-file.ts'

/** Synced this often while it is written, so that the last sync does not keep the log's waiting long. */
const SYNC_STEP_BYTES = 1024 * 1024
/** Read in one go; the processor has it summed up in a fraction of a millisecond. */
const READ_BYTES = 512 * 1024

export interface SnapshotWrite {
  readonly path: string
  /** The file's name until it is complete. */
  readonly temporaryPath: string
  /** A file to write over, which is nobody's any more; see spare-file.ts. @default a new one */
  readonly sparePath?: string | undefined
}

/**
 * Writes all of `chunks` to the temporary path, and gives the file its name once it is on disk. An error,
 * of the disk or of `chunks`, is passed on, and the temporary file removed.
 */
export async function writeSnapshotFile(
  { path, temporaryPath, sparePath }: SnapshotWrite,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  try {
    const file = await openToWrite(temporaryPath, sparePath)
    try {
      const { size: oldBytes } = await file.stat()
      const writer = new OverwritingWriter(file, { oldBytes, stepBytes: SYNC_STEP_BYTES })
      for await (const chunk of chunks) await writer.write(chunk)
      await writer.end()
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

async function openToWrite(temporaryPath: string, sparePath: string | undefined): Promise<FileHandle> {
  if (sparePath === undefined) return await open(temporaryPath, 'wx+', 0o600)
  await rename(sparePath, temporaryPath)
  const spare = await open(temporaryPath, 'r+')
  if ((await spare.stat()).nlink === 1) return spare
  // It has another name, as of a copy made of hard links, under which it must stay what it was.
  await spare.close()
  await rm(temporaryPath)
  return await open(temporaryPath, 'wx+', 0o600)
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
      const piece = await readAt(this.#file, position, Math.min(READ_BYTES, end - position))
      if (piece.byteLength === 0) throw this.#damaged('it became shorter')
      position += piece.byteLength
      if (form === 'payload') sum.add(piece)
      for (let at = 0; at < piece.byteLength; at += SNAPSHOT_CHUNK_BYTES) {
        yield piece.subarray(at, at + SNAPSHOT_CHUNK_BYTES)
      }
    }
    if (form === 'payload') await this.#check(sum)
  }

  /** Reads all of it once, and throws `RAFT_SNAPSHOT_DAMAGED` if it is not what was written. */
  async verify(): Promise<void> {
    const end = this.#formEnd('payload')
    const sum = new PayloadSum()
    const piece = new Uint8Array(READ_BYTES)
    for (let position = this.#payloadStart; position < end; ) {
      const count = await readInto(this.#file, position, piece.subarray(0, end - position))
      if (count === 0) throw this.#damaged('it became shorter')
      position += count
      sum.add(piece.subarray(0, count))
    }
    await this.#check(sum)
  }

  async #check(sum: PayloadSum): Promise<void> {
    const trailer = await readAt(this.#file, this.#formEnd('payload'), SNAPSHOT_TRAILER_BYTES)
    const mismatch = sum.findMismatch(trailer)
    if (mismatch !== undefined) throw this.#damaged(mismatch)
  }

  #damaged(why: string): Error {
    return damagedSnapshot(this.#path, this.#meta.index, why)
  }

  close(): Promise<void> {
    return this.#file.close()
  }

  #formEnd(form: SnapshotForm): number {
    return form === 'transfer' ? this.#end : this.#end - SNAPSHOT_TRAILER_BYTES
  }
}
