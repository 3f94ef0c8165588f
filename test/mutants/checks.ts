/** Runs catchers in a workspace and tells what each of them says. */
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from './command.ts'
import type { Catcher } from './mutant.ts'
import type { Workspace } from './workspace.ts'

/**
 * - `passed`: it noticed nothing;
 * - `caught`: it failed by an assertion, of its own or of the code under test;
 * - `broken`: it failed in a way that says nothing about behaviour: it could not be loaded, was not
 *   found, hung, or met an error that no test means (a `TypeError`, say).
 */
export type Verdict = 'passed' | 'caught' | 'broken'

export interface CheckResult {
  readonly catcher: Catcher
  readonly verdict: Verdict
  /** The first line of the failure, or the seed and what it broke. */
  readonly detail: string
}

export interface FailedTest {
  readonly file: string
  readonly title: string
  readonly verdict: Verdict
  readonly detail: string
}

const TYPES_TIMEOUT_MS = 60_000
const TESTS_TIMEOUT_MS = 120_000
const SEEDS_TIMEOUT_MS = 180_000
/** No test named here takes longer, and one that waits in vain is not to hold up the rest. */
const TEST_TIMEOUT_MS = 20_000

const TYPES_FLAGS = [
  '--noEmit',
  '--incremental',
  '--tsBuildInfoFile',
  '.types.tsbuildinfo',
  // What a mutant does not use any more is no error of its.
  '--noUnusedLocals',
  'false',
  '--noUnusedParameters',
  'false',
]
const TEST_FLAGS = [
  '--reporter=json',
  '--outputFile=.report.json',
  '--maxWorkers=1',
  `--testTimeout=${TEST_TIMEOUT_MS}`,
  // The dependencies are shared: nothing is written beside them.
  '--cache=false',
  '--fsModuleCache=false',
]
const SIMULATOR = [
  '--experimental-transform-types',
  '--disable-warning=ExperimentalWarning',
  'test/sim/main.ts',
]

/** Errors that mean the code fell over, not that a test found it wrong; scripts put the place in front. */
const FELL_OVER = [
  /^(TypeError|ReferenceError|SyntaxError|RangeError|Error: (Test|Hook) timed out)/,
  /(Cannot (read|set) propert|is not (a function|a constructor|iterable|defined)|Maximum call stack)/,
]

function fellOver(message: string): boolean {
  return FELL_OVER.some((pattern) => pattern.test(message))
}

function bin(workspace: Workspace, name: string): string {
  return join(workspace.dir, 'node_modules/.bin', name)
}

/** What the compiler says against the sources; undefined if nothing. */
export async function checkTypes(workspace: Workspace, signal: AbortSignal): Promise<string | undefined> {
  const { exitCode, output } = await runCommand(
    bin(workspace, 'tsc'),
    ['-p', 'tsconfig.json', ...TYPES_FLAGS],
    {
      cwd: workspace.dir,
      timeoutMs: TYPES_TIMEOUT_MS,
      signal,
    },
  )
  return exitCode === 0 ? undefined : output.trim()
}

