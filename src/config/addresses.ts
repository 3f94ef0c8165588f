/** Hosts, ports and the multiaddrs of libp2p, as configuration spells them. */
import { multiaddr } from '@multiformats/multiaddr'

export interface HostPort {
  /** Without brackets. */
  readonly host: string
  readonly port: number
}

/** `host:port`, `[v6]:port`; undefined if it is neither or the port is not in 1..65535. */
export function parseHostPort(text: string): HostPort | undefined {
  const match = /^(?:\[([0-9a-fA-F:.%\w]+)\]|([^\s:/[\]@?#]+)):(\d{1,5})$/.exec(text)
  if (!match) return undefined
  const port = Number(match[3])
  if (port < 1 || port > 65_535) return undefined
  return { host: match[1] ?? match[2] ?? '', port }
}

/** `host`, `host:port`, a bare IPv6 address or `[v6]:port`, with the port filled in. */
export function parseHostOptionalPort(text: string, defaultPort: number): HostPort | undefined {
  const bare = bareHost(text)
  return bare === undefined ? parseHostPort(text) : { host: bare, port: defaultPort }
}

function bareHost(text: string): string | undefined {
  if (/^[^\s:/[\]@?#]+$/.test(text)) return text
  const unbracketed = /^\[(.+)\]$/.exec(text)?.[1] ?? text
  return /^[0-9a-fA-F.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(unbracketed) ? unbracketed : undefined
}

export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
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
