/** Statements that run for too long: log entries by their instructions, reads by the clock. */
import { describe, expect, it } from 'vitest'
import { monotonicMs } from '../../../src/sql/execution-guard.ts'
import type { SqlCommand, SqliteBinary, SqlResult } from '../../../src/sql/index.ts'
import {
  binary,
  error,
  NAMESPACE,
  restoreInto,
  type Statement,
  statementsOf,
  TestEngine,
  timeless,
} from './support.ts'

const ENDLESS = 'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r'
const FILL = `INSERT INTO t SELECT x + 100, hex(x) FROM (
  WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 1000) SELECT x FROM r)`

type Limited = Partial<Pick<SqlCommand, 'mode' | 'transaction' | 'stepsMax'>>

function apply(engine: TestEngine, options: Limited, ...statements: Statement[]): readonly SqlResult[] {
  return engine.apply(statementsOf(statements), options)
}

function withTable(): TestEngine {
  const engine = new TestEngine()
  engine.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, x)', 'CREATE INDEX i ON t (x)')
  return engine
}

/** The smallest number of instructions with which the statement is not ended. */
function stepsOf(sql: string, prepare: (engine: TestEngine) => void = () => {}): number {
  const isEnough = (stepsMax: number): boolean => {
    const engine = withTable()
    prepare(engine)
    return apply(engine, { stepsMax }, sql)[0]?.kind !== 'error'
  }
  let low = 0
  let high = 1024
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (isEnough(middle)) high = middle
    else low = middle
  }
  return high
}

