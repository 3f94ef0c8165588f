import { DebrosError } from '../base/index.ts'
import type { SqlStatement } from './types.ts'

/**
 * What one request may ask for. Checked where a request enters, before it is proposed, and never while a
 * log entry is applied: replicas with other settings must still apply it alike.
 */
export interface SqlLimits {
  /** @default 10_000 */
  readonly statementsMax: number
  /** UTF-8 bytes of all statements together. @default 4 MiB */
  readonly textBytesMax: number
}

export const DEFAULT_SQL_LIMITS: SqlLimits = Object.freeze({
  statementsMax: 10_000,
  textBytesMax: 4 * 1024 * 1024,
})

/** Throws `SQL_TOO_LARGE`. */
export function checkSqlSize(
  statements: readonly Pick<SqlStatement, 'sql'>[],
  limits: SqlLimits = DEFAULT_SQL_LIMITS,
): void {
  if (statements.length > limits.statementsMax) {
    throw tooLarge(`${statements.length} statements in one request`, `${limits.statementsMax}`)
  }
  let bytes = 0
  for (const { sql } of statements) {
    bytes += Buffer.byteLength(sql)
    if (bytes > limits.textBytesMax) throw tooLarge('the SQL text', `${limits.textBytesMax} bytes`)
  }
}

function tooLarge(what: string, limit: string): DebrosError {
  return new DebrosError('SQL_TOO_LARGE', `${what} exceeds the limit of ${limit}`)
}
