/** What addresses in a configuration mean, those of libp2p (multiaddrs) among them. */
import { multiaddr } from '@multiformats/multiaddr'
import { type HostPort, hostKind, parseHostPort } from '../base/index.ts'

/** As {@link parseHostPort}, where the port (and then the brackets of an IPv6 address) may be left out. */
export function parseHostOptionalPort(text: string, defaultPort: number): HostPort | undefined {
  const bracketed = /^\[(.+)\]$/.exec(text)?.[1]
  const host = bracketed ?? text
  const kind = hostKind(host)
  if (kind === undefined || (bracketed !== undefined && kind !== 'ip6')) return parseHostPort(text)
  return { host, port: defaultPort }
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\./.test(host)
}

/** Addresses that mean "every interface" to a listener and nothing to a peer. */
export function isUnspecified(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === '0:0:0:0:0:0:0:0'
}

/** What is wrong with an address to listen on; undefined if nothing is. */
export function listenAddressProblem(text: string): string | undefined {
  const parts = multiaddrParts(text)
  if (parts === undefined) return 'is not a multiaddr'
  if (!/^(ip4|ip6)$/.test(parts[0]?.name ?? '')) return 'must begin with /ip4/<address> or /ip6/<address>'
  const port = Number(parts[1]?.name === 'tcp' ? parts[1].value : Number.NaN)
  if (!(port >= 1 && port <= 65_535)) return 'must have a /tcp/<port> with a port of 1 to 65535'
  if (parts.length > 2) return `must end after its port ("/${parts[2]?.name}" is not supported)`
  return undefined
}

/** What is wrong with the address of a peer to dial; undefined if nothing is. */
export function peerAddressProblem(text: string): string | undefined {
  const parts = multiaddrParts(text)
  if (parts === undefined) return 'is not a multiaddr'
  const port = Number(parts.find((part) => part.name === 'tcp')?.value ?? Number.NaN)
  if (!(port >= 1 && port <= 65_535)) return 'must have a /tcp/<port>'
  if (!parts.some((part) => part.name === 'p2p')) return 'must end with /p2p/<peer id>'
  return undefined
}

/** The TCP port of an address that passed {@link listenAddressProblem}. */
export function tcpPortOf(address: string): number {
  return Number(multiaddrParts(address)?.[1]?.value)
}

/** The same listen address with another TCP port. */
export function withTcpPort(address: string, port: number): string {
  return address.replace(/\/tcp\/\d+/, `/tcp/${port}`)
}

function multiaddrParts(text: string): readonly { name: string; value?: string }[] | undefined {
  try {
    return multiaddr(text).getComponents()
  } catch {
    return undefined
  }
}
