import { describe, expect, test } from 'vitest'
import { createAuthorizer } from '../../../src/node/index.ts'
import { serve } from './serve.ts'

const JSON_TYPE = 'application/json; charset=utf-8'
const TEXT_TYPE = 'text/plain; charset=utf-8'

describe('order of processing', () => {
  // Contract 1.1 and 1.2; acceptance row 1.
  test.each([
    ['OPTIONS', '/', 200],
    ['OPTIONS', '/nowhere?timeout=bad', 200],
    ['OPTIONS', '/db/execute', 200],
    ['GET', '/nowhere', 404],
    ['POST', '/db', 404],
    ['GET', '/leader/', 404],
    ['GET', '/Status', 404],
    ['POST', '/db/elsewhere', 404],
    ['POST', '/db/backup', 405],
    ['GET', '/db/execute', 405],
    ['PUT', '/db/query', 405],
    ['GET', '/db/request', 405],
    ['POST', '/status', 405],
    ['DELETE', '/nodes', 405],
    ['POST', '/readyz', 405],
    ['PUT', '/leader', 405],
    ['HEAD', '/db/query', 405],
    ['PROPFIND', '/status', 405],
    ['TRACE', '/status', 405],
  ])('%s %s - %d with an empty body', async (method, url, status) => {
    const { ask } = await serve()
    const answer = await ask(method, url)
    expect([answer.status, answer.body]).toEqual([status, ''])
    expect(answer.headers['x-rqlite-version']).toBe('10')
  })

  test.each([
    '/status',
    '/status/',
    '/statusx',
    '/nodes/1',
    '/readyzz',
    '/db/query/',
    '/db/queryx',
    '/%73tatus',
  ])('prefix - %s is served', async (url) => {
    const { ask } = await serve()
    expect((await ask('GET', url)).status).toBe(200)
  })

  // Acceptance row 2: before the path, the method and the body are looked at.
  test.each([
    ['GET', '/nowhere?timeout=1'],
    ['GET', '/db/execute?timeout=1'],
    ['POST', '/db/execute?timeout=1'],
  ])('parameters - %s %s is a 400 first of all', async (method, url) => {
    const { ask, node } = await serve()
    const answer = await ask(method, url, method === 'POST' ? { body: 'nonsense' } : {})
    expect([answer.status, answer.body]).toEqual([400, 'timeout is not a valid duration\n'])
    expect(answer.headers).toMatchObject({ 'content-type': TEXT_TYPE, 'x-content-type-options': 'nosniff' })
    expect(node.calls).toEqual([])
  })

  test('method - before the body', async () => {
    const { ask } = await serve()
    const answer = await ask('PUT', '/db/execute', { body: 'nonsense' })
    expect([answer.status, answer.headers.allow]).toEqual([405, 'POST, OPTIONS'])
  })

  test('path - broken escapes are a 400', async () => {
    const { ask } = await serve()
    const answer = await ask('GET', '/%zz')
    expect(answer.status).toBe(400)
    expect(answer.headers['x-rqlite-version']).toBe('10')
  })
})

describe('response headers', () => {
  // Acceptance rows 4 to 6.
  test('served-by - on success only, and as the node says', async () => {
    const { ask, node } = await serve()
    node.answer = () => node.response([], { servedBy: '10.0.0.9:7001' })
    const good = await ask('POST', '/db/execute', { body: '["SELECT 1"]' })
    expect(good.headers['x-rqlite-served-by']).toBe('10.0.0.9:7001')
    const bad = await ask('POST', '/db/execute', { body: '[]' })
    expect(bad.headers).not.toHaveProperty('x-rqlite-served-by')
  })

  test.each(['/status', '/nodes', '/leader', '/db/query?q=SELECT+1'])(
    'content type - %s is JSON',
    async (url) => {
      const { ask } = await serve()
      expect((await ask('GET', url)).headers['content-type']).toBe(JSON_TYPE)
    },
  )

  test('version - is what the configuration says', async () => {
    const { ask } = await serve({ rqliteVersion: '9.4.1' })
    expect((await ask('GET', '/nowhere')).headers['x-rqlite-version']).toBe('9.4.1')
  })

  test('CORS - methods and headers always, an origin only if one is configured', async () => {
    const expected = {
      'access-control-allow-methods': 'OPTIONS, GET, POST',
      'access-control-allow-headers': 'Content-Type',
    }
    const closed = await (await serve()).ask('OPTIONS', '/db/query')
    expect(closed.headers).toMatchObject(expected)
    expect(closed.headers).not.toHaveProperty('access-control-allow-origin')
    const open = await (await serve({ allowOrigin: 'https://app.example.org' })).ask('OPTIONS', '/db/query')
    expect(open.headers).toMatchObject({
      ...expected,
      'access-control-allow-origin': 'https://app.example.org',
    })
  })
})

