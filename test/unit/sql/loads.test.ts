import { describe, expect, test } from 'vitest'
import type { RequestTag } from '../../../src/base/index.ts'
import type { SqlLoad, SqlResult } from '../../../src/sql/index.ts'
import { Scratch } from '../../../src/sql/scratch.ts'
import { StagedLoads } from '../../../src/sql/staged-loads.ts'
import { stockFile } from '../../stock-sqlite.ts'
import {
  binary,
  captureOf,
  digestOf,
  error,
  NAMESPACE,
  restoreInto,
  resultsOf,
  type SqlOutcome,
  stmt,
  TestEngine,
  TIME_MS,
  tag,
  timeless,
  timelessOutcome,
  write,
} from './support.ts'

let index = 1_000_000

function attempt({ engine }: TestEngine, load: SqlLoad, request?: RequestTag): SqlOutcome {
  index++
  const [outcome] = engine.apply([{ index, command: load, request, wantResults: true }])
  return timelessOutcome(outcome as SqlOutcome) // one for one item
}

const results = (engine: TestEngine, load: SqlLoad): readonly SqlResult[] => resultsOf(attempt(engine, load))

const id = (name: string): string => name.padEnd(16, '.')

interface Options {
  readonly name?: string
  readonly namespace?: string
  readonly timeMs?: number
}

function stage(
  offset: number,
  data: Uint8Array,
  { name = 'load', namespace = NAMESPACE, timeMs = TIME_MS }: Options = {},
): SqlLoad {
  return { mode: 'load', step: 'stage', loadId: id(name), namespace, timeMs, offset, data }
}

function commit(
  content: 'file' | 'text',
  offset: number,
  data: Uint8Array,
  { name = 'load', namespace = NAMESPACE, timeMs = TIME_MS }: Options = {},
): SqlLoad {
  return { mode: 'load', step: 'commit', loadId: id(name), namespace, timeMs, offset, data, content, seed: 7 }
}

const text = (sql: string): SqlLoad => commit('text', 0, Buffer.from(sql))

function imageOf({ engine }: TestEngine): Buffer {
  const scratch = new Scratch(binary)
  const capture = engine.captureDatabase(NAMESPACE)
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) scratch.write(chunk)
  capture.release()
  return Buffer.concat([...scratch.read()])
}

/** A database to be loaded, of some pages. */
function anImage(): Buffer {
  const source = new TestEngine()
  source.execute(
    'CREATE TABLE loaded (id INTEGER PRIMARY KEY, v)',
    "INSERT INTO loaded (v) WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n WHERE x < 1000) SELECT 'row ' || x FROM n",
  )
  return imageOf(source)
}

