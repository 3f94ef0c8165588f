/** What a node answers at each level over HTTP: cut off from the others, without a vote, while it loses them. */
import { expect, onTestFinished, test } from 'vitest'
import { createNode, type DebrosNode, MemoryDataDir } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: TIMEOUT_MS }
const ONE = [200, '{"results":[{"columns":["1"],"types":["integer"],"values":[[1]]}]}']
const NO_LEADER = [503, 'leader not found\n']
const STALE = [200, '{"results":[],"error":"stale read"}']

function nodeAt(cluster: TestCluster, position: number): DebrosNode {
  return cluster.nodes[position]!.node
}

async function post(node: DebrosNode, path: string, sql: string): Promise<[number, string]> {
  const response = await fetch(`${node.apiUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([sql]),
  })
  return [response.status, await response.text()]
}

/** Only what needs nobody else. */
async function answersAlone(node: DebrosNode, auto: readonly unknown[]): Promise<void> {
  for (const path of ['/db/query', '/db/request']) {
    expect(await post(node, `${path}?level=none`, 'SELECT 1')).toEqual(ONE)
    expect(await post(node, `${path}?level=none&freshness=1ms`, 'SELECT 1')).toEqual(STALE)
    expect(await post(node, `${path}?level=none&freshness=1h`, 'SELECT 1')).toEqual(ONE)
    expect(await post(node, `${path}?level=auto`, 'SELECT 1')).toEqual(auto)
    for (const level of ['', 'weak', 'LINEARIZABLE', 'strong', 'nonsense']) {
      expect([level, ...(await post(node, `${path}?level=${level}`, 'SELECT 1'))]).toEqual([
        level,
        ...NO_LEADER,
      ])
    }
  }
  expect(await post(node, '/db/request?level=none', 'INSERT INTO t VALUES (1)')).toEqual(NO_LEADER)
  expect(await post(node, '/db/execute', 'INSERT INTO t VALUES (1)')).toEqual(NO_LEADER)
  expect(await post(node, '/db/execute?redirect', 'INSERT INTO t VALUES (1)')).toEqual(NO_LEADER)
}

test('levels - a follower that is cut off answers for itself, and catches up', WAIT, async () => {
  await using cluster = await startCluster({ http: true })
  const position = ((await cluster.leader()) + 1) % 3
  const follower = nodeAt(cluster, position)
  await post(follower, '/db/execute', 'CREATE TABLE t (v)')
  cluster.isolate(position)
  await expect.poll(() => follower.cluster.leader(), WAIT).toBeUndefined()
  await answersAlone(follower, NO_LEADER)
  cluster.heal()
  for (const level of ['weak', 'linearizable', 'strong', 'auto', 'none']) {
    await expect.poll(() => post(follower, `/db/query?level=${level}`, 'SELECT 1'), WAIT).toEqual(ONE)
  }
})

test('levels - auto on a node without a vote is none, also when the others are gone', WAIT, async () => {
  await using cluster = await startCluster({ nodes: 1, http: true })
  const leader = nodeAt(cluster, 0)
  await post(leader, '/db/execute', 'CREATE TABLE t (v)')
  const learner = await createNode({
    dataDir: new MemoryDataDir(),
    joinAddresses: [leader.raftAddress],
    clusterSecret: cluster.secret,
    voter: false,
    http: { host: '127.0.0.1', port: 0 },
  })
  onTestFinished(() => learner.kill())
  await expect.poll(() => learner.cluster.ready, WAIT).toBe(true)
  expect(await post(learner, '/db/query?level=linearizable', 'SELECT 1')).toEqual(ONE)
  expect(await post(learner, '/db/execute', 'INSERT INTO t VALUES (1)')).toEqual([
    200,
    '{"results":[{"last_insert_id":1,"rows_affected":1}]}',
  ])
  await cluster.kill(0)
  await expect.poll(() => learner.cluster.leader(), WAIT).toBeUndefined()
  await answersAlone(learner, ONE)
})

test('levels - reads under way when the quorum dies end with an HTTP error', WAIT, async () => {
  await using cluster = await startCluster({ nodes: 2, http: true })
  const position = await cluster.leader()
  const leader = nodeAt(cluster, position)
  await post(leader, '/db/execute', 'CREATE TABLE t (v)')
  await cluster.kill(1 - position)
  const [linearizable, strong, write] = await Promise.all([
    post(leader, '/db/query?level=linearizable', 'SELECT 1'),
    post(leader, '/db/query?level=strong', 'SELECT 1'),
    post(leader, '/db/execute', 'INSERT INTO t VALUES (1)'),
  ])
  expect([linearizable, strong]).toEqual([NO_LEADER, NO_LEADER])
  // It may be committed one day, so it must not be repeated blindly.
  expect(write).toEqual([200, '{"results":[],"error":"leadership lost while committing log"}'])
})
