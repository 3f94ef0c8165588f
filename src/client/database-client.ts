/**
 * A client for the SQL database over the rqlite-compatible HTTP API of one or more nodes. Runs in
 * browsers and in Node: it needs `fetch` and nothing else.
 */

import { type ConnectionInit, connectionOf, type Fetch } from './connection.ts'

export type StatementParameter = null | boolean | number | bigint | string | Uint8Array

/** A statement without parameters, with positional ones, or with named ones (`:name`, `@name`, `$name`). */
export type StatementInput =
  | string
  | readonly [sql: string, ...positional: StatementParameter[]]
  | readonly [sql: string, named: Readonly<Record<string, StatementParameter>>]

export type StatementResult =
  | {
      readonly columns: readonly string[]
      readonly types: readonly string[]
      /** Integers beyond 2^53 are `bigint`; BLOBs are base64 text. */
      readonly values?: readonly (readonly unknown[])[]
    }
  | { readonly last_insert_id?: number | bigint; readonly rows_affected?: number }
  | { readonly error: string }

export interface DatabaseClientInit extends ConnectionInit {
  /** Base URLs of nodes, tried in order from the one that answered last. */
  readonly urls: readonly string[]
  /** For one request to one node. @default 10_000 */
  readonly timeoutMs?: number
}

export interface WriteCallOptions {
  /** All statements or none. @default false */
  readonly transaction?: boolean
  /**
   * Names the request: made again under the same name, through any node, it is applied once and gets its
   * first answer. 1 to 256 characters of ASCII. @default a random one for each call
   */
  readonly requestId?: string
  readonly signal?: AbortSignal
}

export interface QueryCallOptions extends WriteCallOptions {
  /** @default 'weak' */
  readonly level?: 'none' | 'weak' | 'linearizable' | 'strong' | 'auto'
}

/**
 * A request that failed as a whole; a statement that fails is a result with `error` instead.
 * `outcome` says what is known: `not-applied` requests may be repeated, `unknown` ones may have happened.
 */
export class DatabaseClientError extends Error {
  override name = 'DatabaseClientError'
  readonly outcome: 'not-applied' | 'unknown'
  /** HTTP status, if there was an answer. */
  readonly status: number | undefined

  constructor(message: string, outcome: 'not-applied' | 'unknown', status?: number, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.outcome = outcome
    this.status = status
  }
}

export interface DatabaseClient {
  execute(
    statements: readonly StatementInput[],
    options?: WriteCallOptions,
  ): Promise<readonly StatementResult[]>
  query(
    statements: readonly StatementInput[],
    options?: QueryCallOptions,
  ): Promise<readonly StatementResult[]>
  request(
    statements: readonly StatementInput[],
    options?: QueryCallOptions,
  ): Promise<readonly StatementResult[]>
  /** The `/status` document of the first node that answers. */
  status(options?: { readonly signal?: AbortSignal }): Promise<unknown>
  /** The `/nodes` document: every member, whether it can be reached and whether it leads. */
  nodes(options?: { readonly signal?: AbortSignal }): Promise<unknown>
}

/**
 * Failures of a whole request that are answered 200 and mean that nothing happened. Every other such
 * answer to a write is of a write whose outcome the node itself does not know.
 */
const NOTHING_HAPPENED = new Set([
  'stale read',
  'disallowed pragma',
  'store not open',
  'store not ready',
  'not leader',
])

interface Call {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly parameters: Readonly<Record<string, string | undefined>>
  readonly body: string | undefined
  /** Repeating it is harmless, because it changes nothing. */
  readonly idempotent: boolean
  /** Of a write. With it, repeating that is harmless, too. */
  readonly requestId: string | undefined
  readonly signal: AbortSignal | undefined
}

export function createDatabaseClient(init: DatabaseClientInit): DatabaseClient {
  return new HttpDatabaseClient(init)
}

class HttpDatabaseClient implements DatabaseClient {
  readonly #urls: readonly string[]
  readonly #timeoutMs: number
  readonly #fetch: Fetch
  /** Position of the node that answered last. */
  #preferred = 0

  constructor(init: DatabaseClientInit) {
    if (init.urls.length === 0) throw new TypeError('a database client needs the URL of at least one node')
    this.#urls = init.urls.map((url) => url.replace(/\/+$/, ''))
    this.#timeoutMs = init.timeoutMs ?? 10_000
    this.#fetch = connectionOf(init)
  }

  execute(
    statements: readonly StatementInput[],
    options: WriteCallOptions = {},
  ): Promise<readonly StatementResult[]> {
    return this.#statements('/db/execute', statements, options, false)
  }

  query(
    statements: readonly StatementInput[],
    options: QueryCallOptions = {},
  ): Promise<readonly StatementResult[]> {
    return this.#statements('/db/query', statements, options, true)
  }

  request(
    statements: readonly StatementInput[],
    options: QueryCallOptions = {},
  ): Promise<readonly StatementResult[]> {
    return this.#statements('/db/request', statements, options, false)
  }

  status(options: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    return this.#get('/status', {}, options.signal)
  }

  nodes(options: { readonly signal?: AbortSignal } = {}): Promise<unknown> {
    return this.#get('/nodes', { ver: '2', nonvoters: '' }, options.signal)
  }

