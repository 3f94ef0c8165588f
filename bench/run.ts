/** Runs scenarios one after the other; one that fails is reported and does not end the others. */
import type { Machine } from './machine.ts'
import type { ScenarioReport } from './report/types.ts'
import type { Cluster, ClusterInit, System } from './systems/types.ts'
import { NotAvailable } from './systems/types.ts'
import type { Bench, BenchOptions, Findings, Scenario, SystemName } from './types.ts'

export interface RunInit {
  readonly systems: ReadonlyMap<SystemName, System>
  readonly machine: Machine
  readonly options: BenchOptions
  /** Where CPU profiles of debros' nodes go. @default none are taken */
  readonly profileTo?: string
  readonly signal: AbortSignal
  readonly note: (text: string) => void
}

export async function runScenario(scenario: Scenario, init: RunInit): Promise<ScenarioReport> {
  const started = performance.now()
  const run = new ScenarioRun(scenario, init)
  let findings: Findings = { rows: [] }
  let failure: string | undefined
  try {
    await run.lookForSystems()
    findings = await scenario.run(run)
  } catch (error) {
    init.signal.throwIfAborted()
    failure = error instanceof Error ? error.message : String(error)
  } finally {
    await run.close()
  }
  return {
    name: scenario.name,
    title: scenario.title,
    method: scenario.method,
    measuredAt: new Date().toISOString(),
    tookSeconds: Math.round((performance.now() - started) / 1000),
    options: init.options,
    machine: init.machine,
    versions: run.versions,
    missing: run.missing,
    ...findings,
    ...(failure !== undefined && { failure }),
  }
}

class ScenarioRun implements Bench {
  readonly options: BenchOptions
  readonly signal: AbortSignal
  readonly versions: Partial<Record<SystemName, string>> = {}
  readonly missing: Partial<Record<SystemName, string>> = {}
  readonly #scenario: Scenario
  readonly #init: RunInit
  readonly #clusters: Cluster[] = []

  constructor(scenario: Scenario, init: RunInit) {
    this.#scenario = scenario
    this.#init = init
    this.options = init.options
    this.signal = init.signal
  }

  async lookForSystems(): Promise<void> {
    for (const name of this.#scenario.systems) {
      try {
        const version = await this.#init.systems.get(name)?.version()
        if (version !== undefined) this.versions[name] = version
      } catch (error) {
        if (!(error instanceof NotAvailable)) throw error
        this.missing[name] = error.message
        this.note(`${name}: not measured: ${error.message}`)
      }
    }
  }

  note(text: string): void {
    this.#init.note(`${this.#scenario.name}: ${text}`)
  }

  async start(name: SystemName, init: ClusterInit = {}): Promise<Cluster | undefined> {
    this.signal.throwIfAborted()
    const system = this.#init.systems.get(name)
    if (system === undefined || this.versions[name] === undefined) return undefined
    const { profileTo } = this.#init
    const profiled = name === 'debros' && profileTo !== undefined
    const cluster = await system.start(profiled ? { ...init, profileTo } : init)
    this.#clusters.push(cluster)
    return cluster
  }

  async startAll(init: ClusterInit = {}): Promise<readonly Cluster[]> {
    const clusters: Cluster[] = []
    for (const name of this.#scenario.systems) {
      const cluster = await this.start(name, init)
      if (cluster !== undefined) clusters.push(cluster)
    }
    return clusters
  }

  async close(): Promise<void> {
    await Promise.all(this.#clusters.map((cluster) => cluster.close()))
  }
}
