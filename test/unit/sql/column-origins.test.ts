/** Names of columns with the table they come from. */
import { describe, expect, it } from 'vitest'
import type { SqlResult } from '../../../src/sql/index.ts'
import { NAMESPACE, statementsOf, stmt, TestEngine } from './support.ts'

function columnsOf(result: SqlResult | undefined): readonly string[] {
  if (result?.kind !== 'rows') throw new Error(`no rows: ${JSON.stringify(result)}`)
  return result.columns
}

function typesOf(result: SqlResult | undefined): readonly string[] | undefined {
  return result?.kind === 'rows' ? result.types : undefined
}

function example(): TestEngine {
  const engine = new TestEngine()
  engine.execute(
    'CREATE TABLE foo (id INTEGER PRIMARY KEY, name TEXT UNIQUE)',
    'CREATE TABLE "my ""Bar" (id INTEGER, "a b" DATETIME, PRIMARY KEY (id, "a b")) WITHOUT ROWID',
    'CREATE VIEW v AS SELECT id, upper(name) AS up, name AS n FROM foo',
    "INSERT INTO foo VALUES (1, 'fiona')",
    'CREATE VIRTUAL TABLE words USING fts4 (body)',
  )
  return engine
}

describe('qualified columns', () => {
  it.each([
    ['SELECT * FROM foo', ['foo.id', 'foo.name']],
    [
      'SELECT f.*, f.id AS i, id + 1, count(*) FROM foo AS f',
      ['foo.id', 'foo.name', 'foo.i', 'id + 1', 'count(*)'],
    ],
    [
      'SELECT * FROM foo f JOIN "my ""Bar" b ON f.id = b.id',
      ['foo.id', 'foo.name', 'my "Bar.id', 'my "Bar.a b'],
    ],
    ['SELECT * FROM v', ['foo.id', 'up', 'foo.n']],
    ['SELECT x FROM (SELECT id AS x FROM foo)', ['foo.x']],
    ['WITH w AS (SELECT name FROM foo) SELECT * FROM w', ['foo.name']],
    ['SELECT id FROM foo UNION SELECT id FROM "my ""Bar"', ['foo.id']],
    ['SELECT name FROM foo WHERE id = ?', ['foo.name']],
    ['SELECT 1; SELECT id FROM foo', ['foo.id']],
    ['SELECT (SELECT id FROM foo), 1', ['foo.(SELECT id FROM foo)', '1']],
    ['SELECT body FROM words', ['body']],
    ['SELECT name FROM sqlite_schema', ['name']],
    ['EXPLAIN QUERY PLAN SELECT id FROM foo', ['id', 'parent', 'notused', 'detail']],
    ['PRAGMA table_info(foo)', ['cid', 'name', 'type', 'notnull', 'dflt_value', 'pk']],
  ])('%s', (sql, columns) => {
    const engine = example()
    const [result] = engine.engine.query(NAMESPACE, statementsOf([stmt(sql, sql.includes('?') ? [1] : [])]), {
      qualifyColumns: true,
    })
    expect(columnsOf(result)).toEqual(columns)
    expect(typesOf(result)).toEqual(typesOf(engine.query(stmt(sql, sql.includes('?') ? [1] : []))[0]))
  })

  it('in what RETURNING returns', () => {
    const engine = example()
    const upsert = "INSERT INTO foo VALUES (1, 'x') ON CONFLICT (name) DO NOTHING RETURNING id"
    const results = engine.apply(
      statementsOf(["INSERT INTO foo VALUES (2, 'declan') RETURNING *, id * 2", upsert.replace('1', '9')]),
      { mode: 'request', qualifyColumns: true },
    )
    expect(results.map(columnsOf)).toEqual([['foo.id', 'foo.name', 'id * 2'], ['foo.id']])
  })

  it('only where they are asked for, and with nothing changed', () => {
    const engine = example()
    const before = engine.capture()
    engine.engine.query(NAMESPACE, statementsOf(['SELECT * FROM v']), { qualifyColumns: true })
    expect(columnsOf(engine.query('SELECT * FROM v')[0])).toEqual(['id', 'up', 'n'])
    expect(engine.capture()).toEqual(before)
  })
})
