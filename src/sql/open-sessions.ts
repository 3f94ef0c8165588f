/**
 * Which databases have a session, in the order in which they were last used. There may be many databases, and each
 * session is an instance of SQLite, a megabyte at least; what has not been used for longest lets go of its own.
 */
import { SQL_SESSIONS_MAX } from './limits.ts'

export interface SessionHolder {
  dropSession(): void
}

export class OpenSessions {
  readonly #max: number
  readonly #holders = new Set<SessionHolder>()
  #newest: SessionHolder | undefined

  constructor(max = SQL_SESSIONS_MAX) {
    this.#max = max
  }

  /** It has a session, and uses it. */
  used(holder: SessionHolder): void {
    if (holder === this.#newest) return
    this.#holders.delete(holder)
    this.#holders.add(holder)
    this.#newest = holder
    const [oldest] = this.#holders
    if (this.#holders.size > this.#max) oldest?.dropSession()
  }

  /** It has none any more. */
  dropped(holder: SessionHolder): void {
    this.#holders.delete(holder)
    if (holder === this.#newest) this.#newest = undefined
  }
}
