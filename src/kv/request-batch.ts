/**
 * What a batch does to the history of outcomes: each request is carried out at most once, and what
 * is to be remembered or forgotten is gathered for the database.
 */

import type { OutcomeHistory, RememberedOutcome, RequestOutcome, RequestTag } from '../base/index.ts'
import { assert, assertNever, encodeRememberedOutcome } from '../base/index.ts'
import type { KvDatabaseOperation } from './database.ts'
import { FORGOTTEN_KEY, outcomeKey } from './keys.ts'
import { decodeResult, encodeResult } from './result-codec.ts'
import { putUint64 } from './stored-value.ts'
import type { KvResult } from './types.ts'

export class RequestBatch {
  readonly #history: OutcomeHistory
  readonly #forgottenBefore: number
  /** By index: an outcome to store, or (undefined) to delete. */
  readonly #changes = new Map<number, RememberedOutcome | undefined>()

  constructor(history: OutcomeHistory) {
    this.#history = history
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

  /** Of the history, so that the database has it as it is after the batch. */
  writes(): KvDatabaseOperation[] {
    const operations: KvDatabaseOperation[] = []
    for (const [index, remembered] of this.#changes) {
      const key = outcomeKey(index)
      if (remembered === undefined) operations.push({ type: 'del', key })
      else operations.push({ type: 'put', key, value: encodeRememberedOutcome(remembered) })
    }
    if (this.#history.forgottenThrough > this.#forgottenBefore) {
      const value = new Uint8Array(8)
      putUint64(value, this.#history.forgottenThrough)
      operations.push({ type: 'put', key: FORGOTTEN_KEY, value })
    }
    return operations
  }

  #remember(request: RequestTag, index: number, result: KvResult): void {
    const { remembered, forgotten } = this.#history.remember(request, index, encodeResult(result))
    this.#changes.set(index, remembered)
    for (const { index } of forgotten) {
      // What came with this batch was never stored.
      if (!this.#changes.delete(index)) this.#changes.set(index, undefined)
    }
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
