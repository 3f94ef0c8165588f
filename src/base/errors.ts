/**
 * What is known about a failed operation.
 *
 * - `not-applied`: it did not happen and never will; repeating it is safe.
 * - `unknown`: it may have happened or may still happen; only a read can tell.
 * - `applied`: it has happened; only its answer is missing.
 */
export type Outcome = 'not-applied' | 'unknown' | 'applied'

export interface DebrosErrorOptions {
  /** May the same call succeed later, unchanged? @default false */
  readonly retryable?: boolean
  /** @default 'not-applied' */
  readonly outcome?: Outcome
  readonly cause?: unknown
}

/**
 * The base of every expected failure. `code` is stable and part of the API; the message is for
 * people. Details are typed fields of subclasses, never parsed out of the message.
 */
export class DebrosError extends Error {
  override name = 'DebrosError'
  readonly code: string
  readonly retryable: boolean
  readonly outcome: Outcome

  constructor(code: string, message: string, options: DebrosErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.code = code
    this.retryable = options.retryable ?? false
    this.outcome = options.outcome ?? 'not-applied'
  }
}

/** The text of anything thrown, for messages and logs. */
export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** Anything thrown, as an Error. */
export function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

/** Whether this is an error that the system, or a library, has given the `code`: `ENOENT`, `EADDRINUSE`. */
export function hasErrorCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
