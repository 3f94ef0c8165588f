import { errorMessage, type Logger } from '../base/index.ts'

/** Where a node may ask to be a member: addresses that were given, and those that a discovery finds. */
export class JoinAddresses {
  readonly #given: readonly string[]
  readonly #discover: (() => Promise<readonly string[]>) | undefined
  readonly #logger: Logger

  constructor(
    { logger }: { readonly logger: Logger },
    init: {
      readonly given: readonly string[]
      readonly discover: (() => Promise<readonly string[]>) | undefined
    },
  ) {
    this.#given = init.given
    this.#discover = init.discover
    this.#logger = logger
  }

  /** Whether there is anywhere to ask at all. */
  get exist(): boolean {
    return this.#given.length > 0 || this.#discover !== undefined
  }

  /** Those there are now; a discovery that fails finds none, this time. */
  async now(): Promise<readonly string[]> {
    if (this.#discover === undefined) return this.#given
    try {
      return [...new Set([...this.#given, ...(await this.#discover())])]
    } catch (error) {
      this.#logger.warn({ error: errorMessage(error) }, 'could not discover other nodes; trying again')
      return this.#given
    }
  }
}
