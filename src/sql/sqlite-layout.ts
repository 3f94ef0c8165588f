/**
 * Where SQLite keeps a few values that sql.js's exports do not reach. Each place is found by experiment
 * (give SQLite a known value, look where it went), and `verifyLayout` proves on every connection that
 * reading and writing there does what is meant. A build in which that fails is refused at start.
 *
 * | value | why |
 * |---|---|
 * | state of the random number generator | draws must come from the log entry |
 * | last_insert_rowid, changes, total_changes | they outlive a connection here, see `Sticky` |
 * | limits | `sqlite3_limit` is not exported |
 * | bound parameters | `sqlite3_bind_int64` is not exported |
 * | the progress callback | `sqlite3_progress_handler` is not exported |
 * | declared types of result columns | `sqlite3_column_decltype` is not exported |
 */
import { EngineFailure, StatementError } from './errors.ts'
import { SEED_BYTE } from './memory-vfs.ts'
import type { SqliteInstance } from './sqlite-binary.ts'

export interface SqliteLayout {
  /** Address of the generator: 16 words of ChaCha20 state, 64 bytes of output, 1 byte: how many are left. */
  readonly generator: number
  /** Offsets in `sqlite3`. */
  readonly lastInsertId: number
  readonly changes: number
  readonly totalChanges: number
  readonly limits: number
  /** Three words: callback, its argument, instructions between two calls. */
  readonly progress: number
  /** Offsets in `sqlite3_stmt` of the pointers to bound parameters and to column descriptions. */
  readonly parameters: number
  readonly columns: number
  /** Bytes per value in both. */
  readonly valueSize: number
}

/** Offsets in a value: its number, its text, what it is. */
export const VALUE = { number: 0, text: 8, flags: 16 } as const
export const VALUE_IS_TEXT = 2

/** "expand 32-byte k", the first four words of every ChaCha20 state. */
export const CHACHA = [0x61707865, 0x3320646e, 0x79622d32, 0x6b206574] as const
export const GENERATOR = { key: 16, counter: 48, output: 64, left: 128 } as const
/** The factory settings of the first limits, in the order of SQLITE_LIMIT_*. */
const FACTORY_LIMITS = [1_000_000_000, 1_000_000_000, 2000, 1000, 500]

const STATIC_DATA_MAX = 1024 * 1024
const CONNECTION_BYTES = 1024
const STATEMENT_BYTES = 400
const VALUE_BYTES_MAX = 128

/** What is needed of a connection to look around in it. */
export interface ProbeConnection {
  readonly instance: SqliteInstance
  /** The `sqlite3` pointer. */
  readonly handle: number
  /** Runs a statement without parameters to its end. */
  run(sql: string): void
  /** Compiles a statement and hands it out for a while. */
  withStatement<T>(sql: string, use: (statement: number) => T): T
}

/** Finds everything. `connect` opens databases in memory, of instances of their own, that may be spoilt. */
export function findLayout(connect: () => ProbeConnection): SqliteLayout {
  const connection = connect()
  const { valueSize, parameters } = findParameters(connection)
  return {
    generator: findGenerator(connection),
    ...findCounters(connection),
    limits: findLimits(connection),
    progress: findProgress(connect),
    parameters,
    columns: findColumns(connection, valueSize),
    valueSize,
  }
}

function findGenerator(connection: ProbeConnection): number {
  const { memory } = connection.instance
  connection.run('SELECT random()')
  const seed = SEED_BYTE * 0x01010101
  for (let at = 0; at < STATIC_DATA_MAX; at += 4) {
    const isState =
      CHACHA.every((word, i) => memory.getUint32(at + i * 4) === word) &&
      memory.getUint32(at + GENERATOR.key) === seed &&
      memory.getUint32(at + GENERATOR.key + 4) === seed
    if (isState) return at
  }
  throw notFound('the random number generator')
}

function findCounters(
  connection: ProbeConnection,
): Pick<SqliteLayout, 'lastInsertId' | 'changes' | 'totalChanges'> {
  const { handle, instance } = connection
  const offsets = new Set(Array.from({ length: CONNECTION_BYTES / 8 }, (_, i) => i * 8))
  const ids = new Set(offsets)
  const changes = new Set(offsets)
  const totals = new Set(offsets)
  const keep = (candidates: Set<number>, value: bigint): void => {
    for (const offset of candidates) {
      if (instance.memory.getInt64(handle + offset) !== value) candidates.delete(offset)
    }
  }
  connection.run('CREATE TABLE counter (id INTEGER PRIMARY KEY)')
  let id = 0x1234_5678_9abcn
  let total = 0n
  for (const rows of [3n, 7n, 2n, 19n]) {
    const values = Array.from({ length: Number(rows) }, () => `(${++id})`)
    connection.run(`INSERT INTO counter VALUES ${values.join()}`)
    total += rows
    keep(ids, id)
    keep(changes, rows)
    keep(totals, total)
  }
  return {
    lastInsertId: only(ids, 'last_insert_rowid'),
    changes: only(changes, 'changes'),
    totalChanges: only(totals, 'total_changes'),
  }
}