describe('loading a file', () => {
  const image = anImage()
  const half = Math.floor(image.length / 2)

  test('in pieces - replaces the database when the last has come, and not before', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE old (v)', "INSERT INTO old VALUES ('x'), ('y')")
    expect(results(engine, stage(0, image.subarray(0, 1000)))).toEqual([])
    expect(results(engine, stage(1000, image.subarray(1000, half)))).toEqual([])
    expect(engine.rows('SELECT count(*) FROM old')).toEqual([[2]])
    expect(results(engine, commit('file', half, image.subarray(half)))).toEqual([])
    expect(engine.rows('SELECT count(*), max(v) FROM loaded')).toEqual([[1000, 'row 999']])
    expect(engine.query('SELECT * FROM old')).toEqual([error('no such table: old')])
    // SQLite's memory of the last write is of the database that is gone.
    expect(engine.rows('SELECT last_insert_rowid(), changes(), total_changes()')).toEqual([[0, 0, 0]])
    expect(engine.execute('DROP TABLE loaded')).toEqual([write(0, 0)])
  })

  test('in one piece, twice, and into another namespace', () => {
    const engine = new TestEngine()
    for (let round = 0; round < 2; round++) {
      expect(results(engine, commit('file', 0, image))).toEqual([])
      expect(engine.value('SELECT count(*) FROM loaded')).toBe(1000)
      engine.execute("INSERT INTO loaded (v) VALUES ('more')")
    }
    expect(results(engine, commit('file', 0, image, { namespace: 'other' }))).toEqual([])
    expect(engine.engine.query('other', [stmt('SELECT count(*) FROM loaded')]).map(timeless)).toMatchObject([
      { values: [[1000]] },
    ])
    expect(engine.value('SELECT count(*) FROM loaded')).toBe(1001)
  })

  test('pieces that come again do nothing; gaps, overlaps and loads nobody began are errors', () => {
    const engine = new TestEngine()
    results(engine, stage(0, image.subarray(0, 1000)))
    expect(results(engine, stage(0, image.subarray(0, 1000)))).toEqual([])
    expect(results(engine, stage(500, image.subarray(500, 1000)))).toEqual([])
    expect(results(engine, stage(500, image.subarray(500, 1500)))).toEqual([
      error('the piece overlaps with the one before'),
    ])
    expect(results(engine, stage(2000, image.subarray(2000, 3000)))).toEqual([
      error('a piece before this one is missing'),
    ])
    expect(results(engine, stage(1, image, { name: 'other' }))).toEqual([
      error('the load was given up, or never begun'),
    ])
    expect(results(engine, commit('file', 2000, image))).toEqual([
      error('a piece before the last is missing'),
    ])
    expect(results(engine, stage(1000, image.subarray(1000, half)))).toEqual([])
    expect(results(engine, commit('file', half, image.subarray(half)))).toEqual([])
    expect(engine.value('SELECT count(*) FROM loaded')).toBe(1000)
    expect(results(engine, commit('file', half, image.subarray(half)))).toEqual([
      error('the load was given up, or never begun'),
    ])
  })

  test('a commit that is made again gets its first answer, and changes nothing', () => {
    const engine = new TestEngine()
    expect(attempt(engine, commit('file', 0, image), tag('once'))).toMatchObject({ kind: 'done', result: [] })
    engine.execute("INSERT INTO loaded (v) VALUES ('later')")
    expect(attempt(engine, commit('file', 0, image), tag('once'))).toMatchObject({ kind: 'done', result: [] })
    expect(engine.value('SELECT count(*) FROM loaded')).toBe(1001)
  })

  test('what is no file - is an error, and the database stays', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE old (v)')
    const [result] = results(engine, commit('file', 0, Buffer.alloc(4096, 1)))
    expect(result).toMatchObject({ kind: 'error', message: expect.stringContaining('no SQLite file') })
    expect(engine.rows('SELECT count(*) FROM old')).toEqual([[0]])
  })

  test('aborted, or left alone for too long - is forgotten', () => {
    const engine = new TestEngine()
    const empty = captureOf(engine.engine)
    results(engine, stage(0, image.subarray(0, 1000)))
    expect(captureOf(engine.engine).equals(empty)).toBe(false)
    results(engine, {
      mode: 'load',
      step: 'abort',
      loadId: id('load'),
      namespace: NAMESPACE,
      timeMs: TIME_MS,
    })
    expect(captureOf(engine.engine).equals(empty)).toBe(true)

    const late = { timeMs: TIME_MS + 16 * 60_000 }
    const inTime = { timeMs: TIME_MS + 15 * 60_000 }
    results(engine, stage(0, image.subarray(0, 1000)))
    expect(results(engine, stage(1000, image.subarray(1000, 2000), inTime))).toEqual([])
    // Each piece begins the time anew.
    expect(results(engine, stage(2000, image.subarray(2000, 3000), late))).toEqual([])
    results(engine, {
      mode: 'load',
      step: 'abort',
      loadId: id('load'),
      namespace: NAMESPACE,
      timeMs: TIME_MS,
    })
    results(engine, stage(0, image.subarray(0, 1000)))
    expect(results(engine, commit('file', 1000, image.subarray(1000), late))).toEqual([
      error('the load was given up, or never begun'),
    ])
    results(engine, stage(0, image.subarray(0, 1000)))
    expect(results(engine, stage(1000, image.subarray(1000, 2000), late))).toEqual([
      error('the load was given up, or never begun'),
    ])
    results(engine, stage(0, image.subarray(0, 1000)))
    engine.apply(['CREATE TABLE t (v)'], late)
    expect(results(engine, stage(1000, image.subarray(1000, 2000)))).toEqual([
      error('the load was given up, or never begun'),
    ])
  })

  test('no more than so many bytes of all together, wherever they are', () => {
    const loads = new StagedLoads(undefined, 100)
    const piece = (name: string, offset: number, bytes: number) =>
      loads.add({ loadId: id(name), offset, data: new Uint8Array(bytes), timeMs: TIME_MS })
    expect([piece('a', 0, 60), piece('b', 0, 30), piece('a', 60, 10)]).toEqual(Array(3).fill(undefined))
    expect(piece('b', 30, 1)).toBe('all loads together exceed 100 bytes')
    loads.abort(id('a'))
    expect(piece('b', 30, 1)).toBeUndefined()
  })

  test('no more than so many at a time', () => {
    const engine = new TestEngine()
    for (const name of ['a', 'b', 'c', 'd']) expect(results(engine, stage(0, image, { name }))).toEqual([])
    expect(results(engine, stage(0, image, { name: 'e' }))).toEqual([error('more than 4 loads at a time')])
    expect(results(engine, commit('file', image.length, new Uint8Array(0), { name: 'b' }))).toEqual([])
    expect(results(engine, stage(0, image, { name: 'e' }))).toEqual([])
  })

  test.each([512, 65_536])('pages of %d bytes - go on as they are', (pageBytes) => {
    const scratch = new Scratch(binary)
    scratch.write(
      stockFile('CREATE TABLE loaded (id INTEGER PRIMARY KEY, v)', `PRAGMA page_size = ${pageBytes}`),
    )
    scratch.check()
    const engine = new TestEngine()
    results(engine, commit('file', 0, Buffer.concat([...scratch.read()])))
    engine.execute(
      'INSERT INTO loaded (v) WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n WHERE x < 500) SELECT zeroblob(5000) FROM n',
      'DELETE FROM loaded WHERE id > 10',
      'VACUUM',
    )
    expect(engine.rows('SELECT count(*), sum(length(v)) FROM loaded')).toEqual([[10, 50_000]])
    expect(engine.rows('PRAGMA page_size')).toEqual([[pageBytes]])
    // The limit is in bytes, not in pages.
    expect(engine.rows('PRAGMA max_page_count')).toEqual([[Math.min(2 ** 32 / pageBytes, 4_294_967_294)]])
    const replica = new TestEngine()
    restoreInto(replica.engine, captureOf(engine.engine))
    expect(digestOf(replica.engine)).toBe(digestOf(engine.engine))
  })
})

