import { errorMessage, type Logger } from '../base/index.ts'

/** Where a node may ask to be a member: addresses that were given, and those that a discovery finds. */
export class JoinAddresses {
  readonly #given: readonly string[]
  readonly #discover: (() => Promise<readonly string[]>) | undefined
  readonly #logger: Logger
  /** Why it failed the last time; it is asked every second or so, and told of once. */
  #told: string | undefined

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
      const found = await this.#discover()
      this.#told = undefined
      return [...new Set([...this.#given, ...found])]
    } catch (error) {
      this.#tell(errorMessage(error))
      return this.#given
    }
  }

  #tell(error: string): void {
    if (error !== this.#told) this.#logger.warn({ error }, 'could not discover other nodes; trying again')
    this.#told = error
  }
}
