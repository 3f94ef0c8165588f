/** What draws on time and chance is the same on every node, whatever a client says about rewriting. */
import { expect, test } from 'vitest'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000

const SCHEMA = [
  `CREATE TABLE t (
    id INTEGER PRIMARY KEY, v, at DATETIME DEFAULT CURRENT_TIMESTAMP, dice DEFAULT (random()),
    day AS (date(at)) STORED, key BLOB DEFAULT (randomblob(16)))`,
  'CREATE TABLE log (what, at, dice)',
  `CREATE TRIGGER g AFTER INSERT ON t BEGIN
    INSERT INTO log VALUES (new.v, julianday('now'), abs(random()) % 1000); END`,
]
const WRITES = [
  'INSERT INTO t (v) VALUES (random())',
  "INSERT INTO t (v) VALUES (datetime('now') || time() || strftime('%f'))",
  'INSERT INTO t (v) SELECT random() FROM (SELECT id FROM t LIMIT 3) ORDER BY random()',
  ['INSERT INTO t (v) VALUES (randomblob(?))', 9],
  "INSERT INTO t (v) VALUES (unixepoch('now', 'subsec')); INSERT INTO t (v) VALUES (random())",
  'UPDATE t SET v = random() WHERE id = (SELECT id FROM t ORDER BY random() LIMIT 1)',
  'INSERT INTO t (v) VALUES (current_time) RETURNING dice, v',
]

async function post(cluster: TestCluster, position: number, path: string, body: unknown): Promise<string> {
  const response = await fetch(`${cluster.nodes[position]!.node.apiUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  expect(response.status).toBe(200)
  return await response.text()
}

test('time and chance - are the same on all nodes, with rewriting and without', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ http: true, integrityIntervalMs: 200 })
  expect(await post(cluster, 0, '/db/execute', SCHEMA)).toBe('{"results":[{},{},{}]}')
  const options = [
    '',
    'norwrandom',
    'norwtime',
    'noparse',
    'norwrandom&norwtime&transaction',
    'db_timeout=10s',
  ]
  for (const [i, option] of options.entries()) {
    for (const path of ['/db/execute', '/db/request']) {
      expect(await post(cluster, i % 3, `${path}?${option}`, WRITES)).not.toContain('error')
    }
    await post(cluster, i % 3, '/db/execute?queue&wait', WRITES)
  }
  await cluster.converged()
  const dump = ['SELECT * FROM t', 'SELECT * FROM log', 'SELECT count(DISTINCT dice) > 20 FROM t']
  const [first, ...others] = await Promise.all(
    [0, 1, 2].map((position) => post(cluster, position, '/db/query?level=none', dump)),
  )
  expect(first).toContain('[[1]]')
  expect(others).toEqual([first, first])
  const compared = async () => {
    const { integrity } = await cluster.nodes[0]!.node.cluster.status()
    return { agreeing: integrity?.agreeing.length, diverged: integrity?.diverged }
  }
  await expect.poll(compared, { timeout: TIMEOUT_MS }).toEqual({ agreeing: 3, diverged: [] })
})
