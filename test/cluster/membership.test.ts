/** An operator's work on a cluster of real nodes in one process: who leads, who is a member, who finds out. */
import { expect, test } from 'vitest'
import type { DatabaseService, DebrosNode } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'
import { debros } from '../unit/cli/fake-io.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: 20_000 }

function nodeAt(cluster: TestCluster, position: number): DebrosNode {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

function idAt(cluster: TestCluster, position: number): string {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).id
}

function otherThan(position: number): number {
  return position === 0 ? 1 : 0
}

async function raftOf(cluster: TestCluster, position: number) {
  return (await nodeAt(cluster, position).cluster.status()).raft
}

async function idsAt(cluster: TestCluster, position: number): Promise<string[]> {
  return (await nodeAt(cluster, position).cluster.status()).members.map(({ id }) => id)
}

async function allVote(cluster: TestCluster): Promise<void> {
  const voters = async () => {
    const { members } = await nodeAt(cluster, await cluster.leader()).cluster.status()
    return members.every(({ voter }) => voter)
  }
  await expect.poll(voters, WAIT).toBe(true)
}

async function write(database: DatabaseService, value: number): Promise<void> {
  const { results } = await database.execute([{ sql: 'INSERT INTO t VALUES (?)', positional: [value] }])
  expect(results[0]).toMatchObject({ kind: 'write' })
}

async function createTable(cluster: TestCluster): Promise<void> {
  await nodeAt(cluster, 0).database.execute(['CREATE TABLE t (v INTEGER PRIMARY KEY)'])
}

async function valuesAt(cluster: TestCluster, position: number, level: 'none' | 'linearizable' = 'none') {
  const { results } = await nodeAt(cluster, position).database.query(['SELECT v FROM t ORDER BY v'], {
    level,
  })
  return results[0]?.kind === 'rows' ? results[0].values.map(([v]) => v) : results
}

test('transfer - to a chosen node, asked of the leader and of a follower', {
  timeout: TIMEOUT_MS,
}, async () => {
  // With timeouts this long no election comes about by itself.
  await using cluster = await startCluster({
    http: true,
    raft: { heartbeatMs: 1_000, electionTimeoutMs: 60_000 },
  })
  await allVote(cluster)
  const first = await cluster.leader()
  const [second, third] = [0, 1, 2].filter((position) => position !== first) as [number, number]

  const { term } = await raftOf(cluster, first)
  const moved = await nodeAt(cluster, first).cluster.transferLeadership({ to: idAt(cluster, second) })
  const self = nodeAt(cluster, first).apiUrl?.replace('http://', '')
  expect(moved).toEqual({ leader: idAt(cluster, second), servedBy: self })
  expect(await cluster.leader()).toBe(second)
  expect(await raftOf(cluster, second)).toMatchObject({ state: 'Leader', term: term + 1 })

  const forwarded = await nodeAt(cluster, first).cluster.transferLeadership({ to: idAt(cluster, third) })
  expect(forwarded).toEqual({ leader: idAt(cluster, third), servedBy: nodeAt(cluster, second).raftAddress })
  expect(await cluster.leader()).toBe(third)

  const somebody = await nodeAt(cluster, first).cluster.transferLeadership()
  expect(somebody.leader).not.toBe(idAt(cluster, third))
  // A leader that is stopped in order would look for a successor among nodes that are going, too.
  await cluster.kill(await cluster.leader())
})

test('transfer - to nobody, to the leader and to a node that is down is refused, and the lead stays', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster()
  await allVote(cluster)
  const leader = await cluster.leader()
  const follower = otherThan(leader)
  for (const asked of [leader, follower]) {
    const service = nodeAt(cluster, asked).cluster
    await expect(service.transferLeadership({ to: 'nobody' })).rejects.toMatchObject({ code: 'NODE_UNKNOWN' })
    await expect(service.transferLeadership({ to: idAt(cluster, leader) })).rejects.toMatchObject({
      code: 'TRANSFER_TARGET_INVALID',
    })
  }
  const { term } = await raftOf(cluster, leader)
  await cluster.kill(follower)
  await expect(
    nodeAt(cluster, leader).cluster.transferLeadership({ to: idAt(cluster, follower) }),
  ).rejects.toMatchObject({ code: 'RAFT_TRANSFER_FAILED', retryable: true })
  expect(await raftOf(cluster, leader)).toMatchObject({ state: 'Leader', term })
})

test('transfer - a cluster of one has nobody to hand over to', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ nodes: 1 })
  await expect(nodeAt(cluster, 0).cluster.transferLeadership()).rejects.toMatchObject({
    code: 'RAFT_TRANSFER_FAILED',
  })
  await expect(nodeAt(cluster, 0).cluster.removeNode('node1')).rejects.toMatchObject({
    code: 'RAFT_CONFIG_REJECTED',
    retryable: false,
    message: 'the last voter cannot be removed',
  })
  expect(await cluster.leader()).toBe(0)
})

