/**
 * One transaction of SQLite for the writes of several commands. A commit copies every page that was touched into
 * the file, and its journal before that; most writes touch a few pages, the same ones again and again.
 *
 * Nobody can tell which commands shared a transaction: batches differ from replica to replica, and the database
 * must not. So it is for plain writes only (`SqlText.isPlainWrite`), where a commit does nothing that depends on
 * what was done before it (`canShare`), and only as long as each of them succeeds. Whatever else happens, the
 * database is put back as it was, and the commands are carried out one by one: only there is an error what it is
 * to everybody.
 */
import type { AnalysisCache } from './analysis-cache.ts'
import type { VfsFile } from './block-file.ts'
import { OutOfMemory, StatementError, StepsInDoubt } from './errors.ts'
import type { ExecutionGuard } from './execution-guard.ts'
import type { FileUndo } from './file-undo.ts'
import { statementSeed } from './generator-seed.ts'
import type { RowKeeper } from './row-keeper.ts'
import { explained, type Session } from './session.ts'
import { ResultBudget, StatementRunner } from './statement-runner.ts'
import { rollback } from './transaction.ts'
import type { SqlCommand, SqlResult } from './types.ts'

/** In the header of a database file: not 0 if pages are moved at a commit (`auto_vacuum`). */
const LARGEST_ROOT_AT = 52
const NUMBER_BYTES = 4

/** Whether a commit in this database does no more than to make lasting what was done. */
export function canShare({ connection, foreignKeys }: Session, file: VfsFile): boolean {
  // Foreign keys may be checked at a commit; full-text tables write what they have gathered.
  return !foreignKeys && !isAutoVacuumed(file) && !connection.hasVirtualTables()
}

function isAutoVacuumed(file: VfsFile): boolean {
  const largestRoot = new Uint8Array(NUMBER_BYTES)
  file.read(largestRoot, LARGEST_ROOT_AT)
  return largestRoot.some((byte) => byte !== 0)
}

export interface SharedTransactionComponents {
  readonly session: Session
  readonly analyses: AnalysisCache
  readonly elapsedMs: () => number
  /** Has begun. */
  readonly undo: FileUndo
  /** Puts the database back as it was. What the session holds may be wrong then, or is as it was as well. */
  readonly revert: (isSessionSound: boolean) => void
}

export class SharedTransaction {
  readonly #components: SharedTransactionComponents
  /** Nothing went wrong but statements. */
  #isSessionSound = true

  /** Begins. */
  constructor(components: SharedTransactionComponents) {
    this.#components = components
    components.session.connection.control('BEGIN')
  }

  /** Undefined if something went wrong: everything is then to be undone. */
  run(command: SqlCommand, keeper: RowKeeper): SqlResult[] | undefined {
    const { session, undo } = this.#components
    session.vfs.begin(command.timeMs, 'shared write', undo)
    const { stepsMax = 0 } = command
    const guard = stepsMax > 0 ? session.guard : undefined
    guard?.begin({ kind: 'steps-estimate', steps: stepsMax })
    const results = this.#certain(() => this.#run(command, keeper, guard))
    if (guard?.isSpent !== true) return results
    this.#isSessionSound = false
    return undefined
  }

  #run(
    { statements, mode, seed }: SqlCommand,
    keeper: RowKeeper,
    guard: ExecutionGuard | undefined,
  ): SqlResult[] | undefined {
    const { session, analyses, elapsedMs } = this.#components
    const runner = new StatementRunner(session.connection, analyses, {
      mode,
      keeper,
      keepStatements: true,
      seed: (statement, segment) => statementSeed(seed, statement, segment),
      elapsedMs,
      guard,
      isTransaction: true,
      budget: new ResultBudget(),
    })
    const results: SqlResult[] = []
    for (const [at, statement] of statements.entries()) {
      const result = runner.run(statement, at)
      if (result?.kind === 'error') return undefined // which is the statement's own fault
      if (result !== undefined) results.push(result)
    }
    return results
  }

  /** False if something went wrong: everything is then to be undone. */
  commit(): boolean {
    const { session, undo } = this.#components
    const isDone = this.#certain(() => {
      if (session.isLarge) return false
      session.connection.control('COMMIT')
      return !session.isLarge
    })
    if (isDone !== true) {
      this.#isSessionSound = false
      return false
    }
    undo.end()
    return true
  }

  /** Everything, whether or not SQLite has ended the transaction by itself. */
  undo(): void {
    const { session, revert } = this.#components
    if (this.#isSessionSound) explained(session, () => rollback(session.connection))
    revert(this.#isSessionSound)
  }

  /** Undefined for what may not have happened to the commands one by one. */
  #certain<T>(run: () => T): T | undefined {
    try {
      return explained(this.#components.session, run)
    } catch (error) {
      const mayBeOfSharing =
        error instanceof StatementError || error instanceof OutOfMemory || error instanceof StepsInDoubt
      if (!mayBeOfSharing) throw error
      this.#isSessionSound = false
      return undefined
    }
  }
}