describe('preflight', () => {
  test('Idempotency-Key - is allowed to pages that ask for it', async () => {
    const { ask } = await serve({ allowOrigin: 'https://app.example.org' })
    const allowed = async (asked: string) => {
      const headers = { origin: 'https://app.example.org', 'access-control-request-headers': asked }
      return (await ask('OPTIONS', '/db/execute', { headers })).headers['access-control-allow-headers']
    }
    expect(await allowed('content-type,idempotency-key')).toBe('Content-Type, Idempotency-Key')
    expect(await allowed('content-type')).toBe('Content-Type')
  })
})

describe('web origins', () => {
  const body = '["DROP TABLE t"]'
  const from = (origin: string) => ({ body, headers: { origin, 'content-type': 'text/plain' } })

  test.each(['https://evil.example', 'null', 'http://127.0.0.1:1'])(
    'a page of %s - is refused',
    async (origin) => {
      const { ask, node } = await serve()
      const answer = await ask('POST', '/db/execute', from(origin))
      expect(answer.status).toBe(403)
      expect(node.calls).toEqual([])
    },
  )

  test('a page that says it is of this server - is refused too, for there are none', async () => {
    const { ask, port } = await serve()
    expect((await ask('POST', '/db/execute', from(`http://127.0.0.1:${port}`))).status).toBe(403)
  })

  test('a browser that was led here by a name of somebody else - is refused, a program is not', async () => {
    const { ask } = await serve({ allowOrigin: 'https://app.example.org', advertise: 'db.example.org:5001' })
    const get = (host: string, more = {}) => ask('GET', '/db/query?q=x', { headers: { host, ...more } })
    const browser = { 'accept-language': 'en' }
    for (const host of [
      'evil.example:5001',
      'evil.example',
      'localhost.evil.example',
      '127.0.0.1.evil.example:1',
      'x:y',
    ])
      expect([host, (await get(host, browser)).status]).toEqual([host, 403])
    expect((await get('evil.example:5001')).status).toBe(200)
    const ours = [
      '127.0.0.1:5001',
      '[::1]:5001',
      'LOCALHOST:5001',
      'a.localhost',
      'app.example.org',
      'db.example.org.:80',
    ]
    for (const host of ours) expect([host, (await get(host, browser)).status]).toEqual([host, 200])
  })

  test('where a password is asked for, or any page is served, names do not matter', async () => {
    const headers = { host: 'evil.example', 'accept-language': 'en' }
    const authorizer = createAuthorizer('[{"username":"*","perms":["query"]}]')
    for (const init of [{ authorizer }, { allowOrigin: '*' }])
      expect((await (await serve(init)).ask('GET', '/db/query?q=x', { headers })).status).toBe(200)
  })

  test('a page of the allowed origin, or of any if any is allowed - is served', async () => {
    const one = await serve({ allowOrigin: 'https://app.example.org' })
    expect((await one.ask('POST', '/db/execute', from('https://app.example.org'))).status).toBe(200)
    expect((await one.ask('POST', '/db/execute', from('https://other.example.org'))).status).toBe(403)
    const any = await serve({ allowOrigin: '*' })
    expect((await any.ask('POST', '/db/execute', from('https://evil.example'))).status).toBe(200)
  })
})
