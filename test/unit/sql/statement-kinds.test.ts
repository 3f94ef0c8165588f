/** The table of statement kinds: contract of the rqlite API, section 7, with the defects marked there mended. */
import { beforeEach, describe, expect, it } from 'vitest'
import { EMPTY, error, stmt, TestEngine, write } from './support.ts'

const CHANGE_REFUSED = error('attempt to change database via query operation')

let engine: TestEngine

beforeEach(() => {
  engine = new TestEngine()
  engine.execute('CREATE TABLE foo (id INTEGER NOT NULL PRIMARY KEY, name TEXT)')
  engine.execute('INSERT INTO foo (name) VALUES ("fiona")', 'INSERT INTO foo (name) VALUES ("declan")')
})

describe('sql statement kinds - execute', () => {
  it('DDL on a new database tells nothing', () => {
    expect(new TestEngine().execute('CREATE TABLE foo (id)')).toEqual([write(0, 0)])
  })

  it('what was inserted and changed is sticky', () => {
    expect(engine.execute('UPDATE foo SET name = 1')).toEqual([write(2, 2)])
    expect(engine.execute('DELETE FROM foo WHERE id = 99')).toEqual([write(2, 0)])
    expect(engine.execute('INSERT INTO foo (id) VALUES (9007199254740993)')).toEqual([
      write(9007199254740993n, 1),
    ])
    expect(engine.execute('DROP TABLE foo')).toEqual([write(9007199254740993n, 1)])
  })

  it('a read yields no rows', () => {
    expect(
      engine.execute('SELECT * FROM foo', 'EXPLAIN SELECT 1', 'PRAGMA table_info(foo)', 'VALUES (1)'),
    ).toEqual([write(2, 1), write(2, 1), write(2, 1), write(2, 1)])
    expect(engine.execute('WITH a AS (SELECT 1) SELECT * FROM a')).toEqual([write(2, 1)])
  })

  it.each([' RETURNING*', '\nreturning\n*', ' RETURNING /* x */ *', ' RETURNING id, name'])(
    'RETURNING yields rows, however it is written: %j',
    (returning) => {
      expect(engine.execute(`INSERT INTO foo (name) VALUES ('x')${returning}`)).toEqual([
        { kind: 'rows', columns: ['id', 'name'], types: ['integer', 'text'], values: [[3, 'x']] },
      ])
    },
  )

  it('RETURNING after WITH, of UPDATE and DELETE, and of nothing', () => {
    const [inserted] = engine.execute(
      "WITH n AS (SELECT 'x' AS n) INSERT INTO foo (name) SELECT n FROM n RETURNING id",
    )
    expect(inserted).toMatchObject({ kind: 'rows', values: [[3]] })
    expect(engine.execute('UPDATE foo SET name = upper(name) RETURNING name')).toMatchObject([
      { values: [['FIONA'], ['DECLAN'], ['X']] },
    ])
    expect(engine.execute('DELETE FROM foo WHERE id > 99 RETURNING id')).toEqual([
      { kind: 'rows', columns: ['id'], types: ['integer'], values: [] },
    ])
  })

  it('"returning" in a text is none', () => {
    expect(engine.execute("INSERT INTO foo (name) VALUES (' RETURNING *')")).toEqual([write(3, 1)])
  })

  it('each statement stands alone', () => {
    expect(
      engine.execute(
        'INSERT INTO foo (id) VALUES (3)',
        'INSERT INTO foo (id) VALUES (3)',
        'INSERT INTO foo (id) VALUES (4)',
      ),
    ).toEqual([write(3, 1), error('UNIQUE constraint failed: foo.id'), write(4, 1)])
    expect(engine.value('SELECT count(*) FROM foo')).toBe(4)
  })
})

