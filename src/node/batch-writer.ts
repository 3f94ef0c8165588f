/**
 * Writes batches of queued requests. One for which there is no leader, or of which nobody knows whether it
 * was applied, is tried again under the same request id, so that it is applied once. One that cannot be
 * written as it is, is taken apart and written request by request: what is wrong with one request shall
 * neither hold up nor take down the others.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Counters, DebrosError, errorMessage, type Logger, toError } from '../base/index.ts'
import type { SqlResult } from '../sql/index.ts'
import type { RepeatableWrite } from './database-service.ts'
import type { StatementInput, WriteOptions } from './types.ts'
import type { BatchItem } from './write-batch.ts'
import { isEnded } from './write-limit.ts'

/** An attempt that is not answered by then is made again. */
const ATTEMPT_TIMEOUT_MS = 10_000
const RETRY_DELAY_MS = { first: 50, factor: 2, max: 1_000 }

export interface RepeatableWrites {
  repeatable(statements: readonly StatementInput[], options?: WriteOptions): RepeatableWrite
}

export interface BatchWriterComponents {
  readonly database: RepeatableWrites
  readonly counters: Counters
  readonly logger: Logger
}

export interface BatchWriterInit {
  /** Each batch is a transaction. */
  readonly transaction: boolean
  /** Ends the attempts. */
  readonly signal: AbortSignal
}

export interface QueuedRequest extends BatchItem {
  /** Asks for nothing but to be written. */
  readonly isMarker: boolean
}

/** The next `count` requests are through; with an error, they were given up. */
export type Through = (count: number, error: DebrosError | undefined) => void

export class BatchWriter {
  readonly #components: BatchWriterComponents
  readonly #init: BatchWriterInit

  constructor(components: BatchWriterComponents, init: BatchWriterInit) {
    this.#components = components
    this.#init = init
    components.counters.declare('queue', [
      'statements_tx',
      'statements_failed',
      'num_batches',
      'num_retries',
      'requests_dropped',
    ])
  }

  /** Throws what is wrong with a request, whoever leads. */
  check(statements: readonly StatementInput[], options: BatchItem['options']): void {
    this.#components.database.repeatable(statements, this.#writeOptions({ options }))
  }

  /** Never rejects; `through` is told of every request, in order. */
  async write(batch: readonly QueuedRequest[], through: Through): Promise<void> {
    const statements = batch.flatMap((request) => request.statements)
    if (statements.length === 0) {
      through(batch.length, undefined)
      return
    }
    const outcome = await this.#writeAll(batch, statements)
    if (outcome === 'take-apart') for (const request of batch) await this.write([request], through)
    else if (typeof outcome === 'number') {
      through(outcome, undefined)
      if (outcome < batch.length) await this.write(batch.slice(outcome), through)
    } else through(batch.length, outcome)
  }

  async #writeAll(
    batch: readonly QueuedRequest[],
    statements: readonly StatementInput[],
  ): Promise<'take-apart' | DebrosError | number> {
    const { counters } = this.#components
    try {
      const { results } = await this.#persist(batch[0] as QueuedRequest, statements) // there are statements
      const isUndone = this.#init.transaction && results.some(({ kind }) => kind === 'error')
      if (isUndone && batch.length > 1) return 'take-apart'
      const written = writtenOf(batch, results)
      const carriedOut = batch.slice(0, written).flatMap((request) => request.statements)
      counters.add('queue', 'num_batches')
      counters.add('queue', 'statements_tx', carriedOut.length)
      this.#countFailures(results.slice(0, carriedOut.filter(hasResult).length), carriedOut.length)
      return written
    } catch (error) {
      if (!(error instanceof DebrosError)) return this.#drop(batch, toError(error))
      if (error.outcome === 'applied') return batch.length // by an attempt whose answer was lost
      const isItself = !this.#init.signal.aborted && error.outcome === 'not-applied' && batch.length > 1
      return isItself ? 'take-apart' : this.#drop(batch, error)
    }
  }

  /** Tries until there is an outcome. */
  async #persist(
    first: QueuedRequest,
    statements: readonly StatementInput[],
  ): Promise<{ readonly results: readonly SqlResult[] }> {
    const { database, counters, logger } = this.#components
    const { signal } = this.#init
    const write = database.repeatable(statements, this.#writeOptions(first))
    let delayMs = RETRY_DELAY_MS.first
    for (;;) {
      try {
        return await write.attempt({ timeoutMs: ATTEMPT_TIMEOUT_MS, signal })
      } catch (error) {
        if (signal.aborted || !mayHelp(error)) throw error
        counters.add('queue', 'num_retries')
        const level = delayMs === RETRY_DELAY_MS.first ? 'warn' : 'debug'
        logger[level]({ error: errorMessage(error) }, 'queued writes cannot be written yet; trying again')
      }
      await sleep(delayMs, undefined, { signal }).catch(() => {}) // the next attempt ends at once
      delayMs = Math.min(delayMs * RETRY_DELAY_MS.factor, RETRY_DELAY_MS.max)
    }
  }

  #writeOptions({ options }: Pick<QueuedRequest, 'options'>): WriteOptions {
    const { credentials, namespace, requestId } = options
    return {
      transaction: this.#init.transaction,
      ...(credentials !== undefined && { credentials }),
      ...(namespace !== undefined && { namespace }),
      ...(requestId !== undefined && { requestId }),
    }
  }

  /** Nobody waits for the results, so what is wrong in them is told here. */
  #countFailures(results: readonly SqlResult[], statements: number): void {
    const { counters, logger } = this.#components
    const errors = results.filter((result) => result.kind === 'error')
    if (errors.length === 0) return
    const failed = this.#init.transaction ? statements : errors.length
    counters.add('queue', 'statements_failed', failed)
    logger.debug(
      { errors: errors.slice(0, 8).map(({ message }) => message), failed },
      'queued statements failed',
    )
  }

  #drop(batch: readonly QueuedRequest[], error: Error): DebrosError {
    const { counters, logger } = this.#components
    const isStopped = this.#init.signal.aborted
    const requests = batch.filter(({ isMarker }) => !isMarker).length
    counters.add('queue', 'requests_dropped', requests)
    const reason = isStopped ? 'the node stopped' : error.message
    logger.error({ requests, error: reason }, 'queued writes were given up')
    if (!isStopped && error instanceof DebrosError) return error
    return new DebrosError('QUEUE_STOPPED', `a queued write was given up: ${reason}`, {
      outcome: 'unknown',
      cause: error,
    })
  }
}

/**
 * How many requests were carried out. All share the batch's limit, and what comes behind a statement that took too
 * much of it was not begun.
 */
function writtenOf(batch: readonly QueuedRequest[], results: readonly SqlResult[]): number {
  const ended = results.findIndex(isEnded)
  if (ended < 0) return batch.length
  let counted = 0
  return (
    1 +
    batch.findIndex(({ statements }) => {
      counted += statements.filter(hasResult).length
      return counted > ended
    })
  )
}

/** An empty string has no result. */
function hasResult(statement: StatementInput): boolean {
  return (typeof statement === 'string' ? statement : statement.sql) !== ''
}

/** Whether the same write can still get somewhere. */
function mayHelp(error: unknown): boolean {
  if (!(error instanceof DebrosError)) return false
  if (error.outcome === 'unknown') return error.code !== 'REQUEST_FORGOTTEN'
  return error.outcome === 'not-applied' && error.retryable
}
