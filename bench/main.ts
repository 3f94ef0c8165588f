/** `npm run bench`: measures debros and its peers side by side. See --help. */
import { join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describeMachine, warningsAbout } from './machine.ts'
import { type BenchCommand, OPTIONS_HELP, parseCommand, UsageError } from './options.ts'
import { renderProfiles } from './report/profile.ts'
import { type Destination, outOfDate, publish } from './report/publish.ts'
import { mergeScenarios, readReport } from './report/store.ts'
import { renderScenario, renderTargets } from './report/table.ts'
import type { ScenarioReport } from './report/types.ts'
import { runScenario } from './run.ts'
import { SCENARIOS } from './scenarios/index.ts'
import { fetchEtcd } from './systems/fetch-etcd.ts'
import { systemsAt } from './systems/index.ts'
import type { Scenario } from './types.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const RESULTS = join(ROOT, 'bench/results')
const DOCUMENT = { file: join(ROOT, 'docs/performance.md'), notes: join(ROOT, 'docs/performance') }
const INTERRUPTED = 130

const HELP = `Measures three nodes of debros, as separate processes on this machine, side by side with those of its
peers: the same load from the same generator, in turns.

  npm run bench -- [options] [scenario...]   measures them, or all
  npm run bench -- report [--check]          makes docs/performance.md and its plots from the results, or
                                             only tells whether they are up to date

A scenario that is measured again replaces its own results and leaves the others'.

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
  if (command.scenarios[0] === 'report') {
    report(command)
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
  const to = destinationOf(command)
  const names = SCENARIOS.map(({ name }) => name)
  const measured = await measure(command, scenarios, interrupted.signal, (report) => {
    // Profiles show where time goes; how much there is to do in it, they change.
    if (command.profile !== undefined) return
    publish(mergeScenarios(readReport(to.results), [report], names), SCENARIOS, to)
  })
  console.log(command.json ? JSON.stringify(measured, undefined, 2) : renderTargets(measured))
  if (command.profile !== undefined) console.log(renderProfiles(command.profile))
  else note(`kept in ${relative(process.cwd(), to.results)}`)
  if (measured.some(({ failure }) => failure !== undefined)) process.exitCode = 1
}

function report(command: BenchCommand): void {
  const at = destinationOf(command)
  const kept = readReport(at.results)
  if (!command.check) {
    publish(kept, SCENARIOS, at)
    return
  }
  const stale = outOfDate(kept, SCENARIOS, at)
  if (stale.length === 0) return
  console.error(`out of date: ${stale.join(', ')}\nrun: npm run bench -- report`)
  process.exitCode = 1
}

function destinationOf({ out }: BenchCommand): Destination {
  const results = resolve(out ?? RESULTS)
  return results === RESULTS ? { results, document: DOCUMENT } : { results }
}

function chosen({ scenarios: names, short }: BenchCommand): readonly Scenario[] {
  if (names.length === 0) return SCENARIOS.filter((scenario) => scenario.short || !short)
  return names.map((name) => {
    const found = SCENARIOS.find((scenario) => scenario.name === name)
    if (found === undefined) throw new UsageError(`there is no scenario "${name}"`)
    return found
  })
}

/** Tells each scenario's report as soon as it is there: whoever ends the run early keeps those. */
async function measure(
  command: BenchCommand,
  scenarios: readonly Scenario[],
  signal: AbortSignal,
  keep: (report: ScenarioReport) => void,
): Promise<readonly ScenarioReport[]> {
  const machine = await describeMachine()
  for (const warning of warningsAbout(machine)) note(`warning: ${warning}`)
  const { against, etcd, rqlited, seconds, warmUpSeconds, pairs, clients, short } = command
  if (command.fetchPeers && etcd === undefined) await fetchPeers()
  const systems = systemsAt({ root: ROOT, against, etcd, rqlited })
  const options = { seconds, warmUpSeconds, pairs, clients, short }
  const reports: ScenarioReport[] = []
  for (const scenario of scenarios) {
    const report = await runScenario(scenario, {
      ...{ systems, machine, options, signal, note },
      ...(command.profile !== undefined && { profileTo: resolve(command.profile) }),
    })
    reports.push(report)
    keep(report)
    if (!command.json) console.log(`\n${renderScenario(report)}`)
  }
  return reports
}

/** Without them there is less to compare with, but all the rest can be measured. */
async function fetchPeers(): Promise<void> {
  try {
    await systemsAt({ root: ROOT }).get('etcd')?.version()
  } catch {
    await fetchEtcd(note).catch((error: Error) => note(`etcd could not be fetched: ${error.message}`))
  }
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
