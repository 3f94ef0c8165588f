/** The answer that every checker gives. */
import { type AnyOperation, describeOperation } from './history.ts'

export interface Anomaly {
  /** The kind of anomaly: a fixed word for each, listed by its checker. */
  readonly kind: string
  /** What happened, in a sentence or two. */
  readonly message: string
  /** The operations that show it. */
  readonly operations: readonly AnyOperation[]
}

/**
 * `undecided` means that the history neither proves nor disproves the property, or not within the
 * budget. It is never to be taken for `ok`.
 */
export type CheckResult<A extends Anomaly = Anomaly> =
  | { readonly verdict: 'ok' }
  | { readonly verdict: 'violated'; readonly anomalies: readonly A[] }
  | { readonly verdict: 'undecided'; readonly reason: string }

/** Anomalies outweigh doubts, and doubts outweigh their absence. */
export function resultOf<A extends Anomaly>(
  anomalies: readonly A[],
  doubts: readonly string[],
): CheckResult<A> {
  if (anomalies.length > 0) return { verdict: 'violated', anomalies }
  if (doubts.length > 0) return { verdict: 'undecided', reason: doubts.join('; ') }
  return { verdict: 'ok' }
}

/** The result as text for a person, with at most `anomaliesMax` anomalies. */
export function describeResult(result: CheckResult, anomaliesMax = 10): string {
  if (result.verdict === 'ok') return 'ok'
  if (result.verdict === 'undecided') return `undecided: ${result.reason}`
  const { anomalies } = result
  const lines = anomalies
    .slice(0, anomaliesMax)
    .flatMap(({ kind, message, operations }) => [
      `${kind}: ${message}`,
      ...operations.map((operation) => `    ${describeOperation(operation)}`),
    ])
  const rest = anomalies.length - anomaliesMax
  return [...lines, ...(rest > 0 ? [`and ${rest} more`] : [])].join('\n')
}
