/** Reads credentials from a request, in HTTP's Basic scheme (RFC 7617). */
import type { Credentials } from '../node/index.ts'

/** Of a caller that gave none: no user has an empty name. */
export const NO_CREDENTIALS: Credentials = Object.freeze({ username: '', password: '' })

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/

/** What is not in that scheme, or broken, is as good as nothing. */
export function readBasicAuth(authorization: string | undefined): Credentials {
  if (authorization === undefined) return NO_CREDENTIALS
  const [, encoded] = /^basic +([^ ]+)$/i.exec(authorization) ?? []
  if (encoded === undefined || !BASE64.test(encoded)) return NO_CREDENTIALS
  const text = Buffer.from(encoded, 'base64').toString('utf8')
  const colon = text.indexOf(':')
  if (colon < 0) return NO_CREDENTIALS
  return { username: text.slice(0, colon), password: text.slice(colon + 1) }
}
