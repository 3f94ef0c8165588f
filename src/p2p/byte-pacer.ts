import type { Clock } from '../raft/index.ts'

export interface BytePacerComponents {
  readonly clock: Clock
}

export interface BytePacerInit {
  /** 0: as fast as it goes, with a turn of the event loop for others in between. */
  readonly bytesPerSecond: number
  /** What may go at once after a pause. */
  readonly burstBytes: number
}

/**
 * A token bucket: tokens are bytes, they come at an even rate, and no more than a burst of them is kept.
 * Kept as the time at which the bucket was or will be empty, so that nothing ticks. Whoever takes more
 * than there is has it booked, and waits until it is there: turns are served in the order they came.
 */
export class BytePacer {
  readonly #clock: Clock
  readonly #bytesPerMs: number
  readonly #burstMs: number
  /** With no tokens left at this time, and none booked. */
  #emptyAt: number

  constructor({ clock }: BytePacerComponents, { bytesPerSecond, burstBytes }: BytePacerInit) {
    this.#clock = clock
    this.#bytesPerMs = bytesPerSecond === 0 ? Number.POSITIVE_INFINITY : bytesPerSecond / 1_000
    this.#burstMs = burstBytes / this.#bytesPerMs
    this.#emptyAt = clock.now() - this.#burstMs
  }

  /**
   * Resolves when so many bytes may be sent, never within the same turn of the event loop. An abort
   * rejects with the signal's reason and gives the bytes back.
   */
  take(bytes: number, signal: AbortSignal): Promise<void> {
    const costMs = bytes / this.#bytesPerMs
    const now = this.#clock.now()
    this.#emptyAt = Math.max(this.#emptyAt, now - this.#burstMs) + costMs
    const waitMs = this.#emptyAt - now
    return new Promise((resolve, reject) => {
      const end = (): void => {
        signal.removeEventListener('abort', end)
        timer?.cancel()
        if (!signal.aborted) {
          resolve()
          return
        }
        this.#emptyAt -= costMs
        reject(signal.reason)
      }
      const timer = waitMs > 0 && !signal.aborted ? this.#clock.after(waitMs, end) : undefined
      if (timer === undefined) this.#clock.defer(end)
      else signal.addEventListener('abort', end)
    })
  }
}
