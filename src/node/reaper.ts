/**
 * A leader's care for members that are gone for good: whoever was silent for too long is removed, where
 * enough of the others answer. It counts from when it began to lead; what it cannot remove it leaves alone
 * for a while.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Counters, errorMessage, type Logger } from '../base/index.ts'
import type { Limits } from './consensus.ts'

const CHECK_MS_MIN = 20
const CHECK_MS_MAX = 1_000
const REMOVAL_TIMEOUT_MS = 10_000

/** Before it tries again to remove one that it could not. */
const RETRY_MS = 10_000

export interface ReaperComponents {
  readonly consensus: {
    readonly isLeader: boolean
    readonly status: { readonly term: number }
    readonly config: {
      readonly members: readonly { readonly id: string }[]
      readonly learners: readonly string[]
    }
    hears(id: string): boolean
  }
  /** Removes a member, unless it answers after all or that leaves no majority that answers. */
  readonly remove: (id: string, limits: Limits) => Promise<unknown>
  readonly counters: Counters
  readonly logger: Logger
}

export interface ReaperInit {
  readonly selfId: string
  /** Silence after which voters are removed, milliseconds. 0: never. */
  readonly nodeTimeoutMs: number
  /** The same for learners. */
  readonly readOnlyNodeTimeoutMs: number
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number
}

export class Reaper {
  readonly #components: ReaperComponents
  readonly #init: ReaperInit
  readonly #now: () => number
  readonly #lifetime = new AbortController()
  readonly #silentSince = new Map<string, number>()
  readonly #retryAt = new Map<string, number>()
  /** In which it counts. Who has led before, and not since, knows nothing of who was silent meanwhile. */
  #term = 0
  #running: Promise<void> | undefined

  constructor(components: ReaperComponents, init: ReaperInit) {
    this.#components = components
    this.#init = init
    this.#now = init.now ?? (() => performance.now())
    components.counters.declare('store', ['nodes_reaped_ok', 'nodes_reaped_failed'])
  }

  start(): void {
    const { nodeTimeoutMs, readOnlyNodeTimeoutMs } = this.#init
    const shortest = Math.min(...[nodeTimeoutMs, readOnlyNodeTimeoutMs].filter((ms) => ms > 0))
    if (!Number.isFinite(shortest)) return
    const { signal } = this.#lifetime
    const checkMs = Math.min(CHECK_MS_MAX, Math.max(CHECK_MS_MIN, shortest / 4))
    this.#running = (async () => {
      while (!signal.aborted) {
        await this.check()
        await sleep(checkMs, undefined, { signal }).catch(() => {})
      }
    })()
  }

  async stop(): Promise<void> {
    this.#lifetime.abort()
    await this.#running
  }

  /** Looks at every member once, and removes those that were silent for too long, one after the other. */
  async check(): Promise<void> {
    const { consensus } = this.#components
    const { term } = consensus.status
    if (!consensus.isLeader || term !== this.#term) {
      this.#silentSince.clear()
      this.#retryAt.clear()
      this.#term = term
    }
    if (!consensus.isLeader) return
    const { members } = consensus.config
    for (const id of this.#silentSince.keys()) {
      if (!members.some((member) => member.id === id)) this.#silentSince.delete(id)
    }
    for (const { id } of members) {
      if (this.#lifetime.signal.aborted || !consensus.isLeader || consensus.status.term !== term) return
      if (id !== this.#init.selfId) await this.#look(id)
    }
  }

  async #look(id: string): Promise<void> {
    const { consensus } = this.#components
    const now = this.#now()
    if (consensus.hears(id)) {
      this.#silentSince.delete(id)
      this.#retryAt.delete(id)
      return
    }
    const since = this.#silentSince.get(id) ?? now
    this.#silentSince.set(id, since)
    const isLearner = consensus.config.learners.includes(id)
    const timeoutMs = isLearner ? this.#init.readOnlyNodeTimeoutMs : this.#init.nodeTimeoutMs
    if (timeoutMs === 0 || now - since < timeoutMs || now < (this.#retryAt.get(id) ?? 0)) return
    await this.#reap(id, now - since)
  }

  async #reap(id: string, silentMs: number): Promise<void> {
    const { remove, counters, logger } = this.#components
    const fields = { id, silentMs: Math.round(silentMs) }
    try {
      await remove(id, { timeoutMs: REMOVAL_TIMEOUT_MS, signal: this.#lifetime.signal })
      counters.add('store', 'nodes_reaped_ok')
      logger.warn(fields, `node ${id} was silent for too long and is removed from the cluster`)
      this.#silentSince.delete(id)
    } catch (error) {
      counters.add('store', 'nodes_reaped_failed')
      this.#retryAt.set(id, this.#now() + RETRY_MS)
      logger.warn({ ...fields, error: errorMessage(error) }, `node ${id} is silent, but cannot be removed`)
    }
  }
}
