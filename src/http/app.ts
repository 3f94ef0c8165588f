/** From a request of node:http to its answer, by rqlite's rules: parameters, path, permission, method, body. */
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Readable } from 'node:stream'
import { errorMessage } from '../base/index.ts'
import { readBasicAuth } from './basic-auth.ts'
import { BodyRefused, type ByteBudget, RequestBody } from './body.ts'
import { type Connection, type Connections, type InFlight, Served } from './connections.ts'
import type { RequestContext, ServerContext } from './context.ts'
import { Deadlines } from './deadlines.ts'
import { LARGE_ANSWER_BYTES } from './defaults.ts'
import { CALLER_LEFT } from './http-metrics.ts'
import { checkHost, checkOrigin } from './origin.ts'
import { judge } from './permission.ts'
import { emptyReply, errorReply, HttpError, type HttpReply, type ShortReply } from './reply.ts'
import { endsConnection } from './request-body-state.ts'
import { awaitAnswer, discard, isShort, Sender } from './send.ts'
import { Targets } from './target.ts'
import type { HttpLimits } from './types.ts'

export interface AppInit {
  readonly context: ServerContext
  readonly limits: HttpLimits
  readonly rqliteVersion: string
  readonly budget: ByteBudget
  /** Counts the results of answers until those are sent. */
  readonly answers: ByteBudget
  readonly connections: Connections
  readonly inFlight: InFlight
  readonly isStopping: () => boolean
}

/** What all requests share. */
interface App extends AppInit {
  readonly sender: Sender
  readonly targets: Targets
  readonly deadlines: Deadlines
}

export function createApp(init: AppInit): RequestListener {
  const app = {
    ...init,
    sender: new Sender(commonHeaders(init)),
    targets: new Targets(),
    deadlines: new Deadlines(init.limits.requestTimeoutMs),
  }
  return (request, response) => new Exchange(app, request, response).run()
}

function commonHeaders(init: AppInit): Record<string, string> {
  const { allowOrigin, authorizer } = init.context
  const authEnabled = authorizer?.enabled === true
  return {
    'x-rqlite-version': init.rqliteVersion,
    'access-control-allow-methods': 'OPTIONS, GET, POST',
    'access-control-allow-headers': authEnabled ? 'Content-Type, Authorization' : 'Content-Type',
    ...(authEnabled && {
      'access-control-allow-credentials': 'true',
      'www-authenticate': 'Basic realm="rqlite"',
    }),
    ...(allowOrigin !== undefined && { 'access-control-allow-origin': allowOrigin }),
  }
}

/** One request, from its first look to its last byte. */
class Exchange extends Served {
  readonly #app: App
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  readonly #body: RequestBody
  readonly #receivedAt = performance.now()
  readonly #connection: Connection
  #answerBytes = 0
  /** What is left of the answer. */
  #sending: Readable | undefined
  /** Of the path, once that is known. */
  #route = 'none'

  constructor(app: App, request: IncomingMessage, response: ServerResponse) {
    super()
    this.#app = app
    this.#request = request
    this.#response = response
    this.#connection = app.connections.of(request.socket)
    this.#body = new RequestBody(request, app)
  }

  run(): void {
    this.#app.inFlight.count++
    this.#connection.begin(this)
    awaitAnswer(this.#response)
    this.#response.on('close', () => this.#close())
    void this.#serve()
  }

  async #serve(): Promise<void> {
    try {
      this.#send(await this.#answer())
    } catch (error) {
      this.#fail(error)
    }
  }

  get isBegun(): boolean {
    return !this.#request.complete && !this.#response.headersSent
  }

  #close(): void {
    if (!this.#response.writableFinished) this.#connection.close()
    this.#connection.finish(this)
  }

  override end(): void {
    this.#app.inFlight.count--
    this.#sending?.destroy()
    this.#body.release()
    this.#app.answers.give(this.#answerBytes)
    this.#report()
  }

  /** In the order rqlite checks: parameters, path, permission, method, and only then the body. */
  async #answer(): Promise<HttpReply> {
    const { context, inFlight, isStopping, limits, targets } = this.#app
    const { headers, method = '', url = '/', httpVersionMinor } = this.#request
    if (headers.host === undefined && httpVersionMinor > 0)
      throw new HttpError(400, 'missing required Host header')
    if (isStopping()) throw new HttpError(503, 'server is stopping', { 'retry-after': '1' })
    if (inFlight.count > limits.requestsInFlightMax)
      throw new HttpError(503, 'too many requests are being served, try again later', { 'retry-after': '1' })
    if (method === 'OPTIONS') return this.#preflight()
    const { path, query, parameters, route } = targets.resolve(url)
    if (route === undefined) return emptyReply(404)
    this.#route = route.path
    this.#checkPage()
    const credentials = readBasicAuth(headers.authorization)
    const verdict = judge(context, this.#connection.remoteAddress, credentials, route.permissions)
    if (verdict === 'refused') return emptyReply(401)
    if (verdict === 'throttled') return emptyReply(429, { 'retry-after': '1' })
    if (!route.methods.includes(method))
      return emptyReply(405, { allow: [...route.methods, 'OPTIONS'].join(', ') })
    if (route.counter !== undefined) context.counters.add('http', route.counter)
    const asked: RequestContext = {
      server: context,
      credentials,
      method,
      path,
      query,
      parameters,
      contentType: headers['content-type'] ?? '',
      requestId: requestIdOf(headers['idempotency-key']),
      body: this.#body,
      signal: this.#connection.signal,
      receivedAt: this.#receivedAt,
    }
    return route.handle(asked)
  }

