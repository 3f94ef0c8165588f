/**
 * Lets so much work in that what was let in does not wait for long. Work that comes faster than it can be done
 * would wait for ever longer, until nobody waits for its results any more; so some of it is refused at once, which
 * costs little, and can be tried again.
 *
 * How much is too much nobody can know beforehand. It shows in the wait: a burst is over soon, and then some of
 * the work is done as fast as ever; if even the fastest of an interval has waited for long, the queue stands (as in
 * CoDel, RFC 8289). What may be in the gate then follows from Little's law: what is done in a time, times the time
 * that it may take. Without such a queue there is no limit.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Counters, DebrosError } from '../base/index.ts'
import { DEFAULT_LOAD } from './defaults.ts'

export interface LoadGateInit {
  /** How long the fastest may have waited, beyond what it takes when nothing waits. */
  readonly waitMs: number
  /** How long is watched before something is concluded. */
  readonly intervalMs: number
  /** So much is let in whatever it waits for. */
  readonly inFlightMin: number
  /** If nothing at all was done for so long, no more is let in than is there. */
  readonly stallMs: number
  readonly onRefusal?: () => void
  /** @default waits by the clock */
  readonly pause?: (ms: number) => Promise<void>
}

/** Of a node's services: reads and writes wait for different things. */
export interface LoadGates {
  readonly reads: LoadGate
  readonly writes: LoadGate
}

/** By how much more is let in after an interval without a queue, and after one with half of what is too long. */
const GROWTH = { fast: 1.5, slow: 1.1 }
/** Before a refusal is told to who asks in this process, or from another node. */
const REFUSAL_PAUSE_MS = 5
/** In which time the fastest ever is forgotten, which may have been faster than what is asked for now. */
const BEST_AGE_MS = 60_000

export class LoadGate {
  readonly #init: LoadGateInit
  readonly #now: () => number
  #inFlight = 0
  #limit = Number.POSITIVE_INFINITY
  #bestMs = Number.POSITIVE_INFINITY
  #lastDone: number
  /** Of the interval that began at `#since`. */
  #since: number
  #done = 0
  #leastMs = Number.POSITIVE_INFINITY
  #peak = 0
  #wasRefusedElsewhere = false
  #pause: Promise<void> | undefined

  /** `now` in milliseconds on a steady clock. */
  constructor(init: LoadGateInit, now: () => number = () => performance.now()) {
    this.#init = init
    this.#now = now
    this.#since = now()
    this.#lastDone = this.#since
  }

  /** Throws `RAFT_BUSY` if work would be refused now. */
  check(): void {
    this.#conclude(this.#now())
    if (this.#inFlight < this.#limit) return
    this.#init.onRefusal?.()
    // Nothing was done.
    throw new DebrosError('RAFT_BUSY', 'more is asked of the node than it can do; try again shortly', {
      retryable: true,
    })
  }

  /**
   * Does the work, or rejects with `RAFT_BUSY`, after a moment: who asks again at once, and again, would leave no
   * time for the work to be done.
   */
  async run<T>(work: () => Promise<T>): Promise<T> {
    try {
      this.check()
    } catch (error) {
      await this.#moment()
      throw error
    }
    const startedMs = this.#now()
    if (this.#inFlight++ === 0) this.#lastDone = startedMs
    this.#peak = Math.max(this.#peak, this.#inFlight)
    try {
      const result = await work()
      this.#count(startedMs)
      return result
    } catch (error) {
      // What fails may have been fast because nothing was done.
      if (error instanceof DebrosError && error.code === 'RAFT_BUSY') this.#wasRefusedElsewhere = true
      throw error
    } finally {
      this.#inFlight--
    }
  }

  /** Shared by all that are refused meanwhile. */
  #moment(): Promise<void> {
    this.#pause ??= (this.#init.pause ?? sleep)(REFUSAL_PAUSE_MS).then(() => {
      this.#pause = undefined
    })
    return this.#pause
  }

  #count(startedMs: number): void {
    const now = this.#now()
    this.#conclude(now)
    this.#lastDone = now
    this.#done++
    this.#leastMs = Math.min(this.#leastMs, now - startedMs)
  }

  /** Draws the conclusions from an interval that is over. */
  #conclude(now: number): void {
    const elapsedMs = now - this.#since
    if (elapsedMs < this.#init.intervalMs) return
    if (this.#done > 0) this.#adjust(elapsedMs)
    else if (this.#inFlight === 0) this.#limit = Number.POSITIVE_INFINITY
    else if (now - this.#lastDone >= this.#init.stallMs) this.#restrict(this.#inFlight)
    this.#since = now
    this.#done = 0
    this.#leastMs = Number.POSITIVE_INFINITY
    this.#peak = this.#inFlight
    this.#wasRefusedElsewhere = false
  }

  #adjust(elapsedMs: number): void {
    const { waitMs } = this.#init
    const isLimited = this.#limit !== Number.POSITIVE_INFINITY
    if (this.#leastMs < this.#bestMs) this.#bestMs = this.#leastMs
    // With a limit there may be a queue all the time, which must not pass for what is usual.
    else if (!isLimited) {
      this.#bestMs += (this.#leastMs - this.#bestMs) * Math.min(1, elapsedMs / BEST_AGE_MS)
    }
    const waitedMs = this.#leastMs - this.#bestMs
    if (waitedMs > waitMs || this.#wasRefusedElsewhere) {
      this.#restrict((this.#done / elapsedMs) * (this.#bestMs + waitMs))
    } else if (isLimited) {
      const isNeeded = this.#peak > this.#limit / 2
      const growth = waitedMs < waitMs / 2 ? GROWTH.fast : GROWTH.slow
      this.#limit = isNeeded ? Math.ceil(this.#limit * growth) : Number.POSITIVE_INFINITY
    }
  }

  #restrict(inFlight: number): void {
    this.#limit = Math.max(this.#init.inFlightMin, Math.min(this.#limit, Math.ceil(inFlight)))
  }
}

/** Counts what they refuse as `refused_reads` and `refused_writes` of the group. */
export function openGates(counters: Counters, group: string): LoadGates {
  const open = (name: string): LoadGate => {
    counters.declare(group, [name])
    return new LoadGate({ ...DEFAULT_LOAD, onRefusal: () => counters.add(group, name) })
  }
  return { reads: open('refused_reads'), writes: open('refused_writes') }
}
