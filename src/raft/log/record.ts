/**
 * The one shape of everything we store or send as a unit of the log. Integers are big-endian.
 *
 *   offset  bytes  field
 *        0      4  CRC-32 of everything after it
 *        4      1  format (high four bits, now 1) and kind (low four bits)
 *        5      8  term
 *       13      8  index
 *       21      …  payload, up to the end of the record
 *
 * A record does not carry its own length: stores and frames delimit it, and the checksum covers the
 * end, so a cut or an extension shows as damage.
 */
import { crc32 } from 'node:zlib'
import { getUint64, plainBytes, putUint64, viewOf } from './bytes.ts'
import { RaftStorageError } from './errors.ts'

const FORMAT = 1
const KIND_OFFSET = 4
const TERM_OFFSET = 5
const INDEX_OFFSET = 13
const RECORD_HEADER_BYTES = 21

const KIND_CODES = {
  command: 1,
  noop: 2,
  config: 3,
  snapshot: 4,
  state: 5,
  identity: 6,
  recovery: 7,
  founding: 8,
} as const
export type RecordKind = keyof typeof KIND_CODES

// Object.keys loses the literal type; the keys are exactly those of KIND_CODES.
const KINDS = new Map(
  (Object.keys(KIND_CODES) as RecordKind[]).map((kind) => [KIND_CODES[kind] as number, kind]),
)

export interface OpenedRecord {
  readonly kind: RecordKind
  readonly term: number
  readonly index: number
  /** A view into the record; nothing is copied. */
  readonly payload: Uint8Array
}

export function sealRecord(kind: RecordKind, term: number, index: number, payload: Uint8Array): Uint8Array {
  const record = new Uint8Array(RECORD_HEADER_BYTES + payload.byteLength)
  const view = viewOf(record)
  view.setUint8(KIND_OFFSET, (FORMAT << 4) | KIND_CODES[kind])
  putUint64(view, TERM_OFFSET, term)
  putUint64(view, INDEX_OFFSET, index)
  record.set(payload, RECORD_HEADER_BYTES)
  view.setUint32(0, crc32(record.subarray(KIND_OFFSET)))
  return record
}

/** The payload of a record that is known to be whole: a view, nothing is copied or checked. */
export function recordPayload(record: Uint8Array): Uint8Array {
  return plainBytes(record.subarray(RECORD_HEADER_BYTES))
}

/**
 * Checks the checksum and the header. Throws `RAFT_RECORD_DAMAGED` naming `what` and the index:
 * `index` if the caller knows which one it asked for, else the one the header claims.
 */
export function openRecord(bytes: Uint8Array, what: string, index?: number): OpenedRecord {
  const view = viewOf(bytes)
  if (bytes.byteLength < RECORD_HEADER_BYTES) {
    throw damagedRecord(what, index, `${bytes.byteLength} bytes are too few for a record`)
  }
  const foundIndex = getUint64(view, INDEX_OFFSET)
  if (view.getUint32(0) !== crc32(bytes.subarray(KIND_OFFSET))) {
    throw damagedRecord(what, index ?? foundIndex, 'the checksum does not match')
  }
  const code = view.getUint8(KIND_OFFSET)
  if (code >> 4 !== FORMAT) {
    throw damagedRecord(what, index ?? foundIndex, `format ${code >> 4} is not known to this version`)
  }
  const kind = KINDS.get(code & 0x0f)
  if (kind === undefined) throw damagedRecord(what, index ?? foundIndex, `kind ${code & 0x0f} is not known`)
  const term = getUint64(view, TERM_OFFSET)
  if (term === undefined || foundIndex === undefined) {
    throw damagedRecord(what, index, 'term or index is out of range')
  }
  return { kind, term, index: foundIndex, payload: recordPayload(bytes) }
}

export function damagedRecord(
  what: string,
  index: number | undefined,
  reason: string,
  cause?: unknown,
): RaftStorageError {
  const where = index === undefined ? '' : ` (index ${index})`
  return new RaftStorageError('RAFT_RECORD_DAMAGED', `damaged ${what}${where}: ${reason}`, { index, cause })
}
