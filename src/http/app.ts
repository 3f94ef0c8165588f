/**
 * The Fastify application. Routing, bodies and replies follow rqlite's rules rather than Fastify's, so
 * one handler serves every path; Fastify brings the connection handling around it.
 */
import type http from 'node:http'
import type { RequestListener } from 'node:http'
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { errorMessage } from '../base/index.ts'
import { readBasicAuth } from './basic-auth.ts'
import { BodyRefused, type ByteBudget, RequestBody } from './body.ts'
import { type RequestContext, requestAborted, type ServerContext } from './context.ts'
import { LARGE_ANSWER_BYTES } from './defaults.ts'
import { CALLER_LEFT } from './http-metrics.ts'
import { checkHost, checkOrigin } from './origin.ts'
import { Parameters } from './parameters.ts'
import { judge } from './permission.ts'
import { emptyReply, errorReply, HttpError, type HttpReply } from './reply.ts'
import { endsConnection } from './request-body-state.ts'
import { findRoute } from './routes.ts'
import { discard, isShort, send, sendAndClose } from './send.ts'
import type { HttpLimits } from './types.ts'

export interface AppInit {
  readonly context: ServerContext
  readonly limits: HttpLimits
  readonly rqliteVersion: string
  readonly budget: ByteBudget
  /** Counts the results of answers until those are sent. */
  readonly answers: ByteBudget
  /** Makes the server that Fastify works on. */
  readonly createServer: (onRequest: RequestListener) => http.Server
  /** Requests being served; the server aborts them when it stops. */
  readonly inFlight: Set<AbortController>
  readonly isStopping: () => boolean
}

declare module 'fastify' {
  interface FastifyRequest {
    /** The Content-Type as sent; Fastify itself is not shown it. */
    contentType: string
  }
}

