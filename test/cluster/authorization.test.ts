/** Who may do what, across nodes: the leader asks its own credentials file for what others pass on. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { createTlsFetch } from '../../src/cli/tls-fetch.ts'
import { createDatabaseClient } from '../../src/client/index.ts'
import {
  createAuthorizer,
  createNode,
  type DebrosNode,
  type HttpOptions,
  MemoryDataDir,
} from '../../src/index.ts'
import { type Answered, request } from '../unit/http/serve.ts'

const authorizer = createAuthorizer(
  JSON.stringify([
    { username: 'writer', password: 'right', perms: ['execute'] },
    { username: 'reader', password: 'right', perms: ['query'] },
    { username: 'both', password: 'right', perms: ['query', 'execute'] },
    { username: 'admin', password: 'right', perms: ['all'] },
    { username: '*', perms: ['join', 'join-read-only'] },
  ]),
)

const basic = (user: string, password = 'right') => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})

/** A leader with users, and a follower that lets everybody in. */
async function twoNodes(
  http: HttpOptions = {},
): Promise<{ leader: DebrosNode; follower: DebrosNode } & AsyncDisposable> {
  const common = { clusterSecret: 'shared by both', http, joinIntervalMs: 100 }
  const leader = await createNode({ ...common, dataDir: new MemoryDataDir(), authorizer })
  const follower = await createNode({
    ...common,
    dataDir: new MemoryDataDir(),
    joinAddresses: [leader.raftAddress],
  })
  await expect.poll(() => follower.cluster.leader()?.id, { timeout: 20_000 }).toBe(leader.id)
  return {
    leader,
    follower,
    async [Symbol.asyncDispose]() {
      await follower.kill()
      await leader.stop()
    },
  }
}

function ask(
  node: DebrosNode,
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: string,
): Promise<Answered> {
  const { port } = new URL(node.apiUrl as string)
  return request(Number(port), method, path, { headers, ...(body !== undefined && { body }) })
}

// Contract 4.4; acceptance row 56.
test('forwarded requests - the leader checks the caller again', { timeout: 60_000 }, async () => {
  await using nodes = await twoNodes()
  const { leader, follower } = nodes
  const create = '["CREATE TABLE IF NOT EXISTS t (v)"]'
  const select = '["SELECT count(*) FROM t"]'
  const insert = '["INSERT INTO t VALUES (1)"]'
  expect(await ask(leader, 'POST', '/db/execute', {}, create)).toMatchObject({ status: 401, body: '' })

  const refusals: readonly [string, string, Record<string, string>, string | undefined, string][] = [
    ['POST', '/db/execute', {}, create, 'remote Execute not authorized\n'],
    ['POST', '/db/execute', basic('writer', 'wrong'), create, 'remote Execute not authorized\n'],
    ['POST', '/db/execute', basic('reader'), create, 'remote Execute not authorized\n'],
    ['POST', '/db/query', basic('writer'), '["SELECT 1"]', 'remote query not authorized\n'],
    ['POST', '/db/query?level=strong', basic('writer'), '["SELECT 1"]', 'remote query not authorized\n'],
    ['POST', '/db/request', basic('reader'), create, 'remote Request not authorized\n'],
    ['POST', '/db/request', basic('writer'), create, 'remote Request not authorized\n'],
    ['POST', '/db/request', basic('reader'), '["SELECT 1"]', 'remote Request not authorized\n'],
    ['POST', '/db/load', basic('both'), 'CREATE TABLE loaded (v)', 'remote load not authorized\n'],
    ['DELETE', '/remove', basic('both'), `{"id":"${follower.id}"}`, 'remote remove node not authorized\n'],
    ['POST', '/leader?wait', basic('both'), undefined, 'remote stepdown not authorized\n'],
  ]
  for (const [method, path, headers, body, text] of refusals) {
    const answer = await ask(follower, method, path, headers, body)
    expect([method, path, answer.status, answer.body]).toEqual([method, path, 401, text])
    expect(answer.headers).not.toHaveProperty('x-rqlite-served-by')
  }
  expect((await leader.cluster.status()).members).toHaveLength(2)

  expect((await ask(follower, 'POST', '/db/execute', basic('writer'), create)).body).toBe('{"results":[{}]}')
  expect((await ask(follower, 'POST', '/db/request', basic('both'), insert)).status).toBe(200)
  expect((await ask(follower, 'POST', '/db/request', basic('both'), select)).status).toBe(200)
  for (const level of ['weak', 'strong', 'linearizable']) {
    const answer = await ask(follower, 'POST', `/db/query?level=${level}`, basic('reader'), select)
    expect(answer.body).toBe('{"results":[{"columns":["count(*)"],"types":["integer"],"values":[[1]]}]}')
  }
  // Queued writes are written for whoever queued them, and not for others that queue some with them.
  const queue = '/db/execute?queue&wait'
  const queued = await Promise.all(
    ['reader', 'writer', 'both'].map((user) => ask(follower, 'POST', queue, basic(user), insert)),
  )
  expect(queued.map(({ status }) => status)).toEqual([401, 200, 200])
  const counted = await ask(leader, 'POST', '/db/query', basic('reader'), select)
  expect(counted.body).toContain('"values":[[3]]')
  const loaded = await ask(follower, 'POST', '/db/load', basic('admin'), 'CREATE TABLE loaded (v)')
  expect(loaded).toMatchObject({ status: 200 })
  const removed = await ask(follower, 'DELETE', '/remove', basic('admin'), '{"id":"nobody"}')
  expect(removed.status).toBe(200)
})

