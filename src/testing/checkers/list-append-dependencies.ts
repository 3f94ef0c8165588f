/** Which transaction must come before which, and why: the graph whose cycles are anomalies. */
import type { Edge } from './cycles.ts'
import { effectEndsAt } from './history.ts'
import type { Observations, Transaction } from './list-append-observations.ts'

/**
 * `ww`: the second appended right after the first. `wr`: the second read up to the first's append.
 * `rw`: the first read a list that does not yet hold what the second appended next. `realtime`: the
 * first was over before the second began.
 */
export type DependencyKind = 'ww' | 'wr' | 'rw' | 'realtime'

export interface Dependency extends Edge<DependencyKind> {
  /** The reason, where `A` and `B` are the names of the two. */
  readonly describe: (a: string, b: string) => string
}

/** The edges that leave each transaction, numbered as in `observations.committed`. */
export function dependenciesOf({ keys, committed }: Observations, realtime: boolean): Dependency[][] {
  const graph: Dependency[][] = committed.map(() => [])
  const numbers = new Map(committed.map((transaction, i) => [transaction, i]))
  const link = (
    a: Transaction | undefined,
    b: Transaction | undefined,
    kind: DependencyKind,
    describe: Dependency['describe'],
  ): void => {
    if (a === undefined || b === undefined || a === b) return
    const [from, to] = [numbers.get(a), numbers.get(b)]
    if (from !== undefined && to !== undefined) graph[from]?.push({ from, to, kind, describe })
  }
  for (const { key, order, unseen, reads } of keys) {
    // What was never read comes after all that was, in an order nobody knows.
    const after = (seen: number) => (seen < order.length ? order.slice(seen, seen + 1) : unseen)
    for (const [i, { transaction, value }] of order.entries()) {
      for (const next of after(i + 1)) {
        const describe = (a: string, b: string): string =>
          `${a} appended ${value} to ${key} and ${b} appended ${next.value} after it`
        link(transaction, next.transaction, 'ww', describe)
      }
    }
    for (const { transaction, seen } of reads) {
      const last = order[seen - 1]
      if (last !== undefined) {
        const describe = (a: string, b: string): string =>
          `${a} appended ${last.value} to ${key} and ${b} read it`
        link(last.transaction, transaction, 'wr', describe)
      }
      for (const next of after(seen)) {
        const describe = (a: string, b: string): string =>
          `${a} read ${key} before ${b} appended ${next.value}`
        link(transaction, next.transaction, 'rw', describe)
      }
    }
  }
  if (realtime) {
    for (const [a, b] of realtimeOrder(committed)) {
      link(a, b, 'realtime', (nameOfA, nameOfB) => `${nameOfA} was over before ${nameOfB} began`)
    }
  }
  return graph
}

/**
 * Pairs whose first was over before their second began, without those that follow from others. At
 * any time only the ends that no later operation already follows need be linked.
 */
function realtimeOrder(transactions: readonly Transaction[]): [Transaction, Transaction][] {
  const events = transactions
    .flatMap((transaction) => [
      { at: transaction.invokedAt, isCall: true, transaction },
      { at: effectEndsAt(transaction), isCall: false, transaction },
    ])
    .filter(({ at }) => at !== Number.POSITIVE_INFINITY)
    // Calls first: what meets at one moment overlaps.
    .sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall))
  const pairs: [Transaction, Transaction][] = []
  const before = new Map<Transaction, readonly Transaction[]>()
  const frontier = new Set<Transaction>()
  for (const { isCall, transaction } of events) {
    if (isCall) {
      before.set(transaction, [...frontier])
      for (const earlier of frontier) pairs.push([earlier, transaction])
    } else {
      for (const earlier of before.get(transaction) ?? []) frontier.delete(earlier)
      frontier.add(transaction)
    }
  }
  return pairs
}
