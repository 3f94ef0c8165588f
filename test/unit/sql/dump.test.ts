import { describe, expect, test } from 'vitest'
import { createPrng } from '../../../src/base/index.ts'
import { realLiteral } from '../../../src/sql/dump.ts'
import { Scratch } from '../../../src/sql/scratch.ts'
import { withStockSqlite } from '../../stock-sqlite.ts'
import { binary, NAMESPACE, stmt, TestEngine } from './support.ts'

function dump({ engine }: TestEngine, tables?: readonly string[]): Buffer {
  const scratch = new Scratch(binary)
  const capture = engine.captureDatabase(NAMESPACE)
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) scratch.write(chunk)
  capture.release()
  return Buffer.concat([...scratch.dump(tables)])
}

const lines = (text: Buffer): string[] => text.toString('utf8').split('\n').slice(0, -1)
const between = (text: Buffer): string[] => lines(text).slice(2, -1)

// Contract 2.1.
describe('a dump', () => {
  test('an empty table makes four lines, an empty database three', () => {
    const engine = new TestEngine()
    expect(lines(dump(engine))).toEqual(['PRAGMA foreign_keys=OFF;', 'BEGIN TRANSACTION;', 'COMMIT;'])
    engine.execute('CREATE TABLE foo (name text)')
    expect(lines(dump(engine))).toEqual([
      'PRAGMA foreign_keys=OFF;',
      'BEGIN TRANSACTION;',
      'CREATE TABLE foo (name text);',
      'COMMIT;',
    ])
  })

  test('tables come by name, each with its rows; then what is made upon them', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE TABLE "b ""x""" (id INTEGER PRIMARY KEY, name TEXT)',
      'CREATE VIEW v AS SELECT 1',
      'CREATE INDEX i ON "b ""x""" (name)',
      'CREATE TABLE a (v)',
      'CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a WHERE v = 7; END',
      `INSERT INTO "b ""x""" VALUES (1, 'fiona'), (2, 'it''s')`,
      'INSERT INTO a VALUES (NULL)',
    )
    expect(between(dump(engine))).toEqual([
      'CREATE TABLE a (v);',
      'INSERT INTO "a" VALUES(NULL);',
      'CREATE TABLE "b ""x""" (id INTEGER PRIMARY KEY, name TEXT);',
      `INSERT INTO "b ""x""" VALUES(1,'fiona');`,
      `INSERT INTO "b ""x""" VALUES(2,'it''s');`,
      'CREATE VIEW v AS SELECT 1;',
      'CREATE INDEX i ON "b ""x""" (name);',
      'CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM a WHERE v = 7; END;',
    ])
  })

  test('of some tables - these only, with what belongs to them; unknown ones are left out', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE TABLE a (v)',
      'CREATE TABLE b (v)',
      'CREATE INDEX ia ON a (v)',
      'CREATE INDEX ib ON b (v)',
      'CREATE VIEW w AS SELECT * FROM a',
    )
    expect(between(dump(engine, ['b', 'nowhere']))).toEqual([
      'CREATE TABLE b (v);',
      'CREATE INDEX ib ON b (v);',
    ])
    expect(between(dump(engine, ['nowhere']))).toEqual([])
  })

  test('values - as SQL that stands for exactly them', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (v)')
    const values = [
      [stmt('INSERT INTO t VALUES (?)', [2n ** 63n - 1n]), '9223372036854775807'],
      [stmt('INSERT INTO t VALUES (?)', [-(2n ** 63n)]), '-9223372036854775808'],
      [stmt('INSERT INTO t VALUES (?)', [2 ** 53 - 1]), '9007199254740991'],
      [stmt('INSERT INTO t VALUES (1.0)'), '1.0'],
      [stmt('INSERT INTO t VALUES (0.1)'), '0.1'],
      [stmt('INSERT INTO t VALUES (1e100)'), '1e+100'],
      [stmt('INSERT INTO t VALUES (9e999)'), '9e999'],
      [stmt('INSERT INTO t VALUES (-9e999)'), '-9e999'],
      [stmt("INSERT INTO t VALUES (x'00FF')"), "X'00FF'"],
      [stmt("INSERT INTO t VALUES (x'')"), "X''"],
      [stmt("INSERT INTO t VALUES ('')"), "''"],
      [stmt('INSERT INTO t VALUES (?)', ['a\nb']), "'a\nb'"],
      [stmt('INSERT INTO t VALUES (?)', ['a\0b']), "CAST(X'610062' AS TEXT)"],
      [stmt("INSERT INTO t VALUES (CAST(x'FF41' AS TEXT))"), "CAST(X'FF41' AS TEXT)"],
      [stmt('INSERT INTO t VALUES (?)', ['żółw 🐢']), "'żółw 🐢'"],
    ] as const
    engine.execute(...values.map(([statement]) => statement))
    const text = dump(engine).toString('utf8')
    for (const [, literal] of values) expect(text).toContain(`INSERT INTO "t" VALUES(${literal});\n`)
  })

  test('SQLite itself makes the same database of it', () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE TABLE zoo (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, len INT AS (length(name)) STORED, up AS (upper(name)))',
      "INSERT INTO zoo (name) VALUES ('ant'), ('bee'), ('cat')",
      'DELETE FROM zoo WHERE id = 3',
      'CREATE TABLE pairs (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID',
      "INSERT INTO pairs VALUES (1, x'00'), ('one', 2.5)",
      'CREATE INDEX zoo_name ON zoo (name) WHERE id > 1',
      'CREATE VIEW names AS SELECT name FROM zoo',
      "CREATE TRIGGER loud AFTER UPDATE ON zoo BEGIN INSERT INTO pairs VALUES (new.id, 'u;END'); END",
      'CREATE VIRTUAL TABLE docs USING fts4(title, body)',
      "INSERT INTO docs VALUES ('first', 'the quick brown fox'), ('second', 'lazy dogs')",
      'ANALYZE',
    )
    const text = dump(engine).toString('utf8')
    withStockSqlite(new Uint8Array(0), (database) => {
      database.exec(text)
      const all = (sql: string): unknown[][] =>
        database
          .prepare(sql)
          .all()
          .map((row) => Object.values(row))
      for (const sql of [
        'SELECT * FROM zoo',
        'SELECT a, hex(b) FROM pairs',
        'SELECT * FROM names',
        'SELECT * FROM sqlite_sequence',
        'SELECT * FROM sqlite_stat1 ORDER BY tbl, idx',
        'SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL ORDER BY type, name',
      ]) {
        expect(all(sql), sql).toEqual(engine.rows(sql))
      }
      expect(database.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }])
    })
    expect(text).toContain(`INSERT INTO "docs"("docid","title","body") VALUES(2,'second','lazy dogs');`)
    expect(text).not.toMatch(/CREATE TABLE.*docs_/)
    const reloaded = new TestEngine()
    reloaded.execute(text.replaceAll(/^(PRAGMA|BEGIN|COMMIT).*\n/gm, ''))
    expect(reloaded.rows("SELECT title FROM docs WHERE docs MATCH 'quick'")).toEqual([['first']])
    expect(reloaded.rows('SELECT count(*) FROM docs_docsize')).toEqual([[2]])
    expect(dump(reloaded).toString('utf8')).toBe(text)
  })

  test('large values are handed on in pieces, and are whole', () => {
    const engine = new TestEngine()
    const blob = crypto.getRandomValues(new Uint8Array(60_000))
    engine.execute('CREATE TABLE t (v)', stmt('INSERT INTO t VALUES (?), (?)', [blob, 'x'.repeat(300_000)]))
    const text = dump(engine).toString('utf8')
    expect(text).toContain(`X'${Buffer.from(blob).toString('hex').toUpperCase()}'`)
    expect(text).toContain(`'${'x'.repeat(300_000)}'`)
  })
})