export function buildApp(init: AppInit): FastifyInstance {
  const headers = commonHeaders(init)
  const app = fastify({
    logger: false,
    return503OnClosing: false,
    routerOptions: { querystringParser: () => ({}) },
    rewriteUrl: ({ url = '/' }) => originForm(url),
    serverFactory: (onRequest) => init.createServer(onRequest),
    clientErrorHandler: (error, socket) => answerBrokenRequest(error, socket, init.rqliteVersion),
    frameworkErrors: (error, _request, reply) => {
      reply.headers(headers)
      send(reply, errorReply(400, error.message), () => {})
    },
  })

  // Bodies are read by the handlers, with rqlite's own idea of what a Content-Type means; Fastify would
  // refuse those it cannot parse, so it does not get to see them.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.decorateRequest('contentType', '')
  app.addHook('onRequest', (request, _reply, done) => {
    request.contentType = request.headers['content-type'] ?? ''
    delete request.headers['content-type']
    done()
  })

  const handle = (request: FastifyRequest, reply: FastifyReply) => {
    reply.headers(headers)
    new Exchange(init, request, reply).run()
  }
  app.all('*', handle)
  app.setNotFoundHandler(handle)
  return app
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
class Exchange {
  readonly #init: AppInit
  readonly #request: FastifyRequest
  readonly #reply: FastifyReply
  readonly #body: RequestBody
  readonly #receivedAt = performance.now()
  readonly #abort = new AbortController()
  readonly #socket: Socket
  #answerBytes = 0
  /** Of the path, once that is known. */
  #route = 'none'

  constructor(init: AppInit, request: FastifyRequest, reply: FastifyReply) {
    this.#init = init
    this.#request = request
    this.#reply = reply
    this.#socket = request.raw.socket
    this.#body = new RequestBody(request.raw, init.limits, init.budget)
  }

  run(): void {
    const { inFlight } = this.#init
    const response = this.#reply.raw
    inFlight.add(this.#abort)
    response.once('close', () => {
      inFlight.delete(this.#abort)
      this.#body.release()
      this.#init.answers.give(this.#answerBytes)
      if (!response.writableFinished) this.#abort.abort(requestAborted('the caller closed the connection'))
      this.#report()
    })
    this.#answer()
      .then((answer) => this.#send(this.#counted(answer)))
      .catch((error: unknown) => this.#fail(error))
  }

  /** In the order rqlite checks: parameters, path, permission, method, and only then the body. */
  async #answer(): Promise<HttpReply> {
    const { method, headers } = this.#request
    if (headers.host === undefined && this.#request.raw.httpVersionMinor > 0)
      throw new HttpError(400, 'missing required Host header')
    if (this.#init.isStopping()) throw new HttpError(503, 'server is stopping', { 'retry-after': '1' })
    if (this.#init.inFlight.size > this.#init.limits.requestsInFlightMax)
      throw new HttpError(503, 'too many requests are being served, try again later', { 'retry-after': '1' })
    if (method === 'OPTIONS') return this.#preflight()
    const { path, query } = splitUrl(this.#request.raw.url ?? '/')
    const parameters = Parameters.parse(query)
    const route = findRoute(path)
    if (route === undefined) return emptyReply(404)
    this.#route = route.path
    this.#checkPage()
    const credentials = readBasicAuth(this.#request.headers.authorization)
    const { remoteAddress = '' } = this.#socket
    const verdict = judge(this.#init.context, remoteAddress, credentials, route.permissions)
    if (verdict === 'refused') return emptyReply(401)
    if (verdict === 'throttled') return emptyReply(429, { 'retry-after': '1' })
    if (!route.methods.includes(method))
      return emptyReply(405, { allow: [...route.methods, 'OPTIONS'].join(', ') })
    if (route.counter !== undefined) this.#init.context.counters.add('http', route.counter)
    const context: RequestContext = {
      server: this.#init.context,
      credentials,
      method,
      path,
      query,
      parameters,
      contentType: this.#request.contentType,
      requestId: requestIdOf(this.#request),
      body: this.#body,
      signal: this.#abort.signal,
      receivedAt: this.#receivedAt,
    }
    return route.handle(context)
  }

  /** Refuses what pages of others make a browser send. */
  #checkPage(): void {
    const { headers } = this.#request
    const { allowOrigin, authorizer, advertise, boundAddress } = this.#init.context
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
    const allowed = this.#reply.getHeader('access-control-allow-headers')
    return emptyReply(200, { 'access-control-allow-headers': `${allowed}, Idempotency-Key` })
  }

  /** Callers that take their time over large answers must not fill the memory together. */
  #counted(answer: HttpReply): HttpReply {
    const { heldBytes = 0, mustBeSent = false } = answer
    if (heldBytes < LARGE_ANSWER_BYTES || this.#reply.raw.destroyed) return answer
    const { answers } = this.#init
    // One alone is sent, whatever its size.
    if (mustBeSent || answers.heldBytes === 0) answers.force(heldBytes)
    else if (!answers.take(heldBytes)) {
      return errorReply(503, 'too many large answers are being sent, try again later', { 'retry-after': '1' })
    }
    this.#answerBytes = heldBytes
    return answer
  }

  #send(answer: HttpReply): void {
    const response = this.#reply.raw
    if (response.destroyed) {
      discard(answer)
      return
    }
    if (this.#init.isStopping()) this.#reply.header('connection', 'close')
    // From here on the caller must keep taking what it is sent; Node resets this with the next request.
    response.socket?.setTimeout(this.#init.limits.sendTimeoutMs)
    if (endsConnection(this.#request.raw)) {
      if (isShort(answer)) {
        sendAndClose(this.#reply, answer, this.#init.limits.lingerMs)
        return
      }
      this.#reply.header('connection', 'close')
    }
    send(this.#reply, answer, (error) => {
      this.#init.context.logger.warn({ path: this.#path, error: errorMessage(error) }, 'a response broke off')
    })
  }

  #fail(error: unknown): void {
    if (this.#reply.raw.destroyed) return
    if (this.#reply.sent) this.#reply.raw.destroy()
    else if (error instanceof HttpError) {
      const answer = errorReply(error.status, error.message, error.headers)
      if (error instanceof BodyRefused) sendAndClose(this.#reply, answer, this.#init.limits.lingerMs)
      else this.#send(answer)
    } else {
      this.#init.context.logger.error({ error, path: this.#path }, 'a request failed')
      this.#send(errorReply(500, 'internal error'))
    }
  }

  /** Without the query, which can hold data. */
  get #path(): string | undefined {
    return this.#request.raw.url?.split('?', 1)[0]
  }

  #report(): void {
    const { method } = this.#request
    const { statusCode, writableFinished } = this.#reply.raw
    const status = writableFinished ? statusCode : CALLER_LEFT
    const seconds = (performance.now() - this.#receivedAt) / 1_000
    const { logger, metrics } = this.#init.context
    metrics.observe({ route: this.#route, method, status, seconds, socket: this.#socket })
    logger.debug({ method, path: this.#path, status, ms: Math.round(seconds * 1_000) }, 'request')
  }
}

function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  // The router has refused broken escapes by now.
  return {
    path: path.includes('%') ? decodeURIComponent(path) : path,
    query: mark < 0 ? '' : url.slice(mark + 1),
  }
}

/** Proxies may name the whole URL (RFC 9112, 3.2.2). */
function originForm(url: string): string {
  const [, path] = /^https?:\/\/[^/?#]*(.*)$/i.exec(url) ?? []
  if (path === undefined) return url
  return path.startsWith('/') ? path : `/${path}`
}

/** For what never became a request: broken syntax, headers too large or too slow. */
export function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket,
  rqliteVersion: string,
): void {
  // Without a finished handshake, as when plain HTTP is spoken to a TLS port, nothing can be said.
  const noTls = /^ERR_(?:SSL|TLS)_/.test(error.code ?? '')
  if (noTls || error.code === 'ECONNRESET' || !socket.writable) {
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
function requestIdOf({ headers }: FastifyRequest): string | undefined {
  const key = headers['idempotency-key']
  return Array.isArray(key) ? key[0] : key
}
