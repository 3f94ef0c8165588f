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
 *
 * Nodes with certificates add signatures: the member to its nonce, the joiner to its request.
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

/** Takes the same time wherever the two differ. */
export function proofsEqual(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b)
}

/**
 * What the key of a certificate signs, see node-certificates.ts. A member signs before it has heard the
 * request, so that the joiner knows whom it tells what.
 */
export function memberStatement(exchange: Omit<JoinExchange, 'request'>): Uint8Array {
  return statement('debros/join/1/certified member', { ...exchange, request: new Uint8Array() })
}

export function joinerStatement(exchange: JoinExchange): Uint8Array {
  return statement('debros/join/1/certified joiner', exchange)
}

function prove(
  secret: string,
  role: string,
  exchange: JoinExchange,
  ...said: readonly Uint8Array[]
): Uint8Array {
  return createHmac('sha256', Buffer.from(secret, 'utf8'))
    .update(statement(role, exchange, ...said))
    .digest()
}

function statement(role: string, exchange: JoinExchange, ...said: readonly Uint8Array[]): Uint8Array {
  const { joinerNonce, memberNonce, joinerPeerId, memberPeerId, request } = exchange
  const parts = [role, joinerNonce, memberNonce, joinerPeerId, memberPeerId, request, ...said]
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part
      // With its length before it, no part can pass for the end of another.
      const length = Buffer.alloc(4)
      length.writeUInt32BE(bytes.length)
      return [length, bytes]
    }),
  )
}
