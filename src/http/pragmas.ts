import type { HttpNode } from './types.ts'

const NAMES = ['busy_timeout', 'foreign_keys', 'journal_mode', 'synchronous', 'wal_autocheckpoint'] as const
const READ_TIMEOUT_MS = 1_000

/**
 * The pragmas `/status` shows, as the engine itself tells them. They are fixed for the life of a node
 * (changing them is refused), so they are asked for once.
 */
export class PragmaReader {
  #known: Readonly<Record<string, string>> | undefined

  /** Undefined while the engine cannot be asked. */
  async read({ database }: HttpNode): Promise<Readonly<Record<string, string>> | undefined> {
    if (this.#known !== undefined) return this.#known
    const statements = NAMES.map((name) => ({ sql: `PRAGMA ${name}`, positional: [], named: {} }))
    try {
      const { results } = await database.query(statements, { level: 'none', timeoutMs: READ_TIMEOUT_MS })
      const values = results.map((result) => (result.kind === 'rows' ? result.values[0]?.[0] : undefined))
      const told = NAMES.flatMap((name, i) =>
        values[i] === undefined ? [] : [[name, String(values[i])] as const],
      )
      this.#known = Object.fromEntries(told)
      return this.#known
    } catch {
      return undefined // asked again with the next request
    }
  }
}
