/** What a run found, for the terminal. */

import type { Row, Target } from '../types.ts'
import { measuredColumns, withoutEmpty } from './columns.ts'
import { formatJudgement, formatMeasured, formatTarget } from './text.ts'
import type { ScenarioReport } from './types.ts'

export function renderScenario(scenario: ScenarioReport): string {
  const lines = [`${scenario.title}`, `  ${scenario.method}`, '', ...renderRows(scenario)]
  for (const [system, why] of Object.entries(scenario.missing)) {
    lines.push(`  ${system}: not measured: ${why}`)
  }
  if (scenario.failure !== undefined) lines.push(`  ENDED EARLY: ${scenario.failure}`)
  lines.push(`  (${scenario.tookSeconds} s)`)
  return `${lines.join('\n')}\n`
}

/** All targets of a run, for its end. */
export function renderTargets(scenarios: readonly ScenarioReport[]): string {
  const rows = scenarios.flatMap((scenario) =>
    scenario.rows.flatMap((row) =>
      row.target === undefined ? [] : [targetCells(scenario, row, row.target)],
    ),
  )
  if (rows.length === 0) return ''
  const lines = alignColumns([['', 'target', 'measured', ''], ...rows]).map((line) => `  ${line}`)
  return `Targets\n\n${lines.join('\n')}\n`
}

function targetCells({ name }: ScenarioReport, row: Row, target: Target): string[] {
  return [
    `${name}: ${row.label}`,
    formatTarget(target, row.unit),
    formatMeasured(row, target),
    formatJudgement(row),
  ]
}

function renderRows({ rows }: ScenarioReport): string[] {
  const columns = [
    ...measuredColumns(rows),
    ...withoutEmpty(
      [
        {
          head: 'target',
          cell: ({ target, unit }) => (target === undefined ? '' : formatTarget(target, unit)),
        },
        { head: '', cell: formatJudgement },
        { head: '', cell: ({ details }) => details?.debros ?? '' },
      ],
      rows,
    ),
  ]
  const head = columns.map(({ head }) => head)
  return alignColumns([head, ...rows.map((row) => columns.map(({ cell }) => cell(row)))]).map(
    (line) => `  ${line}`,
  )
}

export function alignColumns(cells: readonly (readonly string[])[]): string[] {
  const widths = (cells[0] ?? []).map((_, column) =>
    Math.max(...cells.map((row) => row[column]?.length ?? 0)),
  )
  return cells.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  )
}