  /** Refuses what pages of others make a browser send. */
  #checkPage(): void {
    const { headers } = this.#request
    const { allowOrigin, authorizer, advertise, boundAddress } = this.#app.context
    checkOrigin(headers, allowOrigin)
    if (authorizer?.enabled === true) return
    checkHost(headers, { bound: boundAddress()?.host ?? '', advertised: advertise(), allowOrigin })
  }

  /**
   * A browser that asks whether a page may send an `Idempotency-Key` is told so. rqlite knows no such header,
   * and lists are compared as they stand there, so others are not told.
   */
  #preflight(): HttpReply {
    const { 'access-control-request-headers': asked = '' } = this.#request.headers
    if (!/(?:^|,)\s*idempotency-key\s*(?:,|$)/i.test(String(asked))) return emptyReply(200)
    const allowed = this.#app.sender.common['access-control-allow-headers']
    return emptyReply(200, { 'access-control-allow-headers': `${allowed}, Idempotency-Key` })
  }

  /** Callers that take their time over large answers must not fill the memory together. */
  #counted(answer: HttpReply): HttpReply {
    const { heldBytes = 0, mustBeSent = false } = answer
    if (heldBytes < LARGE_ANSWER_BYTES) return answer
    const { answers } = this.#app
    // One alone is sent, whatever its size.
    if (mustBeSent || answers.heldBytes === 0) answers.force(heldBytes)
    else if (!answers.take(heldBytes)) {
      return errorReply(503, 'too many large answers are being sent, try again later', { 'retry-after': '1' })
    }
    this.#answerBytes = heldBytes
    return answer
  }

  #send(given: HttpReply): void {
    const { sender, isStopping, limits, context } = this.#app
    const response = this.#response
    if (this.#isOver) {
      discard(given)
      return
    }
    const answer = this.#counted(given)
    const ends = endsConnection(this.#request)
    if (ends && isShort(answer)) {
      this.#refuse(answer)
      return
    }
    this.#sending = sender.send(response, answer, {
      close: ends || isStopping(),
      timeoutMs: limits.sendTimeoutMs,
      onBroken: (error) => {
        context.logger.warn({ path: this.#path, error: errorMessage(error) }, 'a response broke off')
      },
    })
  }

  #fail(error: unknown): void {
    const { context } = this.#app
    if (this.#isOver) return
    if (this.#response.headersSent) {
      this.#response.destroy()
      return
    }
    if (!(error instanceof HttpError)) {
      context.logger.error({ error, path: this.#path }, 'a request failed')
      this.#send(errorReply(500, 'internal error'))
      return
    }
    const answer = errorReply(error.status, error.message, error.headers)
    if (error instanceof BodyRefused) this.#refuse(answer)
    else this.#send(answer)
  }

  #refuse(answer: ShortReply): void {
    const { limits, sender } = this.#app
    const { lingerMs, sendTimeoutMs: timeoutMs } = limits
    sender.sendAndClose(this.#request, this.#response, answer, { lingerMs, timeoutMs })
  }

  /** Nobody is there to be answered. The response does not know if it waits for those of requests before it. */
  get #isOver(): boolean {
    return this.#response.destroyed || !this.isLinked
  }

  /** Without the query, which can hold data. */
  get #path(): string | undefined {
    return this.#request.url?.split('?', 1)[0]
  }

  #report(): void {
    const { method = '' } = this.#request
    const { statusCode, writableFinished } = this.#response
    const status = writableFinished ? statusCode : CALLER_LEFT
    const seconds = (performance.now() - this.#receivedAt) / 1_000
    const { logger, metrics } = this.#app.context
    metrics.observe({ route: this.#route, method, status, seconds, socket: this.#request.socket })
    logger.debug({ method, path: this.#path, status, ms: Math.round(seconds * 1_000) }, 'request')
  }
}

/** For what never became a request: broken syntax, headers too large or too slow. */
export function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket,
  { connections, rqliteVersion }: Pick<AppInit, 'connections' | 'rqliteVersion'>,
): void {
  // Without a finished handshake, as when plain HTTP is spoken to a TLS port, nothing can be said.
  const noTls = /^ERR_(?:SSL|TLS)_/.test(error.code ?? '')
  if (noTls || error.code === 'ECONNRESET' || !socket.writable || !connections.of(socket).canRefuse) {
    socket.destroy()
    return
  }
  const [status, message] =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'request line and headers too large']
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? ['408 Request Timeout', 'request timeout']
        : ['400 Bad Request', 'bad request']
  socket.end(
    `HTTP/1.1 ${status}\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n` +
      `X-RQLITE-VERSION: ${rqliteVersion}\r\nContent-Length: ${message.length + 1}\r\nConnection: close\r\n\r\n${message}\n`,
  )
}

/** Names the request, so that it may be made again; an Internet draft and many services call it so. */
function requestIdOf(key: string | string[] | undefined): string | undefined {
  return Array.isArray(key) ? key[0] : key
}
