/**
 * The response document of execute, query and request. A hot path: JSON text is built directly, in
 * pieces, so that a large result neither holds the main thread nor fills memory with a second copy.
 */
import type { SqlResult, SqlValue } from '../sql/index.ts'
import { columnEncoder, largeValuePieces, type ValueEncoder } from './encode-value.ts'

export interface DocumentOptions {
  /** Which endpoint: it decides the associative form of errors and of empty statements. */
  readonly mode: 'execute' | 'query' | 'request'
  readonly associative: boolean
  readonly timings: boolean
  readonly blobArray: boolean
  /** Left out when undefined or 0. */
  readonly raftIndex: number | undefined
  /** Seconds, shown with `timings`. */
  readonly time: number
}

type Rows = Extract<SqlResult, { kind: 'rows' }>

/** Pieces are handed on at about this many characters. */
const PIECE_LENGTH = 64 * 1024

/** The whole document in one piece or more. Member order is part of the contract. */
export function* encodeDocument(results: readonly SqlResult[], options: DocumentOptions): Generator<string> {
  let text = '{"results":['
  for (const [i, result] of results.entries()) {
    if (i > 0) text += ','
    if (result.kind === 'rows') {
      for (const piece of options.associative ? associativeRows(result, options) : rows(result, options)) {
        text += piece
        if (text.length < PIECE_LENGTH) continue
        yield text
        text = ''
      }
    } else text += options.associative ? associativeOther(result, options) : other(result, options)
    if (text.length < PIECE_LENGTH) continue
    yield text
    text = ''
  }
  text += ']'
  if (options.timings) text += `,"time":${options.time}`
  if (options.raftIndex) text += `,"raft_index":${options.raftIndex}`
  yield `${text}}`
}

/** The document of a request that failed as a whole. */
export function encodeFailure(message: string): string {
  return `{"results":[],"error":${JSON.stringify(message)}}`
}

/** The document of a write that is queued: what will come of it is not known yet. */
export function encodeQueued(sequenceNumber: bigint, time: number | undefined): string {
  const timing = time === undefined ? '' : `"time":${time},`
  return `{"results":[],${timing}"sequence_number":${sequenceNumber}}`
}

function* rows(result: Rows, options: DocumentOptions): Generator<string> {
  const members = object()
  if (result.columns.length > 0) {
    members.add('columns', JSON.stringify(result.columns))
    members.add('types', JSON.stringify(result.types))
    if (result.values.length > 0) {
      const cells = result.types.map((type, index) => ({
        before: index === 0 ? '' : ',',
        index,
        encode: columnEncoder(type, options.blobArray),
      }))
      yield* list(members, 'values', result.values, { open: '[', cells, close: ']' }, options.blobArray)
    }
  }
  if (options.timings) members.add('time', String(result.time))
  yield members.end()
}

function* associativeRows(result: Rows, options: DocumentOptions): Generator<string> {
  const members = object()
  const columns = associativeColumns(result, options.blobArray)
  if (columns.length > 0)
    members.add('types', `{${columns.map((column) => column.key + column.type).join(',')}}`)
  const cells = columns.map(({ key, index, encode }, i) => ({
    before: (i === 0 ? '' : ',') + key,
    index,
    encode,
  }))
  const values = columns.length > 0 ? result.values : []
  yield* list(members, 'rows', values, { open: '{', cells, close: '}' }, options.blobArray)
  if (options.timings) members.add('time', String(result.time))
  yield members.end()
}

/** How a row is written. */
interface RowForm {
  readonly open: string
  readonly cells: readonly {
    readonly before: string
    readonly index: number
    readonly encode: ValueEncoder
  }[]
  readonly close: string
}

/**
 * A member that is a list of rows, handed on in pieces together with what was written before it. One row, and
 * one value, can be as large as a whole result.
 */
function* list(
  members: ObjectText,
  name: string,
  values: Rows['values'],
  { open, cells, close }: RowForm,
  blobArray: boolean,
): Generator<string> {
  members.add(name, '[')
  let text = members.take()
  let separator = ''
  for (const row of values) {
    text += separator + open
    separator = ','
    for (const { before, index, encode } of cells) {
      const value = row[index]!
      const pieces = largeValuePieces(value, blobArray)
      if (pieces === undefined) text += before + encode(value)
      else {
        text += before
        for (const piece of pieces) {
          text += piece
          if (text.length < PIECE_LENGTH) continue
          yield text
          text = ''
        }
      }
      if (text.length < PIECE_LENGTH) continue
      yield text
      text = ''
    }
    text += close
  }
  yield `${text}]`
}

interface AssociativeColumn {
  readonly index: number
  /** JSON text with its colon. */
  readonly key: string
  readonly type: string
  readonly encode: (value: SqlValue) => string
}

/** In byte order of their names; of columns with one name the last stands for all. */
function associativeColumns(result: Rows, blobArray: boolean): AssociativeColumn[] {
  const lastOf = new Map(result.columns.map((name, index) => [name, index]))
  return [...lastOf]
    .sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)))
    .map(([name, index]) => {
      const type = result.types[index] ?? ''
      return {
        index,
        key: `${JSON.stringify(name)}:`,
        type: JSON.stringify(type),
        encode: columnEncoder(type, blobArray),
      }
    })
}

function other(result: Exclude<SqlResult, Rows>, options: DocumentOptions): string {
  const members = object()
  if (result.kind === 'error') members.add('error', JSON.stringify(result.message))
  else addCounts(members, result, options)
  return members.end()
}

function associativeOther(result: Exclude<SqlResult, Rows>, options: DocumentOptions): string {
  const members = object()
  if (result.kind === 'error') {
    if (options.mode === 'query') members.add('rows', '[]')
    members.add('error', JSON.stringify(result.message))
  } else {
    addCounts(members, result, options)
    members.add('rows', options.mode === 'query' ? '[]' : 'null')
  }
  return members.end()
}

function addCounts(
  members: ObjectText,
  result: Extract<SqlResult, { kind: 'write' | 'empty' }>,
  options: DocumentOptions,
) {
  if (result.kind === 'write') {
    if (result.lastInsertId) members.add('last_insert_id', String(result.lastInsertId))
    if (result.rowsAffected) members.add('rows_affected', String(result.rowsAffected))
  }
  if (options.timings) members.add('time', String(result.time))
}

/** An object being written: puts the commas, and can be handed on in parts. */
interface ObjectText {
  add(key: string, json: string): void
  take(): string
  end(): string
}

function object(): ObjectText {
  let text = '{'
  let separator = ''
  const take = () => {
    const taken = text
    text = ''
    return taken
  }
  return {
    add(key, json) {
      text += `${separator}"${key}":${json}`
      separator = ','
    },
    take,
    end: () => `${take()}}`,
  }
}
