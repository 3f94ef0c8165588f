/** How clients reach a node: whose requests they are, and by which `fetch`. Runs in browsers, too. */

export interface ClientCredentials {
  readonly username: string
  readonly password: string
}

/** As much of a request as clients use. */
export interface FetchInit {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

/** As much of `fetch` as clients use. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>

export interface ConnectionInit {
  /** A user of the node's credentials file. @default nobody */
  readonly credentials?: ClientCredentials
  /** Sends a request: for certificates of one's own, or a proxy. @default the global one */
  readonly fetch?: Fetch
}

/** A `fetch` that says whose request it is. */
export function connectionOf({ credentials, fetch: send = globalThis.fetch }: ConnectionInit): Fetch {
  if (credentials === undefined) return (url, init) => send(url, init)
  const authorization = basicAuth(credentials)
  return (url, init) => send(url, { ...init, headers: { ...init.headers, Authorization: authorization } })
}

/** HTTP's Basic scheme (RFC 7617), in UTF-8. */
function basicAuth({ username, password }: ClientCredentials): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`)
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`
}
