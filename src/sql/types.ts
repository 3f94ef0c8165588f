/** The contract of the SQL state machine. See `engine.ts` for what stands behind it. */
import type { RequestOutcome, RequestTag } from '../base/index.ts'
import type { ChangeLogLimits, ChangePage, ChangeSettings } from './change-log.ts'

/**
 * A value as SQLite stores it. INTEGER is a `number` when it is a safe integer and a `bigint`
 * beyond that; REAL is a `number`; BLOB is a `Uint8Array`.
 */
export type SqlValue = null | number | bigint | string | Uint8Array

/** A REAL whose value happens to be whole, which a bare `number` would bind as INTEGER. */
export interface SqlReal {
  readonly real: number
}

/** `true` and `false` bind as 1 and 0. Safe integers bind as INTEGER, other numbers as REAL. */
export type SqlParameter = SqlValue | boolean | SqlReal

export interface SqlStatement {
  readonly sql: string
  /** Bound in order to `?` placeholders. */
  readonly positional: readonly SqlParameter[]
  /** Bound by name, without prefix: `n` matches `:n`, `@n` and `$n`. */
  readonly named: Readonly<Record<string, SqlParameter>>
}

export type SqlResult =
  /** `lastInsertId` and `rowsAffected` are SQLite's, sticky across statements of one database. */
  | {
      readonly kind: 'write'
      readonly lastInsertId: number | bigint
      readonly rowsAffected: number
      /** Seconds. */
      readonly time: number
    }
  | {
      readonly kind: 'rows'
      readonly columns: readonly string[]
      /** Declared types, lower case; for expressions the first row's storage class; "" if none. */
      readonly types: readonly string[]
      readonly values: readonly (readonly SqlValue[])[]
      readonly time: number
    }
  /** A statement that ran and has neither rows nor counts to tell (a comment). */
  | { readonly kind: 'empty'; readonly time: number }
  | { readonly kind: 'error'; readonly message: string }

/**
 * How a request runs, as rqlite's endpoints do:
 * - `execute`: for writes; a SELECT yields no rows, RETURNING does;
 * - `query`: for reads; a write is refused and changes nothing;
 * - `request`: each statement by what it is.
 */
export type SqlMode = 'execute' | 'query' | 'request'

/** A replicated request. Everything that could differ between replicas is in it. */
export interface SqlCommand {
  readonly namespace: string
  readonly mode: SqlMode
  readonly statements: readonly SqlStatement[]
  /** All or nothing: the first error rolls back everything and ends the list of results. */
  readonly transaction: boolean
  /** The wall clock while it runs, milliseconds since the epoch. */
  readonly timeMs: number
  /**
   * Instructions of SQLite's virtual machine that all statements together may take; 0: as many as they need.
   * What goes beyond ends with the error `execute timeout` or `query timeout`, on every replica at the same one.
   * @default 0
   */
  readonly stepsMax?: number
  /** Names of columns that come from a table are `table.column`. @default false */
  readonly qualifyColumns?: boolean
  /** Seeds random(), randomblob() and every other draw while it runs; 32 bits. */
  readonly seed: number
}

/**
 * A step of loading a whole database, or a text of SQL, that is too large for one entry: the pieces in their
 * order, of which the last one comes with `commit`. `offset` is where a piece belongs.
 */
export type SqlLoad = {
  readonly mode: 'load'
  /** Chosen by whoever loads, so that nobody chooses the same; one character per byte, 16 of them. */
  readonly loadId: string
  readonly namespace: string
  readonly timeMs: number
} & (
  | { readonly step: 'stage'; readonly offset: number; readonly data: Uint8Array }
  | {
      readonly step: 'commit'
      readonly offset: number
      readonly data: Uint8Array
      /** A SQLite file, which replaces the namespace's database; or SQL in UTF-8, which runs as a whole or not at all. */
      readonly content: 'file' | 'text'
      readonly seed: number
    }
  | { readonly step: 'abort' }
)

export interface SqlApplyItem {
  /** Log index. */
  readonly index: number
  /**
   * A load's step has no result, or one error: it then changed nothing, and its load cannot go on. A text has
   * one result, as a statement has: that of its last statement.
   */
  readonly command: SqlCommand | SqlLoad
  /**
   * Which request this is an attempt at, if it must be carried out once whatever the number of attempts.
   * Makes no difference to a command of mode `query`, which changes nothing.
   */
  readonly request?: RequestTag | undefined
  /** False where nobody waits for the answer: results are then not carried back. */
  readonly wantResults: boolean
}

