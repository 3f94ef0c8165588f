/** What change capture needs to know of a table. */
import type { Connection } from './connection.ts'

export interface WatchedTable {
  readonly name: string
  /** Of the columns that hold something of their own; generated ones do not. */
  readonly columns: readonly string[]
  /** How its rowid is called; undefined if it has none that can be told. */
  readonly rowId: string | undefined
  /** Of each unique index the columns and how they are compared; not of partial ones and those on expressions. */
  readonly uniques: readonly (readonly { readonly column: string; readonly collation: string }[])[]
}

/** A file that was loaded may hold names that are no UTF-8; no statement of ours can spell them. */
const UNSPEAKABLE = '\ufffd'

/** All but SQLite's own, in whatever case, and virtual tables, whose contents are tables themselves. */
export function tableNames(connection: Connection): string[] {
  return textColumn(
    connection,
    `SELECT name FROM pragma_table_list
       WHERE schema = 'main' AND type = 'table' AND lower(substr(name, 1, 7)) <> 'sqlite_' ORDER BY name`,
  ).filter((name) => !name.includes(UNSPEAKABLE))
}

/** What tells, for each table that has any, which indexes it has. */
export function indexesByTable(connection: Connection): Map<string, string> {
  const indexes = new Map<string, string>()
  const sql = "SELECT tbl_name, name FROM main.sqlite_schema WHERE type = 'index' ORDER BY rowid"
  for (const [table, index] of rows(connection, sql)) {
    indexes.set(String(table), `${indexes.get(String(table)) ?? ''}${JSON.stringify(index)}`)
  }
  return indexes
}

/** Those of them that can be watched. */
export function describeTables(connection: Connection, names: readonly string[]): WatchedTable[] {
  if (names.length === 0) return []
  const withoutRowId = new Set(
    textColumn(connection, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr`),
  )
  return names.flatMap((name) => {
    const columns = textColumn(connection, `SELECT name FROM pragma_table_info(${textLiteral(name)}, 'main')`)
    if (columns.some((column) => column.includes(UNSPEAKABLE))) return []
    const taken = new Set(columns.map((column) => column.toLowerCase()))
    const rowId = ['rowid', '_rowid_', 'oid'].find((alias) => !taken.has(alias))
    const uniques = uniquesOf(connection, name)
    return [{ name, columns, rowId: withoutRowId.has(name) ? undefined : rowId, uniques }]
  })
}

function uniquesOf(connection: Connection, table: string): WatchedTable['uniques'] {
  const indexes = textColumn(
    connection,
    `SELECT name FROM pragma_index_list(${textLiteral(table)}, 'main') WHERE "unique" AND NOT partial ORDER BY name`,
  )
  const uniques = indexes.map((index) =>
    rows(
      connection,
      `SELECT name, coll FROM pragma_index_xinfo(${textLiteral(index)}, 'main') WHERE key ORDER BY seqno`,
    ).map(([column, collation]) => ({ column, collation: String(collation) })),
  )
  return uniques.filter((columns): columns is { column: string; collation: string }[] =>
    columns.every(({ column }) => typeof column === 'string'),
  )
}

export function textColumn(connection: Connection, sql: string): string[] {
  return rows(connection, sql).map(([value]) => String(value))
}

function rows(connection: Connection, sql: string): unknown[][] {
  const found: unknown[][] = []
  connection.useOnce(sql, (statement) => {
    while (statement.step()) found.push(statement.row())
  })
  return found
}

export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
