/** What keeps the secret from being guessed, and the tables of the join server small. */
import { randomBytes } from 'node:crypto'
import { NONCE_BYTES } from './join-proof.ts'

export interface ChallengeTableInit {
  readonly lifetimeMs: number
  /** Open challenges in all, and for one address. */
  readonly challengesMax: number
  readonly challengesPerHostMax: number
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number
}

interface Challenge {
  readonly peerId: string
  readonly host: string
  readonly joinerNonce: Uint8Array
  readonly expiresMs: number
}

/** Nonces given out and not used yet; each is good once, for the peer and the nonce it was made for. */
export class ChallengeTable {
  readonly #init: ChallengeTableInit
  readonly #now: () => number
  /** By nonce; the oldest comes first. */
  readonly #challenges = new Map<string, Challenge>()

  constructor(init: ChallengeTableInit) {
    this.#init = init
    this.#now = init.now ?? (() => performance.now())
  }

  get size(): number {
    return this.#challenges.size
  }

  /** A new nonce, or undefined if too many are open. An address that asks for many loses its oldest. */
  issue(peerId: string, host: string, joinerNonce: Uint8Array): Uint8Array | undefined {
    this.#dropExpired()
    const own = [...this.#challenges].filter(([, challenge]) => challenge.host === host)
    const [oldest] = own
    if (oldest !== undefined && own.length >= this.#init.challengesPerHostMax)
      this.#challenges.delete(oldest[0])
    if (this.#challenges.size >= this.#init.challengesMax) return undefined
    const nonce = randomBytes(NONCE_BYTES)
    const expiresMs = this.#now() + this.#init.lifetimeMs
    this.#challenges.set(nonce.toString('hex'), { peerId, host, joinerNonce, expiresMs })
    return nonce
  }

  /** Uses up a nonce. False if it was never given to this peer for its nonce, has expired or been used. */
  take(peerId: string, joinerNonce: Uint8Array, nonce: Uint8Array): boolean {
    this.#dropExpired()
    const key = Buffer.from(nonce).toString('hex')
    const challenge = this.#challenges.get(key)
    if (challenge === undefined || challenge.peerId !== peerId) return false
    this.#challenges.delete(key)
    return Buffer.from(joinerNonce).equals(challenge.joinerNonce)
  }

  #dropExpired(): void {
    const nowMs = this.#now()
    for (const [key, challenge] of this.#challenges) {
      if (challenge.expiresMs > nowMs) return
      this.#challenges.delete(key)
    }
  }
}

export interface FailureLimiterInit {
  readonly failuresMax: number
  readonly windowMs: number
  /** Monotonic milliseconds. @default performance.now */
  readonly now?: () => number
}

const KEYS_MAX = 10_000

/** Counts failures per key; a key with too many is refused until its window is over. */
export class FailureLimiter {
  readonly #init: FailureLimiterInit
  readonly #now: () => number
  /** The oldest window comes first. */
  readonly #windows = new Map<string, { failures: number; readonly endsMs: number }>()

  constructor(init: FailureLimiterInit) {
    this.#init = init
    this.#now = init.now ?? (() => performance.now())
  }

  refuses(key: string): boolean {
    this.#dropEnded()
    return (this.#windows.get(key)?.failures ?? 0) >= this.#init.failuresMax
  }

  fail(key: string): void {
    this.#dropEnded()
    const window = this.#windows.get(key)
    if (window !== undefined) {
      window.failures += 1
      return
    }
    if (this.#windows.size >= KEYS_MAX) this.#windows.delete(this.#windows.keys().next().value ?? '')
    this.#windows.set(key, { failures: 1, endsMs: this.#now() + this.#init.windowMs })
  }

  #dropEnded(): void {
    const nowMs = this.#now()
    for (const [key, window] of this.#windows) {
      if (window.endsMs > nowMs) return
      this.#windows.delete(key)
    }
  }
}
