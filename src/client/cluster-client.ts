/** A client for what an operator does to a cluster, over the HTTP API of any of its nodes. Runs in browsers, too. */
import { DebrosError, errorMessage } from '../base/index.ts'
import { type ConnectionInit, connectionOf, type Fetch } from './connection.ts'

/** A member as `/nodes` describes it. */
export interface ClusterMember {
  readonly id: string
  /** Base URL of its HTTP API; "" if it does not answer, or has none. */
  readonly apiUrl: string
  /** `host:port` under which the other nodes reach it. */
  readonly address: string
  readonly version: string
  readonly voter: boolean
  readonly reachable: boolean
  readonly leader: boolean
  /** Seconds it took to answer; undefined if it did not. */
  readonly time: number | undefined
  /** Why it is not reachable; "" otherwise. */
  readonly error: string
}

export interface ClusterClientInit extends ConnectionInit {
  /** Base URL of a node's HTTP API. */
  readonly url: string
  /** For one request. @default 10_000 */
  readonly timeoutMs?: number
}

/**
 * Rejects with `NODE_UNREACHABLE` (not-applied) if no node answers, `NODE_ACCESS_DENIED` (not-applied) if
 * it does not allow its user that, and `CLUSTER_REQUEST_FAILED` with
 * what it says if it answers that it did not do it; a request that broke off may have been done.
 */
export interface ClusterClient {
  /** Every member, learners too, as this node sees them. */
  members(): Promise<readonly ClusterMember[]>
  /** Hands the lead to `to`, or to any voter; resolves once another one leads. */
  transferLeadership(to?: string): Promise<void>
  /** Takes a node out of the membership; resolves once that is committed. An unknown one is no failure. */
  removeNode(id: string): Promise<void>
}

export function createClusterClient(init: ClusterClientInit): ClusterClient {
  return new HttpClusterClient(init)
}

/** The node is given as long as the caller waits; its answer may take this much longer. */
const ANSWER_SLACK_MS = 1_000

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly body?: object
}

class HttpClusterClient implements ClusterClient {
  readonly #url: string
  readonly #timeoutMs: number
  readonly #fetch: Fetch

  constructor({ url, timeoutMs = 10_000, ...connection }: ClusterClientInit) {
    this.#fetch = connectionOf(connection)
    this.#url = url.replace(/\/+$/, '')
    this.#timeoutMs = timeoutMs
  }

  async members(): Promise<readonly ClusterMember[]> {
    const text = await this.#call({ method: 'GET', path: `/nodes?ver=2&nonvoters&${this.#patience}` })
    const nodes = objectOf(parse(text, this.#url)).nodes
    if (!Array.isArray(nodes)) throw unreachable(this.#url, 'what answers is no node')
    return nodes.map((node) => memberOf(objectOf(node)))
  }

  async transferLeadership(to?: string): Promise<void> {
    const body = to === undefined ? {} : { id: to }
    await this.#call({ method: 'POST', path: `/leader?wait&${this.#patience}`, body })
  }

  async removeNode(id: string): Promise<void> {
    await this.#call({ method: 'DELETE', path: `/remove?${this.#patience}`, body: { id } })
  }

  get #patience(): string {
    return `timeout=${Math.ceil(this.#timeoutMs)}ms`
  }

  async #call({ method, path, body }: Call): Promise<string> {
    try {
      const response = await this.#fetch(this.#url + path, {
        method,
        signal: AbortSignal.timeout(this.#timeoutMs + ANSWER_SLACK_MS),
        ...(body !== undefined && {
          body: JSON.stringify(body),
          headers: { 'Content-Type': 'application/json' },
        }),
      })
      const text = await response.text()
      if (response.ok) return text
      if (response.status === 401) throw accessDenied(this.#url)
      throw new DebrosError('CLUSTER_REQUEST_FAILED', textOf(text.trim()) || `HTTP ${response.status}`)
    } catch (error) {
      if (error instanceof DebrosError) throw error
      const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error
      if (method === 'GET' || refused(reason)) throw unreachable(this.#url, errorMessage(reason), error)
      throw new DebrosError(
        'CLUSTER_REQUEST_FAILED',
        `${this.#url} gave no answer (${errorMessage(reason)}); it may still do what was asked`,
        { outcome: 'unknown', cause: error },
      )
    }
  }
}

/** Nothing of the request left this machine. */
function refused(reason: unknown): boolean {
  return reason instanceof Error && 'code' in reason && reason.code === 'ECONNREFUSED'
}

function accessDenied(url: string): DebrosError {
  return new DebrosError(
    'NODE_ACCESS_DENIED',
    `${url} does not allow this: it knows no such user with this password, or the user lacks the permission`,
  )
}

function unreachable(url: string, why: string, cause?: unknown): DebrosError {
  return new DebrosError('NODE_UNREACHABLE', `no node answers at ${url}: ${why}`, { cause, retryable: true })
}

function parse(text: string, url: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw unreachable(url, errorMessage(error), error)
  }
}

function memberOf(node: Record<string, unknown>): ClusterMember {
  return {
    id: textOf(node.id),
    apiUrl: textOf(node.api_addr),
    address: textOf(node.addr),
    version: textOf(node.version),
    voter: node.voter === true,
    reachable: node.reachable === true,
    leader: node.leader === true,
    time: typeof node.time === 'number' ? node.time : undefined,
    error: textOf(node.error),
  }
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {} // read by key only
}

/** Control characters from a stranger's answer stay off terminals. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value.replace(/\p{Cc}/gu, ' ') : ''
}
