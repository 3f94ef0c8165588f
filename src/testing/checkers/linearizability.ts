/** Linearizability of a history, part by part where the model can be split. */
import { type AnyOperation, assertWellFormed, describeOperation, type History } from './history.ts'
import { LinearizationSearch } from './linearizability-search.ts'
import type { Model, Value } from './models.ts'
import { type Anomaly, type CheckResult, resultOf } from './result.ts'

/** One part of the object whose operations fit in no order. */
export interface NotLinearizable extends Anomaly {
  readonly kind: 'not-linearizable'
  /** The part, as the model's `partition` names it; undefined for the whole. */
  readonly part: string | undefined
  /**
   * The longest prefix that is linearizable, in an order that works: everything answered before
   * `blocked`, with what else had to be placed. No order of these leaves a place for `blocked`.
   */
  readonly prefix: readonly AnyOperation[]
  /** The model's key of the state after the prefix. */
  readonly state: string
  /**
   * The first operation, by time of answer, that cannot be placed, or only where one of `pending` that
   * was answered could never be placed any more.
   */
  readonly blocked: AnyOperation
  /** What overlapped with it, was not placed, and does not help. */
  readonly pending: readonly AnyOperation[]
}

export interface LinearizabilityOptions {
  /**
   * Steps of the model, for each part, before the answer is `undecided`.
   * @default 50_000_000, which is some seconds
   */
  readonly stepsMax?: number
  /**
   * Bytes of memory, roughly and for each part, before the answer is `undecided`.
   * @default 500_000_000
   */
  readonly bytesMax?: number
}

const STEPS_MAX = 50_000_000
const BYTES_MAX = 500_000_000
const PREFIX_SHOWN = 6
const OPERATIONS_SHOWN = 12

/** Whether the history could have come from one copy of the model's object. */
export function checkLinearizability<State extends object | Value, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
  options: LinearizabilityOptions = {},
): CheckResult<NotLinearizable> {
  assertWellFormed(history)
  const { stepsMax = STEPS_MAX, bytesMax = BYTES_MAX } = options
  const anomalies: NotLinearizable[] = []
  const doubts: string[] = []
  for (const [part, operations] of partsOf(model, history)) {
    const result = new LinearizationSearch(model, operations, { stepsMax, bytesMax }).run()
    if (result.found !== false) continue
    if (result.exhausted) anomalies.push(explain(model, part, operations, result.placeable))
    else doubts.push(`${part ?? model.name}: not decided in ${stepsMax} steps and ${bytesMax} bytes`)
  }
  return resultOf(anomalies, doubts)
}

function partsOf<State extends object | Value, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
): Map<string | undefined, History<Input, Output>> {
  const names = history.map(({ input }) => model.partition?.(input))
  if (names.includes(undefined)) return new Map([[undefined, history]])
  return Map.groupBy(history, ({ input }) => model.partition?.(input))
}

function explain<State extends object | Value, Input, Output>(
  model: Model<State, Input, Output>,
  part: string | undefined,
  operations: History<Input, Output>,
  placeable: number,
): NotLinearizable {
  // The same search again, stopped where it had come furthest, tells how it got there.
  const search = new LinearizationSearch(model, operations, {
    stepsMax: Number.POSITIVE_INFINITY,
    bytesMax: Number.POSITIVE_INFINITY,
    stopAt: placeable,
  })
  const reached = search.run()
  if (reached.found !== 'placed') throw new TypeError('a search found another way than before')
  const { prefix, state } = reached
  // Of all that is pending, the first to return is the one that had to be placed.
  const [blocked, ...pending] = [...reached.pending].sort((a, b) => endsAt(a) - endsAt(b))
  if (blocked === undefined) throw new TypeError('nothing is pending where the search was blocked')
  const shown = prefix.slice(-PREFIX_SHOWN).map(describeOperation)
  const left = prefix.length - shown.length
  const before = [...(left > 0 ? [`${left} operations`] : []), ...shown]
  const where = part === undefined ? model.name : `${model.name} ${part}`
  return {
    kind: 'not-linearizable',
    part,
    message:
      `${where}: no order has a place for ${describeOperation(blocked)}. ` +
      `All that was answered before it fits, for example as: ${before.join(' → ') || 'nothing'}, state ${state}`,
    operations: [blocked, ...pending].slice(0, OPERATIONS_SHOWN),
    prefix,
    state,
    blocked,
    pending,
  }
}

function endsAt(operation: AnyOperation): number {
  return operation.kind === 'unknown' ? Number.MAX_VALUE : operation.completedAt
}
