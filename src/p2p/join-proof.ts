/**
 * Proof of knowing the cluster's secret, without telling it.
 *
 * ```
 *   joiner                                    member
 *     | -- joiner nonce ------------------------> |
 *     | <------------------------ member nonce -- |
 *     | -- request, joiner's proof -------------> |  checks, then handles the request
 *     | <------------- response, member's proof -- |
 *   checks, then believes the response
 * ```
 *
 * A proof is an HMAC-SHA256 keyed by the secret over everything that makes this exchange this one: whose
 * proof it is, both nonces, both peer ids and what is said. The peer ids are those that the connection's
 * handshake has proven, so whoever relays an exchange between two others ends up with a proof for a
 * connection that is not its own. The joiner proves first: a stranger that just asks learns nothing to
 * try secrets against. (A joiner led to a false member does give it that, so secrets should be long and
 * random.)
 */
import { createHmac, timingSafeEqual } from 'node:crypto'

export const NONCE_BYTES = 32

/** What both sides of an exchange know. */
export interface JoinExchange {
  readonly joinerNonce: Uint8Array
  readonly memberNonce: Uint8Array
  readonly joinerPeerId: string
  readonly memberPeerId: string
  readonly request: Uint8Array
}

export function joinerProof(secret: string, exchange: JoinExchange): Uint8Array {
  return prove(secret, 'debros/join/1/joiner', exchange)
}

export function memberProof(secret: string, exchange: JoinExchange, response: Uint8Array): Uint8Array {
  return prove(secret, 'debros/join/1/member', exchange, response)
}

/** For credentials, in this exchange alone: both sides have put something new into it. */
export function sealingKey(secret: string, exchange: Omit<JoinExchange, 'request'>): Uint8Array {
  return prove(secret, 'debros/join/1/credentials', { ...exchange, request: new Uint8Array() })
}

/** Takes the same time wherever the two differ. */
export function proofsEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

function prove(
  secret: string,
  role: string,
  exchange: JoinExchange,
  ...said: readonly Uint8Array[]
): Uint8Array {
  const { joinerNonce, memberNonce, joinerPeerId, memberPeerId, request } = exchange
  const hmac = createHmac('sha256', Buffer.from(secret, 'utf8'))
  const length = Buffer.alloc(4)
  for (const part of [role, joinerNonce, memberNonce, joinerPeerId, memberPeerId, request, ...said]) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
    // With its length before it, no part can pass for the end of another.
    length.writeUInt32BE(bytes.length)
    hmac.update(length).update(bytes)
  }
  return hmac.digest()
}
