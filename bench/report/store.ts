/** The results on disk: a JSON file, a plot each as SVG, and the document that shows them. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Report, ScenarioReport } from './types.ts'

export const RESULTS_FILE = 'latest.json'

export function plotFile(scenario: string, plot: string): string {
  return scenario === plot ? `${plot}.svg` : `${scenario}-${plot}.svg`
}

export function readReport(directory: string): Report {
  const file = join(directory, RESULTS_FILE)
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Report
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { format: 1, scenarios: [] }
    throw new Error(`${file} holds no results: ${(error as Error).message}`, { cause: error })
  }
}

/** Of numbers that were measured, five digits are more than they are good for. */
export function renderReport(report: Report): string {
  const shorten = (_: string, value: unknown): unknown =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value
  return `${JSON.stringify(report, shorten, 2)}\n`
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

/** Replaces what is there. */
export function writeFiles(files: ReadonlyMap<string, string>): void {
  for (const [file, text] of files) {
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** Plots of scenarios that are gone. */
export function removeOtherPlots(directory: string, files: ReadonlyMap<string, string>): void {
  for (const name of readdirSync(directory)) {
    const file = join(directory, name)
    if (name.endsWith('.svg') && !files.has(file)) rmSync(file)
  }
}
