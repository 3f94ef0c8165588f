/**
 * What a batch does to the history of outcomes: each request is carried out at most once, and what
 * is to be remembered or forgotten is gathered for the database.
 */

import type { OutcomeHistory, RememberedOutcome, RequestOutcome, RequestTag } from '../base/index.ts'
import { assert, assertNever } from '../base/index.ts'
import type { KvDatabaseOperation } from './database.ts'
import { decodeResult, encodeResult } from './result-codec.ts'
import type { OutcomeRecords } from './stored-history.ts'
import type { KvResult } from './types.ts'

export class RequestBatch {
  readonly #history: OutcomeHistory
  readonly #records: OutcomeRecords
  readonly #forgottenBefore: number
  readonly #remembered: RememberedOutcome[] = []

  /** Both as the database has them before the batch. */
  constructor(history: OutcomeHistory, records: OutcomeRecords) {
    this.#history = history
    this.#records = records
    this.#forgottenBefore = history.forgottenThrough
  }

  /** Calls `carryOut` unless the request was carried out before, or that cannot be told any more. */
  once(request: RequestTag, index: number, carryOut: () => KvResult): RequestOutcome<KvResult> {
    const recollection = this.#history.recall(request)
    switch (recollection.kind) {
      case 'known':
        return outcomeOf(recollection.remembered)
      case 'forgotten':
        return recollection
      case 'new': {
        const result = carryOut()
        this.#remember(request, index, result)
        return { kind: 'done', index, result }
      }
      default:
        return assertNever(recollection)
    }
  }

  /** Of the history, so that the database has it as it is after the batch. To be asked for once. */
  writes(): KvDatabaseOperation[] {
    const { forgottenThrough } = this.#history
    // What came with this batch, and had to go for what came after it, is never stored.
    const operations = this.#records.add(this.#remembered.filter(({ index }) => index > forgottenThrough))
    if (forgottenThrough > this.#forgottenBefore) operations.push(...this.#records.forget(forgottenThrough))
    return operations
  }

  #remember(request: RequestTag, index: number, result: KvResult): void {
    this.#remembered.push(this.#history.remember(request, index, encodeResult(result)).remembered)
  }
}

/**
 * The outcome of a request whose entry at `index` was applied some time ago; undefined if nobody
 * remembers.
 */
export function recallOutcome(
  history: OutcomeHistory,
  request: RequestTag,
  index: number,
): RequestOutcome<KvResult> | undefined {
  const recollection = history.recall(request)
  // A named request may have been forgotten and carried out once more behind this entry.
  if (recollection.kind !== 'known' || recollection.remembered.index > index) return undefined
  return outcomeOf(recollection.remembered)
}

function outcomeOf({ index, outcome }: RememberedOutcome): RequestOutcome<KvResult> {
  if (outcome === undefined) return { kind: 'done-before', index }
  const result = decodeResult(outcome)
  assert(result !== undefined, 'an outcome is what was remembered')
  return { kind: 'done', index, result }
}
