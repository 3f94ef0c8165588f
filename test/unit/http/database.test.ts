import { describe, expect, test } from 'vitest'
import { DebrosError, silentLogger } from '../../../src/base/index.ts'
import { rowsResult, statusOf, writeResult } from './fake-node.ts'
import { serve } from './serve.ts'

const FIONA = rowsResult(['id', 'name'], ['integer', 'text'], [[1, 'fiona']])
const FIONA_TEXT = '{"columns":["id","name"],"types":["integer","text"],"values":[[1,"fiona"]]}'

describe('more than can be done', () => {
  test.each([
    ['/db/execute', 'write'],
    ['/db/query', 'read'],
    ['/db/request', 'write'],
  ])('%s - is refused before its body is read', async (path, kind) => {
    const { ask, node } = await serve()
    node.admit = (asked) => {
      if (asked === kind) throw new DebrosError('RAFT_BUSY', 'try again shortly', { retryable: true })
    }
    const answer = await ask('POST', path, { body: 'not JSON' })
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1'])
    expect(answer.body).toBe('try again shortly\n')
  })

  test('queued writes - have a queue of their own', async () => {
    const { ask, node } = await serve()
    node.admit = () => {
      throw new DebrosError('RAFT_BUSY', 'try again shortly', { retryable: true })
    }
    const answer = await ask('POST', '/db/execute?queue', { body: '["INSERT INTO t VALUES (1)"]' })
    expect(answer.status).toBe(200)
  })
})

