/** What every request meets, whatever it asks for: methods, paths, parameters, headers. */
import { describe, expect } from 'vitest'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

const TEXT_ERROR = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }

describe('protocol', () => {
  row(1, 'OPTIONS anywhere is 200, with an empty body', async () => {
    const [node] = suite.cluster.nodes
    for (const path of ['/', '/db/execute', '/db/query?level=strong', '/nothing/here', '/status']) {
      const answer = await node!.ask(path, { method: 'OPTIONS' })
      expect(answer, path).toMatchObject({ status: 200, text: '' })
      expect(answer.headers, path).toMatchObject({
        'access-control-allow-methods': 'OPTIONS, GET, POST',
        'access-control-allow-headers': 'Content-Type',
      })
    }
  })

  row(1, 'an unknown path is 404, with an empty body', async () => {
    const [node] = suite.cluster.nodes
    for (const path of ['/nothing', '/db', '/db/nothing', '/leaderx', '/x/status']) {
      expect(await node!.ask(path), path).toMatchObject({ status: 404, text: '' })
      expect(await node!.post(path, '["SELECT 1"]'), path).toMatchObject({ status: 404, text: '' })
    }
  })

  row(1, 'a wrong method is 405, with an empty body', async () => {
    const [node] = suite.cluster.nodes
    const wrong: readonly (readonly [string, string])[] = [
      ['GET', '/db/execute'],
      ['PUT', '/db/execute'],
      ['PUT', '/db/query'],
      ['GET', '/db/request'],
      ['POST', '/status'],
      ['DELETE', '/nodes'],
      ['POST', '/readyz'],
      ['GET', '/remove'],
      ['PUT', '/leader'],
    ]
    for (const [method, path] of wrong) {
      expect(await node!.ask(path, { method }), `${method} ${path}`).toMatchObject({ status: 405, text: '' })
    }
  })

  row(1, 'prefixes of paths are those of the contract', async () => {
    const [node] = suite.cluster.nodes
    for (const path of [
      '/status',
      '/status/',
      '/statusx',
      '/nodes/',
      '/readyz/x',
      '/db/query/?q=SELECT%201',
    ]) {
      expect((await node!.ask(path)).status, path).toBe(200)
    }
  })

  row(2, 'they are 400 with the exact text, before anything else is looked at', async () => {
    const [node] = suite.cluster.nodes
    const texts: Readonly<Record<string, string>> = {
      'timeout=x': 'timeout is not a valid duration\n',
      'timeout=5': 'timeout is not a valid duration\n',
      'freshness=1': 'freshness is not a valid duration\n',
      'db_timeout=1y': 'db_timeout is not a valid duration\n',
      'linearizable_timeout=': 'linearizable_timeout is not a valid duration\n',
      'retries=x': 'retries is not a valid integer\n',
      'retries=1.5': 'retries is not a valid integer\n',
      'trailing_logs=9223372036854775808': 'trailing_logs is not a valid integer\n',
      'q=': 'query parameter not set\n',
      freshness_strict: 'freshness_strict requires freshness\n',
    }
    for (const [query, text] of Object.entries(texts)) {
      for (const path of ['/db/query', '/db/execute', '/status', '/nothing/here']) {
        const answer = await node!.ask(`${path}?${query}`)
        expect(answer, `${path}?${query}`).toMatchObject({ status: 400, text })
        expect(answer.headers).toMatchObject(TEXT_ERROR)
      }
    }
  })

  row(2, "durations are Go's", async () => {
    const [node] = suite.cluster.nodes
    for (const duration of ['300ms', '1.5h', '2m30s', '0', '-1s', '%2B1s', '10us', '1h1m1s1ms']) {
      const answer = await node!.ask(`/db/query?q=SELECT%201&timeout=${duration}`)
      expect(answer, duration).toMatchObject({ status: 200 })
    }
  })

  row(2, 'an undecodable query string is 400; unknown parameters are ignored', async () => {
    const [node] = suite.cluster.nodes
    expect((await node!.ask('/db/query?q=%zz')).status).toBe(400)
    expect(await node!.ask('/db/query?q=SELECT%201&nonsense=1&Q=2&PRETTY')).toMatchObject({
      status: 200,
      text: '{"results":[{"columns":["1"],"types":["integer"],"values":[[1]]}]}',
    })
  })

  row(3, 'they are true by presence, whatever their value', async () => {
    const [node] = suite.cluster.nodes
    for (const parameter of ['associative', 'associative=', 'associative=false', 'associative=0']) {
      const text = await node!.query('["SELECT 1 AS a"]', parameter)
      expect(text, parameter).toBe('{"results":[{"types":{"a":"integer"},"rows":[{"a":1}]}]}')
    }
  })

  row(3, 'names are case-sensitive, and the first of a repeated one counts', async () => {
    const [node] = suite.cluster.nodes
    expect(await node!.query('["SELECT 1 AS a"]', 'Associative')).not.toContain('"rows"')
    const answer = await node!.ask('/db/query?q=SELECT%201&q=SELECT%202')
    expect(answer.text).toContain('"values":[[1]]')
  })

  row(4, 'is on every response', async () => {
    const [node] = suite.cluster.nodes
    const answers = [
      await node!.ask('/status'),
      await node!.ask('/nothing'),
      await node!.ask('/', { method: 'OPTIONS' }),
      await node!.ask('/db/query?q='),
      await node!.ask('/db/execute', { method: 'PUT' }),
      await node!.post('/db/execute', '[]'),
      await node!.post('/db/query', '["SELECT 1"]'),
      await node!.ask('/readyz'),
    ]
    for (const { headers, status } of answers) {
      expect(headers['x-rqlite-version'], String(status)).toMatch(/^\S+$/)
    }
    expect(new Set(answers.map(({ headers }) => headers['x-rqlite-version'])).size).toBe(1)
  })

  row(5, 'is the local HTTP address, or that of the leader for Raft when forwarded', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    const http = new URL(leader.url).host
    const raft = cluster.process(leader).raftAddress
    for (const path of ['/db/execute', '/db/query', '/db/request']) {
      const local = await leader.post(path, '["SELECT 1"]')
      expect(local.headers['x-rqlite-served-by'], path).toBe(http)
      for (const follower of await cluster.followers()) {
        const forwarded = await follower.post(path, '["SELECT 1"]')
        expect(forwarded.headers['x-rqlite-served-by'], path).toBe(raft)
        const own = await follower.post('/db/query?level=none', '["SELECT 1"]')
        expect(own.headers['x-rqlite-served-by']).toBe(new URL(follower.url).host)
      }
    }
    expect((await leader.post('/db/execute', '[]')).headers).not.toHaveProperty('x-rqlite-served-by')
  })

  row(6, 'is application/json; charset=utf-8', async () => {
    const [node] = suite.cluster.nodes
    const answers = [
      await node!.post('/db/execute', '["SELECT 1"]'),
      await node!.post('/db/query', '["SELECT 1"]'),
      await node!.post('/db/request', '["SELECT 1"]'),
      await node!.ask('/status'),
      await node!.ask('/nodes'),
      await node!.ask('/leader'),
    ]
    for (const { headers, status } of answers) {
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('application/json; charset=utf-8')
    }
  })

  row(7, 'a body without Content-Type is JSON, and so is one of any type but text', async () => {
    const [node] = suite.cluster.nodes
    const expected = '{"results":[{"columns":["1"],"types":["integer"],"values":[[1]]}]}'
    for (const headers of [
      {},
      { 'Content-Type': 'application/json' },
      { 'Content-Type': 'application/x-www-form-urlencoded' },
    ]) {
      for (const path of ['/db/query', '/db/request']) {
        expect((await node!.post(path, '["SELECT 1"]', headers)).text).toBe(expected)
      }
    }
  })

  row(7, 'a text/plain body is one statement on execute and query', async () => {
    const [node] = suite.cluster.nodes
    for (const type of ['text/plain', 'text/plain; charset=utf-8']) {
      const created = await node!.post('/db/execute', 'CREATE TABLE IF NOT EXISTS plain (v)', {
        'Content-Type': type,
      })
      expect(created).toMatchObject({ status: 200, text: '{"results":[{}]}' })
      const counted = await node!.post('/db/query', 'SELECT count(*) FROM plain', { 'Content-Type': type })
      expect(counted.text).toBe('{"results":[{"columns":["count(*)"],"types":["integer"],"values":[[0]]}]}')
      const mixed = await node!.post('/db/request', 'SELECT 1', { 'Content-Type': type })
      expect(mixed).toMatchObject({ status: 400, text: 'invalid JSON body\n' })
    }
  })

  row(9, 'each has its text', async () => {
    const [node] = suite.cluster.nodes
    const texts: Readonly<Record<string, string>> = {
      '[]': 'no statements\n',
      '[[]]': 'invalid request\n',
      '[1]': 'invalid request\n',
      '[null]': 'invalid request\n',
      '[[1]]': 'invalid request\n',
      '[["SELECT 1"], 1]': 'invalid request\n',
      '{"q":"SELECT 1"}': 'invalid request\n',
      '"SELECT 1"': 'invalid request\n',
      '["SELECT 1"': 'invalid JSON body\n',
      '["SELECT 1': 'invalid JSON body\n',
      '': 'invalid JSON body\n',
      'SELECT 1': 'invalid JSON body\n',
    }
    for (const [body, text] of Object.entries(texts)) {
      for (const path of ['/db/execute', '/db/query', '/db/request']) {
        const answer = await node!.post(path, body)
        expect(answer, `${path} ${body}`).toMatchObject({ status: 400, text })
        expect(answer.headers).toMatchObject(TEXT_ERROR)
      }
    }
  })

  row(9, 'bytes behind the closing bracket are ignored', async () => {
    const [node] = suite.cluster.nodes
    expect(await node!.query('["SELECT 1"] and so on')).toContain('"values":[[1]]')
  })
})
