/**
 * Runs a text of SQL as a whole: all of it, or nothing. A dump begins and commits a transaction of its own;
 * that is accepted and means nothing more, for there is one around the whole text. Foreign keys can be
 * switched on or off where SQLite would let that be, before anything else; the setting ends with the text.
 */

import type { BlockFile } from './block-file.ts'
import type { ChangeKeeping } from './change-keeping.ts'
import type { Connection } from './connection.ts'
import { CorruptionReport, StatementError } from './errors.ts'
import { loadedSegments, type SqlSegment } from './gate.ts'
import { written } from './statement-runner.ts'
import { SqlTokens } from './tokens.ts'
import type { SqlResult } from './types.ts'

const PERIOD = 46
/** A statement that is longer is looked at again with each further part. */
const PART_BYTES = 8 * 1024 * 1024

export interface LoadTextInit {
  /** The random numbers of a statement's place in the text. */
  readonly seed: (segment: number) => Uint32Array
  /** For the time it took. */
  readonly elapsedMs: () => number
  /** Where changes are captured. */
  readonly changes?: ChangeKeeping | undefined
}

/**
 * One result, as of the last statement, or none if there is no statement. Throws what is not the text's
 * fault. Leaves the connection with settings that are not its own.
 */
export function loadText(connection: Connection, text: BlockFile, init: LoadTextInit): SqlResult[] {
  const startedMs = init.elapsedMs()
  const { isBegun, failure } = runAll(connection, text, init)
  if (failure === undefined && isBegun)
    return [{ ...written(connection), time: (init.elapsedMs() - startedMs) / 1000 }]
  return failure === undefined ? [] : [{ kind: 'error', message: failure }]
}

function runAll(
  connection: Connection,
  text: BlockFile,
  init: LoadTextInit,
): { readonly isBegun: boolean; readonly failure: string | undefined } {
  const load = new TextLoad(connection, init)
  try {
    for (const { segment, refusal } of loadedSegments(partsOf(text))) {
      if (refusal !== undefined) throw new StatementError(refusal)
      load.run(segment)
    }
    load.finish()
    return { isBegun: load.isBegun, failure: undefined }
  } catch (error) {
    const isOwnFault =
      error instanceof StatementError || (error instanceof CorruptionReport && connection.isSound())
    if (!isOwnFault) throw error
    load.undo()
    init.changes?.recorder.clear()
    return { isBegun: load.isBegun, failure: error.message }
  }
}

class TextLoad {
  readonly #connection: Connection
  readonly #init: LoadTextInit
  #segments = 0
  /** Whether the transaction around everything is open. */
  isBegun = false
  /** Whether the text is within one of its own. */
  #isInside = false

  constructor(connection: Connection, init: LoadTextInit) {
    this.#connection = connection
    this.#init = init
  }

  run(segment: SqlSegment): void {
    const at = this.#segments++
    if (isSetting(segment)) {
      if (!this.isBegun) this.#execute(segment, at)
      return
    }
    if (!this.isBegun) this.#connection.control('BEGIN')
    this.isBegun = true
    switch (segment.explain ? '' : segment.verb) {
      case 'begin':
        if (this.#isInside) throw new StatementError('cannot start a transaction within a transaction')
        this.#isInside = true
        return
      case 'commit':
      case 'end':
        if (!this.#isInside) throw new StatementError('cannot commit - no transaction is active')
        this.#isInside = false
        return
      default:
        this.#executeRecorded(segment, at)
    }
  }

  finish(): void {
    if (this.#isInside) throw new StatementError('the text ends within its transaction')
    if (this.isBegun) this.#connection.control('COMMIT')
  }

  undo(): void {
    if (!this.isBegun) return
    try {
      this.#connection.control('ROLLBACK')
    } catch (error) {
      if (!(error instanceof StatementError)) throw error // a statement has rolled back itself
    }
  }

  #executeRecorded(segment: SqlSegment, at: number): void {
    const { changes } = this.#init
    if (changes === undefined) this.#execute(segment, at)
    else changes.around(segment, () => this.#execute(segment, at))
  }

  #execute(segment: SqlSegment, at: number): void {
    this.#connection.seed(this.#init.seed(at))
    this.#connection.useOnce(segment.sql, (statement) => {
      const want = statement.parameterCount
      if (want > 0) throw new StatementError(`not enough args to execute query: want ${want} got 0`)
      while (statement.step());
    })
  }
}

/** The text in parts: a string cannot be as long as a text. Throws a statement's error for what is no UTF-8. */
function* partsOf(text: BlockFile): Generator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  const bytes = new Uint8Array(PART_BYTES)
  for (let at = 0; at < text.size; ) {
    const count = text.read(bytes, at)
    at += count
    yield decoded(() => decoder.decode(bytes.subarray(0, count), { stream: true }))
  }
  yield decoded(() => decoder.decode())
}

function decoded(decode: () => string): string {
  try {
    return decode()
  } catch {
    throw new StatementError('the text is not UTF-8')
  }
}

/** The one PRAGMA that may be set here and nowhere else. */
function isSetting({ verb, effect, sql }: SqlSegment): boolean {
  if (verb !== 'pragma' || effect !== 'write') return false
  const tokens = new SqlTokens(sql)
  const next = (): boolean => tokens.next()
  next() // PRAGMA
  next()
  const first = tokens.name()
  const name = next() && tokens.isSymbol(PERIOD) && next() ? tokens.name() : first
  return name === 'foreign_keys'
}
