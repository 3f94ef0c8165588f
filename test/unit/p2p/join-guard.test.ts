import { expect, test } from 'vitest'
import { ChallengeTable, FailureLimiter } from '../../../src/p2p/join-guard.ts'

function table(init: Partial<ConstructorParameters<typeof ChallengeTable>[0]> = {}): {
  table: ChallengeTable
  clock: { nowMs: number }
} {
  const clock = { nowMs: 0 }
  const settings = {
    lifetimeMs: 1_000,
    challengesMax: 8,
    challengesPerHostMax: 3,
    now: () => clock.nowMs,
    ...init,
  }
  return { table: new ChallengeTable(settings), clock }
}

const joinerNonce = Uint8Array.of(1, 2, 3)

function issue(challenges: ChallengeTable, peerId: string, host: string): Uint8Array {
  const nonce = challenges.issue(peerId, host, joinerNonce)
  if (nonce === undefined) throw new Error('no challenge was issued')
  return nonce
}

test('join challenges - a nonce is good once', () => {
  const { table: challenges } = table()
  const nonce = issue(challenges, 'p', 'h')
  expect(nonce).toHaveLength(32)
  expect(challenges.take('p', joinerNonce, nonce)).toBe(true)
  expect(challenges.take('p', joinerNonce, nonce)).toBe(false)
  expect(challenges.size).toBe(0)
})

test('join challenges - a nonce is for one peer and one nonce of its', () => {
  const { table: challenges } = table()
  const nonce = issue(challenges, 'p', 'h')
  expect(challenges.take('q', joinerNonce, nonce)).toBe(false)
  expect(challenges.take('p', Uint8Array.of(9), nonce)).toBe(false)
  // That attempt used it up.
  expect(challenges.take('p', joinerNonce, nonce)).toBe(false)
  expect(challenges.take('p', joinerNonce, Uint8Array.of(1))).toBe(false)
})

test('join challenges - expire', () => {
  const { table: challenges, clock } = table()
  const early = issue(challenges, 'p', 'h')
  clock.nowMs = 999
  const late = issue(challenges, 'p', 'h')
  clock.nowMs = 1_000
  expect(challenges.take('p', joinerNonce, early)).toBe(false)
  expect(challenges.take('p', joinerNonce, late)).toBe(true)
})

test('join challenges - an address that asks for many loses its oldest, and nobody else does', () => {
  const { table: challenges } = table()
  const other = issue(challenges, 'p', 'other')
  const nonces = [1, 2, 3, 4].map((i) => issue(challenges, `p${i}`, 'greedy'))
  expect(challenges.size).toBe(4)
  expect(nonces.map((nonce, i) => challenges.take(`p${i + 1}`, joinerNonce, nonce))).toEqual([
    false,
    true,
    true,
    true,
  ])
  expect(challenges.take('p', joinerNonce, other)).toBe(true)
})

test('join challenges - no more than the limit are open, until some are used or expire', () => {
  const { table: challenges, clock } = table()
  const nonces = Array.from({ length: 8 }, (_, i) => issue(challenges, 'p', `h${i}`))
  expect(challenges.issue('p', 'new', joinerNonce)).toBeUndefined()
  expect(challenges.take('p', joinerNonce, nonces[5] ?? Uint8Array.of())).toBe(true)
  expect(challenges.issue('p', 'new', joinerNonce)).toBeDefined()
  clock.nowMs = 1_000
  expect(challenges.issue('p', 'h0', joinerNonce)).toBeDefined()
  expect(challenges.size).toBe(1)
})

test('join failures - a key with too many is refused until its window ends; others are not', () => {
  const clock = { nowMs: 0 }
  const limiter = new FailureLimiter({ failuresMax: 2, windowMs: 1_000, now: () => clock.nowMs })
  limiter.fail('a')
  expect(limiter.refuses('a')).toBe(false)
  clock.nowMs = 500
  limiter.fail('a')
  expect(limiter.refuses('a')).toBe(true)
  expect(limiter.refuses('b')).toBe(false)
  clock.nowMs = 999
  expect(limiter.refuses('a')).toBe(true)
  clock.nowMs = 1_000
  expect(limiter.refuses('a')).toBe(false)
})
