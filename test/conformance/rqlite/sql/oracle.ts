/**
 * What SQLite itself says: the same statements through sql.js, in one connection, with nothing of ours in
 * between. It answers in the JSON of the contract, without `types`, written from the contract anew.
 */
import initSqlJs, { type Database, type Statement as SqlJsStatement, type SqlValue } from 'sql.js'
import type { GeneratedRequest } from './generator.ts'
import { sqlOf } from './values.ts'

/** What sql.js has, and its types do not tell. */
type WithBytes = SqlJsStatement & {
  get(parameters: null, options: { useBigInt: true }): (SqlValue | bigint)[]
  getBlob(column: number): Uint8Array
}

export class Oracle implements Disposable {
  readonly #database: Database

  private constructor(database: Database) {
    this.#database = database
  }

  static async open(): Promise<Oracle> {
    // SQLite's own functions, not those that sql.js puts in the place of some of them.
    const options = { useOldExtensionFunctions: false } as object // newer than the types of sql.js
    const sqlJs = await initSqlJs(options)
    return new Oracle(new sqlJs.Database())
  }

  /** The response document, as far as its results go. */
  answer({ statements, transaction }: Pick<GeneratedRequest, 'statements' | 'transaction'>): string {
    const results: string[] = []
    let failed = false
    if (transaction) this.#database.run('BEGIN')
    for (const statement of statements) {
      const sql = sqlOf(statement)
      if (sql === '') continue
      try {
        results.push(this.#run(sql))
      } catch (error) {
        results.push(`{"error":${JSON.stringify((error as Error).message)}}`)
        failed = true
        if (transaction) break
      }
    }
    if (transaction) this.#end(failed ? 'ROLLBACK' : 'COMMIT')
    return `{"results":[${results.join()}]}`
  }

  /** A statement that rolls back by itself has ended the transaction already. */
  #end(how: 'ROLLBACK' | 'COMMIT'): void {
    try {
      this.#database.run(how)
    } catch (error) {
      if (!/no transaction is active/.test((error as Error).message)) throw error
    }
  }

  /**
   * Some table has the largest rowid there is. SQLite draws at random for the next one: the cluster's replicas
   * agree on what is drawn, but not with this one.
   */
  get isSaturated(): boolean {
    const tables = this.#column(
      "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE '%WITHOUT ROWID' AND sql NOT LIKE 'CREATE VIRTUAL%'",
    )
    const largest = tables.map((name) => `SELECT max(rowid) FROM "${name}"`).join(' UNION ALL ')
    return tables.length > 0 && this.#column(largest).includes(9_223_372_036_854_775_807n)
  }

  [Symbol.dispose](): void {
    this.#database.close()
  }

  /** Of several statements in a string the result of the last. */
  #run(sql: string): string {
    let result = '{}'
    for (const statement of this.#database.iterateStatements(sql)) {
      // The statements of the iterator have the methods of all; it ends each by itself.
      result = this.#step(statement as unknown as WithBytes)
    }
    return result
  }

  #step(statement: WithBytes): string {
    const columns = statement.getColumnNames()
    const rows: string[] = []
    while (statement.step()) {
      const values = statement.get(null, { useBigInt: true })
      rows.push(`[${values.map((value, i) => encode(value, () => statement.getBlob(i))).join()}]`)
    }
    if (columns.length === 0) return this.#write()
    const values = rows.length === 0 ? '' : `,"values":[${rows.join()}]`
    return `{"columns":${JSON.stringify(columns)}${values}}`
  }

  #write(): string {
    const id = this.#lastInsertId()
    const affected = this.#database.getRowsModified()
    const members = [
      ...(id === 0n ? [] : [`"last_insert_id":${id}`]),
      ...(affected === 0 ? [] : [`"rows_affected":${affected}`]),
    ]
    return `{${members.join()}}`
  }

  #lastInsertId(): bigint {
    return this.#column('SELECT last_insert_rowid()')[0] as bigint // an INTEGER is one, as asked for
  }

  #column(sql: string): (SqlValue | bigint | undefined)[] {
    const statement = this.#database.prepare(sql) as WithBytes
    try {
      const values: (SqlValue | bigint | undefined)[] = []
      while (statement.step()) values.push(statement.get(null, { useBigInt: true })[0])
      return values
    } finally {
      statement.free()
    }
  }
}

/** Texts are read as bytes: sql.js ends them at a NUL. */
function encode(value: SqlValue | bigint, bytes: () => Uint8Array): string {
  if (value === null) return 'null'
  switch (typeof value) {
    case 'bigint':
      return String(value)
    case 'number':
      return Number.isFinite(value) ? String(value) : `"${value}"`
    case 'string':
      return JSON.stringify(Buffer.from(bytes()).toString('utf8'))
    default:
      return `"${Buffer.from(value).toString('base64')}"`
  }
}