describe('requests', () => {
  // Acceptance rows 7 and 8.
  test.each([
    ['no Content-Type', undefined],
    ['JSON', 'application/json'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['nonsense', 'nonsense'],
    ['empty', ''],
  ])('JSON body - with %s as Content-Type', async (_, contentType) => {
    const { ask, node } = await serve()
    node.answers(writeResult(1, 1))
    const answer = await ask('POST', '/db/execute', {
      body: '["INSERT INTO foo(name) VALUES(\\"fiona\\")", ["INSERT INTO foo VALUES(?)", 1]]',
      ...(contentType !== undefined && { headers: { 'content-type': contentType } }),
    })
    expect([answer.status, answer.body]).toEqual([
      200,
      '{"results":[{"last_insert_id":1,"rows_affected":1}]}',
    ])
    expect(node.calls[0]?.statements).toEqual([
      { sql: 'INSERT INTO foo(name) VALUES("fiona")', positional: [], named: {} },
      { sql: 'INSERT INTO foo VALUES(?)', positional: [1], named: {} },
    ])
  })

  test.each(['text/plain', 'text/plain; charset=utf-8', 'text/plainx'])(
    'text body - %s is one statement',
    async (type) => {
      const { ask, node } = await serve()
      for (const path of ['/db/execute', '/db/query']) {
        await ask('POST', path, { body: 'SELECT "é"; --[]', headers: { 'content-type': type } })
      }
      expect(node.calls.map(({ method, statements }) => [method, statements.map(({ sql }) => sql)])).toEqual([
        ['execute', ['SELECT "é"; --[]']],
        ['query', ['SELECT "é"; --[]']],
      ])
    },
  )

  test('text body - is none for request, and must not be empty', async () => {
    const { ask, node } = await serve()
    const headers = { 'content-type': 'text/plain' }
    expect((await ask('POST', '/db/request', { body: 'SELECT 1', headers })).body).toBe('invalid JSON body\n')
    expect((await ask('POST', '/db/execute', { body: '', headers })).body).toBe('no statements\n')
    expect(node.calls).toEqual([])
  })

  test.each([
    ['', 'invalid JSON body'],
    ['["SELECT 1"', 'invalid JSON body'],
    ['[]', 'no statements'],
    ['[[]]', 'invalid request'],
    ['[["S", [256]]]', 'unsupported type: array of anything but integers from 0 to 255'],
  ])('errors - %s is a 400', async (body, message) => {
    const { ask, node } = await serve()
    for (const path of ['/db/execute', '/db/query', '/db/request']) {
      const answer = await ask('POST', path, { body })
      expect([answer.status, answer.body]).toEqual([400, `${message}\n`])
    }
    expect(node.calls).toEqual([])
  })

  test('GET - takes the statement from q, and does nothing without', async () => {
    const { ask, node } = await serve()
    node.answers(FIONA)
    expect((await ask('GET', '/db/query?q=SELECT+*%20FROM+foo')).body).toBe(`{"results":[${FIONA_TEXT}]}`)
    expect(node.calls[0]?.statements).toEqual([{ sql: 'SELECT * FROM foo', positional: [], named: {} }])
    expect((await ask('GET', '/db/query')).body).toBe('{"results":[]}')
    expect(node.calls).toHaveLength(1)
  })

  // Acceptance row 30.
  test('empty statements - are skipped, blank ones are not', async () => {
    const { post, node } = await serve()
    node.answers({ kind: 'empty', time: 0 })
    expect((await post('/db/execute', ['', [''], ' '])).body).toBe('{"results":[{}]}')
    expect(node.calls[0]?.statements.map(({ sql }) => sql)).toEqual([' '])
    const nothing = await post('/db/execute', ['', ''])
    expect([nothing.status, nothing.body]).toEqual([200, '{"results":[]}'])
    expect(node.calls).toHaveLength(1)
  })

  test('options - reach the services', async () => {
    const { post, node } = await serve()
    await post('/db/execute?transaction&timeout=2s&level=strong', ['a'])
    await post('/db/query?level=NONE&freshness=5s&freshness_strict&linearizable_timeout=3s', ['b'])
    await post('/db/request?level=strong&transaction=false', ['c'])
    expect(node.calls.map(({ method, options }) => [method, options])).toEqual([
      ['execute', expect.objectContaining({ transaction: true, timeoutMs: 2_000 })],
      [
        'query',
        expect.objectContaining({
          level: 'none',
          transaction: false,
          freshnessMs: 5_000,
          freshnessStrict: true,
          linearizableTimeoutMs: 3_000,
          timeoutMs: 30_000,
        }),
      ],
      ['request', expect.objectContaining({ level: 'strong', transaction: true, freshnessMs: 0 })],
    ])
  })

  test('forms - associative, blob_array, timings, raft_index and pretty', async () => {
    const { post, node } = await serve()
    node.answer = () =>
      node.response([rowsResult(['b'], ['blob'], [[new Uint8Array([1, 2])]])], { raftIndex: 7 })
    const text = async (query: string) => (await post(`/db/query?${query}`, ['x'])).body
    expect(await text('associative')).toBe('{"results":[{"types":{"b":"blob"},"rows":[{"b":"AQI="}]}]}')
    expect(await text('blob_array')).toBe(
      '{"results":[{"columns":["b"],"types":["blob"],"values":[[[1,2]]]}]}',
    )
    expect(await text('raft_index')).toMatch(/,"raft_index":7}$/)
    expect(await text('timings&raft_index')).toMatch(
      /^{"results":\[{"columns":\["b"\],"types":\["blob"\],"values":\[\["AQI="\]\],"time":0.25}\],"time":[0-9.e-]+,"raft_index":7}$/,
    )
    expect(await text('pretty')).toBe(
      JSON.stringify({ results: [{ columns: ['b'], types: ['blob'], values: [['AQI=']] }] }, undefined, 4),
    )
  })

  test('db_timeout and qualify_columns - reach the services', async () => {
    const { post, node } = await serve()
    await post('/db/execute?db_timeout=1.5ms', ['a'])
    await post('/db/query?db_timeout=2s&qualify_columns', ['b'])
    await post('/db/request?db_timeout=0&qualify_columns=false', ['c'])
    await post('/db/request?db_timeout=-1s', ['d'])
    expect(node.calls.map(({ options }) => [options.executionTimeoutMs, options.qualifyColumns])).toEqual([
      [1.5, undefined],
      [2_000, true],
      [0, true],
      [0, false],
    ])
  })

  test('db_timeout - one that is over too early is a top-level error', async () => {
    const { post, node } = await serve()
    node.fails(new DebrosError('SQL_TIMEOUT', 'too late'))
    const answer = await post('/db/query?db_timeout=1ns', ['a'])
    expect([answer.status, answer.body]).toEqual([200, '{"results":[],"error":"context deadline exceeded"}'])
  })

  test('before the node is open - the document says so', async () => {
    const { post, ask } = await serve({ open: false })
    const answer = await post('/db/execute', ['x'])
    expect([answer.status, answer.body]).toEqual([200, '{"results":[],"error":"store not open"}'])
    expect(answer.headers).not.toHaveProperty('x-rqlite-served-by')
    expect((await ask('GET', '/db/query?q=x')).body).toBe('{"results":[],"error":"store not open"}')
  })
})

