/** Network addresses as `host:port`, the way everything but libp2p writes them. */

export interface HostPort {
  /** An IPv4 or IPv6 address (without brackets) or a DNS name. */
  readonly host: string
  readonly port: number
}

export type HostKind = 'ip4' | 'ip6' | 'dns'

const PORT_MAX = 65_535

const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)'
const IP4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`)

/** RFC 1123 labels, as a resolver takes them, and `_`, which names of containers have; 253 characters at most. */
const DNS_NAME =
  /^(?=.{1,253}$)[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?(?:\.[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9])?)*\.?$/i

/** What a host by itself is; undefined if it is none. IPv6 addresses have neither brackets nor zone here. */
export function hostKind(host: string): HostKind | undefined {
  if (IP4.test(host)) return 'ip4'
  if (/^[\d.]+$/.test(host)) return undefined // meant as an IPv4 address, and not one
  if (DNS_NAME.test(host)) return 'dns'
  return /^[\da-f:.]+$/i.test(host) && URL.canParse(`http://[${host}]`) ? 'ip6' : undefined
}

/**
 * Splits `host:port`; IPv6 addresses stand in brackets. Undefined if it is neither, or if the port is
 * not in `portMin`..65535: port 0, any free one, makes sense for a listener only.
 */
export function parseHostPort(text: string, portMin: 0 | 1 = 1): HostPort | undefined {
  const match = /^(?:\[([^\]]*)\]|([^[\]:]*)):(\d{1,5})$/.exec(text)
  if (match === null) return undefined
  const [, bracketed, plain] = match
  const host = bracketed ?? plain ?? ''
  const port = Number(match[3])
  const kind = hostKind(host)
  if (kind === undefined || (kind === 'ip6') !== (bracketed !== undefined)) return undefined
  return port >= portMin && port <= PORT_MAX ? { host, port } : undefined
}

/** The reverse of {@link parseHostPort}. */
export function formatHostPort({ host, port }: HostPort): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}
