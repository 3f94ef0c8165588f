import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { member, rowsResult, statusOf } from './fake-node.ts'
import { serve } from './serve.ts'

describe('/status', () => {
  // Contract 3.1; acceptance row 65.
  test('keys - that suites and clients rely on', async () => {
    const { ask, node } = await serve()
    node.answer = ({ statements }) =>
      node.response(
        statements.map(({ sql }) =>
          rowsResult(['v'], [''], [[sql === 'PRAGMA journal_mode' ? 'delete' : 0]]),
        ),
      )
    const answer = await ask('GET', '/status')
    expect(answer.status).toBe(200)
    expect(JSON.parse(answer.body)).toMatchObject({
      build: { version: '1.2.3', commit: 'abc', build_time: '2026-11-22T00:00:00Z' },
      cluster: { addr: '127.0.0.1:7001', api_addr: 'http://127.0.0.1:5001', https: 'false' },
      http: {
        auth: 'disabled',
        idempotent_writes: true,
        tls: { enabled: 'false' },
        bind_addr: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      },
      node: { start_time: expect.any(String), uptime: expect.any(String) },
      os: { pid: process.pid },
      extensions: { names: [] },
      store: {
        open: true,
        node_id: 'node1',
        addr: '127.0.0.1:7001',
        ready: true,
        dir_size: 2_097_152,
        dir_size_friendly: '2.0 MB',
        leader: { addr: '127.0.0.1:7001', node_id: 'node1' },
        fsm_index: 41,
        db_applied_index: 40,
        raft: {
          state: 'Leader',
          voter: true,
          commit_index: 42,
          applied_index: 41,
          fsm_pending: 1,
          last_log_index: 42,
          last_snapshot_index: 30,
          num_peers: 1,
          last_contact: 0,
        },
        nodes: [
          { id: 'node1', addr: '127.0.0.1:7001', suffrage: 'voter' },
          { id: 'node2', addr: '127.0.0.1:7002', suffrage: 'voter' },
          { id: 'node3', addr: '127.0.0.1:7003', suffrage: 'nonvoter' },
        ],
        heartbeat_timeout: '100ms',
        election_timeout: '1s',
        snapshot_store: { dir: '/var/lib/debros/snapshots', dir_size: 4_096, snapshots: ['1-20', '2-30'] },
        reap_timeout: '72h0m0s',
        reap_read_only_timeout: '0s',
        db_conf: { fk_constraints: true },
        fsm_term: 3,
        sqlite3: {
          version: '3.54.1',
          compile_options: ['ENABLE_FTS3'],
          pragmas: { ro: { journal_mode: 'delete', busy_timeout: '0' }, rw: { foreign_keys: '0' } },
        },
      },
    })
    expect(node.calls.map(({ options }) => options.level)).toEqual(['none'])
  })

  test('leader - is an object of empty texts while there is none', async () => {
    const { ask, node } = await serve()
    node.leader = undefined
    expect((await ask('GET', '/status?key=store.leader')).body).toBe('{"addr":"","node_id":""}')
  })

  test.each([
    [0, '0'],
    [undefined, '"never"'],
    [23.4, '"23.4ms"'],
  ])('last_contact - %s ms on a %s', async (lastContactMs, text) => {
    const { ask, node } = await serve()
    const status = statusOf(node)
    const state = lastContactMs === 0 ? 'Leader' : 'Follower'
    node.status = async () => ({ ...status, raft: { ...status.raft, state, lastContactMs } })
    expect((await ask('GET', '/status?key=store.raft.last_contact')).body).toBe(text)
  })

  test.each([
    ['store.raft.state', '"Leader"'],
    ['store.raft.commit_index', '42'],
    ['store.raft.state.deeper', '"Leader"'],
    [
      'store.snapshot_store',
      '{"dir":"/var/lib/debros/snapshots","dir_size":4096,"snapshots":["1-20","2-30"]}',
    ],
    ['store.nodes.0.id', '"node1"'],
    ['nowhere', '{}'],
    ['store.nowhere.deeper', '{}'],
    ['__proto__', '{}'],
  ])('key - %s is %s', async (key, text) => {
    const { ask } = await serve()
    expect((await ask('GET', `/status?key=${key}`)).body).toBe(text)
  })

  test('pretty - four spaces', async () => {
    const { ask } = await serve()
    expect((await ask('GET', '/status?pretty&key=store.leader')).body).toBe(
      '{\n    "addr": "127.0.0.1:7001",\n    "node_id": "node1"\n}',
    )
  })

  test('before the node is open - 200, and the store is not', async () => {
    const { ask } = await serve({ open: false })
    const answer = await ask('GET', '/status?key=store')
    expect([answer.status, answer.body]).toEqual([200, '{"open":false}'])
  })

  test('trouble - is told, with the rest still there', async () => {
    const { ask, node } = await serve()
    node.status = () => Promise.reject(new Error('disk on fire'))
    expect((await ask('GET', '/status?key=store')).body).toBe(
      '{"open":true,"error":"disk on fire","leader":{"addr":"127.0.0.1:7001","node_id":"node1"}}',
    )
    node.status = () => new Promise(() => {})
    expect((await ask('GET', '/status?key=store&timeout=1ms')).body).toBe(
      '{"open":true,"error":"the node is too busy to tell","leader":{"addr":"127.0.0.1:7001","node_id":"node1"}}',
    )
  })

  test('pragmas - are left out while the engine cannot be asked, and asked for once', async () => {
    const { ask, node } = await serve()
    node.fails(new DebrosError('SQL_BUSY', 'x'))
    expect((await ask('GET', '/status?key=store.sqlite3.pragmas')).body).toBe('{}')
    node.answer = ({ statements }) => node.response(statements.map(() => rowsResult(['v'], [''], [[1]])))
    const ones =
      '{"busy_timeout":"1","foreign_keys":"1","journal_mode":"1","synchronous":"1","wal_autocheckpoint":"1"}'
    for (let i = 0; i < 2; i++)
      expect((await ask('GET', '/status?key=store.sqlite3.pragmas.rw')).body).toBe(ones)
    expect(node.calls).toHaveLength(2)
  })
})

