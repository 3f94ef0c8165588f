/**
 * Runs the statements of one request and makes results of what comes of them; see the table of statement
 * kinds in the contract of the rqlite API, section 7. A string may hold several statements: all run, in
 * order, until one fails, and the result is that of the last.
 */
import type { AnalysisCache } from './analysis-cache.ts'
import type { ChangeKeeping } from './change-keeping.ts'
import type { Connection } from './connection.ts'
import { CorruptionReport, Interrupted, StatementError, StepsInDoubt } from './errors.ts'
import type { ExecutionGuard } from './execution-guard.ts'
import type { SqlSegment } from './gate.ts'
import { SQL_RESULT_BYTES_MAX } from './limits.ts'
import type { RowKeeper } from './row-keeper.ts'
import type { Statement } from './statement.ts'
import { standAlone } from './transaction.ts'
import type { SqlMode, SqlResult, SqlStatement, SqlValue } from './types.ts'

/** Rows that are handed over together: small enough that who gets them has time for others in between. */
const HAND_OVER_BYTES = 128 * 1024

export interface StatementRunnerInit {
  readonly mode: SqlMode
  /**
   * Rows that it does not gather are stepped over: whether a statement fails must not depend on who waits
   * for it. The values of a result are then not all there are.
   */
  readonly keeper: RowKeeper
  /**
   * Use statements compiled earlier and keep new ones. Not where the schema changes on the way: which
   * error comes first would depend on what is kept.
   */
  readonly keepStatements: boolean
  /** The random numbers of a statement's place in the request. */
  readonly seed: (statement: number, segment: number) => Uint32Array
  /** For the time a statement took. */
  readonly elapsedMs: () => number
  /** Ends what takes too long; has begun. @default nothing is ended */
  readonly guard?: ExecutionGuard | undefined
  /** Statements run in a transaction of the request. @default each stands alone */
  readonly isTransaction?: boolean
  /** For each column of a statement the table it comes from, as far as that is known. @default nothing is */
  readonly origins?: ((sql: string) => readonly (string | undefined)[]) | undefined
  /** What the request's results may still take, counted down. */
  readonly budget: ResultBudget
  /** Takes rows when many have gathered; the result has those that are left. @default it has all */
  readonly handOver?: ((values: SqlValue[][]) => void) | undefined
  /** Told of what is undone, where changes are captured. */
  readonly changes?: ChangeKeeping | undefined
}

/**
 * Results are made in memory. What exceeds the budget is an error of the statement, on every replica alike:
 * rows that nobody gets count, too. Rows of RETURNING do not; when they come, the statement has done its work.
 */
export class ResultBudget {
  #bytesLeft = SQL_RESULT_BYTES_MAX

  get bytesLeft(): number {
    return this.#bytesLeft
  }

  take(bytes: number): void {
    this.#bytesLeft -= bytes
    if (this.#bytesLeft < 0) {
      throw new StatementError(`the results of a request must not exceed ${SQL_RESULT_BYTES_MAX} bytes`)
    }
  }
}

export class StatementRunner {
  readonly #connection: Connection
  readonly #analyses: AnalysisCache
  readonly #init: StatementRunnerInit
  /** When the last statement ended, unless it failed. */
  #endedMs: number | undefined

  constructor(connection: Connection, analyses: AnalysisCache, init: StatementRunnerInit) {
    this.#connection = connection
    this.#analyses = analyses
    this.#init = init
  }

