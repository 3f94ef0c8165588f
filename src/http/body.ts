/** Reads request bodies, with a limit for each and one for all that are held at a time. */
import type { IncomingMessage } from 'node:http'
import { HttpError } from './reply.ts'

/** A body that was refused before it was read to the end; the connection must be closed. */
export class BodyRefused extends HttpError {
  override name = 'BodyRefused'
}

/** Counts the bytes of all bodies from their reading until their requests are answered. */
export class BodyBudget {
  readonly #bytesMax: number
  #bytes = 0

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax
  }

  take(bytes: number): boolean {
    if (this.#bytes + bytes > this.#bytesMax) return false
    this.#bytes += bytes
    return true
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }

  get heldBytes(): number {
    return this.#bytes
  }
}

/** One request's body and its share of the budget. */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #bytesMax: number
  readonly #budget: BodyBudget
  #takenBytes = 0

  constructor(request: IncomingMessage, bytesMax: number, budget: BodyBudget) {
    this.#request = request
    this.#bytesMax = bytesMax
    this.#budget = budget
  }

  /** Throws {@link BodyRefused} (413 too large, 503 too much at once) as soon as that is known. */
  async read(): Promise<Buffer> {
    // A length that is only declared takes nothing from the budget, or a few idle callers could empty it.
    this.#checkSize(Number(this.#request.headers['content-length'] ?? 0))
    return new Promise((resolve, reject) => {
      const request = this.#request
      const chunks: Buffer[] = []
      const finish = (error: Error | undefined) => {
        request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', finish)
        if (error === undefined)
          resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, this.#takenBytes))
        else reject(error)
      }
      const onData = (chunk: Buffer) => {
        try {
          this.#take(chunk.length)
          chunks.push(chunk)
        } catch (error) {
          request.pause()
          finish(error as BodyRefused) // the only thing #take throws
        }
      }
      const onEnd = () => finish(undefined)
      const onClose = () => finish(new HttpError(400, 'the request ended early'))
      request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', finish)
    })
  }

  /** Gives the bytes back to the budget, once the request is answered. */
  release(): void {
    this.#budget.give(this.#takenBytes)
    this.#takenBytes = 0
  }

  #take(bytes: number): void {
    this.#checkSize(this.#takenBytes + bytes)
    if (!this.#budget.take(bytes)) {
      throw new BodyRefused(503, 'too much request data at once, try again later', { 'retry-after': '1' })
    }
    this.#takenBytes += bytes
  }

  #checkSize(bytes: number): void {
    if (bytes <= this.#bytesMax) return
    throw new BodyRefused(413, `request body too large: the limit is ${this.#bytesMax} bytes`)
  }
}
