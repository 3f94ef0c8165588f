/** Clusters of one, two and four nodes: what they stand, what they do not, and how they say so. */
import { expect, test } from 'vitest'
import type { DebrosNode } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'
import { debros } from '../unit/cli/fake-io.ts'

const TIMEOUT_MS = 90_000
const WAIT = { timeout: 20_000 }

/** Far beyond the test's own time: whoever waits that long fails it. */
const ENDLESS = { timeoutMs: 10 * TIMEOUT_MS }

function nodeAt(cluster: TestCluster, position: number): DebrosNode {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

function idAt(cluster: TestCluster, position: number): string {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).id
}

async function createTable(cluster: TestCluster): Promise<void> {
  await nodeAt(cluster, await cluster.leader()).database.execute(['CREATE TABLE t (v INTEGER PRIMARY KEY)'])
}

async function write(node: DebrosNode, value: number): Promise<void> {
  const { results } = await node.database.execute([{ sql: 'INSERT INTO t VALUES (?)', positional: [value] }])
  expect(results[0]).toMatchObject({ kind: 'write' })
}

async function valuesAt(node: DebrosNode, level: 'none' | 'linearizable' = 'linearizable'): Promise<unknown> {
  const { results } = await node.database.query(['SELECT v FROM t ORDER BY v'], { level })
  return results[0]?.kind === 'rows' ? results[0].values.map(([v]) => v) : results
}

/** Until so many members vote, as the leader sees it. */
async function untilVoters(cluster: TestCluster, count: number): Promise<void> {
  const voters = async () => {
    const { members } = await nodeAt(cluster, await cluster.leader()).cluster.status()
    return members.filter(({ voter }) => voter).length
  }
  await expect.poll(voters, WAIT).toBe(count)
}

/** Neither writes nor reads that need the others; what can be had without them can. */
async function standsStill(node: DebrosNode, values: readonly number[]): Promise<void> {
  await expect.poll(() => node.cluster.leader(), WAIT).toBeUndefined()
  const refused = {
    code: 'RAFT_NO_LEADER',
    message: 'leader not found',
    outcome: 'not-applied',
    retryable: true,
  }
  const { database } = node
  await expect(database.execute(['INSERT INTO t VALUES (-1)'], ENDLESS)).rejects.toMatchObject(refused)
  await expect(database.query(['SELECT 1'], { level: 'linearizable', ...ENDLESS })).rejects.toMatchObject(
    refused,
  )
  await expect(node.cluster.removeNode('node1', ENDLESS)).rejects.toMatchObject(refused)
  expect(await valuesAt(node, 'none')).toEqual(values)
  const answer = await fetch(`${node.apiUrl}/db/execute`, {
    method: 'POST',
    body: '["INSERT INTO t VALUES (-1)"]',
  })
  expect([answer.status, await answer.text()]).toEqual([503, 'leader not found\n'])
}

test('one node - restarts and leads at once', { timeout: TIMEOUT_MS }, async () => {
  // It has nobody to wait for, so it does not wait even once for a timeout as long as this.
  const raft = { heartbeatMs: 1_000, electionTimeoutMs: 10 * TIMEOUT_MS }
  await using cluster = await startCluster({ nodes: 1, raft })
  await createTable(cluster)
  for (let value = 0; value < 3; value++) {
    await write(nodeAt(cluster, 0), value)
    if (value === 1) await cluster.kill(0)
    await cluster.restart(0)
    expect(await cluster.leader()).toBe(0)
  }
  expect(await valuesAt(nodeAt(cluster, 0))).toEqual([0, 1, 2])
})

test.each(['leader', 'follower'])(
  'two nodes - without the %s the other stands still, and says so',
  {
    timeout: TIMEOUT_MS,
  },
  async (lost) => {
    await using cluster = await startCluster({ nodes: 2, http: true })
    await untilVoters(cluster, 2)
    await createTable(cluster)
    await write(nodeAt(cluster, 0), 1)
    await cluster.converged()
    const leader = await cluster.leader()
    const gone = lost === 'leader' ? leader : 1 - leader
    await cluster.kill(gone)
    await standsStill(nodeAt(cluster, 1 - gone), [1])
    await cluster.restart(gone)
    await write(nodeAt(cluster, await cluster.leader()), 2)
    await cluster.converged()
    for (const position of [0, 1]) expect(await valuesAt(nodeAt(cluster, position))).toEqual([1, 2])
  },
)

test('four nodes - stand one loss, not two, and say so', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ nodes: 4, http: true })
  await untilVoters(cluster, 4)
  await createTable(cluster)
  await write(nodeAt(cluster, 0), 1)
  const first = await cluster.leader()
  await cluster.kill(first)
  const second = await cluster.leader()
  await write(nodeAt(cluster, second), 2)
  await cluster.converged()
  await cluster.kill(second)

  const [left, other] = [0, 1, 2, 3].filter((position) => cluster.nodes[position]?.running) as [
    number,
    number,
  ]
  for (const position of [left, other]) await standsStill(nodeAt(cluster, position), [1, 2])
  const nodes = await nodeAt(cluster, left).cluster.nodes()
  expect(nodes.filter(({ reachable }) => !reachable).map(({ id }) => id)).toEqual(
    [idAt(cluster, first), idAt(cluster, second)].sort(),
  )
  const { out } = await debros(['cluster', 'nodes', '--api', nodeAt(cluster, left).apiUrl as string])
  expect(out.split('\n').at(-1)).toBe(
    '2 of 4 voters answer: no majority, so nothing can be written; 1 more must come back',
  )

  await cluster.restart(first)
  await write(nodeAt(cluster, await cluster.leader()), 3)
  expect(await valuesAt(nodeAt(cluster, other))).toEqual([1, 2, 3])
})

test('one, two, three, four, two, one - by adding nodes and removing leaders', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ nodes: 1 })
  await createTable(cluster)
  const written: number[] = []
  const writeNext = async (): Promise<void> => {
    const running = cluster.nodes.filter((node) => node.running)
    for (const { node } of running) {
      await write(node, written.length)
      written.push(written.length)
    }
    for (const { node } of running) expect(await valuesAt(node)).toEqual(written)
  }
  await writeNext()
  for (let size = 2; size <= 4; size++) {
    await cluster.add()
    await untilVoters(cluster, size)
    await writeNext()
  }
  for (let size = 3; size >= 1; size--) {
    const leader = await cluster.leader()
    await nodeAt(cluster, leader).cluster.removeNode(idAt(cluster, leader))
    await cluster.kill(leader)
    await untilVoters(cluster, size)
    await writeNext()
  }
  // What is left is a cluster of one like any other.
  const last = await cluster.leader()
  await cluster.restart(last)
  expect(await cluster.leader()).toBe(last)
  await writeNext()
  expect(written).toHaveLength(1 + 2 + 3 + 4 + 3 + 2 + 1 + 1)
})
