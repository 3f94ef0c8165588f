/** Copies of databases that are being worked on, each in a thread of its own: how many, and that they end. */
import { DebrosError } from '../base/index.ts'
import { createSqlScratch, type SqlScratch } from '../sql/index.ts'
import type { Limits } from './consensus.ts'
import { SCRATCHES_MAX, SCRATCHES_WAITING_MAX } from './defaults.ts'
import { Slots } from './slots.ts'

export interface LentScratch {
  readonly copy: SqlScratch
  /** Ends the thread, whatever it does, and lets the next caller have its turn. Repeatable. */
  readonly end: () => Promise<void>
}

export class Scratches {
  readonly #slots = new Slots({
    count: SCRATCHES_MAX,
    waitingMax: SCRATCHES_WAITING_MAX,
    busy: () =>
      new DebrosError('SCRATCH_BUSY', 'too many backups and loads are under way; try again later', {
        retryable: true,
      }),
  })
  readonly #open = new Set<SqlScratch>()
  #isClosed = false

  /** Takes a turn for something else that needs as much memory; resolves with what ends it. */
  take(limits: Limits): Promise<() => void> {
    return this.#slots.take(limits)
  }

  /** Lends an empty one when it is the caller's turn. It ends when the signal says so. */
  async lend(limits: Limits): Promise<LentScratch> {
    const giveBack = await this.#slots.take(limits)
    if (this.#isClosed) {
      giveBack()
      throw new DebrosError('NODE_STOPPED', 'the node is stopping', { retryable: true })
    }
    const copy = createSqlScratch()
    this.#open.add(copy)
    const end = async (): Promise<void> => {
      limits.signal?.removeEventListener('abort', onAbort)
      this.#open.delete(copy)
      await copy.end()
      giveBack()
    }
    const onAbort = (): void => void end()
    limits.signal?.addEventListener('abort', onAbort)
    return { copy, end }
  }

  /** Ends all of them. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all([...this.#open].map((copy) => copy.end()))
  }
}
