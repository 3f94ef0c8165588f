/** What scenarios of load have in common. */
import { setTimeout as sleep } from 'node:timers/promises'
import { cpuSeconds } from '../cpu.ts'
import { runLoad } from '../load/run-load.ts'
import { etcdPut, type Level, TABLE } from '../load/templates.ts'
import type { LoadPlan, LoadResult, WeightedTemplate } from '../load/types.ts'
import type { Cluster, ClusterNode } from '../systems/types.ts'
import type { Bench } from '../types.ts'

/** Writes are told apart by their numbers: each run has a hundred million of its own. */
let firstNumber = 0

export type Place = 'leader' | 'follower'

export async function nodeAt(cluster: Cluster, place: Place): Promise<ClusterNode> {
  const leader = await cluster.leader()
  if (place === 'leader') return leader
  return cluster.nodes.find((node) => node.running && node !== leader) as ClusterNode
}

/** The options' seconds of load, through this node or these nodes. */
export async function load(
  bench: Bench,
  nodes: readonly ClusterNode[],
  plan: Pick<LoadPlan, 'clients' | 'requests'> & Partial<LoadPlan>,
  enough?: AbortSignal,
): Promise<LoadResult> {
  firstNumber += 1e8
  return await runLoad(
    {
      addresses: nodes.map(({ address }) => address),
      seconds: bench.options.seconds,
      warmUpSeconds: bench.options.warmUpSeconds,
      firstNumber,
      ...plan,
    },
    bench.signal,
    enough,
  )
}

/** The same through the leader or a follower, with what it took of the CPU. */
export async function loadAt(
  bench: Bench,
  cluster: Cluster,
  place: Place,
  plan: Parameters<typeof load>[2],
): Promise<LoadResult> {
  const node = await nodeAt(cluster, place)
  return await withCpu(cluster, () => load(bench, [node], plan))
}

/** A process runs its first thousands of requests in code that is not compiled yet. */
const WARM_CLIENTS = 32
const WARM_SECONDS: Readonly<Record<Place, number>> = { follower: 2, leader: 3 }

/** Brings all clusters, peers like ours, to where they stay: they are measured as they run, not as they start. */
export async function warm(
  bench: Bench,
  clusters: readonly Cluster[],
  requestsOf: (cluster: Cluster) => readonly WeightedTemplate[],
): Promise<void> {
  bench.note('warming up')
  for (const cluster of clusters) {
    for (const place of ['follower', 'leader'] as const) {
      const plan = { clients: WARM_CLIENTS, seconds: WARM_SECONDS[place], warmUpSeconds: 0 }
      await load(bench, [await nodeAt(cluster, place)], { ...plan, requests: requestsOf(cluster) })
    }
  }
}

/** Adds what the requests took of the CPU, on all nodes of the cluster together. */
export async function withCpu(cluster: Cluster, run: () => Promise<LoadResult>): Promise<LoadResult> {
  const before = cpuSeconds(cluster)
  const result = await run()
  const after = cpuSeconds(cluster)
  if (before === undefined || after === undefined || result.doneInAll === 0) return result
  return { ...result, cpuMicroseconds: (1e6 * (after - before)) / result.doneInAll }
}

/** The table that the requests of load/templates.ts use. */
export async function createTable(cluster: Cluster): Promise<void> {
  await execute(await cluster.leader(), [TABLE])
}

/** A statement with more would be a long one for all who wait behind it. */
const FILL_STEP = 50_000

/** Rows with the ids 1 to `count`. */
export async function fillTable(cluster: Cluster, count: number): Promise<void> {
  const leader = await cluster.leader()
  for (let filled = 0; filled < count; filled += FILL_STEP) {
    const step = Math.min(FILL_STEP, count - filled)
    await execute(leader, [
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${step})
       INSERT INTO load(name, value) SELECT 'name-' || (${filled} + i), '${'x'.repeat(100)}' FROM n`,
    ])
  }
}

/** So many rows or keys, for the reads of load/templates.ts. */
export async function fillWith(bench: Bench, cluster: Cluster, count: number): Promise<void> {
  if (cluster.api === 'rqlite') {
    await createTable(cluster)
    await fillTable(cluster, count)
    return
  }
  // Every key several times over: the numbers begin again.
  const requests = [{ template: { ...etcdPut(), numbers: count }, weight: 1 }]
  await load(bench, [await cluster.leader()], { clients: 64, requests, warmUpSeconds: 0, seconds: 1 })
}

export async function execute(node: ClusterNode, statements: readonly unknown[], flags = ''): Promise<void> {
  const response = await fetch(`http://${node.address}/db/execute${flags}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(statements),
  })
  const text = await response.text()
  if (!response.ok || text.includes('"error"'))
    throw new Error(`${node.id} answered ${response.status}: ${text}`)
}

export async function query(
  node: ClusterNode,
  sql: string,
  level: Level = 'linearizable',
): Promise<readonly (readonly unknown[])[]> {
  const response = await fetch(`http://${node.address}/db/query?level=${level}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify([sql]),
  })
  const text = await response.text()
  if (!response.ok || text.includes('"error"'))
    throw new Error(`${node.id} answered ${response.status}: ${text.slice(0, 1_000)}`)
  const { results } = JSON.parse(text) as { results: readonly { values?: readonly unknown[][] }[] }
  return results[0]?.values ?? []
}

/** Waits until the node says that it is. */
export async function ready(node: ClusterNode): Promise<void> {
  for (;;) {
    const response = await fetch(`http://${node.address}/readyz`).catch(() => undefined)
    await response?.arrayBuffer()
    if (response?.ok === true) return
    if (!node.running) throw new Error(`${node.id} has ended: ${node.output}`)
    await sleep(20)
  }
}

export async function snapshot(node: ClusterNode): Promise<void> {
  const response = await fetch(`http://${node.address}/snapshot`, { method: 'POST' })
  const text = await response.text()
  if (!response.ok) throw new Error(`${node.id} took no snapshot: ${text}`)
}
