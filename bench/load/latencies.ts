/** Latencies of a run: all of them, in milliseconds, for exact quantiles. */
import type { Latency } from './types.ts'

export class Latencies {
  #values = new Float64Array(1 << 16)
  #count = 0

  get count(): number {
    return this.#count
  }

  add(ms: number): void {
    if (this.#count === this.#values.length) {
      const larger = new Float64Array(2 * this.#count)
      larger.set(this.#values)
      this.#values = larger
    }
    this.#values[this.#count++] = ms
  }

  clear(): void {
    this.#count = 0
  }

  summary(): Latency {
    const sorted = this.#values.slice(0, this.#count).sort()
    const at = (quantile: number): number =>
      sorted[Math.min(Math.ceil(sorted.length * quantile), sorted.length) - 1] ?? Number.NaN
    return { p50: at(0.5), p90: at(0.9), p99: at(0.99), p999: at(0.999), max: at(1) }
  }
}
