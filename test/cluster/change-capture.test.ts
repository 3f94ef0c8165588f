/** Change capture of whole clusters: what arrives at an endpoint, also when those who send it die. */
import { describe, expect, test, vi } from 'vitest'
import { createChangeCaptureConfig } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'
import { ChangeSink, type Delivery } from './change-sink.ts'
import { ProcessCluster, type ProcessNode } from './processes.ts'

const TIMEOUT_MS = 120_000
/** Nobody is to lose the lead because the machine is busy: that may repeat what was sent. */
const CALM_MS = 10_000
const CALM = ['--raft-election-timeout', `${CALM_MS}ms`]

const WAIT = { timeout: 40_000, interval: 20 }

const valuesOf = (deliveries: Iterable<Delivery>): unknown[] =>
  [...deliveries].flatMap(({ events }) => events.map(({ after }) => after?.x))

async function inserted(node: ProcessNode, x: number): Promise<boolean> {
  try {
    const response = await fetch(`${node.url}/db/execute`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json', 'Idempotency-Key': `insert ${x}` },
      body: JSON.stringify([['INSERT INTO t (x) VALUES (?)', x]]),
      signal: AbortSignal.timeout(5_000),
    })
    const { results } = (await response.json()) as { results?: { error?: string }[] }
    return response.ok && results?.[0]?.error === undefined
  } catch {
    return false
  }
}

describe('change capture', () => {
  test('change capture - five hundred inserts arrive in order, once, and from the leader alone', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using sink = await ChangeSink.start()
    await using cluster = await ProcessCluster.start({ flags: ['--cdc-config', sink.url, ...CALM] })
    const leader = await cluster.leader()
    await leader.client.execute(['CREATE TABLE t (id INTEGER PRIMARY KEY, x)'])
    // From a follower, one after the other.
    const follower = cluster.nodes.find((node) => node !== leader) as ProcessNode
    for (let x = 1; x <= 500; x++) expect(await inserted(follower, x)).toBe(true)
    await vi.waitFor(() => expect(sink.deliveries.length).toBeGreaterThanOrEqual(500), WAIT)
    expect(sink.deliveries).toHaveLength(500)
    expect(valuesOf(sink.deliveries)).toEqual(Array.from({ length: 500 }, (_, i) => i + 1))
    expect(new Set(sink.deliveries.map(({ nodeId }) => nodeId))).toEqual(new Set([leader.id]))
    const indexes = sink.deliveries.map(({ index }) => index)
    expect(indexes).toEqual([...new Set(indexes)].sort((a, b) => a - b))
    expect(sink.deliveries[0]?.events).toEqual([
      { op: 'INSERT', table: 't', new_row_id: 1, after: { id: 1, x: 1 } },
    ])
  })

  test('change capture - no change is left out when leaders are killed, nor when all are', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using sink = await ChangeSink.start()
    await using cluster = await ProcessCluster.start({ flags: ['--cdc-config', sink.url] })
    await (await cluster.leader()).client.execute(['CREATE TABLE t (id INTEGER PRIMARY KEY, x)'])
    let x = 0
    const writeSome = async (count: number): Promise<void> => {
      for (const last = x + count; x < last; x++) {
        await vi.waitFor(async () => {
          const running = cluster.nodes.filter((node) => node.running)
          expect(await inserted(running[x % running.length] as ProcessNode, x)).toBe(true)
        }, WAIT)
      }
    }
    for (let round = 0; round < 2; round++) {
      await writeSome(40)
      const leader = await cluster.leader()
      await leader.kill()
      await writeSome(40)
      cluster.restart(leader)
      await cluster.ready()
    }
    // What waits while the endpoint is down survives that all are killed.
    sink.status = 503
    await writeSome(40)
    for (const node of cluster.nodes) await node.kill()
    for (const node of cluster.nodes) cluster.restart(node)
    await cluster.ready()
    sink.status = 200
    const wanted = Array.from({ length: x }, (_, i) => i)
    await vi.waitFor(() => expect(valuesOf(sink.distinct.values())).toEqual(wanted), WAIT)
    const { rows } = await answered(await cluster.leader())
    expect(rows).toEqual(wanted)
  })

  test('change capture - a lead that is handed over costs no repetition', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using sink = await ChangeSink.start()
    const config = { ...createChangeCaptureConfig(sink.url), serviceId: 'shop', batchSizeMax: 2 }
    await using cluster = await startCluster({ changeCapture: config, raft: { electionTimeoutMs: CALM_MS } })
    await databaseOf(cluster, await cluster.leader()).execute(['CREATE TABLE t (id INTEGER PRIMARY KEY, x)'])
    for (let x = 0; x < 60; x++) {
      if (x % 20 === 10) {
        const leader = await cluster.leader()
        await cluster.nodes[leader]?.node.cluster.transferLeadership()
      }
      await databaseOf(cluster, x % 3).execute([`INSERT INTO t (x) VALUES (${x})`])
    }
    await cluster.stop(await cluster.leader())
    await databaseOf(cluster, await cluster.leader()).execute(['INSERT INTO t (x) VALUES (60)'])
    const wanted = Array.from({ length: 61 }, (_, i) => i)
    await vi.waitFor(() => expect(sink.deliveries.length).toBeGreaterThanOrEqual(61), WAIT)
    expect(valuesOf(sink.deliveries)).toEqual(wanted)
    expect(new Set(sink.deliveries.map(({ serviceId }) => serviceId))).toEqual(new Set(['shop']))
    expect(new Set(sink.deliveries.map(({ nodeId }) => nodeId)).size).toBeGreaterThan(1)
    const { outbound } = await (
      cluster.nodes[await cluster.leader()] as TestCluster['nodes'][number]
    ).node.cluster.status()
    expect(outbound.changeCapture).toMatchObject({ capturing: true, serviceId: 'shop', failure: undefined })
  })
})

async function answered(node: ProcessNode): Promise<{ rows: unknown[] }> {
  const response = await fetch(`${node.url}/db/query?q=SELECT%20x%20FROM%20t%20ORDER%20BY%20id`)
  const { results } = (await response.json()) as { results: { values: unknown[][] }[] }
  return { rows: results[0]?.values.map(([x]) => x) ?? [] }
}

function databaseOf(
  cluster: TestCluster,
  position: number,
): TestCluster['nodes'][number]['node']['database'] {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node.database
}
