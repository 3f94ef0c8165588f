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

/**
 * All but SQLite's own, in whatever case, and virtual tables, whose contents are tables themselves. A PRAGMA is
 * asked, here and below, and not a table of its name (`pragma_table_list`): a client can make one of that name.
 */
export function tableNames(connection: Connection): string[] {
  const names = tableList(connection).filter(({ type }) => type === 'table')
  return names
    .map(({ name }) => name)
    .filter((name) => !/^sqlite_/i.test(name) && !name.includes(UNSPEAKABLE))
    .sort()
}

function tableList(connection: Connection): { name: string; type: unknown; withoutRowId: boolean }[] {
  return rows(connection, 'PRAGMA main.table_list').map(([, name, type, , withoutRowId]) => ({
    name: String(name),
    type,
    withoutRowId: withoutRowId === 1,
  }))
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
  const withoutRowId = new Set<string>()
  for (const table of tableList(connection)) if (table.withoutRowId) withoutRowId.add(table.name)
  return names.flatMap((name) => {
    const columns = rows(connection, `PRAGMA main.table_info(${textLiteral(name)})`).map(([, column]) =>
      String(column),
    )
    if (columns.some((column) => column.includes(UNSPEAKABLE))) return []
    const taken = new Set(columns.map((column) => column.toLowerCase()))
    const rowId = ['rowid', '_rowid_', 'oid'].find((alias) => !taken.has(alias))
    const uniques = uniquesOf(connection, name)
    return [{ name, columns, rowId: withoutRowId.has(name) ? undefined : rowId, uniques }]
  })
}

function uniquesOf(connection: Connection, table: string): WatchedTable['uniques'] {
  const indexes = rows(connection, `PRAGMA main.index_list(${textLiteral(table)})`)
    .filter(([, , unique, , partial]) => unique === 1 && partial === 0)
    .map(([, name]) => String(name))
  const uniques = indexes.sort().map((index) =>
    rows(connection, `PRAGMA main.index_xinfo(${textLiteral(index)})`)
      .filter(([, , , , , isKey]) => isKey === 1)
      .map(([, , column, , collation]) => ({ column, collation: String(collation) })),
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
