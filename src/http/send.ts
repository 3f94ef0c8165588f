/** Writes a reply to the connection: at once if it is small, in pieces at the caller's pace if not. */
import { Readable } from 'node:stream'
import type { FastifyReply } from 'fastify'
import type { HttpReply, ShortReply } from './reply.ts'

const CONTENT_TYPES = {
  json: 'application/json; charset=utf-8',
  text: 'text/plain; charset=utf-8',
  metrics: 'text/plain; version=0.0.4; charset=utf-8',
  binary: 'application/octet-stream',
  sql: 'application/sql',
} as const

/** How many bytes of a refused body are read and dropped at most. */
const LINGER_BYTES_MAX = 16 * 2 ** 20

/** `onBroken` hears of a body that could not be told to its end. */
export function send(reply: FastifyReply, answer: HttpReply, onBroken: (error: Error) => void): void {
  reply.code(answer.status)
  reply.headers(typeHeaders(answer))
  if (answer.headers) reply.headers(answer.headers)
  const { body } = answer
  if (body === undefined || typeof body === 'string') {
    reply.send(body)
    return
  }
  if (Symbol.asyncIterator in body) {
    reply.send(streamOf(body).on('error', onBroken)) // which ends the connection, too
    return
  }
  const pieces = body[Symbol.iterator]()
  const first = pieces.next()
  const second = first.done ? first : pieces.next()
  if (second.done) reply.send(first.done ? '' : first.value)
  else reply.send(paced([first.value as string, second.value as string], pieces)) // neither was the end
}

/** Gives up an answer that cannot be sent. */
export function discard({ body }: HttpReply): void {
  if (typeof body === 'object' && Symbol.asyncIterator in body) streamOf(body).destroy()
}

function streamOf(chunks: AsyncIterable<Uint8Array>): Readable {
  return chunks instanceof Readable ? chunks : Readable.from(chunks, { objectMode: false })
}

function typeHeaders({ type }: HttpReply): Record<string, string> {
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

/**
 * Answers a request whose body is not wanted, and closes the connection. Doing that at once would make
 * the system reset it under the caller before the answer is read, so what is still sent is read and
 * dropped, for a while.
 */
export function sendAndClose(reply: FastifyReply, answer: ShortReply, lingerMs: number): void {
  const { body = '' } = answer
  const headers = {
    ...reply.getHeaders(),
    ...typeHeaders(answer),
    ...answer.headers,
    'content-length': Buffer.byteLength(body),
    connection: 'close',
  }
  reply.hijack()
  const request = reply.request.raw
  const response = reply.raw
  response.statusCode = answer.status
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined) response.setHeader(name, value)
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
