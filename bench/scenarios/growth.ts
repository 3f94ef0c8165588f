/** What a write costs as things grow: rows, the log, nodes, namespaces. */
import { insert } from '../load/templates.ts'
import type { LoadResult } from '../load/types.ts'
import { quantile } from '../report/statistics.ts'
import { callInside } from '../systems/embedded.ts'
import type { Cluster } from '../systems/types.ts'
import type { Bench, Findings, Plot, Row, Scenario, Target } from '../types.ts'
import { createTable, execute, fillTable, loadAt, nodeAt, snapshot, withCpu } from './common.ts'

const CLIENTS = 64
/** Snapshots cost what they cost at any length of the log; they are measured by themselves. */
const NO_SNAPSHOTS = ['-raft-snap', '100000000', '-raft-snap-wal-size', '0']
const RATIO_TARGET: Target = { of: 'debros', statistic: 'median', at: 'most', bound: 1.2 }

const SIZES = {
  rows: [1e3, 1e4, 1e5, 1e6, 1e7],
  log: [1e3, 1e4, 1e5, 1e6],
  nodes: [3, 5, 7],
  namespaces: [1, 10, 100, 1_000],
}
const SIZES_SHORT = { ...SIZES, rows: [1e3, 1e4, 1e5], log: [1e3, 1e4, 1e5] }

export const growth: Scenario = {
  name: 'growth',
  title: 'Growth: what a write costs',
  method: `CPU time of all nodes together for one acknowledged insert, ${CLIENTS} clients on the leader: with more and more rows in the table (of which a snapshot was just taken; the next one comes once the log has grown by about as much), entries in the log (no snapshots), nodes, and namespaces (written in turns by a program that embeds the leader, as the HTTP API has one namespace).`,
  systems: ['debros'],
  targets: ['cost per write with 10,000,000 rows over that with 1,000: <= 1.2'],
  short: false,
  run,
}

/** At one size. */
interface Cost {
  readonly size: number
  /** CPU microseconds per write. */
  readonly micros: readonly number[]
  readonly perSecond: readonly number[]
}

async function run(bench: Bench): Promise<Findings> {
  const sizes = bench.options.short ? SIZES_SHORT : SIZES
  const rows = await withRows(bench, sizes.rows)
  const log = await withLog(bench, sizes.log)
  const nodes = await withNodes(bench, sizes.nodes)
  const namespaces = await withNamespaces(bench, sizes.namespaces)
  return {
    rows: [
      ratioOf(rows),
      ...costRows('rows', rows),
      ...costRows('entries in the log', log),
      ...costRows('nodes', nodes),
      ...costRows('namespaces', namespaces),
    ],
    plots: [
      plotOf('rows', 'Cost of a write by rows in the table', 'rows', rows),
      plotOf('log', 'Cost of a write by entries in the log', 'entries in the log', log),
      plotOf('nodes', 'Cost of a write by nodes', 'nodes', nodes),
      plotOf('namespaces', 'Cost of a write by namespaces', 'namespaces', namespaces),
    ],
  }
}

async function startOf(bench: Bench, nodes: number, flags: readonly string[] = []): Promise<Cluster> {
  const cluster = await bench.start('debros', { nodes, flags })
  if (cluster === undefined) throw new Error('debros is not built')
  await createTable(cluster)
  // What is measured first is not to pay for the compiling.
  await inserts(bench, cluster)
  return cluster
}

async function withRows(bench: Bench, sizes: readonly number[]): Promise<Cost[]> {
  const cluster = await startOf(bench, 3)
  await truncate(cluster, 0)
  const found: Cost[] = []
  let filled = 0
  for (const size of sizes) {
    bench.note(`${size} rows`)
    await fillTable(cluster, size - filled)
    filled = size
    // The fill's few entries made all those rows; what is measured is not to pay for their snapshot.
    for (const node of cluster.nodes) await snapshot(node)
    const measure = async (): Promise<LoadResult> => {
      const result = await inserts(bench, cluster)
      await truncate(cluster, size)
      return result
    }
    found.push(await costs(bench, size, bench.options.pairs, measure))
  }
  await cluster.close()
  return found
}

/** Takes out what a measurement has added. */
async function truncate(cluster: Cluster, rows: number): Promise<void> {
  await execute(await cluster.leader(), [`DELETE FROM load WHERE id > ${rows}`])
}