describe('log entries', () => {
  it('end with the error of their kind', () => {
    const engine = withTable()
    const stepsMax = 10_000
    expect(apply(engine, { stepsMax, mode: 'query' }, ENDLESS)).toEqual([error('query timeout')])
    expect(apply(engine, { stepsMax, mode: 'request' }, `SELECT (${ENDLESS})`)).toEqual([
      error('query timeout'),
    ])
    expect(apply(engine, { stepsMax }, `INSERT INTO t SELECT 1, (${ENDLESS})`)).toEqual([
      error('execute timeout'),
    ])
    expect(
      apply(engine, { stepsMax, mode: 'request' }, `INSERT INTO t SELECT 1, (${ENDLESS}) RETURNING id`),
    ).toEqual([error('execute timeout')])
  })

  it('share one limit, and leave what was done before', () => {
    const engine = withTable()
    const results = apply(
      engine,
      { stepsMax: 10_000 },
      "INSERT INTO t VALUES (1, 'a')",
      FILL.replace('LIMIT 1000', ''),
      "INSERT INTO t VALUES (2, 'b')",
    )
    expect(results.map(({ kind }) => kind)).toEqual(['write', 'error', 'error'])
    expect(results.slice(1)).toEqual([error('execute timeout'), error('execute timeout')])
    expect(engine.rows('SELECT id FROM t')).toEqual([[1]])
    expect(apply(engine, {}, FILL)).toMatchObject([{ kind: 'write' }])
    expect(apply(engine, { stepsMax: 1_000_000 }, "INSERT INTO t VALUES (2, 'b')")).toMatchObject([
      { kind: 'write' },
    ])
  })

  it('are undone to the last statement in a transaction', () => {
    const engine = withTable()
    const limited = { stepsMax: 5_000, transaction: true }
    const results = apply(
      engine,
      limited,
      "INSERT INTO t VALUES (1, 'a')",
      FILL,
      "INSERT INTO t VALUES (2, 'b')",
    )
    expect(results.at(-1)).toEqual(error('execute timeout'))
    expect(results).toHaveLength(2)
    expect(engine.value('SELECT count(*) FROM t')).toBe(0)
    expect(engine.value('PRAGMA integrity_check')).toBe('ok')
  })

  // A callback that is asked after the last instruction may end a statement that is committed already.
  it('are never both ended and done, whatever the limit', () => {
    const steps = stepsOf("INSERT INTO t VALUES (1, 'a')")
    for (let stepsMax = 1; stepsMax <= steps + 3; stepsMax++) {
      const engine = withTable()
      const [result] = apply(engine, { stepsMax }, "INSERT INTO t VALUES (1, 'a')")
      expect(engine.value('SELECT count(*) FROM t')).toBe(result?.kind === 'error' ? 0 : 1)
    }
  })

  it('fail as without a limit where they fail otherwise', () => {
    const statements = [
      'CREATE TABLE p (id INTEGER PRIMARY KEY)',
      'CREATE TABLE c (p REFERENCES p DEFERRABLE INITIALLY DEFERRED)',
      'INSERT INTO c VALUES (7)',
      'INSERT INTO p VALUES (1), (2), (1)',
      'INSERT OR FAIL INTO p VALUES (1), (2), (1)',
      'INSERT OR ROLLBACK INTO p VALUES (3), (1)',
      'INSERT OR IGNORE INTO p VALUES (3), (1)',
      'nonsense',
      'INSERT INTO p VALUES (4); INSERT INTO p VALUES (5), (4); INSERT INTO p VALUES (6)',
      'VACUUM',
      'PRAGMA user_version = 7',
    ]
    const limited = new TestEngine({ foreignKeys: true })
    const free = new TestEngine({ foreignKeys: true })
    expect(apply(limited, { stepsMax: 2 ** 40 }, ...statements)).toEqual(apply(free, {}, ...statements))
    expect(limited.rows('SELECT * FROM p')).toEqual(free.rows('SELECT * FROM p'))
    expect(limited.rows('SELECT * FROM c')).toEqual(free.rows('SELECT * FROM c'))
    expect(limited.value('PRAGMA user_version')).toBe(7)
  })

  it('take as many instructions, whatever their connection did before', () => {
    const sql = "INSERT INTO t VALUES (1, 'a')"
    const steps = stepsOf(sql)
    const busy = stepsOf(sql, (engine) => {
      for (let i = 2; i < 40; i++) engine.execute(sql.replace('1', String(i)))
      engine.query('SELECT * FROM t', ENDLESS.replace('FROM r)', 'FROM r LIMIT 9)'))
      engine.execute('DELETE FROM t', 'CREATE TABLE u (x)', 'DROP TABLE u')
    })
    expect(busy).toBe(steps)
  })

  // SQLite asks the callback while it compiles, too, which depends on what it knows of the schema by then.
  it('take as many where the schema was looked through as where it was not', () => {
    for (const sql of [
      'ALTER TABLE t ADD COLUMN y',
      'INSERT INTO t (x) SELECT name FROM pragma_table_list',
    ]) {
      const schema = 'CREATE VIEW v AS SELECT x FROM t'
      const steps = stepsOf(sql, (engine) => {
        engine.execute(schema)
        engine.engine.dropSessions()
      })
      const busy = stepsOf(sql, (engine) => {
        engine.execute(schema)
        engine.query('PRAGMA integrity_check')
      })
      expect(steps).toBeGreaterThan(50)
      expect(busy).toBe(steps)
    }
  })

  it('take as many on a full-text table that was in use as on one that is read again', () => {
    const schema = 'CREATE VIRTUAL TABLE f USING fts4 (body)'
    const fill = `INSERT INTO f SELECT 'word' || x || ' other words' FROM (
      WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 50) SELECT x FROM r)`
    for (const stepsMax of [500, 2_000, 5_000, 20_000]) {
      const used = new TestEngine()
      used.execute(schema)
      for (let i = 0; i < 20; i++) used.execute("INSERT INTO f VALUES ('some words here')")
      const restored = new TestEngine()
      restoreInto(restored.engine, used.capture())
      const limited = [fill, 'DROP TABLE IF EXISTS u', fill, "SELECT count(*) FROM f WHERE f MATCH 'words'"]
      expect(apply(used, { stepsMax }, ...limited)).toEqual(apply(restored, { stepsMax }, ...limited))
      expect(used.digest()).toBe(restored.digest())
    }
  })
})

