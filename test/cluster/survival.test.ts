/**
 * Clusters of real processes: what is acknowledged survives whatever happens to one of them, or to
 * all at once, and all replicas end up holding the same, row by row and key by key.
 */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { Load, type LoadHistory } from './load.ts'
import { ProcessCluster, type ProcessNode } from './processes.ts'
import { expectEqualReplicas, rowsOf } from './replicas.ts'

const TIMEOUT_MS = 180_000

async function createLoadTable(cluster: ProcessCluster): Promise<void> {
  const [result] = await (await cluster.leader()).client.execute([
    'CREATE TABLE load (value INTEGER PRIMARY KEY)',
  ])
  expect(result).not.toHaveProperty('error')
}

async function writeUntil(cluster: ProcessCluster, load: Load, more: number): Promise<void> {
  const goal = load.acknowledged + more
  await cluster.until(60_000, `${more} more acknowledged writes`, async () => load.acknowledged >= goal)
}

/** Acknowledged means there, refused means absent, whatever happened in between. */
async function expectHistoryKept(cluster: ProcessCluster, history: LoadHistory): Promise<void> {
  await cluster.converged()
  for (const node of cluster.nodes) {
    const rows = new Set((await rowsOf(node, 'load')).map(([value]) => value as number))
    expect(
      history.rows.acknowledged.filter((value) => !rows.has(value)),
      `rows lost on ${node.id}`,
    ).toEqual([])
    expect(
      history.rows.refused.filter((value) => rows.has(value)),
      `refused rows on ${node.id}`,
    ).toEqual([])
    const keys = new Set((await node.kv({ op: 'dump' })).entries?.map(([key]) => key))
    expect(
      history.keys.acknowledged.filter((key) => !keys.has(key)),
      `keys lost on ${node.id}`,
    ).toEqual([])
    expect(
      history.keys.refused.filter((key) => keys.has(key)),
      `refused keys on ${node.id}`,
    ).toEqual([])
  }
}

test('processes - a write through any node is seen on every node', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await ProcessCluster.start({ embedded: true })
  await createLoadTable(cluster)
  for (const [i, node] of cluster.nodes.entries()) {
    const [result] = await node.client.execute([['INSERT INTO load VALUES (?)', i]])
    expect(result).toMatchObject({ rows_affected: 1 })
    const key = Buffer.from(`through ${node.id}`).toString('base64')
    await node.kv({ op: 'put', key, value: key })
    for (const level of ['linearizable', 'strong', 'weak'] as const) {
      for (const other of cluster.nodes) {
        const [count] = await other.client.query(['SELECT count(*) FROM load'], { level })
        expect(count, `${level} at ${other.id}`).toMatchObject({ values: [[i + 1]] })
      }
    }
  }
  await expectEqualReplicas(cluster, ['load'])
})

test('processes - killing the leader under load loses no acknowledged write', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await ProcessCluster.start({
    embedded: true,
    snapshots: { threshold: 500, trailing: 100 },
  })
  await createLoadTable(cluster)
  const load = new Load(cluster, 8)
  for (let round = 0; round < 4; round++) {
    await writeUntil(cluster, load, 200)
    const leader = await cluster.leader()
    await leader.kill()
    await writeUntil(cluster, load, 100)
    cluster.restart(leader)
    await cluster.ready()
  }
  const history = await load.stop()
  await expectHistoryKept(cluster, history)
  await expectEqualReplicas(cluster, ['load'])
})

/**
 * A killed process leaves what it has written with the system, synced or not, so this shows that nothing is
 * acknowledged that a node only meant to write, and that what is on disk is found again. That it was synced
 * is shown in durability.test.ts.
 */
test('processes - all killed at once, at any moment, come back with everything acknowledged', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await ProcessCluster.start({
    embedded: true,
    snapshots: { threshold: 300, trailing: 50 },
  })
  await createLoadTable(cluster)
  const load = new Load(cluster, 8)
  for (let round = 0; round < 4; round++) {
    // In the middle of whatever is going on then.
    await writeUntil(cluster, load, 100 + Math.floor(Math.random() * 400))
    await Promise.all(cluster.nodes.map((node) => node.kill()))
    for (const node of cluster.nodes) cluster.restart(node)
    await cluster.ready()
  }
  const history = await load.stop()
  await expectHistoryKept(cluster, history)
  await expectEqualReplicas(cluster, ['load'])
})