test('what a node asks for itself - is trusted, as the node is', { timeout: 60_000 }, async () => {
  await using nodes = await twoNodes()
  const { follower } = nodes
  const { results } = await follower.database.execute(['CREATE TABLE t (v)'])
  expect(results).toMatchObject([{ kind: 'write' }])
  const stranger = { credentials: { username: '', password: '' } }
  await expect(follower.database.execute(['DROP TABLE t'], stranger)).rejects.toMatchObject({
    code: 'NOT_AUTHORIZED',
    outcome: 'not-applied',
    retryable: false,
  })
  await expect(follower.database.query(['SELECT 1 FROM t'], stranger)).rejects.toMatchObject({
    code: 'NOT_AUTHORIZED',
  })
})

// Acceptance rows 57 and 67: the scheme is that of the node that is meant.
test('HTTPS - nodes tell each other and their callers so', { timeout: 60_000 }, async () => {
  const fixture = (name: string) => new URL(`../fixtures/tls/${name}`, import.meta.url).pathname
  const tls = { certFile: fixture('server.pem'), keyFile: fixture('server.key.pem') }
  await using nodes = await twoNodes({ tls })
  const { leader, follower } = nodes
  const send = createTlsFetch({ ca: readFileSync(fixture('ca.pem')), insecure: false })
  expect(leader.apiUrl).toMatch(/^https:/)

  const listed = await (await send(`${follower.apiUrl}/nodes`, {})).json()
  expect(listed).toMatchObject({
    [leader.id]: { api_addr: leader.apiUrl, reachable: true },
    [follower.id]: { api_addr: follower.apiUrl, reachable: true },
  })
  const told = await send(`${follower.apiUrl}/db/execute?redirect`, {
    method: 'POST',
    body: '["nonsense"]',
    headers: basic('writer'),
  })
  expect([told.status, told.headers.get('location')]).toEqual([301, `${leader.apiUrl}/db/execute?redirect`])

  const credentials = { username: 'both', password: 'right' }
  const client = createDatabaseClient({ urls: [follower.apiUrl as string], credentials, fetch: send })
  expect(await client.execute(['CREATE TABLE t (v)', 'INSERT INTO t VALUES (1)'])).toHaveLength(2)
  const stranger = createDatabaseClient({ urls: [follower.apiUrl as string], fetch: send })
  await expect(stranger.execute(['DROP TABLE t'])).rejects.toMatchObject({
    status: 401,
    outcome: 'not-applied',
    message: expect.stringContaining('remote Execute not authorized'),
  })
})
