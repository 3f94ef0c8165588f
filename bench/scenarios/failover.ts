/** How long writes stop when the leader goes, in every way it can. */
import { longestGap, TRIES_TABLE } from '../load/tries.ts'
import { Network } from '../network.ts'
import { quantile } from '../report/statistics.ts'
import type { Cluster, ClusterNode } from '../systems/types.ts'
import { inTurns, samplesOf, type Turns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario, SystemName, Target } from '../types.ts'
import { execute, query } from './common.ts'

const ROUNDS = 25
const ROUNDS_SHORT = 5

export const failover: Scenario = {
  name: 'failover',
  title: 'Failover: the leader goes',
  method:
    'Writes are tried every 3 ms through the two other nodes, each by itself. What counts is the longest time without an acknowledgement, from the moment the leader is ended (or suspended, or its packets are dropped) until a write that was begun after that is acknowledged. The node comes back before the next round. At the end every acknowledged write must be on every node.',
  systems: ['debros', 'against', 'etcd', 'rqlite'],
  targets: ['kill -9 of the leader: median <= 300 ms, p99 <= 1,000 ms', 'clean stop: <= 50 ms'],
  short: true,
  run,
}

/** What happens to the leader, and how it is undone. */
interface Failure {
  readonly id: string
  readonly label: string
  readonly happen: (leader: ClusterNode) => Promise<unknown> | unknown
  readonly undo: (leader: ClusterNode) => unknown
}

const KILL: Failure = {
  id: 'kill',
  label: 'kill -9',
  happen: (leader) => leader.kill(),
  undo: (leader) => leader.start(),
}
const STOP: Failure = {
  id: 'stop',
  label: 'clean stop',
  happen: (leader) => leader.stop(),
  undo: (leader) => leader.start(),
}
const SUSPEND: Failure = {
  id: 'suspend',
  label: 'SIGSTOP',
  happen: (leader) => leader.suspend(),
  undo: (leader) => leader.resume(),
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  const rounds = new Rounds(bench)
  await rounds.prepare(clusters)
  const kill = await rounds.of(KILL, clusters)
  const stop = await rounds.of(STOP, clusters)
  const suspend = await rounds.of(SUSPEND, clusters)
  await rounds.checkNothingLost(clusters)
  const most = (statistic: Target['statistic'], bound: number): Target => ({
    of: 'debros',
    statistic,
    at: 'most',
    bound,
  })
  const rows = [
    gapRow(KILL, kill, most('median', 300)),
    { ...gapRow(KILL, kill, most('p99', 1_000)), id: 'kill-p99', label: `${KILL.label}, the slowest` },
    gapRow(STOP, stop, most('median', 50)),
    gapRow(SUSPEND, suspend),
    await isolation(bench, rounds),
  ]
  return { rows, plots: [plotOf(rows)] }
}

class Rounds {
  readonly #bench: Bench
  readonly #acknowledged = new Map<Cluster, number[]>()

  constructor(bench: Bench) {
    this.#bench = bench
  }

  async prepare(clusters: readonly Cluster[]): Promise<void> {
    for (const cluster of clusters) {
      this.#acknowledged.set(cluster, [])
      if (cluster.api === 'rqlite') await execute(await cluster.leader(), [TRIES_TABLE])
    }
  }

  async of(failure: Failure, clusters: readonly Cluster[]): Promise<Turns<number>> {
    const count = this.#bench.options.short ? ROUNDS_SHORT : ROUNDS
    this.#bench.note(`${failure.label}, ${count} rounds`)
    return await inTurns(this.#bench, clusters, (cluster) => this.#round(cluster, failure), count)
  }

  async #round(cluster: Cluster, failure: Failure): Promise<number> {
    const leader = await cluster.leader()
    const nodes = cluster.nodes.filter((node) => node !== leader)
    const { ms, acknowledged } = await longestGap({ api: cluster.api, nodes }, () => failure.happen(leader))
    this.#acknowledged.get(cluster)?.push(...acknowledged)
    failure.undo(leader)
    await cluster.leader()
    return ms
  }

  async checkNothingLost(clusters: readonly Cluster[]): Promise<void> {
    for (const cluster of clusters.filter(({ api }) => api === 'rqlite')) {
      for (const node of cluster.nodes) {
        const rows = await query(node, 'SELECT value FROM tries', 'linearizable')
        const found = new Set(rows.map(([value]) => value))
        const lost = this.#acknowledged.get(cluster)?.filter((value) => !found.has(value)) ?? []
        if (lost.length > 0)
          throw new Error(`${cluster.system}: ${node.id} lost ${lost.length} acknowledged writes`)
      }
    }
  }
}

/** On a network of its own, whose nodes are reached like others', so that these packets can be dropped. */
async function isolation(bench: Bench, rounds: Rounds): Promise<Row> {
  const failure = { id: 'isolate', label: 'isolated, its packets dropped' }
  let network: Network
  try {
    network = new Network(3)
  } catch (error) {
    return { ...gapRow(failure, new Map()), notMeasured: (error as Error).message }
  }
  try {
    const cluster = await bench.start('debros', { places: network.places })
    if (cluster === undefined) return gapRow(failure, new Map())
    const indexOf = (node: ClusterNode): number => cluster.nodes.indexOf(node)
    await rounds.prepare([cluster])
    const happen = (leader: ClusterNode): void => network.isolate(indexOf(leader))
    const undo = (leader: ClusterNode): void => network.heal(indexOf(leader))
    const turns = await rounds.of({ ...failure, happen, undo }, [cluster])
    await rounds.checkNothingLost([cluster])
    await cluster.close()
    return gapRow(failure, turns)
  } finally {
    network.remove()
  }
}

function gapRow({ id, label }: Pick<Failure, 'id' | 'label'>, turns: Turns<number>, target?: Target): Row {
  const details = [...turns].map(([system, gaps]) => [system, describe(gaps)])
  return {
    id,
    label,
    unit: 'ms',
    better: 'lower',
    samples: samplesOf(turns, (ms) => ms),
    ...(target !== undefined && { target }),
    details: Object.fromEntries(details),
  }
}

function describe(gaps: readonly number[]): string {
  const [p99, max] = [quantile(gaps, 0.99), Math.max(...gaps)].map((ms) => ms.toFixed(0))
  return `p99 ${p99} ms, max ${max} ms of ${gaps.length}`
}

function plotOf(rows: readonly Row[]): NonNullable<Findings['plots']>[number] {
  const kinds = rows.filter(({ id }) => id !== 'kill-p99')
  const systems = new Set(kinds.flatMap(({ samples }) => Object.keys(samples) as SystemName[]))
  return {
    name: 'failover',
    title: 'Without an acknowledged write after the leader went',
    kind: 'bars',
    x: { label: 'what happened to the leader' },
    y: { label: 'ms', log: true },
    series: [...systems].map((system) => ({
      name: system,
      system,
      points: kinds.flatMap(({ label, samples }) => {
        const gaps = samples[system] ?? []
        if (gaps.length === 0) return []
        return [{ x: label, y: quantile(gaps, 0.5), low: Math.min(...gaps), high: Math.max(...gaps) }]
      }),
    })),
  }
}
