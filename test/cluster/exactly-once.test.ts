/** A request that is made again gets its first outcome, whoever leads and whatever was restarted since. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { createDatabaseClient } from '../../src/client/index.ts'
import type { DatabaseResponse, DebrosNode, ReadLevel } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'
import { ProcessCluster } from './processes.ts'

const TIMEOUT_MS = 180_000

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

function nodeAt(cluster: TestCluster, position: number): DebrosNode {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

async function othersThan(cluster: TestCluster, position: number): Promise<[number, number]> {
  const others = cluster.nodes.map((_, other) => other).filter((other) => other !== position)
  return others as [number, number] // of three
}

async function firstValue(
  node: DebrosNode,
  sql: string,
  level: ReadLevel = 'linearizable',
): Promise<unknown> {
  const { results } = await node.database.query([sql], { level })
  return results[0]?.kind === 'rows' ? results[0].values[0]?.[0] : results[0]
}

function settled(response: DatabaseResponse): unknown {
  const results = response.results.map((result) => ({ ...result, time: 0 }))
  return { results, raftIndex: response.raftIndex }
}

/** Keeps a node's SQL thread busy, so that what is committed waits there to be applied. */
const BUSY =
  'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 20000000) SELECT max(x) FROM c'

test('exactly once - the leader dies between commit and answer', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ raft: { electionTimeoutMs: 500 } })
  const leader = await cluster.leader()
  const [asked, witness] = await othersThan(cluster, leader)
  await nodeAt(cluster, asked).database.execute(['CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, v)'])
  await cluster.converged()

  // The leader commits the row, but cannot get to apply it, and so cannot answer.
  const busy = nodeAt(cluster, leader).database.query([BUSY], { level: 'none' })
  busy.catch(() => {}) // it ends with its node
  const answer = nodeAt(cluster, asked).database.execute([
    "INSERT INTO t (v) VALUES ('once') RETURNING id, v",
  ])
  const seen = async (): Promise<boolean> =>
    (await firstValue(nodeAt(cluster, witness), 'SELECT count(*) FROM t', 'none')) === 1
  while (!(await seen())) await sleep(5)
  await cluster.kill(leader)

  expect((await answer).results).toMatchObject([{ kind: 'rows', values: [[1, 'once']] }])
  expect(await firstValue(nodeAt(cluster, asked), 'SELECT count(*) FROM t')).toBe(1)
})

test('exactly once - a named request made again through another node after a failover', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ raft: { electionTimeoutMs: 500 } })
  const leader = await cluster.leader()
  const [first, second] = await othersThan(cluster, leader)
  await nodeAt(cluster, first).database.execute(['CREATE TABLE t (n)', 'INSERT INTO t VALUES (0)'])
  const increment = ['UPDATE t SET n = n + 1', 'SELECT n FROM t']
  const named = { requestId: 'increment-1' }
  const before = await nodeAt(cluster, first).database.request(increment, named)
  const key = bytes('k')
  const swap = { key, expected: { kind: 'absent' }, value: bytes('v') } as const
  const swapped = await nodeAt(cluster, first).storage.compareAndSwap(swap, { requestId: 'swap-1' })
  expect(swapped).toMatchObject({ kind: 'applied' })
  await cluster.kill(leader)

  const after = await nodeAt(cluster, second).database.request(increment, named)
  expect(settled(after)).toEqual(settled(before))
  expect(await firstValue(nodeAt(cluster, second), 'SELECT n FROM t')).toBe(1)
  // The same comparison made as a new request would fail.
  expect(await nodeAt(cluster, second).storage.compareAndSwap(swap, { requestId: 'swap-1' })).toEqual(swapped)
  expect(await nodeAt(cluster, second).storage.compareAndSwap(swap)).toMatchObject({ kind: 'conflict' })

  // Another content or namespace is another request, whatever it is called.
  await nodeAt(cluster, second).database.execute(['UPDATE t SET n = n + 10'], named)
  expect(await firstValue(nodeAt(cluster, second), 'SELECT n FROM t')).toBe(11)
})

test('exactly once - outcomes outlive snapshots and restarts of every node', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({
    raft: { electionTimeoutMs: 500, snapshotEntries: 20, trailingEntries: 2 },
  })
  await cluster.leader()
  const node = (): DebrosNode => nodeAt(cluster, 0)
  await node().database.execute(['CREATE TABLE t (n)', 'INSERT INTO t VALUES (0)'])
  const increment = () => node().database.execute(['UPDATE t SET n = n + 1'], { requestId: 'increment-1' })
  const put = () => node().storage.put(bytes('k'), bytes('v'), { requestId: 'put-1' })
  const [before, stored] = [await increment(), await put()]
  for (let i = 0; i < 60; i++) await node().database.execute(['UPDATE t SET n = n'])
  expect((await node().cluster.status()).raft.snapshotIndex).toBeGreaterThan(before.raftIndex ?? 0)

  for (const position of [0, 1, 2]) await cluster.kill(position)
  await Promise.all([0, 1, 2].map((position) => cluster.restart(position)))
  await cluster.leader()
  await cluster.converged()
  expect(settled(await increment())).toEqual(settled(before))
  expect(await put()).toEqual(stored)
  expect(await firstValue(node(), 'SELECT n FROM t')).toBe(1)
})

test('exactly once - clients count right while leaders are killed under them', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await ProcessCluster.start({ snapshots: { threshold: 200, trailing: 50 } })
  const urls = cluster.nodes.map(({ url }) => url)
  const client = createDatabaseClient({ urls, timeoutMs: 15_000 })
  await client.execute(['CREATE TABLE counters (id INTEGER PRIMARY KEY, n)'])
  const clients = 6
  let acknowledged = 0
  let running = true
  const counts = Array.from({ length: clients }, async (_, id) => {
    await client.execute([['INSERT INTO counters VALUES (?, 0)', id]])
    const own = createDatabaseClient({
      urls: [...urls.slice(id % 3), ...urls.slice(0, id % 3)],
      timeoutMs: 15_000,
    })
    let count = 0
    for (let request = 0; running; request++) {
      // Repeated until somebody knows: under one name it happens once.
      for (;;) {
        try {
          const requestId = `client-${id}-${request}`
          const increment = [['UPDATE counters SET n = n + 1 WHERE id = ?', id]] as const
          expect(await own.execute(increment, { requestId })).toMatchObject([{ rows_affected: 1 }])
          break
        } catch (error) {
          if (!('outcome' in (error as object))) throw error
          await sleep(20)
        }
      }
      count++
      acknowledged++
    }
    return count
  })
  for (let round = 0; round < 4; round++) {
    const goal = acknowledged + 150
    await cluster.until(60_000, 'more increments', async () => acknowledged >= goal)
    const leader = await cluster.leader()
    await leader.kill()
    cluster.restart(leader)
    await cluster.ready()
  }
  running = false
  const expected = await Promise.all(counts)
  await cluster.converged()
  for (const node of cluster.nodes) {
    const [result] = await node.client.query(['SELECT n FROM counters ORDER BY id'], { level: 'none' })
    expect(result).toMatchObject({ values: expected.map((count) => [count]) })
  }
})
