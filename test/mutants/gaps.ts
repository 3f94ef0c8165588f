/** What is wrong with the list of mutants itself, found without running anything. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { applyEdits } from './apply.ts'
import { BUGS, BUGS_COUNT, MUTANTS } from './bugs.ts'
import { type Catcher, SCRIPT_FOLDER, SCRIPT_TESTS, SCRIPT_TITLE } from './mutant.ts'
import { RULES } from './rules.ts'
import { ROOT } from './workspace.ts'

/** Bugs left out, edits that no longer apply, tests that do not exist; one line each. */
export function findGaps(): string[] {
  return [
    ...findMissingBugs(),
    ...MUTANTS.flatMap(({ id, edits, caughtBy }) => [
      ...problemOf(id, () => applyEdits(edits, readSource)),
      ...(caughtBy.length === 0 ? [`${id}: nothing is named that catches it`] : []),
      ...caughtBy
        .filter((catcher) => !catcherExists(catcher))
        .map((catcher) => `${id}: there is no ${JSON.stringify(catcher)}`),
    ]),
  ]
}

function findMissingBugs(): string[] {
  const ids = BUGS.map(({ id }) => id)
  const expected = Array.from({ length: BUGS_COUNT }, (_, i) => `B${i + 1}`)
  return [
    ...expected.filter((id) => !ids.some((each) => each === id)).map((id) => `${id} is not in the list`),
    ...ids
      .filter((id, i) => !expected.includes(id) || ids.indexOf(id) !== i)
      .map((id) => `${id} is once too often in the list`),
    ...[...BUGS, ...RULES]
      .filter(({ mutants, reason }) => mutants.length === 0 && reason === undefined)
      .map(({ id }) => `${id} has neither a mutant nor a reason why it cannot exist`),
  ]
}

function problemOf(id: string, run: () => void): string[] {
  try {
    run()
    return []
  } catch (error) {
    return [`${id}: ${(error as Error).message}`]
  }
}

function readSource(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8')
}

/** Judged by the text of the files; what the test is called when it runs is for the run to find out. */
export function catcherExists(catcher: Catcher): boolean {
  if (catcher.kind === 'seeds') return true
  const { file, title } = catcher
  if (file === SCRIPT_TESTS) return existsSync(join(ROOT, SCRIPT_FOLDER, title.slice(SCRIPT_TITLE.length)))
  if (!existsSync(join(ROOT, file))) return false
  const text = [file, ...conformanceFiles(readSource(file))].map(readSource).join('\n')
  return titlesIn(text).some((pattern) => pattern.test(title))
}

/** Tests of a contract stand in test/conformance, and are called from where they run. */
function conformanceFiles(text: string): string[] {
  return [...text.matchAll(/conformance\/[\w-]+\.ts/g)].map(([path]) => `test/${path}`)
}

/** What the titles in a file of tests look like, with anything where `test.each` fills in. */
function titlesIn(text: string): RegExp[] {
  return [...text.matchAll(/\b(?:test|it)(?:\.each)?\b[^'"`]*?\(\s*(['"`])((?:\\.|(?!\1).)*)\1/g)].map(
    (match) => {
      const title = (match[2] ?? '').replace(/\\(.)/g, '$1')
      const escaped = title.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      return new RegExp(`^${escaped.replace(/%[a-z]|\\\$\w+|\\\$\\\{.*?\\\}/g, '.*')}$`)
    },
  )
}
