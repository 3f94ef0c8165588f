/**
 * Tells only so many callers in a second that more comes than can be done. A refusal costs little, but callers who
 * ask again at once can make so many of them that nothing else is done. A caller that waits for its refusal asks for
 * nothing meanwhile.
 */
const TICK_MS = 5

export class PacedRefusals {
  readonly #perMs: number
  #waiting: (() => void)[] = []
  /** What may still be told until the next tick. */
  #left: number
  #timer: NodeJS.Timeout | undefined
  #ticked = 0

  constructor(perSecond: number) {
    this.#perMs = perSecond / 1_000
    this.#left = this.#perMs * TICK_MS
  }

  /** Resolves when it is the caller's turn, in the order of the calls. */
  turn(): Promise<void> {
    if (this.#timer === undefined) this.#wait()
    if (this.#left >= 1) {
      this.#left--
      return Promise.resolve()
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }

  #wait(): void {
    this.#ticked = performance.now()
    this.#timer = setTimeout(() => this.#tick(), TICK_MS)
  }

  /** A tick that comes late, as it does where there is much to do, counts for as many as it stands for. */
  #tick(): void {
    const room = Math.max(1, Math.floor((performance.now() - this.#ticked) * this.#perMs))
    const turn = this.#waiting.slice(0, room)
    this.#waiting = this.#waiting.slice(turn.length)
    this.#left = this.#waiting.length > 0 ? 0 : Math.min(room - turn.length, this.#perMs * TICK_MS)
    this.#timer = undefined
    if (turn.length > 0) this.#wait()
    for (const resolve of turn) resolve()
  }
}
