/** The contract of the HTTP server: what it is given and what it offers. */
import type { Counters, Logger } from '../base/index.ts'
import type { Authorizer, ClusterService, DatabaseService, WriteQueue } from '../node/index.ts'

/** The part of a node the HTTP API serves; a `DebrosNode` is one. */
export interface HttpNode {
  readonly id: string
  readonly database: DatabaseService
  readonly queuedWrites: WriteQueue
  readonly cluster: ClusterService
}

export interface HttpServerComponents {
  /**
   * The node, or undefined while it is still being opened. The server may start first: it then
   * answers `/status` with `open: false` and everything else as rqlite does before its store is open.
   */
  readonly node: () => HttpNode | undefined
  readonly logger: Logger
  /** Shown by `/debug/vars`, and added to: a node's own, so that all of its parts count in them. */
  readonly counters: Counters
}

export interface HttpBuildInfo {
  readonly version: string
  readonly commit: string
  readonly buildTime: string
  /** The licences of the program and of what it is made from. @default none are known */
  readonly licenses?: () => string
}

export interface HttpServerInit {
  /** Name or address to bind to. */
  readonly host: string
  /** 0 picks a free one; see `HttpServer.address`. */
  readonly port: number
  /** `host:port` under which others reach this server. @default the bound address */
  readonly advertise?: string
  /** Value of the X-RQLITE-VERSION header. @default '10' */
  readonly rqliteVersion?: string
  /** Web origin whose pages may call; `*` for any. What other pages send is refused. @default none */
  readonly allowOrigin?: string
  /** Who may call what. @default everything is allowed */
  readonly authorizer?: Authorizer
  /** Serve HTTPS, and nothing else, on this port. @default plain HTTP */
  readonly tls?: HttpTlsInit
  /** How the node finds others, shown as `disco` in `/status`. @default not shown */
  readonly discovery?: () => object
  readonly build?: HttpBuildInfo
  readonly limits?: Partial<HttpLimits>
}

/** Files are in PEM form, and read again when they change. TLS 1.2 is the least. */
export interface HttpTlsInit {
  /** The server's certificate, with the chain that leads to its root. */
  readonly certFile: string
  readonly keyFile: string
  /** Who may have issued the clients' certificates. @default the roots that Node knows */
  readonly caFile?: string
  /** Refuse clients without a certificate that can be verified. @default false */
  readonly verifyClient?: boolean
  /** The common name that a client's certificate must have; implies `verifyClient`. @default any */
  readonly verifyCommonName?: string
}

/** Bounds on what callers can make the server hold or wait for. */
export interface HttpLimits {
  /** Largest request body. @default 64 MiB */
  readonly bodyBytesMax: number
  /** Largest body of a load, which is not held but handed on; also what it may be unpacked. @default 2 GiB */
  readonly loadBytesMax: number
  /** All request bodies held at one time; beyond it callers get 503. @default 256 MiB */
  readonly bodyBytesInFlightMax: number
  /**
   * Results of all large answers that are being sent; beyond it readers get 503. What tells of a write is sent
   * all the same. @default 512 MiB
   */
  readonly answerBytesInFlightMax: number
  /** Request line and headers together; bounds the length of a URL. @default 64 KiB */
  readonly headerBytesMax: number
  /** Open connections; further ones are closed at once. @default 10,000 */
  readonly connectionsMax: number
  /** Requests being served, over all connections; one connection may send many at once. More get 503. @default 10,000 */
  readonly requestsInFlightMax: number
  /** Time to send all headers. @default 10,000 */
  readonly headersTimeoutMs: number
  /** Time to send a whole request, but for a load. @default 120,000 */
  readonly requestTimeoutMs: number
  /** Time to send a whole load. @default 3,600,000 */
  readonly loadTimeoutMs: number
  /** A load of which nothing has come for this long is given up. @default 60,000 */
  readonly bodyIdleTimeoutMs: number
  /** How long an idle connection is kept. @default 75,000 */
  readonly keepAliveTimeoutMs: number
  /** A response of which the caller has taken nothing for this long is given up. @default 60,000 */
  readonly sendTimeoutMs: number
  /** How long a caller whose body was refused may go on sending it before the connection ends. @default 2,000 */
  readonly lingerMs: number
  /** Wrong passwords from one address, or IPv6 network of 64 bits, before more are refused with 429. @default 50 */
  readonly authFailuresMax: number
  /** Tries that an address wins back in a second. @default 1 */
  readonly authFailuresPerSecond: number
  /** Addresses that were wrong, and right credentials, that are remembered. @default 10,000 */
  readonly authMemoryMax: number
  /** Between two looks at whether the files of certificate and key have changed. @default 10,000 */
  readonly certificatePollMs: number
  /** How long `stop` lets running requests go on. @default 10,000 */
  readonly stopGraceMs: number
}

export interface HttpAddress {
  readonly host: string
  readonly port: number
  /** `http://host:port`, or `https://` */
  readonly url: string
}

export interface HttpServer extends AsyncDisposable {
  /** Where it listens; undefined unless it does. */
  readonly address: HttpAddress | undefined
  /** Base URL under which others reach it; undefined unless it listens. */
  readonly url: string | undefined
  /**
   * Binds and serves. Errors: `HTTP_ADDRESS_IN_USE`, `HTTP_LISTEN_FAILED`, `HTTP_TLS_INVALID`. Repeatable, also after
   * `stop`.
   */
  start(): Promise<void>
  /**
   * Accepts nothing more, lets running requests finish within the grace time, then aborts them and
   * closes what is left. Repeatable.
   */
  stop(): Promise<void>
}
