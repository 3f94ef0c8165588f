/** So many things at a time, so many callers that wait for their turn, and no more. */
import { callAborted, callTimeout, type Limits } from './consensus.ts'

export interface SlotsInit {
  readonly count: number
  readonly waitingMax: number
  /** What a caller gets for whom there is no room to wait. */
  readonly busy: () => Error
}

export class Slots {
  readonly #init: SlotsInit
  #taken = 0
  /** In the order in which they came. */
  readonly #waiting = new Set<() => void>()

  constructor(init: SlotsInit) {
    this.#init = init
  }

  /** Resolves, when it is the caller's turn, with what ends it. Rejects as a call that did nothing. */
  async take({ timeoutMs, signal }: Limits): Promise<() => void> {
    if (signal?.aborted === true) throw callAborted('not-applied', signal.reason)
    if (this.#taken < this.#init.count) return this.#begin()
    if (this.#waiting.size >= this.#init.waitingMax) throw this.#init.busy()
    const turn = Promise.withResolvers<void>()
    const giveUp = (error: Error): void => {
      this.#waiting.delete(turn.resolve) // at once, so that no turn is given to who has gone
      turn.reject(error)
    }
    const timer = setTimeout(() => giveUp(callTimeout(timeoutMs, 'not-applied')), timeoutMs)
    const onAbort = (): void => giveUp(callAborted('not-applied', signal?.reason))
    signal?.addEventListener('abort', onAbort)
    this.#waiting.add(turn.resolve)
    try {
      await turn.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
    return this.#ender()
  }

  #begin(): () => void {
    this.#taken++
    return this.#ender()
  }

  /** A turn that ends becomes the next caller's. */
  #ender(): () => void {
    let isOver = false
    return () => {
      if (isOver) return
      isOver = true
      const [next] = this.#waiting
      if (next === undefined) {
        this.#taken--
        return
      }
      this.#waiting.delete(next)
      next()
    }
  }
}
