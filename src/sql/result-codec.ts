/**
 * Results as bytes, in which the outcomes of requests are remembered. Equal results make equal bytes. The
 * time a statement took is not in them: every replica has another. Numbers of 8 bytes are big-endian.
 *
 *   results   count of results, each of them
 *   result    1 byte for its kind, and
 *             empty   nothing
 *             write   two values: lastInsertId, rowsAffected
 *             rows    count of columns, their names, their types, count of rows, the values row by row
 *             error   text
 *   value     1 byte for its kind, and
 *             null      nothing
 *             natural   count: a safe integer from 0 on
 *             negative  count: the distance of a safe integer below 0
 *             number    8 bytes: any other number
 *             bigint    8 bytes, signed
 *             text      text
 *             blob      count of bytes, those
 *   text      count of UTF-8 bytes, those
 *   count     7 bits a byte, the lowest first; the highest bit says that more follow
 */
import { assert, assertNever } from '../base/index.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { SqlResult, SqlValue } from './types.ts'

const RESULT = { empty: 0, write: 1, rows: 2, error: 3 } as const
const VALUE = { null: 0, natural: 1, negative: 2, number: 3, bigint: 4, text: 5, blob: 6 } as const

/** There are many, of which one will do. */
const NAN_BITS = 0x7ff8_0000_0000_0000n

export class ResultEncoder {
  readonly #writer = new ByteWriter()

  /** May stop once there are more than `bytesMax` bytes: those are not all, but too many all the same. */
  encode(results: readonly SqlResult[], bytesMax: number): Uint8Array {
    this.#writer.begin()
    writeResults(this.#writer, results, bytesMax)
    return this.#writer.take()
  }
}

/** See {@link ResultEncoder.encode}. */
export function writeResults(
  writer: ByteWriter,
  results: readonly SqlResult[],
  bytesMax = Number.POSITIVE_INFINITY,
): void {
  const from = writer.length
  writer.count(results.length)
  for (const result of results) {
    writeResult(writer, result)
    if (writer.length - from > bytesMax) return
  }
}

function writeResult(writer: ByteWriter, result: SqlResult): void {
  writer.byte(RESULT[result.kind])
  switch (result.kind) {
    case 'empty':
      return
    case 'write':
      writeValue(writer, result.lastInsertId)
      writeValue(writer, result.rowsAffected)
      return
    case 'rows':
      writer.count(result.columns.length)
      for (const column of result.columns) writer.text(column)
      for (const type of result.types) writer.text(type)
      writer.count(result.values.length)
      for (const row of result.values) for (const value of row) writeValue(writer, value)
      return
    case 'error':
      writer.text(result.message)
      return
    default:
      assertNever(result)
  }
}

function writeValue(writer: ByteWriter, value: SqlValue): void {
  switch (typeof value) {
    case 'number':
      writeNumber(writer, value)
      return
    case 'bigint':
      writer.byte(VALUE.bigint)
      writer.int64BE(value)
      return
    case 'string':
      writer.byte(VALUE.text)
      writer.text(value)
      return
  }
  if (value === null) {
    writer.byte(VALUE.null)
    return
  }
  writer.byte(VALUE.blob)
  writer.bytes(value)
}

function writeNumber(writer: ByteWriter, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    writer.byte(value < 0 ? VALUE.negative : VALUE.natural)
    writer.count(Math.abs(value))
    return
  }
  writer.byte(VALUE.number)
  if (Number.isNaN(value)) writer.int64BE(NAN_BITS)
  else writer.doubleBE(value)
}

/** What was encoded, with 0 for the time each statement took. Shares no memory with `bytes`. */
export function decodeResults(bytes: Uint8Array): SqlResult[] {
  const reader = new ByteReader(bytes)
  const results = readResults(reader)
  assert(reader.isAtEnd, 'results end where their bytes do')
  return results
}

/** Likewise, from where the reader is. */
export function readResults(reader: ByteReader): SqlResult[] {
  return reader.list(() => readResult(reader))
}

function readResult(reader: ByteReader): SqlResult {
  const kind = reader.byte()
  switch (kind) {
    case RESULT.empty:
      return { kind: 'empty', time: 0 }
    case RESULT.write: {
      const lastInsertId = readValue(reader) as number | bigint // as it was put there
      const rowsAffected = readValue(reader) as number
      return { kind: 'write', lastInsertId, rowsAffected, time: 0 }
    }
    case RESULT.rows: {
      const columns = reader.list(() => reader.text())
      const types = columns.map(() => reader.text())
      const values = reader.list(() => columns.map(() => readValue(reader)))
      return { kind: 'rows', columns, types, values, time: 0 }
    }
    default:
      assert(kind === RESULT.error, 'results are of a known kind')
      return { kind: 'error', message: reader.text() }
  }
}

function readValue(reader: ByteReader): SqlValue {
  const kind = reader.byte()
  switch (kind) {
    case VALUE.null:
      return null
    case VALUE.natural:
      return reader.count()
    case VALUE.negative:
      return -reader.count()
    case VALUE.number:
      return reader.doubleBE()
    case VALUE.bigint:
      return reader.int64BE()
    case VALUE.text:
      return reader.text()
    default:
      assert(kind === VALUE.blob, 'values are of a known kind')
      return reader.bytes()
  }
}