describe('failures', () => {
  const document = (message: string) => `{"results":[],"error":"${message}"}`
  const unknown = { outcome: 'unknown' } as const

  // Contract 1.6, 1.10, 4.4 to 4.7; acceptance row 50 and the like. What a write and a read answer.
  const noLeader: [number, string] = [503, 'leader not found\n']
  const retryable = { retryable: true } as const
  test.each<[string, Error, [number, string], [number, string]]>([
    ['no leader', new DebrosError('RAFT_NO_LEADER', 'x', retryable), noLeader, noLeader],
    ['leader changed', new DebrosError('RAFT_NOT_LEADER', 'x', retryable), noLeader, noLeader],
    [
      'leadership lost',
      new DebrosError('RAFT_LEADERSHIP_LOST', 'x', unknown),
      [200, document('leadership lost while committing log')],
      noLeader,
    ],
    ['leadership lost before proposing', new DebrosError('RAFT_LEADERSHIP_LOST', 'x'), noLeader, noLeader],
    [
      'leadership being handed over',
      new DebrosError('RAFT_TRANSFERRING', 'x', retryable),
      [503, 'leadership transfer in progress\n'],
      [503, 'leadership transfer in progress\n'],
    ],
    ['busy', new DebrosError('RAFT_BUSY', 'full', retryable), [503, 'full\n'], [503, 'full\n']],
    ['timeout', new DebrosError('CALL_TIMEOUT', 'late', unknown), [200, document('late')], [503, 'late\n']],
    ['timeout before sending', new DebrosError('CALL_TIMEOUT', 'late'), [503, 'late\n'], [503, 'late\n']],
    [
      'lost answer',
      new DebrosError('PEER_CALL_LOST', 'reset', unknown),
      [200, document('reset')],
      [503, 'reset\n'],
    ],
    ['unreachable', new DebrosError('PEER_UNREACHABLE', 'refused'), [503, 'refused\n'], [503, 'refused\n']],
    ['stopping', new DebrosError('NODE_STOPPED', 'bye', retryable), [503, 'bye\n'], [503, 'bye\n']],
    [
      'stale read',
      new DebrosError('SQL_STALE_READ', 'x'),
      [200, document('stale read')],
      [200, document('stale read')],
    ],
    [
      'pragma',
      new DebrosError('SQL_DISALLOWED_PRAGMA', 'x'),
      [200, document('disallowed pragma')],
      [200, document('disallowed pragma')],
    ],
    ['too large', new DebrosError('SQL_TOO_LARGE', 'over'), [413, 'over\n'], [413, 'over\n']],
    [
      'too large for the log',
      new DebrosError('RAFT_ENTRY_TOO_LARGE', 'over'),
      [413, 'over\n'],
      [413, 'over\n'],
    ],
    ['bad namespace', new DebrosError('NAMESPACE_INVALID', 'no'), [400, 'no\n'], [400, 'no\n']],
    ['something else', new DebrosError('SQL_ENGINE_FAILED', 'gone'), [500, 'gone\n'], [500, 'gone\n']],
    [
      'something else with an unknown outcome',
      new DebrosError('RPC_INTERNAL', 'oops', unknown),
      [200, document('oops')],
      [500, 'oops\n'],
    ],
    ['a bug', new TypeError('secret detail'), [500, 'internal error\n'], [500, 'internal error\n']],
  ])('%s', async (_, error, write, read) => {
    const { post, node } = await serve()
    node.fails(error)
    for (const [path, [status, body]] of [
      ['/db/execute', write],
      ['/db/request', write],
      ['/db/query', read],
    ] as const) {
      const answer = await post(path, ['x'])
      expect([path, answer.status, answer.body]).toEqual([path, status, body])
      expect(answer.headers).not.toHaveProperty('x-rqlite-served-by')
      expect(answer.headers['retry-after']).toBe(status === 503 ? '1' : undefined)
    }
  })
})

describe('bugs', () => {
  test('are logged with their error, and told without it', async () => {
    const errors: object[] = []
    const { post, node } = await serve({
      logger: { ...silentLogger, error: (fields) => void errors.push(fields) },
    })
    const error = new TypeError('secret detail')
    node.fails(error)
    expect(await post('/db/execute?q=x', ['x'])).toMatchObject({ status: 500, body: 'internal error\n' })
    expect(errors).toEqual([{ error, path: '/db/execute' }])
  })
})

