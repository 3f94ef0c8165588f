import { errorMessage, type Logger } from '../base/index.ts'

type Undo = () => Promise<void> | void

/** How to undo each step of a start, and what went wrong meanwhile. */
export class Cleanup {
  readonly #logger: Logger
  readonly #steps: { readonly what: string; readonly undo: Undo }[] = []
  readonly #failures: unknown[] = []

  constructor({ logger }: { readonly logger: Logger }) {
    this.#logger = logger
  }

  /** `what`: the part in words, for the log. */
  add(what: string, undo: Undo): void {
    this.#steps.push({ what, undo })
  }

  /** Undoes every step, last first; one that fails does not keep the others from it. May be called again. */
  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      await this.attempt(step.what, step.undo)
    }
  }

  /** Undoes one thing now. */
  async attempt(what: string, undo: Undo): Promise<void> {
    try {
      await undo()
    } catch (error) {
      this.#logger.error({ error: errorMessage(error) }, `closing the ${what} failed`)
      this.#failures.push(error)
    }
  }

  /** What could not be undone. */
  get failures(): readonly unknown[] {
    return this.#failures
  }
}
