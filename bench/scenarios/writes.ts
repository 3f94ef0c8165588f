/** Single-row writes over HTTP, by how many clients, and where they ask. */
import { etcdPut, insert } from '../load/templates.ts'
import type { LoadResult, WeightedTemplate } from '../load/types.ts'
import type { Cluster } from '../systems/types.ts'
import { inTurns, type Turns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario, Target } from '../types.ts'
import { createTable, loadAt, type Place, warm } from './common.ts'
import { latencySeries, rateRow, seriesOf } from './load-rows.ts'

/** Against etcd, by clients. */
const TARGETS: Readonly<Record<number, number>> = { 1: 1, 16: 1, 64: 1.4, 256: 1.6 }

/** In the short run followers are asked by so many alone. */
const FOLLOWER_CLIENTS = 64

export const writes: Scenario = {
  name: 'writes',
  title: 'Writes over HTTP: one row a request',
  method:
    'Each client inserts a row of about 110 bytes (etcd: puts a key of 15 and a value of 100), waits for the answer, and goes on.',
  targets: ['INSERTs/s against etcd: >= 1 at 1 and 16 clients, >= 1.4 at 64, >= 1.6 at 256'],
  systems: ['debros', 'against', 'etcd', 'rqlite'],
  short: true,
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  for (const cluster of clusters) if (cluster.api === 'rqlite') await createTable(cluster)
  await warm(bench, clusters, writesOf)
  const { clients, short } = bench.options
  const leader = await sweep(bench, clusters, 'leader', clients)
  const few = short ? clients.filter((count) => count === FOLLOWER_CLIENTS) : clients
  const follower = await sweep(bench, clusters, 'follower', few)
  return {
    rows: [...leader.rows, ...follower.rows],
    plots: [
      {
        name: 'writes',
        title: 'Durable single-row writes',
        x: { label: 'clients', log: true },
        y: { label: 'writes/s', log: true },
        series: [
          ...seriesOf(leader.rows, clients),
          ...(few.length > 1 ? seriesOf(follower.rows, few, ' (follower)') : []),
        ],
      },
      {
        name: 'latency',
        title: 'Latency of single-row writes through the leader',
        x: { label: 'clients', log: true },
        y: { label: 'milliseconds', log: true },
        series: latencySeries(leader.turns, clients),
      },
    ],
  }
}

/** By numbers of clients. */
interface Sweep {
  readonly rows: readonly Row[]
  readonly turns: readonly Turns<LoadResult>[]
}

async function sweep(
  bench: Bench,
  clusters: readonly Cluster[],
  place: Place,
  counts: readonly number[],
): Promise<Sweep> {
  const rows: Row[] = []
  const all: Turns<LoadResult>[] = []
  for (const clients of counts) {
    bench.note(`${clients} clients, through the ${place}`)
    const turns = await inTurns(bench, clusters, (cluster) =>
      loadAt(bench, cluster, place, { clients, requests: writesOf(cluster) }),
    )
    all.push(turns)
    const target = place === 'leader' ? targetFor(clients) : undefined
    const label = `${clients} client${clients === 1 ? '' : 's'}, ${place}`
    rows.push(rateRow({ id: `${place}-${clients}`, label, ...(target && { target }) }, turns))
  }
  return { rows, turns: all }
}

function writesOf({ api }: Cluster): readonly WeightedTemplate[] {
  return [{ template: api === 'etcd' ? etcdPut() : insert(), weight: 1 }]
}

function targetFor(clients: number): Target | undefined {
  const bound = TARGETS[clients]
  if (bound === undefined) return undefined
  return { of: { ratioTo: 'etcd' }, statistic: 'median', at: 'least', bound }
}
