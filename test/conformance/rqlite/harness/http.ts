/**
 * Requests as bytes, and answers as bytes: what the contract says of headers and bodies is checked
 * without a client library in between that would add to the one or tidy up the other.
 */
import { Agent, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http'

export interface Ask {
  readonly method?: string
  /** Sent as it is; none is an empty body. */
  readonly body?: string | Uint8Array
  /** Nothing but these, `Host` and the framing is sent: no `Content-Type` unless it is here. */
  readonly headers?: Readonly<Record<string, string>>
  /** Ends the request with an error, so that a test of a server that hangs fails by name. @default 60_000 */
  readonly timeoutMs?: number
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly bytes: Buffer
  /** The bytes as UTF-8. */
  readonly text: string
}

const agent = new Agent({ keepAlive: true, maxSockets: 64 })

export async function ask(url: string, ask: Ask = {}): Promise<Answer> {
  const response = await open(url, ask)
  const pieces: Buffer[] = []
  for await (const piece of response) pieces.push(piece as Buffer)
  const bytes = Buffer.concat(pieces)
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    bytes,
    text: bytes.toString('utf8'),
  }
}

/** The answer from its headers on, for whoever wants to read its body in his own time. */
export function open(url: string, ask: Ask = {}): Promise<IncomingMessage> {
  const { method = 'GET', body, timeoutMs = 60_000 } = ask
  // Of a DELETE the module would leave the body out.
  const length = body === undefined ? {} : { 'Content-Length': String(Buffer.byteLength(body)) }
  const headers = { ...length, ...ask.headers }
  return new Promise((resolve, reject) => {
    const sent = request(url, { method, headers, agent, signal: AbortSignal.timeout(timeoutMs) }, resolve)
    sent.on('error', reject)
    sent.end(body)
  })
}
