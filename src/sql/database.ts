/** One namespace: its file, what SQLite remembers between statements, and a session while there is use for one. */
import { errorMessage } from '../base/index.ts'
import type { AnalysisCache } from './analysis-cache.ts'
import { BlockFile } from './block-file.ts'
import { ChangeKeeping } from './change-keeping.ts'
import type { ChangeWatch } from './change-log.ts'
import type { ChangeRecorder } from './change-recorder.ts'
import { type Connection, NOTHING_STICKY, type Sticky } from './connection.ts'
import { EngineFailure, StatementError } from './errors.ts'
import type { ExecutionGuard, ExecutionLimit } from './execution-guard.ts'
import type { SqlSegment } from './gate.ts'
import { freshSeed, statementSeed } from './generator-seed.ts'
import { loadText } from './load-text.ts'
import { RowKeeper } from './row-keeper.ts'
import type { Session, SessionFactory } from './session.ts'
import { ResultBudget, StatementRunner } from './statement-runner.ts'
import { runEach, runTransaction } from './transaction.ts'
import type { SqlCommand, SqlQueryOptions, SqlResult, SqlStatement } from './types.ts'

/** An instance that has taken more is replaced: it could not give the memory back. */
const SESSION_BYTES_MAX = 256 * 1024 * 1024

/** What SQLite's tokenizer and parser complain of; other errors are about what the database holds. */
const GRAMMAR_ERROR =
  /^(?:near ".*": syntax error|incomplete input|unrecognized token: .*|parser stack overflow)$/s

export interface DatabaseComponents {
  readonly sessions: SessionFactory
  readonly analyses: AnalysisCache
  /** Of what changes are told. */
  readonly watch: () => ChangeWatch | undefined
  /** Milliseconds since the epoch; what reads see as the time. */
  readonly now: () => number
  /** For the time a statement took. */
  readonly elapsedMs: () => number
}

export interface ReadOptions extends Omit<SqlQueryOptions, 'signal'> {
  /** Whether nobody waits any more; what is left then fails. Asked again and again. */
  readonly isAbandoned?: (() => boolean) | undefined
}

/** How a request is read. */
interface Reading {
  readonly limit?: ExecutionLimit | undefined
  readonly qualifyColumns?: boolean | undefined
  /** What the statements see as the time. */
  readonly timeMs: number
  readonly seed: (statement: number, segment: number) => Uint32Array
}

function limitOf({ stepsMax = 0 }: SqlCommand): { readonly limit?: ExecutionLimit } {
  return stepsMax > 0 ? { limit: { kind: 'steps', steps: stepsMax } } : {}
}

function seedAt({ seed }: SqlCommand): (statement: number, segment: number) => Uint32Array {
  return (statement, segment) => statementSeed(seed, statement, segment)
}

export class Database {
  readonly #components: DatabaseComponents
  readonly #file: BlockFile
  /** Those of the session while there is one. */
  #sticky: Sticky
  #session: Session | undefined

  constructor(components: DatabaseComponents, file = new BlockFile(), sticky: Sticky = NOTHING_STICKY) {
    this.#components = components
    this.#file = file
    this.#sticky = sticky
  }

  /** Not to be written to. */
  get file(): BlockFile {
    return this.#file
  }

  get sticky(): Sticky {
    return this.#session?.connection.sticky ?? this.#sticky
  }

  /**
   * Results have the rows that `keeper` gathered. Throws what is not a statement's fault; the database is
   * then in no known state. What changes is told to the recorder, of what is watched.
   */
  apply(command: SqlCommand, keeper: RowKeeper, recorder?: ChangeRecorder): SqlResult[] {
    const { statements, timeMs } = command
    const session = this.#open()
    session.vfs.begin(timeMs, 'write')
    const guard = this.#guardFor(session, command)
    // Afterwards the schema in memory must be the one that a replica would read that starts from there.
    const reshapes = statements.some(({ sql }) => this.#reshapes(sql))
    const runner = new StatementRunner(session.connection, this.#components.analyses, {
      mode: command.mode,
      keeper,
      keepStatements: !reshapes && guard === undefined,
      seed: seedAt(command),
      elapsedMs: this.#components.elapsedMs,
      guard,
      isTransaction: command.transaction,
      origins: this.#originsFor(session, command),
      budget: new ResultBudget(),
      changes: recorder && new ChangeKeeping(recorder, session),
    })
    const results = explained(session, () =>
      session.recording(recorder, () =>
        command.transaction
          ? runTransaction(session.connection, runner, statements, recorder)
          : runEach(runner, statements),
      ),
    )
    if (reshapes || mayHaveUndone(session.connection, results)) session.reopen(session.connection.sticky)
    return results
  }

