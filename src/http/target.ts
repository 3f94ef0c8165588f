/** What a request names: its path and query, checked, and the route that serves it. */
import { Parameters } from './parameters.ts'
import { HttpError } from './reply.ts'
import { findRoute, type Route } from './routes.ts'

export interface Target {
  /** Decoded, without the query. */
  readonly path: string
  readonly query: string
  readonly parameters: Parameters
  readonly route: Route | undefined
}

/** Programs ask for the same few again and again; a query that carries data is longer, or never comes again. */
const REMEMBERED_MAX = 256
const REMEMBERED_LENGTH_MAX = 128

export class Targets {
  readonly #remembered = new Map<string, Target>()

  /** Throws a 400. */
  resolve(url: string): Target {
    const known = this.#remembered.get(url)
    if (known !== undefined) return known
    const target = parseTarget(originForm(url))
    if (url.length <= REMEMBERED_LENGTH_MAX) {
      // Whoever asks for ever others makes this as slow as it is without a memory, no slower.
      if (this.#remembered.size >= REMEMBERED_MAX) this.#remembered.clear()
      this.#remembered.set(url, target)
    }
    return target
  }
}

function parseTarget(url: string): Target {
  const mark = url.indexOf('?')
  const path = decodePath(mark < 0 ? url : url.slice(0, mark))
  const query = mark < 0 ? '' : url.slice(mark + 1)
  return { path, query, parameters: Parameters.parse(query), route: findRoute(path) }
}

function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    throw new HttpError(400, `'${path}' is not a valid url component`)
  }
}

/** Proxies may name the whole URL (RFC 9112, 3.2.2). */
function originForm(url: string): string {
  if (url.startsWith('/')) return url
  const [, path] = /^https?:\/\/[^/?#]*(.*)$/i.exec(url) ?? []
  if (path === undefined) return url
  return path.startsWith('/') ? path : `/${path}`
}