describe('sql statement kinds - query', () => {
  it('rows with declared types in lower case', () => {
    expect(engine.query('SELECT * FROM foo')).toEqual([
      {
        kind: 'rows',
        columns: ['id', 'name'],
        types: ['integer', 'text'],
        values: [
          [1, 'fiona'],
          [2, 'declan'],
        ],
      },
    ])
  })

  it.each([
    'INSERT INTO foo (name) VALUES (1)',
    'INSERT INTO foo (name) VALUES (1) RETURNING *',
    'REPLACE INTO foo (id) VALUES (1)',
    'UPDATE foo SET name = 1',
    'DELETE FROM foo',
    '/* SELECT */ DELETE FROM foo',
    'WITH a AS (SELECT 1) DELETE FROM foo',
    'WITH a AS (SELECT 1) INSERT INTO foo (name) SELECT * FROM a RETURNING *',
    'WITH replace AS (SELECT 1) DELETE FROM foo',
    'CREATE TABLE bar (x)',
    'CREATE TABLE IF NOT EXISTS foo (x)',
    'CREATE INDEX i ON foo (name)',
    'CREATE VIEW v AS SELECT 1',
    'CREATE TRIGGER t AFTER INSERT ON foo BEGIN SELECT 1; END',
    'CREATE VIRTUAL TABLE ft USING fts4(x)',
    'DROP TABLE foo',
    'DROP TABLE IF EXISTS nope',
    'DROP TRIGGER IF EXISTS nope',
    'ALTER TABLE foo ADD COLUMN x',
    'ANALYZE',
    'REINDEX',
    'VACUUM',
    'PRAGMA user_version = 5',
    'PRAGMA application_id = 5',
  ])('a write is refused and changes nothing: %s', (sql) => {
    const before = engine.capture()
    expect(engine.query(sql)).toEqual([CHANGE_REFUSED])
    expect(engine.apply([sql], { mode: 'query' })).toEqual([CHANGE_REFUSED])
    expect(engine.capture().equals(before)).toBe(true)
  })

  it('EXPLAIN of a write is a read', () => {
    const [opcodes, plan] = engine.query(
      'EXPLAIN INSERT INTO foo (name) VALUES (1)',
      'EXPLAIN QUERY PLAN DELETE FROM foo',
    )
    expect(opcodes).toMatchObject({ kind: 'rows', columns: expect.arrayContaining(['opcode', 'p1']) })
    expect(plan).toMatchObject({ kind: 'rows', columns: ['id', 'parent', 'notused', 'detail'] })
    expect(engine.value('SELECT count(*) FROM foo')).toBe(2)
  })

  it('a PRAGMA that reads', () => {
    expect(engine.query('PRAGMA table_info(foo)')).toMatchObject([
      { kind: 'rows', types: ['integer', 'text', 'text', 'integer', '', 'integer'] },
    ])
    expect(engine.query('PRAGMA journal_mode', 'PRAGMA synchronous')).toMatchObject([
      { values: [['delete']] },
      { values: [[0]] },
    ])
  })

  it('errors never stop the list', () => {
    expect(engine.query('SELECT * FROM bar', 'DELETE FROM foo', 'SELECT 1')).toMatchObject([
      { kind: 'error' },
      { kind: 'error' },
      { kind: 'rows' },
    ])
  })

  it('a namespace that does not exist is empty', () => {
    const results = engine.engine.query('elsewhere', [
      stmt('SELECT count(*) FROM sqlite_schema'),
      stmt('SELECT * FROM foo'),
    ])
    expect(results).toMatchObject([{ values: [[0]] }, error('no such table: foo')])
    expect(engine.engine.stats().namespaces.map(({ name }) => name)).toEqual(['default'])
  })
})

describe('sql statement kinds - request', () => {
  it('each by what it is', () => {
    expect(
      engine.request(
        'INSERT INTO foo (name) VALUES (1)',
        'SELECT max(id) FROM foo',
        'DELETE FROM foo WHERE id = 3 RETURNING id',
        'CREATE TABLE bar (x)',
        'EXPLAIN QUERY PLAN SELECT 1',
        'PRAGMA user_version',
        'PRAGMA user_version = 4',
        'PRAGMA user_version',
      ),
    ).toMatchObject([
      write(3, 1),
      { values: [[3]] },
      { values: [[3]] },
      write(3, 1),
      { kind: 'rows' },
      { values: [[0]] },
      write(3, 1),
      { values: [[4]] },
    ])
  })
})

