import { describe, expect, test } from 'vitest'
import { LoginLimiter } from '../../../src/http/login-limiter.ts'
import { createAuthorizer } from '../../../src/node/index.ts'
import { serve } from './serve.ts'

const as = (username: string, password: string) => ({ username, password })
const BOB = as('bob', 'right')

describe('login limiter', () => {
  function limiter(authMemoryMax = 100) {
    const clock = { ms: 0 }
    const limits = { authFailuresMax: 3, authFailuresPerSecond: 1, authMemoryMax }
    const made = new LoginLimiter(limits, () => clock.ms)
    const fail = (address: string, times: number) => Array.from({ length: times }, () => made.failed(address))
    return { clock, limiter: made, fail }
  }

  test('an address - may be wrong so often, then wins a try a second back', () => {
    const { clock, limiter: logins, fail } = limiter()
    fail('10.0.0.1', 2)
    expect(logins.admits('10.0.0.1', BOB)).toBe(true)
    fail('10.0.0.1', 1)
    expect(logins.admits('10.0.0.1', BOB)).toBe(false)
    expect(logins.admits('10.0.0.2', BOB)).toBe(true)
    clock.ms = 999
    expect(logins.admits('10.0.0.1', BOB)).toBe(false)
    clock.ms = 1_000
    expect(logins.admits('10.0.0.1', BOB)).toBe(true)
    fail('10.0.0.1', 1)
    expect(logins.admits('10.0.0.1', BOB)).toBe(false)
    clock.ms = 60_000
    fail('10.0.0.1', 2)
    expect(logins.admits('10.0.0.1', BOB)).toBe(true)
    fail('10.0.0.1', 1)
    expect(logins.admits('10.0.0.1', BOB)).toBe(false)
  })

  test('credentials that were right - go on, from where they were right', () => {
    const { limiter: logins, fail } = limiter()
    logins.succeeded('10.0.0.1', BOB)
    fail('10.0.0.1', 5)
    fail('10.0.0.2', 5)
    expect(logins.admits('10.0.0.1', BOB)).toBe(true)
    expect(logins.admits('10.0.0.1', as('bob', 'other'))).toBe(false)
    expect(logins.admits('10.0.0.2', BOB)).toBe(false)
  })

  test.each([
    ['::ffff:10.0.0.1', '10.0.0.1', true],
    ['2001:db8:1:2::1', '2001:db8:1:2:ffff::', true],
    ['2001:DB8:1:2:0:0:0:9', '2001:db8:1:2::', true],
    ['2001:db8::1', '2001:db8:0:0:1::', true],
    ['2001:db8:1:2::1', '2001:db8:1:3::1', false],
    ['::1', '::2', true],
    ['fe80::1%eth0', 'fe80::2', true],
  ])('networks - %s and %s are one: %s', (one, other, same) => {
    const { limiter: logins, fail } = limiter()
    fail(one, 3)
    expect(logins.admits(other, BOB)).toBe(!same)
  })

  test('reports - once when the tries are gone, and not again within a minute', () => {
    const { clock, fail } = limiter()
    expect(fail('10.0.0.1', 5)).toEqual([false, false, true, false, false])
    clock.ms = 59_000
    expect(fail('10.0.0.1', 3)).toEqual([false, false, false])
    clock.ms = 61_000
    expect(fail('10.0.0.1', 3).filter((reported) => reported)).toHaveLength(1)
  })

  test('memory - is bounded, the oldest goes first', () => {
    const { limiter: logins, fail } = limiter(2)
    for (const address of ['10.0.0.1', '10.0.0.2', '10.0.0.1', '10.0.0.3']) fail(address, 3)
    expect(['10.0.0.1', '10.0.0.2', '10.0.0.3'].map((address) => logins.admits(address, BOB))).toEqual([
      false,
      true,
      false,
    ])
    for (const name of ['a', 'b', 'c']) logins.succeeded('10.0.0.1', as(name, 'x'))
    expect(['a', 'b', 'c'].map((name) => logins.admits('10.0.0.1', as(name, 'x')))).toEqual([
      false,
      true,
      true,
    ])
  })
})

describe('over HTTP', () => {
  const authorizer = createAuthorizer(
    JSON.stringify([
      { username: 'bob', password: 'right', perms: ['status'] },
      { username: 'amy', password: 'right', perms: ['status'] },
      { username: '*', perms: ['ready'] },
    ]),
  )
  const basic = (username: string, password: string) => ({
    headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}` },
  })

  test('guessing - ends in 429 for all but those known before, and for what everybody may', async () => {
    const { ask, counters } = await serve({
      authorizer,
      limits: { authFailuresMax: 3, authFailuresPerSecond: 0 },
    })
    expect((await ask('GET', '/status', basic('bob', 'right'))).status).toBe(200)
    for (let i = 0; i < 3; i++) expect((await ask('GET', '/status', basic('bob', `${i}`))).status).toBe(401)
    const throttled = await ask('GET', '/status', basic('amy', 'right'))
    expect(throttled).toMatchObject({ status: 429, body: '' })
    expect(throttled.headers['retry-after']).toBe('1')
    expect((await ask('GET', '/status', basic('bob', 'again'))).status).toBe(429)
    expect((await ask('GET', '/status', basic('bob', 'right'))).status).toBe(200)
    expect((await ask('GET', '/status')).status).toBe(401)
    expect((await ask('GET', '/readyz', basic('amy', 'right'))).status).toBe(200)
    expect(counters.get('http', 'auth_throttled')).toBe(2)
  })

  test('a missing permission - is no guess', async () => {
    const { ask } = await serve({ authorizer, limits: { authFailuresMax: 1, authFailuresPerSecond: 0 } })
    for (let i = 0; i < 3; i++) {
      expect((await ask('GET', '/db/query?q=x', basic('bob', 'right'))).status).toBe(401)
      expect((await ask('GET', '/db/query?q=x')).status).toBe(401)
    }
    expect((await ask('GET', '/status', basic('amy', 'right'))).status).toBe(200)
  })
})
