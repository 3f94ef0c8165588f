/**
 * SQL commands as they stand in the log: the message `Command` of `proto/command.proto`, of the kind `sql`. Every
 * replica decodes every entry, so this is written by hand; a test holds it against what is generated from the
 * file. The thread that commits entries only looks at their head (`readSqlEntryHead`), and the one that applies
 * them decodes them.
 */
import { REQUEST_ID_BYTES, type RequestTag } from '../base/index.ts'
import { ByteReader } from './byte-reader.ts'
import { ByteWriter } from './byte-writer.ts'
import type { SqlApplyItem, SqlCommand, SqlEntryItem, SqlMode, SqlParameter, SqlStatement } from './types.ts'

export interface SqlEntry {
  readonly request: RequestTag
  readonly command: SqlCommand
}

/** What has to be known of an entry where it is not applied. */
export interface SqlEntryHead {
  readonly timeMs: number
  readonly mode: SqlMode
  readonly requestId: string
}

/** A field's number and how it is written: 0 a count, 1 eight bytes, 2 bytes behind their count, 5 four bytes. */
const COMMAND = { requestId: 0x0a, timeMs: 0x10, seed: 0x18, sinceIndex: 0x30, sql: 0x22 } as const
const REQUEST = {
  namespace: 0x0a,
  mode: 0x10,
  transaction: 0x18,
  statement: 0x22,
  stepsMax: 0x28,
  qualifyColumns: 0x30,
} as const
const STATEMENT = { sql: 0x0a, positional: 0x12, named: 0x1a, sameSql: 0x20 } as const
const NAMED = { name: 0x0a, value: 0x12 } as const
const VALUE = { integer: 0x08, real: 0x11, text: 0x1a, blob: 0x22 } as const

/** By their number. */
const MODES: readonly SqlMode[] = ['execute', 'query', 'request']
/** Its double in zigzag is a safe integer. */
const SMALL_INTEGER_MAX = 2 ** 51
/** Of a text that is kept. */
const KEPT_TEXT_BYTES_MAX = 4096
const NO_NAMES: SqlStatement['named'] = Object.freeze({})

const writer = new ByteWriter()

export function encodeSqlEntry({ request, command }: SqlEntry): Uint8Array<ArrayBuffer> {
  writer.begin()
  writer.byte(COMMAND.requestId)
  writer.bytes(Buffer.from(request.id, 'latin1'))
  putCount(COMMAND.timeMs, command.timeMs)
  putCount(COMMAND.seed, command.seed)
  putCount(COMMAND.sinceIndex, request.since)
  writer.byte(COMMAND.sql)
  const from = writer.open()
  if (command.namespace !== '') putText(REQUEST.namespace, command.namespace)
  putCount(REQUEST.mode, MODES.indexOf(command.mode))
  putCount(REQUEST.transaction, Number(command.transaction))
  let before = ''
  for (const statement of command.statements) {
    putStatement(statement, before)
    before = statement.sql
  }
  putCount(REQUEST.stepsMax, command.stepsMax ?? 0)
  putCount(REQUEST.qualifyColumns, Number(command.qualifyColumns ?? false))
  writer.close(from)
  return writer.take()
}

function putStatement({ sql, positional, named }: SqlStatement, before: string): void {
  writer.byte(REQUEST.statement)
  const from = writer.open()
  const isSame = sql !== '' && sql === before
  if (sql !== '' && !isSame) putText(STATEMENT.sql, sql)
  for (const parameter of positional) putParameter(STATEMENT.positional, parameter)
  for (const name in named) {
    writer.byte(STATEMENT.named)
    const namedFrom = writer.open()
    if (name !== '') putText(NAMED.name, name)
    putParameter(NAMED.value, named[name] as SqlParameter) // it is one of its names
    writer.close(namedFrom)
  }
  putCount(STATEMENT.sameSql, Number(isSame))
  writer.close(from)
}

/** NULL has no field. */
function putParameter(field: number, parameter: SqlParameter): void {
  writer.byte(field)
  const from = writer.open()
  switch (typeof parameter) {
    case 'string':
      putText(VALUE.text, parameter)
      break
    case 'number':
      // Integral numbers are INTEGER, but only while they fit 64 bits; 1e300 is integral, too.
      if (Number.isSafeInteger(parameter)) putInteger(parameter)
      else putReal(parameter)
      break
    case 'bigint':
      putBigInteger(parameter)
      break
    case 'boolean':
      putInteger(parameter ? 1 : 0)
      break
    default:
      if (parameter instanceof Uint8Array) {
        writer.byte(VALUE.blob)
        writer.bytes(parameter)
      } else if (parameter !== null) putReal(parameter.real)
  }
  writer.close(from)
}

