/** A namespace's database, opened: settings, compiled statements, and the state that SQLite keeps per connection. */
import type { SqlSegment } from './gate.ts'
import { Generator } from './generator.ts'
import { SQL_DATABASE_BYTES_MAX, SQL_PATTERN_BYTES_MAX, SQL_VALUE_BYTES_MAX } from './limits.ts'
import { DATABASE_NAME } from './memory-vfs.ts'
import { RawConnection } from './raw-connection.ts'
import { Recent } from './recent.ts'
import type { SqliteInstance } from './sqlite-binary.ts'
import type { SqliteLayout } from './sqlite-layout.ts'
import { Statement } from './statement.ts'

/**
 * What `last_insert_rowid()`, `changes()` and `total_changes()` tell. SQLite forgets it with the
 * connection; here it is part of the replicated state, because statements can store it.
 */
export interface Sticky {
  readonly lastInsertId: bigint
  readonly changes: bigint
  readonly totalChanges: bigint
}

/** Part of it, as it is told to callers. */
export interface LastWrite {
  readonly lastInsertId: number | bigint
  readonly rowsAffected: number
}

export const NOTHING_STICKY: Sticky = Object.freeze({ lastInsertId: 0n, changes: 0n, totalChanges: 0n })

/** `normal`: others write the file between statements; their changes are looked for. `exclusive`: nobody does. */
export type Locking = 'exclusive' | 'normal'

export interface ConnectionInit {
  readonly foreignKeys: boolean
  readonly locking: Locking
  readonly sticky: Sticky
}

const PAGE_BYTES = 4096
const VIRTUAL_TABLES = "SELECT name FROM sqlite_schema WHERE sql LIKE 'CREATE VIRTUAL%'"

/** Positions among SQLite's limits. */
const LIMIT_LENGTH = 0
const LIMIT_PATTERN_LENGTH = 8

/** Compiled statements kept for the next time. A statement takes a few kilobytes. */
const STATEMENTS = 64
const STATEMENT_LENGTH_MAX = 4096

/**
 * - The database is in memory: no syncing. Nobody else writes while it is open here: the VFS has no locks.
 * - The journal is a file, which is in the worker's memory, too, but outside of the 2 GiB that an instance
 *   can have. With `journal_mode` MEMORY, which is 15 % faster for single rows, a transaction too large for
 *   that would end every replica. For the same reason sorts and VACUUM use files (`temp_store`).
 * - `secure_delete` zeroes what is deleted. Without it free space within pages would keep what happened to
 *   be there, and replicas with equal contents would not be equal byte for byte.
 * - Pages of 4 KiB (the default): a commit copies every page it touched into the file, most touch one row
 *   in each of a few pages. A cache of 4 MiB: a page outside of it costs a copy within memory, no I/O;
 *   larger caches measured no faster, and every namespace has its own.
 * - `max_page_count`: a database that grows beyond it is full, on every replica at the same statement.
 */
const SETTINGS: readonly string[] = [
  'journal_mode = DELETE',
  'journal_size_limit = 1048576',
  'synchronous = OFF',
  'secure_delete = ON',
  'cache_size = -4096',
  'temp_store = FILE',
]

export class Connection {
  readonly #raw: RawConnection
  readonly #layout: SqliteLayout
  readonly #generator: Generator
  readonly #statements = new Recent<Statement>(STATEMENTS, (statement) => statement.finalize())
  /** Whether there are any; a connection ends when the schema changes. */
  #virtualTables: boolean | undefined
  readonly #readOnly = new WeakMap<SqlSegment, boolean>()

  constructor(instance: SqliteInstance, layout: SqliteLayout, init: ConnectionInit) {
    const { foreignKeys, locking, sticky } = init
    this.#raw = new RawConnection(instance, DATABASE_NAME)
    this.#layout = layout
    this.#generator = new Generator(instance.memory, layout.generator)
    this.run(`PRAGMA locking_mode = ${locking}`)
    for (const setting of SETTINGS) this.run(`PRAGMA ${setting}`)
    this.run(`PRAGMA max_page_count = ${SQL_DATABASE_BYTES_MAX / this.#pageBytes()}`)
    this.run(`PRAGMA foreign_keys = ${foreignKeys ? 'ON' : 'OFF'}`)
    const limits = this.#raw.handle + layout.limits
    instance.memory.setUint32(limits + LIMIT_LENGTH * 4, SQL_VALUE_BYTES_MAX)
    instance.memory.setUint32(limits + LIMIT_PATTERN_LENGTH * 4, SQL_PATTERN_BYTES_MAX)
    this.sticky = sticky
  }

