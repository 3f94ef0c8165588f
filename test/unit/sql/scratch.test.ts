import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Scratch } from '../../../src/sql/scratch.ts'
import { createSqlScratch } from '../../../src/sql/scratch-thread.ts'
import { collect } from '../../chunks.ts'
import { stockCheck, stockFile, stockRows, withStockSqlite } from '../../stock-sqlite.ts'
import { binary, NAMESPACE, TestEngine } from './support.ts'

/** What comes of a file that is checked. */
function checked(bytes: Uint8Array): Buffer {
  const scratch = new Scratch(binary)
  scratch.write(bytes)
  scratch.check()
  return Buffer.concat([...scratch.read()])
}

const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, v); CREATE INDEX i ON t (v);'
const ROWS =
  "WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n WHERE x < 2000) INSERT INTO t (v) SELECT 'row ' || x FROM n;"

describe('a file that is checked', () => {
  test.each([
    ['as it comes', ''],
    ['in write-ahead-log mode', 'PRAGMA journal_mode = WAL'],
    ['with large pages', 'PRAGMA page_size = 65536'],
    ['with small pages', 'PRAGMA page_size = 512'],
    ['in UTF-16', "PRAGMA encoding = 'UTF-16le'"],
    ['that gives back pages', 'PRAGMA auto_vacuum = FULL'],
    ['with user version', 'PRAGMA user_version = 77'],
  ])('%s - is made like ours, and holds the same', (_, settings) => {
    const file = stockFile(TABLE + ROWS, settings)
    const image = checked(file)
    expect(image.length).toBe(file.length)
    expect(image.subarray(18, 20)).toEqual(Buffer.of(1, 1))
    expect(image.readUInt32BE(24)).toBe(1)
    expect(image.readUInt32BE(92)).toBe(1)
    expect(image.readUInt32BE(28)).toBe(image.length / stockPageSize(image))
    expect(stockCheck(image)).toBe('ok')
    expect(stockRows(image, "SELECT count(*), max(v) FROM t WHERE v >= 'row'")).toEqual([[2000, 'row 999']])
    expect(stockRows(image, 'PRAGMA user_version')).toEqual(stockRows(file, 'PRAGMA user_version'))
    expect(checked(image).equals(image)).toBe(true)
  })

  test('what is left in free pages is not loaded', () => {
    const file = stockFile(
      `${TABLE} INSERT INTO t (v) VALUES ('${'forget me '.repeat(5000)}'); DELETE FROM t`,
    )
    const image = checked(file)
    const left = (bytes: Buffer): number => bytes.toString('latin1').split('forget me').length - 1
    expect(left(file)).toBeGreaterThan(4000)
    expect(left(image)).toBeLessThan(1000) // in the page that lists the free ones
    expect(stockCheck(image)).toBe('ok')
  })

  test('pages behind its end are cut off', () => {
    const file = stockFile(TABLE + ROWS)
    expect(checked(Buffer.concat([file, Buffer.alloc(8192, 7)])).equals(checked(file))).toBe(true)
  })

  test('rows that a constraint would not let in are no damage', () => {
    const file = stockFile(
      'CREATE TABLE t (v CHECK (v > 0)); PRAGMA ignore_check_constraints = ON; INSERT INTO t VALUES (-1)',
    )
    expect(stockRows(checked(file), 'SELECT v FROM t')).toEqual([[-1]])
  })

  const good = stockFile(TABLE + ROWS)
  const withByte = (at: number, value: number): Buffer => {
    const file = Buffer.from(good)
    file[at] = value
    return file
  }
  const noise = Buffer.concat([
    good.subarray(0, 100),
    Buffer.from(Array.from({ length: good.length - 100 }, (_, i) => (i * 7919) % 251)),
  ])

  test.each<[string, Buffer, RegExp]>([
    ['nothing', Buffer.alloc(0), /too short/],
    ['only the magic', good.subarray(0, 16), /too short/],
    ['another file', Buffer.alloc(4096, 'x'), /no SQLite file/],
    ['a page size that is none', withByte(17, 7), /pages have/],
    ['half a page', good.subarray(0, 6000), /middle of a page/],
    ['cut off', good.subarray(0, good.length - 4096), /should have \d+ pages, and has \d+/],
    ['a format of the future', withByte(18, 3), /format is unknown/],
    ['random bytes behind the header', noise, /./],
    [
      'a page that is damaged',
      Buffer.concat([good.subarray(0, 8192), Buffer.alloc(4096, 0xff), good.subarray(12_288)]),
      /./,
    ],
    ['an index that is not of its table', indexOutOfStep(), /index i|missing from index/],
    ['a schema that is no SQL', badSchema("'nonsense'"), /./],
    [
      'a trigger that would load code',
      badSchema(`'CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT load_extension(''evil''); END'`),
      /load_extension|malformed/,
    ],
  ])('%s - is refused', (_, file, reason) => {
    expect(() => checked(file)).toThrow(reason)
    try {
      checked(file)
    } catch (error) {
      expect(error).toMatchObject({ code: 'SQL_IMAGE_INVALID', outcome: 'not-applied', retryable: false })
    }
  })
})

