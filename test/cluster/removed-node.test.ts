/**
 * A node that was removed while it could not hear of it: it must disturb nobody, find out, say so, and
 * come back to life if the cluster takes it in again.
 */
import { expect, test } from 'vitest'
import { silentLogger } from '../../src/base/index.ts'
import { createNode, type DebrosNode, type Logger, MemoryDataDir } from '../../src/index.ts'
import { createPeerHost, createRpc, MemberTable, requestJoin } from '../../src/p2p/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: 20_000 }

/** What was logged as an error, in all components. */
function errorsOf(lines: string[]): Logger {
  return { ...silentLogger, error: (_, message) => void lines.push(message), child: () => errorsOf(lines) }
}

async function firstStatus(cluster: TestCluster) {
  const status = await (cluster.nodes[0] as TestCluster['nodes'][number]).node.cluster.status()
  const { raft, leader, members } = status
  return { term: raft.term, leader: leader?.id, members: members.map(({ id, voter }) => `${id}:${voter}`) }
}

/** Joins under the name, key and address of `node`, as it would if it asked. */
async function joinFor(
  node: DebrosNode,
  dataDir: MemoryDataDir,
  through: string,
  secret: string,
): Promise<void> {
  const identity = dataDir.identity
  if (identity === undefined) throw new Error('the node was never started')
  await using host = createPeerHost(
    { identity, logger: silentLogger },
    { listenAddresses: [], nodeAddress: '127.0.0.1:0' },
  )
  const rpc = createRpc({ host, members: new MemberTable(), logger: silentLogger })
  await host.start()
  await rpc.start()
  const request = { nodeId: node.id, address: node.raftAddress, voter: true, clusterId: undefined }
  await requestJoin({ host, rpc }, { address: through, secret, request, timeoutMs: 10_000 })
  await rpc.stop()
}

test('a removed node - disturbs nobody, finds out, says so, and lives again when taken back', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { node: first } = cluster.nodes[0] as TestCluster['nodes'][number]
  await first.database.execute(['CREATE TABLE t (v INTEGER PRIMARY KEY)'])
  const dataDir = new MemoryDataDir()
  const errors: string[] = []
  let linked = true
  await using away = await createNode({
    dataDir,
    nodeId: 'away',
    clusterSecret: cluster.secret,
    joinAddresses: [first.raftAddress],
    linkFilter: () => linked,
    http: { port: 0 },
    logger: errorsOf(errors),
  })
  await expect
    .poll(async () => (await firstStatus(cluster)).members, WAIT)
    .toEqual(['away:true', 'node1:true', 'node2:true'])
  await expect.poll(() => away.cluster.ready, WAIT).toBe(true)

  linked = false
  await expect.poll(() => away.cluster.leader(), WAIT).toBeUndefined()
  await first.cluster.removeNode('away')
  const before = await firstStatus(cluster)
  const { term: awayTerm } = (await away.cluster.status()).raft

  linked = true
  await expect.poll(() => away.cluster.detached?.reason, WAIT).toBe('removed')
  expect(await away.cluster.status()).toMatchObject({
    ready: false,
    raft: { state: 'Follower', term: awayTerm },
    detached: {
      reason: 'removed',
      message: expect.stringContaining('start it with the address of a member to join'),
    },
  })
  const readyz = await fetch(`${away.apiUrl}/readyz`)
  expect([readyz.status, await readyz.text()]).toEqual([
    503,
    `[+]node ok\n[+]not a member: ${away.cluster.detached?.message}`,
  ])
  // The others work on as if it were not there.
  for (let value = 0; value < 20; value++) await first.database.execute([`INSERT INTO t VALUES (${value})`])
  expect(await firstStatus(cluster)).toEqual(before)
  expect((await away.cluster.status()).raft).toMatchObject({ state: 'Follower', term: awayTerm })
  expect(errors).toEqual([away.cluster.detached?.message])

  await joinFor(away, dataDir, first.raftAddress, cluster.secret)
  await expect.poll(() => away.cluster.ready, WAIT).toBe(true)
  expect(away.cluster.detached).toBeUndefined()
  const { results } = await away.database.query(['SELECT count(*) FROM t'], { level: 'linearizable' })
  expect(results[0]).toMatchObject({ values: [[20]] })
  await expect.poll(async () => (await firstStatus(cluster)).members, WAIT).toContain('away:true')
  expect(await firstStatus(cluster)).toMatchObject({ term: before.term, leader: before.leader })
})

test('a removed node - that comes back only later is told at once', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const { node: first } = cluster.nodes[0] as TestCluster['nodes'][number]
  const init = { dataDir: new MemoryDataDir(), nodeId: 'away', clusterSecret: cluster.secret }
  const joined = await createNode({ ...init, joinAddresses: [first.raftAddress] })
  await expect
    .poll(async () => (await firstStatus(cluster)).members, WAIT)
    .toEqual(['away:true', 'node1:true', 'node2:true'])
  await joined.kill()
  await first.cluster.removeNode('away')
  const before = await firstStatus(cluster)

  const back = await createNode(init)
  await expect.poll(() => back.cluster.detached?.reason, WAIT).toBe('removed')
  expect(back.cluster.ready).toBe(false)
  expect(await firstStatus(cluster)).toEqual(before)
  await back.stop()

  // With an address to join it asks to be a member again, on the data that it has.
  await using again = await createNode({ ...init, joinAddresses: [first.raftAddress] })
  await expect.poll(() => again.cluster.ready, WAIT).toBe(true)
  await expect.poll(async () => (await firstStatus(cluster)).members, WAIT).toContain('away:true')
  expect((await firstStatus(cluster)).term).toBe(before.term)
})

test('a leader that was removed - knows it, once it has handed over', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ nodes: 2 })
  const old = await cluster.leader()
  const { node, id } = cluster.nodes[old] as TestCluster['nodes'][number]
  await expect
    .poll(async () => (await node.cluster.status()).members.every(({ voter }) => voter), WAIT)
    .toBe(true)
  await node.cluster.removeNode(id)
  await expect.poll(() => node.cluster.detached?.reason, WAIT).toBe('removed')
  const other = cluster.nodes[1 - old] as TestCluster['nodes'][number]
  await other.node.database.execute(['CREATE TABLE t (v)'])
  expect((await other.node.cluster.status()).members).toEqual([expect.objectContaining({ id: other.id })])
})
