/** What a run found, for the terminal. */
import type { Row, SystemName } from '../types.ts'
import { formatJudgement, formatRatio, formatSamples, formatTarget } from './text.ts'
import type { ScenarioReport } from './types.ts'

export function renderScenario(scenario: ScenarioReport): string {
  const lines = [`${scenario.title}`, `  ${scenario.method}`, '', ...renderRows(scenario)]
  for (const [system, why] of Object.entries(scenario.missing)) {
    lines.push(`  ${system}: not measured: ${why}`)
  }
  if (scenario.failure !== undefined) lines.push(`  ENDED EARLY: ${scenario.failure}`)
  return `${lines.join('\n')}\n`
}

function renderRows({ rows }: ScenarioReport): string[] {
  const systems = systemsIn(rows)
  const peers = systems.filter((system) => system !== 'debros')
  const head = ['', ...systems, ...peers.map((peer) => `/ ${peer}`), 'target', '', '']
  const cells = rows.map((row) => [
    row.label,
    ...systems.map((system) => formatSamples(row.samples[system], row.unit)),
    ...peers.map((peer) => formatRatio(row, peer)),
    row.target === undefined ? '' : formatTarget(row.target, row.unit),
    row.target === undefined && row.notMeasured !== undefined
      ? `not measured: ${row.notMeasured}`
      : formatJudgement(row),
    row.details?.debros ?? '',
  ])
  return alignColumns([head, ...cells]).map((line) => `  ${line}`)
}

/** In the order in which reports name them. */
export function systemsIn(rows: readonly Row[]): readonly SystemName[] {
  const order: readonly SystemName[] = ['debros', 'against', 'etcd', 'rqlite']
  return order.filter((system) => rows.some((row) => row.samples[system] !== undefined))
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