describe('/nodes and /leader', () => {
  const one = member('1', { leader: true })
  const two = member('2', {
    reachable: false,
    apiAddress: '',
    version: '',
    time: 0,
    error: 'timeout waiting for node to respond',
  })
  const three = member('3', { voter: false })
  const oneText =
    '{"id":"1","api_addr":"http://1:5001","addr":"1:7001","version":"0.1.0","voter":true,"reachable":true,"leader":true,"time":0.002,"time_s":"2ms"}'
  const twoText =
    '{"id":"2","addr":"2:7001","version":"","voter":true,"reachable":false,"leader":false,"error":"timeout waiting for node to respond"}'
  const threeText =
    '{"id":"3","api_addr":"http://3:5001","addr":"3:7001","version":"0.1.0","voter":false,"reachable":true,"leader":false,"time":0.002,"time_s":"2ms"}'

  // Contract 3.2; acceptance rows 67 and 68.
  test.each([
    ['/nodes', `{"1":${oneText},"2":${twoText}}`],
    ['/nodes?nonvoters', `{"1":${oneText},"2":${twoText},"3":${threeText}}`],
    ['/nodes?ver=2', `{"nodes":[${oneText},${twoText}]}`],
    ['/nodes?ver=2&nonvoters', `{"nodes":[${oneText},${twoText},${threeText}]}`],
    ['/nodes?ver=1', `{"1":${oneText},"2":${twoText}}`],
  ])('nodes - %s', async (url, text) => {
    const { ask, node } = await serve()
    node.members = [one, two, three]
    const answer = await ask('GET', url)
    expect([answer.status, answer.body]).toEqual([200, text])
  })

  // Contract 3.3; acceptance row 69.
  test('leader - is one node object', async () => {
    const { ask, node } = await serve()
    node.leader = { id: '1', address: '1:7001' }
    node.members = [one, two, three]
    expect((await ask('GET', '/leader')).body).toBe(oneText)
  })

  test('leader - 503 while there is none, or it is no member', async () => {
    const { ask, node } = await serve()
    node.leader = { id: 'gone', address: 'gone:7001' }
    expect(await ask('GET', '/leader')).toMatchObject({ status: 503, body: 'leader not found\n' })
    node.leader = undefined
    expect(await ask('GET', '/leader')).toMatchObject({ status: 503, body: 'leader not found\n' })
  })

  test('before the node is open - 503', async () => {
    const { ask } = await serve({ open: false })
    expect(await ask('GET', '/nodes')).toMatchObject({ status: 503, body: 'store not open\n' })
    expect(await ask('GET', '/leader')).toMatchObject({ status: 503, body: 'leader not found\n' })
  })
})

