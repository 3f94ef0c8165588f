/**
 * Loads a database, or a text of SQL, on every node. What is too large for a log entry goes through the log
 * in pieces, which the state machines keep (sql/staged-loads.ts) until the last of them says what to do. Until
 * then nothing has changed; a load that fails on its way is simply given up.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  type Counters,
  checkNamespace,
  DEFAULT_NAMESPACE,
  DebrosError,
  type DebrosErrorOptions,
  errorMessage,
} from '../base/index.ts'
import type { PeerAddress, Rpc } from '../p2p/index.ts'
import type { SqlLoad, SqlScratch } from '../sql/index.ts'
import { LoadRequest as WireRequest, DatabaseResponse as WireResponse } from '../wire/index.ts'
import type { Authorizer, Credentials } from './authorization.ts'
import { encodeCommand } from './codec/command-codec.ts'
import { loadFromWire, loadToWire } from './codec/load-codec.ts'
import { requestIdFromWire, requestIdToWire } from './codec/request-codec.ts'
import { sqlResultFromWire, sqlResultToWire } from './codec/sql-codec.ts'
import { type Consensus, callAborted, type Limits, limitsOf } from './consensus.ts'
import {
  DEFAULT_LOAD_BYTES_MAX,
  LOAD_BUSY_PAUSE_MAX_MS,
  LOAD_COMMIT_TIMEOUT_MS,
  LOAD_PIECE_BYTES,
} from './defaults.ts'
import { callerToWire, checkCaller } from './forwarded.ts'
import { inPieces, openLoadSource, utf8Check } from './load-source.ts'
import { randomUint32 } from './random.ts'
import { freshRequestId, settle, sinceFirst } from './requests.ts'
import type { Attempt, Router } from './router.ts'
import type { Scratches } from './scratches.ts'
import type { CommandResult } from './state-machine.ts'
import type { DatabaseResponse, LoadOptions } from './types.ts'

const METHOD = 'db/load'
const SQLITE_MAGIC = Buffer.from('SQLite format 3\0')
/** Less is not even a header. */
const BOOT_BYTES_MIN = 32
const BUSY = new Set(['RAFT_BUSY', 'RPC_BUSY'])
const BUSY_PAUSE_MS = 10
const ABORT_TIMEOUT_MS = 5_000

export interface LoadsComponents {
  readonly consensus: Consensus
  readonly router: Router
  readonly rpc: Rpc
  readonly authorizer: Authorizer
  readonly scratches: Scratches
  readonly counters: Counters
}

export interface LoadsInit {
  readonly selfId: string
  readonly servedBy: () => string
}

/** A step as it is made here; the leader adds its clock and a seed. */
type Step = DistributiveOmit<SqlLoad, 'mode' | 'timeMs' | 'seed'>
type DistributiveOmit<T, K extends PropertyKey> = T extends unknown ? Omit<T, K> : never

/** One load, whatever becomes of it. */
interface Load {
  readonly loadId: string
  readonly namespace: string
  readonly limits: Limits
  readonly credentials: Credentials | undefined
}

export class Loads {
  readonly #components: LoadsComponents
  readonly #init: LoadsInit

