/** What scenarios of load have in common. */
import { cpuSeconds } from '../cpu.ts'
import { runLoad } from '../load/run-load.ts'
import { etcdPut, type Level, TABLE } from '../load/templates.ts'
import type { Latency, LoadPlan, LoadResult } from '../load/types.ts'
import { quantile, summarize } from '../report/statistics.ts'
import { formatNumber } from '../report/text.ts'
import type { Cluster, ClusterNode } from '../systems/types.ts'
import { samplesOf, type Turns } from '../turns.ts'
import type { Bench, Row, Series, SystemName, Target } from '../types.ts'

/** What is left of a core to the generator when it is no longer the systems that limit. */
const GENERATOR_BUSY = 0.85
/** Writes are told apart by their numbers: each run has its own million millions. */
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

/** Rows with the ids 1 to `count`. */
export async function fillTable(cluster: Cluster, count: number): Promise<void> {
  const sql = `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count})
    INSERT INTO load(name, value) SELECT 'name-' || i, '${'x'.repeat(100)}' FROM n`
  await execute(await cluster.leader(), [sql])
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

export async function execute(node: ClusterNode, statements: readonly unknown[]): Promise<void> {
  const response = await fetch(`http://${node.address}/db/execute`, {
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

export interface LoadRowInit {
  readonly id: string
  readonly label: string
  readonly target?: Target
  /** What a request counts for, such as its rows. @default 1 */
  readonly each?: number
}

/** Requests (or what they count for) a second. */
export function rateRow({ id, label, target, each = 1 }: LoadRowInit, turns: Turns<LoadResult>): Row {
  return {
    id,
    label,
    unit: '/s',
    better: 'higher',
    samples: samplesOf(turns, ({ perSecond }) => perSecond * each),
    ...(target !== undefined && { target }),
    details: Object.fromEntries([...turns].map(([system, results]) => [system, describeLoad(results)])),
  }
}

/** Latencies of the sample in the middle, the worst of all, and what went wrong. */
export function describeLoad(results: readonly LoadResult[]): string {
  const middle = [...results].sort((a, b) => a.perSecond - b.perSecond)[Math.floor(results.length / 2)]
  if (middle === undefined) return 'no samples'
  const worst = Math.max(...results.map(({ latency }) => latency.max))
  const busy = middle.generatorCpuSeconds / middle.seconds
  const limit = busy > GENERATOR_BUSY ? `, load generator at ${(100 * busy).toFixed(0)} % of a core` : ''
  const text = `${describeLatency(middle.latency)}, max ${worst.toFixed(0)} ms${describeCpu(results)}${limit}`
  const errors = new Map<string, number>()
  for (const result of results) {
    for (const [what, count] of Object.entries(result.errors))
      errors.set(what, (errors.get(what) ?? 0) + count)
  }
  return errors.size === 0
    ? text
    : `${text}, FAILED: ${[...errors].map(([what, n]) => `${n} x ${what}`).join(', ')}`
}

function describeCpu(results: readonly LoadResult[]): string {
  const costs = results.flatMap(({ cpuMicroseconds }) => cpuMicroseconds ?? [])
  return costs.length === 0 ? '' : `, CPU ${formatNumber(quantile(costs, 0.5))} us`
}

function describeLatency({ p50, p99 }: Latency): string {
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(1)} ms`
}

/** A line for each system through the medians of these rows, at these places of the x axis. */
export function seriesOf(rows: readonly Row[], xs: readonly (number | string)[], suffix = ''): Series[] {
  const systems = new Set(rows.flatMap((row) => Object.keys(row.samples) as SystemName[]))
  return [...systems].map((system) => ({
    name: `${system}${suffix}`,
    system,
    dashed: suffix !== '',
    points: rows.flatMap((row, i) => {
      const samples = row.samples[system]
      if (samples === undefined || samples.length === 0) return []
      const { median, low, high } = summarize(samples)
      return [{ x: xs[i] as number | string, y: median, low, high }]
    }),
  }))
}

/** Half of the requests took less than the one line, all but one in a hundred less than the other. */
export function latencySeries(all: readonly Turns<LoadResult>[], xs: readonly number[]): Series[] {
  const systems = [...new Set(all.flatMap((turns) => [...turns.keys()]))]
  return systems.flatMap((system) =>
    (['p50', 'p99'] as const).map((name) => ({
      name: `${system} ${name}`,
      system,
      dashed: name === 'p99',
      points: all.flatMap((turns, i) => {
        const samples = (turns.get(system) ?? []).map(({ latency }) => latency[name])
        return samples.length === 0 ? [] : [{ x: xs[i] as number, y: quantile(samples, 0.5) }]
      }),
    })),
  )
}
