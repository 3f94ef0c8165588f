/** `npm run sim`: many simulated clusters, or one replayed. See --help. */
import {
  FAULT_NAMES,
  type Failure,
  missingPaths,
  runWorld,
  shrink,
  type WorldInit,
} from '../../src/testing/sim/index.ts'
import { runSeeds } from './jobs.ts'
import {
  COMPLETE_SEEDS,
  HELP,
  nodesOf,
  OptionError,
  parseOptions,
  replayCommand,
  type SimOptions,
} from './options.ts'
import { Progress } from './progress.ts'
import { Summary } from './summary.ts'

/** Shrinking ends after this with what it has. */
const SHRINK_MS = 60_000
const TRACE_LINES = 40

function optionsOrExit(): SimOptions {
  try {
    return parseOptions(process.argv.slice(2))
  } catch (error) {
    console.error((error as Error).message)
    if (!(error instanceof OptionError)) console.error('see --help')
    process.exit(2)
  }
}

const options = optionsOrExit()
if (options.help) console.log(HELP)
else if (options.seed !== undefined) await replay(options.seed)
else await runAll()

function worldOf(seed: number): WorldInit {
  return { ...options.world, seed, nodes: nodesOf(seed, options) }
}

async function replay(seed: number): Promise<void> {
  const world = worldOf(seed)
  const trace = options.trace ? { trace: (line: string) => console.log(line) } : {}
  const outcome = await runWorld({ ...world, ...trace })
  if ('failure' in outcome) await fail(world, outcome.failure)
  else console.log(JSON.stringify(outcome.report, undefined, 2))
}

async function runAll(): Promise<void> {
  const started = performance.now()
  const summary = new Summary()
  let failed: { readonly world: WorldInit; readonly failure: Failure } | undefined
  const progress = new Progress(options.seeds)
  await runSeeds({
    first: options.first,
    count: options.seeds,
    jobs: options.jobs,
    worldOf,
    onOutcome: (world, outcome) => {
      if ('report' in outcome) summary.add(outcome.report)
      // Of several the first, so that it is always the same.
      else if (failed === undefined || world.seed < failed.world.seed)
        failed = { world, failure: outcome.failure }
      progress.show(summary.seeds, summary.simulatedHours)
    },
  })
  progress.clear()
  if (failed !== undefined) {
    await fail(failed.world, failed.failure)
    return
  }
  console.log(summary.text(performance.now() - started))
  console.log('violations       0')
  checkCoverage(summary)
}

function checkCoverage(summary: Summary): void {
  const { faults = [], machines, onlyFaults } = options.world
  const complete =
    faults.length === FAULT_NAMES.length &&
    machines === undefined &&
    onlyFaults === undefined &&
    options.nodesMax >= 3 &&
    summary.seeds >= COMPLETE_SEEDS
  const missing = complete ? missingPaths(summary.happened) : []
  if (missing.length === 0) return
  console.error(
    `\nnever happened, and is therefore not tested:\n${missing.map((what) => `  ${what}`).join('\n')}`,
  )
  process.exitCode = 1
}

/** Says what went wrong and how to see it again, as shortly as can be found. */
async function fail(world: WorldInit, failure: Failure): Promise<void> {
  process.exitCode = 1
  console.error(
    `seed ${world.seed} (${world.nodes} nodes) at ${failure.atMs.toFixed(3)} ms: ${failure.message}`,
  )
  console.error(`replay: ${replayCommand(world)}`)
  if (!options.shrink || options.trace) return
  const deadline = performance.now() + SHRINK_MS
  const shrunk = await shrink({ world, failure, isOver: () => performance.now() > deadline })
  const lines: string[] = []
  await runWorld({
    ...shrunk.world,
    trace: (line) => {
      lines.push(line)
      if (lines.length > TRACE_LINES) lines.shift()
    },
  })
  console.error(
    `\nshrunk in ${shrunk.runs} runs to ${shrunk.failure.atMs.toFixed(3)} ms: ${shrunk.failure.message}`,
  )
  console.error(`its last events:\n${lines.join('\n')}`)
  console.error(`replay: ${replayCommand(shrunk.world)}`)
}
