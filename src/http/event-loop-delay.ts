/**
 * How late the main thread gets to what is due: all clients and heartbeats wait that long. Watched from the first
 * time that it is asked for, so that nobody pays for it who does not ask, and until this object is collected.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks'

/** A timer of so many milliseconds is watched; what is recorded is the time between two of its turns. */
const RESOLUTION_MS = 10
const QUANTILES = [0.5, 0.99, 0.999, 1] as const

type IntervalHistogram = ReturnType<typeof monitorEventLoopDelay>

export interface DelayQuantile {
  readonly quantile: number
  readonly seconds: number
}

export class EventLoopDelay {
  #histogram: IntervalHistogram | undefined

  /** Since it was last taken; nothing at the first time. */
  take(): readonly DelayQuantile[] {
    const histogram = this.#histogram
    if (histogram === undefined) {
      this.#histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
      this.#histogram.enable()
      return []
    }
    if (histogram.count === 0) return []
    const delays = QUANTILES.map((quantile) => ({ quantile, seconds: delayAt(histogram, quantile) }))
    histogram.reset()
    return delays
  }
}

function delayAt(histogram: IntervalHistogram, quantile: number): number {
  const betweenMs = histogram.percentile(100 * quantile) / 1e6
  // A turn that comes soon after a late one is not early.
  return Math.max(betweenMs - RESOLUTION_MS, 0) / 1000
}
