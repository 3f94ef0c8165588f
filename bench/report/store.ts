/** The results on disk: one JSON file; a scenario that is measured again replaces what it had there. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import type { Report, ScenarioReport } from './types.ts'

export function readReport(file: string): Report {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { format: 1, scenarios: [] }
    throw new Error(`${file} holds no results: ${(error as Error).message}`, { cause: error })
  }
}

export function writeReport(file: string, report: Report): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, `${JSON.stringify(report, undefined, 2)}\n`)
}

/** In the order of `names`, whatever order they were measured in; names that are gone are dropped. */
export function mergeScenarios(
  report: Report,
  measured: readonly ScenarioReport[],
  names: readonly string[],
): Report {
  const all = new Map([...report.scenarios, ...measured].map((scenario) => [scenario.name, scenario]))
  return { format: 1, scenarios: names.flatMap((name) => all.get(name) ?? []) }
}
