/**
 * What clients saw: operations with the time each was asked for, the time its answer came, and how it
 * ended. Every checker of this folder judges such a history and nothing else, so that it serves the
 * simulated world, in-process clusters and real processes alike.
 *
 * Times are numbers on one clock, virtual or real, in whatever unit the recorder used. Two operations
 * are ordered only if one's answer came strictly before the other was asked for; equal times count as
 * overlapping, which can hide an anomaly but never invents one.
 */
import { assert } from '../../base/index.ts'

interface Asked<Input> {
  /** Who asked. A client has one operation under way at a time. */
  readonly client: string
  readonly invokedAt: number
  readonly input: Input
}

/** Answered: it took effect once, between its two times, and `output` is what it said. */
export interface OkOperation<Input, Output> extends Asked<Input> {
  readonly kind: 'ok'
  /** `invokedAt <= completedAt`. */
  readonly completedAt: number
  readonly output: Output
}

/** Refused: it did not take effect and never will. */
export interface FailedOperation<Input> extends Asked<Input> {
  readonly kind: 'fail'
  readonly completedAt: number
}

/** Lost sight of: it took effect once at any time after `invokedAt`, perhaps far later, or never. */
export interface UnknownOperation<Input> extends Asked<Input> {
  readonly kind: 'unknown'
  /** When the client gave up waiting; absent if it never did. Says nothing about the effect. */
  readonly completedAt?: number
}

export type Operation<Input, Output> =
  | OkOperation<Input, Output>
  | FailedOperation<Input>
  | UnknownOperation<Input>

/** The operations of one run, in any order. */
export type History<Input, Output> = readonly Operation<Input, Output>[]

/** An operation of some workload; what explanations carry. */
export type AnyOperation = Operation<unknown, unknown>

/** The last moment at which the operation can have taken effect: Infinity when nobody knows. */
export function effectEndsAt(operation: AnyOperation): number {
  return operation.kind === 'unknown' ? Number.POSITIVE_INFINITY : operation.completedAt
}

/** Whether `first` was over before `second` began. */
export function precedes(first: AnyOperation, second: AnyOperation): boolean {
  return effectEndsAt(first) < second.invokedAt
}

export function isOk<Input, Output>(
  operation: Operation<Input, Output>,
): operation is OkOperation<Input, Output> {
  return operation.kind === 'ok'
}

/** Every reason why this is no history, one sentence each; none if it is well-formed. */
export function historyProblems(history: History<unknown, unknown>): string[] {
  const problems: string[] = []
  const busyUntil = new Map<string, AnyOperation>()
  const endOf = ({ completedAt }: AnyOperation): number => completedAt ?? Number.MAX_VALUE
  // What took no time at all stands before what began at the same moment and went on.
  for (const operation of [...history].sort((a, b) => a.invokedAt - b.invokedAt || endOf(a) - endOf(b))) {
    const say = (what: string): number => problems.push(`${describeOperation(operation)}: ${what}`)
    const { client, invokedAt, completedAt } = operation
    if (!Number.isFinite(invokedAt)) say('its invocation has no time')
    if (completedAt === undefined ? operation.kind !== 'unknown' : !Number.isFinite(completedAt)) {
      say('its completion has no time')
    }
    if (completedAt !== undefined && completedAt < invokedAt) say('it completed before it was invoked')
    if (operation.kind === 'ok' && operation.output === undefined) say('it is ok without an output')
    const before = busyUntil.get(client)
    if (before !== undefined && endOf(before) > invokedAt) {
      say(`its client was still busy with ${describeOperation(before)}`)
    }
    busyUntil.set(client, operation)
  }
  return problems
}

/** Stops with an AssertionError unless the history is well-formed: judging it would prove nothing. */
export function assertWellFormed(history: History<unknown, unknown>): void {
  const problems = historyProblems(history)
  assert(problems.length === 0, `not a history: ${problems.slice(0, 5).join('; ')}`)
}

/** One line: `b 3..7 get x = 1`, `a 2..? put x 1 (unknown)`. */
export function describeOperation(operation: AnyOperation): string {
  const { client, invokedAt, completedAt, kind, input } = operation
  const asked = `${client} ${invokedAt}..${completedAt ?? '?'} ${describeValue(input)}`
  if (kind !== 'ok') return `${asked} (${kind})`
  return operation.output === null ? asked : `${asked} = ${describeValue(operation.output)}`
}

/** The values alone, without their field names. */
function describeValue(value: unknown): string {
  if (value === null || value === undefined) return '-'
  if (Array.isArray(value)) return `[${value.map(describeValue).join(', ')}]`
  if (typeof value === 'object') return Object.values(value).map(describeValue).join(' ')
  return String(value)
}
