/** Which files follow from results. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scenario } from '../types.ts'
import { renderDocument } from './document.ts'
import { readNotes } from './notes.ts'
import { plotFile, RESULTS_FILE, removeOtherPlots, renderReport, writeFiles } from './store.ts'
import { renderPlot } from './svg/plot.ts'
import type { Report } from './types.ts'

export interface Destination {
  readonly results: string
  /** The document is made from the results that are kept with the source, and from no others. */
  readonly document?: { readonly file: string; readonly notes: string }
}

export function publish(report: Report, scenarios: readonly Scenario[], to: Destination): void {
  const text = renderReport(report)
  // From what is kept, so that it comes out the same again.
  const files = filesOf(JSON.parse(text) as Report, scenarios, to)
  writeFiles(new Map([[join(to.results, RESULTS_FILE), text], ...files]))
  removeOtherPlots(to.results, files)
}

/** Those that do not say what the results say. */
export function outOfDate(report: Report, scenarios: readonly Scenario[], at: Destination): string[] {
  const differs = ([file, text]: [string, string]): boolean => {
    try {
      return readFileSync(file, 'utf8') !== text
    } catch {
      return true
    }
  }
  return [...filesOf(report, scenarios, at)].filter(differs).map(([file]) => file)
}

function filesOf(report: Report, scenarios: readonly Scenario[], to: Destination): Map<string, string> {
  const files = new Map<string, string>()
  for (const { name, plots = [] } of report.scenarios) {
    for (const plot of plots) files.set(join(to.results, plotFile(name, plot.name)), renderPlot(plot))
  }
  if (to.document !== undefined) {
    files.set(to.document.file, renderDocument(report, scenarios, readNotes(to.document.notes)))
  }
  return files
}
