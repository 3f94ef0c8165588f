/** One namespace: its file, what SQLite remembers between statements, and a session while there is use for one. */
import { errorMessage } from '../base/index.ts'
import type { AnalysisCache } from './analysis-cache.ts'
import type { BlockFile } from './block-file.ts'
import { ChangeKeeping } from './change-keeping.ts'
import type { ChangeWatch } from './change-log.ts'
import type { ChangeRecorder } from './change-recorder.ts'
import { type Connection, NOTHING_STICKY, type Sticky } from './connection.ts'
import { EngineFailure, OutOfMemory, StatementError, StepsInDoubt } from './errors.ts'
import { type ExecutionGuard, type ExecutionLimit, isEstimated } from './execution-guard.ts'
import { FileUndo } from './file-undo.ts'
import type { SqlSegment } from './gate.ts'
import { freshSeed, statementSeed } from './generator-seed.ts'
import { loadText } from './load-text.ts'
import type { DatabaseFile } from './memory-vfs.ts'
import type { OpenSessions } from './open-sessions.ts'
import { RowKeeper } from './row-keeper.ts'
import { explained, type Session, type SessionFactory } from './session.ts'
import { canShare, SharedTransaction } from './shared-transaction.ts'
import { ResultBudget, StatementRunner } from './statement-runner.ts'
import { type Numbered, runEach, runTransaction } from './transaction.ts'
import type { SqlCommand, SqlQueryOptions, SqlResult, SqlStatement, SqlValue } from './types.ts'

/** An instance that has taken more is replaced: it could not give the memory back. */
const SESSION_BYTES_MAX = 256 * 1024 * 1024

/** Of a statement; what it did is undone. */
const OUT_OF_MEMORY = 'out of memory: SQLite can have 2 GiB'

/** What SQLite's tokenizer and parser complain of; other errors are about what the database holds. */
const GRAMMAR_ERROR =
  /^(?:near ".*": syntax error|incomplete input|unrecognized token: .*|parser stack overflow)$/s

export interface DatabaseComponents {
  readonly sessions: SessionFactory
  readonly openSessions: OpenSessions
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
  /**
   * Takes the first rows of a large result, by its place among the results; those that are left are in the result. If
   * it is an error in the end, they count for nothing. @default all are in the result
   */
  readonly handOver?: ((result: number, values: SqlValue[][]) => void) | undefined
}

/** How a request is read. */
interface Reading extends Pick<ReadOptions, 'handOver'> {
  readonly limit?: ExecutionLimit | undefined
  readonly qualifyColumns?: boolean | undefined
  /** What the statements see as the time. */
  readonly timeMs: number
  readonly seed: (statement: number, segment: number) => Uint32Array
}

/** What comes with a command that is carried out. */
interface Running {
  readonly keeper: RowKeeper
  readonly recorder: ChangeRecorder | undefined
  readonly guard: ExecutionGuard | undefined
  readonly budget: ResultBudget
}

function limitOf({ stepsMax = 0 }: SqlCommand): { readonly limit?: ExecutionLimit } {
  return stepsMax > 0 ? { limit: { kind: 'steps', steps: stepsMax } } : {}
}

function seedAt({ seed }: Pick<SqlCommand, 'seed'>): (statement: number, segment: number) => Uint32Array {
  return (statement, segment) => statementSeed(seed, statement, segment)
}

export class Database<File extends DatabaseFile = BlockFile> {
  readonly #components: DatabaseComponents
  readonly #file: File
  /** Those of the session while there is one. */
  #sticky: Sticky
  #session: Session | undefined
  readonly #undo: FileUndo

  constructor(components: DatabaseComponents, file: File, sticky: Sticky = NOTHING_STICKY) {
    this.#components = components
    this.#file = file
    this.#undo = new FileUndo(file)
    this.#sticky = sticky
  }

  /** Not to be written to. */
  get file(): File {
    return this.#file
  }

  get sticky(): Sticky {
    return this.#session?.connection.sticky ?? this.#sticky
  }

  /**
   * Results have the rows that `keeper` gathered. Throws what is not a statement's fault; the database is
   * then in no known state. What changes is told to the recorder, of what is watched.
   *
   * What comes of a command must not depend on what this replica's instance of SQLite has done before. It may
   * where memory or instructions come to an end; so there the command is undone, and carried out again in an
   * instance of its own.
   */
  apply(command: SqlCommand, keeper: RowKeeper, recorder?: ChangeRecorder): SqlResult[] {
    const before = this.sticky
    this.#undo.begin()
    let results = this.#applyOnce(command, keeper, recorder)
    if (results === undefined) {
      this.#undo.revert()
      this.#discardSession(before)
      recorder?.clear()
      keeper.again()
      results = this.#applyCarefully(command, keeper, recorder)
    }
    this.#undo.end()
    this.trim()
    return results
  }

