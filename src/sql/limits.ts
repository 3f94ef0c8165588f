import { DebrosError } from '../base/index.ts'
import type { SqlStatement } from './types.ts'

/**
 * No value and no row is longer, in bytes. SQLite's own limit is 1 GB, two of which no instance could hold;
 * and running out of memory ends a replica, where this is an ordinary error. The same on every replica.
 */
export const SQL_VALUE_BYTES_MAX = 128 * 1024 * 1024

/**
 * No pattern of LIKE or GLOB is longer. They recurse for each wildcard, and with SQLite's own limit of 50,000
 * bytes they overflow a worker's stack, which ends a replica. The same on every replica.
 */
export const SQL_PATTERN_BYTES_MAX = 16 * 1024

/** The rows that the queries of one request may result in, in bytes. The same on every replica. */
export const SQL_RESULT_BYTES_MAX = 128 * 1024 * 1024

/** A namespace's database. It is in memory, on every node. The same on every replica. */
export const SQL_DATABASE_BYTES_MAX = 4 * 1024 * 1024 * 1024

/**
 * Temporary files of a statement may take this many bytes, or twice the database: VACUUM builds a copy. A
 * sort that needs more fails, before the process runs out of memory. The same on every replica.
 */
export const SQL_TEMPORARY_BYTES_MAX = 1024 * 1024 * 1024

/**
 * Instructions of SQLite's virtual machine that stand for a millisecond of `db_timeout` in a log entry, which
 * is held to a number that is the same on every replica. Measured: 34 to 90 thousand, by what they do.
 */
export const SQL_STEPS_PER_MILLISECOND = 40_000

/**
 * Databases that have an instance of SQLite at a time, in each thread; it is made again when it is needed, which takes
 * some milliseconds.
 */
export const SQL_SESSIONS_MAX = 1_024

/**
 * Digests of different states that may be under way at one time. While they are, what is written meanwhile
 * takes memory twice.
 */
export const SQL_DIGESTS_MAX = 4

/**
 * What may wait to be delivered by change capture. Beyond it the oldest is dropped, and said to be missing. The
 * same on every replica.
 */
export const CHANGE_LOG_BYTES_MAX = 64 * 1024 * 1024
export const CHANGE_LOG_MESSAGES_MAX = 100_000

/** The changes of one log entry, as JSON. Beyond it they are said to be missing. The same on every replica. */
export const CHANGE_MESSAGE_BYTES_MAX = 16 * 1024 * 1024

/**
 * Loads on their way at one time, the bytes of all of them, and how long a load may stand still before it is
 * forgotten. The same on every replica.
 */
export const SQL_LOADS_MAX = 4
export const SQL_LOADS_BYTES_MAX = SQL_DATABASE_BYTES_MAX
export const SQL_LOAD_IDLE_MS = 15 * 60_000

/** How reads are carried out. */
export interface SqlReadLimits {
  /** Threads that read at a time. There is one, and more only while reads take long. @default 4 */
  readonly readersMax: number
  /** How long a read may run, in milliseconds; 0: for ever. @default 30_000 */
  readonly readTimeoutMs: number
}

export const DEFAULT_SQL_READS: SqlReadLimits = Object.freeze({ readersMax: 4, readTimeoutMs: 30_000 })

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

/** Of each unit of a string. */
const UTF8_BYTES_MAX = 3

/** Throws `SQL_TOO_LARGE`. */
export function checkSqlSize(
  statements: readonly Pick<SqlStatement, 'sql'>[],
  limits: SqlLimits = DEFAULT_SQL_LIMITS,
): void {
  if (statements.length > limits.statementsMax) {
    throw tooLarge(`${statements.length} statements in one request`, `${limits.statementsMax}`)
  }
  if (UTF8_BYTES_MAX * lengthOf(statements) <= limits.textBytesMax) return // as a rule, and told much faster
  let bytes = 0
  for (const { sql } of statements) {
    bytes += Buffer.byteLength(sql)
    if (bytes > limits.textBytesMax) throw tooLarge('the SQL text', `${limits.textBytesMax} bytes`)
  }
}

function lengthOf(statements: readonly Pick<SqlStatement, 'sql'>[]): number {
  let length = 0
  for (const { sql } of statements) length += sql.length
  return length
}

function tooLarge(what: string, limit: string): DebrosError {
  return new DebrosError('SQL_TOO_LARGE', `${what} exceeds the limit of ${limit}`)
}
