import type { Row, SystemName, Target } from '../types.ts'

export interface Summary {
  readonly median: number
  readonly low: number
  readonly high: number
}

/** Median and range: a handful of samples says no more than that. */
export function summarize(samples: readonly number[]): Summary {
  return { median: quantile(samples, 0.5), low: Math.min(...samples), high: Math.max(...samples) }
}

/** Between two samples it is interpolated. */
export function quantile(samples: readonly number[], q: number): number {
  if (samples.length === 0) return Number.NaN
  const sorted = [...samples].sort((a, b) => a - b)
  const at = (sorted.length - 1) * q
  const below = sorted[Math.floor(at)] as number
  const above = sorted[Math.ceil(at)] as number
  return below + (above - below) * (at - Math.floor(at))
}

/** Of samples taken one after the other; those without a partner do not count. */
export function pairRatios({ samples }: Pick<Row, 'samples'>, peer: SystemName): readonly number[] {
  const ours = samples.debros ?? []
  const theirs = samples[peer] ?? []
  return ours.slice(0, theirs.length).map((sample, i) => sample / (theirs[i] as number))
}

export type Judgement =
  | { readonly measured: number; readonly met: boolean }
  /** There is nothing to judge by. */
  | { readonly measured: undefined; readonly why: string }

export function judge(row: Row, target: Target): Judgement {
  const samples = target.of === 'debros' ? row.samples.debros : pairRatios(row, target.of.ratioTo)
  if (samples === undefined || samples.length === 0)
    return { measured: undefined, why: whyNothing(row, target) }
  const measured = statisticOf(samples, target.statistic)
  return { measured, met: target.at === 'least' ? measured >= target.bound : measured <= target.bound }
}

function whyNothing(row: Row, target: Target): string {
  if (row.notMeasured !== undefined) return row.notMeasured
  return target.of === 'debros' ? 'no samples' : `${target.of.ratioTo} was not measured`
}

function statisticOf(samples: readonly number[], statistic: Target['statistic']): number {
  if (statistic === 'max') return Math.max(...samples)
  return quantile(samples, statistic === 'median' ? 0.5 : 0.99)
}
