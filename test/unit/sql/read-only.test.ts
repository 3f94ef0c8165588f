import { describe, expect, it } from 'vitest'
import { error, stmt, TestEngine } from './support.ts'

describe('sql classify', () => {
  const engine = new TestEngine()
  engine.execute(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, x)',
    'CREATE VIEW v AS SELECT * FROM t',
    'CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN DELETE FROM t; END',
  )

  it.each([
    'SELECT * FROM t',
    'SELECT 1; SELECT 2',
    '-- DELETE\nSELECT 1',
    'VALUES (1)',
    'WITH a AS (SELECT 1) SELECT * FROM a, v',
    'WITH RECURSIVE "delete" (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM "delete" LIMIT 3) SELECT * FROM "delete"',
    'EXPLAIN DELETE FROM t',
    'EXPLAIN QUERY PLAN INSERT INTO t VALUES (1, 1)',
    'EXPLAIN DELETE FROM nope',
    'PRAGMA table_info(t)',
    'PRAGMA user_version',
    'PRAGMA journal_mode',
    'PRAGMA integrity_check',
    'SELECT random(), ?',
    '',
    '-- nothing',
    'BEGIN',
    'PRAGMA foreign_keys = 1',
  ])('changes nothing: %j', (sql) => {
    expect(engine.classify(sql)).toEqual([true])
  })

  it.each([
    'INSERT INTO t VALUES (1, 1)',
    'INSERT INTO v VALUES (1, 1)',
    'INSERT OR IGNORE INTO t VALUES (1, 1)',
    'REPLACE INTO t VALUES (1, 1)',
    'UPDATE t SET x = 1 WHERE 0',
    'DELETE FROM t RETURNING *',
    'WITH a AS (SELECT 1) INSERT INTO t (x) SELECT * FROM a',
    'WITH a AS (SELECT 1) UPDATE t SET x = 1',
    'WITH "select" AS (SELECT 1) DELETE FROM t',
    '/* SELECT */ DELETE FROM t',
    'SELECT 1; DELETE FROM t',
    'CREATE TABLE u (x)',
    'CREATE TABLE IF NOT EXISTS t (x)',
    'DROP TABLE IF EXISTS nope',
    'DROP TRIGGER IF EXISTS nope',
    'ALTER TABLE t RENAME TO u',
    'REINDEX',
    'ANALYZE',
    'VACUUM',
    'PRAGMA user_version = 1',
    'SELECT * FROM nope',
    'WITH a AS (SELECT 1) SELECT * FROM nope',
    'nonsense',
    'SELECT',
  ])('may change something, or does not compile: %j', (sql) => {
    expect(engine.classify(sql)).toEqual([false])
  })

  it('runs nothing and answers for each', () => {
    const before = engine.capture()
    expect(engine.classify('SELECT 1', 'DELETE FROM t', 'WITH a AS (SELECT 1) DELETE FROM t')).toEqual([
      true,
      false,
      false,
    ])
    expect(engine.capture().equals(before)).toBe(true)
  })

  it('a namespace that does not exist is empty', () => {
    expect(engine.engine.classify('elsewhere', [stmt('SELECT 1'), stmt('SELECT * FROM t')])).toEqual([
      true,
      false,
    ])
    expect(engine.engine.stats().namespaces).toHaveLength(1)
  })
})

