/** From what a caller asks for to what goes to the leader or into the log. */
import { checkNamespace, DEFAULT_NAMESPACE, DebrosError } from '../base/index.ts'
import {
  checkParameters,
  checkSqlSize,
  findDisallowedPragma,
  SQL_STEPS_PER_MILLISECOND,
  type SqlMode,
  type SqlStatement,
} from '../sql/index.ts'
import { SqlRequest as WireContent } from '../wire/index.ts'
import type { Credentials } from './authorization.ts'
import { type SqlRequest, sqlRequestToWire } from './codec/sql-codec.ts'
import { freshRequestId, namedRequestId } from './requests.ts'
import type { ReadOptions, StatementInput, WriteOptions } from './types.ts'
import { bytesAtMost, bytesOf } from './write-batch.ts'

/** What a request amounts to once it is known where it must go. */
export interface Prepared {
  readonly request: SqlRequest
  /** What the caller asked for, which decides what it needs: a `request` that only reads is done as a query. */
  readonly asked: SqlMode
  /** Of a read that is not logged; 0: no limit. */
  readonly executionTimeoutMs: number
  /** The same for every attempt. */
  readonly requestId: string
  /** The caller's; see forwarded.ts. */
  readonly credentials: Credentials | undefined
}

export function toStatement(input: StatementInput): SqlStatement {
  if (typeof input === 'string') return { sql: input, positional: [], named: {} }
  const { sql, positional = [], named = {} } = input
  return { sql, positional, named }
}

/** Throws what is wrong with a request, whoever leads. */
export function prepare(
  mode: SqlMode,
  inputs: readonly StatementInput[],
  options: WriteOptions & Pick<ReadOptions, 'qualifyColumns'>,
): Prepared {
  const namespace = checkNamespace(options.namespace ?? DEFAULT_NAMESPACE)
  const statements = inputs.map(toStatement)
  checkSqlSize(statements)
  checkParameters(statements)
  const pragma = findDisallowedPragma(statements)
  if (pragma !== undefined) {
    throw new DebrosError('SQL_DISALLOWED_PRAGMA', `disallowed pragma: ${pragma}`)
  }
  const { transaction = false, qualifyColumns = false, executionTimeoutMs = 0 } = options
  const stepsMax = stepsIn(executionTimeoutMs)
  const request = { namespace, mode, transaction, statements, stepsMax, qualifyColumns }
  const { requestId: name, credentials } = options
  const rest = { request, asked: mode, credentials, executionTimeoutMs }
  if (name === undefined) return { ...rest, requestId: freshRequestId() }
  const content = WireContent.encode(sqlRequestToWire(request))
  return { ...rest, requestId: namedRequestId(name, namespace, content) }
}

/** Instructions for a time in a log entry. Not none, for a time that is. */
export function stepsIn(ms: number): number {
  if (ms <= 0) return 0
  return Math.min(Math.max(1, Math.round(ms * SQL_STEPS_PER_MILLISECOND)), Number.MAX_SAFE_INTEGER)
}

/**
 * Throws `RAFT_ENTRY_TOO_LARGE` for what the leader would refuse, before it travels there. What it adds of its own
 * is left to the leader to see.
 */
export function checkEntrySize(request: SqlRequest, entryBytesMax: number): void {
  if (bytesAtMost(request.statements) <= entryBytesMax || bytesOf(request.statements) <= entryBytesMax) return
  const bytes = WireContent.encode(sqlRequestToWire(request)).length
  if (bytes <= entryBytesMax) return
  throw new DebrosError(
    'RAFT_ENTRY_TOO_LARGE',
    `the request takes ${bytes} bytes in the log; at most ${entryBytesMax} are allowed`,
  )
}
