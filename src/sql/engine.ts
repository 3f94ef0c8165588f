/**
 * All databases of a replica, without a thread of their own: every call does its work before it returns.
 * The worker runs one; so can a simulation.
 */
import { DebrosError, type OutcomeLimits, type RequestOutcome } from '../base/index.ts'
import { AnalysisCache } from './analysis-cache.ts'
import { BlockFile } from './block-file.ts'
import { CAPTURE_CHUNK_BYTES, type CapturedState, CaptureReader, writeCapture } from './capture-format.ts'
import { ChangeLog, type ChangeLogLimits, type ChangePage, type ChangeSettings } from './change-log.ts'
import { ChangeRecorder } from './change-recorder.ts'
import { Database, type DatabaseComponents, type ReadOptions } from './database.ts'
import { imageOf, normalizeHeader } from './database-image.ts'
import { digestSteps } from './digest.ts'
import { areDrawsAlike } from './draws.ts'
import { EngineFailure, engineFailed, readAbandoned, tooLate } from './errors.ts'
import { monotonicMs } from './execution-guard.ts'
import { OpenSessions } from './open-sessions.ts'
import type { Publication, PublishedDatabase } from './publication.ts'
import { ResultHistory } from './result-history.ts'
import { RowKeeper } from './row-keeper.ts'
import { SessionFactory } from './session.ts'
import { Sharing, type SharingItem } from './sharing.ts'
import type { SqliteBinary } from './sqlite-binary.ts'
import { StagedLoads } from './staged-loads.ts'
import type { SqlApplyItem, SqlCommand, SqlLoad, SqlResult, SqlStatement, SqlStats } from './types.ts'
import { type ReaderVersions, Versions } from './versions.ts'

export interface SqlEngineComponents {
  /** See `loadSqliteBinary`. One can serve many engines. */
  readonly binary: SqliteBinary
  /** Milliseconds since the epoch: the time that reads see. @default Date.now */
  readonly now?: () => number
  /** Milliseconds on a steady clock, for the time a statement took. @default performance.now */
  readonly elapsedMs?: () => number
  /** Other threads read the databases, too: each state is published, and kept for as long as it is in use. @default false */
  readonly isShared?: boolean
}

export interface SqlEngineInit {
  /** Enforce foreign keys. Must be the same on every replica. @default false */
  readonly foreignKeys?: boolean
  /** What is remembered of requests. Must be the same on every replica. @default OUTCOME_LIMITS */
  readonly outcomeLimits?: OutcomeLimits | undefined
  /** Databases that have an instance of SQLite at a time. @default SQL_SESSIONS_MAX */
  readonly sessionsMax?: number | undefined
}

/** With a way to end a command of mode `query` when nobody waits for its results any more. */
export type EngineItem = SqlApplyItem & Pick<ReadOptions, 'isAbandoned'>

type SqlOutcome = RequestOutcome<readonly SqlResult[]>
type Run<T> = (keeper: RowKeeper) => T

/** The state at one moment, as bytes; later calls do not change it. */
export interface EngineCapture {
  /** The next chunk, 64 KiB or less; undefined after the last. */
  next(): Uint8Array<ArrayBuffer> | undefined
  release(): void
}

/** The digest of the state at one moment; later calls do not change it. */
export interface EngineDigest {
  /** Works for a millisecond or two. The digest, in hex, once that is done; undefined before. */
  step(): string | undefined
  /** Gives back what is kept for it. Not to be stepped afterwards. */
  release(): void
}

/** A capture on its way in. Nothing has changed until `finish` returns. */
export interface EngineRestore {
  /** Throws `SQL_SNAPSHOT_INVALID`; the restore is then over. */
  push(chunk: Uint8Array): void
  /** Replaces the state; throws `SQL_SNAPSHOT_INVALID` if something is missing. */
  finish(): void
}

export class SqlEngine {
  readonly #databases = new Map<string, Database>()
  readonly #history: ResultHistory
  readonly #isShared: boolean
  readonly #versions = new Versions()
  /** Namespaces whose databases may be different from what was published. */
  readonly #unpublished = new Set<string>()
  #wasReplaced = false
  readonly #loads: StagedLoads
  readonly #changes = new ChangeLog()
  readonly #components: DatabaseComponents
  readonly #sharing: Sharing
  /** Answers for namespaces that nothing was written to. */
  readonly #nowhere: Database
  readonly #build: Pick<SqlStats, 'sqliteVersion' | 'compileOptions'>
  #failure: Error | undefined
  /** Whether this build of SQLite allows it. */
  readonly sharesTransactions: boolean