function stockPageSize(image: Buffer): number {
  return Number(stockRows(image, 'PRAGMA page_size')[0]?.[0])
}

function indexOutOfStep(): Buffer {
  // The rows of one file with the index of another.
  const file = stockFile(`${TABLE} INSERT INTO t (v) VALUES ('same length 1'), ('same length 2')`)
  const at = file.lastIndexOf('same length 1')
  file.write('same length 9', at)
  return file
}

/** What a statement would not be let through with, written into the schema table. */
function badSchema(sql: string): Buffer {
  return withStockSqlite(new Uint8Array(0), (database) => {
    database.enableDefensive?.(false)
    database.exec(TABLE)
    database.exec('PRAGMA writable_schema = ON')
    database.exec(
      `INSERT INTO sqlite_schema (type, name, tbl_name, rootpage, sql) VALUES ('trigger', 'x', 't', 0, ${sql})`,
    )
    return readFileSync(database.location() ?? '')
  })
}

test('a scratch thread - takes a file, works on it, tells what comes of it, and ends', async () => {
  await using scratch = createSqlScratch()
  const engine = new TestEngine()
  engine.execute(
    'CREATE TABLE t (v)',
    "INSERT INTO t VALUES ('one')",
    'CREATE TABLE gap (v)',
    'INSERT INTO gap VALUES (zeroblob(100000))',
    'DROP TABLE gap',
  )
  const capture = engine.engine.captureDatabase(NAMESPACE)
  await scratch.write(
    (async function* () {
      for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) yield chunk
    })(),
  )
  await scratch.check()
  const before = await collect(scratch.file())
  await scratch.vacuum()
  const after = await collect(scratch.file())
  expect(after.length).toBeLessThan(before.length)
  expect(stockRows(after, 'SELECT v FROM t')).toEqual([['one']])
  expect((await collect(scratch.dump())).toString()).toContain(`INSERT INTO "t" VALUES('one');`)
  await scratch.end()
  await expect(scratch.check()).rejects.toMatchObject({ code: 'SQL_SCRATCH_FAILED' })
})

test('a scratch thread - a file that is none is told as such, and the thread is not harmed', async () => {
  await using scratch = createSqlScratch()
  await scratch.write(
    (async function* () {
      yield Buffer.alloc(5000, 1)
    })(),
  )
  await expect(scratch.check()).rejects.toMatchObject({ code: 'SQL_IMAGE_INVALID' })
  await expect(scratch.vacuum()).rejects.toMatchObject({ code: 'SQL_SCRATCH_FAILED' })
})

describe('a virtual table in a file', () => {
  test('must be spelled as SQLite does, for it is known by that', () => {
    const source = new TestEngine()
    source.execute('CREATE VIRTUAL TABLE f USING fts4( x )')
    const capture = source.engine.captureDatabase(NAMESPACE)
    const chunks: Uint8Array[] = []
    for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
    capture.release()
    const file = Buffer.concat(chunks)
    const check = (): void => {
      const scratch = new Scratch(binary)
      scratch.write(file)
      scratch.check()
    }
    expect(check).not.toThrow()
    file.write('CREATE   VIRTUAL TABLE f USING fts4(x)', file.indexOf('CREATE VIRTUAL TABLE f'))
    expect(check).toThrow('its schema is damaged')
  })
})
