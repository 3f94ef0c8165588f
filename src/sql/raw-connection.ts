/** One open database of one instance: compiling, stepping, errors. What values mean is for others. */
import { errorMessage } from '../base/index.ts'
import { CorruptionReport, EngineFailure, Interrupted, OutOfMemory, StatementError } from './errors.ts'
import type { ExecutionGuard } from './execution-guard.ts'
import type { SqliteInstance } from './sqlite-binary.ts'
import type { ProbeConnection } from './sqlite-layout.ts'

const OK = 0
const ROW = 100
const DONE = 101
const NOMEM = 7
const INTERRUPT = 9
const CORRUPT = 11
/**
 * INTERNAL, IOERR, PROTOCOL, MISUSE, NOLFS, NOTADB: not the statement's doing. FULL is not among them: a
 * process without memory is an I/O error here. FULL means that a table has used its last rowid or that a limit
 * is reached, on every replica at the same statement. NOMEM depends: see {@link RawConnection.blameStatements}.
 */
const FATAL = new Set([2, 10, 15, 21, 22, 26])

/** Of arguments, and their encoding. */
const ANY_NUMBER = -1
const UTF8 = 1

/** Kept for texts and parameters on their way in. */
const SCRATCH_BYTES = 16 * 1024
const POINTER_BYTES = 4

export class RawConnection implements ProbeConnection {
  readonly instance: SqliteInstance
  /** The `sqlite3` pointer. */
  readonly handle: number
  /** The instance trapped in the middle of a call. Nothing in it may be used any more. */
  #broken = false
  #blamesStatements = false
  #ranOutOfMemory = false
  #scratch = 0
  #scratchBytes = 0

  constructor(instance: SqliteInstance, filename: string) {
    this.instance = instance
    const { api, memory } = instance
    const text = this.reserve(Buffer.byteLength(filename) + 1 + 2 * POINTER_BYTES)
    const out = text
    memory.writeString(text + POINTER_BYTES, filename)
    const code = api._sqlite3_open(text + POINTER_BYTES, out)
    this.handle = memory.getUint32(out)
    if (code !== OK) throw new EngineFailure(`cannot open a database (code ${code})`)
  }

  /**
   * From now on a statement for which there is no memory fails as one that is wrong. Only where every replica
   * would come to the same: in an instance in which nothing was done before.
   */
  blameStatements(): void {
    this.#blamesStatements = true
  }

  /** Whether that has happened. What the connection does then is not to be relied on. */
  get ranOutOfMemory(): boolean {
    return this.#ranOutOfMemory
  }

  /** Compiles one statement; 0 if the text holds none. Throws if it holds more than one. */
  prepare(sql: string): number {
    const { api, memory } = this.instance
    const start = this.reserve(2 * POINTER_BYTES + maxBytes(sql) + 1)
    const text = start + 2 * POINTER_BYTES
    const length = memory.writeString(text, sql)
    let code: number
    try {
      code = api._sqlite3_prepare_v2(this.handle, text, length + 1, start, start + POINTER_BYTES)
    } catch (error) {
      throw this.#trapped(error)
    }
    if (code !== OK) this.fail(code)
    const statement = memory.getUint32(start)
    const rest = memory.getUint32(start + POINTER_BYTES) - text
    if (rest < length) {
      this.finalize(statement)
      throw new StatementError('cannot tell where this statement ends')
    }
    return statement
  }

  /** True if there is a row. Throws {@link Interrupted} if the guard ends it. */
  step(statement: number, guard?: ExecutionGuard): boolean {
    let code: number
    guard?.enter(this.handle)
    try {
      code = this.instance.api._sqlite3_step(statement)
    } catch (error) {
      throw this.#trapped(error)
    } finally {
      guard?.leave(this.handle)
    }
    if (code === ROW) return true
    if (code === DONE) return false
    return this.fail(code)
  }

  /** Ends a run of a statement and forgets its parameters. */
  reset(statement: number): void {
    if (this.#broken) return
    this.instance.api._sqlite3_reset(statement) // repeats the error of the last step, which is known
    this.instance.api._sqlite3_clear_bindings(statement)
  }

  finalize(statement: number): void {
    if (!this.#broken) this.instance.api._sqlite3_finalize(statement)
  }

  run(sql: string): void {
    this.withStatement(sql, (statement) => {
      while (this.step(statement));
    })
  }

  withStatement<T>(sql: string, use: (statement: number) => T): T {
    const statement = this.prepare(sql)
    try {
      return use(statement)
    } finally {
      this.finalize(statement)
    }
  }

  /** Rolls back what is open. The instance can open another connection afterwards. */
  close(): void {
    if (this.#broken) return
    this.instance.api._free(this.#scratch)
    this.instance.api._sqlite3_close_v2(this.handle)
  }

  /** Throws what SQLite says about its last error. */
  fail(code: number): never {
    const { api, memory } = this.instance
    if (code === NOMEM) this.noMemory()
    const message = memory.string(api._sqlite3_errmsg(this.handle))
    if (code === INTERRUPT) throw new Interrupted(message)
    if (code === CORRUPT) throw new CorruptionReport(message)
    if (FATAL.has(code)) throw new EngineFailure(`${message} (code ${code})`)
    throw new StatementError(message)
  }

  /** Makes a function of any number of arguments known to SQL, by a pointer that can be called. */
  define(name: string, call: number): void {
    const { api, memory } = this.instance
    const text = this.reserve(maxBytes(name) + 1)
    memory.writeString(text, name)
    const code = api._sqlite3_create_function_v2(this.handle, text, ANY_NUMBER, UTF8, 0, call, 0, 0, 0)
    if (code !== OK) this.fail(code)
  }

  /** Memory in the instance, good until the next call of this method. */
  reserve(bytes: number): number {
    const { api } = this.instance
    const isEnough = bytes <= this.#scratchBytes
    const isTooMuch = this.#scratchBytes > SCRATCH_BYTES && bytes <= SCRATCH_BYTES
    if (isEnough && !isTooMuch) return this.#scratch
    api._free(this.#scratch)
    this.#scratchBytes = 0
    const size = Math.max(bytes, SCRATCH_BYTES)
    this.#scratch = api._malloc(size)
    if (this.#scratch === 0) this.noMemory()
    this.#scratchBytes = size
    return this.#scratch
  }

  /** For what SQLite hands out as a null pointer where there is a value. */
  noMemory(): never {
    this.#ranOutOfMemory = true
    throw new (this.#blamesStatements ? StatementError : OutOfMemory)('out of memory')
  }

  #trapped(error: unknown): EngineFailure {
    this.#broken = true
    const reason = errorMessage(error)
    return new EngineFailure(`SQLite trapped: ${reason}`, { cause: error })
  }
}

/** UTF-8 bytes at most, exact where guessing would waste much. */
export function maxBytes(text: string): number {
  return text.length < 1024 ? text.length * 3 : Buffer.byteLength(text)
}
