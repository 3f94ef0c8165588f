/** Proves that the tests pass on the sources as they are, and fail on every mutant of them. */
import type { NamedMutant } from './bugs.ts'
import { checkTypes, failingTests, runChecks, runSeeds, type Verdict } from './checks.ts'
import { type Catcher, SEEDS } from './mutant.ts'
import type { MutantResult } from './report.ts'
import { Workspace } from './workspace.ts'

export interface RunInit {
  readonly mutants: readonly NamedMutant[]
  readonly jobs: number
  /** Ask the simulator, too, about every mutant of consensus. */
  readonly simulate: boolean
  /** In place of the named catchers, run all quick tests of the part and tell which fail. */
  readonly discover: boolean
  readonly signal: AbortSignal
  readonly onProgress: (done: number, result: MutantResult) => void
}

export interface RunResult {
  /** What is wrong with the sources as they are; then nothing else was run. */
  readonly baseline: readonly string[]
  readonly results: readonly MutantResult[]
}

export async function runMutants(init: RunInit): Promise<RunResult> {
  const { mutants, jobs, signal } = init
  const workspaces: Workspace[] = []
  try {
    for (let i = 0; i < jobs; i++) workspaces.push(await Workspace.create())
    const baseline = init.discover ? [] : await checkBaseline(workspaces, mutants, signal)
    if (baseline.length > 0) return { baseline, results: [] }
    const results: MutantResult[] = new Array(mutants.length)
    let next = 0
    let done = 0
    await shared(workspaces, async (workspace) => {
      for (let at = next++; at < mutants.length; at = next++) {
        const result = await runMutant(workspace, mutants[at] as NamedMutant, init)
        results[at] = result
        init.onProgress(++done, result)
      }
    })
    return { baseline, results }
  } finally {
    await Promise.all(workspaces.map((workspace) => workspace.remove()))
  }
}

/** Runs in every workspace at once, and waits for all of them even if one fails. */
async function shared(
  workspaces: readonly Workspace[],
  run: (workspace: Workspace) => Promise<void>,
): Promise<void> {
  const ended = await Promise.allSettled(workspaces.map(run))
  for (const each of ended) if (each.status === 'rejected') throw each.reason
}

/** The sources compile, and every catcher passes on them: only then does its failure mean the mutant. */
async function checkBaseline(
  workspaces: readonly Workspace[],
  mutants: readonly NamedMutant[],
  signal: AbortSignal,
): Promise<string[]> {
  const problems: string[] = []
  const tasks = [...groupsOf(distinct(mutants.flatMap(({ caughtBy }) => caughtBy)))]
  const untyped = new Set(workspaces)
  await shared(workspaces, async (workspace) => {
    // Each workspace's own, so that it need only look at what a mutant changes.
    if (untyped.delete(workspace)) {
      const errors = await checkTypes(workspace, signal)
      if (errors !== undefined) problems.push(`the sources do not compile:\n${errors}`)
    }
    for (let group = tasks.shift(); group !== undefined; group = tasks.shift()) {
      for (const { catcher, verdict, detail } of await runChecks(workspace, group, signal)) {
        const what =
          catcher.kind === 'test' ? `${catcher.file}: ${catcher.title}` : `seeds from ${catcher.first}`
        if (verdict !== 'passed') problems.push(`without any mutant, ${what}: ${detail}`)
      }
    }
  })
  return problems
}

function distinct(catchers: readonly Catcher[]): Catcher[] {
  return [...new Map(catchers.map((catcher) => [JSON.stringify(catcher), catcher])).values()]
}

/** One group for each file of tests, and one for each range of seeds, the long ones first. */
function groupsOf(catchers: readonly Catcher[]): Catcher[][] {
  const groups = Map.groupBy(catchers, (each) => (each.kind === 'test' ? each.file : JSON.stringify(each)))
  return [...groups.values()].sort((a, b) => Number(a[0]?.kind === 'test') - Number(b[0]?.kind === 'test'))
}

async function runMutant(workspace: Workspace, mutant: NamedMutant, init: RunInit): Promise<MutantResult> {
  const { simulate, discover, signal } = init
  const started = performance.now()
  return await workspace.mutated(mutant.edits, async () => {
    const typeErrors = await checkTypes(workspace, signal)
    const isProgram = typeErrors === undefined
    const checks = isProgram && !discover ? await runChecks(workspace, mutant.caughtBy, signal) : []
    const failing =
      isProgram && discover ? await failingTests(workspace, quickTestsOf(mutant), signal) : undefined
    const simulation =
      isProgram && simulate && isSimulated(mutant)
        ? await runSeeds(workspace, { kind: 'seeds', first: 1, count: SEEDS, nodes: '3-5' }, signal)
        : undefined
    const seconds = (performance.now() - started) / 1000
    const verdict = verdictOf(isProgram, [...checks, ...(failing ?? [])])
    return { mutant, verdict, checks, typeErrors, simulation, failing, seconds }
  })
}

/** By the folder that a mutant changes: what a contributor would run, too. */
const QUICK_TESTS: Readonly<Record<string, readonly string[]>> = {
  raft: ['test/datadriven', 'test/unit/raft/', 'test/unit/raft-log'],
}

function quickTestsOf({ edits }: NamedMutant): string[] {
  const folders = new Set(edits.map(({ file }) => file.split('/')[1] ?? ''))
  return [...folders].flatMap((folder) => QUICK_TESTS[folder] ?? [`test/unit/${folder}`])
}

/** Only what the simulator runs can show in it. */
function isSimulated({ edits }: NamedMutant): boolean {
  return edits.every(
    ({ file }) => file.startsWith('src/raft/') && !/level-store|snapshot-file|snapshot-format/.test(file),
  )
}

/** All that were named have to catch it: each one is there for a reason. */
function verdictOf(isProgram: boolean, checks: readonly { readonly verdict: Verdict }[]): Verdict {
  if (!isProgram || checks.some(({ verdict }) => verdict === 'broken')) return 'broken'
  return checks.length > 0 && checks.every(({ verdict }) => verdict === 'caught') ? 'caught' : 'passed'
}
