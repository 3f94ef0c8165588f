/** Nodes that leave their cluster when they are stopped, and members that are gone for good. */
import { expect, onTestFinished, test } from 'vitest'
import { createNode, type DebrosNode, MemoryDataDir } from '../../src/index.ts'
import type { NodeInit } from '../../src/node/index.ts'
import { freePorts } from '../../src/testing/free-ports.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: 20_000 }
const clusterSecret = 'the secret of the clusters of this test'

async function places(count: number, rest: Partial<NodeInit>): Promise<NodeInit[]> {
  const addresses = (await freePorts(count)).map((port) => `127.0.0.1:${port}`)
  return addresses.map((raftAddress, i) => ({
    ...{ dataDir: new MemoryDataDir(), nodeId: `n${i + 1}`, raftAddress, clusterSecret, joinIntervalMs: 50 },
    ...(i > 0 && { joinAddresses: addresses.slice(0, 1) }),
    ...rest,
  }))
}

async function start(init: NodeInit): Promise<DebrosNode> {
  const node = await createNode(init)
  onTestFinished(() => node.stop())
  await expect.poll(() => node.cluster.ready, WAIT).toBe(true)
  return node
}

async function startAll(inits: readonly NodeInit[]): Promise<DebrosNode[]> {
  const nodes: DebrosNode[] = []
  for (const init of inits) nodes.push(await start(init))
  const members = nodes.map(({ id }) => id)
  for (const node of nodes) await expect.poll(() => votersAt(node), WAIT).toEqual(members)
  return nodes
}

async function votersAt(node: DebrosNode): Promise<string[]> {
  const { members } = await node.cluster.status()
  return members.filter(({ voter }) => voter).map(({ id }) => id)
}

// Contract 4.3; acceptance row 80.
test.each([
  ['leader', 0],
  ['follower', 1],
])(
  'leaving - the %s of two nodes leaves a cluster of one that works, and comes back',
  {
    timeout: TIMEOUT_MS,
  },
  async (_, leaving) => {
    const inits = await places(2, { removeOnShutdown: true })
    const nodes = await startAll(inits)
    const [gone, stays] = [nodes[leaving], nodes[1 - leaving]] as [DebrosNode, DebrosNode]
    expect(nodes[0]?.cluster.leader()?.id).toBe('n1')
    await stays.database.execute(['CREATE TABLE t (v)', 'INSERT INTO t VALUES (1)'])
    await gone.stop()

    expect(await votersAt(stays)).toEqual([stays.id])
    const { results } = await stays.database.execute(['INSERT INTO t VALUES (2)'])
    expect(results[0]).toMatchObject({ kind: 'write', rowsAffected: 1 })
    const back = await start({ ...(inits[leaving] as NodeInit), joinAddresses: [stays.raftAddress] })
    await expect.poll(() => votersAt(stays), WAIT).toEqual(['n1', 'n2'])
    const read = await back.database.query(['SELECT v FROM t'], { level: 'linearizable' })
    expect(read.results[0]).toMatchObject({ values: [[1], [2]] })
  },
)

test('leaving - the last one, and one of two that are split, stop as members', {
  timeout: TIMEOUT_MS,
}, async () => {
  const inits = await places(2, { removeOnShutdown: true })
  const [first, second] = (await startAll(inits)) as [DebrosNode, DebrosNode]
  await second.kill()
  await first.stop()
  const again = await startAllAtOnce(inits)
  expect(await votersAt(again)).toEqual(['n1', 'n2'])
})

/** Neither is ready before both are there. Gives the first. */
async function startAllAtOnce(inits: readonly NodeInit[]): Promise<DebrosNode> {
  const [first] = (await Promise.all(inits.map(start))) as [DebrosNode]
  return first
}

test('handing over - a leader that is not to do so is replaced by an election', {
  timeout: TIMEOUT_MS,
}, async () => {
  const inits = await places(3, { stepdownOnShutdown: false })
  const [first, second, third] = (await startAll(inits)) as [DebrosNode, DebrosNode, DebrosNode]
  const { term } = (await second.cluster.status()).raft
  await first.stop()
  const others = [second, third]
  const leads = async () =>
    (await Promise.all(others.map(({ cluster }) => cluster.status()))).map(({ raft }) => raft)
  await expect.poll(leads, WAIT).toContainEqual(expect.objectContaining({ state: 'Leader' }))
  expect((await second.cluster.status()).raft.term).toBeGreaterThan(term)
  expect(await votersAt(second)).toEqual(['n1', 'n2', 'n3'])
})

// Contract 4.3; acceptance row 82.
test('reaping - a silent voter is removed, a silent read replica stays, and so does a needed voter', {
  timeout: TIMEOUT_MS,
}, async () => {
  const inits = await places(4, { reapNodeTimeoutMs: 200 })
  const replica = inits.pop() as NodeInit
  const [first, second, third] = (await startAll(inits)) as [DebrosNode, DebrosNode, DebrosNode]
  const fourth = await start({ ...replica, voter: false })
  const members = async (node: DebrosNode) => (await node.cluster.status()).members.map(({ id }) => id)
  await expect.poll(() => members(first), WAIT).toEqual(['n1', 'n2', 'n3', 'n4'])
  await fourth.kill()
  await third.kill()
  await expect.poll(() => members(first), WAIT).toEqual(['n1', 'n2', 'n4'])
  // The removal is seen here before it is committed, and counted then.
  await expect.poll(() => first.counters.get('store', 'nodes_reaped_ok'), WAIT).toBe(1)
  await second.kill()
  // Without a majority nobody leads, and nobody is removed.
  await expect.poll(() => first.cluster.leader(), WAIT).toBeUndefined()
  expect(await members(first)).toEqual(['n1', 'n2', 'n4'])
})

test('reaping - a silent read replica is removed after a time of its own', {
  timeout: TIMEOUT_MS,
}, async () => {
  const [voter, replica] = (await places(2, { reapReadOnlyNodeTimeoutMs: 200 })) as [NodeInit, NodeInit]
  const first = await start(voter)
  const second = await start({ ...replica, voter: false })
  const members = async () => (await first.cluster.status()).members.map(({ id }) => id)
  await expect.poll(members, WAIT).toEqual(['n1', 'n2'])
  await second.kill()
  await expect.poll(members, WAIT).toEqual(['n1'])
  // It comes back as it was.
  const again = await start({ ...replica, voter: false })
  await expect.poll(members, WAIT).toEqual(['n1', 'n2'])
  expect((await again.cluster.status()).raft.voter).toBe(false)
})