async function withLog(bench: Bench, lengths: readonly number[]): Promise<Cost[]> {
  const cluster = await startOf(bench, 3, NO_SNAPSHOTS)
  const found: Cost[] = []
  for (const length of lengths) {
    bench.note(`${length} entries in the log`)
    while ((await logLength(cluster)) < length) await inserts(bench, cluster)
    found.push(await costs(bench, length, 1, () => inserts(bench, cluster)))
  }
  await cluster.close()
  return found
}

async function logLength(cluster: Cluster): Promise<number> {
  const { address } = await cluster.leader()
  const status = (await (await fetch(`http://${address}/status`)).json()) as {
    readonly store: { readonly raft: { readonly log_entries: number } }
  }
  return status.store.raft.log_entries
}

async function withNodes(bench: Bench, counts: readonly number[]): Promise<Cost[]> {
  const found: Cost[] = []
  for (const count of counts) {
    bench.note(`${count} nodes`)
    const cluster = await startOf(bench, count)
    found.push(await costs(bench, count, bench.options.pairs, () => inserts(bench, cluster)))
    await cluster.close()
  }
  return found
}

async function withNamespaces(bench: Bench, counts: readonly number[]): Promise<Cost[]> {
  const cluster = await bench.start('debros', { embedded: true })
  if (cluster === undefined) return []
  const leader = await nodeAt(cluster, 'leader')
  const { seconds, warmUpSeconds } = bench.options
  let firstNumber = 0
  const found: Cost[] = []
  for (const namespaces of counts) {
    bench.note(`${namespaces} namespaces`)
    const measure = (): Promise<LoadResult> => {
      firstNumber += 1e8
      const plan = { operation: 'sql-insert', inFlight: CLIENTS, seconds, warmUpSeconds } as const
      return callInside(leader, { ...plan, firstNumber, namespaces }, bench.signal)
    }
    // The first one also makes them.
    await measure()
    found.push(await costs(bench, namespaces, bench.options.pairs, () => withCpu(cluster, measure)))
  }
  await cluster.close()
  return found
}

function inserts(bench: Bench, cluster: Cluster): Promise<LoadResult> {
  return loadAt(bench, cluster, 'leader', {
    clients: CLIENTS,
    requests: [{ template: insert(), weight: 1 }],
  })
}

async function costs(
  bench: Bench,
  size: number,
  samples: number,
  measure: () => Promise<LoadResult>,
): Promise<Cost> {
  const micros: number[] = []
  const perSecond: number[] = []
  for (let i = 0; i < samples; i++) {
    bench.signal.throwIfAborted()
    const result = await measure()
    const [failure] = Object.keys(result.errors)
    if (failure !== undefined) throw new Error(`writes failed: ${failure}`)
    if (result.cpuMicroseconds === undefined) throw new Error('this machine does not tell CPU time')
    micros.push(result.cpuMicroseconds)
    perSecond.push(result.perSecond)
  }
  return { size, micros, perSecond }
}

function ratioOf(costs: readonly Cost[]): Row {
  const [least, most] = [costs[0], costs.at(-1)]
  const row = { id: 'ratio', unit: '', better: 'lower', target: RATIO_TARGET } as const
  const label = 'cost with 10,000,000 rows over that with 1,000'
  if (least === undefined || most === undefined || most.size < 1e7)
    return { ...row, label, samples: {}, notMeasured: 'the short run has fewer rows' }
  const ratios = most.micros.map((micros, i) => micros / (least.micros[i] as number))
  return { ...row, label, samples: { debros: ratios } }
}

function costRows(what: string, costs: readonly Cost[]): Row[] {
  return costs.map(({ size, micros, perSecond }) => ({
    id: `${what.replaceAll(' ', '-')}-${size}`,
    label: `${size.toLocaleString('en-US')} ${what}`,
    unit: 'us',
    better: 'lower',
    samples: { debros: micros },
    details: { debros: `${Math.round(quantile(perSecond, 0.5)).toLocaleString('en-US')} writes/s` },
  }))
}

function plotOf(name: string, title: string, x: string, costs: readonly Cost[]): Plot {
  return {
    name,
    title,
    x: { label: x, log: name !== 'nodes' },
    y: { label: 'CPU us per write' },
    series: [
      {
        name: 'debros',
        system: 'debros',
        points: costs.map(({ size, micros }) => ({
          x: size,
          y: quantile(micros, 0.5),
          low: Math.min(...micros),
          high: Math.max(...micros),
        })),
      },
    ],
  }
}
