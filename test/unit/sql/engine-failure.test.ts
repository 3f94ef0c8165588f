/** What goes wrong underneath a statement: fatal while applying, a failed read and no more otherwise. */
import { describe, expect, it } from 'vitest'
import type { SqliteBinary } from '../../../src/sql/index.ts'
import type { SqliteApi } from '../../../src/sql/sqlite-binary.ts'
import { binary, error, restoreInto, rewritten, stmt, TestEngine, write } from './support.ts'

/** Makes one call of SQLite's `step`, of all instances, go wrong. */
class FaultyBinary implements SqliteBinary {
  /** What the next step does instead. */
  fault: (() => number) | undefined

  instantiate(): ReturnType<SqliteBinary['instantiate']> {
    const instance = binary.instantiate()
    const step = (statement: number): number => {
      const { fault } = this
      this.fault = undefined
      return fault === undefined ? instance.api._sqlite3_step(statement) : fault()
    }
    return { ...instance, api: { ...instance.api, _sqlite3_step: step } }
  }
}

function trap(): never {
  throw new RangeError('Maximum call stack size exceeded')
}

const FAULTS: [name: string, fault: () => number, message: RegExp][] = [
  ['a trap', trap, /Maximum call stack size exceeded/],
  ['an I/O error', () => 10, /code 10/],
  ['misuse', () => 21, /code 21/],
]

/** While applying, it is a reason to try again; see out-of-memory.test.ts. */
const NO_MEMORY: (typeof FAULTS)[number] = ['no memory', () => 7, /out of memory/]

function setUp(): { faulty: FaultyBinary; engine: TestEngine } {
  const faulty = new FaultyBinary()
  const engine = new TestEngine({}, { binary: faulty })
  engine.execute('CREATE TABLE t (x)', 'INSERT INTO t VALUES (1)')
  return { faulty, engine }
}

describe('sql engine failure', () => {
  it.each(FAULTS)('%s while applying - is fatal for all that follows', (_, fault, message) => {
    const { faulty, engine } = setUp()
    faulty.fault = fault
    const failure = expect.objectContaining({
      code: 'SQL_ENGINE_FAILED',
      outcome: 'unknown',
      message: expect.stringMatching(message),
    })
    expect(() => engine.execute('DELETE FROM t')).toThrow(failure)
    expect(() => engine.execute('SELECT 1')).toThrow(failure)
    expect(() => engine.query('SELECT 1')).toThrow(failure)
    expect(() => engine.capture()).toThrow(failure)
    expect(() => engine.engine.stats()).toThrow(failure)
  })

  it('names the log entry', () => {
    const { faulty, engine } = setUp()
    faulty.fault = trap
    expect(() => engine.execute('DELETE FROM t')).toThrow(/^cannot apply log entry 2: /)
  })

  it.each([...FAULTS, NO_MEMORY])('%s in a read - fails that read', (_, fault, message) => {
    const { faulty, engine } = setUp()
    const before = engine.capture()
    faulty.fault = fault
    expect(engine.query('SELECT x FROM t', 'SELECT x FROM t')).toMatchObject([
      { kind: 'error', message: expect.stringMatching(message) },
      { kind: 'rows', values: [[1]] },
    ])
    faulty.fault = fault
    expect(engine.apply(['SELECT x FROM t', 'SELECT 1'], { mode: 'query' })).toMatchObject([
      { kind: 'error' },
      { kind: 'rows' },
    ])
    faulty.fault = fault
    expect(engine.classify('WITH a AS (SELECT 1) SELECT * FROM a', 'SELECT 1')).toEqual([false, true])
    expect(engine.capture().equals(before)).toBe(true)
    expect(engine.execute('INSERT INTO t VALUES (2)')).toEqual([write(2, 1)])
  })

  it('a build of SQLite that cannot be made deterministic - does not start', () => {
    const changed = (change: (api: SqliteApi) => Partial<SqliteApi>): SqliteBinary => ({
      instantiate: () => {
        const { api, memory } = binary.instantiate()
        return { api: { ...api, ...change(api) }, memory }
      },
    })
    const builds: [RegExp, SqliteBinary][] = [
      [/integers are not bound exactly/, changed((api) => ({ _sqlite3_bind_int: api._sqlite3_bind_double }))],
      [
        /keeps the random number generator where we cannot find it/,
        changed((api) => ({ _sqlite3_step: (statement) => api._sqlite3_reset(statement) || 101 })),
      ],
    ]
    for (const [reason, build] of builds) {
      const failure = expect.objectContaining({
        code: 'SQL_ENGINE_FAILED',
        message: expect.stringMatching(reason),
      })
      expect(() => new TestEngine({}, { binary: build })).toThrow(failure)
    }
  })

  it('a broken database - is fatal while applying', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (x)', stmt('INSERT INTO t VALUES (?)', ['x'.repeat(50_000)]))
    const capture = engine.capture()
    const page = capture.indexOf('x'.repeat(1000))
    restoreInto(
      engine.engine,
      rewritten(capture, (bytes) => bytes.fill(0x5a, page - 4096, page)),
    )
    expect(engine.query('SELECT * FROM t')).toEqual([error('database disk image is malformed')])
    expect(() => engine.execute('UPDATE t SET x = 1')).toThrow(
      expect.objectContaining({ code: 'SQL_ENGINE_FAILED' }),
    )
  })

  it('a full-text index that a client has spoilt - is the client’s error', () => {
    const engine = new TestEngine()
    engine.execute('CREATE VIRTUAL TABLE ft USING fts4(x)', "INSERT INTO ft VALUES ('one two')")
    engine.execute("INSERT INTO ft VALUES ('two')", "UPDATE ft_segdir SET root = x'ff00'")
    const broken = error('database disk image is malformed')
    expect(engine.execute("INSERT INTO ft (ft) VALUES ('optimize')", 'CREATE TABLE u (x)')).toEqual([
      broken,
      write(2, 0),
    ])
    expect(engine.query("SELECT * FROM ft WHERE ft MATCH 'two'")).toEqual([broken])
    expect(
      engine.apply(['INSERT INTO u VALUES (1)', "INSERT INTO ft (ft) VALUES ('optimize')"], {
        transaction: true,
      }),
    ).toEqual([write(1, 1), broken])
    expect(engine.value('SELECT count(*) FROM u')).toBe(0)
  })
})
