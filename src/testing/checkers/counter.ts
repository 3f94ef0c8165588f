/**
 * A counter whose additions take effect exactly once. Cheaper and blunter than linearizability: each
 * read must lie between what had surely been added before it and what can possibly have been added, and
 * a counter that only grows must never be seen to shrink.
 */
import { boundsOf } from './bounds.ts'
import {
  assertWellFormed,
  type History,
  isOk,
  type OkOperation,
  type Operation,
  precedes,
} from './history.ts'
import { type Anomaly, type CheckResult, resultOf } from './result.ts'

export type CounterInput = { readonly type: 'add'; readonly amount: number } | { readonly type: 'read' }

/** The count for a read, `null` for an addition. */
export type CounterOutput = number | null

export interface CounterAnomaly extends Anomaly {
  /**
   * `too-low`: an acknowledged addition is missing (or one counted that takes away).
   * `too-high`: something was counted twice, or failed and counted.
   * `backwards`: a read saw less than one that was over before it began.
   */
  readonly kind: 'too-low' | 'too-high' | 'backwards'
}

type Read = OkOperation<CounterInput, CounterOutput> & { readonly output: number }

/** Judges additions to a counter that begins at `initial`. */
export function checkCounter(
  history: History<CounterInput, CounterOutput>,
  initial = 0,
): CheckResult<CounterAnomaly> {
  assertWellFormed(history)
  const reads = history.filter(isRead).sort((a, b) => a.invokedAt - b.invokedAt)
  const additions = history.filter(({ input, kind }) => input.type === 'add' && kind !== 'fail')
  const anomalies = [...outOfBounds(initial, additions, reads), ...backwards(additions, reads)]
  return resultOf(anomalies, unreadDoubts(additions, reads))
}

function outOfBounds(
  initial: number,
  additions: History<CounterInput, CounterOutput>,
  reads: readonly Read[],
): CounterAnomaly[] {
  const boundsAt = boundsOf(
    initial,
    additions.map((operation) => ({ operation, amount: amountOf(operation) })),
  )
  return reads.flatMap((read): CounterAnomaly[] => {
    const { low, high } = boundsAt(read)
    if (read.output >= low && read.output <= high) return []
    const kind = read.output < low ? 'too-low' : 'too-high'
    const message = `read ${read.output}, but the count was then between ${low} and ${high}`
    return [{ kind, message, operations: [read] }]
  })
}

/** Only where nothing is taken away. */
function backwards(
  additions: History<CounterInput, CounterOutput>,
  reads: readonly Read[],
): CounterAnomaly[] {
  if (additions.some((addition) => amountOf(addition) < 0)) return []
  const byEnd = [...reads].sort((a, b) => a.completedAt - b.completedAt)
  let ended = 0
  let highest: Read | undefined
  return reads.flatMap((read): CounterAnomaly[] => {
    for (let next = byEnd[ended]; next !== undefined && precedes(next, read); next = byEnd[++ended]) {
      if (highest === undefined || next.output > highest.output) highest = next
    }
    if (highest === undefined || highest.output <= read.output) return []
    const message = `read ${read.output} after ${highest.output} had been read`
    return [{ kind: 'backwards', message, operations: [highest, read] }]
  })
}

/** Additions that no later read vouches for prove nothing. */
function unreadDoubts(additions: History<CounterInput, CounterOutput>, reads: readonly Read[]): string[] {
  const lastRead = reads.at(-1)
  const unread = additions.filter((addition) => isOk(addition) && !(lastRead && precedes(addition, lastRead)))
  return unread.length === 0 ? [] : [`${unread.length} acknowledged additions have no read after them`]
}

function isRead(operation: Operation<CounterInput, CounterOutput>): operation is Read {
  return operation.kind === 'ok' && operation.input.type === 'read' && operation.output !== null
}

function amountOf({ input }: Operation<CounterInput, CounterOutput>): number {
  return input.type === 'add' ? input.amount : 0
}
