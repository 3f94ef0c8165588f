/** `npm run bench`: measures debros and its peers side by side. See --help. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeMachine, warningsAbout } from './machine.ts'
import { type BenchCommand, OPTIONS_HELP, parseCommand, UsageError } from './options.ts'
import { mergeScenarios, readReport, writeReport } from './report/store.ts'
import { renderScenario } from './report/table.ts'
import type { ScenarioReport } from './report/types.ts'
import { runScenario } from './run.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { systemsAt } from './systems/index.ts'
import type { Scenario } from './types.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const INTERRUPTED = 130

const HELP = `Measures three nodes of debros, as separate processes on this machine, side by side with those of its
peers: the same load from the same generator, in turns.

  npm run bench -- [options] [scenario...]

${OPTIONS_HELP}

Scenarios (* in the short run):
${SCENARIOS.map(({ name, title, short }) => `  ${short ? '*' : ' '} ${name.padEnd(14)} ${title}`).join('\n')}

Data goes to a directory of its own below $TMPDIR (or /tmp), which should be on a disk.`

async function main(): Promise<void> {
  const command = parseCommand(process.argv.slice(2))
  if (command.help) {
    console.log(HELP)
    return
  }
  const scenarios = chosen(command)
  const interrupted = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interrupted.abort(new Error(`ended by ${signal}`))
      // What runs is ended on exit.
      process.exit(INTERRUPTED)
    })
  }
  const measured = await measure(command, scenarios, interrupted.signal)
  if (command.json) console.log(JSON.stringify(measured, undefined, 2))
  const file = join(command.out, 'latest.json')
  const names = SCENARIOS.map(({ name }) => name)
  writeReport(file, mergeScenarios(readReport(file), measured, names))
  note(`kept in ${file}`)
  if (measured.some(({ failure }) => failure !== undefined)) process.exitCode = 1
}

function chosen({ scenarios: names, short }: BenchCommand): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS.filter((scenario) => scenario.short || !short)
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name)
    if (found === undefined) throw new UsageError(`there is no scenario "${name}"`)
    return found
  })
}

async function measure(
  command: BenchCommand,
  scenarios: readonly Scenario[],
  signal: AbortSignal,
): Promise<readonly ScenarioReport[]> {
  const machine = await describeMachine()
  for (const warning of warningsAbout(machine)) note(`warning: ${warning}`)
  const { against, etcd, rqlited, seconds, pairs, clients, short } = command
  const systems = systemsAt({ root: ROOT, against, etcd, rqlited })
  const options = { seconds, pairs, clients, short }
  const reports: ScenarioReport[] = []
  for (const scenario of scenarios) {
    const report = await runScenario(scenario, { systems, machine, options, signal, note })
    reports.push(report)
    if (!command.json) console.log(`\n${renderScenario(report)}`)
  }
  return reports
}

/** Beside the results, for whoever watches. */
function note(text: string): void {
  console.error(text)
}

try {
  await main()
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  console.error(`${error.message}\nnpm run bench -- --help shows what there is.`)
  process.exitCode = 2
}