/** In zigzag: 0, -1, 1, -2 are 0, 1, 2, 3. */
function putInteger(integer: number): void {
  if (Math.abs(integer) > SMALL_INTEGER_MAX) {
    putBigInteger(BigInt(integer))
    return
  }
  writer.byte(VALUE.integer)
  writer.count(integer < 0 ? -2 * integer - 1 : 2 * integer)
}

function putBigInteger(integer: bigint): void {
  writer.byte(VALUE.integer)
  writer.bigCount(BigInt.asUintN(64, (integer << 1n) ^ (integer >> 63n)))
}

function putReal(real: number): void {
  writer.byte(VALUE.real)
  writer.doubleLE(real)
}

function putText(field: number, text: string): void {
  writer.byte(field)
  writer.text(text)
}

/** What is 0 has no field. */
function putCount(field: number, count: number): void {
  if (count === 0) return
  writer.byte(field)
  writer.count(count)
}

/** Undefined for entries of other kinds. */
export function readSqlEntryHead(bytes: Uint8Array): SqlEntryHead | undefined {
  const reader = new ByteReader(bytes)
  let timeMs = 0
  let idAt = 0
  while (!reader.isAtEnd) {
    const field = reader.byte()
    switch (field) {
      case COMMAND.requestId:
        idAt = reader.at
        reader.skipBytes()
        break
      case COMMAND.timeMs:
        timeMs = reader.count()
        break
      case COMMAND.sql: {
        const mode = readMode(reader, endOf(reader))
        // Only a read's id is asked for.
        return { timeMs, mode, requestId: mode === 'query' ? readId(new ByteReader(bytes, idAt)) : '' }
      }
      default:
        skipField(reader, field)
    }
  }
  return undefined
}

/** Fields are written in the order of their numbers, and not at all if they are 0. */
function readMode(reader: ByteReader, end: number): SqlMode {
  while (reader.at < end) {
    const field = reader.byte()
    if (field === REQUEST.mode) return modeOf(reader.count())
    if (field > REQUEST.mode) break
    skipField(reader, field)
  }
  return 'execute'
}

/** The item, whichever way it says what is to be done. */
export function decodedItem(item: SqlApplyItem | SqlEntryItem, decoder: SqlEntryDecoder): SqlApplyItem {
  if (!('entry' in item)) return item
  const { entry, ...rest } = item
  return { ...rest, ...decoder.decode(entry) }
}

/** Decodes entries, most of which have the text of the one before. */
export class SqlEntryDecoder {
  #sql = ''
  /** With the count in front; 0 is that of no text at all. */
  #sqlBytes: Uint8Array = Uint8Array.of(0)

  /** Throws at bytes that no version of ours wrote: the replica that meets them cannot go on. */
  decode(bytes: Uint8Array): SqlEntry {
    const reader = new ByteReader(bytes)
    let id: string | undefined
    let timeMs = 0
    let seed = 0
    let since = 0
    let request: Omit<SqlCommand, 'timeMs' | 'seed'> | undefined
    while (!reader.isAtEnd) {
      const field = reader.byte()
      switch (field) {
        case COMMAND.requestId:
          id = readId(reader)
          break
        case COMMAND.timeMs:
          timeMs = reader.count()
          break
        case COMMAND.seed:
          seed = reader.count()
          break
        case COMMAND.sinceIndex:
          since = reader.count()
          break
        case COMMAND.sql:
          request = this.#request(reader)
          break
        default:
          skipField(reader, field)
      }
    }
    if (request === undefined || id === undefined) throw unreadable()
    return { request: { id, since, timeMs }, command: { ...request, timeMs, seed } }
  }

