/** The Raft driver with promises, as the services use it. */
import { DebrosError, TIMER_MS_MAX } from '../base/index.ts'
import type {
  Applied,
  ClusterConfig,
  ConfigChange,
  NodeId,
  RaftDriver,
  RaftStatus,
  SnapshotMeta,
} from '../raft/index.ts'
import { DEFAULT_TIMEOUT_MS } from './defaults.ts'
import type { CallOptions } from './types.ts'

/** Told when this node is about to hand over its lead. */
export interface HandoverHooks {
  /** What has to be done as long as it leads. */
  readonly prepare: () => Promise<void>
  readonly failed: () => void
}

export class Consensus {
  readonly #driver: RaftDriver
  readonly #handover: HandoverHooks | undefined

  constructor(driver: RaftDriver, handover?: HandoverHooks) {
    this.#driver = driver
    this.#handover = handover
  }

  get status(): RaftStatus {
    return this.#driver.status()
  }

  get isLeader(): boolean {
    return this.#driver.role === 'leader'
  }

  /** Leader: whether the member answered within the last one to two election timeouts; true for this node itself. */
  hears(id: NodeId): boolean {
    const { id: self, progress } = this.#driver.status()
    return id === self || progress.get(id)?.heardLately === true
  }

  /** The highest index known here to be committed. */
  get commitIndex(): number {
    return this.#driver.commitIndex
  }

  /** Of the entry applied last; 0 if there is none. */
  get appliedTerm(): number {
    const { applied, snapshot } = this.#driver.status()
    return this.#driver.termAt(applied) ?? (snapshot?.index === applied ? snapshot.term : 0)
  }

  /** This node is no member any more, and waits until it is told otherwise; see {@link RaftDriver.retire}. */
  get retired(): boolean {
    return this.#driver.retired
  }

  get leaderId(): NodeId | undefined {
    return this.#driver.leader
  }

  get config(): ClusterConfig {
    return this.#driver.config
  }

  /**
   * Rejects as {@link RaftDriver.propose} does, or `CALL_TIMEOUT` / the signal's reason (both unknown).
   */
  propose(data: Uint8Array, limits: Limits): Promise<Applied> {
    return limited(limits, 'unknown', (resolve) => this.#driver.propose(data, resolve))
  }

  changeMembership(changes: readonly ConfigChange[], limits: Limits): Promise<Applied> {
    return limited(limits, 'unknown', (resolve) => this.#driver.changeMembership(changes, resolve))
  }

  /** Resolves with the index once a read here sees everything committed before the call. */
  readIndex(limits: Limits): Promise<number> {
    return limited(limits, 'not-applied', (resolve) => this.#driver.readIndex(resolve))
  }

  /** Whether {@link config} is committed; until then it may still be rolled back. */
  get configCommitted(): boolean {
    return this.#driver.configCommitted
  }

  /** Resolves with false if everything applied was in a snapshot already. See {@link RaftDriver.takeSnapshot}. */
  takeSnapshot(trailingEntries: number | undefined, limits: Limits): Promise<boolean> {
    return limited(limits, 'unknown', (resolve) => this.#driver.takeSnapshot(trailingEntries, resolve))
  }

  get snapshotsInUse(): readonly SnapshotMeta[] {
    return this.#driver.snapshotsInUse
  }

  /** Resolves once this node does not lead any more. Rejects with `RAFT_TRANSFER_FAILED`, or as above. */
  async transferLeadership(to: NodeId | undefined, limits: Limits): Promise<void> {
    await this.#handover?.prepare()
    try {
      await limited<void>(limits, 'unknown', (resolve) => this.#driver.transferLeadership(to, resolve))
    } catch (error) {
      this.#handover?.failed()
      throw error
    }
  }
}

/** How long a caller is willing to wait. */
export interface Limits {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

export function limitsOf({ timeoutMs = DEFAULT_TIMEOUT_MS, signal }: CallOptions): Limits {
  return { timeoutMs: Math.min(timeoutMs, TIMER_MS_MAX), signal }
}

function limited<T>(
  limits: Limits,
  outcome: 'unknown' | 'not-applied',
  start: (done: (error: Error | undefined, value: T) => void) => void,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const { signal, timeoutMs } = limits
    const cleanUp = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
    const abort = (): void => {
      cleanUp()
      reject(callAborted(outcome, signal?.reason))
    }
    const timer = setTimeout(() => {
      cleanUp()
      reject(callTimeout(timeoutMs, outcome))
    }, timeoutMs)
    if (signal?.aborted === true) {
      abort()
      return
    }
    signal?.addEventListener('abort', abort)
    start((error, value) => {
      cleanUp()
      if (error === undefined) resolve(value)
      else reject(error)
    })
  })
}

export function callTimeout(timeoutMs: number, outcome: 'unknown' | 'not-applied'): DebrosError {
  const what = outcome === 'unknown' ? 'it may still be applied' : 'nothing was done'
  return new DebrosError('CALL_TIMEOUT', `no answer within ${timeoutMs} ms; ${what}`, {
    outcome,
    retryable: outcome === 'not-applied',
  })
}

export function callAborted(outcome: 'unknown' | 'not-applied', cause: unknown): DebrosError {
  return new DebrosError('CALL_ABORTED', 'the caller gave up', { outcome, cause })
}
