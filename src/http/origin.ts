import type { IncomingHttpHeaders } from 'node:http'
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