describe('sql reads', () => {
  it('cannot write even by way of a function, and go on afterwards', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE VIRTUAL TABLE ft USING fts4(x)',
      "INSERT INTO ft VALUES ('one two')",
      "INSERT INTO ft VALUES ('two three')",
    )
    const before = engine.capture()
    // The function merges the index: a write, in what SQLite holds to be a read.
    expect(
      engine.query('SELECT optimize(ft) FROM ft LIMIT 1', "SELECT x FROM ft WHERE ft MATCH 'two'"),
    ).toEqual([
      error('attempt to write a readonly database'),
      { kind: 'rows', columns: ['x'], types: [''].fill('text'), values: [['one two'], ['two three']] },
    ])
    expect(engine.capture().equals(before)).toBe(true)
    expect(engine.execute("INSERT INTO ft VALUES ('four')")).toMatchObject([
      { kind: 'write', lastInsertId: 3 },
    ])
  })

  it('leave nothing: no table-valued pragma changes the connection', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (x)')
    const names = engine.rows('PRAGMA pragma_list').map(([name]) => String(name))
    const usable = names.filter((name) => engine.query(`SELECT * FROM pragma_${name}`)[0]?.kind === 'rows')
    expect(usable).toEqual([
      'application_id',
      'collation_list',
      'compile_options',
      'encoding',
      'foreign_key_check',
      'foreign_key_list',
      'foreign_keys',
      'freelist_count',
      'function_list',
      'index_info',
      'index_list',
      'index_xinfo',
      'integrity_check',
      'page_count',
      'page_size',
      'pragma_list',
      'quick_check',
      'schema_version',
      'table_info',
      'table_list',
      'table_xinfo',
      'user_version',
    ])
  })

  it('what a table-valued pragma tells does not depend on earlier reads, as it can be stored', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE TABLE t (a, b)',
      'CREATE TABLE u (x PRIMARY KEY REFERENCES t (a)) WITHOUT ROWID',
      'CREATE VIEW v AS SELECT a + 1, x FROM t, u',
      'CREATE VIRTUAL TABLE ft USING fts4(x)',
      'CREATE INDEX i ON t (a)',
    )
    const tables = [
      ...[
        'application_id',
        'collation_list',
        'compile_options',
        'encoding',
        'foreign_key_check',
        'foreign_keys',
      ],
      ...['freelist_count', 'function_list', 'integrity_check', 'page_count', 'page_size', 'pragma_list'],
      ...['quick_check', 'schema_version', 'table_list', 'user_version'],
      ...["table_info('t')", "table_xinfo('v')", "index_list('t')", "index_info('i')", "index_xinfo('i')"],
      "foreign_key_list('u')",
    ]
    const tell = (): unknown => engine.query(...tables.map((table) => `SELECT * FROM pragma_${table}`))
    const before = tell()
    engine.query(
      'SELECT * FROM sqlite_temp_schema',
      'PRAGMA temp.table_list',
      "SELECT * FROM ft WHERE ft MATCH 'x'",
      "SELECT * FROM json_each('[1]'), fts3tokenize, v",
      'SELECT a COLLATE unknown FROM t',
      'SELECT optimize(ft) FROM ft',
    )
    expect(tell()).toEqual(before)
    engine.engine.dropSessions()
    expect(tell()).toEqual(before)
  })

  it('no function of the build is there by which a statement could reach outside', () => {
    const engine = new TestEngine()
    const functions = engine.rows('SELECT DISTINCT name FROM pragma_function_list').flat()
    const risky = [
      'edit',
      'eval',
      'load_extension',
      'readfile',
      'writefile',
      'fts3_tokenizer',
      'sqlite_dbpage',
    ]
    expect(functions.filter((name) => risky.includes(String(name)))).toEqual(['fts3_tokenizer'])
    expect(engine.query("SELECT fts3_tokenizer('simple')")).toMatchObject([{ kind: 'error' }])
    expect(
      engine.query('SELECT * FROM sqlite_dbpage', 'SELECT * FROM dbstat', "SELECT * FROM bytecode('x')"),
    ).toEqual([
      error('no such table: sqlite_dbpage'),
      error('no such table: dbstat'),
      error('no such table: bytecode'),
    ])
  })

  it('namespaces do not see each other', () => {
    const engine = new TestEngine()
    engine.apply(['CREATE TABLE secret (x)'], { namespace: 'a' })
    engine.apply(['CREATE TABLE own (x)'], { namespace: 'b' })
    const names = (namespace: string): unknown =>
      engine.engine.query(namespace, [stmt('SELECT name FROM sqlite_schema')])
    expect(names('a')).toMatchObject([{ values: [['secret']] }])
    expect(names('b')).toMatchObject([{ values: [['own']] }])
    expect(engine.engine.query('b', [stmt('SELECT * FROM secret')])).toEqual([error('no such table: secret')])
  })
})
