/** What a run has found, for people and for programs. */
import Table from 'cli-table3'
import { BUGS, type NamedMutant } from './bugs.ts'
import type { CheckResult, FailedTest, Verdict } from './checks.ts'
import { type Bug, type Catcher, SCRIPT_FOLDER, SCRIPT_TESTS, SCRIPT_TITLE } from './mutant.ts'

export interface MutantResult {
  readonly mutant: NamedMutant
  /** `caught` if every catcher caught it. */
  readonly verdict: Verdict
  readonly checks: readonly CheckResult[]
  /** Why it is not even a program, if it is not. */
  readonly typeErrors: string | undefined
  /** With `--sim`: what the simulator found, or that it found nothing; undefined if it was not asked. */
  readonly simulation: { readonly verdict: Verdict; readonly detail: string } | undefined
  /** With `--discover`: every test that fails. */
  readonly failing: readonly FailedTest[] | undefined
  readonly seconds: number
}

export function describeCatcher(catcher: Catcher): string {
  if (catcher.kind === 'seeds') {
    return `seeds ${catcher.first} to ${catcher.first + catcher.count - 1}, ${catcher.nodes} nodes`
  }
  const { file, title } = catcher
  return file === SCRIPT_TESTS ? `${SCRIPT_FOLDER}/${title.slice(SCRIPT_TITLE.length)}` : `${file}: ${title}`
}

const SHORT_FOLDER = /^test\/(datadriven\/raft\/)?/

function shortCatcher({ catcher, verdict, detail }: CheckResult): string {
  const seed = catcher.kind === 'seeds' && verdict === 'caught' ? ` (${detail})` : ''
  return `${describeCatcher(catcher).replace(SHORT_FOLDER, '')}${seed}`
}

const PLAIN = { style: { head: [], border: [] }, wordWrap: true }

export function formatResults(results: readonly MutantResult[]): string {
  const withSimulation = results.some(({ simulation }) => simulation !== undefined)
  const table = new Table({
    ...PLAIN,
    head: [
      'id',
      'bug or broken rule',
      'mutant',
      'caught by',
      ...(withSimulation ? ['simulation'] : []),
      'seconds',
    ],
    colWidths: [7, 30, 38, 58, ...(withSimulation ? [30] : []), 9],
  })
  for (const { mutant, verdict, checks, typeErrors, simulation, seconds } of results) {
    const caught = checks.filter((check) => check.verdict === 'caught').map(shortCatcher)
    const failed = verdict === 'caught' ? [] : [verdict === 'broken' ? 'BROKEN' : 'SURVIVED']
    if (typeErrors !== undefined) failed.push('it does not compile')
    table.push([
      mutant.id,
      mutant.bug.title,
      mutant.what,
      [...failed, ...caught].join('\n'),
      ...(withSimulation ? [describeSimulation(simulation)] : []),
      seconds.toFixed(1),
    ])
  }
  return table.toString()
}

function describeSimulation(simulation: MutantResult['simulation']): string {
  if (simulation === undefined) return '-'
  return simulation.verdict === 'passed' ? 'finds nothing' : simulation.detail
}

/** Everything that is wrong with a run, one paragraph each. */
export function formatProblems(results: readonly MutantResult[]): string[] {
  return results.flatMap(({ mutant, verdict, checks, typeErrors }) => {
    if (verdict === 'caught') return []
    const head = `${mutant.id}: ${mutant.what}`
    if (typeErrors !== undefined) return [`${head}\n  does not compile:\n${typeErrors}`]
    const lines = checks
      .filter((check) => check.verdict !== 'caught')
      .map(({ catcher, verdict, detail }) =>
        verdict === 'passed'
          ? `  not noticed by ${describeCatcher(catcher)}`
          : `  broken: ${describeCatcher(catcher)}: ${detail}`,
      )
    return [[head, ...lines].join('\n')]
  })
}

export function formatDiscoveries(results: readonly MutantResult[]): string[] {
  return results.map(({ mutant, typeErrors, failing = [] }) =>
    [
      `${mutant.id}: ${mutant.what}`,
      ...failing.map(
        ({ file, title, verdict, detail }) => `  ${verdict}  ${file}: ${title}\n          ${detail}`,
      ),
      ...(typeErrors === undefined ? [] : [`  does not compile:\n${typeErrors}`]),
      ...(failing.length === 0 && typeErrors === undefined ? ['  no test fails'] : []),
    ].join('\n'),
  )
}

/** Bugs that cannot exist here, in whole or in part, and what of others is left open. */
export function formatReasons(bugs: readonly Bug[] = BUGS): string {
  const table = new Table({
    ...PLAIN,
    head: ['id', 'bug', 'why it cannot exist here, or what is left open'],
    colWidths: [7, 40, 90],
  })
  for (const { id, title, reason, open } of bugs) {
    if (reason !== undefined) table.push([id, title, reason])
    if (open !== undefined) table.push([id, title, `OPEN: ${open}`])
  }
  return table.toString()
}

export function formatList(mutants: readonly NamedMutant[]): string {
  const lines = mutants.map(({ id, bug, what, caughtBy }) =>
    [
      `${id}  ${bug.title}`,
      `      ${what}`,
      ...caughtBy.map((each) => `      - ${describeCatcher(each)}`),
    ].join('\n'),
  )
  return lines.join('\n')
}

export function toJson(results: readonly MutantResult[], problems: readonly string[]): string {
  const mutants = results.map(({ mutant, verdict, checks, simulation, failing, typeErrors, seconds }) => ({
    id: mutant.id,
    bug: mutant.bug.id,
    title: mutant.bug.title,
    mutant: mutant.what,
    verdict,
    typeErrors,
    caughtBy: checks.map(({ catcher, verdict, detail }) => ({
      catcher: describeCatcher(catcher),
      verdict,
      detail,
    })),
    simulation,
    failing,
    seconds,
  }))
  const remarks = BUGS.filter(({ reason, open }) => reason !== undefined || open !== undefined).map(
    ({ id, title, reason, open }) => ({ id, title, reason, open }),
  )
  return JSON.stringify({ mutants, remarks, problems }, undefined, 2)
}
