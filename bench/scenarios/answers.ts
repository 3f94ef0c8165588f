/** One answer that is larger than what a node should keep in memory for it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { residentMb } from '../linux.ts'
import type { ClusterNode } from '../systems/types.ts'
import { inTurns, samplesOf } from '../turns.ts'
import type { Bench, Findings, Row, Scenario } from '../types.ts'
import { execute } from './common.ts'

const ROWS = 100_000
const ROW_BYTES = 1_000
const FILL_STEP = 5_000
const LOOK_EVERY_MS = 20
const SETTLE_MS = 1_000

export const answers: Scenario = {
  name: 'answers',
  title: 'Big answers',
  method: `SELECT of ${ROWS.toLocaleString('en-US')} rows of ${ROW_BYTES.toLocaleString('en-US')} characters, level none, on the leader: how fast its answer of ${(ROWS * ROW_BYTES) / 1e6} MB arrives, and by how much the node's resident memory grows meanwhile.`,
  systems: ['debros', 'against', 'rqlite'],
  short: true,
  run,
}

interface Sample {
  readonly mbPerSecond: number
  readonly grownMb: number
}

async function run(bench: Bench): Promise<Findings> {
  const clusters = await bench.startAll()
  for (const cluster of clusters) await fill(await cluster.leader())
  const turns = await inTurns(bench, clusters, async (cluster) => await readAll(await cluster.leader()))
  const row = (
    id: string,
    label: string,
    unit: string,
    better: Row['better'],
    pick: (one: Sample) => number,
  ): Row => ({
    id,
    label,
    unit,
    better,
    samples: samplesOf(turns, pick),
  })
  return {
    rows: [
      row('rate', 'answer', 'MB/s', 'higher', ({ mbPerSecond }) => mbPerSecond),
      row('memory', 'memory for it', 'MB', 'lower', ({ grownMb }) => grownMb),
    ],
  }
}

async function fill(node: ClusterNode): Promise<void> {
  await execute(node, ['CREATE TABLE filler (id INTEGER PRIMARY KEY, data TEXT)'])
  for (let filled = 0; filled < ROWS; filled += FILL_STEP) {
    await execute(node, [
      `INSERT INTO filler(data) WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${FILL_STEP})
       SELECT '${'x'.repeat(ROW_BYTES)}' FROM n`,
    ])
  }
}

async function readAll(node: ClusterNode): Promise<Sample> {
  await sleep(SETTLE_MS)
  const before = residentMb(node.pid)
  let peak = before
  const looking = setInterval(() => {
    peak = Math.max(peak, residentMb(node.pid))
  }, LOOK_EVERY_MS)
  try {
    const begun = performance.now()
    const bytes = await bytesOfAnswer(node)
    const seconds = (performance.now() - begun) / 1_000
    return { mbPerSecond: bytes / 1e6 / seconds, grownMb: peak - before }
  } finally {
    clearInterval(looking)
  }
}

async function bytesOfAnswer(node: ClusterNode): Promise<number> {
  const sql = encodeURIComponent('SELECT * FROM filler')
  const response = await fetch(`http://${node.address}/db/query?level=none&q=${sql}`)
  let bytes = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) bytes += chunk.byteLength
  if (!response.ok || bytes < ROWS * ROW_BYTES)
    throw new Error(`${node.id} answered ${response.status} with ${bytes} bytes`)
  return bytes
}
