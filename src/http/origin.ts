import type { IncomingHttpHeaders } from 'node:http'
import { isIP } from 'node:net'
import { hostname } from 'node:os'
import { HttpError } from './reply.ts'

/**
 * Refuses what a web page makes a browser send, unless the page's origin is allowed. The API asks for
 * no password, and a plain-text POST needs no preflight: without this any web page could write to a
 * database on the machine of whoever reads it. A page may even pass for one of this server's own (DNS
 * rebinding), and this server has none. Programs other than browsers send no Origin.
 */
export function checkOrigin({ origin }: IncomingHttpHeaders, allowOrigin: string | undefined): void {
  if (origin === undefined || allowOrigin === '*' || origin === allowOrigin) return
  throw new HttpError(403, 'requests from web pages of this origin are refused; see http.allow_origin')
}

export interface KnownHosts {
  /** Address that is listened on. */
  readonly bound: string
  /** `host:port` */
  readonly advertised: string
  readonly allowOrigin: string | undefined
}

/**
 * A page that had its own name point here is of the same origin, and a browser then sends a GET without saying
 * where it comes from; but it does name the host, and the languages of its user, which other programs do not.
 * To be asked where no password is: a browser gives one to no other name. Whoever listens to the network has
 * names that cannot be known.
 */
export function checkHost(headers: IncomingHttpHeaders, known: KnownHosts): void {
  const { bound, advertised, allowOrigin } = known
  if (headers['accept-language'] === undefined || headers.host === undefined || allowOrigin === '*') return
  if (!/^(?:127\.|::1$|::ffff:127\.)/i.test(bound)) return
  const name = nameOf(headers.host)
  const names = [
    nameOf(advertised),
    nameOf(allowOrigin?.replace(/^.*:\/\//, '') ?? ''),
    hostname().toLowerCase(),
  ]
  if (isIP(name) !== 0 || /^(?:.*\.)?localhost$/.test(name) || names.includes(name)) return
  throw new HttpError(403, 'requests of browsers to a host of this name are refused; see http.allow_origin')
}

/** Of `host:port`, without port, brackets and a dot at the end. */
function nameOf(host: string): string {
  const [, inBrackets, plain = ''] = /^(?:\[(.*)\]|([^:]*))(?::\d*)?$/.exec(host.trim()) ?? []
  return (inBrackets ?? plain).toLowerCase().replace(/\.$/, '')
}
