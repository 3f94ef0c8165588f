/** How long a node, or all of them, take to serve again with a million rows. */
import type { Cluster, ClusterNode } from '../systems/types.ts'
import type { Bench, Findings, Row, Scenario, SystemName, Target } from '../types.ts'
import { createTable, execute, nodeAt, query, ready, snapshot } from './common.ts'

const ROWS = 1_000_000
const ROWS_PER_REQUEST = 1_000
const AT_ONCE = 8
const GIVE_UP_MS = 60_000

export const restart: Scenario = {
  name: 'restart',
  title: 'Restart with a million rows',
  method: `${ROWS.toLocaleString('en-US')} rows were inserted, ${ROWS_PER_REQUEST.toLocaleString('en-US')} a request. Processes are ended by kill -9 and started again; from then until the first linearizable read of the last row, and until the first write, that the started node (of three, the first one to) answers. "From a snapshot" is with one just taken, "as it came" with whatever snapshots and log the load has left.`,
  systems: ['debros', 'against', 'rqlite'],
  targets: ['time to serve: <= 2 s'],
  short: true,
  run,
}

interface Served {
  readonly read: number
  readonly write: number
}

/** By what was restarted, and of which system. */
type Measured = Map<string, Partial<Record<SystemName, Served[]>>>

async function run(bench: Bench): Promise<Findings> {
  const measured: Measured = new Map()
  for (const system of restart.systems) {
    const cluster = await bench.start(system)
    if (cluster === undefined) continue
    await fill(bench, cluster)
    await measure(bench, cluster, 'as it came', measured)
    for (const node of cluster.nodes) await snapshot(node)
    await measure(bench, cluster, 'from a snapshot', measured)
    await cluster.close()
  }
  return { rows: [...measured].flatMap(([label, served]) => rowsOf(label, served)) }
}

/** As a program would that brings in a lot. */
async function fill(bench: Bench, cluster: Cluster): Promise<void> {
  await createTable(cluster)
  const leader = await cluster.leader()
  let left = ROWS / ROWS_PER_REQUEST
  bench.note(`inserting ${ROWS} rows`)
  const statement = ['INSERT INTO load(name, value) VALUES(?, ?)', 'name', 'x'.repeat(100)]
  const statements = Array.from({ length: ROWS_PER_REQUEST }, () => statement)
  const client = async (): Promise<void> => {
    while (left-- > 0) {
      bench.signal.throwIfAborted()
      await execute(leader, statements, '?transaction')
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, client))
}

async function measure(bench: Bench, cluster: Cluster, from: string, measured: Measured): Promise<void> {
  for (const [who, restarted] of [
    ['one node', oneNode],
    ['all nodes', allNodes],
  ] as const) {
    const label = `${who}, ${from}`
    bench.note(`${cluster.system}: ${label}`)
    const samples: Served[] = []
    for (let i = 0; i < bench.options.pairs; i++) {
      bench.signal.throwIfAborted()
      samples.push(await restarted(cluster))
    }
    measured.set(label, { ...measured.get(label), [cluster.system]: samples })
  }
}

function rowsOf(label: string, served: Partial<Record<SystemName, Served[]>>): Row[] {
  const target: Target = { of: 'debros', statistic: 'max', at: 'most', bound: 2 }
  return (['read', 'write'] as const).map((what) => ({
    id: `${label}-${what}`.replaceAll(/[^a-z]+/g, '-'),
    label: `${label}: first ${what}`,
    unit: 's',
    better: 'lower',
    samples: Object.fromEntries(
      Object.entries(served).map(([system, samples]) => [system, samples.map((one) => one[what])]),
    ),
    target,
  }))
}

async function oneNode(cluster: Cluster): Promise<Served> {
  const node = await nodeAt(cluster, 'follower')
  await node.kill()
  node.start()
  return await served([node])
}

async function allNodes(cluster: Cluster): Promise<Served> {
  await Promise.all(cluster.nodes.map((node) => node.kill()))
  for (const node of cluster.nodes) node.start()
  const found = await served(cluster.nodes)
  await Promise.all(cluster.nodes.map(ready))
  return found
}

/** Seconds from now. */
async function served(nodes: readonly ClusterNode[]): Promise<Served> {
  const begun = performance.now()
  const first = async (serves: (node: ClusterNode) => Promise<boolean>): Promise<number> => {
    await Promise.any(nodes.map((node) => untilServed(node, serves, begun)))
    return (performance.now() - begun) / 1_000
  }
  const [read, write] = await Promise.all([first(readsLastRow), first(writes)])
  return { read, write }
}

async function untilServed(
  node: ClusterNode,
  serves: (node: ClusterNode) => Promise<boolean>,
  begun: number,
): Promise<void> {
  // Refused connections and 503 are what is waited through.
  while (!(await serves(node).catch(() => false))) {
    if (performance.now() - begun > GIVE_UP_MS) throw new Error(`${node.id} does not serve: ${node.output}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

async function readsLastRow(node: ClusterNode): Promise<boolean> {
  return (await query(node, `SELECT id FROM load WHERE id = ${ROWS}`, 'linearizable')).length === 1
}

async function writes(node: ClusterNode): Promise<boolean> {
  await execute(node, [['INSERT INTO load(name) VALUES(?)', 'after the restart']])
  return true
}
