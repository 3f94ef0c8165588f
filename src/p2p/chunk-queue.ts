/**
 * Hands chunks from whoever receives them to whoever reads them, once. `onTaken` is called as the reader
 * moves on, so that the other side can be told to send more; the queue itself has no bound of its own.
 */
export class ChunkQueue implements AsyncIterable<Uint8Array> {
  readonly #onTaken: (chunk: Uint8Array) => void
  readonly #chunks: Uint8Array[] = []
  #end: { readonly error: Error | undefined } | undefined
  #changed = Promise.withResolvers<void>()

  constructor(init: { readonly onTaken: (chunk: Uint8Array) => void }) {
    this.#onTaken = init.onTaken
  }

  push(chunk: Uint8Array): void {
    if (this.#end !== undefined) return
    this.#chunks.push(chunk)
    this.#changed.resolve()
  }

  /** No more chunks: the reader gets those pushed so far. */
  end(): void {
    this.#end ??= { error: undefined }
    this.#changed.resolve()
  }

  /** The reader gets the error instead of any further chunk. */
  fail(error: Error): void {
    if (this.#end !== undefined) return
    this.#end = { error }
    this.#chunks.length = 0
    this.#changed.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    while (true) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        yield chunk
        this.#onTaken(chunk)
      } else if (this.#end === undefined) {
        await this.#changed.promise
        this.#changed = Promise.withResolvers()
      } else if (this.#end.error === undefined) {
        return
      } else {
        throw this.#end.error
      }
    }
  }
}
