import { DebrosError, errorMessage } from '../base/index.ts'

/** This replica's databases can no longer be trusted, or are gone. Fatal: the node stops. */
export function engineFailed(message: string, cause?: unknown): DebrosError {
  const reason = cause === undefined ? message : `${message}: ${errorMessage(cause)}`
  return new DebrosError('SQL_ENGINE_FAILED', reason, { outcome: 'unknown', cause })
}

/** What was to be restored is no capture, or not all of it. */
export function snapshotInvalid(reason: string): DebrosError {
  return new DebrosError('SQL_SNAPSHOT_INVALID', `not a valid SQL snapshot: ${reason}`)
}

/** The time its caller allowed was over before a read had its turn. */
export function tooLate(): DebrosError {
  return new DebrosError('SQL_TIMEOUT', 'context deadline exceeded')
}

/** Reads that run for ever would take all threads that there are for them. */
export function readTooLong(budgetMs: number): DebrosError {
  return new DebrosError(
    'SQL_READ_TIMEOUT',
    `the read took longer than the ${budgetMs / 1000} s that a read may take (database.read_timeout)`,
  )
}

/** The thread that a read ran in has ended; nothing else is affected. */
export function readFailed(cause: unknown): DebrosError {
  return new DebrosError('SQL_READ_FAILED', `the read failed: ${errorMessage(cause)}`, { cause })
}

/** Nobody waits for a read any more. */
export function readAbandoned(): DebrosError {
  return new DebrosError('CALL_ABORTED', 'the caller gave up')
}

export function notRunning(): DebrosError {
  return new DebrosError('SQL_NOT_RUNNING', 'the SQL engine is not running', { outcome: 'unknown' })
}

/** A file that is to become a database, and cannot. */
export function imageInvalid(reason: string): DebrosError {
  return new DebrosError('SQL_IMAGE_INVALID', `not a database that can be loaded: ${reason}`)
}

/** Nothing but a copy was touched. */
export function scratchFailed(what: string, cause: unknown): DebrosError {
  return new DebrosError('SQL_SCRATCH_FAILED', `${what} failed: ${errorMessage(cause)}`, { cause })
}

/** Each holds on to the state that it is about. */
export function tooManyDigests(): DebrosError {
  return new DebrosError('SQL_BUSY', 'too many digests are being computed', { retryable: true })
}

/**
 * SQLite, or the machine it runs on, failed underneath a statement: no memory, a trap, a broken file.
 * Another replica may fare better with the same statement, so this is never a result of one.
 */
export class EngineFailure extends Error {
  override name = 'EngineFailure'
}

/** The instance has no memory for a statement; one in which nothing else was done may have. */
export class OutOfMemory extends EngineFailure {
  override name = 'OutOfMemory'
}

/** An entry may have taken more instructions than it is allowed; counting them one by one will tell. */
export class StepsInDoubt extends Error {
  override name = 'StepsInDoubt'
}

/** A statement's own fault. The message is SQLite's, or in its style; every replica gets the same. */
export class StatementError extends Error {
  override name = 'StatementError'
}

/** It ran for longer than it was allowed to. */
export class Interrupted extends StatementError {
  override name = 'Interrupted'
}

/**
 * SQLite says that what it reads makes no sense. Fatal if the database is broken; a virtual table says so
 * as well when a client has overwritten the tables it keeps its data in, and that is the client's error.
 */
export class CorruptionReport extends EngineFailure {
  override name = 'CorruptionReport'
}
