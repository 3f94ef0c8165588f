/** What could differ between replicas, one thing at a time. `test/property/sql-determinism` mixes them. */
import { describe, expect, it } from 'vitest'
import { captureOf, restoreInto, stmt, TestEngine, TIME_MS, write } from './support.ts'

const ISO = '2030-01-02 03:04:05'

describe('sql clock', () => {
  it('a write sees the time of its command, wherever it asks', () => {
    const engine = new TestEngine({}, { now: () => 0 })
    engine.execute(
      'CREATE TABLE t (id INTEGER PRIMARY KEY, d DEFAULT CURRENT_TIMESTAMP, e DEFAULT (unixepoch()))',
      'CREATE TABLE log (x)',
      "CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (strftime('%f', 'now')); END",
    )
    engine.apply(['INSERT INTO t DEFAULT VALUES'], { timeMs: TIME_MS })
    expect(engine.rows('SELECT d, e FROM t')).toEqual([[ISO, TIME_MS / 1000 - 0.678]])
    expect(engine.rows('SELECT x FROM log')).toEqual([['05.678']])
    const sql = `SELECT datetime(), date('now'), julianday('now') = julianday('${ISO}.678'), CURRENT_TIME`
    const read = engine.apply([sql], { mode: 'query' })
    expect(read).toMatchObject([{ values: [[ISO, '2030-01-02', 1, '03:04:05']] }])
  })

  it('a local read sees the real time', () => {
    let now = Date.UTC(1999, 11, 31)
    const engine = new TestEngine({}, { now: () => now })
    engine.apply(['CREATE TABLE t (x)'])
    expect(engine.value('SELECT datetime()')).toBe('1999-12-31 00:00:00')
    now += 1000
    expect(engine.value('SELECT datetime()')).toBe('1999-12-31 00:00:01')
  })

  it('times before the epoch and fractions of a millisecond', () => {
    const engine = new TestEngine()
    const sql = ["SELECT strftime('%Y %f', 'now')"]
    expect(engine.apply(sql, { mode: 'query', timeMs: -1.5 })).toMatchObject([{ values: [['1969 59.999']] }])
    expect(engine.apply(sql, { mode: 'query', timeMs: 1.9 })).toMatchObject([{ values: [['1970 00.001']] }])
  })

  it('local time is UTC, wherever the process believes to be', () => {
    const { TZ } = process.env
    process.env.TZ = 'America/St_Johns'
    try {
      expect(new Date(0).getHours()).not.toBe(0)
      const engine = new TestEngine()
      const sql = ["SELECT datetime('now', 'localtime'), datetime('2020-07-01 12:00', 'utc')"]
      expect(engine.apply(sql, { mode: 'query' })).toMatchObject([{ values: [[ISO, '2020-07-01 12:00:00']] }])
    } finally {
      if (TZ === undefined) delete process.env.TZ
      else process.env.TZ = TZ
    }
  })
})

describe('sql random numbers', () => {
  const DRAWS = [
    'CREATE TABLE t (id INTEGER PRIMARY KEY, a DEFAULT (random()), b DEFAULT (randomblob(20)))',
    'CREATE TABLE log (x)',
    'CREATE TRIGGER g AFTER INSERT ON t BEGIN INSERT INTO log VALUES (random()); END',
    'INSERT INTO t DEFAULT VALUES',
    'INSERT INTO t (a) VALUES (abs(random())), (hex(randomblob(300)))',
    'INSERT INTO t (id) VALUES (9223372036854775807)',
    'INSERT INTO t DEFAULT VALUES',
    'INSERT INTO log SELECT a FROM t ORDER BY random()',
    'UPDATE log SET x = random() WHERE random() % 2',
  ]

  function run(seed: number): string {
    const engine = new TestEngine()
    for (const [i, sql] of DRAWS.entries()) engine.apply([sql], { seed: seed + i })
    return engine.capture().toString('hex')
  }

  it('come from the seed: the same from the same, in defaults, triggers, sorting and rowids', () => {
    expect(run(1)).toBe(run(1))
    expect(run(1)).not.toBe(run(1000))
  })

  it('differ from row to row and from statement to statement', () => {
    const engine = new TestEngine()
    const [many, again] = engine.apply(
      ["SELECT random() FROM json_each('[1,2,3,4,5,6,7,8,9]')", 'SELECT random(), random()'],
      { mode: 'query', seed: 5 },
    )
    if (many?.kind !== 'rows' || again?.kind !== 'rows') throw new Error('no rows')
    expect(new Set([...many.values.flat(), ...again.values.flat()]).size).toBe(11)
  })

  it('differ between the statements of a string', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (x)', 'INSERT INTO t VALUES (random()); INSERT INTO t VALUES (random())')
    expect(engine.value('SELECT count(DISTINCT x) FROM t')).toBe(2)
  })

  it('do not depend on how much an earlier statement drew', () => {
    const draw = (before: string): unknown =>
      new TestEngine().apply([before, 'SELECT random()'], { mode: 'query', seed: 3 })[1]
    expect(draw('SELECT 1')).toEqual(draw('SELECT randomblob(1000)'))
  })

  it('are fresh in local reads', () => {
    const engine = new TestEngine()
    expect(engine.value('SELECT random()')).not.toBe(engine.value('SELECT random()'))
  })

  it('a rowid beyond the last one is drawn, and the same on each replica', () => {
    const [a, b] = [new TestEngine(), new TestEngine()]
    for (const engine of [a, b]) {
      engine.execute('CREATE TABLE t (x)', 'INSERT INTO t (rowid) VALUES (9223372036854775807)')
      engine.query('SELECT random()')
    }
    const sql = 'INSERT INTO t (x) VALUES (1) RETURNING rowid'
    const rowid = a.apply([sql], { seed: 77 })
    expect(rowid).toEqual(b.apply([sql], { seed: 77 }))
    expect(rowid).not.toEqual(new TestEngine().apply(['CREATE TABLE t (x)', sql], { seed: 77 }).slice(1))
  })

  it('a table whose rowids must grow and cannot is full, which is a result like any other', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT)',
      'INSERT INTO t VALUES (9223372036854775807)',
    )
    expect(engine.execute('INSERT INTO t DEFAULT VALUES', 'DELETE FROM t')).toEqual([
      { kind: 'error', message: 'database or disk is full' },
      write(9223372036854775807n, 1),
    ])
  })
})

