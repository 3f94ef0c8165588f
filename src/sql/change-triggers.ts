/**
 * Makes SQLite tell which rows it changes. Its own hook for that (`sqlite3_preupdate_hook`) is not compiled
 * into sql.js; triggers see the same: one AFTER trigger for each kind of change of each table, in the
 * connection's temporary schema, that hands the row to a function. Temporary triggers run before all others,
 * so nothing that these do to the statement can hide a change that stays. A SELECT in a trigger leaves
 * last_insert_rowid(), changes() and total_changes() as they are.
 *
 * Triggers do not see rows that REPLACE removes to make room for another; those are looked up before, where
 * there may be any (replaced-rows.ts). What stays unseen: rows that are replaced because of a unique index
 * that is partial or on an expression, or in a table with too many of them, rows that CREATE TABLE AS begins
 * with, and virtual tables.
 */

import { toError } from '../base/index.ts'
import { CHANGE_FUNCTION } from './change-function.ts'
import type { ChangeWatch } from './change-log.ts'
import type { ChangeRecorder } from './change-recorder.ts'
import type { Connection } from './connection.ts'
import { EngineFailure, StatementError } from './errors.ts'
import { CHANGE_MESSAGE_BYTES_MAX } from './limits.ts'
import { ReplacedRows } from './replaced-rows.ts'
import type { SqliteInstance } from './sqlite-binary.ts'
import { bytesOf, jsonOf } from './value-json.ts'
import {
  describeTables,
  indexesByTable,
  quoted,
  tableNames,
  textColumn,
  type WatchedTable,
} from './watched-table.ts'

/** A trigger is named by this, the number of its table, and its kind. */
const TRIGGER_PREFIX = 'sys_row_change_'
const TRIGGER_KINDS = ['insert', 'update', 'delete', 'before_insert', 'before_update'] as const

/** SQLite allows a function at least so many arguments; four of them are not values. */
const VALUES_MAX = 96

/** For rows in the way of those that a statement leaves out (IGNORE), which wait for its end. */
const REPLACED_SIZE_MAX = 4 * CHANGE_MESSAGE_BYTES_MAX

/**
 * Values that are handed over to look for the rows in the way of one. Beyond it the triggers of a table take
 * more memory and time than everything else; a table of 100 columns, each of them unique, is within it.
 */
const SEARCH_VALUES_MAX = 10_000

/** The conflict clause, but also the function; what matters is that nothing is missed. */
const REPLACE = /replace/i
const SCHEMA_REPLACES = "SELECT 1 FROM main.sqlite_schema WHERE sql LIKE '%replace%' LIMIT 1"

const OPERATIONS = ['INSERT', 'UPDATE', 'DELETE'] as const
type Operation = (typeof OPERATIONS)[number]

/** In place of an operation. */
const KINDS = {
  /** Values for the call that comes next. */
  more: -1,
  /** Asks whether rows may be replaced. */
  ask: 10,
  /** A row is about to be inserted, updated. */
  insertComing: 11,
  updateComing: 12,
  /** Rows in the way of it: one with the rowid that it may get, or by a unique index. */
  inTheWay: 13,
  inTheWayByRowId: 14,
} as const

/** For one instance of SQLite, and the connection it has. */
export class ChangeTriggers {
  readonly #instance: SqliteInstance
  /** The function, callable from WebAssembly. */
  readonly #callback: number
  /** By the number that their triggers tell. */
  readonly #tables = new Map<number, WatchedTable>()
  #lastNumber = 0
  /** Those of the tables as they were described. */
  #indexes: ReadonlyMap<string, string> = new Map()
  #rowIdsOnly = false
  /** Values of a row too wide for one call. */
  #pending: string[] = []
  #pendingBytes = 0
  #failure: Error | undefined

  readonly #replaced = new ReplacedRows()
  /** Whether the schema itself asks for rows to be replaced. */
  #schemaReplaces = false

  /** Where changes go; undefined: they are not told. */
  recorder: ChangeRecorder | undefined
  /** Whether the statement that runs may replace rows, as far as its text tells. */
  mayReplace = false

