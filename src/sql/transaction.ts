/** Transactions, which no statement of a client begins or ends. */
import type { ChangeRecorder } from './change-recorder.ts'
import type { Connection } from './connection.ts'
import { CorruptionReport, Interrupted, StatementError } from './errors.ts'
import type { StatementRunner } from './statement-runner.ts'
import type { SqlResult, SqlStatement } from './types.ts'

/** Statements with their positions in the request. */
export type Numbered = Iterable<readonly [number, SqlStatement]>

/** Each statement stands alone: SQLite commits it, or undoes what it did. */
export function runEach(runner: StatementRunner, statements: Numbered): SqlResult[] {
  const results: SqlResult[] = []
  for (const [at, statement] of statements) {
    const result = runner.run(statement, at)
    if (result !== undefined) results.push(result)
  }
  return results
}

/** All or nothing; the list ends with the first error. */
export function runTransaction(
  connection: Connection,
  runner: StatementRunner,
  statements: Numbered,
  recorder: ChangeRecorder | undefined,
): SqlResult[] {
  const results: SqlResult[] = []
  connection.control('BEGIN')
  for (const [at, statement] of statements) {
    const result = runner.run(statement, at)
    if (result === undefined) continue
    results.push(result)
    if (result.kind !== 'error') continue
    recorder?.clear()
    attempt(() => connection.control('ROLLBACK')) // unless the statement has rolled back itself
    return results
  }
  const failure = attempt(() => connection.control('COMMIT'))
  if (failure === undefined) return results
  recorder?.clear()
  // A deferred foreign key. The whole transaction is to blame, so the last statement tells.
  attempt(() => connection.control('ROLLBACK'))
  return [...results.slice(0, -1), { kind: 'error', message: failure.message }]
}

/** Runs one statement as SQLite would without a transaction, but for one that is ended: it is undone for certain. */
export function standAlone<T>(connection: Connection, run: () => T): T {
  connection.control('BEGIN')
  try {
    const result = run()
    const failure = commit(connection)
    if (failure !== undefined) throw failure
    return result
  } catch (error) {
    // A statement that fails has undone itself, or leaves what it is meant to leave (OR FAIL).
    if (error instanceof Interrupted) rollback(connection)
    // A virtual table whose own tables were overwritten reports corruption, which is an error like others.
    else if (error instanceof StatementError || error instanceof CorruptionReport) commit(connection)
    throw error
  }
}

/** Nothing happens if the statement has rolled back everything. */
function commit(connection: Connection): StatementError | undefined {
  const failure = attempt(() => connection.control('COMMIT'))
  if (failure !== undefined) rollback(connection)
  return failure
}

/** Nothing was changed then, and nobody shall think so. The transaction may be over. */
export function rollback(connection: Connection): void {
  attempt(() => connection.control('ROLLBACK'))
  connection.sticky = { ...connection.sticky, changes: 0n }
}

function attempt(run: () => void): StatementError | undefined {
  try {
    run()
    return undefined
  } catch (error) {
    if (error instanceof StatementError) return error
    throw error
  }
}