describe('sql counters of the connection', () => {
  const COUNTERS = 'SELECT last_insert_rowid(), changes(), total_changes()'

  function filled(): TestEngine {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (id INTEGER PRIMARY KEY)', 'INSERT INTO t VALUES (-5), (1234567890123)')
    return engine
  }

  it('survive everything a connection does not', () => {
    const engine = filled()
    const expected = [[1234567890123, 2, 2]]
    expect(engine.rows(COUNTERS)).toEqual(expected)
    engine.engine.dropSessions()
    expect(engine.rows(COUNTERS)).toEqual(expected)
    const other = new TestEngine()
    restoreInto(other.engine, engine.capture())
    expect(other.rows(COUNTERS)).toEqual(expected)
    expect(other.execute('CREATE TABLE u (x)', 'ANALYZE', 'VACUUM')).toEqual(
      engine.execute('CREATE TABLE u (x)', 'ANALYZE', 'VACUUM'),
    )
    expect(other.capture().equals(engine.capture())).toBe(true)
  })

  it('are not touched by reads, not even by EXPLAIN of a write, which resets changes() in SQLite', () => {
    const engine = filled()
    const before = engine.capture()
    engine.query('EXPLAIN DELETE FROM t', 'WITH a AS (SELECT 1) DELETE FROM t', COUNTERS)
    engine.classify('WITH a AS (SELECT 1) DELETE FROM t', 'EXPLAIN DELETE FROM t')
    expect(engine.rows(COUNTERS)).toEqual([[1234567890123, 2, 2]])
    expect(engine.capture().equals(before)).toBe(true)
  })

  it('are not touched by finding out whether WITH writes', () => {
    const engine = filled()
    const [first, again] = ['', ''].map(() => engine.execute('WITH a AS (SELECT 1) SELECT * FROM a'))
    expect(first).toEqual([write(1234567890123, 2)])
    expect(again).toEqual(first)
  })

  it('can be stored', () => {
    const engine = filled()
    engine.engine.dropSessions()
    engine.execute('CREATE TABLE u (x, y, z)', `INSERT INTO u ${COUNTERS}`)
    expect(engine.rows('SELECT * FROM u')).toEqual([[1234567890123, 2, 2]])
  })
})

