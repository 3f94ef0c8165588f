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
import type { SqlResult, SqlValue } from './types.ts'

const RESULT = { empty: 0, write: 1, rows: 2, error: 3 } as const
const VALUE = { null: 0, natural: 1, negative: 2, number: 3, bigint: 4, text: 5, blob: 6 } as const

const COUNT_BYTES_MAX = 8
const NUMBER_BYTES = 8
/** There are many, of which one will do. */
const NAN_BITS = 0x7ff8_0000_0000_0000n

/** As large as most results will ever be. */
const SCRATCH_BYTES = 1024
/** More is not kept between two calls. */
const SCRATCH_BYTES_MAX = 64 * 1024

export class ResultEncoder {
  #scratch = new Uint8Array(SCRATCH_BYTES)
  /** A view of it that knows texts and numbers. */
  #bytes = Buffer.from(this.#scratch.buffer)
  #length = 0

  /** May stop once there are more than `bytesMax` bytes: those are not all, but too many all the same. */
  encode(results: readonly SqlResult[], bytesMax: number): Uint8Array {
    this.#length = 0
    this.#putCount(results.length)
    for (const result of results) {
      this.#putResult(result)
      if (this.#length > bytesMax) break
    }
    const encoded = this.#scratch.slice(0, this.#length)
    if (this.#scratch.length > SCRATCH_BYTES_MAX) this.#moveTo(new Uint8Array(SCRATCH_BYTES))
    return encoded
  }

  #putResult(result: SqlResult): void {
    this.#putByte(RESULT[result.kind])
    switch (result.kind) {
      case 'empty':
        return
      case 'write':
        this.#putValue(result.lastInsertId)
        this.#putValue(result.rowsAffected)
        return
      case 'rows':
        this.#putCount(result.columns.length)
        for (const column of result.columns) this.#putText(column)
        for (const type of result.types) this.#putText(type)
        this.#putCount(result.values.length)
        for (const row of result.values) for (const value of row) this.#putValue(value)
        return
      case 'error':
        this.#putText(result.message)
        return
      default:
        assertNever(result)
    }
  }

  #putValue(value: SqlValue): void {
    switch (typeof value) {
      case 'number':
        this.#putNumber(value)
        return
      case 'bigint':
        this.#putByte(VALUE.bigint)
        this.#reserve(NUMBER_BYTES)
        this.#length = this.#bytes.writeBigInt64BE(value, this.#length)
        return
      case 'string':
        this.#putByte(VALUE.text)
        this.#putText(value)
        return
    }
    if (value === null) {
      this.#putByte(VALUE.null)
      return
    }
    this.#putByte(VALUE.blob)
    this.#putCount(value.byteLength)
    this.#reserve(value.byteLength)
    this.#bytes.set(value, this.#length)
    this.#length += value.byteLength
  }

  #putNumber(value: number): void {
    if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
      this.#putByte(value < 0 ? VALUE.negative : VALUE.natural)
      this.#putCount(Math.abs(value))
      return
    }
    this.#putByte(VALUE.number)
    this.#reserve(NUMBER_BYTES)
    this.#length = Number.isNaN(value)
      ? this.#bytes.writeBigUInt64BE(NAN_BITS, this.#length)
      : this.#bytes.writeDoubleBE(value, this.#length)
  }

  #putText(text: string): void {
    const byteLength = Buffer.byteLength(text)
    this.#putCount(byteLength)
    this.#reserve(byteLength)
    this.#length += this.#bytes.write(text, this.#length, 'utf8')
  }

  #putCount(count: number): void {
    this.#reserve(COUNT_BYTES_MAX)
    let rest = count
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.#bytes[this.#length++] = (rest % 0x80) | 0x80
    this.#bytes[this.#length++] = rest
  }

  #putByte(byte: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = byte
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#scratch.length) return
    const larger = new Uint8Array(Math.max(needed, 2 * this.#scratch.length))
    larger.set(this.#scratch.subarray(0, this.#length))
    this.#moveTo(larger)
  }

  #moveTo(scratch: Uint8Array<ArrayBuffer>): void {
    this.#scratch = scratch
    this.#bytes = Buffer.from(scratch.buffer)
  }
}

/** What was encoded, with 0 for the time each statement took. Shares no memory with `bytes`. */
export function decodeResults(bytes: Uint8Array): SqlResult[] {
  const decoder = new ResultDecoder(bytes)
  const results = decoder.takeList(() => decoder.takeResult())
  assert(decoder.isAtEnd, 'results end where their bytes do')
  return results
}

class ResultDecoder {
  readonly #bytes: Buffer
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  takeResult(): SqlResult {
    const kind = this.#takeByte()
    switch (kind) {
      case RESULT.empty:
        return { kind: 'empty', time: 0 }
      case RESULT.write: {
        const lastInsertId = this.#takeValue() as number | bigint // as it was put there
        const rowsAffected = this.#takeValue() as number
        return { kind: 'write', lastInsertId, rowsAffected, time: 0 }
      }
      case RESULT.rows: {
        const columns = this.takeList(() => this.#takeText())
        const types = columns.map(() => this.#takeText())
        const values = this.takeList(() => columns.map(() => this.#takeValue()))
        return { kind: 'rows', columns, types, values, time: 0 }
      }
      default:
        assert(kind === RESULT.error, 'results are of a known kind')
        return { kind: 'error', message: this.#takeText() }
    }
  }

  takeList<T>(take: () => T): T[] {
    const count = this.#takeCount()
    const list: T[] = []
    for (let i = 0; i < count; i++) list.push(take())
    return list
  }

  #takeValue(): SqlValue {
    const kind = this.#takeByte()
    switch (kind) {
      case VALUE.null:
        return null
      case VALUE.natural:
        return this.#takeCount()
      case VALUE.negative:
        return -this.#takeCount()
      case VALUE.number:
        return this.#bytes.readDoubleBE(this.#skip(NUMBER_BYTES))
      case VALUE.bigint:
        return this.#bytes.readBigInt64BE(this.#skip(NUMBER_BYTES))
      case VALUE.text:
        return this.#takeText()
      default: {
        assert(kind === VALUE.blob, 'values are of a known kind')
        const length = this.#takeCount()
        return new Uint8Array(this.#bytes.subarray(this.#skip(length), this.#at))
      }
    }
  }

  #takeText(): string {
    const length = this.#takeCount()
    return this.#bytes.toString('utf8', this.#skip(length), this.#at)
  }

  #takeCount(): number {
    let count = 0
    for (let weight = 1; ; weight *= 0x80) {
      const byte = this.#takeByte()
      count += (byte & 0x7f) * weight
      if (byte < 0x80) return count
    }
  }

  #takeByte(): number {
    return this.#bytes.readUInt8(this.#skip(1))
  }

  /** Returns where the bytes that are skipped begin. */
  #skip(length: number): number {
    const from = this.#at
    this.#at += length
    assert(this.#at <= this.#bytes.length, 'results do not end before their bytes do')
    return from
  }
}
