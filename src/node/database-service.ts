/** The replicated SQL database: routes requests to where they can be answered (see DatabaseService). */
import { type Counters, checkNamespace, DEFAULT_NAMESPACE, DebrosError, hasErrorCode } from '../base/index.ts'
import type { PeerAddress, Rpc } from '../p2p/index.ts'
import {
  monotonicMs,
  SQL_STEPS_PER_MILLISECOND,
  type SqlMachine,
  type SqlMode,
  type SqlQueryOptions,
  type SqlResult,
} from '../sql/index.ts'
import { DatabaseRequest as WireRequest, DatabaseResponse as WireResponse } from '../wire/index.ts'
import type { Authorizer, Permission } from './authorization.ts'
import { Backups } from './backups.ts'
import { type Command, encodeCommand } from './codec/command-codec.ts'
import { requestIdFromWire, requestIdToWire } from './codec/request-codec.ts'
import {
  type SqlRequest,
  sqlRequestFromWire,
  sqlRequestToWire,
  sqlResultFromWire,
  sqlResultToWire,
} from './codec/sql-codec.ts'
import { type Consensus, callAborted, callTimeout, type Limits, limitsOf } from './consensus.ts'
import { FORWARDED_VALUES_MAX, READS_IN_FLIGHT_MAX } from './defaults.ts'
import { callerToWire, checkCaller } from './forwarded.ts'
import type { LoadGates } from './load-gate.ts'
import { Loads } from './loads.ts'
import { checkEntrySize, type Prepared, prepare, toStatement } from './prepare-request.ts'
import { randomUint32 } from './random.ts'
import { freshRequestId, settle, sinceFirst } from './requests.ts'
import { type Attempt, notLeader, type Router } from './router.ts'
import { Scratches } from './scratches.ts'
import type { CommandResult, NodeStateMachine } from './state-machine.ts'
import type {
  Backup,
  BackupOptions,
  CallOptions,
  DatabaseResponse,
  DatabaseService,
  LoadOptions,
  ParsedStatement,
  ReadLevel,
  ReadOptions,
  StatementInput,
  WriteOptions,
} from './types.ts'
import type { WriteLimit } from './write-limit.ts'

const METHOD = 'db/request'

/** What a request that is passed on takes, and what rqlite calls it. */
const NEEDED: Readonly<Record<SqlMode, { permissions: readonly Permission[]; what: string }>> = {
  execute: { permissions: ['execute'], what: 'Execute' },
  query: { permissions: ['query'], what: 'query' },
  request: { permissions: ['query', 'execute'], what: 'Request' },
}

export interface DatabaseComponents {
  readonly consensus: Consensus
  readonly router: Router
  readonly rpc: Rpc
  readonly sql: SqlMachine
  readonly stateMachine: NodeStateMachine
  readonly authorizer: Authorizer
  readonly counters: Counters
  readonly gates: LoadGates
}

export interface DatabaseInit {
  readonly selfId: string
  /** How this node is called in answers it gives itself. */
  readonly servedBy: () => string
  /** Largest log entry there can be. */
  readonly entryBytesMax: number
  /** Of a write that asks for none. */
  readonly writeLimit: WriteLimit
}

type Reading = Pick<Prepared, 'request' | 'executionTimeoutMs'> & Pick<SqlQueryOptions, 'timeMs' | 'seed'>

/** A prepared request on its way into the log. */
interface Proposal extends Omit<Prepared, 'executionTimeoutMs' | 'asked'> {
  readonly sinceIndex: number
}

/** A write that its maker goes on with until the outcome is known: it is applied once, however often it is tried. */
export interface RepeatableWrite {
  /** Rejects as `execute` does. Attempts must not overlap. */
  attempt(limits: Limits): Promise<DatabaseResponse>
}

type Answer = Pick<DatabaseResponse, 'results' | 'raftIndex'>

export class Database implements DatabaseService {
  readonly #components: DatabaseComponents
  readonly #init: DatabaseInit
  readonly #scratches = new Scratches()
  readonly #backups: Backups
  readonly #loads: Loads
  #readsInFlight = 0

