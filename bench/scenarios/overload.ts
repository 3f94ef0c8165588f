/** Twice as much as it can do: what is admitted, what is shed, and what it is like right after. */
import { setTimeout as sleep } from 'node:timers/promises'
import { etcdPut, insert } from '../load/templates.ts'
import type { LoadResult } from '../load/types.ts'
import type { Cluster, ClusterNode } from '../systems/types.ts'
import { inTurns, samplesOf, type Turns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario } from '../types.ts'
import { createTable, load, nodeAt } from './common.ts'

/** With more, groups of writes grow no more. */
const CLIENTS = 256
const FACTOR = 2
/** So many that what is not answered does not hold the rest back. */
const OVERLOAD_CLIENTS = 2_000
const AFTER = { perSecond: 100, clients: 8, seconds: 2, warmUpSeconds: 0 }
const BUSY = 'HTTP 503'

export const overload: Scenario = {
  name: 'overload',
  title: 'Overload: twice as many writes as can be done',
  method: `First what ${CLIENTS} clients get done that wait for their answers; then ${FACTOR} times as many writes at even intervals over ${OVERLOAD_CLIENTS.toLocaleString('en-US')} connections, whether they are answered or not; right after that, ${AFTER.perSecond} a second. Latency is that of acknowledged writes, from when they were due. The generator shares the cores, and takes more of them when it sends more.`,
  systems: ['debros', 'against', 'etcd', 'rqlite'],
  short: true,
  run,
}

interface Sample {
  readonly before: LoadResult
  readonly during: LoadResult
  readonly after: LoadResult
  readonly leaderKept: boolean
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  for (const cluster of clusters) if (cluster.api === 'rqlite') await createTable(cluster)
  const turns = await inTurns(bench, clusters, (cluster) => sample(bench, cluster))
  return {
    rows: [
      row(
        'admitted',
        'acknowledged, of what can be done',
        turns,
        '',
        'higher',
        ({ before, during }) => during.perSecond / before.perSecond,
        describe,
      ),
      row('latency', 'acknowledged: p99', turns, 'ms', 'lower', ({ during }) => during.latency.p99),
      row(
        'shed',
        'told to come back later (503), of all',
        turns,
        '',
        'higher',
        ({ during }) => (during.errors[BUSY] ?? 0) / answersOf(during),
      ),
      row(
        'failed',
        'failed in any other way, of all',
        turns,
        '',
        'lower',
        ({ during }) => (failuresOf(during) - (during.errors[BUSY] ?? 0)) / answersOf(during),
      ),
      row('leader', 'rounds in which the leader changed', turns, '', 'lower', ({ leaderKept }) =>
        leaderKept ? 0 : 1,
      ),
      row('after', 'right after: slowest write', turns, 'ms', 'lower', ({ after }) => after.latency.max),
    ],
  }
}

async function sample(bench: Bench, cluster: Cluster): Promise<Sample> {
  const leader = await nodeAt(cluster, 'leader')
  const requests = [{ template: cluster.api === 'etcd' ? etcdPut() : insert(), weight: 1 }]
  const before = await load(bench, [leader], { clients: CLIENTS, requests })
  const during = await load(bench, [leader], {
    clients: OVERLOAD_CLIENTS,
    requests,
    perSecond: FACTOR * before.perSecond,
  })
  const after = await load(bench, [leader], { ...AFTER, requests })
  return { before, during, after, leaderKept: await leadsStill(cluster, leader) }
}

async function leadsStill(cluster: Cluster, leader: ClusterNode): Promise<boolean> {
  await sleep(100)
  return (await cluster.leader()) === leader
}

function failuresOf({ errors }: LoadResult): number {
  return Object.values(errors).reduce((sum, count) => sum + count, 0)
}

function answersOf(result: LoadResult): number {
  return Math.max(1, result.done + failuresOf(result))
}

function row(
  id: string,
  label: string,
  turns: Turns<Sample>,
  unit: string,
  better: Row['better'],
  pick: (sample: Sample) => number,
  details?: (sample: Sample) => string,
): Row {
  const last = [...turns].map(([system, samples]) => [system, samples.at(-1)] as const)
  return {
    id,
    label,
    unit,
    better,
    samples: samplesOf(turns, pick),
    ...(details && {
      details: Object.fromEntries(
        last.map(([system, one]) => [system, one === undefined ? '' : details(one)]),
      ),
    }),
  }
}

function describe({ before, during }: Sample): string {
  const perSecond = (result: LoadResult): string => `${Math.round(result.perSecond)}/s`
  const share = Math.round((100 * during.generatorCpuSeconds) / during.seconds)
  return `can do ${perSecond(before)}, offered ${Math.round(FACTOR * before.perSecond)}/s, did ${perSecond(during)}; p50 ${during.latency.p50.toFixed(0)} ms (before ${before.latency.p50.toFixed(0)} ms); generator ${share} % of a core`
}
