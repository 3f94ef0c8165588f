/**
 * Which table a result's column comes from, through views, subqueries and aliases. SQLite knows, but this
 * build cannot be asked (`sqlite3_column_table_name`). It can be asked for a column's declared type, which it
 * finds in the same way. So the schema is built once more, with nothing in it, in a database of its own where
 * every column's declared type is the name of its table.
 *
 * Not known: the origin of a bare rowid, of columns of virtual tables and of SQLite's own tables.
 */
import type { Connection } from './connection.ts'
import { StatementError } from './errors.ts'
import { RawConnection } from './raw-connection.ts'
import type { SqliteBinary, SqliteInstance } from './sqlite-binary.ts'
import type { SqliteLayout } from './sqlite-layout.ts'
import { Statement } from './statement.ts'

const TABLES = `SELECT name FROM sqlite_schema WHERE type = 'table'
  AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND sql NOT LIKE 'CREATE VIRTUAL%' ORDER BY rowid`
const VIEWS = "SELECT sql FROM sqlite_schema WHERE type = 'view' ORDER BY rowid"

export class ColumnOrigins {
  readonly #binary: SqliteBinary
  readonly #layout: SqliteLayout
  #instance: SqliteInstance | undefined

  constructor(binary: SqliteBinary, layout: SqliteLayout) {
    this.#binary = binary
    this.#layout = layout
  }

  /** One entry per column; none at all if the statement does not compile without its data. */
  find(connection: Connection, sql: string): readonly (string | undefined)[] {
    this.#instance ??= this.#binary.instantiate()
    const shadow = new RawConnection(this.#instance, ':memory:')
    try {
      for (const table of shadowSchema(connection)) attempt(() => shadow.run(table))
      return attempt(() => this.#declared(shadow, sql)) ?? []
    } catch (error) {
      this.#instance = undefined // it may be broken
      throw error
    } finally {
      shadow.close()
    }
  }

  #declared(shadow: RawConnection, sql: string): (string | undefined)[] {
    return shadow.withStatement(sql, (pointer) => {
      const types = new Statement(shadow, this.#layout, pointer).declaredTypes()
      return types.map((type) => (type === undefined ? undefined : tableOf(type)))
    })
  }
}

/** Names in quotes. */
interface ShadowTable {
  readonly columns: string[]
  readonly key: string[]
  /** By index. */
  readonly unique: Map<string, string[]>
}

/**
 * Asks PRAGMAs, and not the tables of their names (`pragma_table_xinfo`): a client can make a table of that name,
 * and this must not fail on those replicas only that have somebody waiting for the columns.
 */
function shadowOf(connection: Connection, table: string): ShadowTable {
  const shadow: ShadowTable = { columns: [], key: [], unique: new Map() }
  for (const [, column = '', , , , key] of connection.texts(`PRAGMA main.table_xinfo(${literal(table)})`)) {
    shadow.columns.push(`${quoted(column)} ${typeOf(table)}`)
    if (key !== '0') shadow.key[Number(key) - 1] = quoted(column)
  }
  // Without unique columns no ON CONFLICT clause would do.
  for (const [, index = '', unique, origin, partial] of connection.texts(
    `PRAGMA main.index_list(${literal(table)})`,
  )) {
    if (unique !== '1' || partial !== '0' || origin === 'pk') continue
    const columns = connection.texts(`PRAGMA main.index_info(${literal(index)})`)
    // Of an expression, or the rowid, there is a negative number in place of a column's.
    const named = columns.filter(([, id]) => Number(id) >= 0).map(([, , column = '']) => quoted(column))
    if (named.length > 0) shadow.unique.set(index, named)
  }
  return shadow
}

/** Statements that make the schema, its columns' types being their tables' names. */
function shadowSchema(connection: Connection): string[] {
  const tables = new Map<string, ShadowTable>()
  for (const [table = ''] of connection.texts(TABLES)) tables.set(table, shadowOf(connection, table))
  const statements = [...tables].map(([table, { columns, key, unique }]) => {
    const constraints = [...unique.values()].map((names) => `UNIQUE (${names.join()})`)
    if (key.length > 0) constraints.push(`PRIMARY KEY (${key.join()})`)
    return `CREATE TABLE ${quoted(table)} (${[...columns, ...constraints].join()})`
  })
  return [...statements, ...connection.texts(VIEWS).map(([sql = '']) => sql)]
}

/** A name that is spelled with letters and digits only, and whose case does not matter. */
function typeOf(table: string): string {
  return `t${Buffer.from(table).toString('hex')}`
}

function tableOf(type: string): string | undefined {
  return /^t(?:[0-9a-f]{2})+$/.test(type) ? Buffer.from(type.slice(1), 'hex').toString() : undefined
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function attempt<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if (error instanceof StatementError) return undefined
    throw error
  }
}