describe('sql what SQLite keeps in memory', () => {
  it("the planner's statistics are those of the file, whoever changed them and however it ended", () => {
    const [a, b] = [new TestEngine(), new TestEngine()]
    const steps: [sql: string[], transaction: boolean][] = [
      [['CREATE TABLE t (a, b)', 'CREATE INDEX i ON t (a)', 'CREATE INDEX j ON t (b)'], false],
      [["INSERT INTO t SELECT value % 2, value FROM json_each('[1,2,3,4,5,6,7,8,9]')"], false],
      [['ANALYZE'], false],
      [
        [
          "UPDATE sqlite_stat1 SET stat = '9 1' WHERE idx = 'i'",
          "UPDATE sqlite_stat1 SET stat = '9 9' WHERE idx = 'j'",
        ],
        false,
      ],
      [['ANALYZE', 'INSERT INTO nope VALUES (1)'], true],
      [['CREATE TABLE u AS SELECT a, b FROM t WHERE a = 1 AND b = 1'], false],
    ]
    const plans = [a, b].map((engine) =>
      steps.map(([sql, transaction]) => {
        engine.apply(sql, { transaction })
        if (engine === b) engine.engine.dropSessions()
        return engine.query('EXPLAIN QUERY PLAN SELECT * FROM t WHERE a = 1 AND b = 1')
      }),
    )
    expect(plans[0]).toEqual(plans[1])
    expect(JSON.stringify(plans[0]?.[2])).toContain('INDEX j')
    expect(JSON.stringify(plans[0]?.[3])).toContain('INDEX i')
    expect(a.capture().equals(b.capture())).toBe(true)
  })

  it('the planner forgets what was compiled but did not run', () => {
    const [a, b] = [new TestEngine(), new TestEngine()]
    // The plan's third column tells how large the planner thinks the table is.
    const plan = 'EXPLAIN QUERY PLAN SELECT * FROM t'
    for (const engine of [a, b]) {
      engine.execute('CREATE TABLE t (x)', 'INSERT INTO t VALUES (1), (2)', 'ANALYZE')
      engine.execute('EXPLAIN CREATE INDEX i ON t (x)')
    }
    b.query('CREATE INDEX i ON t (x)', 'EXPLAIN CREATE INDEX i ON t (x)')
    b.classify('CREATE INDEX i ON t (x)', 'EXPLAIN CREATE INDEX i ON t (x)')
    const expected = a.query(plan)
    expect(b.query(plan)).toEqual(expected)
    a.engine.dropSessions()
    expect(a.query(plan)).toEqual(expected)
  })

  it('a full-text index forgets a setting that was rolled back', () => {
    const [a, b] = [new TestEngine(), new TestEngine()]
    const words = (from: number): string =>
      Array.from({ length: 6000 }, (_, i) => `w${(from * 7919 + i * 104_729) % 500_003}`).join(' ')
    for (const engine of [a, b]) {
      engine.execute('CREATE VIRTUAL TABLE f USING fts4(x)')
      engine.apply(["INSERT INTO f (f) VALUES ('automerge=2')", 'INSERT INTO nope VALUES (1)'], {
        transaction: true,
      })
      if (engine === b) engine.engine.dropSessions()
      for (let i = 0; i < 34; i++) engine.execute(stmt('INSERT INTO f (x) VALUES (?)', [words(i)]))
    }
    expect(a.capture().equals(b.capture())).toBe(true)
  })

  it('statements compiled earlier do not decide which error comes first', () => {
    const sql = 'INSERT INTO t VALUES (?)'
    const results = [false, true].map((known) => {
      const engine = new TestEngine()
      engine.execute('CREATE TABLE t (x)')
      if (known) engine.apply([{ sql, positional: [1], named: {} }])
      return engine.execute('DROP TABLE t', sql)[1]
    })
    expect(results[0]).toEqual(results[1])
  })
})

describe('sql files', () => {
  it('are byte for byte the same, whatever the free space held before', () => {
    const [a, b] = [new TestEngine(), new TestEngine()]
    const sql = [
      'CREATE TABLE t (id INTEGER PRIMARY KEY, x)',
      "INSERT INTO t (x) SELECT hex(randomblob(2000)) FROM json_each('[1,2,3,4,5,6,7,8,9]')",
      'DELETE FROM t WHERE id % 2',
      "INSERT INTO t (x) SELECT randomblob(5000) FROM json_each('[1,2,3]')",
      'UPDATE t SET x = substr(x, 1, 100)',
    ]
    for (const [i, text] of sql.entries()) {
      a.apply([text], { seed: i })
      b.apply([text], { seed: i })
      b.query('SELECT count(*), total(length(x)) FROM t')
      if (i % 2 === 0) b.engine.dropSessions()
    }
    expect(a.capture().equals(b.capture())).toBe(true)
  })

  it('free pages hold nothing, whatever a transaction left there that was undone', () => {
    const engine = new TestEngine()
    const fill = (text: string): string =>
      `INSERT INTO t SELECT printf('%4000s', '${text}') FROM (
         WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 3000) SELECT i FROM r)`
    engine.execute('CREATE TABLE t (x)', fill('first'), 'DELETE FROM t')
    // More than the cache holds, so some of it was written when the transaction failed.
    engine.apply([fill('undone'), 'INSERT INTO nope VALUES (1)'], { transaction: true })
    expect(engine.value('PRAGMA freelist_count')).toBeGreaterThan(3000)
    expect(engine.capture().includes('undone')).toBe(false)
    const restored = new TestEngine()
    restoreInto(restored.engine, engine.capture())
    expect(restored.value('PRAGMA integrity_check')).toBe('ok')
    expect(restored.capture().equals(engine.capture())).toBe(true)
  })

  it('deleted contents are gone', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE TABLE t (x)',
      "INSERT INTO t VALUES ('a very secret text'), (zeroblob(20000))",
      'DELETE FROM t',
    )
    expect(captureOf(engine.engine).includes('very secret')).toBe(false)
  })
})