  get sticky(): Sticky {
    const { handle, instance } = this.#raw
    return {
      lastInsertId: instance.memory.getInt64(handle + this.#layout.lastInsertId),
      changes: instance.memory.getInt64(handle + this.#layout.changes),
      totalChanges: instance.memory.getInt64(handle + this.#layout.totalChanges),
    }
  }

  set sticky({ lastInsertId, changes, totalChanges }: Sticky) {
    const { handle, instance } = this.#raw
    instance.memory.setInt64(handle + this.#layout.lastInsertId, lastInsertId)
    instance.memory.setInt64(handle + this.#layout.changes, changes)
    instance.memory.setInt64(handle + this.#layout.totalChanges, totalChanges)
  }

  /** What SQLite tells of the last write. */
  get lastWrite(): LastWrite {
    const { handle, instance } = this.#raw
    return {
      lastInsertId: instance.memory.getInteger(handle + this.#layout.lastInsertId),
      rowsAffected: Number(instance.memory.getInteger(handle + this.#layout.changes)),
    }
  }

  /** Everything random draws from this from now on. */
  seed(words: Uint32Array): void {
    this.#generator.seed(words)
  }

  /** See `RawConnection`. */
  blameStatements(): void {
    this.#raw.blameStatements()
  }

  get ranOutOfMemory(): boolean {
    return this.#raw.ranOutOfMemory
  }

  /** Compiles and runs a statement of our own. */
  run(sql: string): void {
    this.#raw.run(sql)
  }

  /** Makes a function known to SQL; see `RawConnection.define`. */
  define(name: string, call: number): void {
    this.#raw.define(name, call)
  }

  /** Runs a statement about the transaction, of which there are never two. */
  control(sql: 'BEGIN' | 'COMMIT' | 'ROLLBACK'): void {
    this.use(sql, (statement) => statement.step())
  }

  /** Lends a statement that is compiled or was before; undefined if the text holds none. */
  use<T>(sql: string, run: (statement: Statement) => T): T | undefined {
    if (sql.length > STATEMENT_LENGTH_MAX) return this.useOnce(sql, run)
    const statement = this.#statements.get(sql) ?? this.#compileToKeep(sql)
    if (statement === undefined) return undefined
    try {
      return run(statement)
    } finally {
      statement.reset()
    }
  }

  /** A statement for the caller to finalize; undefined if the text holds none. */
  prepare(sql: string): Statement | undefined {
    return this.#compile(sql)
  }

  /** Lends a statement that is compiled for this once. */
  useOnce<T>(sql: string, run: (statement: Statement) => T): T | undefined {
    const statement = this.#compile(sql)
    if (statement === undefined) return undefined
    try {
      return run(statement)
    } finally {
      statement.finalize()
    }
  }

  /**
   * Whether a statement changes nothing by the measure of `sqlite3_stmt_readonly`, which is not exported:
   * none of its instructions begins to write.
   */
  isReadOnly(segment: SqlSegment): boolean {
    let readOnly = this.#readOnly.get(segment)
    if (readOnly === undefined) {
      const sticky = this.sticky
      readOnly = this.useOnce(`EXPLAIN ${segment.sql}`, isReadOnlyProgram) ?? true
      this.#readOnly.set(segment, readOnly)
      this.sticky = sticky // EXPLAIN of a write says that nothing was changed
    }
    return readOnly
  }

  /** Their implementations keep things in memory that SQLite knows nothing of. */
  hasVirtualTables(): boolean {
    this.#virtualTables ??= this.#column(VIRTUAL_TABLES).length > 0
    return this.#virtualTables
  }

  /** Whether all tables can be read. Virtual tables do not count: their contents are tables themselves. */
  isSound(): boolean {
    const tables = this.#column(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'",
    )
    return tables.every((table) => {
      const verdict = this.#column(`PRAGMA quick_check('${table.replaceAll("'", "''")}')`)
      return verdict.length === 1 && verdict[0] === 'ok'
    })
  }

  /** Rolls back what is open. The instance can have another connection afterwards. */
  close(): void {
    for (const statement of this.#statements.values()) statement.finalize()
    this.#raw.close()
  }

  /** A loaded file may have other pages than ours. */
  #pageBytes(): number {
    return Number(this.#column('PRAGMA page_size')[0] ?? PAGE_BYTES)
  }

  #compile(sql: string): Statement | undefined {
    const pointer = this.#raw.prepare(sql)
    return pointer === 0 ? undefined : new Statement(this.#raw, this.#layout, pointer)
  }

  #compileToKeep(sql: string): Statement | undefined {
    const statement = this.#compile(sql)
    if (statement !== undefined) this.#statements.set(sql, statement)
    return statement
  }

  /** The rows of a query of our own. */
  texts(sql: string): string[][] {
    return (
      this.useOnce(sql, (statement) => {
        const rows: string[][] = []
        while (statement.step()) rows.push(statement.row().map(String))
        return rows
      }) ?? []
    )
  }

  #column(sql: string): string[] {
    return this.texts(sql).map(([value = '']) => value)
  }
}

/** Takes the listing that EXPLAIN makes of a program. */
function isReadOnlyProgram(program: Statement): boolean {
  while (program.step()) {
    const [, opcode, , p2] = program.row()
    // Every program begins a transaction on what it uses; P2 says whether to write.
    if (opcode === 'Transaction' && p2 !== 0) return false
    if (opcode === 'Vacuum' || opcode === 'JournalMode' || opcode === 'Checkpoint') return false
  }
  return true
}
