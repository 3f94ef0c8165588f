/**
 * Writing a file over an older one. Two snapshots in a row differ in few places; what is the same need not be
 * written, and what is written takes no new room, so that a sync does not wait for the file system's own
 * journal, nor the log's syncs for it. Whether bytes are the same is seen by reading them: nothing has to be
 * remembered, so nothing can be remembered wrongly.
 *
 * The older file must have been synced in full, and never failed: what the system shows of a file after a
 * failed write may not be what the disk has.
 */
import type { FileHandle } from 'node:fs/promises'
import { readInto } from './file-io.ts'

/** Compared and written in one go. */
const PIECE_BYTES = 1024 * 1024
/** What differs in a byte is written in blocks of this size. */
const BLOCK_BYTES = 16 * 1024

export class OverwritingWriter {
  readonly #file: FileHandle
  readonly #oldBytes: number
  readonly #stepBytes: number
  readonly #piece = new Uint8Array(PIECE_BYTES)
  /** What is there in its place. */
  readonly #old: Uint8Array
  #filled = 0
  /** Where the piece belongs. */
  #position = 0
  #unsyncedBytes = 0
  writtenBytes = 0

  /** `oldBytes`: what the file holds. `stepBytes`: synced whenever so much was written. */
  constructor(file: FileHandle, init: { readonly oldBytes: number; readonly stepBytes: number }) {
    this.#file = file
    this.#oldBytes = init.oldBytes
    this.#old = new Uint8Array(Math.min(PIECE_BYTES, init.oldBytes))
    this.#stepBytes = init.stepBytes
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let from = 0; from < chunk.byteLength; ) {
      const part = chunk.subarray(from, from + PIECE_BYTES - this.#filled)
      this.#piece.set(part, this.#filled)
      this.#filled += part.byteLength
      from += part.byteLength
      if (this.#filled === PIECE_BYTES) await this.#putPiece()
    }
  }

  /** Writes what is left, and ends the file there. The caller syncs it. */
  async end(): Promise<void> {
    await this.#putPiece()
    if (this.#oldBytes > this.#position) await this.#file.truncate(this.#position)
  }

  async #putPiece(): Promise<void> {
    const piece = this.#piece.subarray(0, this.#filled)
    const old = await this.#oldBytesOf(piece.byteLength)
    for (const { from, to } of differences(piece, old)) await this.#put(piece.subarray(from, to), from)
    this.#position += piece.byteLength
    this.#filled = 0
    if (this.#unsyncedBytes < this.#stepBytes) return
    await this.#file.datasync()
    this.#unsyncedBytes = 0
  }

  async #oldBytesOf(length: number): Promise<Uint8Array> {
    const there = Math.max(0, Math.min(length, this.#oldBytes - this.#position))
    return this.#old.subarray(0, await readInto(this.#file, this.#position, this.#old.subarray(0, there)))
  }

  async #put(bytes: Uint8Array, offset: number): Promise<void> {
    for (let done = 0; done < bytes.byteLength; ) {
      const left = bytes.byteLength - done
      const { bytesWritten } = await this.#file.write(bytes, done, left, this.#position + offset + done)
      done += bytesWritten
    }
    this.#unsyncedBytes += bytes.byteLength
    this.writtenBytes += bytes.byteLength
  }
}

/** Runs of blocks in which the new bytes are not the old ones; beyond the old ones' end all are not. */
function* differences(bytes: Uint8Array, old: Uint8Array): Generator<{ from: number; to: number }> {
  let from: number | undefined
  for (let at = 0; at < bytes.byteLength; at += BLOCK_BYTES) {
    const end = Math.min(at + BLOCK_BYTES, bytes.byteLength)
    const isSame = Buffer.compare(bytes.subarray(at, end), old.subarray(at, end)) === 0
    if (!isSame) from ??= at
    else if (from !== undefined) {
      yield { from, to: at }
      from = undefined
    }
  }
  if (from !== undefined) yield { from, to: bytes.byteLength }
}
