/** Nodes that leave a cluster by themselves, and that are removed because they are gone. */
import { describe, expect } from 'vitest'
import { row } from '../harness/rows.ts'
import { apiOf, leaderOf, type Rqlited, RqlitedNodes, threeNodes, voters } from '../harness/rqlited.ts'

const TIMEOUT = { timeout: 120_000 }

describe('leaving', () => {
  row(
    80,
    'a follower is gone from the list when it has ended',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const flags = ['-raft-cluster-remove-shutdown=true']
      const [first, second] = [(await nodes.add()).start(flags), await nodes.add()]
      await first.waitForLeader()
      second.start([...flags, '-join', first.raftAddress])
      await second.waitForLeader()
      await voters(first, 2)
      expect(await second.stop()).toBe(0)
      expect(Object.keys(await first.members())).toEqual([first.id])
      expect((await first.fetch('/readyz')).status).toBe(200)
      expect(await apiOf(first).execute(['CREATE TABLE t (v)'])).toBe('{"results":[{}]}')
    },
    TIMEOUT,
  )

  row(
    80,
    'so is the leader of two, and the other one goes on alone',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const flags = ['-raft-cluster-remove-shutdown=true']
      const [first, second] = [(await nodes.add()).start(flags), await nodes.add()]
      await first.waitForLeader()
      second.start([...flags, '-join', first.raftAddress])
      await second.waitForLeader()
      await voters(first, 2)
      await apiOf(first).execute(['CREATE TABLE t (v)'])
      expect(await first.stop()).toBe(0)
      expect(Object.keys(await second.members())).toEqual([second.id])
      await second.until('it to be ready', async () => (await second.fetch('/readyz')).status === 200)
      expect(await apiOf(second).execute(['INSERT INTO t VALUES(1)'])).toContain('"rows_affected":1')
      // And takes it back.
      first.start([...flags, '-join', second.raftAddress])
      await first.waitForLeader()
      await voters(second, 2)
      expect(await apiOf(first).rows('SELECT v FROM t', 'level=strong')).toEqual([[1]])
    },
    TIMEOUT,
  )

  row(
    82,
    'the leader removes who is silent for longer, by role; 0 is off',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const flags = ['-raft-reap-read-only-node-timeout', '1s']
      const cluster = await threeNodes(nodes, flags)
      const reader = (await nodes.add()).start([
        ...flags,
        '-raft-non-voter=true',
        '-join',
        cluster[0].raftAddress,
      ])
      await reader.waitForLeader()
      await cluster[0].until('four members', async () => Object.keys(await cluster[0].members()).length === 4)
      const leader = await leaderOf(cluster)
      const voter = cluster.find((node) => node !== leader) as Rqlited
      await voter.kill()
      await reader.kill()
      await leader.until(
        'the replica to be removed',
        async () => !((await leader.members())[reader.id] !== undefined),
      )
      // Voters are kept for ever.
      expect((await leader.members())[voter.id]).toMatchObject({ reachable: false, voter: true })
    },
    TIMEOUT,
  )

  row(
    82,
    'voters, if asked for',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes, ['-raft-reap-node-timeout', '1s'])
      const leader = await leaderOf(cluster)
      const voter = cluster.find((node) => node !== leader) as Rqlited
      await voter.kill()
      await leader.until(
        'the voter to be removed',
        async () => (await leader.members())[voter.id] === undefined,
      )
      expect(await apiOf(leader).query(['SELECT 1'], 'level=strong')).toContain('[[1]]')
    },
    TIMEOUT,
  )
})
