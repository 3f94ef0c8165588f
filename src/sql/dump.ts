/**
 * A database as SQL text, in the form that rqlite and SQLite's shell give it: tables by name, each with its
 * rows, then indexes, triggers and views; contract of the rqlite API, section 2.1. Run on an empty database
 * it makes one that holds the same.
 *
 * Full-text tables are dumped as the documents they hold. One that holds none (its documents are elsewhere,
 * or were never kept), or that knows more of them than can be told this way, is dumped through the tables it
 * keeps for itself: they are there once it is created, and are emptied and filled. Tables that SQLite keeps
 * for itself come after all others, when they exist.
 */
import { isUtf8 } from 'node:buffer'
import type { Connection } from './connection.ts'
import type { Statement } from './statement.ts'

/** Statements in pieces. Texts and blobs are part of them as a whole, however large. */
export function* dumpSql(connection: Connection, tables: readonly string[] | undefined): Generator<string> {
  yield 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\n'
  const chosen = tables && new Set(tables)
  const isChosen = (name: string): boolean => chosen === undefined || chosen.has(name)
  const found = schemaOf(connection, "type = 'table' ORDER BY name").filter(({ name }) => isChosen(name))
  const shadows = new Set<string>()
  for (const [, name = '', type] of rowsOf(connection, 'PRAGMA main.table_list')) {
    if (type === 'shadow') shadows.add(name)
  }
  const virtual = found.filter(({ sql }) => isVirtual(sql)).sort((a, b) => b.name.length - a.name.length)
  const documents = new Set(
    virtual.filter(({ name, sql }) => holdsDocuments(sql) && shadows.has(`${name}_content`)),
  )
  const isCovered = (shadow: string): boolean => {
    const owner = virtual.find(({ name }) => shadow.startsWith(`${name}_`))
    return owner !== undefined && documents.has(owner)
  }
  for (const table of found) {
    const { name, sql } = table
    if (name.startsWith('sqlite_')) continue
    if (shadows.has(name)) {
      if (isCovered(name)) continue
      yield* shadowHead(table)
    } else yield `${sql};\n`
    if (documents.has(table)) yield* insertsOf(connection, name, 'docid')
    else if (!isVirtual(sql)) yield* insertsOf(connection, name)
  }
  for (const { name } of found) {
    if (name === 'sqlite_sequence') yield 'DELETE FROM "sqlite_sequence";\n'
    else if (name === 'sqlite_stat1') yield 'ANALYZE "sqlite_master";\n'
    else continue
    yield* insertsOf(connection, name)
  }
  for (const { table, sql } of schemaOf(connection, "type IN ('index', 'trigger', 'view') ORDER BY rowid")) {
    if (isChosen(table)) yield `${sql};\n`
  }
  yield 'COMMIT;\n'
}

interface SchemaEntry {
  readonly name: string
  /** The table it belongs to; itself if it is one, or a view. */
  readonly table: string
  readonly sql: string
}

function schemaOf(connection: Connection, where: string): SchemaEntry[] {
  const rows = rowsOf(
    connection,
    `SELECT name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND ${where}`,
  )
  return rows.map(([name = '', table = '', sql = '']) => ({ name, table, sql }))
}

function rowsOf(connection: Connection, sql: string): string[][] {
  return (
    connection.useOnce(sql, (statement) => {
      const rows: string[][] = []
      while (statement.step()) rows.push(statement.row().map(String))
      return rows
    }) ?? []
  )
}

function isVirtual(sql: string): boolean {
  return /^CREATE\s+VIRTUAL\b/i.test(sql)
}

/** A document's language does not show among the columns. */
function holdsDocuments(sql: string): boolean {
  return /\busing\s+fts[34]\b/i.test(sql) && !/\blanguageid\b/i.test(sql)
}

/** Some are made with their virtual table, some when it is first used. */
function* shadowHead({ name, sql }: SchemaEntry): Generator<string> {
  yield `${sql.replace(/^CREATE\s+TABLE\s+/i, 'CREATE TABLE IF NOT EXISTS ')};\n`
  yield `DELETE FROM ${quoteName(name)};\n`
}

/** `key`: a column that has to be named. Generated columns are not among those that rows are inserted with. */
function* insertsOf(connection: Connection, table: string, key?: string): Generator<string> {
  const columns = rowsOf(connection, `PRAGMA table_info(${quoteName(table)})`).map(([, name = '']) => name)
  if (columns.length === 0) return
  if (key !== undefined) columns.unshift(key)
  const sql = `SELECT ${columns.map(quoteName).join(', ')} FROM ${quoteName(table)}`
  const statement = connection.prepare(sql)
  if (statement === undefined) return
  try {
    const into = key === undefined ? '' : `(${columns.map(quoteName).join(',')})`
    const head = `INSERT INTO ${quoteName(table)}${into} VALUES(`
    while (statement.step()) {
      let text = head
      for (let column = 0; column < columns.length; column++) {
        if (column > 0) text += ','
        for (const piece of literal(statement, column)) {
          text += piece
          if (text.length < PIECE_LENGTH) continue
          yield text
          text = ''
        }
      }
      yield `${text});\n`
    }
  } finally {
    statement.finalize()
  }
}

const PIECE_LENGTH = 64 * 1024
const HEX_PIECE_BYTES = 32 * 1024

/** The value as SQL text that stands for exactly it. */
function* literal(statement: Statement, column: number): Generator<string> {
  switch (statement.storageClass(column)) {
    case 'integer':
      yield String(statement.value(column))
      return
    case 'real':
      yield realLiteral(statement.value(column) as number) // as its storage class says
      return
    case 'text': {
      const bytes = statement.textBytes(column)
      // Text ends with a NUL where it is read as SQL, and may hold bytes that are none.
      if (!bytes.includes(0) && isUtf8(bytes)) yield `'${bytes.toString('utf8').replaceAll("'", "''")}'`
      else yield* wrapped('CAST(', blobLiteral(Buffer.from(bytes)), ' AS TEXT)')
      return
    }
    case 'blob':
      yield* blobLiteral(statement.value(column) as Uint8Array) // likewise
      return
    default:
      yield 'NULL'
  }
}

/** Infinities are what is too large to be a number; SQLite has no NaN. */
export function realLiteral(value: number): string {
  if (!Number.isFinite(value)) return value > 0 ? '9e999' : '-9e999'
  const text = Object.is(value, -0) ? '-0' : String(value)
  return /[.e]/.test(text) ? text : `${text}.0`
}

function* wrapped(before: string, pieces: Iterable<string>, after: string): Generator<string> {
  yield before
  yield* pieces
  yield after
}

function* blobLiteral(blob: Uint8Array): Generator<string> {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  yield "X'"
  for (let at = 0; at < bytes.length; at += HEX_PIECE_BYTES) {
    yield bytes.toString('hex', at, Math.min(at + HEX_PIECE_BYTES, bytes.length)).toUpperCase()
  }
  yield "'"
}

function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}
