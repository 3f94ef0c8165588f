import { type Counters, DebrosError, type Logger } from '../base/index.ts'
import type { Authorizer, Credentials } from '../node/index.ts'
import type { RequestBody } from './body.ts'
import type { HttpMetrics } from './http-metrics.ts'
import type { LoginLimiter } from './login-limiter.ts'
import type { PacedRefusals } from './paced-refusals.ts'
import type { Parameters } from './parameters.ts'
import type { PragmaReader } from './pragmas.ts'
import type { HttpReply } from './reply.ts'
import type { HttpAddress, HttpBuildInfo, HttpNode, HttpTlsInit } from './types.ts'

/** What handlers know of the server. */
export interface ServerContext {
  readonly node: () => HttpNode | undefined
  readonly logger: Logger
  readonly counters: Counters
  readonly metrics: HttpMetrics
  /** Undefined: everything is allowed. */
  readonly authorizer: Authorizer | undefined
  readonly logins: LoginLimiter
  readonly build: HttpBuildInfo
  readonly allowOrigin: string | undefined
  readonly loadBytesMax: number
  /** Undefined: plain HTTP. */
  readonly tls: HttpTlsInit | undefined
  readonly discovery: (() => object) | undefined
  readonly startedAt: Date
  readonly pragmas: PragmaReader
  /** Of requests that come faster than they can be served. */
  readonly refusals: PacedRefusals
  readonly boundAddress: () => HttpAddress | undefined
  /** `host:port` */
  readonly advertise: () => string
}

/** What handlers know of the request. */
export interface RequestContext {
  readonly server: ServerContext
  readonly method: string
  /** Decoded, without the query. */
  readonly path: string
  readonly query: string
  readonly parameters: Parameters
  /** As sent; "" if there was none. */
  readonly contentType: string
  /** What the caller gave, to be handed on with whatever another node may have to check again. */
  readonly credentials: Credentials
  /** The header `Idempotency-Key`: the same for every attempt at one write. */
  readonly requestId: string | undefined
  readonly body: RequestBody
  /** Aborted when the caller goes away or the server stops. */
  readonly signal: AbortSignal
  /** On the monotonic clock, milliseconds. */
  readonly receivedAt: number
}

export type Handler = (context: RequestContext) => Promise<HttpReply> | HttpReply

/** Why `signal` was aborted. What the request asked for may have happened. */
export function requestAborted(message: string): DebrosError {
  return new DebrosError('REQUEST_ABORTED', message, { outcome: 'unknown' })
}
