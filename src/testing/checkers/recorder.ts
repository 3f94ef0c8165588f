/** Writes down what the clients of one process see, while they see it. */
import { assert } from '../../base/index.ts'
import type { History, Operation } from './history.ts'

/** An operation under way; exactly one of the three endings is to be called, once. */
export interface OpenOperation<Output> {
  ok(output: Output): void
  fail(): void
  unknown(): void
}

export interface HistoryRecorderInit {
  /**
   * The clock. Stamps always increase, even when it stands still or jumps back: one process knows the
   * order of its own events better than its clock does.
   * @default the number of events so far
   */
  readonly now?: () => number
}

export class HistoryRecorder<Input, Output> {
  readonly #now: (() => number) | undefined
  readonly #finished: Operation<Input, Output>[] = []
  readonly #open = new Set<{ readonly client: string; readonly invokedAt: number; readonly input: Input }>()
  #last = -1

  constructor(init: HistoryRecorderInit = {}) {
    this.#now = init.now
  }

  /** To be called just before the request leaves. */
  invoke(client: string, input: Input): OpenOperation<Output> {
    const asked = { client, invokedAt: this.#stamp(), input }
    this.#open.add(asked)
    const end = (ending: (completedAt: number) => Operation<Input, Output>): void => {
      assert(this.#open.delete(asked), `an operation of ${client} ended twice`)
      this.#finished.push(ending(this.#stamp()))
    }
    return {
      ok: (output) => end((completedAt) => ({ ...asked, kind: 'ok', completedAt, output })),
      fail: () => end((completedAt) => ({ ...asked, kind: 'fail', completedAt })),
      unknown: () => end((completedAt) => ({ ...asked, kind: 'unknown', completedAt })),
    }
  }

  /** All so far, by invocation. What has not ended is unknown. */
  history(): History<Input, Output> {
    const open = [...this.#open].map((asked) => ({ ...asked, kind: 'unknown' as const }))
    return [...this.#finished, ...open].sort((a, b) => a.invokedAt - b.invokedAt)
  }

  #stamp(): number {
    const now = this.#now === undefined ? this.#last + 1 : this.#now()
    // The step must be large enough to change a number of this size.
    const least = this.#last + Math.max(1e-6, Math.abs(this.#last) * 2 ** -51)
    this.#last = this.#last === -1 ? now : Math.max(now, least)
    return this.#last
  }
}
