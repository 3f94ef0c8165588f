/**
 * One time limit for many things that mostly end long before it: a timer for each would be started and stopped with
 * every request.
 */
import { Linked, LinkedList } from '../base/index.ts'

export class Deadline extends Linked {
  /** On the monotonic clock. */
  endsAt = 0
  readonly expire: () => void

  constructor(expire: () => void) {
    super()
    this.expire = expire
  }
}

export class Deadlines {
  readonly #timeoutMs: number
  /** The first to end first. */
  readonly #waiting = new LinkedList<Deadline>()
  #timer: NodeJS.Timeout | undefined

  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs
  }

  add(deadline: Deadline): void {
    deadline.endsAt = performance.now() + this.#timeoutMs
    this.#waiting.add(deadline)
    this.#timer ??= this.#start(this.#timeoutMs)
  }

  delete(deadline: Deadline): void {
    this.#waiting.delete(deadline)
  }

  /** Does not keep the process: what is waited for does. */
  #start(delayMs: number): NodeJS.Timeout {
    return setTimeout(() => this.#expire(), delayMs).unref()
  }

  #expire(): void {
    this.#timer = undefined
    const now = performance.now()
    for (;;) {
      const { first } = this.#waiting
      if (first === undefined) return
      if (first.endsAt > now) {
        this.#timer ??= this.#start(Math.ceil(first.endsAt - now))
        return
      }
      this.#waiting.delete(first)
      first.expire()
    }
  }
}
