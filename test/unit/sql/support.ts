import { crc32 } from 'node:zlib'
import type { RequestOutcome, RequestTag } from '../../../src/base/index.ts'
import {
  loadSqliteBinary,
  SqlEngine,
  type SqlEngineComponents,
  type SqlEngineInit,
  type SqlMode,
  type SqlParameter,
  type SqlResult,
  type SqlStatement,
} from '../../../src/sql/index.ts'

/** One is enough for all engines of a file. */
export const binary = loadSqliteBinary()

export const NAMESPACE = 'default'
export const TIME_MS = Date.UTC(2030, 0, 2, 3, 4, 5, 678)

export function stmt(
  sql: string,
  positional: readonly SqlParameter[] = [],
  named: Readonly<Record<string, SqlParameter>> = {},
): SqlStatement {
  return { sql, positional, named }
}

export type Statement = string | SqlStatement

export function statementsOf(statements: readonly Statement[]): SqlStatement[] {
  return statements.map((statement) => (typeof statement === 'string' ? stmt(statement) : statement))
}

/** A result without the time it took, which is different every time. */
export function timeless(result: SqlResult): SqlResult {
  if (result.kind === 'error') return result
  const { time, ...rest } = result
  if (!(time >= 0)) throw new Error(`a statement took ${time} seconds`)
  return rest as SqlResult // all but `time` of one kind of result
}

export type SqlOutcome = RequestOutcome<readonly SqlResult[]>

/** The results of something that was carried out. */
export function resultsOf(outcome: SqlOutcome | undefined): readonly SqlResult[] {
  if (outcome?.kind !== 'done') throw new Error(`not done: ${JSON.stringify(outcome)}`)
  return outcome.result
}

export function timelessOutcome(outcome: SqlOutcome): SqlOutcome {
  return outcome.kind === 'done' ? { ...outcome, result: outcome.result.map(timeless) } : outcome
}

/** A request of that name, first made when nothing or `since` was committed. */
export function tag(name: string, since = 0, timeMs = TIME_MS): RequestTag {
  return { id: name.padEnd(16, '.'), since, timeMs }
}

export interface ApplyOptions {
  readonly mode?: SqlMode
  readonly transaction?: boolean
  readonly timeMs?: number
  readonly seed?: number
  readonly namespace?: string
  readonly stepsMax?: number
  readonly qualifyColumns?: boolean
  readonly request?: RequestTag
  readonly wantResults?: boolean
}

/** An engine with one database in view, as a request at a time. */
export class TestEngine {
  engine: SqlEngine
  #index = 0

  constructor(init: SqlEngineInit = {}, components: Partial<SqlEngineComponents> = {}) {
    this.engine = new SqlEngine({ binary, ...components }, init)
  }

  apply(statements: readonly Statement[], options: ApplyOptions = {}): readonly SqlResult[] {
    return resultsOf(this.attempt(statements, options))
  }

  attempt(statements: readonly Statement[], options: ApplyOptions = {}): SqlOutcome {
    this.#index++
    const command = {
      namespace: options.namespace ?? NAMESPACE,
      mode: options.mode ?? 'execute',
      statements: statementsOf(statements),
      transaction: options.transaction ?? false,
      timeMs: options.timeMs ?? TIME_MS,
      seed: options.seed ?? this.#index,
      stepsMax: options.stepsMax ?? 0,
      qualifyColumns: options.qualifyColumns ?? false,
    }
    const { request, wantResults = true } = options
    const [outcome] = this.engine.apply([{ index: this.#index, command, request, wantResults }])
    return timelessOutcome(outcome as SqlOutcome) // one for one item
  }

  execute(...statements: Statement[]): readonly SqlResult[] {
    return this.apply(statements)
  }

  request(...statements: Statement[]): readonly SqlResult[] {
    return this.apply(statements, { mode: 'request' })
  }

  query(...statements: Statement[]): SqlResult[] {
    return this.engine.query(NAMESPACE, statementsOf(statements)).map(timeless)
  }

  /** The rows of one query, which must have some. */
  rows(sql: string, ...positional: SqlParameter[]): readonly (readonly unknown[])[] {
    const [result] = this.query(stmt(sql, positional))
    if (result?.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(result)}`)
    return result.values
  }

  /** The first column of the first row. */
  value(sql: string, ...positional: SqlParameter[]): unknown {
    return this.rows(sql, ...positional)[0]?.[0]
  }

  classify(...statements: Statement[]): boolean[] {
    return this.engine.classify(NAMESPACE, statementsOf(statements))
  }

  capture(): Buffer {
    return captureOf(this.engine)
  }

  digest(): string {
    return digestOf(this.engine)
  }
}

export function captureOf(engine: SqlEngine): Buffer {
  const capture = engine.capture()
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  capture.release()
  return Buffer.concat(chunks)
}

export function digestOf(engine: SqlEngine): string {
  const digest = engine.digest()
  try {
    for (;;) {
      const hex = digest.step()
      if (hex !== undefined) return hex
    }
  } finally {
    digest.release()
  }
}

export function restoreInto(engine: SqlEngine, bytes: Uint8Array): void {
  const restore = engine.restore()
  restore.push(bytes)
  restore.finish()
}

export function write(lastInsertId: number | bigint, rowsAffected: number): unknown {
  return { kind: 'write', lastInsertId, rowsAffected }
}

export function error(message: string): unknown {
  return { kind: 'error', message }
}

export const EMPTY = { kind: 'empty' }

/** A capture with other contents and the checksum that fits them. */
export function rewritten(capture: Uint8Array, change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(capture)
  change(bytes)
  bytes.writeUInt32BE(crc32(bytes.subarray(0, -4)), bytes.length - 4)
  return bytes
}