describe('sql statement kinds - every mode', () => {
  const modes = [
    ['execute', (...sql: string[]) => engine.execute(...sql)],
    ['request', (...sql: string[]) => engine.request(...sql)],
    ['query', (...sql: string[]) => engine.query(...sql)],
    ['query through the log', (...sql: string[]) => engine.apply(sql, { mode: 'query' })],
  ] as const

  it.each(modes)('%s - an empty string has no result, a comment is empty', (_, run) => {
    expect(run('', '')).toEqual([])
    expect(run(';', '  ', '-- x', '', '/* x */ ;')).toEqual([EMPTY, EMPTY, EMPTY, EMPTY])
  })

  it.each(modes)("%s - errors are SQLite's", (_, run) => {
    const texts = {
      'blah blah': 'near "blah": syntax error',
      'SELECT ;': 'near ";": syntax error',
      SELECT: 'incomplete input',
      'CREATE TABLE bar (id': 'incomplete input',
      'SELECT * FROM bar': 'no such table: bar',
      'SELECT xxx FROM foo': 'no such column: xxx',
      'SELECT rot13(1)': 'no such function: rot13',
      'CREATE TABLE foo (id)': 'table foo already exists',
      "SELECT 'open": 'unrecognized token: "\'open"',
      'INSERT INTO nope VALUES (1)': 'no such table: nope',
    }
    expect(run(...Object.keys(texts))).toEqual(Object.values(texts).map(error))
  })

  it.each(modes)('%s - what is refused says why', (_, run) => {
    expect(run('BEGIN', 'PRAGMA foreign_keys = ON', 'SELECT 1; COMMIT')).toEqual([
      error('BEGIN is not supported: use the transaction option to make a request all or nothing'),
      error('PRAGMA foreign_keys is not supported with a value'),
      error('COMMIT is not supported: use the transaction option to make a request all or nothing'),
    ])
  })

  it.each(modes.slice(1))('%s - several statements in a string: the result of the last', (_, run) => {
    expect(run('SELECT 1; SELECT 2; -- done')).toMatchObject([{ kind: 'rows', values: [[2]] }])
    expect(run('SELECT 1; SELECT * FROM nope; SELECT 3')).toEqual([error('no such table: nope')])
  })
})

describe('sql statement kinds - several statements in a string', () => {
  it('all run, and one may build on the one before', () => {
    expect(
      engine.execute('CREATE TABLE bar (x); INSERT INTO bar VALUES (7); INSERT INTO bar VALUES (8);'),
    ).toEqual([write(2, 1)])
    expect(engine.rows('SELECT x FROM bar')).toEqual([[7], [8]])
  })

  it('an error ends the string; what came before it stays', () => {
    expect(
      engine.execute(
        'INSERT INTO foo (id) VALUES (3); INSERT INTO foo (id) VALUES (3); INSERT INTO foo (id) VALUES (4)',
      ),
    ).toEqual([error('UNIQUE constraint failed: foo.id')])
    expect(engine.rows('SELECT id FROM foo WHERE id > 2')).toEqual([[3]])
  })

  it('a refused statement refuses all of it', () => {
    expect(engine.execute('DELETE FROM foo; BEGIN')).toMatchObject([{ kind: 'error' }])
    expect(engine.value('SELECT count(*) FROM foo')).toBe(2)
  })

  it('a write anywhere in it is refused by query', () => {
    expect(engine.query('SELECT 1; DELETE FROM foo')).toEqual([CHANGE_REFUSED])
    expect(engine.query('SELECT 1; SELECT 2; WITH a AS (SELECT 1) DELETE FROM foo')).toEqual([CHANGE_REFUSED])
  })

  it('a trigger is one statement', () => {
    expect(
      engine.execute(
        `CREATE TABLE log (x); CREATE TRIGGER t AFTER DELETE ON foo BEGIN
           INSERT INTO log VALUES (CASE WHEN old.id > 1 THEN 'end' ELSE 'x' END); DELETE FROM log WHERE x = 'x';
         END; DELETE FROM foo`,
      ),
    ).toEqual([write(2, 2)])
    expect(engine.rows('SELECT * FROM log')).toEqual([['end']])
  })
})

