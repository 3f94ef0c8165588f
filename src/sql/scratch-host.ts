/** The thread's side of `scratch-thread.ts`. */
import { type Failure, failureOf } from './protocol.ts'
import type { Scratch } from './scratch.ts'
import type { ScratchAnswer, ScratchRequest } from './scratch-protocol.ts'

/** Chunks are handed over in groups, each about this large. */
const GROUP_BYTES = 1024 * 1024

export type ScratchResponse = { readonly answer: ScratchAnswer } | { readonly failure: Failure }

export class ScratchHost {
  readonly #scratch: Scratch
  #reading: Iterator<Uint8Array<ArrayBuffer>> = [][Symbol.iterator]()

  constructor(scratch: Scratch) {
    this.#scratch = scratch
  }

  handle(request: ScratchRequest): ScratchResponse {
    try {
      return { answer: this.#answer(request) }
    } catch (error) {
      return { failure: failureOf(error) }
    }
  }

  #answer(request: ScratchRequest): ScratchAnswer {
    switch (request.kind) {
      case 'write':
        this.#scratch.write(request.chunk)
        return undefined
      case 'check':
        this.#scratch.check()
        return undefined
      case 'vacuum':
        this.#scratch.vacuum()
        return undefined
      case 'file':
        this.#reading = this.#scratch.read()
        return undefined
      case 'dump':
        this.#reading = this.#scratch.dump(request.tables)
        return undefined
      case 'next':
        return this.#next()
    }
  }

  #next(): Uint8Array<ArrayBuffer>[] {
    const chunks: Uint8Array<ArrayBuffer>[] = []
    for (let bytes = 0; bytes < GROUP_BYTES; ) {
      const { done, value } = this.#reading.next()
      if (done === true) break
      chunks.push(value)
      bytes += value.length
    }
    return chunks
  }
}