  constructor(components: LoadsComponents, init: LoadsInit) {
    this.#components = components
    this.#init = init
    components.counters.declare('store', ['num_loads', 'num_boots'])
    components.rpc.handle(METHOD, 'member', (bytes, { signal }) => this.#serve(bytes, signal))
  }

  /** See {@link DatabaseService.load}. */
  async load(source: AsyncIterable<Uint8Array>, options: LoadOptions): Promise<DatabaseResponse> {
    const load = loadOf(options)
    const { bytesMax = DEFAULT_LOAD_BYTES_MAX } = options
    const { kind, chunks } = await openLoadSource(source, bytesMax)
    const response = kind === 'file' ? await this.#loadFile(load, chunks) : await this.#loadText(load, chunks)
    this.#components.counters.add('store', 'num_loads')
    return response
  }

  /** See {@link DatabaseService.boot}. */
  async boot(source: AsyncIterable<Uint8Array>, options: LoadOptions): Promise<DatabaseResponse> {
    const load = loadOf(options)
    const { consensus, counters } = this.#components
    const checkAlone = (): void => {
      if (!consensus.isLeader) throw bootRefused('not leader')
      if (consensus.config.members.length !== 1) throw bootRefused('not single-node')
    }
    checkAlone()
    const { start, chunks } = await openLoadSource(source, options.bytesMax ?? DEFAULT_LOAD_BYTES_MAX)
    if (start.length < BOOT_BYTES_MIN) throw bootRefused(`only ${start.length} bytes`)
    if (!SQLITE_MAGIC.equals(start.subarray(0, SQLITE_MAGIC.length))) {
      throw new DebrosError('LOAD_INVALID', 'invalid SQLite data')
    }
    const response = await this.#loadFile(load, chunks, checkAlone)
    counters.add('store', 'num_boots')
    return response
  }

  /** `lastCheck` is made when the file is known to be good, right before anything is replicated. */
  async #loadFile(
    load: Load,
    chunks: AsyncIterable<Uint8Array>,
    lastCheck?: () => void,
  ): Promise<DatabaseResponse> {
    return await this.#withScratch(load, async (copy) => {
      await copy.write(chunks)
      await copy.check()
      lastCheck?.()
      const response = await this.#replicate(load, 'file', copy.file())
      const [failure] = response.results
      if (failure?.kind === 'error') throw loadFailed(failure.message)
      return response
    })
  }

  async #loadText(load: Load, chunks: AsyncIterable<Uint8Array>): Promise<DatabaseResponse> {
    const text: Uint8Array[] = []
    const isText = utf8Check()
    let bytes = 0
    let giveBack: (() => void) | undefined
    try {
      // It may come in single bytes, which would take a hundred times as much memory.
      for await (const piece of inPieces(chunks, LOAD_PIECE_BYTES)) {
        bytes += piece.length
        // Like files, large texts take much memory.
        if (bytes > LOAD_PIECE_BYTES) giveBack ??= await this.#components.scratches.take(load.limits)
        if (!isText(piece)) throw notLoadable()
        text.push(piece)
      }
      if (!isText()) throw notLoadable()
      if (bytes === 0) return { results: [], raftIndex: undefined, servedBy: this.#init.servedBy() }
      return await this.#replicate(load, 'text', text)
    } finally {
      giveBack?.()
    }
  }

  /** Lends a thread for one load. It is ended when the caller gives up. */
  async #withScratch<T>({ limits }: Load, use: (copy: SqlScratch) => Promise<T>): Promise<T> {
    const { copy, end } = await this.#components.scratches.lend(limits)
    try {
      return await use(copy)
    } catch (error) {
      const isOwn = error instanceof DebrosError && error.code !== 'SQL_SCRATCH_FAILED'
      if (limits.signal?.aborted === true && !isOwn) throw callAborted('not-applied', limits.signal.reason)
      throw error
    } finally {
      await end()
    }
  }

  async #replicate(
    load: Load,
    content: 'file' | 'text',
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ): Promise<DatabaseResponse> {
    const { loadId, namespace } = load
    const pieces = inPieces(chunks, LOAD_PIECE_BYTES)
    let offset = 0
    let piece = await pieces.next()
    let data: Uint8Array = piece.value ?? new Uint8Array(0)
    try {
      // The last piece is the one that nothing follows on.
      for (piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) {
        await this.#stage(load, { step: 'stage', loadId, namespace, offset, data })
        offset += data.length
        data = piece.value
      }
    } catch (error) {
      if (offset > 0) this.#giveUp(load)
      throw error
    }
    return await this.#commit(load, { step: 'commit', loadId, namespace, offset, data, content })
  }

  /** Whatever the outcome is of one that fails, it changed no database. */
  async #stage(load: Load, step: Extract<Step, { step: 'stage' }>): Promise<void> {
    const [refusal] = (await this.#send(load, step, load.limits).catch(asNotApplied)).results
    if (refusal?.kind === 'error') throw loadFailed(refusal.message, { retryable: true })
  }

  async #commit(load: Load, step: Extract<Step, { step: 'commit' }>): Promise<DatabaseResponse> {
    const { signal } = load.limits
    const timeoutMs = Math.max(load.limits.timeoutMs, LOAD_COMMIT_TIMEOUT_MS)
    try {
      return await this.#send(load, step, { timeoutMs, signal })
    } catch (error) {
      if (!(error instanceof DebrosError)) throw error
      if (error.outcome === 'not-applied') {
        if (step.offset > 0) this.#giveUp(load)
      } else if (step.content === 'file') {
        throw loadFailed(error.message, { outcome: 'unknown', cause: error })
      }
      throw error
    }
  }

  /** What was replicated of it is forgotten after a while anyway. */
  #giveUp({ loadId, namespace, credentials }: Load): void {
    const limits = { timeoutMs: ABORT_TIMEOUT_MS, signal: undefined }
    this.#send(
      { loadId, namespace, credentials, limits },
      { step: 'abort', loadId, namespace },
      limits,
    ).catch(() => {})
  }

  /** Steps bear being made again. Where the log is too busy to take one, it is waited for. */
  async #send(load: Load, step: Step, limits: Limits): Promise<DatabaseResponse> {
    const deadlineMs = performance.now() + limits.timeoutMs
    const request: StepRequest = { step, requestId: freshRequestId(), credentials: load.credentials }
    const { consensus } = this.#components
    const since = sinceFirst(() => consensus.commitIndex)
    for (let pauseMs = BUSY_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LOAD_BUSY_PAUSE_MAX_MS)) {
      const timeoutMs = Math.max(1, deadlineMs - performance.now())
      try {
        return await this.#atLeader(request, since, { ...limits, timeoutMs })
      } catch (error) {
        const isBusy = error instanceof DebrosError && BUSY.has(error.code) && error.outcome === 'not-applied'
        if (!isBusy || performance.now() + pauseMs > deadlineMs) throw error
      }
      await sleep(pauseMs, undefined, limits.signal && { signal: limits.signal }).catch(() => {
        throw callAborted('not-applied', limits.signal?.reason)
      })
    }
  }

  #atLeader(
    request: StepRequest,
    since: ReturnType<typeof sinceFirst>,
    limits: Limits,
  ): Promise<DatabaseResponse> {
    return this.#components.router.route(
      {
        kind: 'write',
        local: async (attempt) => ({
          ...(await this.#propose(request, since(attempt), attempt)),
          servedBy: this.#init.servedBy(),
        }),
        remote: (leader, attempt) => this.#forward(leader, request, since(attempt), attempt),
      },
      limits,
    )
  }

  async #propose(
    { step, requestId: id }: Omit<StepRequest, 'credentials'>,
    since: number,
    limits: Limits,
  ): Promise<Pick<DatabaseResponse, 'results' | 'raftIndex'>> {
    const timeMs = Date.now()
    const load = completed(step, { timeMs, seed: randomUint32() })
    const request = step.step === 'commit' ? { id, since, timeMs } : undefined
    const { result } = await this.#components.consensus.propose(
      encodeCommand({ kind: 'load', request, load }),
      limits,
    )
    const { outcome } = result as CommandResult & { kind: 'sql' } // what the state machine answers a step
    const { result: results, index: raftIndex } = settle(outcome)
    return { results, raftIndex }
  }

  async #forward(
    leader: PeerAddress,
    { step, requestId, credentials }: StepRequest,
    sinceIndex: number,
    { timeoutMs, signal }: Attempt,
  ): Promise<DatabaseResponse> {
    const wire = WireRequest.encode({
      requestId: requestIdToWire(requestId),
      sinceIndex,
      timeoutMs,
      step: loadToWire(completed(step, { timeMs: 0, seed: 0 })),
      ...callerToWire(credentials),
    })
    const bytes = await this.#components.rpc.call(leader, METHOD, wire, {
      timeoutMs,
      ...(signal === undefined ? {} : { signal }),
    })
    const { results, raftIndex } = WireResponse.decode(bytes)
    return { results: results.map(sqlResultFromWire), raftIndex, servedBy: leader.address }
  }

  /** A step from another node, which believes that this one leads. */
  async #serve(bytes: Uint8Array, signal: AbortSignal): Promise<Uint8Array> {
    const { requestId, sinceIndex, timeoutMs, step, ...caller } = WireRequest.decode(bytes)
    if (step === undefined) throw new DebrosError('REQUEST_INVALID', 'a load without a step')
    checkNamespace(step.namespace)
    checkCaller(this.#components.authorizer, caller, ['load'], 'load')
    const request = {
      step: loadFromWire(step, { timeMs: 0, seed: 0 }),
      requestId: requestIdFromWire(requestId),
    }
    const { results, raftIndex } = await this.#propose(request, sinceIndex, { timeoutMs, signal })
    return WireResponse.encode({ results: results.map(sqlResultToWire), raftIndex: raftIndex ?? 0 })
  }
}