describe('sql types of columns', () => {
  it.each([
    ['SELECT 1', ['integer']],
    ['SELECT count(*) FROM foo', ['integer']],
    ['SELECT avg(id) FROM foo', ['real']],
    ["SELECT 'x', x'00', 1.5, NULL", ['text', 'blob', 'real', '']],
    ['SELECT id + 1 FROM foo WHERE 0', ['']],
    ['SELECT id AS x, name || 1 FROM foo', ['integer', 'text']],
    ['SELECT name FROM foo UNION SELECT 1', ['text']],
    ['WITH q (z) AS (SELECT name FROM foo) SELECT z FROM q', ['text']],
    ['SELECT * FROM sqlite_master', ['text', 'text', 'text', 'int', 'text']],
    ["SELECT * FROM pragma_table_info('foo')", ['integer', 'text', 'text', 'integer', '', 'integer']],
  ])('%s', (sql, types) => {
    expect(engine.query(sql)).toMatchObject([{ kind: 'rows', types }])
  })

  it('declared types come as they were written', () => {
    engine.execute(
      'CREATE TABLE t (a VARCHAR(36), b Numeric, c JSON, d int, e "strange THING", f, g BOOLEAN, h DECIMAL(10, 2))',
    )
    const types = ['varchar(36)', 'numeric', 'json', 'int', 'strange thing', '', 'boolean', 'decimal(10, 2)']
    expect(engine.query('SELECT * FROM t')).toMatchObject([{ types, values: [] }])
    engine.execute('INSERT INTO t (f) VALUES (1.5)')
    types[5] = 'real'
    expect(engine.query('SELECT * FROM t')).toMatchObject([{ types }])
    expect(engine.execute('UPDATE t SET f = NULL RETURNING a, f, c')).toMatchObject([
      { types: ['varchar(36)', '', 'json'] },
    ])
  })

  it('change with the schema', () => {
    expect(engine.query('SELECT * FROM foo')).toMatchObject([{ columns: ['id', 'name'] }])
    engine.execute('ALTER TABLE foo ADD COLUMN extra REAL')
    expect(engine.query('SELECT * FROM foo')).toMatchObject([
      { columns: ['id', 'name', 'extra'], types: ['integer', 'text', 'real'] },
    ])
  })
})

describe('sql results', () => {
  it('are limited in size: an error, on every replica', () => {
    const sql =
      'WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT 20) SELECT zeroblob(8000000) FROM r'
    const tooMuch = error('the results of a request must not exceed 134217728 bytes')
    expect(engine.query(sql)).toEqual([tooMuch])
    const transaction = ['INSERT INTO foo (id) VALUES (77)', sql]
    expect(engine.apply(transaction, { mode: 'request', transaction: true })).toEqual([write(77, 1), tooMuch])
    expect(engine.value('SELECT count(*) FROM foo')).toBe(2)
    // Where nobody waits for the rows, the outcome is the same.
    const command = {
      namespace: 'default',
      mode: 'request' as const,
      statements: transaction.map((text) => stmt(text)),
      transaction: true,
      timeMs: 0,
      seed: 0,
    }
    expect(engine.engine.apply([{ index: 9, command, wantResults: false }])).toEqual([
      { kind: 'done', index: 9, result: [] },
    ])
    expect(engine.value('SELECT count(*) FROM foo')).toBe(2)
  })
})