test('a capture in the middle of a load - a replica that starts from it ends with the same bytes', () => {
  const image = anImage()
  const steps: SqlLoad[] = []
  for (let at = 0; at < image.length - 5000; at += 5000) steps.push(stage(at, image.subarray(at, at + 5000)))
  steps.splice(2, 0, stage(0, Buffer.from('SELECT '), { name: 'text' }))
  const last = commit('file', steps.length * 5000 - 5000, image.subarray(steps.length * 5000 - 5000))
  for (let cut = 0; cut <= steps.length; cut++) {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE old (v)')
    for (const step of steps.slice(0, cut)) results(engine, step)
    const replica = new TestEngine()
    restoreInto(replica.engine, captureOf(engine.engine))
    expect(digestOf(replica.engine)).toBe(digestOf(engine.engine))
    for (const each of [engine, replica]) {
      for (const step of steps.slice(cut)) expect(results(each, step)).toEqual([])
      expect(results(each, commit('text', 7, Buffer.from('1'), { name: 'text' }))).toEqual([write(0, 0)])
      expect(results(each, last)).toEqual([])
      each.apply(['INSERT INTO loaded (v) VALUES (random())'], { seed: 5 })
    }
    expect(captureOf(replica.engine).equals(captureOf(engine.engine))).toBe(true)
    expect(digestOf(replica.engine)).toBe(digestOf(engine.engine))
    expect(engine.value('SELECT count(*) FROM loaded')).toBe(1001)
  }
})

// Contract 2.2.
test('a capture without loads - leaves none where it is restored', () => {
  const source = new TestEngine()
  source.execute('CREATE TABLE t (v)')
  const target = new TestEngine()
  expect(results(target, stage(0, anImage()))).toEqual([])
  restoreInto(target.engine, source.capture())
  expect(captureOf(target.engine).equals(source.capture())).toBe(true)
})

