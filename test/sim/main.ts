/** `npm run sim`: many simulated clusters, or one replayed. See --help. */
import { parseArgs } from 'node:util'
import { Violation, World, type WorldReport } from '../../src/testing/sim/index.ts'

const HELP = `Runs simulated clusters on virtual time and checks Raft's invariants after every event.

  npm run sim -- [options]

  --seeds N       how many seeds to run (default 500)
  --first N       the first seed (default 1)
  --seed N        replay this one seed; add --trace to print everything that happens
  --nodes A-B     cluster sizes, drawn by seed (default 3-5)
  --duration MS   virtual milliseconds of faults per seed (default 15000)
  --trace         print the trace (with --seed)
  --help          this text

Exits 1 at the first violation and prints the command that replays it.`

const { values: options } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    first: { type: 'string', default: '1' },
    seed: { type: 'string' },
    nodes: { type: 'string', default: '3-5' },
    duration: { type: 'string', default: '15000' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function wholeNumber(text: string, name: string): number {
  const number = Number(text)
  if (!Number.isSafeInteger(number) || number < 0) {
    console.error(`--${name} takes a whole number, not ${JSON.stringify(text)}`)
    process.exit(2)
  }
  return number
}

function nodesOf(seed: number): number {
  const [low = '3', high = low] = options.nodes.split('-')
  const from = wholeNumber(low, 'nodes')
  return from + (seed % (wholeNumber(high, 'nodes') - from + 1))
}

function runSeed(seed: number): WorldReport {
  const faultPhaseMs = wholeNumber(options.duration, 'duration')
  const nodes = nodesOf(seed)
  try {
    const trace = options.trace ? { trace: (line: string) => console.log(line) } : {}
    return new World({ seed, nodes, faultPhaseMs, ...trace }).run()
  } catch (error) {
    const what =
      error instanceof Violation ? `violation of ${error.message}` : ((error as Error).stack ?? error)
    console.error(`seed ${seed} (${nodes} nodes): ${what}`)
    console.error(`replay: npm run sim -- --seed ${seed} --nodes ${nodes} --duration ${faultPhaseMs} --trace`)
    process.exit(1)
  }
}

if (options.help) {
  console.log(HELP)
  process.exit(0)
}

const started = performance.now()
if (options.seed !== undefined) {
  const report = runSeed(wholeNumber(options.seed, 'seed'))
  console.log(JSON.stringify(report, undefined, 2))
} else {
  const first = wholeNumber(options.first, 'first')
  const seeds = wholeNumber(options.seeds, 'seeds')
  const happened: Record<string, number> = {}
  let events = 0
  let simulatedMs = 0
  let acknowledged = 0
  for (let seed = first; seed < first + seeds; seed++) {
    const report = runSeed(seed)
    events += report.events
    simulatedMs += report.simulatedMs
    acknowledged += report.acknowledged
    for (const [what, count] of Object.entries(report.happened))
      happened[what] = (happened[what] ?? 0) + count
    if (process.stderr.isTTY) process.stderr.write(`\r${seed - first + 1}/${seeds} seeds`)
  }
  if (process.stderr.isTTY) process.stderr.write('\r')
  const wallSeconds = (performance.now() - started) / 1000
  for (const [what, count] of Object.entries(happened).sort())
    console.log(`${String(count).padStart(9)}  ${what}`)
  console.log(`
seeds run        ${seeds}
events           ${events}
writes acked     ${acknowledged}
simulated time   ${(simulatedMs / 3_600_000).toFixed(2)} h
wall time        ${wallSeconds.toFixed(1)} s (${Math.round(events / wallSeconds)} events/s)
violations       0`)
}