function findLimits({ handle, instance }: ProbeConnection): number {
  const found = new Set<number>()
  for (let offset = 0; offset < CONNECTION_BYTES; offset += 4) {
    if (FACTORY_LIMITS.every((limit, i) => instance.memory.getUint32(handle + offset + i * 4) === limit)) {
      found.add(offset)
    }
  }
  return only(found, 'the limits')
}

const PROGRESS_ARGUMENT = 0x1234_5678
const LOOP = 'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 99) SELECT max(x) FROM r'

/**
 * Where a function, its argument and a 1 have the effect that a loop asks before every instruction whether
 * to go on. Elsewhere they break SQLite, or nothing happens.
 */
function findProgress(connect: () => ProbeConnection): number {
  const found = new Set<number>()
  let connection = connect()
  let calls: number[] = []
  const callback = (argument: number): number => {
    calls.push(argument)
    return calls.length < 3 ? 0 : 1
  }
  let pointer = connection.instance.api.addFunction(callback, 'ii')
  for (let offset = 0; offset < CONNECTION_BYTES; offset += 4) {
    const { handle, instance } = connection
    const words = [handle + offset, handle + offset + 4, handle + offset + 8] as const
    if (words.some((word) => instance.memory.getUint32(word) !== 0)) continue
    const values = [pointer, PROGRESS_ARGUMENT, 1] as const
    for (const [i, word] of words.entries()) instance.memory.setUint32(word, values[i] as number)
    calls = []
    const outcome = outcomeOf(() => connection.run(LOOP))
    if (outcome === 'broken') {
      connection = connect()
      pointer = connection.instance.api.addFunction(callback, 'ii')
      continue
    }
    for (const word of words) instance.memory.setUint32(word, 0)
    if (outcome === 'refused' && calls.join() === Array(3).fill(PROGRESS_ARGUMENT).join()) found.add(offset)
  }
  return only(found, 'the progress callback')
}

function outcomeOf(run: () => void): 'done' | 'refused' | 'broken' {
  try {
    run()
    return 'done'
  } catch (error) {
    return error instanceof StatementError ? 'refused' : 'broken'
  }
}

/** Numbers that occur nowhere by chance. */
const FIRST = 1.2345678901e100
const SECOND = 2.3456789012e200

function findParameters(connection: ProbeConnection): Pick<SqliteLayout, 'parameters' | 'valueSize'> {
  // Two statements of different shape: what looks right in one by chance does not in the other.
  const candidates = ['SELECT ?1, ?2', 'SELECT value, ?2 FROM json_each(?1) WHERE value > ?2'].map((sql) =>
    connection.withStatement(sql, (statement) => parameterCandidates(connection.instance, statement)),
  )
  const [first, second] = candidates as [Set<string>, Set<string>]
  const [parameters, valueSize] = only(first.intersection(second), 'bound parameters').split(' ')
  return { parameters: Number(parameters), valueSize: Number(valueSize) }
}

/** Pairs of an offset in the statement and a size of value, as text so that sets can hold them. */
function parameterCandidates({ api, memory }: SqliteInstance, statement: number): Set<string> {
  api._sqlite3_bind_double(statement, 1, FIRST)
  api._sqlite3_bind_double(statement, 2, SECOND)
  const found = new Set<string>()
  for (const [offset, values] of pointersIn(memory, statement)) {
    if (memory.view.getFloat64(values, true) !== FIRST) continue
    for (let size = 8; size <= VALUE_BYTES_MAX; size += 8) {
      if (memory.view.getFloat64(values + size, true) === SECOND) found.add(`${offset} ${size}`)
    }
  }
  return found
}

function findColumns(connection: ProbeConnection, valueSize: number): number {
  const { api, memory } = connection.instance
  return connection.withStatement('SELECT name, rootpage AS root FROM sqlite_schema', (statement) => {
    const names = [0, 1].map((column) => api._sqlite3_column_name(statement, column))
    const found = new Set<number>()
    for (const [offset, values] of pointersIn(memory, statement)) {
      const matches = names.every((name, i) => memory.getUint32(values + i * valueSize + VALUE.text) === name)
      if (matches) found.add(offset)
    }
    return only(found, 'declared types')
  })
}

/** Words of a statement that could be pointers to two columns' worth of values, with their offsets. */
function* pointersIn(memory: SqliteInstance['memory'], statement: number): Generator<[number, number]> {
  for (let offset = 0; offset < STATEMENT_BYTES; offset += 4) {
    const pointer = memory.getUint32(statement + offset)
    if (pointer > 0 && pointer % 8 === 0 && pointer < memory.size - 4 * VALUE_BYTES_MAX)
      yield [offset, pointer]
  }
}

function only<T>(candidates: Set<T>, what: string): T {
  const [candidate, ...others] = candidates
  if (candidate === undefined || others.length > 0) throw notFound(what)
  return candidate
}

function notFound(what: string): EngineFailure {
  return new EngineFailure(`this build of sql.js keeps ${what} where we cannot find it`)
}