describe('redirect', () => {
  const follower = async () => {
    const served = await serve()
    served.node.leader = { id: 'node2', address: '127.0.0.1:7002' }
    return served
  }

  // Contract 4.4; acceptance row 57.
  test.each(['/db/execute', '/db/query', '/db/request'])(
    '%s - a follower sends the caller to the leader',
    async (path) => {
      const { post, node } = await follower()
      const answer = await post(`${path}?redirect&level=strong&q=a%20b`, ['nonsense'])
      expect([answer.status, answer.body]).toEqual([301, ''])
      expect(answer.headers.location).toBe(`http://10.0.0.2:5001${path}?redirect&level=strong&q=a%20b`)
      expect(node.calls).toEqual([])
    },
  )

  test('the body is checked first', async () => {
    const { post } = await follower()
    expect((await post('/db/execute?redirect', [])).status).toBe(400)
  })

  test('the leader answers itself', async () => {
    const { post } = await serve()
    expect((await post('/db/execute?redirect', ['x'])).status).toBe(200)
  })

  test('without the parameter the service forwards', async () => {
    const { post, node } = await follower()
    expect((await post('/db/execute', ['x'])).status).toBe(200)
    expect(node.calls).toHaveLength(1)
  })

  test('what is answered locally is not redirected', async () => {
    const { post, node } = await follower()
    expect((await post('/db/query?redirect&level=none', ['x'])).status).toBe(200)
    expect((await post('/db/query?redirect&level=auto', ['x'])).status).toBe(301)
    const { raft, ...status } = statusOf(node)
    node.status = async () => ({ ...status, raft: { ...raft, voter: false } })
    expect((await post('/db/query?redirect&level=auto', ['x'])).status).toBe(200)
    expect((await post('/db/execute?redirect&level=none', ['x'])).status).toBe(301)
  })

  test.each([
    ['no leader', (node: { leader: unknown }) => Object.assign(node, { leader: undefined }), 503],
    [
      'a leader without HTTP',
      (node: object) => Object.assign(node, { leaderApi: async () => undefined }),
      503,
    ],
    [
      'a leader that does not answer',
      (node: object) =>
        Object.assign(node, { leaderApi: () => Promise.reject(new DebrosError('RAFT_NO_LEADER', 'x')) }),
      503,
    ],
  ])('%s - is a 503', async (_, change, status) => {
    const { post, node } = await follower()
    change(node)
    const answer = await post('/db/execute?redirect', ['x'])
    expect([answer.status, answer.body]).toEqual([status, 'leader not found\n'])
  })
})

test('Idempotency-Key - names the write for the node; a request without one has no name', async () => {
  const { ask, post, node } = await serve()
  const body = JSON.stringify(['INSERT INTO t VALUES (1)'])
  await ask('POST', '/db/execute', { body, headers: { 'idempotency-key': 'order-7' } })
  await ask('POST', '/db/request', { body, headers: { 'idempotency-key': 'order-8' } })
  await post('/db/execute', ['INSERT INTO t VALUES (1)'])
  expect(node.calls.map(({ options }) => options.requestId)).toEqual(['order-7', 'order-8', undefined])
})

describe('large bodies', () => {
  test('are read as small ones are', async () => {
    const { post, ask, node } = await serve()
    const text = 'x'.repeat(400_000)
    expect((await post('/db/execute', [['INSERT ?', text, 1, [1, 2]], 'b'])).status).toBe(200)
    expect(node.calls[0]?.statements).toEqual([
      { sql: 'INSERT ?', positional: [text, 1, new Uint8Array([1, 2])], named: {} },
      { sql: 'b', positional: [], named: {} },
    ])
    const truncated = await ask('POST', '/db/query', { body: `["${text}` })
    expect([truncated.status, truncated.body]).toEqual([400, 'invalid JSON body\n'])
  })

  test('hold only so many statements', async () => {
    const { post, node } = await serve()
    const answer = await post('/db/execute', Array(40_000).fill('SELECT 1'))
    expect([answer.status, answer.body]).toEqual([
      413,
      'the statements of one request exceed the limit of 10000\n',
    ])
    expect(node.calls).toEqual([])
  })
})
