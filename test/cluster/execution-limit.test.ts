/** `db_timeout` and `qualify_columns` through a real cluster: every node ends the same statement. */
import { expect, test } from 'vitest'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000
const ENDLESS = 'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r'

async function post(cluster: TestCluster, position: number, path: string, ...body: unknown[]) {
  const response = await fetch(`${cluster.nodes[position]!.node.apiUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return await response.text()
}

test('db_timeout - ends reads at every level, and writes alike on every node', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ http: true })
  const leader = await cluster.leader()
  const follower = (leader + 1) % 3
  await post(cluster, leader, '/db/execute', 'CREATE TABLE t (v)')
  for (const position of [leader, follower]) {
    for (const level of ['none', 'weak', 'linearizable', 'strong']) {
      const text = await post(cluster, position, `/db/query?level=${level}&db_timeout=300ms`, ENDLESS)
      expect([level, text]).toEqual([level, '{"results":[{"error":"query timeout"}]}'])
    }
  }
  expect(await post(cluster, follower, '/db/query?level=weak&db_timeout=1ns', 'SELECT 1')).toBe(
    '{"results":[],"error":"context deadline exceeded"}',
  )
  expect(
    await post(
      cluster,
      follower,
      '/db/execute?db_timeout=5ms',
      'INSERT INTO t VALUES (1)',
      `INSERT INTO t ${ENDLESS}`,
      'INSERT INTO t VALUES (2)',
    ),
  ).toBe(
    '{"results":[{"last_insert_id":1,"rows_affected":1},{"error":"execute timeout"},{"error":"execute timeout"}]}',
  )
  await cluster.converged()
  for (const position of cluster.nodes.keys()) {
    const rows = '{"results":[{"columns":["v"],"types":["integer"],"values":[[1]]}]}'
    expect(await post(cluster, position, '/db/query?level=none', 'SELECT v FROM t')).toBe(rows)
  }
  expect(await post(cluster, follower, '/db/query?level=none&qualify_columns', 'SELECT v AS x FROM t')).toBe(
    '{"results":[{"columns":["t.x"],"types":["integer"],"values":[[1]]}]}',
  )
})

test('a write that runs on for ever - is ended on every node though nobody asked for that', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ http: true, writeTimeoutMs: 100 })
  const leader = await cluster.leader()
  await post(cluster, leader, '/db/execute', 'CREATE TABLE t (v)')
  const text = await post(
    cluster,
    (leader + 1) % 3,
    '/db/execute',
    'INSERT INTO t VALUES (1)',
    `INSERT INTO t ${ENDLESS}`,
  )
  expect(text).toContain('"error":"execute timeout: a write may take 4000000 of')
  await cluster.converged()
  for (const position of cluster.nodes.keys()) {
    const rows = '{"results":[{"columns":["v"],"types":["integer"],"values":[[1]]}]}'
    expect(await post(cluster, position, '/db/query?level=none', 'SELECT v FROM t')).toBe(rows)
  }
})
