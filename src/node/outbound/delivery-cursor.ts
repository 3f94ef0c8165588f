/**
 * Tells the cluster, through its log, how far changes were delivered. One entry stands for many deliveries:
 * what it comes to is only that a new leader may send what was delivered since the last entry once more.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { errorMessage, type Logger } from '../../base/index.ts'

/** How long deliveries are gathered for one entry. */
const INTERVAL_MS = 100

export interface DeliveryCursorComponents {
  /** Resolves once it is committed. */
  readonly propose: (through: number, signal: AbortSignal) => Promise<void>
  readonly logger: Logger
}

export class DeliveryCursor {
  readonly #components: DeliveryCursorComponents
  #delivered = 0
  #committed = 0
  #signal = AbortSignal.abort()
  #committing: Promise<void> | undefined
  /** Aborted to end the gathering. */
  #hurry = new AbortController()

  constructor(components: DeliveryCursorComponents) {
    this.#components = components
  }

  /** Everything through this index was delivered before. The signal ends what `advance` begins. */
  begin(through: number, signal: AbortSignal): void {
    this.#delivered = through
    this.#committed = through
    this.#signal = signal
  }

  advance(through: number): void {
    this.#delivered = through
    this.#begin()
  }

  #begin(): void {
    this.#committing ??= this.#commit().finally(() => {
      this.#committing = undefined
      // Another leadership of this node may have begun meanwhile.
      if (this.#isBehind && !this.#hurry.signal.aborted) this.#begin()
    })
  }

  get #isBehind(): boolean {
    return this.#delivered > this.#committed && !this.#signal.aborted
  }

  /** Resolves once what was delivered is committed, or that has failed, or takes too long. */
  async flush(timeoutMs: number): Promise<void> {
    this.#hurry.abort()
    const enough = new AbortController()
    await Promise.race([
      this.#committing,
      sleep(timeoutMs, undefined, { signal: enough.signal }).catch(() => {}), // it was in time
    ])
    enough.abort()
    this.#hurry = new AbortController()
  }

  async #commit(): Promise<void> {
    while (this.#isBehind) {
      const signal = this.#signal
      const until = AbortSignal.any([signal, this.#hurry.signal])
      await sleep(INTERVAL_MS, undefined, { signal: until }).catch(() => {}) // it was cut short
      if (signal.aborted) continue
      const through = this.#delivered
      try {
        await this.#components.propose(through, signal)
        if (signal === this.#signal) this.#committed = through
      } catch (error) {
        // The next attempt, or the next leader, will tell as much.
        this.#components.logger.debug({ error: errorMessage(error) }, 'deliveries were not noted')
        if (this.#hurry.signal.aborted) return
      }
    }
  }
}