test('remove - a follower through the leader, another through itself, and one that nobody knows', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ nodes: 4, http: true })
  await allVote(cluster)
  await createTable(cluster)
  const leader = await cluster.leader()
  const [second, third, fourth] = [0, 1, 2, 3].filter((position) => position !== leader) as [
    number,
    number,
    number,
  ]
  const servedBy = nodeAt(cluster, leader).apiUrl?.replace('http://', '')
  expect(await nodeAt(cluster, leader).cluster.removeNode(idAt(cluster, fourth))).toEqual({
    removed: true,
    servedBy,
  })
  const forwarded = await nodeAt(cluster, second).cluster.removeNode('nobody')
  expect(forwarded).toEqual({ removed: false, servedBy: nodeAt(cluster, leader).raftAddress })

  // Whoever was asked sees it at once.
  expect(await nodeAt(cluster, second).cluster.removeNode(idAt(cluster, third))).toMatchObject({
    removed: true,
  })
  const left = [idAt(cluster, leader), idAt(cluster, second)].sort()
  expect(await idsAt(cluster, leader)).toEqual(left)
  expect(await idsAt(cluster, second)).toEqual(left)
  await write(nodeAt(cluster, leader).database, 1)

  for (const gone of [third, fourth]) {
    await expect.poll(() => nodeAt(cluster, gone).cluster.detached?.reason, WAIT).toBe('removed')
  }
  expect(await nodeAt(cluster, second).cluster.removeNode(idAt(cluster, second))).toMatchObject({
    removed: true,
  })
  expect(await idsAt(cluster, leader)).toEqual([idAt(cluster, leader)])
  await write(nodeAt(cluster, leader).database, 2)
})

test('remove - the leader itself hands over first; the others need not wait for an election', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ raft: { heartbeatMs: 1_000, electionTimeoutMs: 60_000 } })
  await allVote(cluster)
  await createTable(cluster)
  for (const asked of ['the leader', 'a follower']) {
    const leader = await cluster.leader()
    const running = [0, 1, 2].filter((position) => cluster.nodes[position]?.running)
    const through =
      asked === 'the leader' ? leader : (running.find((position) => position !== leader) as number)
    expect(await nodeAt(cluster, through).cluster.removeNode(idAt(cluster, leader))).toMatchObject({
      removed: true,
    })
    await cluster.kill(leader)
    const next = await cluster.leader()
    expect(next).not.toBe(leader)
    expect(await idsAt(cluster, next)).not.toContain(idAt(cluster, leader))
    await write(nodeAt(cluster, next).database, leader)
  }
  const [last] = await idsAt(cluster, await cluster.leader())
  expect(idAt(cluster, await cluster.leader())).toBe(last)
})

test('remove - what would leave no majority is refused, and what mends it is not', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster()
  await allVote(cluster)
  await createTable(cluster)
  const leader = await cluster.leader()
  const [dead, alive] = [0, 1, 2].filter((position) => position !== leader) as [number, number]
  await cluster.kill(dead)
  const refusal = () =>
    nodeAt(cluster, leader)
      .cluster.removeNode(idAt(cluster, alive))
      .then(
        () => 'removed',
        (error: { code: string; message: string }) => `${error.code}: ${error.message}`,
      )
  expect(await refusal()).toMatch(
    `RAFT_CONFIG_REJECTED: without node ${idAt(cluster, alive)} there would be 2 voters`,
  )
  expect(await idsAt(cluster, leader)).toHaveLength(3)

  await nodeAt(cluster, leader).cluster.removeNode(idAt(cluster, dead))
  await nodeAt(cluster, leader).cluster.removeNode(idAt(cluster, alive))
  await write(nodeAt(cluster, leader).database, 1)
  expect(await valuesAt(cluster, leader, 'linearizable')).toEqual([1])
})

test('debros cluster - does all of it from the command line, through any node', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ http: true })
  await allVote(cluster)
  const leader = await cluster.leader()
  const [second, third] = [0, 1, 2].filter((position) => position !== leader) as [number, number]
  const api = (position: number): string => nodeAt(cluster, position).apiUrl as string
  const nodes = await debros(['cluster', 'nodes', '--api', api(third)])
  expect(nodes.out).toContain('3 of 3 voters answer; 1 of them may fail before writing stops')

  const moved = await debros([
    ...['cluster', 'transfer-leader', '--to', idAt(cluster, second), '--api', api(third)],
  ])
  expect(moved).toMatchObject({ code: 0, error: '' })
  expect(moved.out.split('\n').at(-1)).toBe(`node ${idAt(cluster, second)} leads now`)
  expect(await cluster.leader()).toBe(second)

  // The leader, asked through itself: its own list is of no use afterwards.
  const removed = await debros([
    ...['cluster', 'remove', idAt(cluster, second), '--api', api(second), '--json'],
  ])
  expect(removed).toMatchObject({ code: 0, error: '' })
  const next = await cluster.leader()
  expect(JSON.parse(removed.out)).toMatchObject({
    removed: idAt(cluster, second),
    leader: idAt(cluster, next),
    members: [{}, {}],
  })
  expect(await idsAt(cluster, next)).not.toContain(idAt(cluster, second))
})
