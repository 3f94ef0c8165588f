/** Queued writes of a real cluster, over HTTP: through a follower, without a leader, at a stop. */
import { expect, test } from 'vitest'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000

async function post(cluster: TestCluster, position: number, path: string, body: unknown) {
  const url = `${cluster.nodes[position]!.node.apiUrl}${path}`
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, text: await response.text() }
}

async function values(cluster: TestCluster, position: number): Promise<unknown[]> {
  const { text } = await post(cluster, position, '/db/query?level=linearizable', [
    'SELECT v FROM t ORDER BY rowid',
  ])
  return (JSON.parse(text) as { results: { values?: unknown[][] }[] }).results[0]?.values?.flat() ?? []
}

test('queue - 2,000 writes through a follower arrive in their order', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ http: true })
  const follower = ((await cluster.leader()) + 1) % 3
  await post(cluster, follower, '/db/execute', ['CREATE TABLE t (v INTEGER)'])
  const numbers: bigint[] = []
  for (let v = 0; v < 2_000; v++) {
    const { text } = await post(cluster, follower, '/db/execute?queue', [['INSERT INTO t VALUES (?)', v]])
    const [, digits = ''] = /^\{"results":\[\],"sequence_number":(\d{19})\}$/.exec(text) ?? []
    numbers.push(BigInt(digits))
  }
  expect(numbers.every((number, i) => i === 0 || number === numbers[i - 1]! + 1n)).toBe(true)
  const marker = await post(cluster, follower, '/db/execute?queue&wait', [])
  expect(marker.status).toBe(200)
  expect(await values(cluster, follower)).toEqual(numbers.map((_, v) => v))
  const status = await fetch(`${cluster.nodes[follower]!.node.apiUrl}/status?key=http.queue._default`)
  expect(await status.text()).toContain(`"length":0,"sequence_number":${numbers.at(-1)! + 1n}}`)
})

test('queue - keeps its writes while there is no leader, each of them once', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ http: true })
  const leader = await cluster.leader()
  const follower = (leader + 1) % 3
  await post(cluster, follower, '/db/execute', ['CREATE TABLE t (v INTEGER)'])
  cluster.isolate(follower)
  for (let v = 0; v < 300; v++) {
    const { status } = await post(cluster, follower, '/db/execute?queue&noleader', [
      ['INSERT INTO t VALUES (?)', v],
    ])
    expect(status).toBe(200)
  }
  const { counters } = cluster.nodes[follower]!.node
  await expect.poll(() => counters.get('queue', 'num_retries'), { timeout: TIMEOUT_MS }).toBeGreaterThan(0)
  cluster.heal()
  expect((await post(cluster, follower, '/db/execute?queue&wait&noleader', [])).status).toBe(200)
  expect(await values(cluster, follower)).toEqual(Array.from({ length: 300 }, (_, v) => v))
})

test('queue - is written before a node stops', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ http: true })
  const leader = await cluster.leader()
  await post(cluster, leader, '/db/execute', ['CREATE TABLE t (v INTEGER)'])
  for (let v = 0; v < 50; v++) {
    await post(cluster, leader, '/db/execute?queue', [['INSERT INTO t VALUES (?)', v], 'nonsense'])
  }
  const { counters } = cluster.nodes[leader]!.node
  await cluster.stop(leader)
  expect(await values(cluster, (leader + 1) % 3)).toEqual(Array.from({ length: 50 }, (_, v) => v))
  expect(counters.get('queue', 'statements_failed')).toBe(50)
})
