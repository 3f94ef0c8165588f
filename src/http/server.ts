import type { AddressInfo } from 'node:net'
import type { FastifyInstance } from 'fastify'
import { DebrosError, errorMessage, formatHostPort, hasErrorCode } from '../base/index.ts'
import { buildApp } from './app.ts'
import { BodyBudget } from './body.ts'
import { requestAborted } from './context.ts'
import { declareCounters } from './counter-names.ts'
import { DEFAULT_LIMITS, DEFAULT_RQLITE_VERSION } from './defaults.ts'
import { PragmaReader } from './pragmas.ts'
import type { HttpAddress, HttpLimits, HttpServer, HttpServerComponents, HttpServerInit } from './types.ts'

/** The rqlite-compatible HTTP API of a node. Does no I/O until `start`. */
export function createHttpServer(components: HttpServerComponents, init: HttpServerInit): HttpServer {
  return new RqliteHttpServer(components, init)
}

class RqliteHttpServer implements HttpServer {
  readonly #components: HttpServerComponents
  readonly #init: HttpServerInit
  readonly #limits: HttpLimits
  readonly #inFlight = new Set<AbortController>()
  #app: FastifyInstance | undefined
  #address: HttpAddress | undefined
  #stopping = false
  /** The last start or stop; the next waits for it. */
  #transition: Promise<void> = Promise.resolve()

  constructor(components: HttpServerComponents, init: HttpServerInit) {
    this.#components = components
    this.#init = init
    this.#limits = { ...DEFAULT_LIMITS, ...init.limits }
    declareCounters(components.counters)
  }

  get address(): HttpAddress | undefined {
    return this.#address
  }

  get url(): string | undefined {
    return this.#address && `http://${this.#advertise(this.#address)}`
  }

  start(): Promise<void> {
    return this.#then(() => this.#start())
  }

  stop(): Promise<void> {
    this.#stopping = true
    return this.#then(() => this.#stop())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop()
  }

  #then(step: () => Promise<void>): Promise<void> {
    const done = this.#transition.then(step)
    this.#transition = done.catch(() => {})
    return done
  }

  async #start(): Promise<void> {
    if (this.#app !== undefined) return
    this.#stopping = false
    const app = this.#buildApp()
    const { host, port } = this.#init
    try {
      await app.listen({ host, port })
    } catch (error) {
      await app.close()
      throw listenError(error, formatHostPort({ host, port }))
    }
    const bound = app.server.address() as AddressInfo // it listens on TCP
    this.#app = app
    this.#address = {
      host: bound.address,
      port: bound.port,
      url: `http://${formatHostPort({ host: bound.address, port: bound.port })}`,
    }
    this.#components.logger.info({ url: this.#address.url }, 'HTTP API is listening')
  }

  async #stop(): Promise<void> {
    const app = this.#app
    if (app === undefined) return
    const grace = setTimeout(() => {
      for (const request of this.#inFlight) request.abort(requestAborted('the server is stopping'))
      app.server.closeAllConnections()
    }, this.#limits.stopGraceMs)
    try {
      await app.close()
    } finally {
      clearTimeout(grace)
      this.#app = undefined
      this.#address = undefined
    }
  }

  #advertise(bound: HttpAddress): string {
    return this.#init.advertise ?? formatHostPort(bound)
  }

  #buildApp(): FastifyInstance {
    const { node, logger, counters } = this.#components
    const { allowOrigin, authorizer, build, rqliteVersion = DEFAULT_RQLITE_VERSION } = this.#init
    return buildApp({
      context: {
        node,
        logger,
        counters,
        authorizer,
        allowOrigin,
        build: build ?? { version: 'unknown', commit: '', buildTime: '' },
        startedAt: new Date(),
        pragmas: new PragmaReader(),
        boundAddress: () => this.#address,
        advertise: () => (this.#address ? this.#advertise(this.#address) : ''),
      },
      limits: this.#limits,
      rqliteVersion,
      budget: new BodyBudget(this.#limits.bodyBytesInFlightMax),
      inFlight: this.#inFlight,
      isStopping: () => this.#stopping,
    })
  }
}

function listenError(cause: unknown, address: string): DebrosError {
  if (hasErrorCode(cause, 'EADDRINUSE')) {
    const message = `${address} is in use by another program; stop it or choose another port`
    return new DebrosError('HTTP_ADDRESS_IN_USE', message, { cause })
  }
  return new DebrosError('HTTP_LISTEN_FAILED', `cannot listen on ${address}: ${errorMessage(cause)}`, {
    cause,
  })
}
