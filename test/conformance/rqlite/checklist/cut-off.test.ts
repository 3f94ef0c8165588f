/** A node that the others cannot be reached from: what it still answers, and how soon it refuses the rest. */
import { describe, expect } from 'vitest'
import type { Api } from '../harness/api.ts'
import { type ApiCluster, useCluster, withCluster, withFrozen } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

/** A follower that has noticed that it is alone. */
async function cutOff(run: (alone: Api, cluster: ApiCluster) => Promise<void>): Promise<void> {
  const { cluster } = suite
  await cluster.processes.ready()
  await (await cluster.leader()).execute([
    'CREATE TABLE IF NOT EXISTS kept (v INTEGER PRIMARY KEY)',
    'INSERT OR IGNORE INTO kept VALUES(1)',
  ])
  await cluster.processes.converged()
  const [alone] = await cluster.followers()
  await withFrozen(
    cluster,
    cluster.nodes.filter((node) => node !== alone),
    async () => {
      await cluster.processes.until(20_000, 'the node to miss its leader', async () => {
        return (await alone!.ask('/leader?timeout=1s')).status === 503
      })
      await run(alone!, cluster)
    },
  )
  await cluster.processes.ready()
}

describe('cut off', () => {
  row(49, 'none is answered without a leader', async () => {
    await cutOff(async (alone) => {
      expect(await alone.query(['SELECT v FROM kept'], 'level=none')).toContain('"values":[[1]]')
      expect(await alone.request(['SELECT v FROM kept'], 'level=none')).toContain('"values":[[1]]')
    })
  })

  row(50, '503, leader not found', async () => {
    await cutOff(async (alone) => {
      const refused = { status: 503, text: 'leader not found\n' }
      const asked = ['weak', 'strong', 'linearizable', 'auto'].map((level) =>
        alone.post(`/db/query?timeout=2s&level=${level}`, '["SELECT v FROM kept"]'),
      )
      const written = ['/db/execute', '/db/request'].map((path) =>
        alone.post(`${path}?timeout=2s`, '["INSERT INTO kept VALUES(2)"]'),
      )
      for (const answer of await Promise.all([...asked, ...written])) expect(answer).toMatchObject(refused)
      expect(await alone.post('/db/request?timeout=2s', '["SELECT 1"]')).toMatchObject(refused)
      expect(await alone.ask('/leader')).toMatchObject(refused)
    })
    for (const node of suite.cluster.nodes)
      expect(await node.rows('SELECT v FROM kept', 'level=linearizable')).toEqual([[1]])
  })

  row(55, 'what has not heard of a leader for longer is stale', async () => {
    await cutOff(async (alone, cluster) => {
      await cluster.processes.until(20_000, 'the data to be stale', async () => {
        return (
          (await alone.query(['SELECT 1'], 'level=none&freshness=300ms')) ===
          '{"results":[],"error":"stale read"}'
        )
      })
      expect(await alone.request(['SELECT 1'], 'level=none&freshness=1ms')).toBe(
        '{"results":[],"error":"stale read"}',
      )
      expect(await alone.query(['SELECT 1'], 'level=none&freshness=10m')).toContain('"values":[[1]]')
      expect(await alone.query(['SELECT 1'], 'level=none')).toContain('"values":[[1]]')
    })
  })

  row(47, '503 unless noleader', async () => {
    await cutOff(async (alone) => {
      expect(
        await alone.post('/db/execute?queue&timeout=2s', '["INSERT INTO kept VALUES(3)"]'),
      ).toMatchObject({
        status: 503,
        text: 'leader not found\n',
      })
      const queued = await alone.post('/db/execute?queue&noleader', '["INSERT INTO kept VALUES(4)"]')
      expect(queued).toMatchObject({
        status: 200,
        text: expect.stringMatching(/^\{"results":\[\],"sequence_number":\d+\}$/),
      })
    })
    await suite.cluster.processes.until(20_000, 'what was queued to be written', async () => {
      const [node] = suite.cluster.nodes
      return (await node!.rows('SELECT v FROM kept WHERE v > 1', 'level=linearizable')).length > 0
    })
    expect(
      await suite.cluster.nodes[0]!.rows('SELECT v FROM kept WHERE v > 1', 'level=linearizable'),
    ).toEqual([[4]])
    await suite.cluster.nodes[0]!.execute(['DELETE FROM kept WHERE v > 1'])
  })

  row(46, '408 if it is not written in time', async () => {
    await cutOff(async (alone) => {
      expect(
        await alone.post(
          '/db/execute?queue&wait&noleader&timeout=300ms',
          '["INSERT OR IGNORE INTO kept VALUES(1)"]',
        ),
      ).toMatchObject({ status: 408, text: 'queue wait timeout\n' })
    })
  })

  row(72, 'without a leader', async () => {
    await cutOff(async (alone) => {
      expect(await alone.ask('/readyz')).toMatchObject({
        status: 503,
        text: '[+]node ok\n[+]leader does not exist',
      })
      expect(await alone.ask('/readyz?sync&timeout=1s')).toMatchObject({
        status: 503,
        text: '[+]node ok\n[+]leader does not exist',
      })
      expect(await alone.ask('/readyz?noleader')).toMatchObject({ status: 200, text: '[+]node ok' })
    })
  })

  row(53, 'they are an HTTP error, in bounded time', async () => {
    await withCluster({ nodes: 2 }, async (cluster) => {
      const leader = await cluster.leader()
      await leader.execute(['CREATE TABLE t (v)'])
      // Both kinds have been served before, so that nothing is upgraded.
      for (const level of ['linearizable', 'strong'])
        await leader.query(['SELECT * FROM t'], `level=${level}`)
      await cluster.process(await cluster.follower()).kill()
      const answers = await Promise.all(
        ['linearizable', 'strong'].map((level) =>
          leader.post(`/db/query?level=${level}&timeout=10s`, '["SELECT * FROM t"]'),
        ),
      )
      for (const { status, text } of answers) {
        expect(status, text).toBeGreaterThanOrEqual(500)
        expect(text).toBe('leader not found\n')
      }
    })
  })

  row(54, 'the outcome is told, or that it is unknown', async () => {
    const { cluster } = suite
    await cluster.processes.ready()
    const leader = await cluster.leader()
    await leader.execute(['CREATE TABLE fates (v INTEGER PRIMARY KEY)'])
    const others = cluster.nodes.filter((node) => node !== leader)
    let answer: { status: number; text: string } | undefined
    await withFrozen(cluster, others, async () => {
      answer = await leader.post('/db/execute?timeout=5s', '["INSERT INTO fates VALUES(1)"]')
    })
    // It was in the leader's log when the others went away: nobody can know yet whether it will be applied.
    expect(answer).toMatchObject({
      status: 200,
      text: '{"results":[],"error":"leadership lost while committing log"}',
    })
    await cluster.processes.ready()
    const counts = await Promise.all(
      cluster.nodes.map((node) => node.rows('SELECT count(*) FROM fates', 'level=linearizable')),
    )
    expect(new Set(counts.flat(2)).size).toBe(1)
  })
})
