/** What a program that embeds a node gets: writes and reads without HTTP. */
import type { EmbeddedPlan } from '../load/embedded-types.ts'
import { callInside } from '../systems/embedded.ts'
import type { Cluster } from '../systems/types.ts'
import { inTurns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario, Target } from '../types.ts'
import { createTable, nodeAt, type Place, withCpu } from './common.ts'
import { rateRow, seriesOf } from './load-rows.ts'

const IN_FLIGHT = [1, 64, 1_024]
const READS_IN_FLIGHT = 64
const WARM_IN_FLIGHT = 256
const KEYS = 1_000
/** Of the largest number in flight. */
const TARGET: Target = { of: 'debros', statistic: 'median', at: 'least', bound: 80_000 }

type Asked = Pick<EmbeddedPlan, 'operation' | 'inFlight'> & Partial<EmbeddedPlan>

export const inside: Scenario = {
  name: 'inside',
  title: 'In process: no HTTP',
  method: `The program of the leader calls its own node: single-row INSERTs, puts of 100 bytes to the key-value store, and gets of one of ${KEYS} keys.`,
  targets: ['commits/s, 1,024 in flight: >= 80,000'],
  systems: ['debros', 'against'],
  short: true,
  run,
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll({ embedded: true })
  for (const cluster of clusters) await createTable(cluster)
  const calls = new Calls(bench, clusters)
  await calls.warm()
  const kv: Row[] = []
  const sql: Row[] = []
  for (const inFlight of IN_FLIGHT) {
    kv.push(await calls.row('kv', `KV puts, ${inFlight} in flight`, { operation: 'kv-put', inFlight }))
  }
  for (const inFlight of IN_FLIGHT) {
    sql.push(
      await calls.row('sql', `SQL INSERTs, ${inFlight} in flight`, { operation: 'sql-insert', inFlight }),
    )
  }
  return {
    rows: [...kv, ...sql, ...(await reads(calls))],
    plots: [
      {
        name: 'inside',
        title: 'Commits in process',
        x: { label: 'in flight', log: true },
        y: { label: 'commits/s', log: true },
        marks: [{ y: TARGET.bound, label: 'target' }],
        series: [...seriesOf(kv, IN_FLIGHT, ' KV'), ...seriesOf(sql, IN_FLIGHT, ' SQL')],
      },
    ],
  }
}

async function reads(calls: Calls): Promise<Row[]> {
  const rows: Row[] = []
  for (const place of ['leader', 'follower'] as const) {
    for (const level of ['none', 'linearizable'] as const) {
      const asked: Asked = { operation: 'kv-get', inFlight: READS_IN_FLIGHT, numbers: KEYS, level }
      rows.push(await calls.row(`get-${place}-${level}`, `KV gets, ${level}, ${place}`, asked, place))
    }
  }
  return rows
}

class Calls {
  readonly #bench: Bench
  readonly #clusters: readonly Cluster[]
  #firstNumber = KEYS

  constructor(bench: Bench, clusters: readonly Cluster[]) {
    this.#bench = bench
    this.#clusters = clusters
  }

  /** As `warm` does over HTTP; the keys that are read are there then. */
  async warm(): Promise<void> {
    this.#bench.note('warming up')
    const plan = { inFlight: WARM_IN_FLIGHT, numbers: KEYS, firstNumber: 0, seconds: 2, warmUpSeconds: 0 }
    for (const cluster of this.#clusters) {
      const leader = await cluster.leader()
      for (const operation of ['kv-put', 'sql-insert'] as const) {
        await callInside(leader, { ...plan, operation }, this.#bench.signal)
      }
    }
  }

  async row(id: string, label: string, asked: Asked, place: Place = 'leader'): Promise<Row> {
    this.#bench.note(label)
    const { seconds, warmUpSeconds } = this.#bench.options
    const turns = await inTurns(this.#bench, this.#clusters, async (cluster) => {
      const plan = { seconds, warmUpSeconds, firstNumber: this.#firstNumber, ...asked }
      this.#firstNumber += 1e8
      const node = await nodeAt(cluster, place)
      return await withCpu(cluster, () => callInside(node, plan, this.#bench.signal))
    })
    const isTarget = asked.operation !== 'kv-get' && asked.inFlight === Math.max(...IN_FLIGHT)
    return rateRow({ id: `${id}-${asked.inFlight}`, label, ...(isTarget && { target: TARGET }) }, turns)
  }
}
