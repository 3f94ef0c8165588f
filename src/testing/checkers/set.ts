/**
 * Unique inserts: acknowledged means present from then on, failed means absent for ever, unknown means
 * at most once. Linear in what was read, so good for runs that are too long for a search.
 */
import {
  type AnyOperation,
  assertWellFormed,
  type History,
  isOk,
  type OkOperation,
  type Operation,
  precedes,
} from './history.ts'
import type { SetInput, SetOutput } from './models.ts'
import { type Anomaly, type CheckResult, resultOf } from './result.ts'

export interface SetAnomaly extends Anomaly {
  /**
   * `lost`: acknowledged, and missing from a read that began later.
   * `vanished`: read once, and missing from a read that began later.
   * `failed-present`: its insertion failed, and yet it was read.
   * `phantom`: read though nobody had asked for it by then.
   * `duplicate`: twice in one read.
   */
  readonly kind: 'lost' | 'vanished' | 'failed-present' | 'phantom' | 'duplicate'
  readonly element: string
}

type Read = OkOperation<SetInput, SetOutput> & { readonly output: readonly string[] }

/** Judges reads of the whole set; `contains` is left to linearizability. Each element is added once. */
export function checkSet(history: History<SetInput, SetOutput>): CheckResult<SetAnomaly> {
  assertWellFormed(history)
  const reads = history.filter(isRead).sort((a, b) => a.invokedAt - b.invokedAt)
  const additions = new Map<string, AnyOperation>()
  for (const operation of history) {
    if (operation.input.type !== 'add') continue
    const { element } = operation.input
    if (additions.has(element)) throw new TypeError(`${element} is added more than once`)
    additions.set(element, operation)
  }
  const anomalies = [...reads.flatMap((read) => strangers(read, additions)), ...missing(reads, additions)]
  const lastRead = reads.at(-1)
  const unread = [...additions.values()].filter(
    (addition) => isOk(addition) && !(lastRead && precedes(addition, lastRead)),
  )
  const doubts = unread.length === 0 ? [] : [`${unread.length} acknowledged elements have no read after them`]
  return resultOf(anomalies, doubts)
}

/** What one read should not have returned. */
function strangers(read: Read, additions: ReadonlyMap<string, AnyOperation>): SetAnomaly[] {
  const seen = new Set<string>()
  return read.output.flatMap((element): SetAnomaly[] => {
    const addition = additions.get(element)
    const operations = addition === undefined ? [read] : [addition, read]
    if (seen.has(element)) {
      return [{ kind: 'duplicate', element, message: `${element} stands twice in one read`, operations }]
    }
    seen.add(element)
    if (addition === undefined || precedes(read, addition)) {
      return [{ kind: 'phantom', element, message: `${element} was read before it was added`, operations }]
    }
    if (addition.kind === 'fail') {
      return [{ kind: 'failed-present', element, message: `${element} failed and is there`, operations }]
    }
    return []
  })
}

/** What later reads should have returned; each element is reported once. */
function missing(reads: readonly Read[], additions: ReadonlyMap<string, AnyOperation>): SetAnomaly[] {
  // The earliest end of an operation that proves the element is there.
  const proofs = new Map<string, AnyOperation>()
  for (const [element, addition] of additions) if (isOk(addition)) proofs.set(element, addition)
  for (const read of reads) {
    for (const element of read.output) {
      const proof = proofs.get(element)
      if (proof === undefined || endOf(read) < endOf(proof)) proofs.set(element, read)
    }
  }
  const anomalies: SetAnomaly[] = []
  for (const read of reads) {
    const present = new Set(read.output)
    for (const [element, proof] of proofs) {
      if (present.has(element) || !precedes(proof, read)) continue
      const addition = additions.get(element)
      const kind = addition?.kind === 'ok' && precedes(addition, read) ? 'lost' : 'vanished'
      const why = kind === 'lost' ? 'was acknowledged' : 'had been read'
      const message = `${element} ${why} and is missing from a later read`
      anomalies.push({ kind, element, message, operations: [proof, read] })
      proofs.delete(element)
    }
  }
  return anomalies
}

function endOf(operation: AnyOperation): number {
  return operation.completedAt ?? Number.POSITIVE_INFINITY
}

function isRead(operation: Operation<SetInput, SetOutput>): operation is Read {
  return operation.kind === 'ok' && operation.input.type === 'read'
}
