/** Lets somebody wait until something may have changed, without missing what changed before. */
export class Waker {
  #count = 0
  readonly #waiting = new Set<() => void>()

  /** How often it has been woken. To be read before looking at what may change. */
  get count(): number {
    return this.#count
  }

  wake(): void {
    this.#count++
    const waiting = [...this.#waiting]
    this.#waiting.clear()
    for (const resume of waiting) resume()
  }

  /** Resolves once it has been woken more often than `seen`, or the signal is aborted. */
  async woken(seen: number, signal: AbortSignal): Promise<void> {
    if (this.#count !== seen || signal.aborted) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const resume = (): void => resolve()
    this.#waiting.add(resume)
    signal.addEventListener('abort', resume)
    try {
      await promise
    } finally {
      this.#waiting.delete(resume)
      signal.removeEventListener('abort', resume)
    }
  }
}
