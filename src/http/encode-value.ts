/**
 * One SQLite value as JSON text.
 *
 * Two choices where rqlite's own answer is no use to a client (it garbles blobs of unknown type, and
 * fails the whole response over an infinite number):
 * - a BLOB is base64 (or an array of bytes) wherever it stands, whatever its column was declared as;
 * - an infinite REAL is the string "Infinity" or "-Infinity", as in the JSON form of protocol buffers:
 *   a bare 9e999 is refused by strict parsers.
 */
import type { SqlValue } from '../sql/index.ts'
import { epochToRfc3339, textToRfc3339 } from './encode-time.ts'

export type ValueEncoder = (value: SqlValue) => string

/** The encoder for a column, chosen once by its declared type. */
export function columnEncoder(type: string, blobArray: boolean): ValueEncoder {
  const plain = blobArray ? encodeWithBlobArray : encodeValue
  switch (type) {
    case 'boolean':
      return (value) => (isInteger(value) ? String(value > 0) : plain(value))
    case 'date':
    case 'datetime':
    case 'timestamp':
      return (value) => encodeDate(value) ?? plain(value)
    default:
      return plain
  }
}

/** Characters, or bytes, from which a value is encoded in pieces; what its bytes take in base64 divides by 3. */
const LARGE = 48 * 1024

/** A value that is not small, in pieces that make the text which an encoder would; undefined for others. */
export function largeValuePieces(value: SqlValue, blobArray: boolean): Iterable<string> | undefined {
  if (typeof value === 'string') return value.length > LARGE ? textPieces(value) : undefined
  if (!(value instanceof Uint8Array) || value.length <= LARGE) return undefined
  return blobArray ? arrayPieces(value) : base64Pieces(asBuffer(value))
}

function* textPieces(text: string): Generator<string> {
  yield '"'
  for (let from = 0; from < text.length; ) {
    let end = Math.min(text.length, from + LARGE)
    // Halves of a surrogate pair that come apart would be escaped.
    if (end < text.length && /[\uD800-\uDBFF]/.test(text[end - 1]!)) end--
    yield JSON.stringify(text.slice(from, end)).slice(1, -1)
    from = end
  }
  yield '"'
}

function* base64Pieces(bytes: Buffer): Generator<string> {
  yield '"'
  for (let from = 0; from < bytes.length; from += LARGE) yield bytes.toString('base64', from, from + LARGE)
  yield '"'
}

function* arrayPieces(bytes: Uint8Array): Generator<string> {
  for (let from = 0; from < bytes.length; from += LARGE)
    yield (from === 0 ? '[' : ',') + bytes.subarray(from, from + LARGE).join(',')
  yield ']'
}

function encodeValue(value: SqlValue): string {
  switch (typeof value) {
    case 'string':
      return JSON.stringify(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`
    case 'bigint':
      return String(value)
    default:
      return value === null ? 'null' : `"${asBuffer(value).toString('base64')}"`
  }
}

function encodeWithBlobArray(value: SqlValue): string {
  return value instanceof Uint8Array ? `[${value.join(',')}]` : encodeValue(value)
}

/** Undefined for what is no date: NULL, REAL, BLOB, text in no known form, a year JSON cannot write. */
function encodeDate(value: SqlValue): string | undefined {
  const date = isInteger(value)
    ? epochToRfc3339(value)
    : typeof value === 'string'
      ? textToRfc3339(value)
      : undefined
  return date === undefined ? undefined : `"${date}"`
}

/**
 * Columns of these types have NUMERIC affinity, in which SQLite stores every whole number as INTEGER;
 * so a number that is whole is one.
 */
function isInteger(value: SqlValue): value is number | bigint {
  return typeof value === 'bigint' || Number.isSafeInteger(value)
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