  /** Throws `SQL_ENGINE_FAILED` if this build of SQLite cannot be made deterministic. */
  constructor(components: SqlEngineComponents, init: SqlEngineInit = {}) {
    this.#history = new ResultHistory(init.outcomeLimits)
    this.#isShared = components.isShared ?? false
    if (this.#isShared) this.#versions.readers = { newest: 0, inUse: [] }
    this.#loads = new StagedLoads(() => this.#newFile())
    try {
      this.#components = {
        sessions: new SessionFactory(components.binary, init.foreignKeys ?? false),
        openSessions: new OpenSessions(init.sessionsMax),
        analyses: new AnalysisCache(),
        watch: () => this.#changes.watch,
        now: components.now ?? Date.now,
        elapsedMs: components.elapsedMs ?? (() => performance.now()),
      }
      this.sharesTransactions = areDrawsAlike(components.binary, this.#components.sessions)
      this.#sharing = new Sharing(this.#components.analyses, this.sharesTransactions)
      this.#nowhere = new Database(this.#components, new BlockFile())
      this.#build = describeBuild(this.#nowhere)
    } catch (error) {
      throw engineFailed('the SQL engine cannot start', error)
    }
  }

  /**
   * One outcome per item, its results empty where nobody wants them. Throws `SQL_ENGINE_FAILED` if something
   * went wrong underneath; no state can be trusted then, and every later call throws it again. `readers`: what
   * other threads read by now.
   */
  apply(items: readonly EngineItem[], readers?: ReaderVersions): SqlOutcome[] {
    this.#check()
    if (readers !== undefined) this.#versions.readers = readers
    const touched = new Set<Database>()
    const outcomes: SqlOutcome[] = []
    while (outcomes.length < items.length) {
      const taken = this.#sharing.take(items, outcomes.length)
      const applied =
        'together' in taken
          ? this.#applyTogether(taken.together, touched)
          : this.#applyEach(taken.alone, touched)
      outcomes.push(...applied)
    }
    for (const database of touched) database.trim()
    return outcomes
  }

  /** Throws `SQL_TIMEOUT` if the deadline is over, `CALL_ABORTED` if nobody waits any more. */
  query(namespace: string, statements: readonly SqlStatement[], options: ReadOptions = {}): SqlResult[] {
    this.#check()
    const { deadlineMs, isAbandoned } = options
    if (isAbandoned?.() === true) throw readAbandoned()
    if (deadlineMs !== undefined && monotonicMs() >= deadlineMs) throw tooLate()
    const database = this.#databases.get(namespace) ?? this.#nowhere
    const results = database.read(statements, options)
    database.trim()
    if (isAbandoned?.() === true) throw readAbandoned() // some were not carried out
    return results
  }

  /** What is different since the last call, for those who read in other threads; undefined if nothing is. */
  publish(): Publication | undefined {
    if (!this.#isShared || (this.#unpublished.size === 0 && !this.#wasReplaced)) return undefined
    const databases: PublishedDatabase[] = []
    for (const namespace of this.#unpublished) {
      const database = this.#databases.get(namespace)
      if (database === undefined) continue
      databases.push({ namespace, sticky: database.sticky, change: database.file.takeChange() })
    }
    const isReset = this.#wasReplaced
    this.#unpublished.clear()
    this.#wasReplaced = false
    return { version: this.#versions.close(), isReset, databases }
  }

  /** For each statement whether it changes nothing. One that does not compile counts as a write. */
  classify(namespace: string, statements: readonly SqlStatement[]): boolean[] {
    this.#check()
    return (this.#databases.get(namespace) ?? this.#nowhere).classify(statements)
  }

  /** See `SqlMachine.parse`. */
  parse(namespace: string, statements: readonly SqlStatement[]): (string | undefined)[] {
    this.#check()
    return (this.#databases.get(namespace) ?? this.#nowhere).parse(statements)
  }

  /** See `SqlMachine.configureChanges`. */
  configureChanges(settings: ChangeSettings | undefined, index: number): void {
    this.#check()
    this.#changes.configure(settings, index)
  }

  /** See `SqlMachine.trimChanges`. */
  trimChanges(through: number): void {
    this.#check()
    this.#changes.trim(through)
  }

  /** See `SqlMachine.changes`. */
  changes(after: number, limits: ChangeLogLimits): ChangePage {
    this.#check()
    return this.#changes.read(after, limits)
  }

  capture(): EngineCapture {
    this.#check()
    const state = this.#snapshot()
    const chunks = writeCapture(state)
    return {
      next: () => chunks.next().value ?? undefined,
      release: () => {
        chunks.return(undefined)
        release(state)
      },
    }
  }

  /** See `SqlMachine.captureDatabase`. */
  captureDatabase(namespace: string): EngineCapture {
    this.#check()
    const { file } = this.#databases.get(namespace) ?? this.#nowhere
    const snapshot = file.snapshot()
    const image = imageOf(snapshot)
    let at = 0
    return {
      next: () => {
        if (at >= image.size) return undefined
        const chunk = new Uint8Array(Math.min(CAPTURE_CHUNK_BYTES, image.size - at))
        at += image.read(chunk, at)
        return chunk
      },
      release: () => snapshot.release(),
    }
  }

  /** See `SqlMachine.digest`. */
  digest(): EngineDigest {
    this.#check()
    const state = this.#snapshot()
    const steps = digestSteps(state)
    return { step: () => steps.next().value ?? undefined, release: () => release(state) }
  }

  restore(): EngineRestore {
    this.#check()
    const reader = new CaptureReader(() => this.#newFile())
    return {
      push: (chunk) => reader.push(chunk),
      finish: () => {
        const { databases, history, loads, changes } = reader.finish()
        this.dropSessions()
        this.#databases.clear()
        this.#unpublished.clear()
        for (const [name, { file, sticky }] of databases) {
          this.#databases.set(name, new Database(this.#components, file, sticky))
          this.#unpublished.add(name)
        }
        this.#wasReplaced = true
        this.#history.restore(history)
        this.#loads.restore(loads)
        this.#changes.restore(changes)
      },
    }
  }

  stats(): SqlStats {
    this.#check()
    return {
      ...this.#build,
      namespaces: [...this.#databases].map(([name, { file }]) => ({ name, sizeBytes: file.size })),
    }
  }

  /**
   * Gives back all memory but the databases', once the event loop has turned. What follows behaves as if
   * this had not been called.
   */
  dropSessions(): void {
    for (const database of this.#databases.values()) database.dropSession()
  }

  #newFile(): BlockFile {
    return new BlockFile({ versions: this.#versions, shared: this.#isShared })
  }

  /** To be written. */
  #obtain(namespace: string): Database {
    this.#unpublished.add(namespace)
    let database = this.#databases.get(namespace)
    if (database === undefined) {
      database = new Database(this.#components, this.#newFile())
      this.#databases.set(namespace, database)
    }
    return database
  }

  #snapshot(): CapturedState {
    const databases = [...this.#databases]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, database]) => ({ name, sticky: database.sticky, file: database.file.snapshot() }))
    return {
      databases,
      history: this.#history.capture(),
      loads: this.#loads.capture(),
      changes: this.#changes.capture(),
    }
  }

  /**
   * In one transaction of SQLite, where that can be; up to the first item, and with it, that does not succeed there.
   * There is at least one.
   */
  #applyTogether(items: readonly SharingItem[], touched: Set<Database>): SqlOutcome[] {
    const outcomes = this.#share(items, touched)
    if (outcomes === undefined) return this.#applyEach(items, touched)
    if (outcomes.length === items.length) {
      this.#sharing.succeeded(items)
      return outcomes
    }
    const before = items.slice(0, outcomes.length)
    this.#sharing.failed(before)
    const again = before.length > 1 ? this.#share(before, touched) : undefined
    const isDone = again !== undefined && again.length === before.length
    const failing = items[before.length] as SharingItem // there are fewer than all before it
    return [...(isDone ? again : this.#applyEach(before, touched)), this.#applyOnce(failing, touched)]
  }

  /**
   * The outcomes of all items. Of fewer: nothing has changed, and the next item is the first that does not succeed.
   * Undefined if they cannot share.
   */
  #share(items: readonly SharingItem[], touched: Set<Database>): SqlOutcome[] | undefined {
    const { index, command } = items[0] as SharingItem // there is one
    const database = this.#databases.get(command.namespace)
    const transaction = database && this.#vital(index, () => database.share())
    if (database === undefined || transaction === undefined) return undefined
    touched.add(database)
    this.#unpublished.add(command.namespace)
    this.#history.try()
    const outcomes: SqlOutcome[] = []
    for (const item of items) {
      const outcome = this.#carryOut(item, (keeper) => transaction.run(item.command, keeper))
      if (outcome === undefined) break
      outcomes.push(outcome)
    }
    const haveAllRun = outcomes.length === items.length
    if (haveAllRun && this.#vital(index, () => transaction.commit())) {
      this.#history.settle()
      return outcomes
    }
    this.#vital(index, () => transaction.undo())
    this.#history.takeBack()
    return haveAllRun ? [] : outcomes
  }

  #applyEach(items: readonly EngineItem[], touched: Set<Database>): SqlOutcome[] {
    return items.map((item) => this.#applyOnce(item, touched))
  }

  /** Only what is carried out creates a namespace. Adds to `touched` the database that was used. */
  #applyOnce(item: EngineItem, touched: Set<Database>): SqlOutcome {
    const { command, index, isAbandoned } = item
    return this.#carryOut(item, (keeper) => {
      if (command.mode === 'load') return this.#load(command, index)
      const database = this.#obtain(command.namespace)
      touched.add(database)
      if (command.mode === 'query') return database.readLogged(command, keeper, isAbandoned)
      return this.#execute(database, command, index, keeper)
    })
  }

  /** Unless it was before. Undefined, and not remembered, if `run` returns that. */
  #carryOut(item: EngineItem, run: Run<SqlResult[]>): SqlOutcome
  #carryOut(item: EngineItem, run: Run<SqlResult[] | undefined>): SqlOutcome | undefined
  #carryOut(item: EngineItem, run: Run<SqlResult[] | undefined>): SqlOutcome | undefined {
    const { command, index, wantResults } = item
    this.#loads.forget(command.timeMs)
    const request = command.mode === 'query' ? undefined : item.request
    const earlier = request && this.#history.recall(request, wantResults)
    if (earlier !== undefined) return earlier

    const rememberBytesMax = request && this.#history.bytesMax
    const keeper = new RowKeeper({ isWanted: wantResults, rememberBytesMax })
    const result = this.#vital(index, () => run(keeper))
    if (result === undefined) return undefined
    if (request !== undefined) {
      this.#history.remember(request, index, keeper.canRemember ? result : undefined)
    }
    return { kind: 'done', index, result: wantResults ? result : [] }
  }

  #execute(database: Database, command: SqlCommand, index: number, keeper: RowKeeper): SqlResult[] {
    return this.#capturing(command, index, (recorder) => database.apply(command, keeper, recorder))
  }

  /** Keeps what the entry at `index` changes, if that is wanted. */
  #capturing<T>(
    { timeMs, namespace }: { readonly timeMs: number; readonly namespace: string },
    index: number,
    run: (recorder: ChangeRecorder | undefined) => T,
  ): T {
    const recorder = this.#changes.watch && new ChangeRecorder()
    const result = run(recorder)
    const events = recorder?.take()
    if (events !== undefined) this.#changes.append(index, timeMs, namespace, events)
    return result
  }

  #load(load: SqlLoad, index: number): SqlResult[] {
    switch (load.step) {
      case 'stage':
        return errorOrNothing(this.#loads.add(load))
      case 'abort':
        this.#loads.abort(load.loadId)
        return []
      case 'commit': {
        const content = this.#loads.finish(load)
        if (typeof content === 'string') return errorOrNothing(content)
        return this.#capturing(load, index, (recorder) =>
          load.content === 'text'
            ? this.#obtain(load.namespace).load(content, load, recorder)
            : this.#replace(load.namespace, content, recorder),
        )
      }
    }
  }

  /** Everything of the database that was is gone, what SQLite remembered between statements, too. */
  #replace(namespace: string, file: BlockFile, recorder: ChangeRecorder | undefined): SqlResult[] {
    try {
      normalizeHeader(file)
    } catch (error) {
      if (error instanceof DebrosError) return errorOrNothing(error.message)
      throw error
    }
    this.#databases.get(namespace)?.dropSession()
    this.#databases.set(namespace, new Database(this.#components, file))
    this.#unpublished.add(namespace)
    recorder?.add(JSON.stringify({ error: 'the whole database was replaced: read it anew' }))
    return []
  }

  /** Nothing can be trusted any more if this fails. */
  #vital<T>(index: number, run: () => T): T {
    try {
      return run()
    } catch (error) {
      this.#failure = engineFailed(`cannot apply log entry ${index}`, error)
      throw this.#failure
    }
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}

function release({ databases, loads }: CapturedState): void {
  for (const { file } of databases) file.release()
  for (const { file } of loads) file.release()
}

function errorOrNothing(message: string | undefined): SqlResult[] {
  return message === undefined ? [] : [{ kind: 'error', message }]
}

/** The first thing a new engine does, which proves that it can. */
function describeBuild(database: Database): Pick<SqlStats, 'sqliteVersion' | 'compileOptions'> {
  const results = database.read([
    { sql: 'SELECT sqlite_version()', positional: [], named: {} },
    { sql: 'PRAGMA compile_options', positional: [], named: {} },
  ])
  const [version = [], options = []] = results.map((result) => {
    if (result.kind === 'error') throw new EngineFailure(result.message)
    return result.kind === 'rows' ? result.values.map(([value]) => String(value)) : []
  })
  return { sqliteVersion: version[0] ?? '', compileOptions: options }
}
