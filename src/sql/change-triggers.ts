/**
 * Makes SQLite tell which rows it changes. Its own hook for that (`sqlite3_preupdate_hook`) is not compiled
 * into sql.js; triggers see the same: one AFTER trigger for each kind of change of each table, in the
 * connection's temporary schema, that hands the row to a function. Temporary triggers run before all others,
 * so nothing that these do to the statement can hide a change that stays. A SELECT in a trigger leaves
 * last_insert_rowid(), changes() and total_changes() as they are.
 *
 * What triggers do not see: rows that REPLACE removes to make room for another, rows that CREATE TABLE AS
 * begins with, and virtual tables.
 */

import { toError } from '../base/index.ts'
import { CHANGE_FUNCTION } from './change-function.ts'
import type { ChangeWatch } from './change-log.ts'
import type { ChangeRecorder } from './change-recorder.ts'
import type { Connection } from './connection.ts'
import { EngineFailure } from './errors.ts'
import type { SqliteInstance } from './sqlite-binary.ts'
import { jsonOf } from './value-json.ts'

const TRIGGER_PREFIX = 'sys_row_change_'

/** SQLite allows a function at least so many arguments; four of them are not values. */
const VALUES_MAX = 96

const OPERATIONS = ['INSERT', 'UPDATE', 'DELETE'] as const
type Operation = (typeof OPERATIONS)[number]

/** In place of an operation: values for the call that comes next. */
const MORE = -1

interface WatchedTable {
  readonly name: string
  /** Of the columns that hold something of their own; generated ones do not. */
  readonly columns: readonly string[]
  /** How its rowid is called; undefined if it has none that can be told. */
  readonly rowId: string | undefined
}

/** For one instance of SQLite, and the connection it has. */
export class ChangeTriggers {
  readonly #instance: SqliteInstance
  /** The function, callable from WebAssembly. */
  readonly #callback: number
  /** By the number that their triggers tell. */
  readonly #tables = new Map<number, WatchedTable>()
  #lastNumber = 0
  #rowIdsOnly = false
  /** Values of a row too wide for one call. */
  #pending: string[] = []
  #failure: Error | undefined

  /** Where changes go; undefined: they are not told. */
  recorder: ChangeRecorder | undefined

