import { describe, expect, test } from 'vitest'
import { type JournalMode, withJournalMode } from '../../../src/sql/index.ts'
import { collect } from '../../chunks.ts'
import { stockCheck, stockRows } from '../../stock-sqlite.ts'
import { NAMESPACE, TestEngine } from './support.ts'

async function* asChunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 512) yield bytes.slice(at, at + 512)
}

async function imageOf({ engine }: TestEngine, mode: JournalMode, namespace = NAMESPACE): Promise<Buffer> {
  const capture = engine.captureDatabase(namespace)
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  capture.release()
  return await collect(withJournalMode(asChunks(Buffer.concat(chunks)), mode))
}

describe('an image of a database', () => {
  test.each<[JournalMode, number]>([
    ['wal', 2],
    ['delete', 1],
  ])('%s - is a whole SQLite file whose header says so', async (mode, version) => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (id INTEGER PRIMARY KEY, v)', 'CREATE INDEX i ON t (v)')
    engine.execute(
      "INSERT INTO t (v) WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n WHERE x < 5000) SELECT 'text ' || x FROM n",
    )
    const image = await imageOf(engine, mode)
    expect([...image.subarray(18, 20)]).toEqual([version, version])
    expect(stockCheck(image)).toBe('ok')
    expect(stockRows(image, 'SELECT count(*), max(v) FROM t')).toEqual([[5000, 'text 999']])
    expect(stockRows(image, 'PRAGMA journal_mode')).toEqual([[mode]])
  })

  test.each([NAMESPACE, 'nothing-there'])(
    '%s - that nothing was written to is an empty database',
    async (namespace) => {
      const engine = new TestEngine()
      engine.execute('-- only a comment')
      for (const mode of ['wal', 'delete'] as const) {
        const image = await imageOf(engine, mode, namespace)
        expect(image.length).toBe(4096)
        expect(stockCheck(image)).toBe('ok')
        expect(stockRows(image, 'SELECT count(*) FROM sqlite_schema')).toEqual([[0]])
      }
    },
  )

  test('what was deleted is not in it', async () => {
    const engine = new TestEngine()
    engine.execute(
      'CREATE TABLE t (v)',
      `INSERT INTO t VALUES ('${'forget me '.repeat(2000)}')`,
      'DELETE FROM t',
    )
    const image = await imageOf(engine, 'wal')
    expect(image.includes('forget me')).toBe(false)
    expect(stockCheck(image)).toBe('ok')
  })

  test('it stays what it was while the database goes on', async () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (v)', "INSERT INTO t VALUES ('before')")
    const before = engine.engine.captureDatabase(NAMESPACE)
    engine.execute("UPDATE t SET v = 'after'")
    const image = Buffer.from(before.next() ?? [])
    before.release()
    expect(stockRows(image, 'SELECT v FROM t')).toEqual([['before']])
  })
})
