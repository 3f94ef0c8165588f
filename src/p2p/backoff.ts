export interface BackoffInit {
  readonly delayMs: number
  readonly delayMaxMs: number
  /** A number in `[0, 1)`. @default Math.random */
  readonly random?: () => number
}

/** Growing waits between attempts, each shortened at random by up to a half so that peers spread out. */
export class Backoff {
  readonly #init: BackoffInit
  #delayMs: number

  constructor(init: BackoffInit) {
    this.#init = init
    this.#delayMs = init.delayMs
  }

  next(): number {
    const delayMs = this.#delayMs
    this.#delayMs = Math.min(delayMs * 2, this.#init.delayMaxMs)
    return delayMs * (1 - (this.#init.random ?? Math.random)() / 2)
  }

  reset(): void {
    this.#delayMs = this.#init.delayMs
  }
}
