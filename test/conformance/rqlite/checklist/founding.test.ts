/** Nodes that found a cluster together. */
import { describe, expect } from 'vitest'
import { row } from '../harness/rows.ts'
import { apiOf, type Rqlited, RqlitedNodes, voters } from '../harness/rqlited.ts'

const TIMEOUT = { timeout: 120_000 }

/** Nodes that are all started with one command line, and it. */
async function together(nodes: RqlitedNodes, count: number): Promise<{ all: Rqlited[]; flags: string[] }> {
  const all: Rqlited[] = []
  for (let i = 0; i < count; i++) all.push(await nodes.add())
  const join = all.map(({ raftAddress }) => raftAddress).join()
  return { all, flags: ['-bootstrap-expect', '3', '-join', join, '-join-interval', '500ms'] }
}

describe('founding', () => {
  row(
    77,
    'one cluster, whenever each starts; the same flags later, and for one more',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const { all, flags } = await together(nodes, 4)
      const [first, second, third, fourth] = all as [Rqlited, Rqlited, Rqlited, Rqlited]
      first.start(flags)
      second.start(flags)
      // Two of three are no cluster yet.
      await second.until(
        'HTTP',
        async () => (await second.fetch('/readyz').catch(() => undefined))?.status === 503,
      )
      third.start(flags)
      for (const node of [first, second, third]) await node.waitForLeader()
      await voters(first, 3)
      await apiOf(first).execute(['CREATE TABLE t (v)', 'INSERT INTO t VALUES(1)'])
      const leaders = await Promise.all(
        [first, second, third].map(async (node) => (await node.status()).store.leader),
      )
      expect(new Set(leaders.map((leader) => leader?.node_id)).size).toBe(1)

      fourth.start(flags)
      await fourth.waitForLeader()
      await voters(first, 4)
      await Promise.all(all.map((node) => node.kill()))
      for (const node of all) node.start(flags)
      for (const node of all) {
        await node.waitForLeader()
        expect(await apiOf(node).rows('SELECT v FROM t', 'level=strong')).toEqual([[1]])
      }
    },
    TIMEOUT,
  )
})
