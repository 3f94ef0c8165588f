/**
 * A snapshot file. Integers are big-endian.
 *
 *   header    8  magic "DBSNAP" and the format as two digits
 *             4  length of the meta record
 *             …  meta record (see meta-codec.ts; it has a checksum of its own)
 *   payload   …  what the state machine's capture produced
 *   trailer   8  length of the payload
 *             4  CRC-32 of the payload
 *
 * Payload and trailer travel between nodes as they are, so the receiver checks end to end.
 */
import { crc32 } from 'node:zlib'
import { errorMessage } from '../../base/index.ts'
import type { SnapshotMeta } from '../core/types.ts'
import { getUint64, putUint64, viewOf } from './bytes.ts'
import { RaftStorageError } from './errors.ts'
import { decodeSnapshotMeta, encodeSnapshotMeta } from './meta-codec.ts'
import type { SnapshotTransfer } from './snapshots.ts'

const MAGIC = new TextEncoder().encode('DBSNAP01')
export const SNAPSHOT_PREAMBLE_BYTES = MAGIC.byteLength + 4
export const SNAPSHOT_TRAILER_BYTES = 12
/** Far above any membership; keeps a damaged length from asking for that much memory. */
const META_BYTES_MAX = 16 * 1024 * 1024

export function encodeSnapshotHeader(meta: SnapshotMeta): Uint8Array {
  const record = encodeSnapshotMeta(meta)
  const header = new Uint8Array(SNAPSHOT_PREAMBLE_BYTES + record.byteLength)
  header.set(MAGIC)
  viewOf(header).setUint32(MAGIC.byteLength, record.byteLength)
  header.set(record, SNAPSHOT_PREAMBLE_BYTES)
  return header
}

/** Length of the meta record that follows these first bytes; undefined if they are no preamble of ours. */
export function readSnapshotPreamble(bytes: Uint8Array): number | undefined {
  if (bytes.byteLength < SNAPSHOT_PREAMBLE_BYTES) return undefined
  if (Buffer.compare(bytes.subarray(0, MAGIC.byteLength), MAGIC) !== 0) return undefined
  const metaBytes = viewOf(bytes).getUint32(MAGIC.byteLength)
  return metaBytes <= META_BYTES_MAX ? metaBytes : undefined
}

/** Throws an `Error` unless the record is that of `expected`. */
export function checkSnapshotMeta(record: Uint8Array, expected: SnapshotMeta): void {
  const meta = decodeSnapshotMeta(record)
  if (meta.index !== expected.index || meta.term !== expected.term) {
    throw new Error(`it holds the snapshot at index ${meta.index}, term ${meta.term}`)
  }
}

/** Counts and sums up a payload as it passes by. */
export class PayloadSum {
  #sizeBytes = 0
  #checksum = 0

  add(bytes: Uint8Array): void {
    this.#sizeBytes += bytes.byteLength
    this.#checksum = crc32(bytes, this.#checksum)
  }

  get sizeBytes(): number {
    return this.#sizeBytes
  }

  get checksum(): number {
    return this.#checksum
  }

  trailer(): Uint8Array {
    const trailer = new Uint8Array(SNAPSHOT_TRAILER_BYTES)
    const view = viewOf(trailer)
    putUint64(view, 0, this.#sizeBytes)
    view.setUint32(8, this.#checksum)
    return trailer
  }

  /** What is wrong, if `trailer` is not that of the payload seen. */
  findMismatch(trailer: Uint8Array): string | undefined {
    const view = viewOf(trailer)
    if (getUint64(view, 0) !== this.#sizeBytes)
      return `its payload has ${this.#sizeBytes} bytes, not as many as written`
    if (checksumIn(trailer) !== this.#checksum) return 'the checksum does not match'
    return undefined
  }
}

/** The payload's checksum as its trailer has it. */
export function checksumIn(trailer: Uint8Array): number {
  return viewOf(trailer).getUint32(8)
}

/** Checks a transfer (payload and trailer) against what was announced while it comes in, however it is cut. */
export class TransferCheck {
  readonly #sum = new PayloadSum()
  readonly #trailer = new Uint8Array(SNAPSHOT_TRAILER_BYTES)
  readonly #announced: SnapshotTransfer
  readonly #payloadBytes: number
  #received = 0

  /** Throws `RAFT_SNAPSHOT_REJECTED` if such a transfer is not acceptable at all. */
  constructor(announced: SnapshotTransfer, maxBytes: number) {
    const { sizeBytes } = announced
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < SNAPSHOT_TRAILER_BYTES || sizeBytes > maxBytes) {
      throw rejectedSnapshot(`${sizeBytes} bytes are announced, ${maxBytes} are allowed`)
    }
    this.#announced = announced
    this.#payloadBytes = sizeBytes - SNAPSHOT_TRAILER_BYTES
  }

  get receivedBytes(): number {
    return this.#received
  }

  add(chunk: Uint8Array): void {
    const payloadLeft = Math.max(0, this.#payloadBytes - this.#received)
    const trailerAt = Math.max(0, this.#received - this.#payloadBytes)
    this.#received += chunk.byteLength
    if (this.#received > this.#announced.sizeBytes) {
      throw rejectedSnapshot(`more arrived than the ${this.#announced.sizeBytes} bytes announced`)
    }
    this.#sum.add(chunk.subarray(0, payloadLeft))
    this.#trailer.set(chunk.subarray(payloadLeft), trailerAt)
  }

  /** To be called after the last chunk. */
  finish(): void {
    const { sizeBytes, checksum } = this.#announced
    if (this.#received < sizeBytes) {
      throw rejectedSnapshot(`${this.#received} of ${sizeBytes} bytes arrived`)
    }
    const mismatch = this.#sum.findMismatch(this.#trailer)
    if (mismatch !== undefined) throw rejectedSnapshot(mismatch)
    if (this.#sum.checksum !== checksum) throw rejectedSnapshot('the checksum is not the one announced')
  }
}

export function rejectedSnapshot(reason: string): RaftStorageError {
  return new RaftStorageError('RAFT_SNAPSHOT_REJECTED', `the snapshot being received is refused: ${reason}`, {
    retryable: true,
  })
}

export function missingSnapshot({ index, term }: SnapshotMeta, path: string): RaftStorageError {
  const message = `there is no snapshot of index ${index}, term ${term} in ${path}`
  return new RaftStorageError('RAFT_SNAPSHOT_MISSING', message, { index, path })
}

export function damagedSnapshot(path: string, index: number, cause: unknown): RaftStorageError {
  const message =
    `the snapshot file ${path} is damaged: ${errorMessage(cause)}. If the node cannot start without it, remove the ` +
    'node from the cluster and let it rejoin as a new member with an empty data directory'
  return new RaftStorageError('RAFT_SNAPSHOT_DAMAGED', message, { index, path, cause })
}