  constructor(components: DatabaseComponents, init: DatabaseInit) {
    this.#components = components
    this.#init = init
    this.#backups = new Backups({ ...components, scratches: this.#scratches }, init)
    this.#loads = new Loads({ ...components, scratches: this.#scratches }, init)
    components.rpc.handle(METHOD, 'member', (bytes, { signal }) => this.#serve(bytes, signal))
  }

  admit(kind: 'read' | 'write'): void {
    const { reads, writes } = this.#components.gates
    ;(kind === 'read' ? reads : writes).check()
  }

  get hasReaders(): boolean {
    return this.#components.sql.hasReaders
  }

  async execute(
    statements: readonly StatementInput[],
    options: WriteOptions = {},
  ): Promise<DatabaseResponse> {
    return await this.#throughLog(prepare('execute', statements, options), limitsOf(options))
  }

  async query(statements: readonly StatementInput[], options: ReadOptions = {}): Promise<DatabaseResponse> {
    const prepared = prepare('query', statements, options)
    return await this.#read(prepared, options)
  }

  async parse(
    inputs: readonly StatementInput[],
    options: CallOptions = {},
  ): Promise<readonly ParsedStatement[]> {
    const namespace = checkNamespace(options.namespace ?? DEFAULT_NAMESPACE)
    const statements = inputs.map(toStatement)
    const errors = await this.#counted(() => this.#components.sql.parse(namespace, statements))
    return statements.map(({ sql }, i) => {
      const error = errors[i]
      return error === undefined ? { original: sql, rewritten: sql } : { original: sql, error }
    })
  }

  async request(inputs: readonly StatementInput[], options: ReadOptions = {}): Promise<DatabaseResponse> {
    const prepared = prepare('request', inputs, options)
    const { namespace, statements } = prepared.request
    const onlyReads = (await this.#components.sql.classify(namespace, statements)).every(
      (readOnly) => readOnly,
    )
    if (!onlyReads) return await this.#throughLog(prepared, limitsOf(options))
    return await this.#read({ ...prepared, request: { ...prepared.request, mode: 'query' } }, options)
  }

  /** Checks as `execute` does, and throws at once what it would reject with. */
  repeatable(inputs: readonly StatementInput[], options: WriteOptions = {}): RepeatableWrite {
    const prepared = prepare('execute', inputs, options)
    checkEntrySize(prepared.request, this.#init.entryBytesMax)
    const since = this.#sinceFirst()
    let mayHaveHappened = false
    const attempt = async (limits: Limits): Promise<DatabaseResponse> => {
      try {
        return await this.#atLeader(prepared, true, limits, (attempt) =>
          since({ mayHaveHappened: mayHaveHappened || attempt.mayHaveHappened }),
        )
      } catch (error) {
        if (!(error instanceof DebrosError)) throw error
        if (mayHaveHappened && error.code === 'REQUEST_FORGOTTEN') throw forgotten(error)
        mayHaveHappened ||= error.outcome === 'unknown'
        throw error
      }
    }
    return { attempt }
  }

  #sinceFirst(): ReturnType<typeof sinceFirst> {
    const { consensus } = this.#components
    return sinceFirst(() => consensus.commitIndex)
  }

  /** Ends what works on copies, so that nothing keeps the process. */
  close(): Promise<void> {
    return this.#scratches.close()
  }

  async backup(options: BackupOptions = {}): Promise<Backup> {
    return await this.#backups.take(options)
  }

  async load(source: AsyncIterable<Uint8Array>, options: LoadOptions = {}): Promise<DatabaseResponse> {
    return await this.#loads.load(source, options)
  }

  async boot(source: AsyncIterable<Uint8Array>, options: LoadOptions = {}): Promise<DatabaseResponse> {
    return await this.#loads.boot(source, options)
  }

