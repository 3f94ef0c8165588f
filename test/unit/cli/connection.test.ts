/** Commands against a node that asks for users, over HTTPS: with the real HTTP API. */
import { once } from 'node:events'
import { chmodSync, readFileSync, writeFileSync } from 'node:fs'
import http from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Counters, silentLogger } from '../../../src/base/index.ts'
import { createTlsFetch } from '../../../src/cli/tls-fetch.ts'
import { createClusterClient, createDatabaseClient } from '../../../src/client/index.ts'
import { createHttpServer, type HttpServerInit } from '../../../src/http/index.ts'
import { createAuthorizer } from '../../../src/node/index.ts'
import { FakeNode, member } from '../http/fake-node.ts'
import { debros } from './fake-io.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const fixture = (name: string) => new URL(`../../fixtures/tls/${name}`, import.meta.url).pathname
const tls = { certFile: fixture('server.pem'), keyFile: fixture('server.key.pem') }
const authorizer = createAuthorizer(
  '[{"username":"ops","password":"sé:cret","perms":["all"]},{"username":"eve","password":"x"}]',
)
const CA = ['--ca-cert', fixture('ca.pem')]
const OPS = { DEBROS_USER: 'ops:sé:cret' }

async function serve(init: Partial<HttpServerInit>): Promise<{ url: string; node: FakeNode }> {
  const node = new FakeNode()
  const server = createHttpServer(
    { node: () => node, logger: silentLogger, counters: new Counters() },
    { host: '127.0.0.1', port: 0, ...init },
  )
  await server.start()
  onTestFinished(() => server.stop())
  const { url } = server.address!
  node.members = [member('node1', { leader: true, apiAddress: url }), member('node2', { apiAddress: '' })]
  return { url, node }
}

describe('debros status', () => {
  test('a user - from the environment, the command line or a file', async () => {
    const { url } = await serve({ tls, authorizer })
    const file = join(temporaryDirectory(), 'user')
    writeFileSync(file, 'ops:sé:cret\n')
    chmodSync(file, 0o600)
    for (const [options, env] of [
      [[], OPS],
      [['--user', 'ops:sé:cret'], { DEBROS_USER: 'eve:x' }],
      [['--user-file', file], {}],
    ] as const) {
      const { code, out, error } = await debros(['status', '--url', url, ...CA, ...options], env)
      expect([code, error]).toEqual([0, ''])
      expect(out).toMatch(/^Node: +node1 at https:/)
      expect(out).toMatch(/: ready$/m)
    }
  })

  test.each([
    ['nobody', {}],
    ['a wrong password', { DEBROS_USER: 'ops:wrong' }],
    ['a user without the permission', { DEBROS_USER: 'eve:x' }],
  ])('%s - is told what is missing', async (_, env) => {
    const { url } = await serve({ tls, authorizer })
    const { code, error } = await debros(['status', '--url', url, ...CA], env)
    expect(code).toBe(1)
    expect(error).toMatch(/tells its status to users with the permission only; give one with --user/)
  })

  test('certificates - those of the CA, or any if asked to', async () => {
    const { url } = await serve({ tls })
    expect((await debros(['status', '--url', url])).error).toMatch(/no node answers at https:.*certificate/)
    expect((await debros(['status', '--url', url, ...CA])).code).toBe(0)
    expect((await debros(['status', '--url', url, '--insecure'])).code).toBe(0)
  })

  test('a certificate of its own - is shown to a node that asks for one', async () => {
    const { url } = await serve({ tls: { ...tls, caFile: fixture('ca.pem'), verifyClient: true } })
    const own = ['--client-cert', fixture('client.pem'), '--client-key', fixture('client.key.pem')]
    expect((await debros(['status', '--url', url, ...CA, ...own])).code).toBe(0)
    expect((await debros(['status', '--url', url, ...CA])).code).toBe(1)
  })

  test.each([
    [['--user', 'nameonly'], /given as name:password/],
    [['--client-cert', fixture('client.pem')], /must be given together/],
    [['--ca-cert', '/nowhere/ca.pem'], /cannot read \/nowhere\/ca.pem/],
    [['--url', 'http://ops:secret@127.0.0.1:1'], /Give the user with --user/],
  ])('%j - is refused', async (options, message) => {
    const { code, error } = await debros(['status', ...options])
    expect(code).not.toBe(0)
    expect(error).toMatch(message)
  })
})

