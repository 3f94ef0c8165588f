/** What can be said of statements without running them. */
import { describe, expect, it } from 'vitest'
import { NAMESPACE, statementsOf, TestEngine } from './support.ts'

function parse(engine: TestEngine, ...sql: string[]): (string | undefined)[] {
  return engine.engine.parse(NAMESPACE, statementsOf(sql))
}

describe('sql parse', () => {
  it.each([
    'SELECT * FROM nope',
    'INSERT INTO t VALUES (?)',
    'CREATE TABLE t (x); SELECT nope(1)',
    'CREATE TABLE IF NOT EXISTS u (x DEFAULT (random())); ',
    'CREATE INDEX i ON t (x)',
    'PRAGMA user_version = 7',
    'DELETE FROM t RETURNING *',
    '',
    '-- nothing',
    'EXPLAIN DELETE FROM t',
  ])('finds nothing wrong with %j', (sql) => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (x)')
    expect(parse(engine, sql)).toEqual([undefined])
  })

  it.each([
    ['blah', 'near "blah": syntax error'],
    ['SELECT 1; SELECT FROM', 'near "FROM": syntax error'],
    ['SELECT', 'incomplete input'],
    ["SELECT 'a", 'unrecognized token: "\'a"'],
    ['SELECT "\n" "" x y', 'near "x": syntax error'],
    ['BEGIN', 'BEGIN is not supported: use the transaction option to make a request all or nothing'],
  ])('says of %j: %s', (sql, message) => {
    expect(parse(new TestEngine(), 'SELECT 1', sql)).toEqual([undefined, message])
  })

  it('changes nothing', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (x)', 'INSERT INTO t VALUES (1), (2)')
    const before = engine.capture()
    parse(
      engine,
      'INSERT INTO t VALUES (3)',
      'CREATE INDEX i ON t (x)',
      'DROP TABLE t',
      'PRAGMA user_version = 7',
      'DELETE FROM t; SELECT',
    )
    expect(engine.capture()).toEqual(before)
    expect(engine.query('SELECT changes(), count(*) FROM t')).toEqual([
      { kind: 'rows', columns: ['changes()', 'count(*)'], types: ['integer', 'integer'], values: [[2, 2]] },
    ])
  })
})