/** Asks every catcher, tests all at once. */
export async function runChecks(
  workspace: Workspace,
  catchers: readonly Catcher[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const tests = catchers.filter((catcher) => catcher.kind === 'test')
  const seeds = catchers.filter((catcher) => catcher.kind === 'seeds')
  const results = tests.length === 0 ? [] : await runTests(workspace, tests, signal)
  for (const catcher of seeds) results.push({ catcher, ...(await runSeeds(workspace, catcher, signal)) })
  return results
}

async function runTests(
  workspace: Workspace,
  tests: readonly Extract<Catcher, { kind: 'test' }>[],
  signal: AbortSignal,
): Promise<CheckResult[]> {
  const files = [...new Set(tests.map(({ file }) => file))]
  const titles = [...new Set(tests.map(({ title }) => title))]
  const pattern = `(${titles.map((title) => title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join('|')})$`
  const { report, problem } = await vitest(workspace, [...files, '-t', pattern], signal)
  return tests.map((catcher) => {
    const file = report?.testResults.find(({ name }) => name.endsWith(`/${catcher.file}`))
    const found = file?.assertionResults.filter(({ title }) => title === catcher.title) ?? []
    const test = found.find(({ status }) => status === 'failed') ?? found[0]
    if (test === undefined)
      return { catcher, verdict: 'broken', detail: file?.message || problem || 'there is no such test' }
    return { catcher, ...judge(test) }
  })
}

/** Every test of these files and folders that fails. */
export async function failingTests(
  workspace: Workspace,
  filters: readonly string[],
  signal: AbortSignal,
): Promise<FailedTest[]> {
  const { report, problem } = await vitest(workspace, filters, signal)
  if (report === undefined) return [{ file: '-', title: '-', verdict: 'broken', detail: problem }]
  return report.testResults.flatMap(({ name, message, assertionResults }) => {
    const file = name.slice(workspace.dir.length + 1)
    if (assertionResults.length === 0)
      return [{ file, title: '-', verdict: 'broken' as const, detail: message }]
    return assertionResults
      .filter(({ status }) => status === 'failed')
      .map((test) => ({ file, title: test.title, ...judge(test) }))
  })
}

interface TestReport {
  readonly title: string
  readonly status: 'passed' | 'failed' | 'skipped' | 'pending' | 'todo'
  readonly failureMessages: readonly string[]
}

interface Report {
  readonly testResults: readonly {
    readonly name: string
    readonly message: string
    readonly assertionResults: readonly TestReport[]
  }[]
}

async function vitest(
  workspace: Workspace,
  args: readonly string[],
  signal: AbortSignal,
): Promise<{ report: Report | undefined; problem: string }> {
  const reportFile = join(workspace.dir, '.report.json')
  await rm(reportFile, { force: true })
  const { output, timedOut } = await runCommand(bin(workspace, 'vitest'), ['run', ...args, ...TEST_FLAGS], {
    cwd: workspace.dir,
    timeoutMs: TESTS_TIMEOUT_MS,
    signal,
  })
  const text = await readFile(reportFile, 'utf8').catch(() => undefined)
  if (text === undefined) return { report: undefined, problem: timedOut ? 'the tests hung' : output.trim() }
  return { report: JSON.parse(text) as Report, problem: '' } // written by vitest a moment ago
}

function judge({ status, failureMessages }: TestReport): { verdict: Verdict; detail: string } {
  if (status === 'passed') return { verdict: 'passed', detail: '' }
  const detail = (failureMessages[0] ?? status).split('\n')[0] ?? ''
  if (status !== 'failed') return { verdict: 'broken', detail: `it was not run (${status})` }
  return { verdict: fellOver(detail) ? 'broken' : 'caught', detail }
}

/** Runs seeds until one finds something. */
export async function runSeeds(
  workspace: Workspace,
  { first, count, nodes }: Extract<Catcher, { kind: 'seeds' }>,
  signal: AbortSignal,
): Promise<{ verdict: Verdict; detail: string }> {
  const { exitCode, output, timedOut } = await runCommand(
    bin(workspace, 'node'),
    [...SIMULATOR, '--first', String(first), '--seeds', String(count), '--nodes', nodes],
    { cwd: workspace.dir, timeoutMs: SEEDS_TIMEOUT_MS, signal },
  )
  if (timedOut) return { verdict: 'broken', detail: 'the simulation hung' }
  if (exitCode === 0) return { verdict: 'passed', detail: '' }
  const line = output.split('\n').find((each) => /\bseed \d+/.test(each)) ?? output.trim()
  const what = line.replace(/^.*?\bseed \d+[^:]*: /, '').replace(/^violation of /, '')
  const seed = /\bseed (\d+)/.exec(line)?.[1]
  if (seed === undefined || fellOver(what)) return { verdict: 'broken', detail: line }
  return { verdict: 'caught', detail: `seed ${seed}: ${what}` }
}