describe('debros cluster', () => {
  test('a user with the permission - may, others are refused', async () => {
    const { url, node } = await serve({ tls, authorizer })
    node.transfer = async () => {
      node.members = node.members.map((one) => ({ ...one, leader: one.id === 'node2' }))
      return { leader: 'node2', servedBy: 'x' }
    }
    const command = ['cluster', 'transfer-leader', '--api', url, ...CA]
    const refused = await debros(command, { DEBROS_USER: 'eve:x' })
    expect(refused).toMatchObject({ code: 1, error: expect.stringMatching(/does not allow this/) })
    expect(await debros(command, OPS)).toMatchObject({
      code: 0,
      out: expect.stringMatching(/node node2 leads now/),
    })
    const nodes = await debros(['cluster', 'nodes', '--api', url, ...CA], OPS)
    expect(nodes.out).toContain('node2')
  })
})

test('debros cluster - what was said over HTTPS is not repeated in clear', async () => {
  const { url, node } = await serve({ tls, authorizer })
  const heard: string[] = []
  const plain = http.createServer((request, response) => {
    heard.push(request.url ?? '')
    response.end('{}')
  })
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  onTestFinished(() => void plain.close().closeAllConnections())
  const { port } = plain.address() as AddressInfo
  const before = [
    member('node1', { leader: true, apiAddress: url }),
    member('node2', { apiAddress: `http://127.0.0.1:${port}` }),
  ]
  const after = before.map((one) => ({ ...one, leader: one.id === 'node2' }))
  node.members = before
  // The change shows only at the third look, so that there is every reason to ask the other one, too.
  let looks = 0
  node.transfer = async () => {
    Object.defineProperty(node, 'members', { get: () => (++looks < 3 ? before : after) })
    return { leader: 'node2', servedBy: 'x' }
  }
  const command = ['cluster', 'transfer-leader', '--api', url, ...CA]
  expect(await debros(command, OPS)).toMatchObject({ code: 0 })
  expect(looks).toBeGreaterThanOrEqual(3)
  expect(heard).toEqual([])
})

describe('clients', () => {
  const ca = readFileSync(fixture('ca.pem'))
  const connection = {
    credentials: { username: 'ops', password: 'sé:cret' },
    fetch: createTlsFetch({ ca, insecure: false }),
  }

  test('database and cluster - with credentials and a fetch of their own', async () => {
    const { url, node } = await serve({ tls, authorizer })
    node.answers({ kind: 'write', lastInsertId: 1, rowsAffected: 1, time: 0 })
    const database = createDatabaseClient({ urls: [url], ...connection })
    expect(await database.execute(['INSERT INTO t VALUES (1)'])).toEqual([
      { last_insert_id: 1, rows_affected: 1 },
    ])
    expect(node.calls[0]?.options.credentials).toEqual(connection.credentials)
    const members = await createClusterClient({ url, ...connection }).members()
    expect(members.map(({ id }) => id)).toEqual(['node1', 'node2'])
    await expect(createClusterClient({ url, fetch: connection.fetch }).members()).rejects.toMatchObject({
      code: 'NODE_ACCESS_DENIED',
    })
  })

  test('over plain HTTP - with the global fetch', async () => {
    const { url } = await serve({ authorizer })
    const { credentials } = connection
    expect(await createDatabaseClient({ urls: [url], credentials }).status()).toMatchObject({
      http: { auth: 'enabled' },
    })
    await expect(createDatabaseClient({ urls: [url] }).status()).rejects.toMatchObject({ status: 401 })
  })

  test('nobody there - is known not to have happened', async () => {
    const database = createDatabaseClient({ urls: ['https://127.0.0.1:1'], ...connection })
    await expect(database.execute(['SELECT 1'])).rejects.toMatchObject({ outcome: 'not-applied' })
  })
})