describe('larger limits', () => {
  /** Some 20 instructions a row. */
  const fill = (rows: number): string => FILL.replace('LIMIT 1000', `LIMIT ${rows}`)

  /** Counts how often a statement is compiled. */
  function counting(): { readonly build: SqliteBinary; compiled: number } {
    const counts = {
      compiled: 0,
      build: {
        instantiate: () => {
          const instance = binary.instantiate()
          const { _sqlite3_prepare_v2 } = instance.api
          instance.api._sqlite3_prepare_v2 = (...values) => {
            counts.compiled++
            return _sqlite3_prepare_v2(...values)
          }
          return instance
        },
      },
    }
    return counts
  }

  it('cost no compiling', () => {
    const counts = counting()
    const engine = new TestEngine({}, { binary: counts.build })
    engine.execute('CREATE TABLE t (x)')
    apply(engine, { stepsMax: 1_000_000 }, 'INSERT INTO t VALUES (1)')
    counts.compiled = 0
    for (let i = 0; i < 5; i++) apply(engine, { stepsMax: 1_000_000 }, 'INSERT INTO t VALUES (1)')
    expect(counts.compiled).toBe(0)
  })

  it('end what exceeds them, and only that', () => {
    const engine = withTable()
    const results = apply(
      engine,
      { stepsMax: 1_000_000 },
      "INSERT INTO t VALUES (1, 'a')",
      fill(Number.MAX_SAFE_INTEGER),
      "INSERT INTO t VALUES (2, 'b')",
    )
    expect(results.map(({ kind }) => kind)).toEqual(['write', 'error', 'error'])
    expect(results.slice(1)).toEqual([error('execute timeout'), error('execute timeout')])
    expect(engine.rows('SELECT id FROM t')).toEqual([[1]])
    expect(engine.execute("INSERT INTO t VALUES (2, 'b')")).toMatchObject([{ kind: 'write' }])
  })

  it('are the same whatever an estimate comes to', () => {
    const kinds: (string | undefined)[] = []
    for (const rows of [1_000, 10_000, 20_000, 30_000, 40_000, 60_000]) {
      const used = withTable()
      for (let i = 0; i < 20; i++) used.execute(`INSERT INTO t VALUES (${-i}, 'a')`)
      const restored = new TestEngine()
      restoreInto(restored.engine, used.capture())
      const limited = [fill(rows), fill(rows).replace('x + 100', '-x - 100')]
      const results = apply(used, { stepsMax: 1_000_000 }, ...limited)
      expect(apply(restored, { stepsMax: 1_000_000 }, ...limited)).toEqual(results)
      expect(restored.digest()).toBe(used.digest())
      kinds.push(results.at(-1)?.kind)
    }
    expect(kinds).toEqual(['write', 'write', 'error', 'error', 'error', 'error'])
  })
})

describe('virtual tables', () => {
  // Their error is of a kind of its own, and must not leave the statement's transaction open.
  it('that were tampered with fail as others do', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE VIRTUAL TABLE f USING fts4 (x)',
      "INSERT INTO f VALUES ('one two')",
      "INSERT INTO f VALUES ('two')",
      "UPDATE f_segdir SET root = x'ff00'",
    )
    const limited = { stepsMax: 1_000_000 }
    const [result] = apply(engine, limited, "INSERT INTO f (f) VALUES ('optimize')")
    expect(result).toEqual(error('database disk image is malformed'))
    expect(apply(engine, { ...limited, transaction: true }, 'CREATE TABLE t (x)')).toMatchObject([
      { kind: 'write' },
    ])
  })
})

describe('reads', () => {
  const read = (engine: TestEngine, deadlineMs: number, ...sql: string[]): SqlResult[] =>
    engine.engine.query(NAMESPACE, statementsOf(sql), { deadlineMs }).map(timeless)

  it('end when their time is over, those after them at once', () => {
    const engine = withTable()
    expect(read(engine, monotonicMs() + 20, 'SELECT 1', ENDLESS, 'SELECT 2')).toEqual([
      { kind: 'rows', columns: ['1'], types: ['integer'], values: [[1]] },
      error('query timeout'),
      error('query timeout'),
    ])
    expect(engine.value('SELECT 3')).toBe(3)
  })

  it('do not begin after it', () => {
    expect(() => read(withTable(), monotonicMs() - 1, 'SELECT 1')).toThrow('context deadline exceeded')
  })

  it('are left alone before it', () => {
    const engine = withTable()
    engine.execute(FILL)
    expect(read(engine, monotonicMs() + 1e9, 'SELECT count(*) FROM t a, t b')).toMatchObject([
      { values: [[1_000_000]] },
    ])
  })
})
