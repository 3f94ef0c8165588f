import type { Clock, Timer } from '../../src/raft/index.ts'

interface Due {
  readonly at: number
  readonly run: () => void
}

/** A clock that stands still until the test moves it. */
export class ManualClock implements Clock {
  #now = 0
  #due: Due[] = []
  #deferred: (() => void)[] = []

  now(): number {
    return this.#now
  }

  after(delayMs: number, run: () => void): Timer {
    const due = { at: this.#now + delayMs, run }
    this.#due.push(due)
    return {
      cancel: () => {
        this.#due = this.#due.filter((other) => other !== due)
      },
    }
  }

  every(intervalMs: number, run: () => void): Timer {
    let timer: Timer | undefined
    const again = (): void => {
      timer = this.after(intervalMs, () => {
        again()
        run()
      })
    }
    again()
    return { cancel: () => timer?.cancel() }
  }

  defer(run: () => void): void {
    this.#deferred.push(run)
  }

  /** Timers that are set. */
  get waiting(): number {
    return this.#due.length
  }

  /** Runs what was put off, and lets promises settle; time stands still. */
  async settle(): Promise<void> {
    do {
      for (const run of this.#deferred.splice(0)) run()
      await new Promise((resolve) => setImmediate(resolve))
    } while (this.#deferred.length > 0)
  }

  /** Lets so much time pass, from one timer to the next; what a timer brings about is over before the next. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.settle()
    for (;;) {
      const next = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.#due = this.#due.filter((other) => other !== next)
      this.#now = Math.max(this.#now, next.at)
      next.run()
      await this.settle()
    }
    this.#now = end
  }
}
