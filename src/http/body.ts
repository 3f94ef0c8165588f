/** Reads request bodies, with a limit for each and one for all that are held at a time. */
import type { IncomingMessage } from 'node:http'
import { HttpError } from './reply.ts'
import type { HttpLimits } from './types.ts'

/** A body that was refused before it was read to the end; the connection must be closed. */
export class BodyRefused extends HttpError {
  override name = 'BodyRefused'
}

/** Counts the bytes that requests hold together: of bodies until they are answered, of answers until they are sent. */
export class ByteBudget {
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

  /** Whether there is room or not. */
  force(bytes: number): void {
    this.#bytes += bytes
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }

  get heldBytes(): number {
    return this.#bytes
  }
}

export type BodyLimits = Pick<
  HttpLimits,
  'bodyBytesMax' | 'loadBytesMax' | 'requestTimeoutMs' | 'bodyIdleTimeoutMs'
>

/** One request's body and its share of the budget. */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #limits: BodyLimits
  readonly #budget: ByteBudget
  #takenBytes = 0

  constructor(request: IncomingMessage, limits: BodyLimits, budget: ByteBudget) {
    this.#request = request
    this.#limits = limits
    this.#budget = budget
  }

  /** Whether all of it has been read. */
  get isOver(): boolean {
    return this.#request.readableEnded
  }

  /**
   * Throws {@link BodyRefused} (413 too large, 503 too much at once, 408 too slow) as soon as that is known.
   */
  async read(): Promise<Buffer> {
    // A length that is only declared takes nothing from the budget, or a few idle callers could empty it.
    this.#checkSize(this.#declaredBytes, this.#limits.bodyBytesMax)
    return new Promise((resolve, reject) => {
      const request = this.#request
      const chunks: Buffer[] = []
      const finish = (error: Error | undefined) => {
        clearTimeout(timer)
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
      const onClose = () => finish(endedEarly())
      const timer = setTimeout(() => {
        request.pause()
        finish(tooSlow())
      }, this.#limits.requestTimeoutMs)
      request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', finish)
    })
  }

  /**
   * As it comes, for what is too large to be held. To be read once, by who reads it to its end or answers the
   * request without it. Throws {@link BodyRefused} (413 too large, 408 too slow).
   */
  async *stream(): AsyncGenerator<Uint8Array> {
    const { loadBytesMax, bodyIdleTimeoutMs } = this.#limits
    this.#checkSize(this.#declaredBytes, loadBytesMax)
    const chunks: AsyncIterator<Buffer> = this.#request.iterator({ destroyOnReturn: false })
    for (let bytes = 0; ; ) {
      const next = await inTime(chunks.next(), bodyIdleTimeoutMs)
      if (next.done === true) return
      bytes += next.value.length
      this.#checkSize(bytes, loadBytesMax)
      yield next.value
    }
  }

  get #declaredBytes(): number {
    return Number(this.#request.headers['content-length'] ?? 0)
  }

  /** Gives the bytes back to the budget, once the request is answered. */
  release(): void {
    this.#budget.give(this.#takenBytes)
    this.#takenBytes = 0
  }

  #take(bytes: number): void {
    this.#checkSize(this.#takenBytes + bytes, this.#limits.bodyBytesMax)
    if (!this.#budget.take(bytes)) {
      throw new BodyRefused(503, 'too much request data at once, try again later', { 'retry-after': '1' })
    }
    this.#takenBytes += bytes
  }

  #checkSize(bytes: number, bytesMax: number): void {
    if (bytes <= bytesMax) return
    throw new BodyRefused(413, `request body too large: the limit is ${bytesMax} bytes`)
  }
}

function endedEarly(): HttpError {
  return new HttpError(400, 'the request ended early')
}

function tooSlow(): BodyRefused {
  return new BodyRefused(408, 'request timeout')
}

/** What is read of a request, unless it does not come, or breaks off. */
async function inTime<T>(reading: Promise<T>, timeoutMs: number): Promise<T> {
  const timeout = Promise.withResolvers<never>()
  const timer = setTimeout(() => timeout.reject(tooSlow()), timeoutMs)
  try {
    return await Promise.race([reading, timeout.promise])
  } catch (error) {
    throw error instanceof HttpError ? error : endedEarly()
  } finally {
    clearTimeout(timer)
    reading.catch(() => {}) // it may fail when nobody listens any more
  }
}
