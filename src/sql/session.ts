/**
 * An instance of SQLite at work on one file. A session holds nothing that is not in the file and its
 * sticky values, so it can be thrown away and replaced at any time: after a trap, after a statement that
 * changed the schema, when its memory has grown too large.
 */
import { BlockFile } from './block-file.ts'
import type { ChangeWatch } from './change-log.ts'
import type { ChangeRecorder } from './change-recorder.ts'
import { ChangeTriggers } from './change-triggers.ts'
import { ColumnOrigins } from './column-origins.ts'
import { Connection, type Locking, NOTHING_STICKY, type Sticky } from './connection.ts'
import { EngineFailure, Interrupted, StatementError } from './errors.ts'
import { ExecutionGuard, type ExecutionLimit } from './execution-guard.ts'
import { Generator } from './generator.ts'
import { statementSeed } from './generator-seed.ts'
import { type DatabaseFile, MemoryVfs } from './memory-vfs.ts'
import { RawConnection } from './raw-connection.ts'
import type { SqliteBinary, SqliteInstance } from './sqlite-binary.ts'
import { findLayout, type SqliteLayout } from './sqlite-layout.ts'
import type { SqlParameter, SqlValue } from './types.ts'

/**
 * What an entry can do in an instance of less than this, it can do in one in which nothing was done before. There
 * are 2 GiB, and rows that only some replicas read take no more than two values of the largest size.
 */
const SESSION_BYTES_SURE = 1024 * 1024 * 1024

/** Makes sessions of one build of SQLite, about which it knows what has to be known. */
export class SessionFactory {
  readonly #binary: SqliteBinary
  readonly #options: SessionOptions
  readonly #layout: SqliteLayout
  readonly origins: ColumnOrigins

