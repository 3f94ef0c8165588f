/**
 * Noise finds out that it has read all whole records there are by asking for the length of one more: that
 * throws, once for whatever a socket brings, and to make an exception takes longer than to decipher a small
 * record. Only its kind matters, so here it is made beforehand.
 */
import type { ConnectionEncrypter, MessageStream } from '@libp2p/interface'
import type { Uint8ArrayList } from 'uint8arraylist'

const LENGTH_BYTES = 2

const TOO_SHORT = new RangeError('the length of a record is not complete')

type LengthDecoder = (data: Uint8Array | Uint8ArrayList) => number

/** What we know of the stream that Noise makes; it is not part of its interface. */
interface NoiseStream {
  readonly decoder?: { lengthDecoder?: LengthDecoder }
}

/** The same encrypter; streams that it secures by Noise look before they ask. */
export function readingCheaply(encrypter: ConnectionEncrypter): ConnectionEncrypter {
  const secureInbound = encrypter.secureInbound.bind(encrypter)
  const secureOutbound = encrypter.secureOutbound.bind(encrypter)
  const looking = async <T extends { connection: MessageStream }>(secured: Promise<T>): Promise<T> => {
    const result = await secured
    lookBeforeAsking(result.connection as NoiseStream)
    return result
  }
  encrypter.secureInbound = (connection, options) => looking(secureInbound(connection, options))
  encrypter.secureOutbound = (connection, options) => looking(secureOutbound(connection, options))
  return encrypter
}

/** Does nothing, and so costs time but no harm, if a later version of Noise is made otherwise. */
function lookBeforeAsking({ decoder }: NoiseStream): void {
  const decode = decoder?.lengthDecoder
  if (decoder === undefined || decode === undefined) return
  decoder.lengthDecoder = (data) => {
    if (data.byteLength < LENGTH_BYTES) throw TOO_SHORT
    return decode(data)
  }
}
