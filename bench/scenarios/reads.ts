/** One row by its key, at every read level, on the leader and on a follower. */
import { etcdRange, type Level, pointSelect } from '../load/templates.ts'
import type { WeightedTemplate } from '../load/types.ts'
import type { Cluster } from '../systems/types.ts'
import { inTurns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario } from '../types.ts'
import { fillWith, loadAt, type Place, warm } from './common.ts'
import { rateRow, seriesOf } from './load-rows.ts'

const CLIENTS = 64
const ROWS = 1_000
const LEVELS: readonly Level[] = ['none', 'weak', 'linearizable']

export const reads: Scenario = {
  name: 'reads',
  title: 'Reads over HTTP: one row by its key',
  method: `${CLIENTS} clients ask for one of ${ROWS} rows by primary key (etcd: one of as many keys, serializable where the level is none or weak, else linearizable).`,
  targets: ['linearizable reads/s on the leader against etcd: >= 1.2'],
  systems: ['debros', 'against', 'etcd', 'rqlite'],
  short: true,
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  for (const cluster of clusters) await fillWith(bench, cluster, ROWS)
  await warm(bench, clusters, (cluster) => readsOf(cluster, 'linearizable'))
  const leader = await readLevels(bench, clusters, 'leader')
  const follower = await readLevels(bench, clusters, 'follower')
  return {
    rows: [...leader, ...follower],
    plots: [
      {
        name: 'reads',
        title: `Reads by primary key, ${CLIENTS} clients`,
        kind: 'bars',
        x: { label: 'read level' },
        y: { label: 'reads/s' },
        series: [...seriesOf(leader, LEVELS), ...seriesOf(follower, LEVELS, ' (follower)')],
      },
    ],
  }
}

async function readLevels(bench: Bench, clusters: readonly Cluster[], place: Place): Promise<Row[]> {
  const rows: Row[] = []
  for (const level of LEVELS) rows.push(await read(bench, clusters, place, level))
  return rows
}

function readsOf({ api }: Cluster, level: Level): readonly WeightedTemplate[] {
  const template = api === 'etcd' ? etcdRange(ROWS, level !== 'linearizable') : pointSelect(level, ROWS)
  return [{ template, weight: 1 }]
}

async function read(bench: Bench, clusters: readonly Cluster[], place: Place, level: Level): Promise<Row> {
  bench.note(`${level}, on the ${place}`)
  const turns = await inTurns(bench, clusters, (cluster) =>
    loadAt(bench, cluster, place, { clients: CLIENTS, requests: readsOf(cluster, level) }),
  )
  const init = { id: `${place}-${level}`, label: `${level}, ${place}` }
  if (place !== 'leader' || level !== 'linearizable') return rateRow(init, turns)
  const target = { of: { ratioTo: 'etcd' }, statistic: 'median', at: 'least', bound: 1.2 } as const
  return rateRow({ ...init, target }, turns)
}