test('a REAL as text - is read back to the same bits', () => {
  const engine = new TestEngine()
  const prng = createPrng(20_261_128)
  const bits = new DataView(new ArrayBuffer(8))
  const numbers = [
    0,
    -0,
    5e-324,
    Number.MAX_VALUE,
    2 ** 53,
    1e21,
    1e22,
    123456789012345680,
    0.1 + 0.2,
    2.2250738585072014e-308,
  ]
  while (numbers.length < 3_000) {
    bits.setUint32(0, prng.nextUint32())
    bits.setUint32(4, prng.nextUint32())
    const number = bits.getFloat64(0)
    if (Number.isFinite(number)) numbers.push(number, Math.fround(number), Number(number.toPrecision(9)))
  }
  const finite = numbers.filter(Number.isFinite)
  for (let at = 0; at < finite.length; at += 500) {
    const part = finite.slice(at, at + 500)
    const [row] = engine.rows(`SELECT ${part.map(realLiteral).join(', ')}`)
    const types = engine.rows(`SELECT ${part.map((x) => `typeof(${realLiteral(x)})`).join(', ')}`)[0]
    const wrong = part.filter((number, i) => row?.[i] !== number + 0 || types?.[i] !== 'real')
    expect(wrong).toEqual([])
  }
})

test('a full-text index without documents - is dumped by its parts', () => {
  const engine = new TestEngine()
  engine.execute(
    'CREATE VIRTUAL TABLE bare USING fts4(content="", body)',
    "INSERT INTO bare (docid, body) VALUES (7, 'only the words'), (9, 'are indexed')",
  )
  const text = dump(engine).toString('utf8')
  expect(text).toContain('DELETE FROM "bare_segdir";\n')
  const reloaded = new TestEngine()
  reloaded.execute(text.replaceAll(/^(PRAGMA|BEGIN|COMMIT).*\n/gm, ''))
  expect(reloaded.rows("SELECT docid FROM bare WHERE bare MATCH 'indexed'")).toEqual([[9]])
  expect(dump(reloaded).toString('utf8')).toBe(text)
})