test('processes - a node returns after the log it needs was compacted', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await ProcessCluster.start({
    embedded: true,
    snapshots: { threshold: 100, trailing: 10 },
    raft: { catchUpMs: 0 },
  })
  await createLoadTable(cluster)
  const absent = await followerOf(cluster)
  const { last_log_index: leftAt } = (await absent.status()).store.raft
  await absent.kill()
  const load = new Load(cluster, 8)
  await hasDropped(cluster, leftAt + 1)
  const history = await load.stop()
  cluster.restart(absent)
  await cluster.ready()
  await expectHistoryKept(cluster, history)
  await expectEqualReplicas(cluster, ['load'])
})

test('processes - a snapshot that breaks off goes on after a restart, while writes go on', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await ProcessCluster.start({
    embedded: true,
    snapshots: { threshold: 100, trailing: 10 },
    // The absent node is not waited for; the log is kept for it only once its snapshot is on its way.
    raft: { catchUpMs: 5_000, snapshotBytesPerSecond: 1_000_000, snapshotEntriesMax: 100 },
  })
  await createLoadTable(cluster)
  const filled = await (await cluster.leader()).client.execute([
    'CREATE TABLE filler (data BLOB)',
    `INSERT INTO filler
       WITH RECURSIVE n(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30)
       SELECT randomblob(100000) FROM n`,
  ])
  expect(filled).toMatchObject([{}, { rows_affected: 30 }])
  const absent = await followerOf(cluster)
  const { last_log_index: leftAt } = (await absent.status()).store.raft
  await absent.kill()
  const load = new Load(cluster, 2)
  await hasDropped(cluster, leftAt + 1)
  cluster.restart(absent)
  await cluster.until(60_000, 'a part of the snapshot to arrive', async () => {
    return (await partialBytes(absent)) > 1_000_000
  })
  await absent.kill()
  absent.output = ''
  cluster.restart(absent)
  await cluster.ready()
  const history = await load.stop()
  await cluster.converged()
  const [first, ...others] = offsetsReceived(absent)
  expect(first).toBeGreaterThan(1_000_000)
  // Nor did it need one after the other, for all that was written meanwhile.
  expect(others.length).toBeLessThanOrEqual(1)
  await expectHistoryKept(cluster, history)
  await expectEqualReplicas(cluster, ['load', 'filler'])
})

/** What a node has of a snapshot on its way to it. */
async function partialBytes(node: ProcessNode): Promise<number> {
  const directory = join(node.dataDir, 'snapshots')
  const names = await readdir(directory).catch(() => [])
  const partial = names.find((name) => name.endsWith('.part'))
  if (partial === undefined) return 0
  // It may be complete by now, under another name.
  return await stat(join(directory, partial)).then(
    ({ size }) => size,
    () => 0,
  )
}

/** Where the transfers to the node began, by its log. */
function offsetsReceived(node: ProcessNode): number[] {
  return node.output
    .split('\n')
    .filter((line) => line.includes('receiving a snapshot'))
    .map((line) => Number(/"offset":(\d+)/.exec(line)?.[1]))
}

test('processes - a wiped node joins again and receives everything', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await ProcessCluster.start({
    embedded: true,
    snapshots: { threshold: 100, trailing: 10 },
  })
  await createLoadTable(cluster)
  const load = new Load(cluster, 8)
  await writeUntil(cluster, load, 300)
  const wiped = cluster.nodes.find((node) => node !== cluster.nodes[0]) as ProcessNode
  await wiped.kill()
  await wiped.wipe()
  cluster.restart(wiped)
  await cluster.ready()
  await cluster.allVoters()
  await writeUntil(cluster, load, 100)
  const history = await load.stop()
  await expectHistoryKept(cluster, history)
  await expectEqualReplicas(cluster, ['load'])
})

/** Waits until the leader's log begins behind `index`. */
async function hasDropped(cluster: ProcessCluster, index: number): Promise<void> {
  await cluster.until(60_000, `the leader to have dropped entry ${index}`, async () => {
    const { raft } = (await (await cluster.leader()).status()).store
    return raft.last_log_index - raft.log_entries >= index
  })
}

async function followerOf(cluster: ProcessCluster): Promise<ProcessNode> {
  const leader = await cluster.leader()
  return cluster.nodes.find((node) => node !== leader) as ProcessNode
}
