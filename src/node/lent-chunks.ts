/**
 * Chunks that are read from something which has to be given back: when they are read to the end or fail,
 * when whoever reads them stops, and when nobody has asked for the next one for too long.
 */
export interface LentChunksInit {
  /** Gives it back; called once. */
  readonly release: () => void
  readonly idleMs: number
  /** What reading fails with after that. */
  readonly expired: () => Error
}

export class LentChunks implements AsyncIterableIterator<Uint8Array> {
  readonly #source: AsyncIterator<Uint8Array>
  readonly #init: LentChunksInit
  #idle: NodeJS.Timeout | undefined
  #isOver = false
  #isExpired = false

  constructor(source: AsyncIterable<Uint8Array>, init: LentChunksInit) {
    this.#source = source[Symbol.asyncIterator]()
    this.#init = init
    this.#watch()
  }

  [Symbol.asyncIterator](): this {
    return this
  }

  async next(): Promise<IteratorResult<Uint8Array>> {
    if (this.#isExpired) throw this.#init.expired()
    if (this.#isOver) return { done: true, value: undefined }
    clearTimeout(this.#idle)
    try {
      const result = await this.#source.next()
      if (result.done === true) this.#end()
      else this.#watch()
      return result
    } catch (error) {
      this.#end()
      throw error
    }
  }

  async return(): Promise<IteratorResult<Uint8Array>> {
    if (!this.#isOver) {
      this.#end()
      await this.#source.return?.()
    }
    return { done: true, value: undefined }
  }

  #watch(): void {
    if (this.#isOver) return // while its last chunk was on the way
    this.#idle = setTimeout(() => {
      this.#isExpired = true
      this.#end()
    }, this.#init.idleMs)
    this.#idle.unref()
  }

  #end(): void {
    if (this.#isOver) return
    this.#isOver = true
    clearTimeout(this.#idle)
    this.#init.release()
  }
}