  constructor(binary: SqliteBinary, foreignKeys: boolean, locking: Locking = 'exclusive') {
    this.#binary = binary
    this.#options = { foreignKeys, locking }
    this.#layout = layouts.get(binary) ?? findLayoutOf(binary)
    layouts.set(binary, this.#layout)
    this.origins = new ColumnOrigins(binary, this.#layout)
  }

  /** Throws if this build of SQLite cannot be made deterministic. */
  open(file: DatabaseFile, sticky: Sticky): Session {
    const session = new Session(this.#binary.instantiate(), this.#layout, this.#options, file)
    verify(session)
    session.reopen(sticky)
    return session
  }
}

interface SessionOptions {
  readonly foreignKeys: boolean
  readonly locking: Locking
}

export class Session {
  readonly #instance: SqliteInstance
  readonly #layout: SqliteLayout
  readonly #options: SessionOptions
  readonly vfs: MemoryVfs
  readonly guard: ExecutionGuard
  #connection: Connection
  #watch: ChangeWatch | undefined
  #triggers: ChangeTriggers | undefined

  constructor(instance: SqliteInstance, layout: SqliteLayout, options: SessionOptions, file: DatabaseFile) {
    this.#instance = instance
    this.#layout = layout
    this.#options = options
    this.vfs = new MemoryVfs(instance, file)
    const generator = new Generator(instance.memory, layout.generator)
    this.vfs.onJournal = (drawn) => generator.takeBack(drawn)
    this.guard = new ExecutionGuard(instance, layout)
    this.#connection = this.#connect(NOTHING_STICKY)
  }

  get connection(): Connection {
    return this.#connection
  }

  /** Bytes the instance has taken. They are given back with the instance only. */
  get memoryBytes(): number {
    return this.#instance.memory.size
  }

  /** Whether what was done may be due to what the instance has done before. */
  get isLarge(): boolean {
    return this.memoryBytes > SESSION_BYTES_SURE
  }

  /** Whether foreign keys are enforced. */
  get foreignKeys(): boolean {
    return this.#options.foreignKeys
  }

  /** See `InstanceMemory`. The session is of no use afterwards. */
  canGrowToMaximum(): boolean {
    return this.#instance.memory.canGrowToMaximum()
  }

  /** Forgets all that SQLite keeps in memory, the schema above all, and reads it from the file again. */
  reopen(sticky: Sticky): void {
    this.#connection.close()
    this.#connection = this.#connect(sticky)
  }

  /** Sees, from now on, what changes in the tables that the watch is about; undefined: nothing. */
  watch(watch: ChangeWatch | undefined): void {
    if (watch === this.#watch) return
    this.#watch = watch
    if (watch !== undefined) this.#triggers ??= new ChangeTriggers(this.#instance)
    this.reopen(this.#connection.sticky)
  }

  /** Tells the recorder what changes of that meanwhile. */
  recording<T>(recorder: ChangeRecorder | undefined, run: () => T): T {
    const triggers = this.#triggers
    if (triggers === undefined) return run()
    triggers.recorder = recorder
    try {
      const result = run()
      if (triggers.failure !== undefined) throw triggers.failure
      return result
    } finally {
      triggers.recorder = undefined
    }
  }

  /** To be called before each statement while changes are recorded. */
  expect(sql: string): void {
    this.#triggers?.expect(sql)
  }

  /** To be called before a table is altered: what is watched does not stand in the way then. */
  unwatchTables(): void {
    if (this.#watch !== undefined) this.#triggers?.remove(this.#connection)
  }

  /** To be called when there may be other tables. */
  watchTables(): void {
    if (this.#watch !== undefined) this.#triggers?.refresh(this.#connection, this.#watch)
  }

  #connect(sticky: Sticky): Connection {
    const connection = new Connection(this.#instance, this.#layout, { ...this.#options, sticky })
    if (this.#watch !== undefined) this.#triggers?.install(connection, this.#watch)
    return connection
  }
}

/** SQLite knows of no more than an I/O error where its files fail; they know why. */
export function explained<T>(session: Session, run: () => T): T {
  try {
    return run()
  } catch (error) {
    const { failure } = session.vfs
    throw failure === undefined ? error : new EngineFailure(failure.message, { cause: failure })
  }
}

/** What was found once is the same in every instance of a build; each proves it again. */
const layouts = new WeakMap<SqliteBinary, SqliteLayout>()

function findLayoutOf(binary: SqliteBinary): SqliteLayout {
  return findLayout(() => {
    const instance = binary.instantiate()
    new MemoryVfs(instance, new BlockFile()) // for its entropy, by which the generator is found
    return new RawConnection(instance, ':memory:')
  })
}

const STICKY_PROBE: Sticky = {
  lastInsertId: -0x7fff_ffff_ffff_fffen,
  changes: 0x1_2345_6789n,
  totalChanges: 0x2_3456_789an,
}
const INTEGERS = [2n ** 31n, 2n ** 53n + 1n, 2n ** 63n - 1n, -(2n ** 63n)]

/** Proves that everything found by experiment does what it is for. Nothing here writes. */
function verify(session: Session): void {
  session.vfs.begin(86_400_000 * 365, 'read')
  const times = select(session, "SELECT datetime('now'), datetime('now', 'localtime')")
  check(times.join() === '1971-01-01 00:00:00,1971-01-01 00:00:00', 'the clock cannot be set')

  const draw = (seed: number): string => {
    session.connection.seed(statementSeed(seed, 1, 2))
    return select(session, 'SELECT random(), hex(randomblob(100)), random()').join()
  }
  const drawn = draw(1)
  check(draw(2) !== drawn && draw(1) === drawn, 'the random number generator cannot be seeded')

  const integers = select(session, 'SELECT ?, ?, ?, ?', INTEGERS)
  check(
    integers.every((value, i) => String(value) === String(INTEGERS[i])),
    'integers are not bound exactly',
  )

  session.reopen(STICKY_PROBE)
  const sticky = select(session, 'SELECT last_insert_rowid(), changes(), total_changes()')
  check(
    sticky.map(String).join() === Object.values(STICKY_PROBE).map(String).join(),
    'counters cannot be restored',
  )
  const types = session.connection.useOnce('SELECT name, 1, rootpage FROM sqlite_schema', (statement) => {
    statement.step()
    return statement.declaredTypes()
  })
  check(types?.join() === 'text,,int', 'declared types cannot be read')
  check(isRefused(session, 'SELECT zeroblob(1000000000)'), 'limits cannot be set')
  check(isEnded(session, { kind: 'steps', steps: 1_000 }), 'statements cannot be held to their instructions')
  check(isEnded(session, { kind: 'deadline', atMs: 0 }), 'statements cannot be held to their time')
  if (session.vfs.failure !== undefined) throw session.vfs.failure
}

function select(session: Session, sql: string, positional: readonly SqlParameter[] = []): SqlValue[] {
  const row = session.connection.useOnce(sql, (statement) => {
    statement.bind({ sql, positional, named: {} }, 0)
    return statement.step() ? statement.row() : []
  })
  return row ?? []
}

function isRefused(session: Session, sql: string): boolean {
  try {
    session.connection.run(sql)
    return false
  } catch (error) {
    return error instanceof StatementError
  }
}

/** Of some 100,000 instructions. */
const LONG =
  'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 10000) SELECT max(x) FROM r'

function isEnded({ connection, guard }: Session, limit: ExecutionLimit): boolean {
  guard.begin(limit)
  try {
    connection.useOnce(LONG, (statement) => {
      while (statement.step(guard));
    })
    return false
  } catch (error) {
    return error instanceof Interrupted && guard.isSpent
  }
}

function check(condition: boolean, problem: string): void {
  if (!condition) throw new EngineFailure(`this build of sql.js cannot be used: ${problem}`)
}