/** A log entry of an SQL command in the place of what it says, see `encodeSqlEntry`; the rest is as above. */
export interface SqlEntryItem extends Pick<SqlApplyItem, 'index' | 'wantResults'> {
  readonly entry: Uint8Array
}

export interface SqlQueryOptions {
  /** What the statements see as the time, in milliseconds since the epoch. @default it is the time */
  readonly timeMs?: number
  /** As in {@link SqlCommand}. @default nobody can foretell what is drawn */
  readonly seed?: number
  readonly transaction?: boolean
  /** As in {@link SqlCommand}. */
  readonly qualifyColumns?: boolean
  /**
   * Statements end then with the error `query timeout`; on the clock of `process.hrtime`, in milliseconds. If
   * it is over before the first one begins, `query` rejects with `SQL_TIMEOUT`. @default never
   */
  readonly deadlineMs?: number
  /**
   * Once it is aborted, the read ends soon, wherever it stands, and rejects with `CALL_ABORTED`.
   * @default it runs to its end
   */
  readonly signal?: AbortSignal | undefined
}

/**
 * SQLite databases, one per namespace. One worker thread writes; calls run there in the order made. Others read
 * (`query`, `classify`, `parse`), each at the state left by the last call that was answered, or a later one, and so
 * wait for no write and hold up none. Every rejection of `apply` is fatal for the replica (`SQL_ENGINE_FAILED`); what a statement does
 * wrong is a result.
 */
export interface SqlMachine {
  start(): Promise<void>
  stop(): Promise<void>
  /**
   * One outcome per item. An attempt at a request that was carried out before does nothing; it gets the
   * first attempt's index and results, with 0 for the time each statement took. Result lists are empty where
   * `wantResults` is false. What an item did does not depend on which others came in the same call.
   */
  apply(
    items: readonly (SqlApplyItem | SqlEntryItem)[],
  ): Promise<readonly RequestOutcome<readonly SqlResult[]>[]>
  /**
   * Reads at the state left by the last `apply` that was answered, or a later one; the namespace need not exist
   * yet. All statements see the same state, so `transaction` makes no difference.
   */
  query(
    namespace: string,
    statements: readonly SqlStatement[],
    options?: SqlQueryOptions,
  ): Promise<readonly SqlResult[]>
  /** Threads that read are there: the first is made for the first read. */
  readonly hasReaders: boolean
  /**
   * For each statement whether it changes nothing. One that cannot be prepared counts as a write, unless
   * it is EXPLAIN or refused anyway. So does all DDL: whether `IF EXISTS` finds something may be different
   * where it is applied.
   */
  classify(namespace: string, statements: readonly SqlStatement[]): Promise<readonly boolean[]>
  /**
   * For each statement what is wrong with its text, as far as its grammar goes; undefined if nothing is. Runs
   * nothing, and does not mind whether the tables it names exist.
   */
  parse(namespace: string, statements: readonly SqlStatement[]): Promise<readonly (string | undefined)[]>
  /**
   * What is captured of the changes that later calls make, from the log entry at `index` on; undefined:
   * nothing, and what waits is forgotten.
   */
  configureChanges(settings: ChangeSettings | undefined, index: number): Promise<void>
  /** Forgets captured changes up to and with the log entry at this index: they were delivered. */
  trimChanges(through: number): Promise<void>
  /** The first captured changes behind the log entry at `after`, within limits, but one at least. */
  changes(after: number, limits: ChangeLogLimits): Promise<ChangePage>
  /**
   * A copy of the state (every database, and what is remembered of requests) as of the calls before it, to
   * be read while later calls go on.
   */
  capture(): Promise<SqlCapture>
  /**
   * A copy of one database as of the calls before it, to be read while later calls go on: a SQLite file in
   * rollback-journal mode, of one page at least, with zeros in its free pages.
   */
  captureDatabase(namespace: string): Promise<SqlCapture>
  /**
   * A SHA-256, in hex, that stands for the state as of the calls before it: replicas that would write equal
   * captures have equal digests, and only they have. It is not the captures' own hash; `digest.ts` says what
   * it is of. Later calls do not wait for it. Parts of a database that were not written since an earlier
   * digest are not hashed again. `SQL_BUSY` if digests of too many states are under way.
   */
  digest(): Promise<string>
  /** Replaces the state by what a capture's `chunks` held. */
  restore(chunks: AsyncIterable<Uint8Array>): Promise<void>
  stats(): Promise<SqlStats>
}

export interface SqlCapture {
  chunks(): AsyncIterable<Uint8Array>
  release(): void
}

export interface SqlStats {
  readonly sqliteVersion: string
  readonly compileOptions: readonly string[]
  readonly namespaces: readonly { readonly name: string; readonly sizeBytes: number }[]
}
