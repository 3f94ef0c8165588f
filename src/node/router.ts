/**
 * Gets a request to the leader: does it here if this node leads, else sends it there, and tries again
 * for as long as that is safe. What certainly did not happen may be repeated; so may a read. A request
 * that carries an id may also be repeated when its answer was lost, because it is applied once
 * (requests.ts). If no attempt brings an answer in time, and one of them may have been applied, the
 * outcome is unknown.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError, Linked, LinkedList } from '../base/index.ts'
import type { PeerAddress, Rpc } from '../p2p/index.ts'
import { callAborted, callTimeout, type Limits } from './consensus.ts'
import type { LeaderAddress } from './types.ts'

/** Failures after which the same request may simply be made again: it did not and will not happen. */
const TRY_AGAIN = new Set([
  'RAFT_NO_LEADER',
  'RAFT_NOT_LEADER',
  'RAFT_TRANSFERRING',
  'RAFT_PROPOSAL_DROPPED',
  'PEER_UNREACHABLE',
])

/** Failures after which nobody knows, and another leader may. */
const ASK_AGAIN = new Set(['PEER_CALL_LOST', 'RAFT_LEADERSHIP_LOST', 'RPC_BUSY'])

const RETRY_DELAY_MS = { first: 10, factor: 2, max: 200 }

export interface RouterComponents {
  readonly rpc: Rpc
  readonly leader: () => (LeaderAddress & PeerAddress) | undefined
}

export interface RouterInit {
  readonly selfId: string
  /** How long a request waits for a leader, from when there was none, before it fails with `RAFT_NO_LEADER`. */
  readonly leaderWaitMs: number
}

export interface Routed<T> {
  /** Does it on this node. */
  readonly local: (attempt: Attempt) => Promise<T>
  /** Asks the leader, another node. */
  readonly remote: (leader: PeerAddress, attempt: Attempt) => Promise<T>
  readonly kind: RoutedKind
}

/**
 * - `read`: changes nothing;
 * - `write`: carries a request id;
 * - `once`: neither, so what may have happened is not repeated.
 */
export type RoutedKind = 'read' | 'write' | 'once'

export interface Attempt extends Limits {
  /** An earlier attempt at this write may have been applied. */
  readonly mayHaveHappened: boolean
}

/**
 * It waits for another node's answer, until its caller gives up or another node leads. One controller told by a
 * listener: `AbortSignal.any` takes several times as long, and there is one for each request that is passed on.
 */
class RemoteCall extends Linked {
  readonly leaderId: string
  readonly #end = new AbortController()
  readonly #caller: AbortSignal | undefined
  #isSuperseded = false

  constructor(leaderId: string, caller: AbortSignal | undefined) {
    super()
    this.leaderId = leaderId
    this.#caller = caller
    caller?.addEventListener('abort', this.#giveUp)
    if (caller?.aborted === true) this.#giveUp()
  }

  get signal(): AbortSignal {
    return this.#end.signal
  }

  /** Another node leads, and the caller still waits. */
  get isSuperseded(): boolean {
    return this.#isSuperseded && this.#caller?.aborted !== true
  }

  supersede(): void {
    this.#isSuperseded = true
    this.#end.abort()
  }

  /** The caller's signal may outlive the call by far: that of a connection does. */
  close(): void {
    this.#caller?.removeEventListener('abort', this.#giveUp)
  }

  readonly #giveUp = (): void => this.#end.abort(this.#caller?.reason)
}

export class Router {
  readonly #components: RouterComponents
  readonly #init: RouterInit
  /** Ends the pauses between attempts. */
  #leaderChange = new AbortController()
  /**
   * Since when it is seen here that no leader is known; undefined while one is, and at first: there may be one by
   * now. On the monotonic clock.
   */
  #leaderlessSince: number | undefined
  readonly #calls = new LinkedList<RemoteCall>()