  /** With what is there, as fast as it goes. Undefined if only {@link #applyCarefully} can tell what comes of it. */
  #applyOnce(command: SqlCommand, keeper: RowKeeper, recorder?: ChangeRecorder): SqlResult[] | undefined {
    try {
      const session = this.#open()
      session.vfs.begin(command.timeMs, 'write', this.#undo)
      const guard = this.#guardFor(session, command)
      const running = { keeper, recorder, guard, budget: new ResultBudget() }
      const results = this.#run(session, command, running, command.statements.entries())
      if (guard?.isEstimate === true && guard.isSpent) return undefined
      if (session.isLarge) return undefined
      // The schema in memory must be the one that a replica would read that starts from here.
      if (this.#reshapesAny(command) || mayHaveUndone(session.connection, results)) {
        session.reopen(session.connection.sticky)
      }
      return results
    } catch (error) {
      if (error instanceof OutOfMemory || error instanceof StepsInDoubt) return undefined
      throw error
    }
  }

  /**
   * What happens here depends on nothing but the database and the command. A statement that cannot have the memory
   * it needs is wrong.
   */
  #applyCarefully(command: SqlCommand, keeper: RowKeeper, recorder?: ChangeRecorder): SqlResult[] {
    const { stepsMax = 0, statements, transaction } = command
    const budget = new ResultBudget()
    let stepsLeft = stepsMax
    const run = (part: Numbered): SqlResult[] => {
      const before = this.sticky
      const mark = recorder?.mark ?? 0
      this.#undo.begin()
      const session = this.#session ?? this.#openToBlame(command.timeMs)
      const guard = stepsMax > 0 ? session.guard : undefined
      guard?.begin({ kind: 'steps', steps: stepsLeft })
      const results = this.#run(session, command, { keeper, recorder, guard, budget }, part)
      stepsLeft = guard?.stepsLeft ?? 0
      if (!session.connection.ranOutOfMemory) return results
      recorder?.undo(mark)
      return this.#outOfMemory(session, before, results)
    }
    const numbered = [...statements.entries()]
    const results = transaction ? run(numbered) : numbered.flatMap((statement) => run([statement]))
    this.dropSession()
    return results
  }

  /** Undoes what there was no memory for. Another instance on another machine must have come to the same. */
  #outOfMemory(session: Session, before: Sticky, results: readonly SqlResult[]): SqlResult[] {
    if (!session.canGrowToMaximum()) throw new EngineFailure('the system refuses memory to SQLite')
    this.#undo.revert()
    this.#discardSession({ ...before, changes: 0n })
    return [...results.slice(0, -1), { kind: 'error', message: OUT_OF_MEMORY }]
  }

  /** In a new instance statements are to blame for taking too much memory. */
  #openToBlame(timeMs: number): Session {
    const session = this.#open()
    session.vfs.begin(timeMs, 'write', this.#undo)
    session.connection.blameStatements()
    return session
  }

  #run(
    session: Session,
    command: SqlCommand,
    { recorder, guard, ...rest }: Running,
    statements: Numbered,
  ): SqlResult[] {
    const runner = new StatementRunner(session.connection, this.#components.analyses, {
      ...rest,
      mode: command.mode,
      keepStatements: !this.#reshapesAny(command) && (guard === undefined || guard.isEstimate),
      seed: seedAt(command),
      elapsedMs: this.#components.elapsedMs,
      guard,
      isTransaction: command.transaction,
      origins: this.#originsFor(session, command),
      changes: recorder && new ChangeKeeping(recorder, session),
    })
    return explained(session, () =>
      session.recording(recorder, () =>
        command.transaction
          ? runTransaction(session.connection, runner, statements, recorder)
          : runEach(runner, statements),
      ),
    )
  }

  /**
   * Begins a transaction for several commands. Undefined if they are to be applied one by one. What it throws
   * leaves the database in no known state, as with {@link apply}.
   */
  share(): SharedTransaction | undefined {
    if (this.#components.watch() !== undefined) return undefined
    const session = this.#open()
    if (!canShare(session, this.#file)) return undefined
    const { analyses, elapsedMs } = this.#components
    const before = this.sticky
    this.#undo.begin()
    return new SharedTransaction({
      session,
      analyses,
      elapsedMs,
      undo: this.#undo,
      revert: (isSessionSound) => this.#putBack(before, isSessionSound),
    })
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
    const before = this.#sticky
    this.#undo.begin()
    const session = this.#openToBlame(timeMs)
    let results = explained(session, () =>
      session.recording(recorder, () =>
        loadText(session.connection, content, {
          seed: (segment) => statementSeed(seed, 0, segment),
          elapsedMs: this.#components.elapsedMs,
          changes: recorder && new ChangeKeeping(recorder, session),
        }),
      ),
    )
    if (session.connection.ranOutOfMemory) results = this.#outOfMemory(session, before, results)
    this.#undo.end()
    this.dropSession()
    return results
  }

  /** Changes nothing, whatever the statements are; what fails underneath one is a result, too. */
  read(
    statements: readonly SqlStatement[],
    { deadlineMs, handOver, isAbandoned, qualifyColumns, timeMs, seed }: ReadOptions = {},
  ): SqlResult[] {
    const isLimited = deadlineMs !== undefined || isAbandoned !== undefined
    const atMs = deadlineMs ?? Number.POSITIVE_INFINITY
    return this.#read(statements, {
      ...(isLimited && { limit: { kind: 'deadline', atMs, isAbandoned } }),
      handOver,
      qualifyColumns,
      timeMs: timeMs ?? this.#components.now(),
      seed: seed === undefined ? freshSeed : seedAt({ seed }),
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

  /** Others have written the file. `reshaped`: its schema may be another one. */
  moved(sticky: Sticky, reshaped: boolean): void {
    if (this.#session === undefined) this.#sticky = sticky
    else if (!reshaped) this.#session.connection.sticky = sticky
    else {
      try {
        this.#session.reopen(sticky)
      } catch {
        this.#discardSession(sticky) // the next read finds out what is wrong, or that nothing is
      }
    }
  }

  /** Lets go of a session that has grown too large. */
  trim(): void {
    if (this.#session !== undefined && this.#session.memoryBytes > SESSION_BYTES_MAX) this.dropSession()
  }

  /** The next call begins with a new one. To be called, too, for a database that is no longer one. */
  dropSession(): void {
    this.#discardSession(this.sticky)
  }

  #open(): Session {
    const { openSessions, sessions } = this.#components
    this.#session ??= sessions.open(this.#file, this.#sticky)
    openSessions.used(this)
    this.#session.watch(this.#components.watch())
    return this.#session
  }

  /**
   * How many instructions a statement takes must not depend on what a connection did before. Some of them
   * compile others, where SQLite counts as well, and that is not the same once it has looked through a
   * schema; and virtual tables keep statements of their own.
   */
  #guardFor(session: Session, command: SqlCommand): ExecutionGuard | undefined {
    const { stepsMax = 0 } = command
    if (stepsMax === 0) return undefined
    const kind = isEstimated(command) ? 'steps-estimate' : 'steps'
    if (kind === 'steps') session.reopen(session.connection.sticky)
    session.guard.begin({ kind, steps: stepsMax })
    return session.guard
  }

  #originsFor(
    { connection }: Session,
    { qualifyColumns }: { readonly qualifyColumns?: boolean | undefined },
  ): ((sql: string) => readonly (string | undefined)[]) | undefined {
    if (qualifyColumns !== true) return undefined
    return (sql) => this.#components.sessions.origins.find(connection, sql)
  }

  #reshapesAny({ statements }: SqlCommand): boolean {
    return statements.some(({ sql }) => this.#reshapes(sql))
  }

  #reshapes(sql: string): boolean {
    return this.#components.analyses.get(sql).segments.some(({ reshapes }) => reshapes)
  }

  #read(statements: readonly SqlStatement[], reading: Reading): SqlResult[] {
    const { handOver, limit, seed, timeMs } = reading
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
          handOver: handOver && ((values) => handOver(results.length, values)),
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

  #putBack(before: Sticky, isSessionSound: boolean): void {
    this.#undo.revert()
    if (isSessionSound && this.#session !== undefined) this.#session.connection.sticky = before
    else this.#discardSession(before)
  }

  /** Nothing it says can be trusted. */
  #discardSession(sticky: Sticky): void {
    this.#components.openSessions.dropped(this)
    this.#session = undefined
    this.#sticky = sticky
  }
}

/**
 * Whether something was undone behind the back of a virtual table. Full-text search, for one, goes on with
 * a setting that was rolled back.
 */
function mayHaveUndone(connection: Connection, results: readonly SqlResult[]): boolean {
  return results.some(({ kind }) => kind === 'error') && connection.hasVirtualTables()
}
