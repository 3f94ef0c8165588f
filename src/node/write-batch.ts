/** How many queued writes make one batch. */
import { isDeepStrictEqual } from 'node:util'
import { DEFAULT_SQL_LIMITS, type SqlParameter } from '../sql/index.ts'
import { WRITE_BATCH_BYTES_MAX } from './defaults.ts'
import type { QueueOptions, StatementInput } from './types.ts'

export interface BatchItem {
  readonly statements: readonly StatementInput[]
  readonly options: QueueOptions
  /** See {@link bytesOf}. */
  readonly bytes: number
}

/** The first items that can go together, one at least. */
export function batchLength(items: readonly BatchItem[], batchSize: number): number {
  const [first] = items
  if (first === undefined) return 0
  let statements = first.statements.length
  let bytes = first.bytes
  let length = 1
  for (; length < Math.min(items.length, batchSize); length++) {
    const next = items[length] as BatchItem // below the length
    statements += next.statements.length
    bytes += next.bytes
    if (statements > DEFAULT_SQL_LIMITS.statementsMax || bytes > WRITE_BATCH_BYTES_MAX) break
    if (!goTogether(first.options, next.options)) break
  }
  return length
}

/** A request with a name of its own is applied under that name, and what is written is written for somebody. */
function goTogether(a: QueueOptions, b: QueueOptions): boolean {
  if (a.requestId !== undefined || b.requestId !== undefined) return false
  return a.namespace === b.namespace && isDeepStrictEqual(a.credentials, b.credentials)
}

/** About what a statement and a parameter take in memory besides their text. */
const HELD_STATEMENT_BYTES = 256
const HELD_PARAMETER_BYTES = 32

/** About what the statements take in memory: many times as much as in a log entry, if they are small. */
export function heldBytesOf(statements: readonly StatementInput[]): number {
  let bytes = bytesOf(statements) + HELD_STATEMENT_BYTES * statements.length
  for (const statement of statements) {
    if (typeof statement === 'string') continue
    const { positional = [], named = {} } = statement
    bytes += HELD_PARAMETER_BYTES * (positional.length + Object.keys(named).length)
  }
  return bytes
}

/** What a number takes, and about what a log entry adds to each value. */
const NUMBER_BYTES = 8
const OVERHEAD_BYTES = 8
/** Of each unit of a string. */
const UTF8_BYTES_MAX = 3

/** What the statements come to in a log entry, not less. */
export function bytesOf(statements: readonly StatementInput[]): number {
  return measured(statements, Buffer.byteLength)
}

/** Likewise, if need be three times that, and much faster. */
export function bytesAtMost(statements: readonly StatementInput[]): number {
  return measured(statements, (text) => UTF8_BYTES_MAX * text.length)
}

type Measure = (text: string) => number

function measured(statements: readonly StatementInput[], measure: Measure): number {
  let bytes = 0
  for (const statement of statements) {
    if (typeof statement === 'string') {
      bytes += OVERHEAD_BYTES + measure(statement)
      continue
    }
    const { sql, positional = [], named = {} } = statement
    bytes += OVERHEAD_BYTES + measure(sql)
    for (const value of positional) bytes += valueBytes(value, measure)
    for (const name in named) bytes += measure(name) + valueBytes(named[name] as SqlParameter, measure) // it is one of its names
  }
  return bytes
}

function valueBytes(value: SqlParameter, measure: Measure): number {
  if (typeof value === 'string') return 2 * OVERHEAD_BYTES + measure(value)
  return 2 * OVERHEAD_BYTES + (value instanceof Uint8Array ? value.byteLength : NUMBER_BYTES)
}
