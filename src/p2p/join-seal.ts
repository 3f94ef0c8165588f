/**
 * Credentials that a joiner shows, readable by nobody but one who knows the cluster's secret: the joiner speaks
 * first, and who is at the address that it was given, or that a name led it to, has proven nothing yet.
 *
 * AES-256-GCM. The key is an HMAC-SHA256 keyed by the secret over both nonces and both peer ids, so that it
 * serves for one exchange alone and a fixed initialization vector is no second use of one.
 */
import { createCipheriv, createDecipheriv } from 'node:crypto'
import { decodeFrame, JoinCredentials, malformed } from '../wire/index.ts'
import type { Credentials } from './join-codec.ts'
import { type JoinExchange, sealingKey } from './join-proof.ts'

type Parties = Omit<JoinExchange, 'request'>

const ALGORITHM = 'aes-256-gcm'
const VECTOR = new Uint8Array(12)
const TAG_BYTES = 16

export function sealCredentials(secret: string, exchange: Parties, credentials: Credentials): Uint8Array {
  const cipher = createCipheriv(ALGORITHM, sealingKey(secret, exchange), VECTOR)
  const plain = JoinCredentials.encode(credentials)
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
}

/** Throws `WIRE_MALFORMED` if it was sealed with another secret or for another exchange. */
export function openCredentials(secret: string, exchange: Parties, sealed: Uint8Array): Credentials {
  if (sealed.length < TAG_BYTES) throw malformed('the length of the credentials')
  const decipher = createDecipheriv(ALGORITHM, sealingKey(secret, exchange), VECTOR, {
    authTagLength: TAG_BYTES,
  })
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
  let plain: Uint8Array
  try {
    plain = Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()])
  } catch {
    throw malformed('the seal of the credentials')
  }
  return decodeFrame('join credentials', () => JoinCredentials.decode(plain))
}
