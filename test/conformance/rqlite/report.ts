/** The end of `npm run conformance`: counts per part, and the rows of the checklist that no test is named after. */
import type { Reporter, TestModule } from 'vitest/node'
import { ROWS } from './harness/rows.ts'

interface Part {
  readonly name: string
  /** Below this directory. */
  readonly holds: string
}

const PARTS: readonly Part[] = [
  { name: 'acceptance checklist', holds: '/checklist/' },
  { name: 'rqlite-js', holds: '/clients/rqlite-js' },
  { name: 'curl lines', holds: '/clients/curl' },
  { name: 'SQL as SQLite has it', holds: '/sql/' },
  { name: 'bad input', holds: '/input/' },
  { name: 'faults', holds: '/faults/' },
]

interface Counted {
  readonly title: string
  readonly passed: boolean
  readonly statements: number
}

export default class ConformanceReport implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const lines = PARTS.flatMap(({ name, holds }) => {
      const tests = modules.filter(({ moduleId }) => moduleId.includes(holds)).flatMap(testsOf)
      return tests.length === 0 ? [] : [lineOf(name, tests)]
    })
    const rows = modules.filter(({ moduleId }) => moduleId.includes('/checklist/')).flatMap(testsOf)
    console.log(`\n${[...lines, ...rowLines(rows)].join('\n')}\n`)
  }
}

function testsOf(module: TestModule): Counted[] {
  return [...module.children.allTests()].map((test) => {
    // Left there by the tests of SQL, for this.
    const { sql } = test.meta() as { sql?: { statements: number } }
    return { title: test.name, passed: test.result().state === 'passed', statements: sql?.statements ?? 0 }
  })
}

function lineOf(name: string, tests: readonly Counted[]): string {
  const passed = tests.filter((test) => test.passed).length
  const statements = tests.reduce((sum, test) => sum + test.statements, 0)
  const failed = passed < tests.length ? `  ${tests.length - passed} FAILED` : ''
  const more = statements > 0 ? `  (${statements} statements)` : ''
  return `  ${name.padEnd(22)} ${String(passed).padStart(4)} of ${tests.length} tests passed${more}${failed}`
}

function rowLines(tests: readonly Counted[]): string[] {
  if (tests.length === 0) return []
  const numbers = Object.keys(ROWS)
  const of = (row: string): readonly Counted[] => tests.filter(({ title }) => title.startsWith(`${row} - `))
  const untested = numbers.filter((row) => of(row).length === 0)
  const failed = numbers.filter((row) => of(row).some(({ passed }) => !passed))
  const passed = numbers.length - untested.length - failed.length
  return [
    `  rows of the checklist: ${passed} of ${numbers.length} passed`,
    ...(failed.length > 0 ? [`  rows that failed: ${failed.join(', ')}`] : []),
    ...(untested.length > 0 ? [`  rows without a test here: ${untested.join(', ')}`] : []),
  ]
}
