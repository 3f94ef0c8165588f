/** What random numbers and the clock say is the same on every replica, however it comes into the database. */
import { describe, expect } from 'vitest'
import { documentOf } from '../harness/api.ts'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

/** Whole tables by themselves, as every node has them. */
async function onEveryNode(sql: string): Promise<string[]> {
  const { cluster } = suite
  await cluster.processes.converged()
  return await Promise.all(cluster.nodes.map((node) => node.query([sql], 'level=none')))
}

describe('determinism', () => {
  row(42, 'identical on all nodes: calls, defaults, triggers, generated from a SELECT', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute([
      `CREATE TABLE drawn (
        id INTEGER PRIMARY KEY, a, b, c, d, e,
        at TEXT DEFAULT CURRENT_TIMESTAMP, day TEXT DEFAULT (date('now')), n INTEGER DEFAULT (random()), k BLOB DEFAULT (randomblob(8)))`,
      'CREATE TABLE log (id INTEGER PRIMARY KEY, at TEXT, n INTEGER)',
      `CREATE TRIGGER logged AFTER INSERT ON drawn BEGIN
        INSERT INTO log(at, n) VALUES(strftime('%Y-%m-%dT%H:%M:%f'), random()); END`,
    ])
    for (const node of cluster.nodes) {
      await node.execute([
        "INSERT INTO drawn(a, b, c, d, e) VALUES(random(), randomblob(16), datetime('now'), julianday('now'), unixepoch('now', 'subsec'))",
        'INSERT INTO drawn(a, b, c) SELECT random(), hex(randomblob(4)), time() FROM sqlite_master, sqlite_master',
        ['INSERT INTO drawn(a, b) VALUES(abs(random()) % ?, randomblob(?))', 1000, 5],
        'INSERT INTO drawn(a) SELECT a FROM drawn ORDER BY random() LIMIT 3',
        'UPDATE drawn SET e = random() WHERE e IS NULL',
      ])
      await node.request([
        'INSERT INTO drawn(a) VALUES(random()) RETURNING a',
        "INSERT INTO drawn(c) VALUES(timediff('now', '2000-01-01'))",
      ])
      await node.execute(['INSERT INTO drawn(a) VALUES(random())'], 'queue&wait')
    }
    for (const table of ['drawn', 'log']) {
      const [first, ...others] = await onEveryNode(`SELECT * FROM ${table} ORDER BY id`)
      expect(documentOf(first!).results[0]?.values).toHaveProperty('length')
      for (const other of others) expect(other).toBe(first)
    }
    // A draw for each row, not one for all of a statement.
    const [[rows, distinct]] = (await leader.rows('SELECT count(*), count(DISTINCT n) FROM drawn')) as [
      [number, number],
    ]
    expect(distinct).toBe(rows)
  })

  row(42, 'the time of all is that of one statement', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute([
      'CREATE TABLE moments (a, b, c)',
      "INSERT INTO moments VALUES(julianday('now'), julianday(), julianday(CURRENT_TIMESTAMP))",
    ])
    const [[equal, near]] = (await leader.rows('SELECT a = b, abs(a - c) < 0.0001 FROM moments')) as [
      [number, number],
    ]
    expect([equal, near]).toEqual([1, 1])
    const [[age]] = (await leader.rows("SELECT abs(julianday('now') - a) FROM moments")) as [[number]]
    expect(age).toBeLessThan(0.01)
  })

  row(43, 'they are honoured, and no replica differs for it', async () => {
    const { cluster } = suite
    const [node] = cluster.nodes
    await node!.execute(['CREATE TABLE unwritten (id INTEGER PRIMARY KEY, v, w)'])
    for (const parameters of ['norwrandom', 'norwtime', 'noparse', 'norwrandom&norwtime&noparse']) {
      const text = await node!.execute(
        ["INSERT INTO unwritten(v, w) VALUES(random(), datetime('now'))"],
        parameters,
      )
      expect(text, parameters).not.toContain('error')
    }
    const [first, ...others] = await onEveryNode('SELECT * FROM unwritten ORDER BY id')
    expect(documentOf(first!).results[0]?.values).toHaveLength(4)
    for (const other of others) expect(other).toBe(first)
  })

  row(43, 'ORDER BY random is left random', async () => {
    const leader = await suite.cluster.leader()
    const numbers = Array.from({ length: 40 }, (_, i) => `(${i})`).join()
    await leader.execute(['CREATE TABLE cards (v)', `INSERT INTO cards VALUES ${numbers}`])
    const shuffled = async (): Promise<string> =>
      JSON.stringify(await leader.rows('SELECT v FROM cards ORDER BY random()'))
    expect(await shuffled()).not.toBe(await shuffled())
  })

  row(44, 'the original, and what would be logged; nothing is run', async () => {
    const { cluster } = suite
    for (const node of cluster.nodes) {
      const { text, status, headers } = await node.ask(
        `/db/sql?q=${encodeURIComponent('SELECT * FROM never')}`,
      )
      expect(status).toBe(200)
      expect(headers['content-type']).toBe('application/json; charset=utf-8')
      expect(documentOf(text).results).toEqual([
        { original: 'SELECT * FROM never', rewritten: 'SELECT * FROM never' },
      ])
      const posted = await node.post(
        '/db/sql',
        '["DROP TABLE sqlite_master", ["INSERT INTO never VALUES(?)", 1]]',
      )
      expect(documentOf(posted.text).results.map(({ original }) => original)).toEqual([
        'DROP TABLE sqlite_master',
        'INSERT INTO never VALUES(?)',
      ])
    }
  })

  row(44, 'a parse error is told with 200, the lack of a statement with 400', async () => {
    const [node] = suite.cluster.nodes
    const answer = await node!.post('/db/sql', '["SELECT 1", "nonsense"]')
    expect(answer.status).toBe(200)
    const [good, bad] = documentOf(answer.text).results
    expect(good).not.toHaveProperty('error')
    expect(bad).toMatchObject({ original: 'nonsense', error: expect.stringContaining('nonsense') })
    expect(bad).not.toHaveProperty('rewritten')
    expect(await node!.ask('/db/sql')).toMatchObject({ status: 400, text: 'query not specified\n' })
    expect(documentOf((await node!.ask('/db/sql?q=SELECT%201&timings')).text).time).toEqual(
      expect.any(Number),
    )
  })
})
