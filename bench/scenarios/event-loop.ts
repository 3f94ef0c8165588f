/** How long the main thread keeps heartbeats and clients waiting while it is loaded. */
import { insert, pointSelect } from '../load/templates.ts'
import type { WeightedTemplate } from '../load/types.ts'
import type { Cluster, ClusterNode } from '../systems/types.ts'
import type { Bench, Findings, Row, Scenario, Target } from '../types.ts'
import { createTable, fillTable, load, warm } from './common.ts'

const ROWS = 1_000
const CLIENTS = [64, 256]
/** A timer of 10 ms has 100 turns a second, and one in a thousand is asked for. */
const SECONDS_MIN = 3
const TARGET: Target = { of: 'debros', statistic: 'median', at: 'most', bound: 10 }
const LOADS: Readonly<Record<string, readonly WeightedTemplate[]>> = {
  writes: [{ template: insert(), weight: 1 }],
  'reads and writes': [
    { template: pointSelect('linearizable', ROWS), weight: 9 },
    { template: insert(), weight: 1 },
  ],
}

export const eventLoop: Scenario = {
  name: 'event-loop',
  title: 'Event-loop delay under load',
  method:
    'The 99.9th percentile of how late the main thread got to a timer of 10 ms, as /metrics tells it, over each sample of load on the leader.',
  targets: ['p99.9 of the main thread under load: <= 10 ms'],
  systems: ['debros'],
  short: true,
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const cluster = await bench.start('debros')
  if (cluster === undefined) return { rows: [] }
  await createTable(cluster)
  await fillTable(cluster, ROWS)
  await warm(bench, [cluster], () => Object.values(LOADS).flat())
  const rows: Row[] = []
  for (const [name, requests] of Object.entries(LOADS)) {
    for (const clients of CLIENTS) rows.push(...(await measure(bench, cluster, name, clients, requests)))
  }
  return { rows }
}

/** A row for the leader and one for the worse of the followers. */
async function measure(
  bench: Bench,
  cluster: Cluster,
  name: string,
  clients: number,
  requests: readonly WeightedTemplate[],
): Promise<Row[]> {
  bench.note(`${name}, ${clients} clients`)
  const seconds = Math.max(bench.options.seconds, SECONDS_MIN)
  const delays = { leader: [] as number[], follower: [] as number[] }
  for (let i = 0; i < bench.options.pairs; i++) {
    const leader = await cluster.leader()
    await Promise.all(cluster.nodes.map(delayOf))
    await load(bench, [leader], { clients, requests, seconds, warmUpSeconds: 0 })
    const followers = cluster.nodes.filter((node) => node !== leader)
    delays.leader.push(await delayOf(leader))
    delays.follower.push(Math.max(...(await Promise.all(followers.map(delayOf)))))
  }
  return (['leader', 'follower'] as const).map((place) => ({
    id: `${name.replaceAll(' ', '-')}-${clients}-${place}`,
    label: `${name}, ${clients} clients, ${place}`,
    unit: 'ms',
    better: 'lower',
    samples: { debros: delays[place] },
    target: TARGET,
  }))
}

/** In milliseconds, since it was last asked for. */
async function delayOf(node: ClusterNode): Promise<number> {
  const metrics = await (await fetch(`http://${node.address}/metrics`)).text()
  const found = /^debros_event_loop_delay_seconds\{quantile="0.999"\} (\S+)$/m.exec(metrics)
  return found === null ? 0 : 1000 * Number(found[1])
}
