import { describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../../src/node/index.ts'
import { serve } from './serve.ts'

/** Users that have the one permission they are named after. */
const ALONE = ['execute', 'query', 'load', 'backup', 'status', 'ready', 'remove', 'leader-ops', 'snapshot']

const authorizer = createAuthorizer(
  JSON.stringify([
    ...ALONE.map((permission) => ({ username: permission, password: 'right', perms: [permission] })),
    { username: 'both', password: 'right', perms: ['query', 'execute'] },
    { username: 'admin', password: 'right', perms: ['all'] },
  ]),
)

const basic = (username: string, password = 'right') => ({
  authorization: `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`,
})

const BODIES: Record<string, string> = { '/remove': '{"id":"node9"}', '/leader': '', default: '["SELECT 1"]' }

// Contract 1.2; acceptance row 85.
const NEEDED: readonly [string, string, readonly string[]][] = [
  ['POST', '/db/execute', ['execute', 'both', 'admin']],
  ['GET', '/db/query?q=SELECT+1', ['query', 'both', 'admin']],
  ['POST', '/db/query', ['query', 'both', 'admin']],
  ['POST', '/db/execute?queue', ['execute', 'both', 'admin']],
  ['POST', '/db/request', ['both', 'admin']],
  ['POST', '/db/sql', ['query', 'both', 'admin']],
  ['GET', '/db/backup', ['backup', 'admin']],
  ['POST', '/db/load', ['load', 'admin']],
  ['POST', '/boot', ['load', 'admin']],
  ['POST', '/snapshot', ['snapshot', 'admin']],
  ['POST', '/reap', ['snapshot', 'admin']],
  ['GET', '/status', ['status', 'admin']],
  ['GET', '/nodes', ['status', 'admin']],
  ['GET', '/metrics', ['status', 'admin']],
  ['GET', '/debug/vars', ['status', 'admin']],
  ['GET', '/licenses', ['status', 'admin']],
  ['GET', '/leader', ['leader-ops', 'admin']],
  ['POST', '/leader', ['leader-ops', 'admin']],
  ['DELETE', '/remove', ['remove', 'admin']],
  ['GET', '/readyz', ['ready', 'admin']],
]

const USERS = [...ALONE, 'both', 'admin']

describe('permissions', () => {
  test.each(NEEDED)('%s %s - is for %j', async (method, url, allowed) => {
    const { ask } = await serve({ authorizer })
    const statuses = new Map<string, number>()
    for (const user of USERS) {
      const body = method === 'GET' ? {} : { body: BODIES[url] ?? BODIES.default! }
      const answer = await ask(method, url, { ...body, headers: basic(user) })
      statuses.set(user, answer.status)
      if (answer.status === 401) expect(answer.body).toBe('')
    }
    const refused = USERS.filter((user) => !allowed.includes(user))
    expect([...statuses].filter(([, status]) => status === 401).map(([user]) => user)).toEqual(refused)
    expect(
      [...statuses]
        .filter(([, status]) => status === 200)
        .map(([user]) => user)
        .sort(),
    ).toEqual([...allowed].sort())
  })

  test.each([
    ['none', {}],
    ['a wrong password', basic('admin', 'wrong')],
    ['an empty name', basic('', 'right')],
    ['another scheme', { authorization: 'Bearer admin:right' }],
    ['no base64', { authorization: 'Basic admin:right' }],
    ['no colon', { authorization: `Basic ${Buffer.from('admin').toString('base64')}` }],
  ])('%s - is a 401 with an empty body, before method and body', async (_, headers) => {
    const { ask, node } = await serve({ authorizer })
    for (const method of ['GET', 'POST', 'PUT']) {
      const answer = await ask(method, '/db/execute', {
        ...(method !== 'GET' && { body: '[nonsense' }),
        headers,
      })
      expect([answer.status, answer.body]).toEqual([401, ''])
    }
    expect(node.calls).toEqual([])
  })

  test('order - parameters and path come before, the method after', async () => {
    const { ask } = await serve({ authorizer })
    expect((await ask('GET', '/status?timeout=1')).status).toBe(400)
    expect((await ask('GET', '/nowhere')).status).toBe(404)
    expect((await ask('POST', '/status', { headers: basic('query') })).status).toBe(401)
    expect((await ask('POST', '/status', { headers: basic('status') })).status).toBe(405)
    expect((await ask('OPTIONS', '/db/execute')).status).toBe(200)
    expect((await ask('GET', '/')).status).toBe(200)
  })

  test('the name of the scheme - may be written in any case', async () => {
    const { ask } = await serve({ authorizer })
    const headers = { authorization: basic('admin').authorization.replace('Basic', 'bAsIc') }
    expect((await ask('GET', '/status', { headers })).status).toBe(200)
  })

  test('*- what everybody may needs no credentials', async () => {
    const { ask } = await serve({ authorizer: createAuthorizer('[{"username":"*","perms":["status"]}]') })
    expect((await ask('GET', '/status')).status).toBe(200)
    expect((await ask('GET', '/readyz')).status).toBe(401)
  })

  test('counters - tell how often it was and was not permitted', async () => {
    const { ask, counters } = await serve({ authorizer })
    await ask('GET', '/status')
    await ask('GET', '/status', { headers: basic('admin') })
    await ask('GET', '/readyz', { headers: basic('status') })
    expect([counters.get('http', 'auth_ok'), counters.get('http', 'auth_fail')]).toEqual([1, 2])
    expect(counters.get('http', 'num_status')).toBe(1)
  })
})

// Contract 1.3; acceptance row 86.
describe('headers', () => {
  test('with users - the scheme is named on every response', async () => {
    const { ask } = await serve({ authorizer })
    for (const [method, url] of [
      ['GET', '/status'],
      ['GET', '/nowhere'],
      ['OPTIONS', '/'],
      ['GET', '/?timeout=1'],
    ] as const) {
      const { headers } = await ask(method, url)
      expect(headers).toMatchObject({
        'www-authenticate': 'Basic realm="rqlite"',
        'access-control-allow-headers': 'Content-Type, Authorization',
        'access-control-allow-credentials': 'true',
      })
    }
    const good = await ask('GET', '/status', { headers: basic('admin') })
    expect([good.status, good.headers['www-authenticate']]).toEqual([200, 'Basic realm="rqlite"'])
  })

  test('without - nothing of that', async () => {
    const { headers } = await (await serve()).ask('GET', '/status')
    expect(headers).not.toHaveProperty('www-authenticate')
    expect(headers).not.toHaveProperty('access-control-allow-credentials')
  })
})
