/**
 * The sockets below the HTTP API: one server, or one for each address that `localhost` stands for, all
 * plain or all TLS, with the same limits.
 */
import { lookup } from 'node:dns/promises'
import http from 'node:http'
import https from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { errorMessage, formatHostPort, type Logger } from '../base/index.ts'
import { continueOnRead } from './request-body-state.ts'
import type { TlsMaterial } from './tls-files.ts'
import type { HttpLimits, HttpTlsInit } from './types.ts'

export interface ListenersComponents {
  readonly logger: Logger
  readonly onRequest: http.RequestListener
  /** Answers what never became a request. */
  readonly onClientError: (error: Error, socket: Socket) => void
}

export interface ListenersInit {
  readonly limits: HttpLimits
  /** Undefined: plain HTTP. */
  readonly tls: (HttpTlsInit & { readonly material: TlsMaterial }) | undefined
}

export class Listeners {
  readonly #components: ListenersComponents
  readonly #init: ListenersInit
  readonly #servers: http.Server[] = []
  readonly #sockets = new Set<Socket>()

  constructor(components: ListenersComponents, init: ListenersInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * On the first address, and on the same port of the others: some programs take the IPv4 address of `localhost`,
   * some its IPv6 address. A machine may well lack one of them. Rejects as listening on the first does.
   */
  async listen([first, ...others]: readonly [string, ...string[]], port: number): Promise<AddressInfo> {
    const bound = await this.#listen(first, port)
    for (const host of others) {
      try {
        await this.#listen(host, bound.port)
      } catch (error) {
        const address = formatHostPort({ host, port: bound.port })
        this.#components.logger.warn({ address, error: errorMessage(error) }, 'cannot listen there, too')
      }
    }
    return bound
  }

  async #listen(host: string, port: number): Promise<AddressInfo> {
    const server = this.#createServer()
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen({ host, port }, () => {
        server.off('error', reject)
        resolve()
      })
    })
    this.#servers.push(server)
    return server.address() as AddressInfo // it listens on TCP
  }

  /** For connections to come. */
  replaceCertificate(material: TlsMaterial): void {
    for (const server of this.#servers) if (server instanceof https.Server) server.setSecureContext(material)
  }

  /** Takes no more connections, ends those without a request, and resolves when all are gone. */
  async close(): Promise<void> {
    const closings = this.#servers.map((server) => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      server.closeIdleConnections()
      return closed
    })
    await Promise.all(closings)
  }

  /** Ends what is left, also connections that have not said anything yet. */
  destroyConnections(): void {
    for (const socket of this.#sockets) socket.destroy()
  }

  #createServer(): http.Server {
    const { limits, tls } = this.#init
    const options = {
      maxHeaderSize: limits.headerBytesMax,
      headersTimeout: Math.min(limits.headersTimeoutMs, limits.requestTimeoutMs),
      requestTimeout: Math.max(limits.requestTimeoutMs, limits.loadTimeoutMs), // bodies have limits of their own
      keepAliveTimeout: limits.keepAliveTimeoutMs,
      connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs),
      // Asked for by the application, which says so in its own words.
      requireHostHeader: false,
    }
    const { onRequest, onClientError } = this.#components
    const server =
      tls === undefined ? http.createServer(options, onRequest) : this.#createTlsServer(options, tls)
    server.maxConnections = limits.connectionsMax
    server.on('checkContinue', (request: http.IncomingMessage, response: http.ServerResponse) => {
      continueOnRead(request, response)
      onRequest(request, response)
    })
    server.on('clientError', onClientError)
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    })
    return server
  }

  #createTlsServer(options: http.ServerOptions, tls: NonNullable<ListenersInit['tls']>): http.Server {
    const { material, verifyClient, verifyCommonName } = tls
    const verifies = verifyClient === true || verifyCommonName !== undefined
    const server = https.createServer(
      {
        ...options,
        ...material,
        handshakeTimeout: this.#init.limits.headersTimeoutMs,
        requestCert: verifies,
        rejectUnauthorized: verifies,
      },
      this.#components.onRequest,
    )
    if (verifyCommonName !== undefined) {
      // Before the HTTP parser sees the connection.
      server.prependListener('secureConnection', (socket) => this.#checkCommonName(socket, verifyCommonName))
    }
    return server
  }

  #checkCommonName(socket: TLSSocket, expected: string): void {
    const name = socket.getPeerCertificate().subject?.CN
    if (name === expected) return
    const fields = { remoteAddress: socket.remoteAddress, commonName: name, expected }
    this.#components.logger.warn(fields, 'a client certificate has another common name and was refused')
    socket.destroy()
  }
}

/** What to listen on: IPv4 first where a name has both, as Go does, since many programs know only that. */
export async function addressesOf(host: string): Promise<readonly [string, ...string[]]> {
  if (host !== 'localhost') return [host]
  const found = await lookup(host, { all: true }).catch(() => [])
  const addresses = found.sort((a, b) => a.family - b.family).map(({ address }) => address)
  const [first = host, ...others] = new Set(addresses)
  return [first, ...others]
}