  constructor(instance: SqliteInstance) {
    this.#instance = instance
    this.#callback = instance.api.addFunction((context: number, count: number, values: number) => {
      this.#guard(context, count, values)
      return undefined
    }, 'viii')
  }

  /** What went wrong while a change was told. SQLite has gone on. */
  get failure(): Error | undefined {
    return this.#failure
  }

  /** To be called before each statement. */
  expect(sql: string): void {
    this.mayReplace = this.#schemaReplaces || REPLACE.test(sql)
    this.#replaced.clear()
    this.#pending = []
    this.#pendingBytes = 0
  }

  /** Watches the tables that a new connection finds. */
  install(connection: Connection, watch: ChangeWatch): void {
    connection.define(CHANGE_FUNCTION, this.#callback)
    this.#tables.clear()
    this.#lastNumber = 0
    this.refresh(connection, watch)
  }

  /** To be called when tables or indexes were made or dropped: watches what there is now. */
  refresh(connection: Connection, watch: ChangeWatch): void {
    const { sticky } = connection
    this.#rowIdsOnly = watch.rowIdsOnly
    const names = tableNames(connection).filter(watch.matches)
    const indexes = indexesByTable(connection)
    const known = new Set<string>()
    for (const [number, { name }] of this.#tables) {
      if (!names.includes(name))
        this.#tables.delete(number) // its triggers are gone with it
      else if (indexes.get(name) === this.#indexes.get(name)) known.add(name)
      else this.#unwatch(connection, number)
    }
    this.#indexes = indexes
    const added = names.filter((name) => !known.has(name))
    for (const table of describeTables(connection, added)) this.#watch(connection, table)
    this.#schemaReplaces = textColumn(connection, SCHEMA_REPLACES).length > 0
    connection.sticky = sticky
  }

  #watch(connection: Connection, table: WatchedTable): void {
    const number = ++this.#lastNumber
    this.#tables.set(number, table)
    try {
      for (const trigger of this.#triggersOf(number, table)) connection.run(trigger)
    } catch (error) {
      // A table of a file that was loaded may be like none that a statement can make. It is not watched then.
      if (!(error instanceof StatementError)) throw error
      this.#unwatch(connection, number)
    }
  }

  #unwatch(connection: Connection, number: number): void {
    this.#tables.delete(number)
    for (const kind of TRIGGER_KINDS) {
      connection.run(`DROP TRIGGER IF EXISTS temp.${TRIGGER_PREFIX}${number}_${kind}`)
    }
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

  #triggersOf(number: number, table: WatchedTable): string[] {
    const after = OPERATIONS.map((operation) => this.#afterTrigger(number, table, operation))
    // Where only rowids are told, rows without one cannot be told from each other.
    const canBeReplaced = table.rowId !== undefined || (!this.#rowIdsOnly && table.uniques.length > 0)
    return canBeReplaced ? [...after, ...this.#beforeTriggers(number, table)] : after
  }

  #afterTrigger(number: number, { name, columns, rowId }: WatchedTable, operation: Operation): string {
    const old = operation === 'INSERT' ? undefined : 'OLD'
    const fresh = operation === 'DELETE' ? undefined : 'NEW'
    const values = [old, fresh].flatMap((row) => this.#valuesOf(row, columns))
    const id = (row: string | undefined): string =>
      row === undefined || rowId === undefined ? 'NULL' : `${row}.${rowId}`
    const call = callOf(number, OPERATIONS.indexOf(operation), id(old), id(fresh), values)
    const trigger = `${TRIGGER_PREFIX}${number}_${operation.toLowerCase()}`
    return `CREATE TEMP TRIGGER ${trigger} AFTER ${operation} ON main.${quoted(name)} BEGIN SELECT ${call}; END`
  }

  #beforeTriggers(number: number, { name, columns, rowId, uniques }: WatchedTable): string[] {
    const table = `main.${quoted(name)}`
    const found = (kind: number, where: string): string => {
      const id = rowId === undefined ? 'NULL' : `t.${rowId}`
      return `SELECT ${callOf(number, kind, id, 'NULL', this.#valuesOf('t', columns))} FROM ${table} AS t WHERE ${where};`
    }
    const isTooWide = uniques.length * columns.length > SEARCH_VALUES_MAX
    const searches = (isTooWide ? [] : uniques).map((unique) =>
      found(
        KINDS.inTheWay,
        unique
          .map(
            ({ column, collation }) =>
              `t.${quoted(column)} COLLATE ${quoted(collation)} = NEW.${quoted(column)}`,
          )
          .join(' AND '),
      ),
    )
    if (rowId !== undefined) searches.push(found(KINDS.inTheWayByRowId, `t.${rowId} = NEW.${rowId}`))
    return (['INSERT', 'UPDATE'] as const).map((operation) => {
      const coming = operation === 'INSERT' ? KINDS.insertComing : KINDS.updateComing
      return `CREATE TEMP TRIGGER ${TRIGGER_PREFIX}${number}_before_${operation.toLowerCase()}
        BEFORE ${operation} ON ${table} WHEN ${callOf(number, KINDS.ask, 'NULL', 'NULL', [])}
        BEGIN SELECT ${callOf(number, coming, 'NULL', 'NULL', this.#valuesOf('NEW', columns))}; ${searches.join(' ')} END`
    })
  }

  #valuesOf(row: string | undefined, columns: readonly string[]): string[] {
    return row === undefined || this.#rowIdsOnly ? [] : columns.map((column) => `${row}.${quoted(column)}`)
  }

  /** No exception may pass through SQLite: its state would be left half changed. */
  #guard(context: number, count: number, values: number): void {
    if (this.recorder === undefined) return
    try {
      this.#tell(this.recorder, context, count, values)
    } catch (error) {
      this.#failure ??= toError(error)
    }
  }

  #tell(recorder: ChangeRecorder, context: number, count: number, values: number): void {
    if (recorder.isOverflown) return
    const { api, memory } = this.#instance
    const pointers = Array.from({ length: count }, (_, i) => memory.getUint32(values + i * 4))
    for (const pointer of pointers) this.#pendingBytes += bytesOf(this.#instance, pointer)
    // As JSON it is no shorter, and may be longer than a string can be.
    if (this.#pendingBytes > CHANGE_MESSAGE_BYTES_MAX) {
      recorder.overflow()
      return
    }
    const given = pointers.map((pointer) => jsonOf(this.#instance, pointer))
    const [first, second, oldId, newId] = given as [string, string, string, string] // as the triggers are written
    const number = Number(first)
    const kind = Number(second)
    const row = [...this.#pending, ...given.slice(4)]
    this.#pending = kind === KINDS.more ? row : []
    if (kind !== KINDS.more) this.#pendingBytes = 0
    if (this.#replaced.size > REPLACED_SIZE_MAX) recorder.overflow()
    switch (kind) {
      case KINDS.more:
        return
      case KINDS.ask:
        api._sqlite3_result_int(context, this.mayReplace ? 1 : 0)
        return
      case KINDS.insertComing:
      case KINDS.updateComing:
        this.#replaced.coming(number, kind === KINDS.insertComing ? 'INSERT' : 'UPDATE', row)
        return
      case KINDS.inTheWay:
      case KINDS.inTheWayByRowId:
        this.#replaced.found({ rowId: oldId, values: row, byRowId: kind === KINDS.inTheWayByRowId })
        return
    }
    const table = this.#tables.get(number)
    const operation = OPERATIONS[kind]
    if (table === undefined || operation === undefined)
      throw new EngineFailure('a change of an unknown table')
    if (operation !== 'INSERT') this.#replaced.changed(number, oldId, row.slice(0, table.columns.length))
    if (operation !== 'DELETE') {
      const fresh = operation === 'INSERT' ? row : row.slice(table.columns.length)
      for (const { rowId, values: before } of this.#replaced.arrived(number, operation, newId, fresh)) {
        recorder.add(this.#eventOf('DELETE', table, rowId, 'null', before))
      }
    }
    recorder.add(this.#eventOf(operation, table, oldId, newId, row))
  }

  #eventOf(
    operation: Operation,
    table: WatchedTable,
    oldId: string,
    newId: string,
    row: readonly string[],
  ): string {
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

/** What calls the function, as columns of a SELECT. */
function callOf(number: number, kind: number, old: string, fresh: string, values: readonly string[]): string {
  const calls: string[] = []
  let rest = values
  for (; rest.length > VALUES_MAX; rest = rest.slice(VALUES_MAX)) {
    calls.push([number, KINDS.more, 'NULL', 'NULL', ...rest.slice(0, VALUES_MAX)].join())
  }
  calls.push([number, kind, old, fresh, ...rest].join())
  return calls.map((call) => `${CHANGE_FUNCTION}(${call})`).join()
}

function rowJson(columns: readonly string[], values: readonly string[], from: number): string {
  return `{${columns.map((column, i) => `${JSON.stringify(column)}:${values[from + i] ?? 'null'}`).join()}}`
}
