/** Users, their passwords, and what they may do. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { row } from '../harness/rows.ts'
import { apiOf, type Rqlited, RqlitedNodes, voters } from '../harness/rqlited.ts'

const USERS = [
  { username: 'admin', password: 'first', perms: ['query'] },
  // Of two entries the later one counts.
  { username: 'admin', password: 'secret1', perms: ['all'] },
  { username: 'writer', password: 'secret2', perms: ['execute'] },
  { username: 'reader', password: 'secret3', perms: ['query', 'status'] },
  { username: 'both', password: 'secret4', perms: ['query', 'execute'] },
  { username: 'joiner', password: 'secret5', perms: ['join'] },
  { username: 'replica', password: 'secret6', perms: ['join-read-only'] },
  { username: 'replica2', password: 'secret7', perms: ['join-read-replica'] },
  // What is left out is empty, not that of the entry before.
  { username: 'nobody', password: 'secret8' },
  { username: '*', perms: ['status', 'ready'] },
]

function basic(user: string, password: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}` }
}

let directory = ''
let nodes: RqlitedNodes
let leader: Rqlited
let follower: Rqlited
let flags: string[] = []

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'debros-auth-'))
  const file = join(directory, 'users.json')
  await writeFile(file, JSON.stringify(USERS), { mode: 0o600 })
  flags = ['-auth', file]
  nodes = await RqlitedNodes.create()
  leader = (await nodes.add()).start(flags)
  await leader.waitForLeader()
  follower = (await nodes.add()).start([...flags, '-join', leader.raftAddress, '-join-as', 'joiner'])
  await follower.waitForLeader()
  await voters(leader, 2)
  const created = await apiOf(leader).post('/db/execute', '["CREATE TABLE t (v)"]', basic('admin', 'secret1'))
  expect(created.status).toBe(200)
}, 60_000)

afterAll(async () => {
  await nodes[Symbol.asyncDispose]()
  await rm(directory, { recursive: true, force: true })
})

async function status(
  node: Rqlited,
  method: string,
  path: string,
  headers: Record<string, string>,
): Promise<number> {
  const body = method === 'POST' && path.startsWith('/db/') ? '["SELECT 1"]' : undefined
  return (await apiOf(node).ask(path, { method, headers, ...(body && { body }) })).status
}

describe('authorization', () => {
  row(85, 'each endpoint asks for its permission, on every node', async () => {
    const allowed: Readonly<Record<string, readonly string[]>> = {
      'POST /db/execute': ['admin', 'writer', 'both'],
      'POST /db/query': ['admin', 'reader', 'both'],
      'GET /db/query?q=SELECT%201': ['admin', 'reader', 'both'],
      'POST /db/request': ['admin', 'both'],
      'GET /db/backup': ['admin'],
      'GET /leader': ['admin'],
    }
    const passwords = new Map(USERS.map(({ username, password }) => [username, password ?? '']))
    for (const node of [leader, follower]) {
      for (const [endpoint, users] of Object.entries(allowed)) {
        const [method, path] = endpoint.split(' ') as [string, string]
        for (const user of ['admin', 'writer', 'reader', 'both', 'nobody']) {
          const expected = users.includes(user) ? 200 : 401
          expect(
            await status(node, method, path, basic(user, passwords.get(user) ?? '')),
            `${endpoint} as ${user}`,
          ).toBe(expected)
        }
        expect(await status(node, method, path, {}), `${endpoint} as nobody at all`).toBe(401)
      }
      for (const [method, path] of [
        ['POST', '/snapshot'],
        ['POST', '/reap'],
        ['DELETE', '/remove'],
        ['POST', '/db/load'],
        ['POST', '/boot'],
      ] as const) {
        expect(await status(node, method, path, basic('both', 'secret4')), path).toBe(401)
      }
    }
  })

  row(85, 'wrong passwords and empty names are refused, with an empty body', async () => {
    for (const headers of [
      basic('both', 'wrong'),
      basic('', ''),
      basic('admin', 'first'),
      { Authorization: 'Bearer x' },
      {},
    ]) {
      expect(await apiOf(leader).post('/db/query', '["SELECT 1"]', headers)).toMatchObject({
        status: 401,
        text: '',
      })
    }
  })

  row(85, 'what * may do, everyone may, whatever is sent', async () => {
    for (const headers of [{}, basic('both', 'wrong'), basic('admin', 'secret1')]) {
      for (const path of ['/status', '/nodes', '/readyz', '/debug/vars']) {
        expect((await apiOf(follower).ask(path, { headers })).status, path).toBe(200)
      }
    }
  })

  row(85, 'parameters are checked before it, methods after; OPTIONS is for everyone', async () => {
    const api = apiOf(leader)
    expect(await api.ask('/db/query?timeout=x')).toMatchObject({ status: 400 })
    expect((await api.ask('/db/execute', { method: 'PUT' })).status).toBe(401)
    expect(
      (await api.ask('/db/execute', { method: 'PUT', headers: basic('writer', 'secret2') })).status,
    ).toBe(405)
    expect((await api.ask('/nothing')).status).toBe(404)
    expect((await api.ask('/db/execute', { method: 'OPTIONS' })).status).toBe(200)
  })

  row(56, 'a forwarded request has the permissions of its caller', async () => {
    const written = await apiOf(follower).post(
      '/db/execute',
      '["INSERT INTO t VALUES(1)"]',
      basic('writer', 'secret2'),
    )
    expect(written).toMatchObject({ status: 200, text: expect.stringContaining('"rows_affected":1') })
    const read = await apiOf(follower).post(
      '/db/query?level=strong',
      '["SELECT count(*) FROM t"]',
      basic('reader', 'secret3'),
    )
    expect(read.status).toBe(200)
    const queued = await apiOf(follower).post(
      '/db/execute?queue&wait',
      '["INSERT INTO t VALUES(2)"]',
      basic('writer', 'secret2'),
    )
    expect(queued.status).toBe(200)
  })

  row(86, 'WWW-Authenticate is on every response, and the headers of CORS with it', async () => {
    const api = apiOf(leader)
    const answers = [
      await api.ask('/status'),
      await api.post('/db/query', '["SELECT 1"]'),
      await api.post('/db/query', '["SELECT 1"]', basic('admin', 'secret1')),
      await api.ask('/nothing'),
      await api.ask('/', { method: 'OPTIONS' }),
    ]
    for (const { headers } of answers) {
      expect(headers['www-authenticate']).toBe('Basic realm="rqlite"')
      expect(headers['access-control-allow-headers']).toContain('Authorization')
      expect(headers['access-control-allow-credentials']).toBe('true')
      expect(headers).not.toHaveProperty('access-control-allow-origin')
    }
  })

  row(86, 'the origin only if it is configured', async () => {
    await using others = await RqlitedNodes.create()
    const open = (await others.add()).start(['-http-allow-origin', 'https://example.com'])
    await open.waitForLeader()
    const { headers } = await apiOf(open).ask('/status')
    expect(headers['access-control-allow-origin']).toBe('https://example.com')
    expect(headers).not.toHaveProperty('www-authenticate')
  })

  row(
    87,
    'voters need join, read replicas one of the other two; else nothing changes',
    async () => {
      const members = async (): Promise<string[]> => Object.keys(await leader.members())
      const before = await members()
      const rounds = ['-join', leader.raftAddress, '-join-attempts', '2', '-join-interval', '100ms']
      const refused: readonly (readonly string[])[] = [
        [],
        ['-join-as', 'reader'],
        ['-join-as', 'replica'],
        ['-join-as', 'reader', '-raft-non-voter=true'],
      ]
      for (const as of refused) {
        const node = (await nodes.add()).start([...flags, ...rounds, ...as])
        expect(await node.exit(), as.join(' ')).toBe(1)
        expect(await members()).toEqual(before)
      }
      for (const user of ['replica', 'replica2']) {
        const node = (await nodes.add()).start([
          ...flags,
          ...rounds,
          '-join-as',
          user,
          '-raft-non-voter=true',
        ])
        await node.waitForLeader()
        expect((await leader.members())[node.id]).toMatchObject({ voter: false })
      }
      const voter = (await nodes.add()).start([...flags, ...rounds, '-join-as', 'admin'])
      await voter.waitForLeader()
      await leader.until('it to vote', async () => (await leader.members())[voter.id]?.voter)
    },
    { timeout: 120_000 },
  )

  row(88, 'who does not know the secret of the cluster cannot join', async () => {
    // rqlite tells nodes by X.509 certificates; ours by their keys, and newcomers by a secret.
    await using others = await RqlitedNodes.create()
    const secret = join(directory, 'secret')
    await writeFile(secret, 'known to members only, and long enough\n', { mode: 0o600 })
    const first = (await others.add()).start(['-cluster-secret-file', secret])
    await first.waitForLeader()
    const stranger = (await others.add()).start([
      '-join',
      first.raftAddress,
      '-join-attempts',
      '2',
      '-join-interval',
      '100ms',
    ])
    expect(await stranger.exit()).toBe(1)
    const member = (await others.add()).start(['-join', first.raftAddress, '-cluster-secret-file', secret])
    await member.waitForLeader()
    expect(Object.keys(await first.members())).toEqual([first.id, member.id])
  })
})
