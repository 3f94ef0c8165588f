import { isIPv4, isIPv6 } from 'node:net'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { DebrosError, errorMessage } from '../base/index.ts'

/** RFC 1123 labels, as a resolver takes them; at most 253 characters in all. */
const DNS_NAME_PATTERN =
  /^(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i

/** All digits and dots: meant as an IPv4 address, and not one. */
const NUMERIC_PATTERN = /^[\d.]+$/

export interface HostPort {
  /** An IPv4 or IPv6 address (without brackets) or a DNS name. */
  readonly host: string
  readonly port: number
}

/**
 * Splits `host:port`; IPv6 addresses stand in brackets. Port 0 (any free port) is for listening only.
 * Throws `P2P_ADDRESS_INVALID`.
 */
export function parseHostPort(address: string): HostPort {
  const match = /^(?:\[([^\]]*)\]|([^[\]:]*)):(\d{1,5})$/.exec(address)
  const bracketed = match?.[1]
  const plain = match?.[2]
  const port = Number(match?.[3])
  if (match === null || port > 65_535) throw addressInvalid(address, 'expected host:port')
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) throw addressInvalid(address, 'expected an IPv6 address in the brackets')
    return { host: bracketed, port }
  }
  const host = plain ?? ''
  if (!isIPv4(host) && (NUMERIC_PATTERN.test(host) || !DNS_NAME_PATTERN.test(host))) {
    throw addressInvalid(address, 'expected an IP address or a DNS name before the port')
  }
  return { host, port }
}

/** `host:port`, with brackets where they are needed. */
export function formatHostPort({ host, port }: HostPort): string {
  return isIPv6(host) ? `[${host}]:${port}` : `${host}:${port}`
}

/** The multiaddr of `host:port`. Throws `P2P_ADDRESS_INVALID`. */
export function multiaddrOf(address: string): Multiaddr {
  const { host, port } = parseHostPort(address)
  const protocol = isIPv4(host) ? 'ip4' : isIPv6(host) ? 'ip6' : 'dns'
  return parseMultiaddr(`/${protocol}/${host}/tcp/${port}`)
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
