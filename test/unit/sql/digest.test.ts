import { createHash } from 'node:crypto'
import { describe, expect, it, vi } from 'vitest'
import { BlockFile } from '../../../src/sql/block-file.ts'
import { captureOf, digestOf, restoreInto, stmt, TestEngine, tag } from './support.ts'

const BLOCK = 32 * 1024
const MAGIC_BYTES = 8
const COUNT_BYTES = 4
const NUMBERS_BYTES = 4 * 8
const CHECKSUM_BYTES = 4

/** A digest as `digest.ts` describes it, computed from a capture. */
function digestOfCapture(capture: Buffer): string {
  const body = capture.subarray(MAGIC_BYTES, -CHECKSUM_BYTES)
  const hash = createHash('sha256').update('DBSD0001').update(body.subarray(0, COUNT_BYTES))
  let at = COUNT_BYTES
  for (let left = body.readUInt32BE(0); left > 0; left--) {
    const fileAt = at + 2 + body.readUInt16BE(at) + NUMBERS_BYTES
    const size = Number(body.readBigInt64BE(fileAt - 8))
    hash.update(body.subarray(at, fileAt))
    for (let from = 0; from < size; from += BLOCK) {
      const block = Buffer.alloc(BLOCK)
      body.copy(block, 0, fileAt + from, Math.min(fileAt + from + BLOCK, fileAt + size))
      hash.update(createHash('sha256').update(block).digest())
    }
    at = fileAt + size
  }
  return hash.update(body.subarray(at)).digest('hex')
}

const NUMBERS = 'WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 3000) SELECT i FROM n'

function filled(): TestEngine {
  const engine = new TestEngine()
  engine.execute(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, x)',
    `INSERT INTO t (x) SELECT zeroblob(i) FROM (${NUMBERS})`,
  )
  engine.apply(['CREATE TABLE u (x)'], { namespace: 'other' })
  engine.apply(['SELECT 1'], { namespace: 'empty' })
  engine.apply(["INSERT INTO t (x) VALUES ('y') RETURNING *"], { request: tag('a') })
  engine.apply(['nonsense'], { request: tag('b') })
  return engine
}

function restored(engine: TestEngine): TestEngine {
  const other = new TestEngine()
  restoreInto(other.engine, engine.capture())
  return other
}

describe('sql digest', () => {
  it('is what it is said to be', () => {
    for (const engine of [new TestEngine(), filled()]) {
      expect(engine.digest()).toMatch(/^[0-9a-f]{64}$/)
      expect(engine.digest()).toBe(digestOfCapture(engine.capture()))
    }
  })

  it('follows every change, as a replica tells that has computed none before', () => {
    const engine = filled()
    const seen = [engine.digest()]
    const changes: (() => unknown)[] = [
      () => engine.execute('UPDATE t SET x = 1 WHERE id = 1500'),
      () => engine.execute('UPDATE t SET x = 2 WHERE id = 1500'),
      () => engine.execute('DELETE FROM t WHERE id > 2000'),
      () => engine.execute('DELETE FROM t WHERE id > 3000'), // nothing, but changes() tells so
      () => engine.execute('VACUUM'),
      () => engine.apply(['SELECT 1'], { namespace: 'another', mode: 'query' }),
      () => engine.apply(['SELECT 1'], { mode: 'request', request: tag('c') }),
      () => engine.apply(['SELECT 1'], { mode: 'request', request: tag('d') }),
      () => engine.apply(['SELECT 1'], { mode: 'request', request: tag('e', 0, 8e12) }), // the others are too old
      () => engine.execute('DROP TABLE t'),
      () => restoreInto(engine.engine, new TestEngine().capture()),
    ]
    for (const change of changes) {
      change()
      const digest = engine.digest()
      expect(digest).toBe(restored(engine).digest())
      expect(digest).toBe(digestOfCapture(engine.capture()))
      expect(seen).not.toContain(digest)
      seen.push(digest)
    }
  })

  it('is the same after what changes nothing', () => {
    const engine = filled()
    const before = engine.digest()
    engine.query('SELECT count(*) FROM t', 'DELETE FROM t', 'nonsense')
    engine.classify('DELETE FROM t')
    engine.apply(['SELECT 1'], { mode: 'query', request: tag('c') })
    engine.apply(['DELETE FROM t'], { request: tag('a') })
    engine.engine.dropSessions()
    engine.capture()
    expect(engine.digest()).toBe(before)
    expect(restored(engine).digest()).toBe(before)
  })

  it('what was left behind in free pages does not count', () => {
    const fill = (text: string): string =>
      `INSERT INTO t SELECT printf('%4000s', '${text}') FROM (${NUMBERS})`
    const engine = new TestEngine()
    engine.execute('CREATE TABLE t (x)', fill('first'), 'DELETE FROM t')
    engine.digest()
    // More than the cache holds, so some of it was written when the transaction failed.
    engine.apply([fill('undone'), 'nonsense'], { transaction: true })
    expect(engine.digest()).toBe(restored(engine).digest())
    expect(engine.digest()).toBe(digestOfCapture(engine.capture()))
  })

  it('is of the moment it was begun, and takes several steps', () => {
    const engine = filled()
    const expected = engine.digest()
    const digest = engine.engine.digest()
    expect(digest.step()).toBeUndefined()
    engine.apply(['UPDATE t SET x = 5', 'DROP TABLE t', 'VACUUM'], { request: tag('c', 0, 8e12) })
    const later = digestOf(engine.engine)
    let hex = digest.step()
    while (hex === undefined) hex = digest.step()
    digest.release()
    digest.release()
    expect(hex).toBe(expected)
    expect(later).not.toBe(expected)
    expect(engine.digest()).toBe(later)
  })

  it('one that is given up holds on to nothing', () => {
    const engine = filled()
    const snapshots = vi.spyOn(BlockFile.prototype, 'snapshot')
    const digest = engine.engine.digest()
    digest.step()
    digest.release()
    expect(snapshots.mock.results).toHaveLength(3)
    for (const { value: snapshot } of snapshots.mock.results) {
      expect(() => snapshot.blockHash(0), 'its blocks are gone').toThrow('after its release')
    }
    snapshots.mockRestore()
    engine.execute(stmt('UPDATE t SET x = ?', ['z']))
    expect(engine.digest()).toBe(digestOfCapture(captureOf(engine.engine)))
  })

  it('of many remembered requests takes several steps, too', () => {
    const engine = new TestEngine()
    for (let i = 0; i < 5000; i++) engine.apply([], { request: tag(`${i}`) })
    const digest = engine.engine.digest()
    let steps = 0
    for (let hex: string | undefined; hex === undefined; steps++) hex = digest.step()
    expect(steps).toBeGreaterThan(2)
    expect(engine.digest()).toBe(digestOfCapture(engine.capture()))
  })
})