  /**
   * A command of mode `query`. It changes nothing, and is carried out only where somebody waits for its results,
   * so it may also end when nobody does any more.
   */
  readLogged(command: SqlCommand, keeper: RowKeeper, isAbandoned: ReadOptions['isAbandoned']): SqlResult[] {
    if (!keeper.isWanted) return []
    const whileAwaited = isAbandoned && {
      limit: { kind: 'deadline', atMs: Number.POSITIVE_INFINITY, isAbandoned } as const,
    }
    return this.#read(command.statements, {
      ...whileAwaited,
      ...limitOf(command),
      qualifyColumns: command.qualifyColumns,
      timeMs: command.timeMs,
      seed: seedAt(command),
    })
  }

  /**
   * Runs a text of SQL, all of it or nothing. Its session is its own: it may change the schema at every
   * turn, and take more memory than anything else.
   */
  load(
    content: BlockFile,
    { timeMs, seed }: { readonly timeMs: number; readonly seed: number },
    recorder?: ChangeRecorder,
  ): SqlResult[] {
    this.dropSession()
    const session = this.#open()
    session.vfs.begin(timeMs, 'write')
    const results = explained(session, () =>
      session.recording(recorder, () =>
        loadText(session.connection, content, {
          seed: (segment) => statementSeed(seed, 0, segment),
          elapsedMs: this.#components.elapsedMs,
          changes: recorder && new ChangeKeeping(recorder, session),
        }),
      ),
    )
    this.dropSession()
    return results
  }

  /** Changes nothing, whatever the statements are; what fails underneath one is a result, too. */
  read(
    statements: readonly SqlStatement[],
    { deadlineMs, isAbandoned, qualifyColumns }: ReadOptions = {},
  ): SqlResult[] {
    const isLimited = deadlineMs !== undefined || isAbandoned !== undefined
    const atMs = deadlineMs ?? Number.POSITIVE_INFINITY
    return this.#read(statements, {
      ...(isLimited && { limit: { kind: 'deadline', atMs, isAbandoned } }),
      qualifyColumns,
      timeMs: this.#components.now(),
      seed: freshSeed,
    })
  }

  /** For each statement whether it changes nothing. One that does not compile counts as a write. */
  classify(statements: readonly SqlStatement[]): boolean[] {
    return statements.map(({ sql }) => this.#isReadOnly(sql))
  }

  /** For each statement what is wrong with its grammar, or why it is refused; undefined if nothing is. */
  parse(statements: readonly SqlStatement[]): (string | undefined)[] {
    return statements.map(({ sql }) => {
      const { segments, refusal } = this.#components.analyses.get(sql)
      return refusal ?? segments.map((segment) => this.#parse(segment)).find((error) => error !== undefined)
    })
  }

  #parse({ sql, verb, reshapes }: SqlSegment): string | undefined {
    if (verb === 'pragma') return undefined // it may act while it is compiled
    const outcome = this.#guarded(this.#components.now(), ({ connection }) => {
      try {
        connection.useOnce(sql, () => undefined)
        return undefined
      } catch (error) {
        if (error instanceof StatementError) return error.message
        throw error
      }
    })
    if (reshapes) this.#session?.reopen(this.sticky)
    if (typeof outcome === 'object') return outcome.message
    return outcome !== undefined && GRAMMAR_ERROR.test(outcome) ? outcome : undefined
  }

  /** Lets go of a session that has grown too large. */
  trim(): void {
    if (this.#session !== undefined && this.#session.memoryBytes > SESSION_BYTES_MAX) this.dropSession()
  }

  /** The next call begins with a new one. */
  dropSession(): void {
    this.#sticky = this.sticky
    this.#session = undefined
  }

  #open(): Session {
    this.#session ??= this.#components.sessions.open(this.#file, this.#sticky)
    this.#session.watch(this.#components.watch())
    return this.#session
  }

  /**
   * How many instructions a statement takes must not depend on what a connection did before. Some of them
   * compile others, where SQLite counts as well, and that is not the same once it has looked through a
   * schema; and virtual tables keep statements of their own.
   */
  #guardFor(session: Session, command: SqlCommand): ExecutionGuard | undefined {
    const { limit } = limitOf(command)
    if (limit === undefined) return undefined
    session.reopen(session.connection.sticky)
    session.guard.begin(limit)
    return session.guard
  }

  #originsFor(
    { connection }: Session,
    { qualifyColumns }: { readonly qualifyColumns?: boolean | undefined },
  ): ((sql: string) => readonly (string | undefined)[]) | undefined {
    if (qualifyColumns !== true) return undefined
    return (sql) => this.#components.sessions.origins.find(connection, sql)
  }

  #reshapes(sql: string): boolean {
    return this.#components.analyses.get(sql).segments.some(({ reshapes }) => reshapes)
  }

  #read(statements: readonly SqlStatement[], reading: Reading): SqlResult[] {
    const { limit, seed, timeMs } = reading
    const results: SqlResult[] = []
    const budget = new ResultBudget()
    let guarded: Session | undefined
    for (const [at, statement] of statements.entries()) {
      const reshapes = this.#reshapes(statement.sql)
      const result = this.#guarded(timeMs, (session) => {
        if (limit !== undefined && session !== guarded) session.guard.begin(limit)
        guarded = session
        return new StatementRunner(session.connection, this.#components.analyses, {
          mode: 'query',
          keeper: new RowKeeper({ isWanted: true }),
          keepStatements: !reshapes,
          seed,
          elapsedMs: this.#components.elapsedMs,
          guard: limit && session.guard,
          origins: this.#originsFor(session, reading),
          budget,
        }).run(statement, at)
      })
      if (result !== undefined) results.push(result)
      if (reshapes) this.#session?.reopen(this.sticky) // it was refused, or explained, but compiled
    }
    return results
  }

  #isReadOnly(sql: string): boolean {
    const { segments, refusal } = this.#components.analyses.get(sql)
    if (refusal !== undefined) return true // it will not run
    return segments.every((segment) => {
      if (segment.explain) return true
      if (segment.effect === 'write') return false
      if (segment.verb === 'pragma') return true
      const verdict = this.#guarded(this.#components.now(), ({ connection }) => {
        try {
          const compiles = connection.use(segment.sql, () => true) ?? true
          return compiles && (segment.effect === 'read' || connection.isReadOnly(segment))
        } catch (error) {
          if (error instanceof StatementError) return false
          throw error
        }
      })
      return verdict === true
    })
  }

  /**
   * Runs something that must not write. The file cannot change meanwhile, so a session that fails is
   * simply replaced.
   */
  #guarded<T>(timeMs: number, run: (session: Session) => T): T | { kind: 'error'; message: string } {
    const sticky = this.sticky
    try {
      const session = this.#open()
      session.vfs.begin(timeMs, 'read')
      const result = explained(session, () => run(session))
      session.connection.sticky = sticky // EXPLAIN of a write sets it
      if (session.vfs.refusedWrite) this.#discardSession(sticky)
      return result
    } catch (error) {
      this.#discardSession(sticky)
      return { kind: 'error', message: errorMessage(error) }
    }
  }

  /** Nothing it says can be trusted. */
  #discardSession(sticky: Sticky): void {
    this.#session = undefined
    this.#sticky = sticky
  }
}

/** SQLite knows of no more than an I/O error where its files fail; they know why. */
function explained<T>(session: Session, run: () => T): T {
  try {
    return run()
  } catch (error) {
    const { failure } = session.vfs
    throw failure === undefined ? error : new EngineFailure(failure.message, { cause: failure })
  }
}

/**
 * Whether something was undone behind the back of a virtual table. Full-text search, for one, goes on with
 * a setting that was rolled back.
 */
function mayHaveUndone(connection: Connection, results: readonly SqlResult[]): boolean {
  return results.some(({ kind }) => kind === 'error') && connection.hasVirtualTables()
}
