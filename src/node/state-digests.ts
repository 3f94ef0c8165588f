/**
 * Digests of this replica's state, one for each of the last digest entries of the log. They are taken
 * in the background, of the state as it was at the entry's index.
 */
import { DebrosError, errorMessage } from '../base/index.ts'
import type { KvMachine } from '../kv/index.ts'
import type { SqlMachine } from '../sql/index.ts'

export interface StateDigest {
  /** Of every database of every namespace, hexadecimal. */
  readonly sql: string
  /** Of the key-value store, hexadecimal. */
  readonly kv: string
}

export interface StateDigestsComponents {
  readonly sql: Pick<SqlMachine, 'digest'>
  readonly kv: Pick<KvMachine, 'digest' | 'appliedIndex'>
}

/** Enough for a comparison under way and the one before. */
const KEPT_MAX = 2

export class StateDigests {
  readonly #components: StateDigestsComponents
  readonly #taken = new Map<number, Promise<StateDigest>>()
  readonly #waiting = new Set<{ readonly index: number; readonly resolve: () => void }>()
  #busy = false

  constructor(components: StateDigestsComponents) {
    this.#components = components
  }

  /** The state stands at `index` now. Called between applies; costs no more than beginning. */
  take(index: number): void {
    const digest = this.#begin(index)
    digest.catch(() => {}) // heard by whoever asks
    this.#taken.set(index, digest)
    for (const old of this.#taken.keys()) {
      if (this.#taken.size <= KEPT_MAX) break
      this.#taken.delete(old)
    }
    for (const waiter of this.#waiting) if (waiter.index <= index) waiter.resolve()
  }

  /**
   * The digest taken at `index`, once it is there. Rejects with `DIGEST_UNAVAILABLE` if there is none,
   * and with the signal's reason.
   */
  async at(index: number, signal: AbortSignal): Promise<StateDigest> {
    const arrival = Promise.withResolvers<void>()
    const waiter = { index, resolve: arrival.resolve }
    const aborted = Promise.withResolvers<never>()
    aborted.promise.catch(() => {}) // it may come when nobody waits any more
    const abort = (): void => aborted.reject(signal.reason)
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    this.#waiting.add(waiter)
    try {
      const newest = [...this.#taken.keys()].at(-1) ?? 0
      if (newest < index) await Promise.race([arrival.promise, aborted.promise])
      const digest = this.#taken.get(index)
      if (digest === undefined) throw unavailable(`no digest was taken at index ${index}`)
      return await Promise.race([digest, aborted.promise])
    } finally {
      this.#waiting.delete(waiter)
      signal.removeEventListener('abort', abort)
    }
  }

  async #begin(index: number): Promise<StateDigest> {
    const { sql, kv } = this.#components
    if (this.#busy) throw unavailable('the digest before it is still being taken')
    if (kv.appliedIndex > index) throw unavailable('the log is being replayed')
    this.#busy = true
    try {
      // Both begin before this function first waits: nothing can be applied in between.
      const [sqlDigest, kvDigest] = await Promise.all([sql.digest(), kv.digest()])
      return { sql: sqlDigest, kv: kvDigest.digest }
    } catch (error) {
      throw unavailable(errorMessage(error))
    } finally {
      this.#busy = false
    }
  }
}

function unavailable(why: string): DebrosError {
  return new DebrosError('DIGEST_UNAVAILABLE', `this node has no digest of its state there: ${why}`, {
    retryable: true,
  })
}
