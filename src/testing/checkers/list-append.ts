/**
 * Transactions that append unique numbers to lists and read lists, judged as Elle does (Kingsbury &
 * Alvaro, VLDB 2020): a read shows the order of all appends before it, from which follows who read and
 * overwrote whom. A cycle of such dependencies means that no serial order exists; which kinds of edges
 * it has tells what is wrong (Adya 1999):
 *
 *   G0           appends alone                               dirty write
 *   G1c          appends and reads                           circular information flow
 *   G-single     exactly one read that missed an append      lost update, read skew
 *   G2           several of them                             write skew, long fork
 *
 * With `-realtime` at the end the cycle needs real time as well: serializable, but not strictly so.
 */
import { cyclicComponents, shortestCycle } from './cycles.ts'
import { assertWellFormed, type History } from './history.ts'
import { type Dependency, type DependencyKind, dependenciesOf } from './list-append-dependencies.ts'
import { observe, type Transaction } from './list-append-observations.ts'
import { type Anomaly, type CheckResult, resultOf } from './result.ts'

export type ListAppendStep =
  | { readonly type: 'append'; readonly key: string; readonly value: number }
  | { readonly type: 'read'; readonly key: string }

/** A transaction's steps. No value is appended twice to the same key in a whole history. */
export type ListAppendInput = readonly ListAppendStep[]

/** For each step: the list that a read returned, `null` for an append. */
export type ListAppendOutput = readonly (readonly number[] | null)[]

export type ListAppendHistory = History<ListAppendInput, ListAppendOutput>

type CycleKind = 'G0' | 'G1c' | 'G-single' | 'G2'

/**
 * Beside the cycles: `G1a` (read of a failed transaction's append), `G1b` (read of a list between two
 * appends of one transaction), `internal` (a transaction contradicts itself), `phantom` (read of what
 * nobody appended), `duplicate` (a value twice in a list), `incompatible-order` (two reads of which
 * neither continues the other), `lost-append` (acknowledged, and missing from a read that began later).
 */
export type ListAppendKind =
  | CycleKind
  | `${CycleKind}-realtime`
  | 'G1a'
  | 'G1b'
  | 'internal'
  | 'phantom'
  | 'duplicate'
  | 'incompatible-order'
  | 'lost-append'

export interface ListAppendAnomaly extends Anomaly {
  /** The operations of a cycle stand in its order. */
  readonly kind: ListAppendKind
}

export interface ListAppendOptions {
  /**
   * Whether a transaction that is over must come before those that begin later (strict
   * serializability), or any serial order will do.
   * @default true
   */
  readonly realtime?: boolean
}

/** Judges a history. Of each tangle of cycles the gravest kind is reported, by its shortest cycle. */
export function checkListAppend(
  history: ListAppendHistory,
  options: ListAppendOptions = {},
): CheckResult<ListAppendAnomaly> {
  assertWellFormed(history)
  const realtime = options.realtime ?? true
  const observations = observe(history, realtime)
  const graph = dependenciesOf(observations, realtime)
  const cycles = cyclesOf(graph, realtime).map((cycle) => explain(cycle, observations.committed))
  return resultOf([...observations.anomalies, ...cycles], [])
}

/** Gravest first: with which edges to search, and the kind that one edge at least must have. */
const SEARCHES: readonly { readonly path: readonly DependencyKind[]; readonly closing: DependencyKind }[] = [
  { path: ['ww'], closing: 'ww' },
  { path: ['ww', 'wr'], closing: 'wr' },
  { path: ['ww', 'wr'], closing: 'rw' },
  { path: ['ww', 'wr', 'rw'], closing: 'rw' },
]

function cyclesOf(graph: readonly (readonly Dependency[])[], realtime: boolean): Dependency[][] {
  const found: Dependency[][] = []
  for (const also of realtime ? [[], ['realtime'] as const] : [[]]) {
    for (const { path, closing } of SEARCHES) {
      const kinds = new Set<DependencyKind>([...path, ...also])
      for (const component of cyclicComponents(graph, new Set([...kinds, closing]))) {
        const members = new Set(component)
        // A graver cycle found here before explains this tangle already.
        if (found.some((cycle) => cycle.every(({ from }) => members.has(from)))) continue
        const cycle = shortestCycle(graph, component, kinds, closing)
        if (cycle !== undefined) found.push(cycle)
      }
    }
  }
  return found
}

function explain(cycle: readonly Dependency[], transactions: readonly Transaction[]): ListAppendAnomaly {
  const nameOf = (i: number): string => `T${(i % cycle.length) + 1}`
  const reasons = cycle.map(({ kind, describe }, i) => `${describe(nameOf(i), nameOf(i + 1))} (${kind})`)
  const names = [...cycle.keys(), 0].map(nameOf).join(' < ')
  return {
    kind: kindOf(cycle),
    message: `${names}: ${reasons.join('; ')}`,
    operations: cycle.flatMap(({ from }) => transactions[from] ?? []),
  }
}

function kindOf(cycle: readonly Dependency[]): ListAppendKind {
  const count = (kind: DependencyKind): number => cycle.filter((edge) => edge.kind === kind).length
  const missed = count('rw')
  const kind = missed > 1 ? 'G2' : missed === 1 ? 'G-single' : count('wr') > 0 ? 'G1c' : 'G0'
  return count('realtime') > 0 ? `${kind}-realtime` : kind
}
