/** The alarm for replicas that differ: it names the one that does, on every node. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Level } from 'level'
import { expect, test } from 'vitest'
import type { DebrosNode } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000

type Report = NonNullable<Awaited<ReturnType<DebrosNode['cluster']['status']>>['integrity']>

function nodeAt(cluster: TestCluster, position: number): DebrosNode {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

/** Of two that differ nobody can tell which one is right: all must have been asked. */
function findsOneOfAll({ diverged, unchecked }: Report): boolean {
  return diverged.length > 0 && unchecked.length === 0
}

/** The first report of which `holds` is true, at each node. */
async function reports(cluster: TestCluster, holds: (report: Report) => boolean): Promise<Report[]> {
  return await Promise.all(
    cluster.nodes.map(async ({ node }) => {
      for (;;) {
        const { integrity } = await node.cluster.status()
        if (integrity !== undefined && holds(integrity)) return integrity
        await sleep(20)
      }
    }),
  )
}

test('integrity - a replica that was changed on disk is found and named on every node', {
  timeout: TIMEOUT_MS,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'debros-integrity-'))
  try {
    await using cluster = await startCluster({ directory, http: true, integrityIntervalMs: 200 })
    const leader = await cluster.leader()
    const victim = (leader + 1) % 3
    const { storage, database } = nodeAt(cluster, leader)
    await database.execute(['CREATE TABLE t (v)', "INSERT INTO t VALUES ('x')"])
    await storage.put(new TextEncoder().encode('key'), new TextEncoder().encode('value'))
    const all = ['node1', 'node2', 'node3']
    for (const report of await reports(cluster, ({ agreeing }) => agreeing.length === 3)) {
      expect(report).toMatchObject({ agreeing: all, diverged: [], unchecked: [] })
    }

    await cluster.stop(victim)
    const path = join(directory, `node${victim + 1}`, 'kv')
    const kv = new Level<string, Buffer>(path, { valueEncoding: 'buffer' })
    const stored = (await kv.get('ns::default::key')) as Buffer
    stored[stored.length - 1] = (stored.at(-1) as number) ^ 1
    await kv.put('ns::default::key', stored)
    await kv.close()
    await cluster.restart(victim)

    const named = `node${victim + 1}`
    const found = await reports(cluster, findsOneOfAll)
    for (const { diverged, agreeing } of found) {
      expect(diverged).toEqual([named])
      expect(agreeing).toEqual(all.filter((id) => id !== named))
    }
    const url = nodeAt(cluster, leader).apiUrl
    expect(await (await fetch(`${url}/metrics`)).text()).toContain(
      `debros_integrity_diverged{node="${named}"} 1`,
    )
    const status = (await (await fetch(`${url}/status?key=store.integrity`)).json()) as object
    expect(status).toMatchObject({ state: 'DIVERGED', diverged: [named] })

    // As the message says: wiped, it is rebuilt from the others, and the alarm ends.
    await cluster.stop(victim)
    cluster.wipe(victim)
    await cluster.restart(victim)
    await reports(cluster, ({ agreeing }) => agreeing.length === 3)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

test('integrity - a leader that was changed is named, and hands over its lead', {
  timeout: TIMEOUT_MS,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'debros-integrity-'))
  try {
    await using cluster = await startCluster({ directory, integrityIntervalMs: 200 })
    await cluster.leader()
    await nodeAt(cluster, 0).storage.put(new TextEncoder().encode('key'), new TextEncoder().encode('value'))
    await cluster.converged()
    for (const position of [0, 1, 2]) await cluster.stop(position)
    const kv = new Level<string, Buffer>(join(directory, 'node1', 'kv'), { valueEncoding: 'buffer' })
    await kv.del('ns::default::key')
    await kv.close()
    for (const position of [0, 1, 2]) await cluster.restart(position)
    // Two of them come together before the third is back.
    for (const { diverged } of await reports(cluster, findsOneOfAll)) {
      expect(diverged).toEqual(['node1'])
    }
    // It may not have led; if it did, it does not stay.
    while ((await cluster.leader()) === 0) await sleep(20)
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})
