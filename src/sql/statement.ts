/** A compiled statement: parameters in, rows out. */
import { StatementError } from './errors.ts'
import type { ExecutionGuard } from './execution-guard.ts'
import { maxBytes, type RawConnection } from './raw-connection.ts'
import { type SqliteLayout, VALUE, VALUE_IS_TEXT } from './sqlite-layout.ts'
import type { SqlParameter, SqlStatement, SqlValue } from './types.ts'

const OK = 0
/** SQLite copies what it is given. */
const TRANSIENT = -1
const INTEGER = 1
const REAL = 2
const TEXT = 3
const BLOB = 4
const STORAGE_CLASSES = ['', 'integer', 'real', 'text', 'blob', '']

const INT32_MAX = 0x7fff_ffff
const INT32_MIN = -0x8000_0000
const INT64_MAX = 0x7fff_ffff_ffff_ffffn
const INT64_MIN = -0x8000_0000_0000_0000n
/** What a value counts for in the size of a result, besides its text or bytes. */
const VALUE_BYTES = 8
/** As many placeholders as SQLite allows. */
const PARAMETERS_MAX = 32_766

export class Statement {
  readonly #connection: RawConnection
  readonly #layout: SqliteLayout
  readonly #pointer: number
  #parameterCount: number | undefined
  #rowBytes = 0

  constructor(connection: RawConnection, layout: SqliteLayout, pointer: number) {
    this.#connection = connection
    this.#layout = layout
    this.#pointer = pointer
  }

  /** Placeholders, counting a number that is left out (`?3` alone makes three). */
  get parameterCount(): number {
    this.#parameterCount ??= this.#countParameters()
    return this.#parameterCount
  }

  /** Columns of the result; 0 if the statement yields no rows. Certain after the first step. */
  get columnCount(): number {
    return this.#connection.instance.api._sqlite3_column_count(this.#pointer)
  }

  /**
   * Binds named parameters to their placeholders, then positional ones, from `from` on, to the others in
   * their order. Returns how many of those it took. What is left without a value is NULL.
   */
  bind({ positional, named }: SqlStatement, from: number): number {
    const count = this.parameterCount
    if (count === 0) return 0
    if (hasNone(named)) return this.#bindInOrder(positional, from)
    const taken = this.placeholdersOf(named)
    for (const [index, value] of taken) this.#bindOne(index, value)
    let next = from
    for (let index = 1; index <= count && next < positional.length; index++) {
      if (taken.has(index)) continue
      this.#bindOne(index, positional[next++] as SqlParameter) // below the length
    }
    return next - from
  }