  async #statements(
    path: string,
    statements: readonly StatementInput[],
    options: QueryCallOptions,
    idempotent: boolean,
  ): Promise<readonly StatementResult[]> {
    const parameters = { level: options.level, transaction: options.transaction === true ? '' : undefined }
    const body = encodeStatements(statements)
    const requestId = idempotent ? undefined : (options.requestId ?? randomRequestId())
    const call: Call = {
      method: 'POST',
      path,
      parameters,
      body,
      idempotent,
      requestId,
      signal: options.signal,
    }
    const answer = (await this.#call(call)) as { results?: readonly StatementResult[]; error?: string }
    if (answer.error !== undefined) {
      const harmless = idempotent || NOTHING_HAPPENED.has(answer.error)
      throw new DatabaseClientError(answer.error, harmless ? 'not-applied' : 'unknown', 200)
    }
    return answer.results ?? []
  }

  async #get(
    path: string,
    parameters: Call['parameters'],
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    const call = {
      method: 'GET',
      path,
      parameters,
      body: undefined,
      idempotent: true,
      requestId: undefined,
      signal,
    }
    return await this.#call(call as Call)
  }

  /** Asks one node after the other. A write carries its id, and is applied once, whoever gets it how often. */
  async #call(call: Call): Promise<unknown> {
    let failure: DatabaseClientError | undefined
    let mayHaveHappened = false
    for (let i = 0; i < this.#urls.length; i++) {
      const at = (this.#preferred + i) % this.#urls.length
      try {
        const answer = await this.#ask(this.#urls[at] as string, call)
        this.#preferred = at
        return answer
      } catch (error) {
        if (!(error instanceof DatabaseClientError)) throw error
        failure = error
        if (error.outcome === 'unknown' && !call.idempotent) mayHaveHappened = true
        if (error.status !== undefined && error.status < 500) break
      }
    }
    const { message, outcome, status, cause } = failure as DatabaseClientError // there is at least one URL
    throw new DatabaseClientError(message, mayHaveHappened ? 'unknown' : outcome, status, cause)
  }

  async #ask(url: string, call: Call): Promise<unknown> {
    const query = Object.entries(call.parameters)
      .filter(([, value]) => value !== undefined)
      .map(([name, value]) => (value === '' ? name : `${name}=${encodeURIComponent(value as string)}`))
      .join('&')
    const timeout = AbortSignal.timeout(this.#timeoutMs)
    const response = await this.#fetch(`${url}${call.path}${query === '' ? '' : `?${query}`}`, {
      method: call.method,
      signal: call.signal === undefined ? timeout : AbortSignal.any([timeout, call.signal]),
      ...(call.body === undefined ? {} : { body: call.body }),
      headers: {
        ...(call.body === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...(call.requestId === undefined ? {} : { 'Idempotency-Key': call.requestId }),
      },
    }).catch((error: unknown) => {
      call.signal?.throwIfAborted()
      throw new DatabaseClientError(
        `${url}: ${reasonOf(error)}`,
        neverSent(error) ? 'not-applied' : 'unknown',
        undefined,
        error,
      )
    })
    const text = await response.text().catch((error: unknown) => {
      throw new DatabaseClientError(
        `${url}: the answer broke off: ${reasonOf(error)}`,
        'unknown',
        undefined,
        error,
      )
    })
    if (response.ok) return parseExact(text)
    // 503 is how a node says that it did nothing: it knows no leader, or is too busy.
    const outcome = response.status < 500 || response.status === 503 ? 'not-applied' : 'unknown'
    throw new DatabaseClientError(`${url}: ${response.status} ${text.trim()}`, outcome, response.status)
  }
}

/** 128 random bits, hexadecimal. */
function randomRequestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** Was the connection refused before anything of the request left? */
function neverSent(error: unknown): boolean {
  const cause = error instanceof Error ? (error.cause ?? error) : undefined
  return cause instanceof Error && 'code' in cause && cause.code === 'ECONNREFUSED'
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? error.cause.message || String(error.cause) : error.message
}

/** Integers keep all their digits, in both directions. */
function encodeStatements(statements: readonly StatementInput[]): string {
  const parameter = (value: StatementParameter): string => {
    if (typeof value === 'bigint') return value.toString()
    if (value instanceof Uint8Array) return `[${value.join(',')}]`
    return JSON.stringify(value)
  }
  const statement = (input: StatementInput): string => {
    if (typeof input === 'string') return JSON.stringify(input)
    const [sql, ...parameters] = input
    const encoded = parameters.map((value) =>
      isNamed(value)
        ? `{${Object.entries(value).map(([name, one]) => `${JSON.stringify(name)}:${parameter(one)}`)}}`
        : parameter(value),
    )
    return `[${[JSON.stringify(sql), ...encoded].join(',')}]`
  }
  return `[${statements.map(statement).join(',')}]`
}

function isNamed(
  value: StatementParameter | Readonly<Record<string, StatementParameter>>,
): value is Readonly<Record<string, StatementParameter>> {
  return typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
}

type Reviver = (this: unknown, key: string, value: unknown, context: { readonly source?: string }) => unknown

function parseExact(text: string): unknown {
  const exact: Reviver = (_key, value, context) =>
    typeof value === 'number' && context.source !== undefined && /^-?\d{16,}$/.test(context.source)
      ? exactInteger(value, context.source)
      : value
  // The third argument of a reviver is newer than the compiler's library.
  return JSON.parse(text, exact as (key: string, value: unknown) => unknown)
}

function exactInteger(value: number, source: string): number | bigint {
  return Number.isSafeInteger(value) ? value : BigInt(source)
}
