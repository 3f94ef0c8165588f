/** From values to pixels, and which values get a line. */
import type { Axis } from '../../types.ts'

export interface Scale {
  readonly ticks: readonly number[]
  at(value: number): number
}

export interface Range {
  readonly from: number
  readonly to: number
}

const TICKS_WANTED = 5

/** Covers all values; a linear one begins at 0, so that lengths can be compared. */
export function scaleFor(values: readonly number[], axis: Axis, pixels: Range): Scale {
  return axis.log === true ? logarithmic(values, pixels) : linear(values, pixels)
}

/** Ticks are the values themselves where they are few, as with numbers of clients. */
export function scaleThrough(values: readonly number[], axis: Axis, pixels: Range): Scale {
  const distinct = [...new Set(values)].sort((a, b) => a - b)
  const [low, high] = [distinct[0] ?? 1, distinct.at(-1) ?? 1]
  const at = axis.log === true ? interpolateLog(low, high, pixels) : interpolate(low, high, pixels)
  return { at, ticks: distinct.length <= 8 ? distinct : niceTicks(low, high) }
}

function linear(values: readonly number[], pixels: Range): Scale {
  const high = Math.max(...values, 0)
  const ticks = niceTicks(0, high === 0 ? 1 : high)
  return { ticks, at: interpolate(0, ticks.at(-1) as number, pixels) }
}

function niceTicks(low: number, high: number): number[] {
  const step = niceStep((high - low) / TICKS_WANTED)
  const first = Math.floor(low / step)
  const last = Math.ceil(high / step - 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => (first + i) * step)
}

/** 1, 2 or 5 of a power of ten. */
function niceStep(rough: number): number {
  const power = 10 ** Math.floor(Math.log10(rough))
  const factor = [1, 2, 5, 10].find((candidate) => candidate * power >= rough) as number
  return factor * power
}

function logarithmic(values: readonly number[], pixels: Range): Scale {
  const positive = values.filter((value) => value > 0)
  const low = Math.min(...positive)
  const high = Math.max(...positive)
  const all = logTicks(Math.floor(Math.log10(low)), Math.ceil(Math.log10(high)))
  // From the last tick below the values to the first above them.
  const from = all.findLastIndex((tick) => tick <= low)
  const to = all.findIndex((tick) => tick >= high)
  const ticks = all.slice(from, Math.max(to, from + 1) + 1)
  return { ticks, at: interpolateLog(ticks[0] as number, ticks.at(-1) as number, pixels) }
}

function logTicks(fromPower: number, toPower: number): number[] {
  const powers = Array.from({ length: toPower - fromPower + 2 }, (_, i) => 10 ** (fromPower + i))
  return powers.flatMap((power) => [power, 2 * power, 5 * power])
}

function interpolate(low: number, high: number, { from, to }: Range): Scale['at'] {
  const span = high === low ? 1 : high - low
  return (value) => from + ((value - low) / span) * (to - from)
}

function interpolateLog(low: number, high: number, pixels: Range): Scale['at'] {
  const at = interpolate(Math.log(low), Math.log(high), pixels)
  return (value) => at(Math.log(Math.max(value, low)))
}
