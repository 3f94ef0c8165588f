import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DebrosError, errorMessage, type HostPort, hostKind, parseHostPort } from '../base/index.ts'

/** Splits `host:port`; port 0 (any free one) is for listening only. Throws `P2P_ADDRESS_INVALID`. */
export function hostPortOf(address: string): HostPort {
  const parsed = parseHostPort(address, 0)
  if (parsed === undefined) throw addressInvalid(address, 'expected host:port, or [host]:port for IPv6')
  return parsed
}

/** The multiaddr of `host:port`. Throws `P2P_ADDRESS_INVALID`. */
export function multiaddrOf(address: string): Multiaddr {
  const { host, port } = hostPortOf(address)
  return parseMultiaddr(`/${hostKind(host)}/${host}/tcp/${port}`)
}

/** Parses a multiaddr. Throws `P2P_ADDRESS_INVALID`. */
export function parseMultiaddr(text: string): Multiaddr {
  try {
    return multiaddr(text)
  } catch (error) {
    throw addressInvalid(text, errorMessage(error), error)
  }
}

export function addressInvalid(address: string, why: string, cause?: unknown): DebrosError {
  return new DebrosError('P2P_ADDRESS_INVALID', `invalid address ${JSON.stringify(address)}: ${why}`, {
    cause,
  })
}