  constructor(components: RouterComponents, init: RouterInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * Another leader, or none any more: what is waiting to be tried again is tried at once, and nobody goes
   * on waiting for a node that another one has succeeded: it may be cut off and never answer.
   */
  leaderChanged(): void {
    this.#leaderChange.abort()
    this.#leaderChange = new AbortController()
    const leader = this.#components.leader()
    if (leader === undefined) {
      this.#leaderlessSince ??= performance.now()
      return
    }
    this.#leaderlessSince = undefined
    for (const call of this.#calls.all()) if (call.leaderId !== leader.id) call.supersede()
  }

  async route<T>(request: Routed<T>, limits: Limits): Promise<T> {
    return await this.attempt(
      async (attempt) => {
        const leader = this.#components.leader()
        if (leader === undefined) throw noLeader()
        this.#leaderlessSince = undefined
        if (leader.id === this.#init.selfId) return await request.local(attempt)
        return await this.#remotely(request, leader, attempt)
      },
      limits,
      request.kind,
    )
  }

  /** Calls `run` until it succeeds, fails for good, or there was no leader for too long. */
  async attempt<T>(run: (attempt: Attempt) => Promise<T>, limits: Limits, kind: RoutedKind): Promise<T> {
    const { timeoutMs, signal } = limits
    const started = performance.now()
    let troubledSince: number | undefined
    let delayMs = RETRY_DELAY_MS.first
    let mayHaveHappened = false
    for (;;) {
      const remainingMs = Math.max(1, Math.ceil(timeoutMs - (performance.now() - started)))
      try {
        return await run({ timeoutMs: remainingMs, signal, mayHaveHappened })
      } catch (error) {
        if (!(error instanceof DebrosError)) throw error
        const now = performance.now()
        // Where there has been no leader for long, nobody waits for one again.
        if (this.#components.leader() === undefined) this.#leaderlessSince ??= now
        else this.#leaderlessSince = undefined
        troubledSince ??= this.#leaderlessSince ?? now
        const patient =
          now + delayMs - troubledSince <= this.#init.leaderWaitMs && now + delayMs - started < timeoutMs
        if (!patient || !isRepeatable(error, kind, mayHaveHappened)) {
          throw conclude(error, kind, mayHaveHappened, timeoutMs)
        }
        if (kind === 'write' && error.outcome === 'unknown') mayHaveHappened = true
      }
      await this.#pause(delayMs, signal)
      if (signal?.aborted === true) {
        throw callAborted(mayHaveHappened ? 'unknown' : 'not-applied', signal.reason)
      }
      delayMs = Math.min(delayMs * RETRY_DELAY_MS.factor, RETRY_DELAY_MS.max)
    }
  }

  async #remotely<T>(request: Routed<T>, leader: PeerAddress & LeaderAddress, attempt: Attempt): Promise<T> {
    if (request.kind === 'once') return await request.remote(leader, attempt)
    const call = new RemoteCall(leader.id, attempt.signal)
    this.#calls.add(call)
    try {
      return await request.remote(leader, { ...attempt, signal: call.signal })
    } catch (error) {
      if (call.isSuperseded) {
        throw answerMissing('another node leads now', error)
      }
      if (!(error instanceof DebrosError) || error.code !== 'RAFT_STOPPED') throw error
      // That another node stops is no more than a connection that breaks.
      if (error.outcome === 'unknown') throw answerMissing('the leader stopped', error)
      throw new DebrosError('PEER_UNREACHABLE', 'the leader stopped', { retryable: true, cause: error })
    } finally {
      this.#calls.delete(call)
      call.close()
    }
  }

  async #pause(delayMs: number, signal: AbortSignal | undefined): Promise<void> {
    const change = this.#leaderChange.signal
    const until = signal === undefined ? change : AbortSignal.any([change, signal])
    await sleep(delayMs, undefined, { signal: until }).catch(() => {}) // it was cut short
  }
}

function answerMissing(message: string, cause: unknown): DebrosError {
  return new DebrosError('PEER_CALL_LOST', message, { outcome: 'unknown', cause })
}

function isRepeatable({ code }: DebrosError, kind: RoutedKind, mayHaveHappened: boolean): boolean {
  if (TRY_AGAIN.has(code)) return true
  if (kind !== 'once' && ASK_AGAIN.has(code)) return true
  // It was refused because this node was so far behind that it could have been an old request.
  return kind === 'write' && code === 'REQUEST_FORGOTTEN' && !mayHaveHappened
}

/** Puts the last failure into the services' own terms, together with what is known of the attempts before. */
function conclude(
  failure: DebrosError,
  kind: RoutedKind,
  mayHaveHappened: boolean,
  timeoutMs: number,
): DebrosError {
  if (failure.outcome === 'applied') return failure
  if (kind === 'read') {
    if (failure.code === 'PEER_CALL_TIMEOUT') return callTimeout(timeoutMs, 'not-applied')
    return TRY_AGAIN.has(failure.code) || ASK_AGAIN.has(failure.code) ? noLeader(failure) : failure
  }
  if (failure.code === 'PEER_CALL_TIMEOUT') return callTimeout(timeoutMs, 'unknown')
  if (mayHaveHappened || ASK_AGAIN.has(failure.code)) {
    if (failure.outcome === 'unknown' && failure.code !== 'PEER_CALL_LOST') return failure
    return answerLost(failure)
  }
  return TRY_AGAIN.has(failure.code) ? noLeader(failure) : failure
}

function answerLost(cause: DebrosError): DebrosError {
  return new DebrosError(
    'RAFT_LEADERSHIP_LOST',
    'leadership lost while committing log: the leader was lost before it answered, and no other told in time ' +
      'whether the write was applied',
    { outcome: 'unknown', cause },
  )
}

export function notLeader(): DebrosError {
  return new DebrosError('RAFT_NOT_LEADER', 'this node is not the leader', { retryable: true })
}

export function noLeader(cause?: unknown): DebrosError {
  return new DebrosError('RAFT_NO_LEADER', 'leader not found', { retryable: true, cause })
}
