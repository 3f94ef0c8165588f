/** How nodes come into a cluster, come back to it, and leave it; with rqlited's flags. */
import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { freePorts } from '../../../../src/testing/free-ports.ts'
import { row } from '../harness/rows.ts'
import { apiOf, counter, leaderOf, RqlitedNodes, threeNodes } from '../harness/rqlited.ts'

const TIMEOUT = { timeout: 120_000 }

describe('membership', () => {
  row(
    74,
    'a follower names the leader, and the joiner follows; all nodes name the same one',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes)
      const leader = { addr: cluster[0].raftAddress, node_id: cluster[0].id }
      for (const node of cluster) expect((await node.status()).store.leader).toEqual(leader)
      for (const node of cluster) expect(Object.keys(await node.members())).toEqual(['0', '1', '2'])
    },
    TIMEOUT,
  )

  row(
    75,
    'the same: ignored, and counted',
    async () => {
      await using nodes = await RqlitedNodes.create()
      // Of three, so that the first one leads on while the second is away.
      const [first, second] = await threeNodes(nodes)
      const requests = await counter(first, 'cluster', 'num_join_req')
      const ignored = await counter(first, 'store', 'num_ignored_joins')
      await second.kill()
      second.start(['-join', first.raftAddress])
      await second.waitForLeader()
      await first.until(
        'its request',
        async () => (await counter(first, 'cluster', 'num_join_req')) === requests + 1,
      )
      await first.until(
        'it to be ignored',
        async () => (await counter(first, 'store', 'num_ignored_joins')) === ignored + 1,
      )
      expect(Object.keys(await first.members())).toEqual(['0', '1', '2'])
    },
    TIMEOUT,
  )

  row(
    75,
    'a changed address: replaced, counted, and its data caught up',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const [first, second, third] = await threeNodes(nodes)
      await first.execute('CREATE TABLE t (v INTEGER)', 'INSERT INTO t VALUES (1)')
      await third.kill()
      await second.execute('INSERT INTO t VALUES (2)')
      const [api, raft] = await freePorts(2)
      third.apiAddress = `127.0.0.1:${api}`
      third.raftAddress = `127.0.0.1:${raft}`
      third.start(['-join', second.raftAddress])
      await third.waitForLeader()
      await first.until(
        'it to be replaced',
        async () => (await counter(first, 'store', 'num_removed_before_joins')) === 1,
      )
      await first.until(
        'its new address',
        async () => (await first.members())[third.id]?.addr === third.raftAddress,
      )
      await third.until(
        'its data',
        async () => (await apiOf(third).rows('SELECT count(*) FROM t', 'level=none'))[0]?.[0] === 2,
      )
      expect(Object.keys(await first.members())).toEqual(['0', '1', '2'])
    },
    TIMEOUT,
  )

  row(
    76,
    'it replicates, never leads, forwards, and follows the next leader',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes)
      const reader = (await nodes.add()).start(['-raft-non-voter=true', '-join', cluster[0].raftAddress])
      await reader.waitForLeader()
      const api = apiOf(reader)
      expect((await reader.status()).store.raft).toMatchObject({ state: 'Follower', voter: false })
      expect(await api.execute(['CREATE TABLE t (v INTEGER)'])).toBe('{"results":[{}]}')
      expect(await api.execute(['INSERT INTO t VALUES(1)'])).toBe(
        '{"results":[{"last_insert_id":1,"rows_affected":1}]}',
      )
      for (const level of ['weak', 'linearizable', 'strong'])
        expect(await api.rows('SELECT v FROM t', `level=${level}`)).toEqual([[1]])
      await reader.until(
        'the row by itself',
        async () => (await api.rows('SELECT count(*) FROM sqlite_master', 'level=none'))[0]?.[0] === 1,
      )
      expect(await api.post('/db/execute?redirect', '["nonsense"]')).toMatchObject({
        status: 301,
        headers: { location: `http://${cluster[0].apiAddress}/db/execute?redirect` },
      })
      expect(JSON.parse((await apiOf(cluster[0]).ask('/nodes')).text)).not.toHaveProperty(reader.id)
      await cluster[0].kill()
      const successor = await leaderOf([cluster[1], cluster[2]])
      await reader.until(
        'the next leader',
        async () => (await reader.status()).store.leader?.node_id === successor.id,
      )
      expect(await api.execute(['INSERT INTO t VALUES(2)'])).not.toContain('error')
      expect((await reader.status()).store.raft.state).toBe('Follower')
    },
    TIMEOUT,
  )

  row(
    51,
    'voter = weak, non-voter = none',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const leader = (await nodes.add()).start()
      await leader.waitForLeader()
      const voter = (await nodes.add()).start(['-join', leader.raftAddress])
      await voter.waitForLeader()
      const reader = (await nodes.add()).start(['-raft-non-voter', '-join', leader.raftAddress])
      await reader.waitForLeader()
      await leader.until('both', async () => Object.values(await leader.members()).length === 3)
      const servedBy = async (node: typeof leader): Promise<unknown> =>
        (await apiOf(node).post('/db/query?level=auto', '["SELECT 1"]')).headers['x-rqlite-served-by']
      expect(await servedBy(leader)).toBe(leader.apiAddress)
      expect(await servedBy(voter)).toBe(leader.raftAddress)
      expect(await servedBy(reader)).toBe(reader.apiAddress)
      // Also when it is cut off.
      await leader.kill()
      await voter.kill()
      await reader.until(
        'it to be alone',
        async () => (await reader.fetch('/leader?timeout=1s')).status === 503,
      )
      expect(await apiOf(reader).query(['SELECT 1'], 'level=auto')).toContain('[[1]]')
    },
    TIMEOUT,
  )

  row(
    78,
    'it exits at once, with an error',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const single = (await nodes.add()).start()
      const other = (await nodes.add()).start()
      await single.waitForLeader()
      await other.waitForLeader()
      await single.kill()
      // Not after rounds of asking, which would take hours.
      single.start(['-join', other.raftAddress, '-join-interval', '1h'])
      expect(await single.exit()).toBe(1)
      expect(Object.keys(await other.members())).toEqual([other.id])
      // It is unharmed, and goes on alone.
      single.start()
      await single.waitForLeader()
    },
    TIMEOUT,
  )

  row(
    79,
    'new addresses, the same data, and the file is renamed',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes)
      await cluster[0].execute('CREATE TABLE t (v INTEGER)', 'INSERT INTO t VALUES (1)')
      await Promise.all(cluster.map((node) => node.kill()))
      const ports = await freePorts(3)
      for (const [i, node] of cluster.entries()) node.raftAddress = `127.0.0.1:${ports[i]}`
      const peers = JSON.stringify(
        cluster.map(({ id, raftAddress }) => ({ id, address: raftAddress, non_voter: false })),
      )
      for (const node of cluster) await writeFile(join(node.dataDir, 'raft', 'peers.json'), peers)
      for (const node of cluster) node.start()
      for (const node of cluster) {
        await node.waitForLeader()
        expect(await apiOf(node).rows('SELECT v FROM t', 'level=strong')).toEqual([[1]])
        expect(await readFile(join(node.dataDir, 'raft', 'peers.info'), 'utf8')).toBe(peers)
        await expect(stat(join(node.dataDir, 'raft', 'peers.json'))).rejects.toMatchObject({ code: 'ENOENT' })
      }
      const members = await cluster[0].members()
      for (const node of cluster)
        expect(members[node.id]).toMatchObject({ addr: node.raftAddress, reachable: true })
    },
    TIMEOUT,
  )

  row(
    81,
    'another one leads before it has ended, and nothing is lost',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes)
      await cluster[1].execute('CREATE TABLE t (v INTEGER)', 'INSERT INTO t VALUES (1)')
      expect(await cluster[0].stop()).toBe(0)
      const states = await Promise.all(
        [cluster[1], cluster[2]].map(async (node) => (await node.status()).store.raft.state),
      )
      expect(states).toContain('Leader')
      expect(await apiOf(cluster[2]).patient('/db/query?level=linearizable', ['SELECT v FROM t'])).toContain(
        '"values":[[1]]',
      )
    },
    TIMEOUT,
  )

  row(
    83,
    'no acknowledged write is lost: one node, and all of three',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes)
      await cluster[0].execute('CREATE TABLE t (v INTEGER PRIMARY KEY)')
      for (let i = 1; i <= 20; i++)
        expect(await apiOf(cluster[i % 3]!).execute([`INSERT INTO t VALUES(${i})`])).not.toContain('error')
      await Promise.all(cluster.map((node) => node.kill()))
      for (const node of cluster) node.start()
      for (const node of cluster) {
        await node.waitForLeader()
        expect(await apiOf(node).rows('SELECT count(*) FROM t', 'level=strong')).toEqual([[20]])
      }
    },
    TIMEOUT,
  )

  row(
    83,
    'with snapshots: some are listed, and every row is there',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const flags = ['-raft-snap', '50']
      const node = (await nodes.add()).start(flags)
      await node.waitForLeader()
      await node.execute('CREATE TABLE t (v INTEGER PRIMARY KEY)')
      for (let i = 1; i <= 200; i++) await node.execute(`INSERT INTO t VALUES(${i})`)
      await node.until('a snapshot', async () => (await node.status()).store.raft.last_snapshot_index >= 150)
      await node.kill()
      node.start(flags)
      await node.waitForLeader()
      expect((await apiOf(node).status('store.snapshot_store.snapshots')).length).toBeGreaterThan(0)
      expect(await apiOf(node).rows('SELECT count(*) FROM t')).toEqual([[200]])
    },
    TIMEOUT,
  )

  row(
    84,
    'one restore of a snapshot, counted',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const first = (await nodes.add()).start()
      await first.waitForLeader()
      await first.execute('CREATE TABLE t (v INTEGER PRIMARY KEY)')
      for (let i = 1; i <= 20; i++) await first.execute(`INSERT INTO t VALUES(${i})`)
      expect((await first.fetch('/snapshot?trailing_logs=1', { method: 'POST' })).status).toBe(200)
      const late = (await nodes.add()).start(['-join', first.raftAddress])
      await late.waitForLeader()
      await late.until('a restore', async () => (await counter(late, 'store', 'num_restores')) === 1)
      await late.until(
        'the rows',
        async () =>
          (await apiOf(late).rows('SELECT count(*) FROM sqlite_master', 'level=none'))[0]?.[0] === 1,
      )
      expect(await apiOf(late).rows('SELECT count(*) FROM t', 'level=none')).toEqual([[20]])
    },
    TIMEOUT,
  )
})
