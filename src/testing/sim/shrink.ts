/**
 * Makes a failing run smaller: fewer faults, nodes, clients and operations, and less time, as long as
 * the same thing still goes wrong. Every run is decided by its init alone, so what is left over replays.
 */
import { toError } from '../../base/index.ts'
import type { PlannedFault } from './plan.ts'
import { Violation } from './violation.ts'
import { World, type WorldInit, type WorldReport } from './world.ts'

export interface Failure {
  /** What was broken; equal for the same violation. */
  readonly invariant: string
  readonly message: string
  /** Virtual milliseconds from the beginning to the failure. */
  readonly atMs: number
  readonly faults: readonly PlannedFault[]
}

export type Outcome = { readonly report: WorldReport } | { readonly failure: Failure }

/** Runs a world to its end, good or bad. */
export async function runWorld(init: WorldInit): Promise<Outcome> {
  const world = new World(init)
  try {
    return { report: await world.run() }
  } catch (thrown) {
    const error = toError(thrown)
    const isViolation = error instanceof Violation
    return {
      failure: {
        invariant: isViolation ? error.invariant : error.name,
        message: isViolation ? error.message : (error.stack ?? error.message),
        atMs: world.events.now / 1000,
        faults: world.plannedFaults,
      },
    }
  }
}

export interface ShrinkInit {
  readonly world: WorldInit
  /** What came of it. */
  readonly failure: Failure
  /** At most so many runs. @default 400 */
  readonly runsMax?: number
  /** Asked before each run; true ends the search with what there is. @default never */
  readonly isOver?: () => boolean
}

export interface Shrunk {
  readonly world: WorldInit
  readonly failure: Failure
  readonly runs: number
}

const RUNS_MAX = 400

export async function shrink(init: ShrinkInit): Promise<Shrunk> {
  return await new Shrinker(init).run()
}

class Shrinker {
  readonly #init: ShrinkInit
  #world: WorldInit
  #failure: Failure
  #runs = 0

  constructor(init: ShrinkInit) {
    this.#init = init
    this.#failure = init.failure
    // From here on the faults are named, whatever becomes of the rest.
    this.#world = { ...init.world, onlyFaults: init.failure.faults.map(({ number }) => number) }
  }

  async run(): Promise<Shrunk> {
    // What is cut off later is smaller then; a second round finds what the first made possible.
    for (let size = Number.POSITIVE_INFINITY; this.#size() < size && !this.#isOver; ) {
      size = this.#size()
      await this.#cutTime()
      await this.#dropFaults()
      await this.#lower('operations', Math.round(this.#failure.atMs), 1)
      await this.#lower('clients', this.#world.clients ?? 4, 0)
      await this.#lower('nodes', this.#world.nodes, 1)
    }
    return { world: this.#world, failure: this.#failure, runs: this.#runs }
  }

  #size(): number {
    const { onlyFaults = [], nodes, clients = 4, operations = 10_000, faultPhaseMs = 15_000 } = this.#world
    return onlyFaults.length * 1000 + nodes * 1000 + clients * 1000 + operations + faultPhaseMs
  }

  get #isOver(): boolean {
    return this.#runs >= (this.#init.runsMax ?? RUNS_MAX) || this.#init.isOver?.() === true
  }

  /** Keeps `world` if the same thing still goes wrong in it. */
  async #try(world: WorldInit): Promise<boolean> {
    if (this.#isOver) return false
    this.#runs++
    const outcome = await runWorld(world)
    if (!('failure' in outcome) || outcome.failure.invariant !== this.#init.failure.invariant) return false
    this.#world = world
    this.#failure = outcome.failure
    return true
  }

  async #cutTime(): Promise<void> {
    const { faultPhaseMs = 15_000 } = this.#world
    const atMs = Math.ceil(this.#failure.atMs)
    if (atMs < faultPhaseMs) await this.#try({ ...this.#world, faultPhaseMs: atMs })
    for (const part of [0.25, 0.5, 0.75, 0.9]) {
      const { faultPhaseMs: now = 15_000 } = this.#world
      if (await this.#try({ ...this.#world, faultPhaseMs: Math.round(now * part) })) return
    }
  }

  /** Halves, quarters and so on of the faults are left out, down to single ones (Zeller's ddmin). */
  async #dropFaults(): Promise<void> {
    const { faultPhaseMs = 15_000 } = this.#world
    const late = new Set(
      this.#failure.faults.filter(({ atUs }) => atUs > faultPhaseMs * 1000).map((f) => f.number),
    )
    let faults = (this.#world.onlyFaults ?? []).filter((number) => !late.has(number))
    this.#world = { ...this.#world, onlyFaults: faults }
    for (let size = Math.ceil(faults.length / 2); size >= 1 && faults.length > 0; ) {
      for (let from = 0; from < faults.length && !this.#isOver; ) {
        const rest = [...faults.slice(0, from), ...faults.slice(from + size)]
        if (await this.#try({ ...this.#world, onlyFaults: rest })) faults = rest
        else from += size
      }
      if (size === 1) return
      size = Math.ceil(size / 2)
    }
  }

  /** The smallest number with which it still goes wrong, as far as halving finds it. */
  async #lower(field: 'operations' | 'clients' | 'nodes', from: number, least: number): Promise<void> {
    let [low, high] = [least, this.#world[field] ?? from]
    while (low < high && !this.#isOver) {
      const middle = Math.floor((low + high) / 2)
      if (await this.#try({ ...this.#world, [field]: middle })) high = middle
      else low = middle + 1
    }
  }
}