  async #read(prepared: Prepared, options: ReadOptions): Promise<DatabaseResponse> {
    const level = this.#effectiveLevel(options.level ?? 'weak')
    if (level === 'strong') return await this.#throughLog(prepared, limitsOf(options))
    return await this.#components.gates.reads.run(() => this.#readAt(level, prepared, options))
  }

  async #readAt(
    level: Exclude<ReadLevel, 'auto' | 'strong'>,
    prepared: Prepared,
    options: ReadOptions,
  ): Promise<DatabaseResponse> {
    const limits = limitsOf(options)
    switch (level) {
      case 'weak':
        try {
          return await this.#atLeader(prepared, false, limits)
        } catch (error) {
          // What is too much to be passed on can still be read here, and is no older then.
          if (!hasErrorCode(error, 'RPC_RESPONSE_TOO_LARGE')) throw error
          return await this.#linearizable(prepared, options, limits)
        }
      case 'linearizable':
        return await this.#linearizable(prepared, options, limits)
      case 'none':
        this.#checkFreshness(options)
        return this.#here(await this.#readLocally(prepared, options.signal))
    }
  }

  /** `auto` asks the leader from a voter, and reads locally on a learner. */
  #effectiveLevel(level: ReadLevel): Exclude<ReadLevel, 'auto'> {
    if (level !== 'auto') return level
    return this.#components.consensus.config.learners.includes(this.#init.selfId) ? 'none' : 'weak'
  }

  async #throughLog(prepared: Prepared, limits: Limits): Promise<DatabaseResponse> {
    checkEntrySize(prepared.request, this.#init.entryBytesMax)
    return await this.#components.gates.writes.run(() => this.#atLeader(prepared, true, limits))
  }

  #atLeader(
    prepared: Prepared,
    logged: boolean,
    limits: Limits,
    since = this.#sinceFirst(),
  ): Promise<DatabaseResponse> {
    const { router } = this.#components
    const proposal = (attempt: Attempt): Proposal & Prepared => ({ ...prepared, sinceIndex: since(attempt) })
    return router.route(
      {
        kind: !logged || prepared.request.mode === 'query' ? 'read' : 'write',
        local: async (attempt) =>
          this.#here(
            logged
              ? await this.#propose(proposal(attempt), attempt)
              : await this.#readAsLeader(prepared, attempt.signal),
          ),
        remote: (leader, attempt) => this.#forward(leader, proposal(attempt), logged, attempt),
      },
      limits,
    )
  }

  /** Any node can: it asks for a read index and waits until it has applied that much. */
  async #linearizable(prepared: Reading, options: ReadOptions, limits: Limits): Promise<DatabaseResponse> {
    const { consensus, router } = this.#components
    const timeoutMs = Math.min(limits.timeoutMs, options.linearizableTimeoutMs ?? limits.timeoutMs)
    await router.attempt((remaining) => consensus.readIndex(remaining), { ...limits, timeoutMs }, 'read')
    return this.#here(await this.#readLocally(prepared, options.signal))
  }

  #here(answer: Answer): DatabaseResponse {
    return { ...answer, servedBy: this.#init.servedBy() }
  }

  async #propose(proposal: Omit<Proposal, 'credentials'>, limits: Limits): Promise<Answer> {
    const { request, requestId: id, sinceIndex: since } = proposal
    if (request.mode === 'query') return await this.#readThroughLog(request, since, limits)
    const seed = randomUint32()
    const timeMs = Date.now()
    const { writeLimit } = this.#init
    const sql = { ...writeLimit.limited(request), timeMs, seed }
    const { results, raftIndex } = await this.#commit({ request: { id, since, timeMs }, sql }, limits)
    return { results: writeLimit.explained(request, results), raftIndex }
  }

  async #commit(command: Omit<Extract<Command, { kind: 'sql' }>, 'kind'>, limits: Limits): Promise<Answer> {
    const { result } = await this.#components.consensus.propose(
      encodeCommand({ kind: 'sql', ...command }),
      limits,
    )
    const { outcome } = result as CommandResult & { kind: 'sql' } // what the state machine answers an SQL command
    const { result: results, index: raftIndex } = settle(outcome)
    return { results, raftIndex }
  }

  /**
   * What goes into the log is the read's place there, without its statements. When that is applied here, the
   * database holds everything committed before, and the read is carried out as others are.
   */
  async #readThroughLog(request: SqlRequest, since: number, limits: Limits): Promise<Answer> {
    const { signal, timeoutMs } = limits
    if (signal?.aborted === true) throw callAborted('not-applied', signal.reason)
    const began = performance.now()
    const seed = randomUint32()
    const timeMs = Date.now()
    // A read is not remembered, so each has an id of its own, whatever its caller calls it.
    const tag = { id: freshRequestId(), since, timeMs }
    const place = await this.#commit(
      { request: tag, sql: { ...request, statements: [], stepsMax: 0, timeMs, seed } },
      limits,
    )
    const isLate = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs - (performance.now() - began))))
    const { stepsMax = 0 } = request
    const reading = { request, executionTimeoutMs: stepsMax / SQL_STEPS_PER_MILLISECOND, timeMs, seed }
    try {
      const { results } = await this.#readLocally(
        reading,
        signal ? AbortSignal.any([signal, isLate]) : isLate,
      )
      return { results, raftIndex: place.raftIndex }
    } catch (error) {
      if (isLate.aborted && !signal?.aborted) throw callTimeout(timeoutMs, 'not-applied')
      throw error
    }
  }

  async #readAsLeader(reading: Reading, signal: AbortSignal | undefined): Promise<Answer> {
    if (!this.#components.consensus.isLeader) throw notLeader()
    return await this.#readLocally(reading, signal)
  }

  /** Ends when nobody waits for it any more: it would take a thread from others. */
  async #readLocally(
    { request, executionTimeoutMs, ...foretold }: Reading,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const { namespace, statements, transaction, qualifyColumns = false } = request
    const deadline = executionTimeoutMs > 0 ? { deadlineMs: monotonicMs() + executionTimeoutMs } : {}
    const options = { transaction, qualifyColumns, signal, ...deadline, ...foretold }
    const results = await this.#counted(() => this.#components.sql.query(namespace, statements, options))
    return { results, raftIndex: undefined }
  }

  /** Bounds what the engine is asked at a time. */
  async #counted<T>(ask: () => Promise<T>): Promise<T> {
    if (this.#readsInFlight >= READS_IN_FLIGHT_MAX) {
      throw new DebrosError('RAFT_BUSY', 'too many reads are waiting; try again shortly', { retryable: true })
    }
    this.#readsInFlight++
    try {
      return await ask()
    } finally {
      this.#readsInFlight--
    }
  }

  #checkFreshness(options: ReadOptions): void {
    const { freshnessMs = 0, freshnessStrict = false } = options
    if (freshnessMs === 0 || this.#components.consensus.isLeader) return
    const { lastContactMs, commit, applied } = this.#components.consensus.status
    const silent = lastContactMs === undefined || lastContactMs > freshnessMs
    const { lastAppliedTimeMs, lastCommandTimeMs } = this.#components.stateMachine
    const lagging =
      freshnessStrict && applied !== commit && lastAppliedTimeMs - lastCommandTimeMs > freshnessMs
    if (silent || lagging) {
      throw new DebrosError('SQL_STALE_READ', 'stale read: this node cannot give the freshness asked for', {
        retryable: true,
      })
    }
  }

  async #forward(
    leader: PeerAddress,
    { request, asked, requestId, sinceIndex, credentials, executionTimeoutMs }: Proposal & Prepared,
    logged: boolean,
    { timeoutMs, signal }: Limits,
  ): Promise<DatabaseResponse> {
    const wire = WireRequest.encode({
      requestId: requestIdToWire(requestId),
      // How it is done matters to the log only.
      sql: sqlRequestToWire(logged ? request : { ...request, mode: asked }),
      logged,
      timeoutMs,
      sinceIndex,
      executionTimeoutMs,
      ...callerToWire(credentials),
    })
    const bytes = await this.#components.rpc.call(leader, METHOD, wire, {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    })
    const { results, raftIndex } = WireResponse.decode(bytes)
    return {
      results: results.map(sqlResultFromWire),
      raftIndex: raftIndex === 0 ? undefined : raftIndex,
      servedBy: leader.address,
    }
  }

  /** A request forwarded by another node, which believes that this one leads. */
  async #serve(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { requestId, sql, logged, timeoutMs, sinceIndex, executionTimeoutMs, ...caller } =
      WireRequest.decode(bytes)
    if (sql === undefined) throw new DebrosError('REQUEST_INVALID', 'a database request without statements')
    const request = sqlRequestFromWire(sql)
    checkNamespace(request.namespace)
    const { permissions, what } = NEEDED[request.mode]
    checkCaller(this.#components.authorizer, caller, permissions, what)
    const { reads, writes } = this.#components.gates
    const proposal = { request, requestId: requestIdFromWire(requestId), sinceIndex }
    const answer = logged
      ? await writes.run(() => this.#propose(proposal, { timeoutMs, signal }))
      : await reads.run(() => this.#readAsLeader({ request, executionTimeoutMs }, signal))
    if (!logged || request.mode === 'query') checkForwardable(answer.results)
    return WireResponse.encode({
      results: answer.results.map(sqlResultToWire),
      raftIndex: answer.raftIndex ?? 0,
    })
  }
}

/** Throws `RPC_RESPONSE_TOO_LARGE` for what a read resulted in. */
function checkForwardable(results: readonly SqlResult[]): void {
  let values = 0
  for (const result of results)
    if (result.kind === 'rows') values += result.values.length * result.columns.length
  if (values <= FORWARDED_VALUES_MAX) return
  const message = `the results have ${values} values, and ${FORWARDED_VALUES_MAX} are passed on between nodes`
  throw new DebrosError(
    'RPC_RESPONSE_TOO_LARGE',
    `${message}; ask the leader, or with level linearizable or none`,
  )
}

/** The attempt that was refused did nothing, but one before it may have. */
function forgotten(cause: DebrosError): DebrosError {
  return new DebrosError('REQUEST_FORGOTTEN', cause.message, { outcome: 'unknown', cause })
}
