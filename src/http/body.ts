/** Reads request bodies, with a limit for each and one for all that are held at a time. */
import type { IncomingMessage } from 'node:http'
import { Deadline, type Deadlines } from './deadlines.ts'
import { GatheredBody } from './gathered-body.ts'
import { HttpError } from './reply.ts'
import type { HttpLimits } from './types.ts'

const NOTHING = Buffer.alloc(0)

const TOO_MUCH = [503, 'too much request data at once, try again later', { 'retry-after': '1' }] as const

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

export type BodyLimits = Pick<HttpLimits, 'bodyBytesMax' | 'loadBytesMax' | 'bodyIdleTimeoutMs'>

/** What the bodies of all requests share. */
export interface BodyInit {
  readonly limits: BodyLimits
  readonly budget: ByteBudget
  /** Of bodies that are read as a whole. */
  readonly deadlines: Deadlines
}

/** One request's body and its share of the budget. */
export class RequestBody {
  readonly #request: IncomingMessage
  readonly #limits: BodyLimits
  readonly #budget: ByteBudget
  readonly #deadlines: Deadlines
  #takenBytes = 0
  #isReleased = false

  constructor(request: IncomingMessage, { limits, budget, deadlines }: BodyInit) {
    this.#request = request
    this.#limits = limits
    this.#budget = budget
    this.#deadlines = deadlines
  }

  /** Whether all of it has been read. */
  get isOver(): boolean {
    return this.#request.readableEnded
  }

  /**
   * Throws {@link BodyRefused} (413 too large, 503 too much at once, 408 too slow) as soon as that is known.
   */
  async read(bytesMax = this.#limits.bodyBytesMax): Promise<Buffer> {
    // A length that is only declared takes nothing from the budget, or a few idle callers could empty it.
    this.#checkSize(this.#declaredLength ?? 0, bytesMax)
    const length = this.#declaredLength
    if (length === 0) return NOTHING
    return new Promise((resolve, reject) => {
      const request = this.#request
      const body = new GatheredBody()
      const finish = (error?: Error) => {
        this.#deadlines.delete(deadline)
        request.off('data', onData).off('end', onEnd).off('close', onClose)
        if (error === undefined) resolve(body.whole())
        else reject(error)
      }
      const refuse = (error: BodyRefused) => {
        request.pause()
        finish(error)
      }
      const onData = (chunk: Buffer) => {
        try {
          this.#take(chunk.length, bytesMax)
        } catch (error) {
          refuse(error as BodyRefused) // the only thing #take throws
          return
        }
        body.add(chunk)
        // Most bodies are one chunk, of a length that was told: their end need not be waited for.
        if (this.#takenBytes === length) finish()
      }
      const onEnd = () => finish()
      const onClose = () => finish(endedEarly())
      const deadline = new Deadline(() => refuse(tooSlow()))
      this.#deadlines.add(deadline)
      request.on('data', onData).on('close', onClose)
      if (length === undefined) request.on('end', onEnd)
    })
  }

  /**
   * As it comes, for what is too large to be held. To be read once, by who reads it to its end or answers the
   * request without it. Throws {@link BodyRefused} (413 too large, 408 too slow).
   */
  async *stream(): AsyncGenerator<Uint8Array> {
    const { loadBytesMax, bodyIdleTimeoutMs } = this.#limits
    this.#checkSize(this.#declaredLength ?? 0, loadBytesMax)
    const chunks: AsyncIterator<Buffer> = this.#request.iterator({ destroyOnReturn: false })
    for (let bytes = 0; ; ) {
      const next = await inTime(chunks.next(), bodyIdleTimeoutMs)
      if (next.done === true) return
      bytes += next.value.length
      this.#checkSize(bytes, loadBytesMax)
      yield next.value
    }
  }

  /** Undefined if only its end will tell. */
  get #declaredLength(): number | undefined {
    const { 'content-length': length, 'transfer-encoding': encoding } = this.#request.headers
    return encoding === undefined ? Number(length ?? 0) : undefined
  }

  /** What was made of the body may take many times as much as its text. Throws a 503 if there is no room for it. */
  holdAtLeast(bytes: number): void {
    if (this.#isReleased || bytes <= this.#takenBytes) return
    if (!this.#hold(bytes - this.#takenBytes)) throw new HttpError(...TOO_MUCH)
  }

  /** Gives the bytes back to the budget, once the request is answered. */
  release(): void {
    this.#isReleased = true
    this.#budget.give(this.#takenBytes)
    this.#takenBytes = 0
  }

  #take(bytes: number, bytesMax: number): void {
    this.#checkSize(this.#takenBytes + bytes, bytesMax)
    if (!this.#hold(bytes)) throw new BodyRefused(...TOO_MUCH)
  }

  #hold(bytes: number): boolean {
    if (!this.#budget.take(bytes)) return false
    this.#takenBytes += bytes
    return true
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
