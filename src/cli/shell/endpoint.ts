/** HTTP to the first of several hosts that answers, as rqlite's shell does it: leaders' redirects are followed. */
import { randomUUID } from 'node:crypto'
import http from 'node:http'
import https from 'node:https'
import type { Readable } from 'node:stream'
import { DebrosError, errorMessage, formatDuration, hasErrorCode, toError } from '../../base/index.ts'
import { sendStream, whenConnected } from './send-stream.ts'

/** As many as rqlite's shell follows for one request. */
const REDIRECTS_MAX = 21
/** An idle connection is dropped before a server drops it, lest a request be sent into a closing one. */
const IDLE_CONNECTION_MS = 2_000

export interface EndpointInit {
  readonly scheme: 'http' | 'https'
  /** `host:port`, tried in order from the one that answered last; at least one. */
  readonly hosts: readonly string[]
  /** Path before every other; begins and ends with a slash. */
  readonly prefix: string
  /** `user:password`, for HTTP Basic. */
  readonly credentials?: string
  readonly tls?: TlsOptions
  /** For one whole exchange; for a download, of silence. 0: none. */
  readonly timeoutMs: number
}

export interface TlsOptions {
  readonly insecure: boolean
  /** PEM texts. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

/** A body that can be sent again, to another host: text, or what opens a fresh stream. */
export type RequestBody = string | (() => Readable)

export interface EndpointCall {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Below the prefix, without a slash before it. */
  readonly path: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: RequestBody
  readonly headers?: Readonly<Record<string, string>>
  /** A server that knows `Idempotency-Key` applies it once, however often it is sent. @default false */
  readonly keyed?: boolean
  /** What {@link EndpointInit.timeoutMs} means for it. @default 'whole' */
  readonly timeout?: 'whole' | 'silence' | 'none'
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  /** `503 Service Unavailable`. */
  readonly statusLine: string
  readonly headers: http.IncomingHttpHeaders
  /** To be read, or discarded. Error `REQUEST_CONNECTION_LOST` if it breaks off before all has arrived. */
  readonly body: AsyncIterable<Buffer>
  discard(): void
}

/** What is known of an attempt that failed. */
class AttemptError extends Error {
  /** May the host have got the request? */
  readonly sent: boolean

  constructor(message: string, sent: boolean, cause: unknown) {
    super(message, { cause })
    this.sent = sent
  }
}

export class Endpoint {
  readonly #init: EndpointInit
  readonly #agents: Readonly<Record<'http:' | 'https:', http.Agent>>
  /** Whether the servers are known to honour `Idempotency-Key`. */
  knowsKeys = false
  /** Set by a call that may change something. */
  writes = false
  /** Position of the host that answered last. */
  #current = 0

  constructor(init: EndpointInit) {
    this.#init = init
    const options = { keepAlive: true, timeout: IDLE_CONNECTION_MS }
    const { insecure = false, ...pems } = init.tls ?? {}
    // A redirect may lead from one to the other.
    this.#agents = {
      'http:': new http.Agent(options),
      'https:': new https.Agent({ ...options, ...pems, rejectUnauthorized: !insecure }),
    }
  }

  /** `host:port` of the host that is asked first. */
  get host(): string {
    return this.#init.hosts[this.#current] as string // there is at least one
  }

  get scheme(): string {
    return this.#init.scheme
  }

  /**
   * Any answer is one, whatever its status. Error `NODE_UNREACHABLE` if no host gives one, and
   * `REQUEST_CONNECTION_LOST` if one may have got what changes something, and gave none.
   */
  async call(call: EndpointCall): Promise<Answer> {
    const { hosts, scheme, prefix } = this.#init
    const query = new URLSearchParams(call.query).toString()
    const reads = (call.method ?? 'GET') === 'GET'
    const keyed = call.keyed === true && this.knowsKeys
    const attempt = keyed ? { ...call, headers: { ...call.headers, 'Idempotency-Key': randomUUID() } } : call
    if (!reads) this.writes = true
    const failures: string[] = []
    let lost: AttemptError | undefined
    for (let tried = 0; tried < hosts.length; tried++) {
      const url = new URL(`${scheme}://${this.host}${prefix}${call.path}${query === '' ? '' : `?${query}`}`)
      try {
        const answer = await this.#follow(url, attempt)
        if (lost === undefined || answer.status === 200) return answer
        // It says nothing about what became of the attempt before.
        answer.discard()
        failures.push(`${this.host}: ${answer.statusLine}`)
        break
      } catch (error) {
        call.signal?.throwIfAborted()
        if (!(error instanceof AttemptError)) throw error
        failures.push(`${this.host}: ${error.message}`)
        if (error.sent && !reads) lost = error
        this.#current = (this.#current + 1) % hosts.length
        if (lost !== undefined && !keyed) break
      }
    }
    if (lost !== undefined)
      throw new DebrosError(
        'REQUEST_CONNECTION_LOST',
        `the answer was lost, so it may have been applied (${failures.join('; ')})`,
        { outcome: 'unknown', cause: lost },
      )
    throw new DebrosError(
      'NODE_UNREACHABLE',
      hosts.length === 1 ? `cannot reach ${failures[0]}` : `no host can be reached: ${failures.join('; ')}`,
      { retryable: true },
    )
  }

