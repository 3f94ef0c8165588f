import type { Logger } from '../base/index.ts'

const INTERVAL_MS = 60_000
const KEYS_MAX = 1_000

/**
 * Log lines about what other peers do wrong: every one at debug, and one a minute per peer and message as
 * a warning, so that nobody outside can fill our logs.
 */
export class PeerWarnings {
  readonly #logger: Logger
  readonly #lastMs = new Map<string, number>()

  constructor(components: { readonly logger: Logger }) {
    this.#logger = components.logger
  }

  warn(peerId: string, fields: object, message: string): void {
    const nowMs = performance.now()
    const key = `${peerId} ${message}`
    const lastMs = this.#lastMs.get(key)
    if (lastMs !== undefined && nowMs - lastMs < INTERVAL_MS) {
      this.#logger.debug({ peerId, ...fields }, message)
      return
    }
    // Oldest first; a flood of peers costs some repeated warnings, not memory.
    if (this.#lastMs.size >= KEYS_MAX) this.#lastMs.delete(this.#lastMs.keys().next().value ?? '')
    this.#lastMs.delete(key)
    this.#lastMs.set(key, nowMs)
    this.#logger.warn({ peerId, ...fields }, message)
  }
}
