/** `npm run failover`: how long writes stop when the leader's process is killed. See --help. */
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { createDatabaseClient } from '../src/client/index.ts'
import { ProcessCluster, type ProcessNode } from '../test/cluster/processes.ts'

const HELP = `Starts a cluster of three processes on loopback; each round ends the leader's process and
takes the time from then to the next write that any surviving node acknowledges.

  npm run failover -- [options]

  --rounds N   how many times (default 10)
  --clean      end it with SIGTERM, as an operator would, instead of SIGKILL
  --json       print the measurements as JSON
  --help       this text

Writes are tried every 5 ms through a survivor, each with its own value, so that none counts twice.`

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '10' },
    clean: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

async function main(): Promise<void> {
  const rounds = Number(options.rounds)
  if (!Number.isSafeInteger(rounds) || rounds < 1) throw new Error('--rounds takes a positive whole number')
  await using cluster = await ProcessCluster.start()
  await (await cluster.leader()).client.execute(['CREATE TABLE failover (value INTEGER PRIMARY KEY)'])
  const times: number[] = []
  const acknowledged: number[] = []
  for (let round = 1; round <= rounds; round++) {
    const leader = await cluster.leader()
    times.push(await timeToNextWrite(cluster, leader, acknowledged))
    if (!options.json)
      console.log(`round ${String(round).padStart(3)}  ${leader.id} ended  ${format(times.at(-1))}`)
    cluster.restart(leader)
    await cluster.ready()
    await cluster.converged()
  }
  await checkNothingLost(cluster, acknowledged)
  report(times, acknowledged.length)
}

async function timeToNextWrite(
  cluster: ProcessCluster,
  leader: ProcessNode,
  acknowledged: number[],
): Promise<number> {
  const survivors = cluster.nodes.filter((node) => node !== leader)
  const client = createDatabaseClient({ urls: survivors.map((node) => node.url) })
  const ended = options.clean ? leader.stop() : leader.kill()
  const started = performance.now()
  let value = acknowledged.length * 100_000
  for (;;) {
    value++
    try {
      const [result] = await client.execute([['INSERT INTO failover VALUES (?)', value]])
      if (result !== undefined && 'rows_affected' in result) break
    } catch {
      // Not acknowledged: that is what is being measured.
    }
    await sleep(5)
  }
  const elapsed = performance.now() - started
  acknowledged.push(value)
  await ended
  return elapsed
}

async function checkNothingLost(cluster: ProcessCluster, acknowledged: readonly number[]): Promise<void> {
  for (const node of cluster.nodes) {
    const [rows] = await node.client.query(['SELECT value FROM failover'], { level: 'none' })
    const values = rows !== undefined && 'columns' in rows ? (rows.values ?? []) : []
    const found = new Set(values.map(([value]) => value))
    const lost = acknowledged.filter((value) => !found.has(value))
    if (lost.length > 0) throw new Error(`${node.id} lost acknowledged writes: ${lost.join(', ')}`)
  }
}

function report(times: readonly number[], acknowledged: number): void {
  const sorted = [...times].sort((a, b) => a - b)
  const median = sorted[Math.floor(sorted.length / 2)] as number
  const worst = sorted.at(-1) as number
  if (options.json) {
    console.log(
      JSON.stringify({
        rounds: times.length,
        clean: options.clean,
        times_ms: times,
        median_ms: median,
        worst_ms: worst,
      }),
    )
    return
  }
  console.log(`
${options.clean ? 'SIGTERM' : 'SIGKILL'} of the leader to the next acknowledged write, ${times.length} rounds
median   ${format(median)}
worst    ${format(worst)}
acknowledged writes found on every replica: ${acknowledged} of ${acknowledged}`)
}

function format(ms: number | undefined): string {
  return `${(ms ?? Number.NaN).toFixed(0)} ms`
}

if (options.help) console.log(HELP)
else await main()
