/** Adds up what came of many runs. */
import type { WorldReport } from '../../src/testing/sim/index.ts'

export class Summary {
  readonly happened: Record<string, number> = {}
  seeds = 0
  #events = 0
  #simulatedMs = 0
  #acknowledged = 0
  #undecided = 0
  #hash = 0

  add(report: WorldReport): void {
    this.seeds++
    this.#events += report.events
    this.#simulatedMs += report.simulatedMs
    this.#acknowledged += report.acknowledged
    this.#undecided += report.undecided
    // A sum does not depend on which run ended first.
    this.#hash = (this.#hash + Math.imul(Number.parseInt(report.traceHash, 16), report.seed | 1)) >>> 0
    for (const [what, count] of Object.entries(report.happened)) {
      this.happened[what] = (this.happened[what] ?? 0) + count
    }
  }

  get simulatedHours(): number {
    return this.#simulatedMs / 3_600_000
  }

  /** `wallMs`: how long all of it took. */
  text(wallMs: number): string {
    const counts = Object.entries(this.happened).sort(([a], [b]) => (a < b ? -1 : 1))
    const seconds = wallMs / 1000
    const lines = [
      ...counts.map(([what, count]) => `${String(count).padStart(9)}  ${what}`),
      '',
      `seeds run        ${this.seeds}`,
      `events           ${this.#events} (${Math.round(this.#events / seconds)} a second)`,
      `writes acked     ${this.#acknowledged}`,
      `simulated time   ${this.simulatedHours.toFixed(2)} h (${((60 * this.simulatedHours) / seconds).toFixed(2)} h a minute)`,
      `wall time        ${seconds.toFixed(1)} s`,
      `run hash         ${this.#hash.toString(16).padStart(8, '0')}`,
    ]
    if (this.#undecided > 0)
      lines.push(`undecided        ${this.#undecided} histories were too hard to judge`)
    return lines.join('\n')
  }
}
