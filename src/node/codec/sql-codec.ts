/** SQL statements and results to and from their wire form. */
import { assertNever } from '../../base/index.ts'
import type { SqlMode, SqlParameter, SqlResult, SqlStatement, SqlValue } from '../../sql/index.ts'
import {
  SqlMode as WireMode,
  type SqlRequest as WireRequest,
  type SqlResult as WireResult,
  type SqlStatement as WireStatement,
  type SqlValue as WireValue,
} from '../../wire/index.ts'

export interface SqlRequest {
  readonly namespace: string
  readonly mode: SqlMode
  readonly transaction: boolean
  readonly statements: readonly SqlStatement[]
  /** See `SqlCommand`. */
  readonly stepsMax?: number
  readonly qualifyColumns?: boolean
}

const MODES = { execute: WireMode.EXECUTE, query: WireMode.QUERY, request: WireMode.REQUEST } as const

export function sqlRequestToWire(request: SqlRequest): WireRequest {
  return {
    namespace: request.namespace,
    mode: MODES[request.mode],
    transaction: request.transaction,
    statements: request.statements.map((statement, i) =>
      statementToWire(statement, request.statements[i - 1]?.sql ?? ''),
    ),
    stepsMax: request.stepsMax ?? 0,
    qualifyColumns: request.qualifyColumns ?? false,
  }
}

export function sqlRequestFromWire(wire: WireRequest): SqlRequest {
  return {
    namespace: wire.namespace,
    mode: modeFromWire(wire.mode),
    transaction: wire.transaction,
    stepsMax: wire.stepsMax,
    qualifyColumns: wire.qualifyColumns,
    statements: statementsFromWire(wire.statements),
  }
}

function statementsFromWire(wire: readonly WireStatement[]): SqlStatement[] {
  let before = ''
  return wire.map(({ sql: own, sameSql, positional, named }) => {
    const sql = sameSql ? before : own
    before = sql
    return {
      sql,
      positional: positional.map(parameterFromWire),
      named: Object.fromEntries(
        named.map(({ name, value }) => [name, value === undefined ? null : parameterFromWire(value)]),
      ),
    }
  })
}

function modeFromWire(mode: WireMode): SqlMode {
  switch (mode) {
    case WireMode.EXECUTE:
      return 'execute'
    case WireMode.QUERY:
      return 'query'
    case WireMode.REQUEST:
      return 'request'
  }
}

/** Most requests of many statements have one text. */
function statementToWire({ sql, positional, named }: SqlStatement, before: string): WireStatement {
  const sameSql = sql !== '' && sql === before
  return {
    sql: sameSql ? '' : sql,
    positional: positional.map(parameterToWire),
    named: Object.entries(named).map(([name, value]) => ({ name, value: parameterToWire(value) })),
    sameSql,
  }
}

function parameterToWire(value: SqlParameter): WireValue {
  if (typeof value === 'boolean') return { integer: value ? 1n : 0n }
  // Integral numbers are INTEGER, but only while they fit 64 bits; 1e300 is integral, too.
  if (typeof value === 'number')
    return Number.isSafeInteger(value) ? { integer: BigInt(value) } : { real: value }
  if (value !== null && typeof value === 'object' && 'real' in value) return { real: value.real }
  return valueToWire(value)
}

function valueToWire(value: Exclude<SqlValue, number>): WireValue {
  if (value === null) return {}
  if (typeof value === 'bigint') return { integer: value }
  if (typeof value === 'string') return { text: value }
  return { blob: value }
}

function parameterFromWire(wire: WireValue): SqlParameter {
  if (wire.real !== undefined) return Number.isSafeInteger(wire.real) ? { real: wire.real } : wire.real
  return integerOrOther(wire)
}

function integerOrOther(wire: WireValue): Exclude<SqlValue, never> {
  if (wire.integer !== undefined) {
    const number = Number(wire.integer)
    return Number.isSafeInteger(number) ? number : wire.integer
  }
  return wire.text ?? wire.blob ?? null
}

export function sqlResultToWire(result: SqlResult): WireResult {
  switch (result.kind) {
    case 'write': {
      const { lastInsertId, rowsAffected, time } = result
      return { write: { lastInsertId: BigInt(lastInsertId), rowsAffected, time } }
    }
    case 'rows':
      return {
        rows: {
          columns: [...result.columns],
          types: [...result.types],
          rows: result.values.map((row) => ({ values: row.map(resultValueToWire) })),
          time: result.time,
        },
      }
    case 'empty':
      return { empty: { time: result.time } }
    case 'error':
      return { error: result.message }
    default:
      return assertNever(result)
  }
}

/** A result's whole REAL needs no mark: nobody binds it again. */
function resultValueToWire(value: SqlValue): WireValue {
  return typeof value === 'number'
    ? Number.isSafeInteger(value)
      ? { integer: BigInt(value) }
      : { real: value }
    : valueToWire(value)
}

export function sqlResultFromWire(wire: WireResult): SqlResult {
  if (wire.write !== undefined) {
    const { lastInsertId, rowsAffected, time } = wire.write
    const id = Number(lastInsertId)
    return { kind: 'write', lastInsertId: Number.isSafeInteger(id) ? id : lastInsertId, rowsAffected, time }
  }
  if (wire.rows !== undefined) {
    const { columns, types, rows, time } = wire.rows
    const values = rows.map((row) => row.values.map((value) => value.real ?? integerOrOther(value)))
    return { kind: 'rows', columns, types, values, time }
  }
  if (wire.error !== undefined) return { kind: 'error', message: wire.error }
  return { kind: 'empty', time: wire.empty?.time ?? 0 }
}
