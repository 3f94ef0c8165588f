/** Nine reads to a write, as programs that keep their data in a database tend to ask. */
import { etcdPut, etcdRange, insert, type Level, pointSelect } from '../load/templates.ts'
import type { WeightedTemplate } from '../load/types.ts'
import type { Cluster } from '../systems/types.ts'
import { inTurns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario } from '../types.ts'
import { fillWith, loadAt, warm } from './common.ts'
import { rateRow } from './load-rows.ts'

const CLIENTS = 64
const ROWS = 1_000
const LEVELS: readonly Level[] = ['weak', 'linearizable']

export const mixed: Scenario = {
  name: 'mixed',
  title: 'Mixed: nine reads to a write',
  method: `${CLIENTS} clients on the leader; of ten requests nine read one of ${ROWS} rows by primary key (etcd: serializable where the level is weak, else linearizable), and one inserts.`,
  systems: ['debros', 'against', 'etcd', 'rqlite'],
  short: true,
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  for (const cluster of clusters) await fillWith(bench, cluster, ROWS)
  await warm(bench, clusters, (cluster) => requestsOf(cluster, 'linearizable'))
  const rows: Row[] = []
  for (const level of LEVELS) rows.push(await mix(bench, clusters, level))
  return { rows }
}

async function mix(bench: Bench, clusters: readonly Cluster[], level: Level): Promise<Row> {
  bench.note(`reads at ${level}`)
  const turns = await inTurns(bench, clusters, (cluster) =>
    loadAt(bench, cluster, 'leader', { clients: CLIENTS, requests: requestsOf(cluster, level) }),
  )
  return rateRow({ id: level, label: `reads at ${level}` }, turns)
}

function requestsOf({ api }: Cluster, level: Level): readonly WeightedTemplate[] {
  return api === 'etcd' ? etcdRequests(level) : sqlRequests(level)
}

function sqlRequests(level: Level): WeightedTemplate[] {
  return [
    { template: pointSelect(level, ROWS), weight: 9 },
    { template: insert(), weight: 1 },
  ]
}

function etcdRequests(level: Level): WeightedTemplate[] {
  return [
    { template: etcdRange(ROWS, level !== 'linearizable'), weight: 9 },
    { template: etcdPut(), weight: 1 },
  ]
}
