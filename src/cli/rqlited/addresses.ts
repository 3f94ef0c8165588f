/** Addresses as rqlited's flags give them. */
import { formatHostPort, type HostPort, parseHostPort } from '../../base/index.ts'

/**
 * `host:port`; without a host, as Go allows, every IPv4 interface. Port 0 takes any that is free.
 * Undefined if it is neither.
 */
export function parseListenAddress(text: string): HostPort | undefined {
  return parseHostPort(text.startsWith(':') ? `0.0.0.0${text}` : text, 0)
}

/** The same address in the same words, whatever way it was written. Must be one that can be parsed. */
export function normalAddress(text: string): string {
  const address = parseListenAddress(text)
  return address === undefined ? text : formatHostPort(address)
}

/** A list with commas; blanks around and empty members do no harm. */
export function addressList(text: string): readonly string[] {
  return text
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '')
}