describe('/readyz', () => {
  // Contract 3.4; acceptance row 72.
  test.each<[string, string, (served: Awaited<ReturnType<typeof serve>>) => void, number, string[]]>([
    ['all good', '', () => {}, 200, ['node ok', 'leader ok', 'store ok', 'db ok']],
    [
      'all good, synchronized',
      '?sync',
      () => {},
      200,
      ['node ok', 'leader ok', 'store ok', 'sync ok', 'db ok'],
    ],
    [
      'noleader asks for nothing else',
      '?noleader',
      ({ node }) => Object.assign(node, { leader: undefined, ready: false }),
      200,
      ['node ok'],
    ],
    [
      'no leader',
      '',
      ({ node }) => Object.assign(node, { leader: undefined }),
      503,
      ['node ok', 'leader does not exist'],
    ],
    [
      'leader does not answer',
      '',
      ({ node }) =>
        Object.assign(node, {
          leader: { id: 'node2', address: 'x:1' },
          leaderApi: () => Promise.reject(new Error('dial\ntimeout')),
        }),
      503,
      ['node ok', 'leader not contactable: dial timeout'],
    ],
    [
      'leader gives no answer',
      '',
      ({ node }) =>
        Object.assign(node, { leader: { id: 'node2', address: 'x:1' }, leaderApi: async () => undefined }),
      503,
      ['node ok', 'leader not contactable: it does not answer'],
    ],
    [
      'leader answers',
      '',
      ({ node }) => Object.assign(node, { leader: { id: 'node2', address: 'x:1' } }),
      200,
      ['node ok', 'leader ok', 'store ok', 'db ok'],
    ],
    [
      'starting',
      '',
      ({ node }) => Object.assign(node, { ready: false }),
      503,
      ['node ok', 'leader ok', 'store not ready'],
    ],
    [
      'lagging',
      '?sync',
      ({ node }) => Object.assign(node, { sync: () => Promise.reject(new Error('timeout')) }),
      503,
      ['node ok', 'leader ok', 'store ok', 'sync timeout'],
    ],
    [
      'lagging, not asked',
      '',
      ({ node }) => Object.assign(node, { sync: () => Promise.reject(new Error('timeout')) }),
      200,
      ['node ok', 'leader ok', 'store ok', 'db ok'],
    ],
    [
      'database does not answer',
      '',
      ({ node }) => node.fails(new Error('engine gone')),
      503,
      ['node ok', 'leader ok', 'store ok', 'db not ok: engine gone'],
    ],
    [
      'nothing is started for it where nobody reads',
      '',
      ({ node }) => {
        Object.assign(node.database, { hasReaders: false })
        node.fails(new Error('was asked'))
      },
      200,
      ['node ok', 'leader ok', 'store ok', 'db ok'],
    ],
    [
      'database answers an error',
      '?sync',
      ({ node }) => node.answers({ kind: 'error', message: 'malformed' }),
      503,
      ['node ok', 'leader ok', 'store ok', 'sync ok', 'db not ok: malformed'],
    ],
  ])('%s', async (_, query, prepare, status, lines) => {
    const served = await serve()
    prepare(served)
    const answer = await served.ask('GET', `/readyz${query}`)
    expect([answer.status, answer.body]).toEqual([status, lines.map((line) => `[+]${line}`).join('\n')])
    expect(answer.headers['content-type']).toBe('text/plain; charset=utf-8')
  })

  test('before the node is open', async () => {
    const { ask } = await serve({ open: false })
    expect(await ask('GET', '/readyz')).toMatchObject({
      status: 503,
      body: '[+]node ok\n[+]leader does not exist',
    })
    expect(await ask('GET', '/readyz?noleader')).toMatchObject({ status: 200, body: '[+]node ok' })
  })
})

test('/status - how the node finds others, if it looks for them', async () => {
  const disco = { mode: 'dns', name: 'rqlite' }
  const looking = await serve({ discovery: () => disco, open: false })
  expect(JSON.parse((await looking.ask('GET', '/status?key=disco')).body)).toEqual(disco)
  const given = await serve()
  expect(JSON.parse((await given.ask('GET', '/status?key=disco')).body)).toEqual({})
})