describe('loading text', () => {
  const DUMP =
    'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE foo (id integer not null primary key, name text);\nINSERT INTO "foo" VALUES(1,\'fiona\');\nCOMMIT;\n'

  test('a dump - one result, as of its last statement', () => {
    const engine = new TestEngine()
    expect(results(engine, text(DUMP))).toEqual([write(1, 1)])
    expect(engine.rows('SELECT * FROM foo')).toEqual([[1, 'fiona']])
    expect(engine.execute('DROP TABLE foo')).toEqual([write(1, 1)]) // sticky
  })

  test('nothing but blanks and comments - no result', () => {
    const engine = new TestEngine()
    expect(results(engine, text(' -- nothing\n;; '))).toEqual([])
  })

  test('without a transaction of its own it is one all the same', () => {
    const engine = new TestEngine()
    expect(
      results(engine, text('CREATE TABLE t (v UNIQUE); INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)')),
    ).toEqual([error('UNIQUE constraint failed: t.v')])
    expect(engine.query('SELECT * FROM t')).toEqual([error('no such table: t')])
  })

  test.each([
    ['BEGIN; CREATE TABLE t (v);', 'the text ends within its transaction'],
    ['BEGIN; BEGIN; COMMIT;', 'cannot start a transaction within a transaction'],
    ['CREATE TABLE t (v); COMMIT;', 'cannot commit - no transaction is active'],
    [
      'BEGIN; CREATE TABLE t (v); ROLLBACK;',
      'ROLLBACK is not supported in what is loaded: that is done as a whole, or not at all',
    ],
    [
      'SAVEPOINT a; CREATE TABLE t (v); RELEASE a;',
      'SAVEPOINT is not supported in what is loaded: that is done as a whole, or not at all',
    ],
    ['CREATE TABLE t (v); PRAGMA journal_mode = WAL', 'PRAGMA journal_mode is not supported with a value'],
    ["CREATE TABLE t (v); ATTACH 'x' AS y", 'ATTACH is not supported: a namespace is one database'],
    ['CREATE TABLE t (v); INSERT INTO t VALUES (?)', 'not enough args to execute query: want 1 got 0'],
    ['CREATE TABLE t (v); nonsense', 'near "nonsense": syntax error'],
    ['CREATE TABLE t (v); VACUUM', 'cannot VACUUM from within a transaction'],
    [
      'CREATE TABLE t (v UNIQUE); INSERT INTO t VALUES (1); INSERT OR ROLLBACK INTO t VALUES (1)',
      'UNIQUE constraint failed: t.v',
    ],
    ['CREATE TABLE t (v); SELECT \0', 'SQL text must not contain a NUL character'],
  ])('%j - is an error, and nothing stays', (sql, message) => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE kept (v)', 'INSERT INTO kept VALUES (1)')
    expect(results(engine, text(sql))).toEqual([error(message)])
    expect(engine.query('SELECT * FROM t')).toEqual([error('no such table: t')])
    expect(engine.execute('INSERT INTO kept VALUES (2)')).toEqual([write(2, 1)])
    expect(captureOf(engine.engine).length).toBeGreaterThan(0)
  })

  test('several transactions one after the other, END for COMMIT', () => {
    const engine = new TestEngine()
    expect(
      results(
        engine,
        text(
          'BEGIN; CREATE TABLE t (v); END TRANSACTION; BEGIN IMMEDIATE; INSERT INTO t VALUES (1), (2); COMMIT;',
        ),
      ),
    ).toEqual([write(2, 2)])
  })

  test('bytes that are no text', () => {
    const engine = new TestEngine()
    expect(results(engine, commit('text', 0, Buffer.of(0x53, 0xff, 0xfe)))).toEqual([
      error('the text is not UTF-8'),
    ])
  })

  test('longer than a part of it that is looked at - wherever the parts end', () => {
    const engine = new TestEngine()
    const row = "INSERT INTO t VALUES ('żó;łw''s -- \n /* ', 1.5); -- a comment; with 'quotes\n"
    const rows = Math.ceil((9 * 2 ** 20) / Buffer.byteLength(row))
    const long = `INSERT INTO t VALUES ('${'long; '.repeat(1_500_000)}', 2);`
    const trigger = 'CREATE TRIGGER tr AFTER INSERT ON t BEGIN SELECT 1; SELECT 2; END;\n'
    const sql = `CREATE TABLE t (v, n);\n${row.repeat(rows)}${long}${trigger}${row.repeat(3)}`
    expect(results(engine, text(sql))).toEqual([write(rows + 4, 1)])
    expect(engine.rows('SELECT n, count(*), max(length(v)) FROM t GROUP BY n')).toEqual([
      [1.5, rows + 3, 16],
      [2, 1, 9_000_000],
    ])
    // An error in a later part undoes what earlier parts did.
    expect(results(engine, text(`DELETE FROM t; ${row.repeat(rows)} nonsense`))).toEqual([
      error('near "nonsense": syntax error'),
    ])
    expect(engine.rows('SELECT count(*) FROM t')).toEqual([[rows + 4]])
  })

  test('what may not run - does not run even once', () => {
    const engine = new TestEngine()
    for (const [sql, message] of [
      [
        "CREATE TABLE t (v); SELECT load_extension('x')",
        'load_extension() and fts3_tokenizer() are not supported',
      ],
      ['SELECT * FROM pragma_page_size(8192)', 'pragma_page_size must not be given an argument'],
      ["SELECT * FROM pragma_journal_mode('OFF')", 'pragma_journal_mode is not supported'],
    ] as const) {
      expect(results(engine, text(sql))).toEqual([error(message)])
    }
  })

  test('no setting but that of foreign keys outlives a text that fails', () => {
    const engine = new TestEngine()
    const [result] = results(engine, text('PRAGMA user_version = 7 /* foreign_keys */; nonsense'))
    expect(result).toMatchObject({ kind: 'error' })
    expect(engine.value('PRAGMA user_version')).toBe(0)
    expect(results(engine, text('/* - */ PRAGMA main . user_version = 7 -- foreign_keys'))).toHaveLength(1)
    expect(engine.value('PRAGMA user_version')).toBe(7)
  })

  test('foreign keys - are as the text says until its end, and as they were afterwards', () => {
    const engine = new TestEngine({ foreignKeys: true })
    const tables = 'CREATE TABLE p (id INTEGER PRIMARY KEY); CREATE TABLE c (p REFERENCES p);'
    expect(
      results(engine, text(`PRAGMA foreign_keys=OFF; BEGIN; ${tables} INSERT INTO c VALUES (7); COMMIT`)),
    ).toEqual([write(1, 1)])
    expect(engine.execute('INSERT INTO c VALUES (8)')).toEqual([error('FOREIGN KEY constraint failed')])
    expect(results(engine, text('INSERT INTO c VALUES (9)'))).toEqual([
      error('FOREIGN KEY constraint failed'),
    ])
    // Within a transaction the setting means nothing to SQLite, either.
    expect(results(engine, text('BEGIN; PRAGMA foreign_keys=OFF; INSERT INTO c VALUES (9); COMMIT'))).toEqual(
      [error('FOREIGN KEY constraint failed')],
    )
    const lax = new TestEngine()
    expect(results(lax, text(`PRAGMA foreign_keys=ON; ${tables} INSERT INTO c VALUES (7)`))).toEqual([
      error('FOREIGN KEY constraint failed'),
    ])
    expect(results(lax, text(`${tables} INSERT INTO c VALUES (7)`))).toEqual([write(1, 1)])
  })

  test('time and random values are those of the entry', () => {
    const [one, other] = [new TestEngine(), new TestEngine()]
    const sql =
      'CREATE TABLE t (r DEFAULT (random()), at DEFAULT CURRENT_TIMESTAMP, v); INSERT INTO t (v) VALUES (1); INSERT INTO t (v) VALUES (2)'
    for (const engine of [one, other]) results(engine, text(sql))
    const rows = one.rows('SELECT r, at FROM t')
    expect(other.rows('SELECT r, at FROM t')).toEqual(rows)
    expect(new Set(rows.map(([r]) => r)).size).toBe(2)
    expect(rows[0]?.[1]).toBe('2030-01-02 03:04:05')
  })

  test('a dump with all there is - comes back as it was', () => {
    const source = new TestEngine()
    source.execute(
      'CREATE TABLE zoo (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, len INT AS (length(name)) STORED)',
      "INSERT INTO zoo (name) VALUES ('ant'), ('b;ee'), ('c''at')",
      'CREATE TABLE b (v BLOB, r REAL, i INTEGER)',
      stmt('INSERT INTO b VALUES (?, ?, ?)', [
        crypto.getRandomValues(new Uint8Array(500)),
        0.1,
        2n ** 63n - 1n,
      ]),
      'INSERT INTO b VALUES (NULL, 9e999, -9223372036854775808)',
      "CREATE TRIGGER tr AFTER INSERT ON zoo BEGIN UPDATE b SET i = new.id; INSERT INTO b (i) VALUES (';COMMIT;'); END",
      'CREATE VIEW vi AS SELECT name FROM zoo',
      'CREATE INDEX ix ON zoo (name)',
      'CREATE VIRTUAL TABLE docs USING fts4(body)',
      "INSERT INTO docs VALUES ('quick brown fox')",
      'ANALYZE',
    )
    const dumpOf = (engine: TestEngine): Buffer => {
      const scratch = new Scratch(binary)
      scratch.write(imageOf(engine))
      return Buffer.concat([...scratch.dump(undefined)])
    }
    const dump = dumpOf(source)
    const target = new TestEngine()
    expect(results(target, commit('text', 0, dump))).toMatchObject([{ kind: 'write' }])
    expect(dumpOf(target).equals(dump)).toBe(true)
    expect(target.rows("SELECT body FROM docs WHERE docs MATCH 'fox'")).toEqual([['quick brown fox']])
    expect(target.execute("INSERT INTO zoo (name) VALUES ('dog')")).toEqual([write(4, 1)])
  })
})