  /** GET of a whole URL, for nodes that the cluster itself has named. */
  async get(url: URL, signal?: AbortSignal): Promise<Answer> {
    return await this.#follow(url, { path: '', ...(signal && { signal }) })
  }

  close(): void {
    for (const agent of Object.values(this.#agents)) agent.destroy()
  }

  async #follow(first: URL, call: EndpointCall): Promise<Answer> {
    let url = first
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#attempt(url, call)
      const { location } = answer.headers
      if (answer.status !== 301 || location === undefined) return answer
      answer.discard()
      if (redirects === REDIRECTS_MAX) throw new AttemptError('too many redirects', false, undefined)
      const next = URL.canParse(location, url.href) ? new URL(location, url) : undefined
      if (next === undefined || !['http:', 'https:'].includes(next.protocol))
        throw new AttemptError(`it redirects to ${location}, which is no URL`, false, undefined)
      // Neither a password nor data goes out in clear because an answer says so.
      if (url.protocol === 'https:' && next.protocol === 'http:')
        throw new AttemptError(`it redirects from https to ${next.origin}`, false, undefined)
      url = next
    }
  }

  #attempt(url: URL, call: EndpointCall): Promise<Answer> {
    const { timeoutMs, credentials } = this.#init
    const { body, timeout = 'whole' } = call
    const limit = timeoutMs > 0 && timeout === 'whole' ? AbortSignal.timeout(timeoutMs) : undefined
    const secure = url.protocol === 'https:'
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    let sent = false
    let silence = false
    const why = (error: Error): string => {
      if (limit?.aborted) return `no whole answer within ${formatDuration(timeoutMs)}`
      return silence ? `nothing came for ${formatDuration(timeoutMs)}` : describe(error)
    }
    const request = (secure ? https : http).request(url, {
      method: call.method ?? 'GET',
      signal: AbortSignal.any([call.signal, limit].filter((one) => one !== undefined)),
      agent: this.#agents[secure ? 'https:' : 'http:'],
      ...(credentials !== undefined && { auth: credentials }),
      headers: {
        ...(typeof body === 'string' && { 'Content-Length': Buffer.byteLength(body) }),
        ...(typeof body === 'function' && { Expect: '100-continue' }),
        ...call.headers,
      },
    })
    if (timeoutMs > 0 && timeout === 'silence')
      request.setTimeout(timeoutMs, () => {
        silence = true
        request.destroy(new Error('silence'))
      })
    request.on('response', (response) => {
      const { statusCode: status = 0, statusMessage = '', headers } = response
      resolve({
        status,
        statusLine: `${status} ${statusMessage}`.trim(),
        headers,
        body: wholeBody(response, call.signal, why),
        discard: () => response.destroy(),
      })
    })
    request.on('error', (error) => reject(new AttemptError(why(error), sent, error)))
    const isSent = (): void => {
      sent = true
    }
    if (typeof body === 'function') sendStream(request, body, isSent, reject)
    else {
      whenConnected(request, isSent)
      request.end(body)
    }
    return promise
  }
}

async function* wholeBody(
  response: http.IncomingMessage,
  signal: AbortSignal | undefined,
  why: (error: Error) => string,
): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* response as AsyncIterable<Buffer>
  } catch (error) {
    signal?.throwIfAborted()
    throw new DebrosError('REQUEST_CONNECTION_LOST', `the answer broke off: ${why(toError(error))}`, {
      outcome: 'unknown',
      cause: error,
    })
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ECONNRESET: 'connection lost',
  EPROTO: 'it does not speak TLS',
  ENOTFOUND: 'no such host',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  ETIMEDOUT: 'it does not answer',
}

/** What an error of a connection means, in words. */
function describe(error: Error): string {
  // Both of a name's addresses were tried: an AggregateError without a message.
  const one = error instanceof AggregateError ? (error.errors[0] as Error) : error
  for (const [code, text] of Object.entries(SYSTEM_ERRORS)) if (hasErrorCode(one, code)) return text
  return errorMessage(one)
}
