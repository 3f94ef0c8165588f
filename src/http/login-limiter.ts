/**
 * Slows down those who try one password after another. Each address may be wrong so many times, and wins
 * one more try a second back. When it has none left, credentials from there are refused unheard, right
 * or wrong, or a guess would still be told from the time or the status of its answer. Credentials that
 * were right before, from the same address, are let through: who knows them has nothing to guess, and
 * may share the address with whoever guesses.
 *
 * Nothing but memory of a bounded size is held for it; nobody waits.
 */
import { hash, randomBytes } from 'node:crypto'
import { isIPv4, isIPv6 } from 'node:net'
import type { Credentials } from '../node/index.ts'

export interface LoginLimits {
  /** Wrong passwords from one address before its tries are counted out. */
  readonly authFailuresMax: number
  /** Tries that an address wins back. */
  readonly authFailuresPerSecond: number
  /** Addresses, and right credentials, remembered at one time. */
  readonly authMemoryMax: number
}

interface Bucket {
  tries: number
  atMs: number
  reportedAtMs: number
}

const REPORT_INTERVAL_MS = 60_000

export class LoginLimiter {
  readonly #limits: LoginLimits
  readonly #nowMs: () => number
  readonly #key = randomBytes(32).toString('hex')
  /** By address, oldest first; those that have all their tries need not be remembered. */
  readonly #buckets = new Map<string, Bucket>()
  /** Digests of an address and credentials that were right there, oldest first. */
  readonly #proven = new Set<string>()

  constructor(limits: LoginLimits, nowMs: () => number = () => performance.now()) {
    this.#limits = limits
    this.#nowMs = nowMs
  }

  /** Whether these credentials may be looked at. */
  admits(address: string, credentials: Credentials): boolean {
    const bucket = this.#buckets.get(networkOf(address))
    if (bucket === undefined || this.#triesOf(bucket) >= 1) return true
    return this.#proven.has(this.#digest(address, credentials))
  }

  succeeded(address: string, credentials: Credentials): void {
    remember(this.#proven, this.#digest(address, credentials), this.#limits.authMemoryMax)
  }

  /** True if this is worth a line in the log: the last try is gone, and that was not told lately. */
  failed(address: string): boolean {
    const network = networkOf(address)
    const nowMs = this.#nowMs()
    const old = this.#buckets.get(network)
    const tries = Math.max(0, (old === undefined ? this.#limits.authFailuresMax : this.#triesOf(old)) - 1)
    const bucket = { tries, atMs: nowMs, reportedAtMs: old?.reportedAtMs ?? Number.NEGATIVE_INFINITY }
    this.#buckets.delete(network)
    this.#buckets.set(network, bucket)
    if (this.#buckets.size > this.#limits.authMemoryMax) this.#buckets.delete(first(this.#buckets.keys()))
    if (tries >= 1 || nowMs - bucket.reportedAtMs < REPORT_INTERVAL_MS) return false
    bucket.reportedAtMs = nowMs
    return true
  }

  #triesOf({ tries, atMs }: Bucket): number {
    const wonBack = ((this.#nowMs() - atMs) / 1_000) * this.#limits.authFailuresPerSecond
    return Math.min(this.#limits.authFailuresMax, tries + wonBack)
  }

  /** What is remembered does not give the password away. */
  #digest(address: string, { username, password }: Credentials): string {
    const text = JSON.stringify([networkOf(address), username, password])
    return hash('sha256', this.#key + text, 'base64')
  }
}

/** Who has one IPv6 address has at least the 2^64 of its network. */
function networkOf(address: string): string {
  if (isIPv4(address)) return address
  const [, mapped] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address) ?? []
  if (mapped !== undefined) return mapped
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.toLowerCase().split('%', 1).join('').split('::')
  const groups = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  const zeros = tail === undefined ? 0 : 8 - groups.length - after.length
  const all = [...groups, ...Array.from({ length: zeros }, () => '0'), ...after]
  return all
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')
}

function remember(set: Set<string>, item: string, max: number): void {
  if (set.has(item)) return
  set.add(item)
  if (set.size > max) set.delete(first(set))
}

function first(items: Iterable<string>): string {
  const [item] = items
  return item as string // only called when there are some
}
