/** Snapshots that an operator asks for, and what comes of them for nodes that join or come back. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import type { DebrosNode } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000

function nodeAt(cluster: TestCluster, position: number): DebrosNode {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

async function write(node: DebrosNode, count: number): Promise<void> {
  await node.database.execute(['CREATE TABLE IF NOT EXISTS t (v)'])
  for (let i = 0; i < count; i++) await node.database.execute(['INSERT INTO t VALUES (1)'])
}

async function countAt(node: DebrosNode): Promise<unknown> {
  const { results } = await node.database.query(['SELECT count(*) FROM t'], { level: 'none' })
  return results[0]?.kind === 'rows' ? results[0].values[0]?.[0] : results
}

test('snapshot - a node that joins behind one receives it, and comes back with it', {
  timeout: TIMEOUT_MS,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'debros-snapshots-'))
  onTestFinished(() => rm(directory, { recursive: true }))
  await using cluster = await startCluster({ nodes: 1, directory })
  const founder = nodeAt(cluster, 0)
  await write(founder, 20)
  expect(founder.counters.toJSON().store).toMatchObject({
    num_snapshots: 0,
    num_restores: 0,
    num_restores_start: 0,
    num_restores_start_skipped: 0,
  })
  expect(await founder.cluster.snapshot({ trailingEntries: 1 })).toEqual({ taken: true })
  expect(await founder.cluster.snapshot({ trailingEntries: 1 })).toEqual({ taken: false })
  expect(await founder.cluster.reap()).toEqual({ snapshots: 0 })
  expect(founder.counters.get('store', 'num_snapshots')).toBe(1)
  const { raft } = await founder.cluster.status()
  expect(raft).toMatchObject({ snapshotIndex: raft.appliedIndex, logEntries: 1 })

  const joined = await cluster.add()
  await cluster.converged()
  expect(nodeAt(cluster, joined).counters.get('store', 'num_restores')).toBe(1)
  expect(await countAt(nodeAt(cluster, joined))).toBe(20)

  await cluster.kill(joined)
  await cluster.restart(joined)
  await cluster.converged()
  expect(nodeAt(cluster, joined).counters.toJSON().store).toMatchObject({
    num_restores: 0,
    num_restores_start: 1,
  })
  expect(await countAt(nodeAt(cluster, joined))).toBe(20)
})
