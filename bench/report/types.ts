/** What is kept of a run, as JSON; tables, plots and the document are made from it. */
import type { Machine } from '../machine.ts'
import type { BenchOptions, Findings, SystemName } from '../types.ts'

export interface Report {
  readonly format: 1
  readonly scenarios: readonly ScenarioReport[]
}

/** Scenarios can be measured one at a time, so each has its own circumstances. */
export interface ScenarioReport extends Findings {
  readonly name: string
  readonly title: string
  readonly method: string
  readonly measuredAt: string
  readonly tookSeconds: number
  readonly options: BenchOptions
  readonly machine: Machine
  readonly versions: Readonly<Partial<Record<SystemName, string>>>
  /** Systems that the scenario applies to and that were not there, with the reason. */
  readonly missing: Readonly<Partial<Record<SystemName, string>>>
  /** Why it ended before it was through. */
  readonly failure?: string
}
