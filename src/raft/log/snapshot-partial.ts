/**
 * What has arrived of a transfer, as a file next to the snapshots: the snapshot file to be, as far as it
 * goes, under a name that says what was announced. Complete, it only has to be renamed.
 */
import { constants } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { hasErrorCode } from '../../base/index.ts'
import { readAt, syncDirectory } from './file-io.ts'
import { SyncedWriter } from './snapshot-file.ts'
import { encodeSnapshotHeader, rejectedSnapshot } from './snapshot-format.ts'
import type { TransferSink } from './snapshot-transfer.ts'
import { SNAPSHOT_CHUNK_BYTES, type SnapshotTransfer } from './snapshots.ts'

/** Read anywhere, write at the end. */
const OPEN_FLAGS = constants.O_RDWR | constants.O_APPEND

const PARTIAL_NAME = /^(\d+)-(\d+)\.(\d+)-([0-9a-f]{8})\.part$/

/** The name says all of the transfer but its configuration, which is in the file's header. */
export function partialName({ snapshot, sizeBytes, checksum }: SnapshotTransfer): string {
  const sum = checksum.toString(16).padStart(8, '0')
  return `${snapshot.index}-${snapshot.term}.${sizeBytes}-${sum}.part`
}

/** Which snapshot the file is a part of; undefined if it is no such file. */
export function parsePartialName(
  name: string,
): { readonly index: number; readonly term: number } | undefined {
  const match = PARTIAL_NAME.exec(name)
  return match === null ? undefined : { index: Number(match[1]), term: Number(match[2]) }
}

/** How much of the transfer is in the file; 0 if it is not there, or of another one. */
export async function partialBytes(path: string, transfer: SnapshotTransfer): Promise<number> {
  let file: FileHandle
  try {
    file = await open(path, 'r')
  } catch {
    return 0 // what cannot be read is begun anew
  }
  try {
    return await bytesBehindHeader(file, transfer)
  } finally {
    await file.close()
  }
}

export interface PartialFileInit {
  readonly path: string
  readonly transfer: SnapshotTransfer
  /** Bytes of the transfer to keep. 0 begins a new file. */
  readonly offset: number
  /** The snapshot's name, once it is complete. */
  readonly finalPath: string
}

export class PartialFile implements TransferSink {
  readonly #file: FileHandle
  readonly #writer: SyncedWriter
  readonly #init: PartialFileInit
  readonly #headerBytes: number

  private constructor(file: FileHandle, init: PartialFileInit, headerBytes: number) {
    this.#file = file
    this.#writer = new SyncedWriter(file)
    this.#init = init
    this.#headerBytes = headerBytes
  }

  /** Rejects with `RAFT_SNAPSHOT_REJECTED` if there are no `offset` bytes of the transfer. */
  static async open(init: PartialFileInit): Promise<PartialFile> {
    const { path, transfer, offset } = init
    const header = encodeSnapshotHeader(transfer.snapshot)
    const file =
      offset > 0 ? await openExisting(path) : await open(path, OPEN_FLAGS | constants.O_CREAT, 0o600)
    try {
      if (offset > 0) {
        if ((await bytesBehindHeader(file, transfer)) < offset)
          throw rejectedSnapshot(`its first ${offset} bytes are not here`)
        await file.truncate(header.byteLength + offset)
      } else {
        await file.truncate(0)
        await file.writeFile(header)
      }
      return new PartialFile(file, init, header.byteLength)
    } catch (error) {
      await file.close()
      throw error
    }
  }

  async *kept(): AsyncGenerator<Uint8Array, void> {
    const end = this.#headerBytes + this.#init.offset
    for (let position = this.#headerBytes; position < end; ) {
      const piece = await readAt(this.#file, position, Math.min(SNAPSHOT_CHUNK_BYTES, end - position))
      if (piece.byteLength === 0) throw rejectedSnapshot('what was kept of it became shorter')
      position += piece.byteLength
      yield piece
    }
  }

  append(chunk: Uint8Array): Promise<void> {
    return this.#writer.write(chunk)
  }

  async complete(): Promise<void> {
    const { path, finalPath } = this.#init
    // Also what an earlier attempt, or another process, has written of it.
    await this.#file.sync()
    await this.#file.close()
    await rename(path, finalPath)
    await syncDirectory(dirname(finalPath))
  }

  leave(): Promise<void> {
    return this.#file.close()
  }

  async discard(): Promise<void> {
    try {
      await this.#file.close()
    } finally {
      await rm(this.#init.path, { force: true })
    }
  }
}

async function openExisting(path: string): Promise<FileHandle> {
  try {
    return await open(path, OPEN_FLAGS)
  } catch (error) {
    throw hasErrorCode(error, 'ENOENT') ? rejectedSnapshot('its first bytes are not here any more') : error
  }
}

async function bytesBehindHeader(file: FileHandle, transfer: SnapshotTransfer): Promise<number> {
  const header = encodeSnapshotHeader(transfer.snapshot)
  const { size } = await file.stat()
  const bytes = size - header.byteLength
  if (bytes <= 0 || bytes > transfer.sizeBytes) return 0
  const found = await readAt(file, 0, header.byteLength)
  return Buffer.compare(found, header) === 0 ? bytes : 0
}
