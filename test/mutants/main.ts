/** `npm run mutants`: puts known bugs into a copy of the sources and sees them caught. See --help. */
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { MUTANTS, type NamedMutant } from './bugs.ts'
import { findGaps } from './gaps.ts'
import {
  formatDiscoveries,
  formatList,
  formatProblems,
  formatReasons,
  formatResults,
  type MutantResult,
  toJson,
} from './report.ts'
import { runMutants } from './run.ts'

const HELP = `Puts every known bug of consensus (B1 to B48), and what breaks the rules of the API (R1 to R9), into a
copy of the sources, one at a time, and runs the tests that must catch it. The sources as they are have to pass the same tests first.

  npm run mutants -- [options]

  --only IDS      these bugs or mutants alone, e.g. B18,B21a,R1
  --sim           also ask the simulator about the mutants of consensus; takes a quarter of an hour more
  --discover      run all quick tests of the part in place of the named ones, and tell which fail
  --jobs N        how many at a time (default: one for each core, here ${availableParallelism()})
  --list          list the mutants and what catches them, and run nothing
  --json          print the results as JSON
  --help          this text

Exits 1 if a mutant survives or does not apply, or a bug is neither caught nor explained.`

const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    sim: { type: 'boolean', default: false },
    discover: { type: 'boolean', default: false },
    jobs: { type: 'string', default: String(availableParallelism()) },
    list: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

function usageError(problem: string): never {
  console.error(`${problem}; see --help`)
  process.exit(2)
}

function chosenMutants(): readonly NamedMutant[] {
  if (options.only === undefined) return MUTANTS
  const wanted = options.only.split(',').map((id) => id.trim())
  for (const id of wanted) {
    if (!MUTANTS.some((mutant) => matches(mutant, id))) usageError(`there is no mutant of ${id}`)
  }
  return MUTANTS.filter((mutant) => wanted.some((id) => matches(mutant, id)))
}

function matches(mutant: NamedMutant, id: string): boolean {
  return mutant.id === id || mutant.bug.id === id
}

function showProgress(done: number, { mutant, verdict }: MutantResult): void {
  if (process.stderr.isTTY) process.stderr.write(`\r${done}/${mutants.length} ${mutant.id} ${verdict}    \r`)
}

if (options.help) {
  console.log(HELP)
  process.exit(0)
}
const jobs = Number(options.jobs)
if (!Number.isSafeInteger(jobs) || jobs < 1) usageError('--jobs takes a number of at least 1')
const mutants = chosenMutants()
if (options.list) {
  console.log(formatList(mutants))
  console.log(`\n${formatReasons()}`)
  process.exit(0)
}

const interrupted = new AbortController()
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => interrupted.abort(new Error(`ended by ${signal}`)))
}
async function main(): Promise<void> {
  const started = performance.now()
  // Whoever is looking for a catcher has not named one yet.
  const gaps = options.discover ? [] : findGaps()
  if (gaps.length > 0) {
    console.error(gaps.join('\n'))
    process.exitCode = 1
    return
  }
  const { baseline, results } = await runMutants({
    mutants,
    jobs: Math.min(jobs, mutants.length),
    simulate: options.sim,
    discover: options.discover,
    signal: interrupted.signal,
    onProgress: showProgress,
  })
  const problems = [...baseline, ...(options.discover ? [] : formatProblems(results))]
  if (options.json) {
    console.log(toJson(results, problems))
  } else if (options.discover) {
    console.log(formatDiscoveries(results).join('\n'))
  } else {
    if (results.length > 0) console.log(formatResults(results))
    if (options.only === undefined) console.log(`\n${formatReasons()}`)
    const caught = results.filter(({ verdict }) => verdict === 'caught').length
    const seconds = Math.round((performance.now() - started) / 1000)
    if (problems.length > 0) console.error(`\n${problems.join('\n')}`)
    console.log(`\nmutants caught   ${caught} of ${mutants.length}\nwall time        ${seconds} s`)
  }
  if (problems.length > 0) process.exitCode = 1
}

try {
  await main()
} catch (error) {
  if (!interrupted.signal.aborted) throw error
  console.error((error as Error).message)
  process.exitCode = 1
}
