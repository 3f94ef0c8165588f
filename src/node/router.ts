/**
 * Gets a request to the leader: does it here if this node leads, else sends it there, and tries
 * again for as long as nothing can have happened. What may have happened is never repeated.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError } from '../base/index.ts'
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

const RETRY_DELAY_MS = { first: 10, factor: 2, max: 200 }

export interface RouterComponents {
  readonly rpc: Rpc
  readonly leader: () => (LeaderAddress & PeerAddress) | undefined
}

export interface RouterInit {
  readonly selfId: string
  /** How long a request waits for a leader to be there before it fails with `RAFT_NO_LEADER`. */
  readonly leaderWaitMs: number
}

export interface Routed<T> {
  /** Does it on this node. */
  readonly local: (limits: Limits) => Promise<T>
  /** Asks the leader, another node. */
  readonly remote: (leader: PeerAddress, limits: Limits) => Promise<T>
  /** A read may be repeated even when its answer was lost. */
  readonly idempotent: boolean
}

export class Router {
  readonly #components: RouterComponents
  readonly #init: RouterInit

  constructor(components: RouterComponents, init: RouterInit) {
    this.#components = components
    this.#init = init
  }

  async route<T>(request: Routed<T>, limits: Limits): Promise<T> {
    return await this.attempt(
      async (remaining) => {
        const leader = this.#components.leader()
        if (leader === undefined) throw noLeader()
        if (leader.id === this.#init.selfId) return await request.local(remaining)
        return await request.remote(leader, remaining)
      },
      limits,
      request.idempotent,
    )
  }

  /** Calls `run` until it succeeds, fails for good, or there was no leader for too long. */
  async attempt<T>(run: (remaining: Limits) => Promise<T>, limits: Limits, idempotent: boolean): Promise<T> {
    const started = performance.now()
    const patienceMs = Math.min(limits.timeoutMs, this.#init.leaderWaitMs)
    let delayMs = RETRY_DELAY_MS.first
    for (;;) {
      const elapsed = performance.now() - started
      const remaining = {
        timeoutMs: Math.max(1, Math.ceil(limits.timeoutMs - elapsed)),
        signal: limits.signal,
      }
      try {
        return await run(remaining)
      } catch (error) {
        const failure = translate(error, limits, idempotent)
        if (!isRepeatable(failure, idempotent) || performance.now() - started + delayMs > patienceMs) {
          throw TRY_AGAIN.has(failure.code) ? noLeader(failure) : failure
        }
      }
      await sleep(delayMs, undefined, limits.signal === undefined ? {} : { signal: limits.signal }).catch(
        (reason: unknown) => {
          throw callAborted('not-applied', reason)
        },
      )
      delayMs = Math.min(delayMs * RETRY_DELAY_MS.factor, RETRY_DELAY_MS.max)
    }
  }
}

function isRepeatable(failure: DebrosError, idempotent: boolean): boolean {
  return TRY_AGAIN.has(failure.code) || (idempotent && failure.code === 'PEER_CALL_LOST')
}

/** Puts what went wrong on the way to another node into the services' own terms. */
function translate(error: unknown, limits: Limits, idempotent: boolean): DebrosError {
  if (!(error instanceof DebrosError)) throw error
  if (error.code === 'PEER_CALL_TIMEOUT') {
    return callTimeout(limits.timeoutMs, idempotent ? 'not-applied' : 'unknown')
  }
  if (error.code === 'PEER_CALL_LOST' && !idempotent) {
    return new DebrosError(
      'RAFT_LEADERSHIP_LOST',
      'leadership lost while committing log: the connection to the leader broke before it answered',
      { outcome: 'unknown', cause: error },
    )
  }
  return error
}

export function notLeader(): DebrosError {
  return new DebrosError('RAFT_NOT_LEADER', 'this node is not the leader', { retryable: true })
}

export function noLeader(cause?: unknown): DebrosError {
  return new DebrosError('RAFT_NO_LEADER', 'leader not found', { retryable: true, cause })
}
