/** What is written to the disk for what a user writes. */
import { setTimeout as sleep } from 'node:timers/promises'
import { bytesWritten } from '../linux.ts'
import { etcdPut, insert, insertRows } from '../load/templates.ts'
import type { LoadResult, RequestTemplate } from '../load/types.ts'
import type { Cluster } from '../systems/types.ts'
import { inTurns, samplesOf } from '../turns.ts'
import type { Bench, Findings, Row, Scenario } from '../types.ts'
import { createTable, load, nodeAt } from './common.ts'

/** Of the templates: a name or key of 15 to 17, a value of 100. */
const USER_BYTES = 116
const ROWS_PER_REQUEST = 1_000
/** What is put off may still be written. */
const SETTLE_MS = 2_000

export const disk: Scenario = {
  name: 'disk',
  title: 'Disk: bytes written per byte of user data',
  method: `What a node's process had written to storage (write_bytes of /proc/<pid>/io, from the beginning of the load until ${SETTLE_MS / 1_000} s after it), as a mean of the three nodes, for each byte of names and values that was acknowledged. Snapshots and compactions that fall into that time count, too.`,
  systems: ['debros', 'against', 'etcd', 'rqlite'],
  short: true,
  run,
}

interface Kind {
  readonly id: string
  readonly label: string
  readonly clients: number
  readonly rows: number
  readonly template: (cluster: Cluster) => RequestTemplate
}

const SINGLE: Kind = {
  id: 'single',
  label: 'one row a request, 64 clients',
  clients: 64,
  rows: 1,
  template: ({ api }) => (api === 'etcd' ? etcdPut() : insert()),
}
const MANY: Kind = {
  id: 'many',
  label: '1,000 rows a request, 4 clients',
  clients: 4,
  rows: ROWS_PER_REQUEST,
  template: () => insertRows(ROWS_PER_REQUEST),
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  const sql = clusters.filter(({ api }) => api === 'rqlite')
  for (const cluster of sql) await createTable(cluster)
  return { rows: [await measure(bench, clusters, SINGLE), await measure(bench, sql, MANY)] }
}

interface Sample {
  readonly written: number
  readonly result: LoadResult
}

async function measure(bench: Bench, clusters: readonly Cluster[], kind: Kind): Promise<Row> {
  bench.note(kind.label)
  const turns = await inTurns(bench, clusters, async (cluster): Promise<Sample> => {
    const before = writtenBy(cluster)
    const result = await load(bench, [await nodeAt(cluster, 'leader')], {
      clients: kind.clients,
      requests: [{ template: kind.template(cluster), weight: 1 }],
      // All that is written is to be counted.
      warmUpSeconds: 0,
    })
    await sleep(SETTLE_MS)
    return { written: (writtenBy(cluster) - before) / cluster.nodes.length, result }
  })
  return {
    id: kind.id,
    label: kind.label,
    unit: '',
    better: 'lower',
    samples: samplesOf(turns, ({ written, result }) => written / (result.done * kind.rows * USER_BYTES)),
  }
}

function writtenBy(cluster: Cluster): number {
  return cluster.nodes.reduce((sum, { pid }) => sum + bytesWritten(pid), 0)
}
