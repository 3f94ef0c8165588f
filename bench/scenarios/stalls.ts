/** What writers notice of the heavy work beside them. */
import { randomUUID } from 'node:crypto'
import { rename } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { insert } from '../load/templates.ts'
import type { LoadResult } from '../load/types.ts'
import type { Cluster, ClusterNode } from '../systems/types.ts'
import { inTurns, samplesOf, type Turns } from '../turns.ts'
import type { Bench, Findings, Row, Scenario, Target } from '../types.ts'
import { createTable, execute, load, nodeAt, query, ready, snapshot } from './common.ts'

const DATABASE_MB = 200
const FILL_STEP_MB = 2
const WRITES_PER_SECOND = 200
const CLIENTS = 32
const QUERY_SECONDS = 5
/** Room around what happens, so that it begins and ends under load. */
const MARGIN_SECONDS = 1
const WARM_UP_SECONDS = 1
/** Nothing here takes so long. */
const GIVE_UP_SECONDS = 300

export const stalls: Scenario = {
  name: 'stalls',
  title: 'Stalls: writes while heavy work goes on',
  method: `${WRITES_PER_SECOND} inserts a second, at even intervals, through the leader of a cluster with a database of ${DATABASE_MB} MB. Latency counts from when a write was due. Given is by how much the slowest write while something happens is slower than the slowest of a quiet stretch of a few seconds just before.`,
  systems: ['debros', 'against', 'rqlite'],
  targets: [`slowest write during a snapshot of ${DATABASE_MB} MB: <= 20 ms above normal`],
  short: true,
  run,
}

interface Work {
  readonly id: string
  readonly label: string
  /** Of the quiet stretch: about what it takes. */
  readonly seconds: number
  readonly target?: Target
  readonly happen: (cluster: Cluster) => Promise<unknown>
}

const WORKS: readonly Work[] = [
  {
    id: 'snapshot',
    label: 'all nodes take a snapshot',
    seconds: 5,
    target: { of: 'debros', statistic: 'max', at: 'most', bound: 20 },
    happen: (cluster) => Promise.all(cluster.nodes.map(snapshot)),
  },
  { id: 'backup', label: 'a backup streams', seconds: 4, happen: readBackup },
  { id: 'query', label: `a query of ${QUERY_SECONDS} s on the leader`, seconds: 7, happen: longQuery },
  { id: 'catch-up', label: 'an emptied follower is caught up', seconds: 7, happen: emptyFollower },
]

async function run(bench: Bench): Promise<Findings> {
  // Snapshots are taken when they are asked for, and at no other time.
  const clusters = await bench.startAll({ flags: ['-raft-snap', '100000000', '-raft-snap-wal-size', '0'] })
  for (const cluster of clusters) {
    await createTable(cluster)
    await fill(await cluster.leader())
  }
  const rows: Row[] = []
  for (const work of WORKS) rows.push(await measure(bench, clusters, work))
  return { rows }
}

async function fill(node: ClusterNode): Promise<void> {
  await execute(node, ['CREATE TABLE filler (data BLOB)'])
  for (let mb = 0; mb < DATABASE_MB; mb += FILL_STEP_MB) {
    await execute(node, [
      `INSERT INTO filler WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${FILL_STEP_MB * 1_000})
       SELECT randomblob(1000) FROM n`,
    ])
  }
}

interface Stall {
  readonly quiet: LoadResult
  readonly during: LoadResult
  readonly seconds: number
}

async function measure(bench: Bench, clusters: readonly Cluster[], work: Work): Promise<Row> {
  bench.note(work.label)
  const turns = await inTurns(bench, clusters, (cluster) => stall(bench, cluster, work))
  return {
    id: work.id,
    label: work.label,
    unit: 'ms',
    better: 'lower',
    samples: samplesOf(turns, ({ quiet, during }) => Math.max(0, during.latency.max - quiet.latency.max)),
    ...(work.target !== undefined && { target: work.target }),
    details: describe(turns),
  }
}

async function stall(bench: Bench, cluster: Cluster, { happen, seconds }: Work): Promise<Stall> {
  const leader = await nodeAt(cluster, 'leader')
  const plan = {
    clients: CLIENTS,
    requests: [{ template: insert(), weight: 1 }],
    perSecond: WRITES_PER_SECOND,
    warmUpSeconds: WARM_UP_SECONDS,
    seconds,
  }
  const quiet = await load(bench, [leader], plan)
  const enough = new AbortController()
  const loading = load(bench, [leader], { ...plan, seconds: GIVE_UP_SECONDS }, enough.signal)
  loading.catch(() => {}) // awaited below, after what may itself fail
  await sleep((WARM_UP_SECONDS + MARGIN_SECONDS) * 1_000)
  const begun = performance.now()
  await happen(cluster).finally(() => setTimeout(() => enough.abort(), MARGIN_SECONDS * 1_000))
  const took = (performance.now() - begun) / 1_000
  const during = await loading
  return { quiet, during, seconds: took }
}

function describe(turns: Turns<Stall>): NonNullable<Row['details']> {
  const worst = (results: readonly LoadResult[]): string =>
    Math.max(...results.map(({ latency }) => latency.max)).toFixed(0)
  return Object.fromEntries(
    [...turns].map(([system, stalls]) => {
      const quiet = stalls.map(({ quiet }) => quiet)
      const during = stalls.map(({ during }) => during)
      const p99 = Math.max(...during.map(({ latency }) => latency.p99)).toFixed(0)
      const took = Math.max(...stalls.map(({ seconds }) => seconds)).toFixed(1)
      const failed = during.flatMap(({ errors }) => Object.entries(errors))
      const failures = failed.map(([what, count]) => `, FAILED: ${count} x ${what}`).join('')
      return [
        system,
        `slowest ${worst(during)} ms (p99 ${p99} ms), quiet ${worst(quiet)} ms; took ${took} s${failures}`,
      ]
    }),
  )
}

async function readBackup(cluster: Cluster): Promise<void> {
  const leader = await cluster.leader()
  const response = await fetch(`http://${leader.address}/db/backup`)
  let bytes = 0
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) bytes += chunk.byteLength
  if (!response.ok || bytes < DATABASE_MB * 1e6) throw new Error(`the backup has ${bytes} bytes only`)
}

/** The counting is made as long as it takes on this machine. */
async function longQuery(cluster: Cluster): Promise<void> {
  const leader = await cluster.leader()
  const count = (numbers: number): Promise<unknown> =>
    query(
      leader,
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ${numbers}) SELECT count(*) FROM n`,
      'none',
    )
  const trial = 200_000
  await count(trial)
  const begun = performance.now()
  await count(trial)
  const perNumber = (performance.now() - begun) / trial
  await count(Math.round((QUERY_SECONDS * 1_000) / perNumber))
}

/**
 * Its old directory goes with the cluster. To delete one keeps all syncs of a disk waiting for 30 ms, and here, unlike
 * elsewhere, the other nodes have the same disk.
 */
async function emptyFollower(cluster: Cluster): Promise<void> {
  const follower = await nodeAt(cluster, 'follower')
  await follower.kill()
  await rename(follower.dataDir, `${follower.dataDir}.${randomUUID()}`)
  follower.start()
  await ready(follower)
}