  #request(reader: ByteReader): Omit<SqlCommand, 'timeMs' | 'seed'> {
    let namespace = ''
    let mode: SqlMode = 'execute'
    let transaction = false
    const statements: SqlStatement[] = []
    let stepsMax = 0
    let qualifyColumns = false
    const end = endOf(reader)
    while (reader.at < end) {
      const field = reader.byte()
      switch (field) {
        case REQUEST.namespace:
          namespace = reader.text()
          break
        case REQUEST.mode:
          mode = modeOf(reader.count())
          break
        case REQUEST.transaction:
          transaction = reader.count() !== 0
          break
        case REQUEST.statement:
          statements.push(this.#statement(reader, statements.at(-1)?.sql ?? ''))
          break
        case REQUEST.stepsMax:
          stepsMax = reader.count()
          break
        case REQUEST.qualifyColumns:
          qualifyColumns = reader.count() !== 0
          break
        default:
          skipField(reader, field)
      }
    }
    checkEnd(reader, end)
    return { namespace, mode, transaction, statements, stepsMax, qualifyColumns }
  }

  #statement(reader: ByteReader, before: string): SqlStatement {
    let sql = ''
    const positional: SqlParameter[] = []
    let named: [string, SqlParameter][] | undefined
    const end = endOf(reader)
    while (reader.at < end) {
      const field = reader.byte()
      switch (field) {
        case STATEMENT.sql:
          sql = this.#text(reader)
          break
        case STATEMENT.positional:
          positional.push(readParameter(reader))
          break
        case STATEMENT.named:
          named ??= []
          named.push(readNamed(reader))
          break
        case STATEMENT.sameSql:
          if (reader.count() !== 0) sql = before
          break
        default:
          skipField(reader, field)
      }
    }
    checkEnd(reader, end)
    return { sql, positional, named: named === undefined ? NO_NAMES : Object.fromEntries(named) }
  }

  /** Texts are keys of maps: the same string again is found without looking at its characters. */
  #text(reader: ByteReader): string {
    if (reader.skipIf(this.#sqlBytes)) return this.#sql
    const from = reader.at
    const sql = reader.text()
    if (reader.at - from <= KEPT_TEXT_BYTES_MAX) {
      this.#sql = sql
      this.#sqlBytes = reader.copy(from)
    }
    return sql
  }
}

function readNamed(reader: ByteReader): [string, SqlParameter] {
  let name = ''
  let value: SqlParameter = null
  const end = endOf(reader)
  while (reader.at < end) {
    const field = reader.byte()
    if (field === NAMED.name) name = reader.text()
    else if (field === NAMED.value) value = readParameter(reader)
    else skipField(reader, field)
  }
  checkEnd(reader, end)
  return [name, value]
}

function readParameter(reader: ByteReader): SqlParameter {
  let parameter: SqlParameter = null
  const end = endOf(reader)
  while (reader.at < end) {
    const field = reader.byte()
    switch (field) {
      case VALUE.integer:
        parameter = readInteger(reader)
        break
      case VALUE.real: {
        const real = reader.doubleLE()
        parameter = Number.isSafeInteger(real) ? { real } : real
        break
      }
      case VALUE.text:
        parameter = reader.text()
        break
      case VALUE.blob:
        parameter = reader.bytes()
        break
      default:
        skipField(reader, field)
    }
  }
  checkEnd(reader, end)
  return parameter
}

function readInteger(reader: ByteReader): number | bigint {
  const from = reader.at
  const zigzag = reader.count()
  if (zigzag <= Number.MAX_SAFE_INTEGER) return zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2
  reader.back(from) // it was rounded
  const exact = BigInt.asUintN(64, reader.bigCount())
  const integer = exact & 1n ? -(exact >> 1n) - 1n : exact >> 1n
  const number = Number(integer)
  return Number.isSafeInteger(number) ? number : integer
}

function readId(reader: ByteReader): string {
  const id = reader.latin1()
  if (id.length !== REQUEST_ID_BYTES) throw unreadable()
  return id
}

function modeOf(number: number): SqlMode {
  const mode = MODES[number]
  if (mode === undefined) throw unreadable()
  return mode
}

/** Of a message that begins here. */
function endOf(reader: ByteReader): number {
  const length = reader.count()
  return reader.at + length
}

function checkEnd(reader: ByteReader, end: number): void {
  if (reader.at !== end) throw unreadable()
}

/** What a later version may have added. */
function skipField(reader: ByteReader, field: number): void {
  // Numbers from 16 on take a second byte.
  if (field >= 0x80) reader.count()
  switch (field & 7) {
    case 0:
      reader.bigCount()
      return
    case 1:
      reader.skip(8)
      return
    case 2:
      reader.skipBytes()
      return
    case 5:
      reader.skip(4)
      return
    default:
      throw unreadable()
  }
}

function unreadable(): Error {
  return new Error('a log entry holds an SQL command that this version cannot read')
}
