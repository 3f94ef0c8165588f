/** Writes a reply to the connection: at once if it is small, in pieces at the caller's pace if not. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Readable } from 'node:stream'
import type { HttpReply, ShortReply } from './reply.ts'

const CONTENT_TYPES = {
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  metrics: 'text/plain; version=0.0.4; charset=utf-8',
  binary: 'application/octet-stream',
  sql: 'application/sql',
} as const

const TYPES = Object.keys(CONTENT_TYPES) as (keyof typeof CONTENT_TYPES)[]

/** How many bytes of a refused body are read and dropped at most. */
const LINGER_BYTES_MAX = 16 * 2 ** 20

export interface SendOptions {
  /** The connection ends with this answer. */
  readonly close: boolean
  /** A caller that takes nothing for so long is given up. */
  readonly timeoutMs: number
  /** Hears of a body that could not be told to its end. */
  readonly onBroken: (error: Error) => void
}

export class Sender {
  /** Headers of every answer. */
  readonly common: Readonly<Record<string, string>>
  /** The same with those that go with a type. */
  readonly #headersOf = new Map<HttpReply['type'], Readonly<Record<string, string>>>()

  constructor(common: Readonly<Record<string, string>>) {
    this.common = common
    for (const type of [undefined, ...TYPES]) this.#headersOf.set(type, { ...common, ...typeHeaders(type) })
  }

  /** Returns what is still to be read, for the caller to destroy when nobody is there any more to take it. */
  send(response: ServerResponse, answer: HttpReply, options: SendOptions): Readable | undefined {
    const { body } = answer
    if (body === undefined || typeof body === 'string') {
      return this.#sendText(response, answer, body ?? '', options)
    }
    if (Symbol.asyncIterator in body) return this.#sendStream(response, answer, streamOf(body), options)
    const pieces = body[Symbol.iterator]()
    const first = pieces.next()
    const second = first.done ? first : pieces.next()
    if (second.done)
      return this.#sendText(response, answer, first.done ? '' : (first.value as string), options)
    const begun = [first.value as string, second.value as string] // neither was the end
    return this.#sendStream(response, answer, paced(begun, pieces), options)
  }

  /**
   * Answers a request whose body is not wanted, and closes the connection. Doing that at once would make
   * the system reset it under the caller before the answer is read, so what is still sent is read and
   * dropped, for a while.
   */
  sendAndClose(
    request: IncomingMessage,
    response: ServerResponse,
    answer: ShortReply,
    { lingerMs, timeoutMs }: { readonly lingerMs: number } & Pick<SendOptions, 'timeoutMs'>,
  ): void {
    const { body = '' } = answer
    limitTaking(response, timeoutMs)
    response.writeHead(answer.status, this.#headers(answer, true, Buffer.byteLength(body)))
    response.flushHeaders()
    if (body !== '') response.write(body)

    let droppedBytes = 0
    const finish = () => {
      clearTimeout(timer)
      request.off('data', drop).off('end', finish).off('close', finish)
      response.end()
    }
    const drop = (chunk: Buffer) => {
      droppedBytes += chunk.length
      if (droppedBytes > LINGER_BYTES_MAX) finish()
    }
    const timer = setTimeout(finish, lingerMs)
    request.on('data', drop).on('end', finish).on('close', finish).resume()
  }

  /** Head and body go out in one write. */
  #sendText(response: ServerResponse, answer: HttpReply, body: string, options: SendOptions): undefined {
    response.writeHead(answer.status, this.#headers(answer, options.close, Buffer.byteLength(body)))
    response.end(body)
    // What the system has taken needs no caller that takes it.
    if (response.socket?.writableLength !== 0) limitTaking(response, options.timeoutMs)
  }

  #sendStream(response: ServerResponse, answer: HttpReply, stream: Readable, options: SendOptions): Readable {
    limitTaking(response, options.timeoutMs)
    response.writeHead(answer.status, this.#headers(answer, options.close))
    stream.on('error', (error) => {
      options.onBroken(error)
      response.destroy()
    })
    stream.pipe(response)
    return stream
  }

  #headers(answer: HttpReply, close: boolean, length?: number): OutgoingHttpHeaders {
    const headers: OutgoingHttpHeaders = { ...this.#headersOf.get(answer.type), ...answer.headers }
    if (length !== undefined) headers['content-length'] = length
    if (close) headers.connection = 'close'
    return headers
  }
}

/** An answer that waits for those of requests before it has no socket yet. */
function onTurn(response: ServerResponse, act: (socket: Socket) => void): void {
  if (response.socket === null) response.once('socket', act)
  else act(response.socket)
}

/** Gives up a caller that takes nothing for so long. Node lifts this with the next request that comes later. */
function limitTaking(response: ServerResponse, timeoutMs: number): void {
  onTurn(response, (socket) => socket.setTimeout(timeoutMs))
}

/** Until there is an answer its caller has nothing to take; the limit of the one before it is over. */
export function awaitAnswer(response: ServerResponse): void {
  if (response.socket === null) onTurn(response, (socket) => socket.setTimeout(0))
}

/** Gives up an answer that cannot be sent. */
export function discard({ body }: HttpReply): void {
  if (typeof body === 'object' && Symbol.asyncIterator in body) streamOf(body).destroy()
}

function streamOf(chunks: AsyncIterable<Uint8Array>): Readable {
  return chunks instanceof Readable ? chunks : Readable.from(chunks, { objectMode: false })
}

function typeHeaders(type: HttpReply['type']): Record<string, string> {
  if (type === undefined) return {}
  const contentType = { 'content-type': CONTENT_TYPES[type] }
  return type !== 'text' ? contentType : { ...contentType, 'x-content-type-options': 'nosniff' }
}

/** One piece for each turn of the event loop, so that other work goes on while a large body is made. */
function paced(begun: string[], pieces: Iterator<string>): Readable {
  const stream: Readable = new Readable({
    read() {
      setImmediate(() => {
        if (stream.destroyed) return
        try {
          const next = begun.length > 0 ? { done: false, value: begun.shift() } : pieces.next()
          stream.push(next.done ? null : next.value, 'utf8')
        } catch (error) {
          stream.destroy(error as Error) // whatever an encoder throws ends the response short
        }
      })
    },
  })
  return stream
}

export function isShort(answer: HttpReply): answer is ShortReply {
  return answer.body === undefined || typeof answer.body === 'string'
}