  constructor(instance: SqliteInstance) {
    this.#instance = instance
    this.#callback = instance.api.addFunction((_context: number, count: number, values: number) => {
      this.#guard(count, values)
      return undefined // the result is NULL
    }, 'viii')
  }

  /** What went wrong while a change was told. SQLite has gone on. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** Watches the tables that a new connection finds. */
  install(connection: Connection, watch: ChangeWatch): void {
    connection.define(CHANGE_FUNCTION, this.#callback)
    this.#tables.clear()
    this.#lastNumber = 0
    this.refresh(connection, watch)
  }

  /** To be called when tables were made or dropped: watches those that there are now. */
  refresh(connection: Connection, watch: ChangeWatch): void {
    const { sticky } = connection
    this.#rowIdsOnly = watch.rowIdsOnly
    const names = tableNames(connection).filter(watch.matches)
    const known = new Set<string>()
    for (const [number, { name }] of this.#tables) {
      if (names.includes(name)) known.add(name)
      else this.#tables.delete(number) // its triggers are gone with it
    }
    const added = names.filter((name) => !known.has(name))
    for (const table of describeTables(connection, added)) {
      const number = ++this.#lastNumber
      this.#tables.set(number, table)
      for (const operation of OPERATIONS) connection.run(this.#triggerOf(number, table, operation))
    }
    connection.sticky = sticky
  }

  /** To be called before a table is altered, of which its triggers must know nothing. */
  remove(connection: Connection): void {
    const { sticky } = connection
    for (const name of textColumn(connection, `SELECT name FROM sqlite_temp_schema WHERE type = 'trigger'`)) {
      if (name.startsWith(TRIGGER_PREFIX)) connection.run(`DROP TRIGGER temp.${name}`)
    }
    this.#tables.clear()
    connection.sticky = sticky
  }

  #triggerOf(number: number, { name, columns, rowId }: WatchedTable, operation: Operation): string {
    const old = operation === 'INSERT' ? undefined : 'OLD'
    const fresh = operation === 'DELETE' ? undefined : 'NEW'
    const values = [old, fresh].flatMap((row) =>
      row === undefined || this.#rowIdsOnly ? [] : columns.map((column) => `${row}.${quoted(column)}`),
    )
    const id = (row: string | undefined): string =>
      row === undefined || rowId === undefined ? 'NULL' : `${row}.${rowId}`
    const calls: string[] = []
    while (values.length > VALUES_MAX) {
      calls.push([number, MORE, 'NULL', 'NULL', ...values.splice(0, VALUES_MAX)].join())
    }
    const kind = OPERATIONS.indexOf(operation)
    calls.push([number, kind, id(old), id(fresh), ...values].join())
    const body = calls.map((call) => `SELECT ${CHANGE_FUNCTION}(${call});`).join(' ')
    const trigger = `${TRIGGER_PREFIX}${number}_${operation.toLowerCase()}`
    return `CREATE TEMP TRIGGER ${trigger} AFTER ${operation} ON main.${quoted(name)} BEGIN ${body} END`
  }

  /** No exception may pass through SQLite: its state would be left half changed. */
  #guard(count: number, values: number): void {
    if (this.recorder === undefined) return
    try {
      this.#tell(this.recorder, count, values)
    } catch (error) {
      this.#failure ??= toError(error)
    }
  }

  #tell(recorder: ChangeRecorder, count: number, values: number): void {
    const given = Array.from({ length: count }, (_, i) =>
      jsonOf(this.#instance, this.#instance.memory.getUint32(values + i * 4)),
    )
    const [number, kind, oldId, newId] = given as [string, string, string, string] // as the triggers are written
    const row = [...this.#pending, ...given.slice(4)]
    if (Number(kind) === MORE) {
      this.#pending = row
      return
    }
    this.#pending = []
    const table = this.#tables.get(Number(number))
    const operation = OPERATIONS[Number(kind)]
    if (table === undefined || operation === undefined)
      throw new EngineFailure('a change of an unknown table')
    recorder.add(this.#eventOf(operation, table, oldId, newId, row))
  }

  #eventOf(operation: Operation, table: WatchedTable, oldId: string, newId: string, row: string[]): string {
    const { name, columns } = table
    const members = [`"op":"${operation}"`, `"table":${JSON.stringify(name)}`]
    if (newId !== 'null') members.push(`"new_row_id":${newId}`)
    if (oldId !== 'null') members.push(`"old_row_id":${oldId}`)
    if (!this.#rowIdsOnly) {
      if (operation !== 'INSERT') members.push(`"before":${rowJson(columns, row, 0)}`)
      if (operation !== 'DELETE')
        members.push(`"after":${rowJson(columns, row, operation === 'INSERT' ? 0 : columns.length)}`)
    }
    return `{${members.join()}}`
  }
}

function rowJson(columns: readonly string[], values: readonly string[], from: number): string {
  return `{${columns.map((column, i) => `${JSON.stringify(column)}:${values[from + i] ?? 'null'}`).join()}}`
}

/** All but SQLite's own and virtual tables, whose contents are tables themselves. */
function tableNames(connection: Connection): string[] {
  return textColumn(
    connection,
    `SELECT name FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND substr(name, 1, 7) <> 'sqlite_' ORDER BY name`,
  )
}

function describeTables(connection: Connection, names: readonly string[]): WatchedTable[] {
  if (names.length === 0) return []
  const withoutRowId = new Set(
    textColumn(connection, `SELECT name FROM pragma_table_list WHERE schema = 'main' AND wr`),
  )
  return names.map((name) => {
    const columns = textColumn(connection, `SELECT name FROM pragma_table_info(${textLiteral(name)}, 'main')`)
    const taken = new Set(columns.map((column) => column.toLowerCase()))
    const rowId = ['rowid', '_rowid_', 'oid'].find((alias) => !taken.has(alias))
    return { name, columns, rowId: withoutRowId.has(name) ? undefined : rowId }
  })
}

function textColumn(connection: Connection, sql: string): string[] {
  const values: string[] = []
  connection.useOnce(sql, (statement) => {
    while (statement.step()) values.push(String(statement.row()[0]))
  })
  return values
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

function textLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}
