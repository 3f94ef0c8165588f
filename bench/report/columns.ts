/** The columns that the table on the terminal and those of the document have in common. */
import type { Row, SystemName } from '../types.ts'
import { formatCpu, formatRatio, formatSamples } from './text.ts'

export interface Column {
  readonly head: string
  cell(row: Row): string
}

/** What each system did, how that compares, and what it cost. */
export function measuredColumns(rows: readonly Row[]): readonly Column[] {
  const systems = systemsIn(rows)
  const peers = systems.filter((system) => system !== 'debros')
  const columns: readonly Column[] = [
    { head: '', cell: (row) => row.label },
    ...systems.map((system) => ({ head: system, cell: (row: Row) => samplesCell(row, system) })),
    ...peers.map((peer) => ({ head: `/ ${peer}`, cell: (row: Row) => formatRatio(row, peer) })),
    { head: 'CPU', cell: (row) => formatCpu(row, peers) },
  ]
  return withoutEmpty(columns, rows)
}

/** Columns that say something in one of these rows at least. */
export function withoutEmpty(columns: readonly Column[], rows: readonly Row[]): readonly Column[] {
  return columns.filter(({ cell }) => rows.some((row) => cell(row) !== ''))
}

/** In the order in which reports name them. */
export function systemsIn(rows: readonly Row[]): readonly SystemName[] {
  const order: readonly SystemName[] = ['debros', 'against', 'etcd', 'rqlite']
  return order.filter(
    (system) => system === 'debros' || rows.some((row) => row.samples[system] !== undefined),
  )
}

function samplesCell(row: Row, system: SystemName): string {
  const missing = row.notMeasured !== undefined && system === 'debros'
  return missing ? `not measured: ${row.notMeasured}` : formatSamples(row.samples[system], row.unit)
}