  /**
   * Runs the statement at position `at` of the request; undefined for an empty string, which has no
   * result. Throws only what is not the statement's fault.
   */
  run(statement: SqlStatement, at: number): SqlResult | undefined {
    if (statement.sql === '') return undefined
    try {
      if (this.#init.guard?.isSpent) throw new Interrupted('no time is left')
      return this.#run(statement, at)
    } catch (error) {
      if (error instanceof Interrupted && this.#init.guard?.isEstimate) throw new StepsInDoubt()
      if (error instanceof Interrupted) return { kind: 'error', message: this.#timeout(statement) }
      const isOwnFault =
        error instanceof StatementError || (error instanceof CorruptionReport && this.#connection.isSound())
      if (isOwnFault) return { kind: 'error', message: error.message }
      throw error
    }
  }

  /** As rqlite has it: by what the statement would have done. */
  #timeout({ sql }: SqlStatement): string {
    const { mode } = this.#init
    const isRead = this.#analyses.get(sql).segments.every(({ effect }) => effect !== 'write')
    return mode === 'query' || (mode === 'request' && isRead) ? 'query timeout' : 'execute timeout'
  }

  #run(statement: SqlStatement, at: number): SqlResult {
    // As a rule, and much cheaper than to ask again, a statement begins when the one before it ends.
    const startedMs = this.#endedMs ?? this.#init.elapsedMs()
    this.#endedMs = undefined
    const { segments, refusal } = this.#analyses.get(statement.sql)
    if (refusal !== undefined) throw new StatementError(refusal)
    let outcome: Outcome = { kind: 'empty' }
    const parameters = new Parameters(statement)
    for (const [i, segment] of segments.entries()) {
      const run = (): Outcome => {
        this.#connection.seed(this.#init.seed(at, i))
        return this.#runSegment(segment, parameters, i === segments.length - 1)
      }
      const { changes } = this.#init
      outcome = changes === undefined ? run() : this.#runRecorded(changes, segment, run)
    }
    const endedMs = this.#init.elapsedMs()
    this.#endedMs = endedMs
    return { ...outcome, time: (endedMs - startedMs) / 1000 }
  }

  #runRecorded(changes: ChangeKeeping, segment: SqlSegment, run: () => Outcome): Outcome {
    const { recorder } = changes
    const { mark } = recorder
    try {
      return changes.around(segment, run)
    } catch (error) {
      // Where a statement fails, SQLite undoes what it did, and then has counted nothing; but with the
      // conflict clause FAIL what was done before stays. (In a transaction the rest is undone anyway.)
      if (recorder.mark > mark && this.#connection.sticky.changes === 0n) recorder.undo(mark)
      throw error
    }
  }

  #runSegment(segment: SqlSegment, parameters: Parameters, isLast: boolean): Outcome {
    const run = (compiled: Statement): Outcome => {
      if (this.#init.mode === 'query' && !this.#isReadOnly(segment)) {
        throw new StatementError('attempt to change database via query operation')
      }
      parameters.bind(compiled, this.#init.mode === 'execute' || segment.effect !== 'read')
      return this.#step(segment, compiled, isLast)
    }
    // A PRAGMA may act while it is compiled; the others are not worth keeping.
    const isRepeatable = this.#init.keepStatements && !segment.explain && segment.verb !== 'pragma'
    const outcome = this.#contained(segment, () =>
      isRepeatable ? this.#connection.use(segment.sql, run) : this.#connection.useOnce(segment.sql, run),
    )
    return outcome ?? { kind: 'empty' }
  }

  /**
   * A statement may be ended when it has done everything, committed included. So where it stands alone and can
   * be ended, it is committed here; VACUUM, which must not be in a transaction, cannot be ended.
   */
  #contained<T>(segment: SqlSegment, run: () => T): T {
    const { guard, mode, isTransaction } = this.#init
    if (guard === undefined || guard.isEstimate || isTransaction || mode === 'query') return run()
    if (segment.effect === 'read' || segment.verb === 'vacuum') return run()
    return standAlone(this.#connection, run)
  }

  #step(segment: SqlSegment, compiled: Statement, isLast: boolean): Outcome {
    const { mode } = this.#init
    const guard = segment.verb === 'vacuum' ? undefined : this.#init.guard
    let isRow = compiled.step(guard)
    if (compiled.columnCount === 0) {
      if (mode === 'query' || segment.effect === 'read') return { kind: 'empty' }
      return written(this.#connection)
    }
    const isReadOnly = this.#isReadOnly(segment)
    // One step is enough where rows are not asked for; no RETURNING is read-only.
    if (mode === 'execute' && isReadOnly) return written(this.#connection)
    if (isLast) return this.#rows(compiled, isRow, segment, isReadOnly)
    while (isRow) isRow = compiled.step(guard)
    return { kind: 'empty' }
  }

  #rows(compiled: Statement, isRow: boolean, segment: SqlSegment, isReadOnly: boolean): Outcome {
    const { budget, guard, handOver, keeper } = this.#init
    const { columns, types } = keeper.isGathering ? this.#describe(compiled, isRow, segment) : NO_COLUMNS
    keeper.count(lengthOf(columns) + lengthOf(types))
    let values: SqlValue[][] = []
    let gathered = 0
    for (let more = isRow; more; more = compiled.step(guard)) {
      const row = keeper.readsAll ? compiled.row(isReadOnly ? budget.bytesLeft : undefined) : undefined
      const bytes = row === undefined ? compiled.measureRow() : compiled.rowBytes
      if (isReadOnly) budget.take(bytes)
      keeper.count(bytes)
      if (keeper.isGathering) values.push(row ?? compiled.row())
      gathered += bytes
      if (handOver === undefined || gathered < HAND_OVER_BYTES) continue
      handOver(values)
      values = []
      gathered = 0
    }
    return { kind: 'rows', columns, types, values }
  }

  #describe(compiled: Statement, isRow: boolean, { explain, sql }: SqlSegment): Columns {
    const names = compiled.columnNames()
    // EXPLAIN describes its columns elsewhere, and none of them is a table's.
    const declared = explain ? [] : compiled.declaredTypes()
    const found = isRow ? compiled.storageClasses() : []
    const origins = explain ? [] : (this.#init.origins?.(sql) ?? [])
    const columns = names.map((name, i) => (origins[i] === undefined ? name : `${origins[i]}.${name}`))
    return { columns, types: columns.map((_, i) => declared[i] ?? found[i] ?? '') }
  }

  #isReadOnly(segment: SqlSegment): boolean {
    return segment.effect === 'ask' ? this.#connection.isReadOnly(segment) : segment.effect === 'read'
  }
}

