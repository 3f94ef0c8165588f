/** The kinds of values settings have. Each reads a YAML value; text from flags and environment is brought into that form first. */
import { z } from 'zod'
import { hostKind, isNamespace, parseDuration, parseHostPort } from '../base/index.ts'
import { listenAddressProblem, parseHostOptionalPort, peerAddressProblem } from './addresses.ts'

export const text = () => z.string({ error: 'must be text' })

export const flag = () => z.boolean({ error: 'must be true or false' })

export const choice = <const T extends readonly [string, ...string[]]>(values: T) =>
  z.enum(values, { error: `must be one of ${values.join(', ')}` })

export const integer = (from: number, to = Number.MAX_SAFE_INTEGER) => {
  const error =
    to === Number.MAX_SAFE_INTEGER
      ? `must be a whole number of at least ${from}`
      : `must be a whole number from ${from} to ${to}`
  return z.int({ error }).min(from, { error }).max(to, { error })
}

export const port = () => integer(1, 65_535)

const DURATION_WANTED = 'must be a duration such as 300ms, 15s or 1h30m'

/** A Go-style duration; the value is in whole milliseconds. */
export const duration = (fromMs: number) =>
  z.string({ error: DURATION_WANTED }).transform((value, context) => {
    const ms = parseDuration(value)
    if (ms !== undefined && ms >= fromMs) return Math.round(ms)
    const message = ms === undefined ? DURATION_WANTED : 'is too short'
    context.addIssue({ code: 'custom', message })
    return z.NEVER
  })

const SIZE_UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 }

/** Bytes: a number, or text with a suffix k, m or g (base 1024; `64m`, `64MiB`). */
export const size = (from: number) =>
  z.union([z.number(), z.string()], { error: 'must be a number of bytes' }).transform((value, context) => {
    const match = /^(\d+)\s*([kmg]?)(?:i?b)?$/i.exec(String(value))
    const bytes = match ? Number(match[1]) * SIZE_UNITS[match[2]!.toLowerCase()]! : Number.NaN
    if (Number.isSafeInteger(bytes) && bytes >= from) return bytes
    context.addIssue({ code: 'custom', message: `must be a number of bytes (64m, 1g) of at least ${from}` })
    return z.NEVER
  })

const list = () => z.array(z.string({ error: 'must be a list of texts' }), { error: 'must be a list' })

const addresses = (problemOf: (address: string) => string | undefined) =>
  list().superRefine((items, context) => {
    items.forEach((item, i) => {
      const problem = items.indexOf(item) < i ? 'is in the list twice' : problemOf(item)
      if (problem) context.addIssue({ code: 'custom', message: `${JSON.stringify(item)} ${problem}` })
    })
  })

export const listenAddresses = () =>
  addresses(listenAddressProblem).refine((items) => items.length > 0, { error: 'must not be empty' })

export const peerAddresses = () => addresses(peerAddressProblem)

/** One or more `host:port`, as a list or in one text with commas; `http://` before them is dropped. */
export const joinAddresses = () =>
  z.preprocess(
    (value) =>
      typeof value === 'string'
        ? splitList(value).map(withoutScheme)
        : Array.isArray(value)
          ? value.map((item) => (typeof item === 'string' ? withoutScheme(item) : item))
          : value,
    addresses((item) => (parseHostPort(item) ? undefined : 'is not host:port')),
  )

const withoutScheme = (address: string): string => address.replace(/^https?:\/\//, '').replace(/\/$/, '')

/** `host` or `host:port`; "" for none. */
export const advertisedAddress = () =>
  text().refine((value) => value === '' || parseHostOptionalPort(value, 1) !== undefined, {
    error: 'must be host or host:port',
  })

/** A name or address to bind to, without port. */
export const host = () =>
  text().refine((value) => hostKind(value) !== undefined, {
    error: 'must be a host name or an IP address, without port',
  })

export const namespace = () =>
  text().refine(isNamespace, {
    error: 'must be 1 to 63 letters, digits, "_" or "-", beginning with a letter or digit',
  })

export const path = () => text().refine((value) => value !== '', { error: 'must not be empty' })

/** Lists in flags and environment are split at commas and blanks. */
export function splitList(value: string): string[] {
  return value.split(/[\s,]+/).filter((item) => item !== '')
}
