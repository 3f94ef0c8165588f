/** Many rows at once: in one request, or queued by the node and written together. */
import { insertRows, queuedInsert } from '../load/templates.ts'
import type { RequestTemplate } from '../load/types.ts'
import type { Cluster } from '../systems/types.ts'
import { inTurns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario, Target } from '../types.ts'
import { createTable, loadAt, warm } from './common.ts'
import { rateRow } from './load-rows.ts'

const ROWS = 1_000
const CLIENTS = [1, 4]
const QUEUE_CLIENTS = 64
const TARGET: Target = { of: 'debros', statistic: 'median', at: 'least', bound: 150_000 }

export const bulk: Scenario = {
  name: 'bulk',
  title: 'Bulk writes',
  method: `Requests of ${ROWS} INSERT statements in a transaction, through the leader, in rows a second; and single-row INSERTs with \`?queue\`, which are answered before they are written.`,
  targets: ['rows/s in 1,000-row requests: >= 150,000'],
  systems: ['debros', 'against', 'rqlite'],
  short: true,
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  for (const cluster of clusters) await createTable(cluster)
  await warm(bench, clusters, () => [{ template: insertRows(ROWS), weight: 1 }])
  const rows: Row[] = []
  for (const clients of CLIENTS) {
    const label = `rows, ${ROWS} a request, ${clients} client${clients === 1 ? '' : 's'}`
    // However many requests it takes: more than one keeps every part of the way busy.
    const target = clients === CLIENTS.at(-1) ? TARGET : undefined
    rows.push(
      await measure(bench, clusters, {
        id: `bulk-${clients}`,
        label,
        clients,
        each: ROWS,
        template: insertRows(ROWS),
        ...(target && { target }),
      }),
    )
  }
  rows.push(
    await measure(bench, clusters, {
      id: 'queued',
      label: `queued rows, ${QUEUE_CLIENTS} clients`,
      clients: QUEUE_CLIENTS,
      each: 1,
      template: queuedInsert(),
    }),
  )
  return { rows }
}

interface BulkInit {
  readonly id: string
  readonly label: string
  readonly clients: number
  /** Rows of a request. */
  readonly each: number
  readonly template: RequestTemplate
  readonly target?: Target
}

async function measure(bench: Bench, clusters: readonly Cluster[], init: BulkInit): Promise<Row> {
  const { clients, template } = init
  bench.note(init.label)
  const turns = await inTurns(bench, clusters, async (cluster) =>
    loadAt(bench, cluster, 'leader', { clients, requests: [{ template, weight: 1 }] }),
  )
  return rateRow(init, turns)
}
