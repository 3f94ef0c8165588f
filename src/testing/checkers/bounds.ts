/**
 * Between which values a sum lay while it was being read: what was surely added before, what can
 * possibly have been added by the end. Each operation counts at most once.
 */
import { type AnyOperation, effectEndsAt } from './history.ts'

/** That an operation, if and when it takes effect, changes the sum by `amount`. */
export interface Change {
  readonly operation: AnyOperation
  readonly amount: number
}

export interface Bounds {
  readonly low: number
  readonly high: number
}

/** The bounds for any read, each found in logarithmic time. Failed operations must not be among them. */
export function boundsOf(
  initial: number,
  changes: readonly Change[],
): (read: { readonly invokedAt: number; readonly completedAt: number }) => Bounds {
  // What adds raises the low bound once it must have happened and the high bound once it may have;
  // what takes away, the other way round.
  const up = changes.filter(({ amount }) => amount > 0)
  const down = changes.filter(({ amount }) => amount < 0)
  const [surelyUp, surelyDown] = [up, down].map((some) => runningSum(some, effectEndsAt))
  const [maybeUp, maybeDown] = [up, down].map((some) => runningSum(some, ({ invokedAt }) => invokedAt))
  return ({ invokedAt, completedAt }) => ({
    low: initial + (surelyUp?.before(invokedAt) ?? 0) + (maybeDown?.until(completedAt) ?? 0),
    high: initial + (maybeUp?.until(completedAt) ?? 0) + (surelyDown?.before(invokedAt) ?? 0),
  })
}

interface RunningSum {
  before(time: number): number
  until(time: number): number
}

function runningSum(changes: readonly Change[], timeOf: (operation: AnyOperation) => number): RunningSum {
  const sorted = changes
    .map(({ operation, amount }) => ({ time: timeOf(operation), amount }))
    .filter(({ time }) => time !== Number.POSITIVE_INFINITY)
    .sort((a, b) => a.time - b.time)
  const sums = [0]
  for (const { amount } of sorted) sums.push((sums.at(-1) ?? 0) + amount)
  const sumWhile = (isIn: (time: number) => boolean): number => {
    let [from, to] = [0, sorted.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (isIn(sorted[middle]?.time ?? Number.POSITIVE_INFINITY)) from = middle + 1
      else to = middle
    }
    return sums[from] ?? 0
  }
  return {
    before: (limit) => sumWhile((time) => time < limit),
    until: (limit) => sumWhile((time) => time <= limit),
  }
}