/** A result, but for the time it took. */
type Outcome = DistributiveOmit<Exclude<SqlResult, { kind: 'error' }>, 'time'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** What SQLite tells of the last write. */
export function written(connection: Connection): Extract<Outcome, { kind: 'write' }> {
  const { lastInsertId, rowsAffected } = connection.lastWrite
  return { kind: 'write', lastInsertId, rowsAffected }
}

interface Columns {
  readonly columns: readonly string[]
  readonly types: readonly string[]
}

const NO_COLUMNS: Columns = { columns: [], types: [] }

function lengthOf(texts: readonly string[]): number {
  return texts.reduce((sum, { length }) => sum + length, 0)
}

/** A request statement's parameters, consumed from left to right by the statements of its string. */
class Parameters {
  readonly #statement: SqlStatement
  readonly #given: number
  #taken = 0

  constructor(statement: SqlStatement) {
    this.#statement = statement
    this.#given = statement.positional.length + Object.keys(statement.named).length
  }

  /** rqlite tells how many there are where it writes, and how many are left where it reads. */
  bind(compiled: Statement, tellAll: boolean): void {
    const want = compiled.parameterCount
    const left = this.#given - this.#taken
    if (left < want && !this.#areEnough(compiled)) {
      const got = tellAll ? this.#given : left
      throw new StatementError(`not enough args to execute query: want ${want} got ${got}`)
    }
    this.#taken += compiled.bind(this.#statement, this.#taken)
  }

  /** One name can stand for several placeholders, and for those of every statement of the string. */
  #areEnough(compiled: Statement): boolean {
    const { positional, named } = this.#statement
    const unnamed = compiled.parameterCount - compiled.placeholdersOf(named).size
    return unnamed <= positional.length - this.#taken
  }
}
