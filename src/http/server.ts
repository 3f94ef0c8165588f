import type { RequestListener } from 'node:http'
import { DebrosError, errorMessage, formatHostPort, hasErrorCode } from '../base/index.ts'
import { answerBrokenRequest, createApp } from './app.ts'
import { ByteBudget } from './body.ts'
import { Connections, type InFlight } from './connections.ts'
import { requestAborted } from './context.ts'
import { declareCounters } from './counter-names.ts'
import { DEFAULT_LIMITS, DEFAULT_RQLITE_VERSION, REFUSALS_PER_SECOND } from './defaults.ts'
import { HttpMetrics } from './http-metrics.ts'
import { addressesOf, Listeners, type ListenersInit } from './listeners.ts'
import { LoginLimiter } from './login-limiter.ts'
import { PacedRefusals } from './paced-refusals.ts'
import { PragmaReader } from './pragmas.ts'
import { certificateEnd, isExposed, readTlsMaterial, signatureOf, TlsWatch } from './tls-files.ts'
import type {
  HttpAddress,
  HttpBuildInfo,
  HttpLimits,
  HttpServer,
  HttpServerComponents,
  HttpServerInit,
  HttpTlsInit,
} from './types.ts'

interface Running {
  readonly listeners: Listeners
  readonly watch: TlsWatch | undefined
}

/** The rqlite-compatible HTTP API of a node. Does no I/O until `start`. */
export function createHttpServer(components: HttpServerComponents, init: HttpServerInit): HttpServer {
  return new RqliteHttpServer(components, init)
}

class RqliteHttpServer implements HttpServer {
  readonly #components: HttpServerComponents
  readonly #init: HttpServerInit
  readonly #limits: HttpLimits
  readonly #connections = new Connections()
  readonly #inFlight: InFlight = { count: 0 }
  readonly #build: HttpBuildInfo
  readonly #metrics: HttpMetrics
  #running: Running | undefined
  #address: HttpAddress | undefined
  #stopping = false
  /** The last start or stop; the next waits for it. */
  #transition: Promise<void> = Promise.resolve()

  constructor(components: HttpServerComponents, init: HttpServerInit) {
    this.#components = components
    this.#init = init
    this.#limits = { ...DEFAULT_LIMITS, ...init.limits }
    declareCounters(components.counters)
    this.#build = init.build ?? { version: 'unknown', commit: '', buildTime: '' }
    this.#metrics = new HttpMetrics({
      counters: components.counters,
      build: this.#build,
      inFlight: () => this.#inFlight.count,
    })
  }

  get address(): HttpAddress | undefined {
    return this.#address
  }

  get url(): string | undefined {
    return this.#address && `${this.#scheme}://${this.#advertise(this.#address)}`
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
    if (this.#running !== undefined) return
    this.#stopping = false
    const { host, port, tls } = this.#init
    const seen = tls && (await signatureOf(tls))
    const material = tls && (await readTlsMaterial(tls))
    if (tls !== undefined && (await isExposed(tls))) {
      this.#components.logger.warn(
        { keyFile: tls.keyFile },
        'others on this machine may read the key of HTTPS',
      )
    }
    const listeners = this.#createListeners(tls && material && { ...tls, material })
    try {
      const bound = await listeners.listen(await addressesOf(host), port)
      const url = `${this.#scheme}://${formatHostPort({ host: bound.address, port: bound.port })}`
      this.#address = { host: bound.address, port: bound.port, url }
    } catch (error) {
      await listeners.close()
      throw listenError(error, formatHostPort({ host, port }))
    }
    const watch = tls && seen !== undefined ? this.#watch(tls, seen, listeners) : undefined
    this.#running = { listeners, watch }
    const { url } = this.#address
    const certificate = material && { certificateValidTo: certificateEnd(material) }
    this.#components.logger.info({ url, ...certificate }, 'HTTP API is listening')
  }

  async #stop(): Promise<void> {
    if (this.#running === undefined) return
    const { listeners, watch } = this.#running
    watch?.stop()
    const grace = setTimeout(() => {
      this.#connections.abort(requestAborted('the server is stopping'))
      listeners.destroyConnections()
    }, this.#limits.stopGraceMs)
    try {
      await listeners.close()
    } finally {
      clearTimeout(grace)
      this.#running = undefined
      this.#address = undefined
    }
  }

  get #scheme(): 'http' | 'https' {
    return this.#init.tls === undefined ? 'http' : 'https'
  }

  #createListeners(tls: ListenersInit['tls']): Listeners {
    const { rqliteVersion = DEFAULT_RQLITE_VERSION } = this.#init
    return new Listeners(
      {
        logger: this.#components.logger,
        onRequest: this.#createApp(rqliteVersion),
        onClientError: (error, socket) =>
          answerBrokenRequest(error, socket, { connections: this.#connections, rqliteVersion }),
      },
      { limits: this.#limits, tls },
    )
  }

  #watch(tls: HttpTlsInit, seen: string, listeners: Listeners): TlsWatch {
    const { logger } = this.#components
    const watch = new TlsWatch(
      { logger, onChange: (material) => listeners.replaceCertificate(material) },
      tls,
      { seen, intervalMs: this.#limits.certificatePollMs },
    )
    watch.start()
    return watch
  }

  #advertise(bound: HttpAddress): string {
    return this.#init.advertise ?? formatHostPort(bound)
  }

  #createApp(rqliteVersion: string): RequestListener {
    const { node, logger, counters } = this.#components
    const { allowOrigin, authorizer, tls, discovery } = this.#init
    return createApp({
      context: {
        node,
        logger,
        counters,
        metrics: this.#metrics,
        authorizer,
        logins: new LoginLimiter(this.#limits),
        allowOrigin,
        loadBytesMax: this.#limits.loadBytesMax,
        tls,
        discovery,
        build: this.#build,
        startedAt: new Date(),
        pragmas: new PragmaReader(),
        refusals: new PacedRefusals(REFUSALS_PER_SECOND),
        boundAddress: () => this.#address,
        advertise: () => (this.#address ? this.#advertise(this.#address) : ''),
      },
      limits: this.#limits,
      rqliteVersion,
      budget: new ByteBudget(this.#limits.bodyBytesInFlightMax),
      answers: new ByteBudget(this.#limits.answerBytesInFlightMax),
      connections: this.#connections,
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
