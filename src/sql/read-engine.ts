/** The databases as a thread sees them that only reads: at one version at a time, which another thread has written. */
import { AnalysisCache } from './analysis-cache.ts'
import type { Sticky } from './connection.ts'
import { Database, type DatabaseComponents, type ReadOptions } from './database.ts'
import { readAbandoned, readTooLong, tooLate } from './errors.ts'
import { monotonicMs } from './execution-guard.ts'
import { FileView } from './file-view.ts'
import { OpenSessions } from './open-sessions.ts'
import type { Publication } from './publication.ts'
import { SessionFactory } from './session.ts'
import type { SqliteBinary } from './sqlite-binary.ts'
import type { SqlResult, SqlStatement } from './types.ts'

export interface ReadEngineInit {
  readonly foreignKeys: boolean
  /** How long a read may run, in milliseconds; 0: for ever. */
  readonly timeBudgetMs: number
  /** As of `SqlEngineInit`. */
  readonly sessionsMax?: number | undefined
}

/** A database that is not at the version it was at. */
interface Moved {
  readonly sticky: Sticky
  /** The schema's cookie before. */
  readonly schema: number
}

export class ReadEngine {
  readonly #databases = new Map<string, Database<FileView>>()
  readonly #components: DatabaseComponents
  readonly #timeBudgetMs: number
  /** Answers for namespaces that nothing was written to. */
  readonly #nowhere: Database<FileView>

  constructor(binary: SqliteBinary, { foreignKeys, timeBudgetMs, sessionsMax }: ReadEngineInit) {
    this.#components = {
      sessions: new SessionFactory(binary, foreignKeys, 'normal'),
      openSessions: new OpenSessions(sessionsMax),
      analyses: new AnalysisCache(),
      watch: () => undefined,
      now: Date.now,
      elapsedMs: () => performance.now(),
    }
    this.#timeBudgetMs = timeBudgetMs > 0 ? timeBudgetMs : Number.POSITIVE_INFINITY
    this.#nowhere = new Database(this.#components, new FileView())
  }

  /**
   * Goes on to a newer version. Nothing is read on the way there: memory of the versions before the last may have been
   * used again since.
   */
  follow(publications: readonly Publication[]): void {
    const moved = new Map<Database<FileView>, Moved>()
    for (const publication of publications) this.#apply(publication, moved)
    for (const [database, { sticky, schema }] of moved) {
      database.moved(sticky, database.file.schema !== schema)
    }
  }

  #apply({ isReset, databases }: Publication, moved: Map<Database<FileView>, Moved>): void {
    if (isReset) {
      for (const database of this.#databases.values()) database.dropSession()
      this.#databases.clear()
      moved.clear()
    }
    for (const { namespace, sticky, change } of databases) {
      let database = change?.isWhole === true ? undefined : this.#databases.get(namespace)
      if (database === undefined) {
        this.#databases.get(namespace)?.dropSession()
        database = new Database(this.#components, new FileView(), sticky)
        this.#databases.set(namespace, database)
      }
      const { schema } = moved.get(database) ?? database.file
      if (change !== undefined) database.file.apply(change)
      moved.set(database, { sticky, schema })
    }
  }

  /**
   * Throws `SQL_TIMEOUT` if the deadline is over before, `SQL_READ_TIMEOUT` when the time budget is, and
   * `CALL_ABORTED` if nobody waits any more.
   */
  query(namespace: string, statements: readonly SqlStatement[], options: ReadOptions = {}): SqlResult[] {
    const { deadlineMs = Number.POSITIVE_INFINITY, isAbandoned } = options
    if (isAbandoned?.() === true) throw readAbandoned()
    const began = monotonicMs()
    if (began >= deadlineMs) throw tooLate()
    const budgetEnds = began + this.#timeBudgetMs
    const database = this.#database(namespace)
    const results = database.read(statements, { ...options, deadlineMs: Math.min(deadlineMs, budgetEnds) })
    database.trim()
    if (isAbandoned?.() === true) throw readAbandoned() // some were not carried out
    if (budgetEnds < deadlineMs && monotonicMs() >= budgetEnds && results.some(isTimeout)) {
      throw readTooLong(this.#timeBudgetMs)
    }
    return results
  }

  classify(namespace: string, statements: readonly SqlStatement[]): boolean[] {
    return this.#database(namespace).classify(statements)
  }

  parse(namespace: string, statements: readonly SqlStatement[]): (string | undefined)[] {
    return this.#database(namespace).parse(statements)
  }

  #database(namespace: string): Database<FileView> {
    return this.#databases.get(namespace) ?? this.#nowhere
  }
}

function isTimeout(result: SqlResult): boolean {
  return result.kind === 'error' && result.message === 'query timeout'
}
