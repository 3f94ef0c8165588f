/** What each read level means, on each kind of node, in a cluster that is whole. */
import { describe, expect } from 'vitest'
import { documentOf } from '../harness/api.ts'
import { useCluster, withCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

describe('levels', () => {
  row(48, 'case does not count, and anything unknown is weak', async () => {
    const { cluster } = suite
    const [follower] = await cluster.followers()
    const raft = cluster.process(await cluster.leader()).raftAddress
    for (const level of ['STRONG', 'Strong', 'strong']) {
      expect(
        documentOf(await follower!.query(['SELECT 1'], `raft_index&level=${level}`)).raft_index,
        level,
      ).toBeGreaterThan(0)
    }
    for (const level of ['nonsense', '', 'weak', 'WEAK', 'Auto']) {
      const { headers, status } = await follower!.post(`/db/query?raft_index&level=${level}`, '["SELECT 1"]')
      expect({ status, by: headers['x-rqlite-served-by'] }, level).toEqual({ status: 200, by: raft })
    }
    const none = await follower!.post('/db/query?level=NONE', '["SELECT 1"]')
    expect(none.headers['x-rqlite-served-by']).toBe(new URL(follower!.url).host)
  })

  row(49, 'every node answers by itself', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute(['CREATE TABLE everywhere (v)', 'INSERT INTO everywhere VALUES(1)'])
    await cluster.processes.converged()
    for (const node of cluster.nodes) {
      const { headers, text } = await node.post('/db/query?level=none', '["SELECT v FROM everywhere"]')
      expect(text).toContain('"values":[[1]]')
      expect(headers['x-rqlite-served-by']).toBe(new URL(node.url).host)
    }
  })

  row(55, 'fresh enough data is given, and other levels and the leader are exempt', async () => {
    const { cluster } = suite
    await cluster.processes.converged()
    const one = '{"results":[{"columns":["1"],"types":["integer"],"values":[[1]]}]}'
    const leader = await cluster.leader()
    for (const parameters of ['level=none&freshness=1ns', 'level=none&freshness=1ns&freshness_strict']) {
      expect(await leader.query(['SELECT 1'], parameters), parameters).toBe(one)
    }
    for (const follower of await cluster.followers()) {
      expect(await follower.query(['SELECT 1'], 'level=none&freshness=30s')).toBe(one)
      expect(await follower.query(['SELECT 1'], 'level=none&freshness=30s&freshness_strict')).toBe(one)
      for (const level of ['weak', 'linearizable', 'strong']) {
        expect(await follower.query(['SELECT 1'], `level=${level}&freshness=1ns`), level).toBe(one)
      }
      expect(await follower.query(['SELECT 1'], 'level=none&freshness=1ns')).toBe(
        '{"results":[],"error":"stale read"}',
      )
    }
  })

  row(
    52,
    'a linearizable read sees all that was acknowledged, whoever leads',
    async () => {
      await withCluster({}, async (cluster) => {
        const [node] = cluster.nodes
        await node!.execute(['CREATE TABLE acknowledged (v INTEGER PRIMARY KEY)'])
        for (let round = 1; round <= 3; round++) {
          const leader = cluster.process(await cluster.leader())
          const insert = [`INSERT INTO acknowledged VALUES(${round})`]
          expect(await cluster.of(leader).patient('/db/execute', insert)).not.toContain('error')
          await leader.kill()
          const survivors = cluster.nodes.filter((one) => cluster.process(one).running)
          for (const survivor of survivors) {
            const sql = 'SELECT count(*) FROM acknowledged'
            const text = await survivor.patient('/db/query?level=linearizable', [sql])
            expect(text).toContain(`"values":[[${round}]]`)
          }
          cluster.processes.restart(leader)
          await cluster.processes.ready()
        }
      })
    },
    { timeout: 120_000 },
  )
})