interface StepRequest {
  readonly step: Step
  /** The same for every attempt. */
  readonly requestId: string
  readonly credentials: Credentials | undefined
}

/** `drawn`: what the leader decides on. */
function completed(
  step: Step,
  { timeMs, seed }: { readonly timeMs: number; readonly seed: number },
): SqlLoad {
  const common = { mode: 'load', timeMs } as const
  return step.step === 'commit' ? { ...step, ...common, seed } : { ...step, ...common }
}

function loadOf(options: LoadOptions): Load {
  return {
    loadId: freshRequestId(),
    namespace: checkNamespace(options.namespace ?? DEFAULT_NAMESPACE),
    limits: limitsOf(options),
    credentials: options.credentials,
  }
}

function notLoadable(): DebrosError {
  return new DebrosError('LOAD_INVALID', 'neither a SQLite file nor SQL text in UTF-8')
}

function bootRefused(why: string): DebrosError {
  return new DebrosError('BOOT_REFUSED', why)
}

function loadFailed(
  message: string,
  { retryable = false, outcome = 'not-applied', cause }: DebrosErrorOptions = {},
): DebrosError {
  return new DebrosError('LOAD_FAILED', `the load failed: ${message}`, { retryable, outcome, cause })
}

/** A piece that may or may not have been kept. */
function asNotApplied(error: unknown): never {
  if (!(error instanceof DebrosError) || error.outcome === 'not-applied') throw error
  throw loadFailed(errorMessage(error), { retryable: true, cause: error })
}