  #bindInOrder(positional: SqlStatement['positional'], from: number): number {
    const count = Math.min(this.parameterCount, positional.length - from)
    for (let i = 0; i < count; i++) this.#bindOne(i + 1, positional[from + i] as SqlParameter) // below the length
    return Math.max(count, 0)
  }

  /** The placeholders that have one of the names, with their values. */
  placeholdersOf(named: SqlStatement['named']): Map<number, SqlParameter> {
    const values = new Map<number, SqlParameter>()
    for (const [name, value] of Object.entries(named)) {
      for (const index of this.#placeholders(name)) values.set(index, value)
    }
    return values
  }

  /** True if there is a row. */
  step(guard?: ExecutionGuard): boolean {
    return this.#connection.step(this.#pointer, guard)
  }

  reset(): void {
    this.#connection.reset(this.#pointer)
  }

  finalize(): void {
    this.#connection.finalize(this.#pointer)
  }

  columnNames(): string[] {
    const { api, memory } = this.#connection.instance
    return this.#columns((column) => memory.string(api._sqlite3_column_name(this.#pointer, column)))
  }

  /** As written in CREATE TABLE, in lower case; undefined for what is not a column of a table. */
  declaredTypes(): (string | undefined)[] {
    const { memory } = this.#connection.instance
    const { columns, valueSize } = this.#layout
    const count = this.columnCount
    // All names come first, then all declared types.
    const first = memory.getUint32(this.#pointer + columns) + count * valueSize
    return this.#columns((column) => {
      const value = first + column * valueSize
      const isText = (memory.view.getUint16(value + VALUE.flags, true) & VALUE_IS_TEXT) !== 0
      return isText ? memory.string(memory.getUint32(value + VALUE.text)).toLowerCase() : undefined
    })
  }

  /** What the current row holds in each column: `integer`, `real`, `text`, `blob`, or "" for NULL. */
  storageClasses(): string[] {
    return this.#columns((column) => this.storageClass(column))
  }

  storageClass(column: number): string {
    const { api } = this.#connection.instance
    return STORAGE_CLASSES[api._sqlite3_column_type(this.#pointer, column)] ?? ''
  }

  /** A value of the current row. */
  value(column: number): SqlValue {
    return this.#value(column, Number.POSITIVE_INFINITY)
  }

  /** A text of the current row as the bytes of its UTF-8. Not to be kept. */
  textBytes(column: number): Buffer {
    const { api, memory } = this.#connection.instance
    const from = api._sqlite3_column_text(this.#pointer, column)
    const length = api._sqlite3_column_bytes(this.#pointer, column)
    return memory.bytes.subarray(from, from + length)
  }

  /** Values beyond `bytesMax` are not read: SQLite would have to make what it only knows the length of. */
  row(bytesMax = Number.POSITIVE_INFINITY): SqlValue[] {
    this.#rowBytes = 0
    return this.#columns((column) => this.#value(column, bytesMax))
  }

  /** Bytes of the row last read, by a measure that is the same on every replica. */
  get rowBytes(): number {
    return this.#rowBytes
  }

  /** Measures a row as reading it would. */
  measureRow(): number {
    const { api } = this.#connection.instance
    this.#rowBytes = 0
    const count = this.columnCount
    for (let column = 0; column < count; column++) {
      const type = api._sqlite3_column_type(this.#pointer, column)
      const length = type === TEXT || type === BLOB ? api._sqlite3_column_bytes(this.#pointer, column) : 0
      this.#rowBytes += VALUE_BYTES + length
    }
    return this.#rowBytes
  }

  #columns<T>(read: (column: number) => T): T[] {
    const count = this.columnCount
    const list: T[] = []
    for (let column = 0; column < count; column++) list.push(read(column))
    return list
  }

  #value(column: number, bytesMax: number): SqlValue {
    const { api } = this.#connection.instance
    this.#rowBytes += VALUE_BYTES
    switch (api._sqlite3_column_type(this.#pointer, column)) {
      case INTEGER: {
        const approximately = api._sqlite3_column_double(this.#pointer, column)
        return Number.isSafeInteger(approximately) ? approximately : this.#bigint(column)
      }
      case REAL:
        return api._sqlite3_column_double(this.#pointer, column)
      case TEXT:
        return this.#text(column)
      case BLOB:
        return this.#blob(column, bytesMax)
      default:
        return null
    }
  }

  #blob(column: number, bytesMax: number): SqlValue {
    const { api, memory } = this.#connection.instance
    const length = api._sqlite3_column_bytes(this.#pointer, column)
    this.#rowBytes += length
    if (this.#rowBytes > bytesMax) return null
    const from = api._sqlite3_column_blob(this.#pointer, column)
    if (from === 0 && length > 0) this.#connection.noMemory()
    const blob = new Uint8Array(length)
    blob.set(memory.bytes.subarray(from, from + length))
    return blob
  }

  #text(column: number): string {
    const { api, memory } = this.#connection.instance
    const from = api._sqlite3_column_text(this.#pointer, column)
    if (from === 0) this.#connection.noMemory()
    const length = api._sqlite3_column_bytes(this.#pointer, column)
    this.#rowBytes += length
    return memory.bytes.toString('utf8', from, from + length)
  }

  /** `sqlite3_column_int64` is not exported; its digits are. */
  #bigint(column: number): bigint {
    const { api, memory } = this.#connection.instance
    const digits = api._sqlite3_column_text(this.#pointer, column)
    if (digits === 0) this.#connection.noMemory()
    return BigInt(memory.string(digits))
  }

  /** `n` stands for `:n`, `@n` and `$n`, each of which may occur. */
  #placeholders(name: string): number[] {
    if (!/^\p{L}/u.test(name)) throw new StatementError('name must begin with a letter')
    const { api, memory } = this.#connection.instance
    const text = this.#connection.reserve(maxBytes(name) + 2)
    return [':', '@', '$']
      .map((prefix) => {
        memory.writeString(text, prefix + name)
        return api._sqlite3_bind_parameter_index(this.#pointer, text)
      })
      .filter((index) => index > 0)
  }

  #bindOne(index: number, parameter: SqlParameter): void {
    const code = this.#bindValue(index, parameter)
    if (code !== OK) this.#connection.fail(code)
  }

  #bindValue(index: number, parameter: SqlParameter): number {
    const { api, memory } = this.#connection.instance
    switch (typeof parameter) {
      case 'number':
        return Number.isSafeInteger(parameter)
          ? this.#bindInteger(index, parameter)
          : api._sqlite3_bind_double(this.#pointer, index, parameter)
      case 'bigint':
        return this.#bindInteger(index, parameter)
      case 'boolean':
        return api._sqlite3_bind_int(this.#pointer, index, parameter ? 1 : 0)
      case 'string': {
        const text = this.#connection.reserve(maxBytes(parameter) + 1)
        const length = memory.writeString(text, parameter)
        return api._sqlite3_bind_text(this.#pointer, index, text, length, TRANSIENT)
      }
    }
    if (parameter === null) return OK // what is not bound is NULL
    if (!(parameter instanceof Uint8Array))
      return api._sqlite3_bind_double(this.#pointer, index, parameter.real)
    const blob = this.#connection.reserve(parameter.length)
    memory.bytes.set(parameter, blob)
    return api._sqlite3_bind_blob(this.#pointer, index, blob, parameter.length, TRANSIENT)
  }

  /** `sqlite3_bind_int` takes 32 bits: it makes the value an INTEGER, and 64 bits are put in its place. */
  #bindInteger(index: number, integer: number | bigint): number {
    const { api, memory } = this.#connection.instance
    if (integer >= INT32_MIN && integer <= INT32_MAX) {
      return api._sqlite3_bind_int(this.#pointer, index, Number(integer))
    }
    if (integer < INT64_MIN || integer > INT64_MAX)
      throw new StatementError(`integer out of range: ${integer}`)
    const code = api._sqlite3_bind_int(this.#pointer, index, 0)
    if (code !== OK) return code
    const { parameters, valueSize } = this.#layout
    const value = memory.getUint32(this.#pointer + parameters) + (index - 1) * valueSize
    memory.setInt64(value + VALUE.number, BigInt(integer))
    return OK
  }

  /** `sqlite3_bind_parameter_count` is not exported; binding beyond the last placeholder fails. */
  #countParameters(): number {
    const { api } = this.#connection.instance
    const exists = (index: number): boolean => api._sqlite3_bind_int(this.#pointer, index, 0) === OK
    let low = 0
    let step = 1
    while (low + step <= PARAMETERS_MAX && exists(low + step)) {
      low += step
      step *= 2
    }
    for (step = Math.floor(step / 2); step >= 1; step /= 2) {
      if (low + step <= PARAMETERS_MAX && exists(low + step)) low += step
    }
    api._sqlite3_clear_bindings(this.#pointer)
    return low
  }
}

function hasNone(named: SqlStatement['named']): boolean {
  for (const _ in named) return false
  return true
}
