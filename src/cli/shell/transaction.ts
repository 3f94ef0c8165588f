/**
 * BEGIN to COMMIT as one request. Servers keep no transaction open from one request to the next, so the
 * shell keeps what stands in between, and sends it as a request that is all or nothing.
 */
import { wrongUse } from './arguments.ts'
import type { Session } from './session.ts'
import { runStatement, runTransaction } from './statements.ts'

const BEGIN = /^BEGIN\b/i
const COMMIT = /^(?:COMMIT|END)\b/i
const ROLLBACK = /^ROLLBACK\s*(?:TRANSACTION\s*)?;?$/i
/** As much as one statement may have. */
const CHARS_MAX = 64 * 1024 * 1024

export class TransactionBuffer {
  #statements: string[] | undefined
  #chars = 0

  get open(): boolean {
    return this.#statements !== undefined
  }

  /** Runs a statement, or keeps it. Whether it succeeded. */
  async take(session: Session, sql: string): Promise<boolean> {
    const kept = this.#statements
    if (kept === undefined) {
      if (!BEGIN.test(sql)) return await runStatement(session, sql)
      this.#statements = []
      await session.confirm('what follows is sent as a whole by COMMIT, and forgotten by ROLLBACK')
      return true
    }
    if (BEGIN.test(sql)) throw wrongUse('cannot start a transaction within a transaction')
    if (COMMIT.test(sql)) {
      this.clear()
      const done = kept.length === 0 || (await runTransaction(session, kept))
      if (!done) await session.confirm('nothing of the transaction was done')
      return done
    }
    if (ROLLBACK.test(sql)) {
      this.clear()
      return true
    }
    this.#chars += sql.length
    if (this.#chars > CHARS_MAX) {
      this.clear()
      throw wrongUse(`a transaction of more than ${CHARS_MAX / 1024 / 1024} Mi characters`)
    }
    kept.push(sql)
    return true
  }

  clear(): void {
    this.#statements = undefined
    this.#chars = 0
  }
}
