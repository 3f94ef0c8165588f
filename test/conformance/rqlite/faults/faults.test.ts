/** Things that go wrong while clients work: what was acknowledged is there, and nothing is half done. */
import { describe, expect, test } from 'vitest'
import type { Api } from '../harness/api.ts'
import { type ApiCluster, withCluster, withFrozen } from '../harness/cluster.ts'
import { makeFile } from '../harness/database-file.ts'
import { ask } from '../harness/http.ts'

const TIMEOUT = { timeout: 180_000 }

/** Inserts one number after the other until it is told to stop; each under a name, so that it can be repeated. */
class Writer {
  readonly acknowledged: number[] = []
  #stopped = false
  readonly #done: Promise<void>

  constructor(nodes: () => readonly Api[], first: number) {
    this.#done = this.#write(nodes, first)
  }

  async stop(): Promise<readonly number[]> {
    this.#stopped = true
    await this.#done
    return this.acknowledged
  }

  async #write(nodes: () => readonly Api[], first: number): Promise<void> {
    for (let value = first; !this.#stopped; value++) {
      const options = {
        method: 'POST',
        body: `[["INSERT INTO w VALUES(?)", ${value}]]`,
        headers: { 'Idempotency-Key': `value ${value}` },
        timeoutMs: 20_000,
      }
      // Until somebody says that it is done: a repetition of what was done is told so.
      for (let attempt = 0; ; attempt++) {
        const all = nodes()
        const node = all[(value + attempt) % all.length] as Api
        const answer = await ask(`${node.url}/db/execute?timeout=10s`, options).catch(() => undefined)
        if (answer?.status === 200 && answer.text.includes('"rows_affected":1')) break
        if (answer?.status === 200 && !answer.text.startsWith('{"results":[],"error"')) {
          throw new Error(`value ${value}: ${answer.text}`)
        }
        if (this.#stopped) return
      }
      this.acknowledged.push(value)
    }
  }
}

async function expectSameEverywhere(cluster: ApiCluster): Promise<readonly number[]> {
  await cluster.processes.ready()
  await cluster.processes.converged()
  const [first, ...others] = await Promise.all(
    cluster.nodes.map((node) => node.query(['SELECT v FROM w ORDER BY rowid'], 'level=none')),
  )
  for (const other of others) expect(other).toBe(first)
  const { results } = JSON.parse(first as string)
  return (results[0].values ?? []).map(([value]: [number]) => value)
}

describe('faults', () => {
  test('the leader is killed again and again under forwarded writes', TIMEOUT, async () => {
    await withCluster({}, async (cluster) => {
      await cluster.nodes[0]!.execute(['CREATE TABLE w (v INTEGER)'])
      const running = (): readonly Api[] => cluster.nodes.filter((node) => cluster.process(node).running)
      const writers = [0, 1, 2, 3].map((i) => new Writer(running, 1_000_000 * i))
      const total = (): number => writers.reduce((sum, { acknowledged }) => sum + acknowledged.length, 0)
      for (let round = 0; round < 3; round++) {
        const goal = total() + 60
        await cluster.processes.until(60_000, 'writes', async () => total() >= goal)
        const leader = cluster.process(await cluster.leader())
        await leader.kill()
        const more = total() + 20
        await cluster.processes.until(60_000, 'writes after the kill', async () => total() >= more)
        cluster.processes.restart(leader)
        await cluster.processes.ready()
      }
      const acknowledged = (await Promise.all(writers.map((writer) => writer.stop()))).flat()
      const rows = await expectSameEverywhere(cluster)
      expect(new Set(rows).size).toBe(rows.length)
      const kept = new Set(rows)
      expect(acknowledged.filter((value) => !kept.has(value))).toEqual([])
    })
  })

  test(
    'a leader that hangs is replaced, and when it goes on it has not missed anything',
    TIMEOUT,
    async () => {
      await withCluster({}, async (cluster) => {
        await cluster.nodes[0]!.execute(['CREATE TABLE w (v INTEGER)'])
        const old = await cluster.leader()
        const others = cluster.nodes.filter((node) => node !== old)
        await withFrozen(cluster, [old], async () => {
          await cluster.processes.until(30_000, 'another leader', async () => {
            const state = await Promise.all(others.map((node) => node.status('store.raft.state')))
            return state.includes('Leader')
          })
          const writer = new Writer(() => others, 0)
          await cluster.processes.until(
            60_000,
            'writes without it',
            async () => writer.acknowledged.length >= 50,
          )
          await writer.stop()
        })
        // It answers with what happened meanwhile, or not at all.
        expect(await old.rows('SELECT count(*) >= 50 FROM w', 'level=linearizable')).toEqual([[1]])
        const rows = await expectSameEverywhere(cluster)
        expect(new Set(rows).size).toBe(rows.length)
      })
    },
  )

  test(
    'a file is loaded while another client writes: before or after it, never a mixture',
    TIMEOUT,
    async () => {
      await withCluster({}, async (cluster) => {
        await cluster.nodes[0]!.execute(['CREATE TABLE w (v INTEGER)'])
        const bytes = await makeFile([
          'CREATE TABLE w (v INTEGER)',
          'INSERT INTO w VALUES(-1)',
          'CREATE TABLE ballast (v TEXT)',
          'WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 40000) INSERT INTO ballast SELECT hex(zeroblob(40)) FROM n',
        ])
        const writer = new Writer(() => cluster.nodes, 0)
        await cluster.processes.until(60_000, 'writes before', async () => writer.acknowledged.length >= 20)
        const [follower] = await cluster.followers()
        const loaded = await follower!.ask('/db/load', { method: 'POST', body: bytes })
        expect(loaded).toMatchObject({ status: 200, text: '{"results":[]}' })
        const before = writer.acknowledged.length
        await cluster.processes.until(
          60_000,
          'writes after',
          async () => writer.acknowledged.length >= before + 20,
        )
        const acknowledged = await writer.stop()
        const rows = await expectSameEverywhere(cluster)
        // What the file holds, and from one write on all that came after it.
        expect(rows[0]).toBe(-1)
        expect(rows.slice(1)).toEqual(acknowledged.slice(acknowledged.length - rows.length + 1))
        expect(rows.length).toBeGreaterThan(20)
        // What was acknowledged before the load began is gone with the database it was in.
        expect(rows).not.toContain(acknowledged[19])
        expect(await follower!.rows('SELECT count(*) FROM ballast', 'level=linearizable')).toEqual([[40_000]])
      })
    },
  )

  test(
    'everyone is killed while writes are queued: what a flush had confirmed is there',
    TIMEOUT,
    async () => {
      await withCluster({}, async (cluster) => {
        const [follower] = await cluster.followers()
        await follower!.execute(['CREATE TABLE w (v INTEGER)'])
        for (let i = 0; i < 100; i++) await follower!.execute([`INSERT INTO w VALUES(${i})`], 'queue')
        await follower!.execute([], 'queue&wait')
        for (let i = 100; i < 120; i++) await follower!.execute([`INSERT INTO w VALUES(${i})`], 'queue')
        await Promise.all(cluster.processes.nodes.map((process) => process.kill()))
        for (const process of cluster.processes.nodes) cluster.processes.restart(process)
        const rows = await expectSameEverywhere(cluster)
        expect(rows.slice(0, 100)).toEqual(Array.from({ length: 100 }, (_, i) => i))
        // Of those that nobody confirmed a first part may be there, in their order.
        expect(rows.slice(100)).toEqual(Array.from({ length: rows.length - 100 }, (_, i) => 100 + i))
      })
    },
  )
})
