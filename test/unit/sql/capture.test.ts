import { describe, expect, it } from 'vitest'
import { captureOf, error, restoreInto, rewritten, stmt, TestEngine, tag, write } from './support.ts'

function filled(): TestEngine {
  const engine = new TestEngine()
  engine.execute(
    'CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, x)',
    stmt('INSERT INTO t (x) VALUES (?)', [new Uint8Array(200_000).fill(7)]),
    'PRAGMA user_version = 42',
  )
  engine.apply(['CREATE TABLE u (x)', 'INSERT INTO u VALUES (1), (2)'], { namespace: '_system' })
  engine.apply(['SELECT 1'], { namespace: 'empty' })
  engine.apply(["INSERT INTO u VALUES (9) RETURNING 'a'"], { namespace: '_system', request: tag('a') })
  engine.apply(['nonsense'], { request: tag('b') })
  return engine
}

function chunksOf(engine: TestEngine): Uint8Array[] {
  const capture = engine.engine.capture()
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  expect(capture.next()).toBeUndefined()
  capture.release()
  return chunks
}

describe('sql capture', () => {
  it('chunks are 64 KiB or less', () => {
    const chunks = chunksOf(filled())
    expect(chunks.length).toBeGreaterThan(3)
    expect(Math.max(...chunks.map(({ length }) => length))).toBe(64 * 1024)
  })

  it('is of the moment it was taken, whatever happens while it is read', () => {
    const engine = filled()
    const expected = engine.capture()
    const capture = engine.engine.capture()
    const chunks = [capture.next()]
    engine.execute('UPDATE t SET x = zeroblob(100000)', 'DELETE FROM t', 'VACUUM', 'DROP TABLE t')
    engine.apply(['INSERT INTO u VALUES (3)'], { namespace: '_system' })
    engine.apply(['CREATE TABLE late (x)'], { namespace: 'late' })
    for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
    capture.release()
    expect(Buffer.concat(chunks as Uint8Array[]).equals(expected)).toBe(true)
    expect(engine.capture().equals(expected)).toBe(false)
  })

  it('released before its end, it is over', () => {
    const capture = filled().engine.capture()
    capture.next()
    capture.release()
    expect(capture.next()).toBeUndefined()
  })

  it('of nothing is short', () => {
    expect(new TestEngine().capture()).toHaveLength(28)
  })
})

describe('sql restore', () => {
  it('replaces everything', () => {
    const source = filled()
    const target = new TestEngine()
    target.execute('CREATE TABLE gone (x)')
    target.apply(['CREATE TABLE gone (x)'], { namespace: 'gone' })
    restoreInto(target.engine, source.capture())
    expect(target.capture().equals(source.capture())).toBe(true)
    expect(target.engine.stats().namespaces).toEqual([
      { name: '_system', sizeBytes: 8192 },
      { name: 'default', sizeBytes: expect.any(Number) },
      { name: 'empty', sizeBytes: 0 },
    ])
    expect(
      target.query('SELECT * FROM gone', 'SELECT length(x) FROM t', 'PRAGMA user_version'),
    ).toMatchObject([error('no such table: gone'), { values: [[200_000]] }, { values: [[42]] }])
    expect(target.execute('INSERT INTO t (x) VALUES (1)')).toEqual([write(2, 1)])
  })

  it('takes chunks of any size', () => {
    const source = filled()
    const bytes = source.capture()
    for (const size of [1, 7, 4096, 100_000, bytes.length]) {
      const target = new TestEngine()
      const restore = target.engine.restore()
      for (let from = 0; from < bytes.length; from += size) restore.push(bytes.subarray(from, from + size))
      restore.push(new Uint8Array(0))
      restore.finish()
      expect(captureOf(target.engine).equals(bytes)).toBe(true)
    }
  })

  it('of nothing leaves nothing', () => {
    const target = filled()
    restoreInto(target.engine, new TestEngine().capture())
    expect(target.engine.stats().namespaces).toEqual([])
  })

  const INVALID = expect.objectContaining({ code: 'SQL_SNAPSHOT_INVALID' })

  it('a damaged byte anywhere is found, and nothing has changed', () => {
    const bytes = filled().capture()
    const target = new TestEngine()
    target.execute('CREATE TABLE t (x)')
    const before = target.capture()
    const history = bytes.length - 200
    const stepped = (at: number) => (at < 200 || at >= history ? at + 1 : Math.min(at + 9973, history))
    for (let at = 0; at < bytes.length; at = stepped(at)) {
      const damaged = Buffer.from(bytes)
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x10, at)
      expect(() => restoreInto(target.engine, damaged), `byte ${at}`).toThrow(INVALID)
    }
    expect(target.capture().equals(before)).toBe(true)
    expect(target.execute('INSERT INTO t VALUES (1)')).toEqual([write(1, 1)])
  })

  it('once it has failed it stays failed, whatever else comes', () => {
    const target = filled()
    const before = target.capture()
    const restore = target.engine.restore()
    const broken = Buffer.concat([Buffer.from('nonsense'), new TestEngine().capture()])
    expect(() => restore.push(broken)).toThrow(INVALID)
    expect(() => restore.push(new TestEngine().capture())).toThrow(INVALID)
    expect(() => restore.finish()).toThrow(INVALID)
    expect(target.capture().equals(before)).toBe(true)
  })

  it('too few and too many bytes are found', () => {
    const bytes = new TestEngine().capture()
    const target = new TestEngine()
    for (let length = 0; length < bytes.length; length++) {
      expect(() => restoreInto(target.engine, bytes.subarray(0, length))).toThrow(/ends too early/)
    }
    expect(() => restoreInto(target.engine, Buffer.concat([bytes, Buffer.of(0)]))).toThrow(/behind its end/)
  })

  it('a database that is none, or occurs twice, is found behind a checksum that is right', () => {
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (x)')
    engine.apply(['CREATE TABLE t (x)'], { namespace: 'defauld' })
    const bytes = engine.capture()
    const magic = bytes.indexOf('SQLite format 3')
    const noFile = rewritten(bytes, (copy) => copy.write('MySQLy', magic))
    expect(() => restoreInto(engine.engine, noFile)).toThrow(/no SQLite file/)
    const twice = rewritten(bytes, (copy) => copy.write('default', copy.indexOf('defauld')))
    expect(() => restoreInto(engine.engine, twice)).toThrow(/occurs twice/)
    const wrongPages = rewritten(bytes, (copy) => copy.writeUInt16BE(32768, magic + 16))
    expect(() => restoreInto(engine.engine, wrongPages)).toThrow(/no SQLite file/)
  })
})
