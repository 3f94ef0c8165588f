/** Callers waiting for what they proposed to be applied. */
import { DebrosError, TransitMap } from '../base/index.ts'
import type { Entry } from './core/types.ts'
import type { Callback } from './types.ts'

export interface Applied {
  readonly index: number
  readonly term: number
  /** What the state machine answered. */
  readonly result: unknown
}

export class PendingProposals {
  readonly #byIndex = new TransitMap<number, { readonly term: number; readonly done: Callback<Applied> }>()

  get size(): number {
    return this.#byIndex.size
  }

  add(index: number, term: number, done: Callback<Applied>): void {
    // The same index can only be proposed again after what was there was overwritten.
    this.#lose(index)
    this.#byIndex.set(index, { term, done })
  }

  /** Our log now holds these entries; a proposal of another term at the same place is gone for good. */
  overwritten(entries: readonly Entry[]): void {
    if (this.#byIndex.size === 0) return
    for (const entry of entries) {
      const pending = this.#byIndex.get(entry.index)
      if (pending !== undefined && pending.term !== entry.term) this.#lose(entry.index)
    }
  }

  awaits(entry: Entry): boolean {
    return this.#byIndex.get(entry.index)?.term === entry.term
  }

  applied(entry: Entry, result: unknown): void {
    const pending = this.#byIndex.get(entry.index)
    if (pending === undefined) return
    if (pending.term !== entry.term) {
      this.#lose(entry.index)
      return
    }
    this.#byIndex.delete(entry.index)
    pending.done(undefined, { index: entry.index, term: entry.term, result })
  }

  #lose(index: number): void {
    const pending = this.#byIndex.get(index)
    if (pending === undefined) return
    this.#byIndex.delete(index)
    const error = new DebrosError(
      'RAFT_PROPOSAL_DROPPED',
      'a new leader replaced the write before it was committed',
      {
        retryable: true,
      },
    )
    pending.done(error, undefined as never)
  }

  /** Gives up on some proposals: whether they were or will be applied is not known here. */
  abandon(
    which: (proposal: { readonly index: number; readonly term: number }) => boolean,
    error: Error,
  ): void {
    for (const [index, { term, done }] of this.#byIndex.entries()) {
      if (!which({ index, term })) continue
      this.#byIndex.delete(index)
      done(error, undefined as never)
    }
  }
}
