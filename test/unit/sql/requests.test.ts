/** Requests that are made more than once. `test/property/sql-requests` mixes what is apart here. */
import { describe, expect, it } from 'vitest'
import { OUTCOME_LIMITS, type OutcomeLimits } from '../../../src/base/index.ts'
import type { SqlApplyItem, SqlResult } from '../../../src/sql/index.ts'
import {
  type ApplyOptions,
  restoreInto,
  resultsOf,
  rewritten,
  type Statement,
  stmt,
  TestEngine,
  TIME_MS,
  tag,
  timeless,
  write,
} from './support.ts'

const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, x)'
const INSERT = 'INSERT INTO t (x) VALUES (7)'

function engineWith(limits: Partial<OutcomeLimits> = {}, ...statements: Statement[]): TestEngine {
  const engine = new TestEngine({ outcomeLimits: { ...OUTCOME_LIMITS, ...limits } })
  engine.execute(TABLE, ...statements)
  return engine
}

function count(engine: TestEngine): unknown {
  return engine.value('SELECT count(*) FROM t')
}

/** An item of its own index, for calls with several. */
function item(index: number, sql: string, options: Partial<SqlApplyItem> = {}): SqlApplyItem {
  const command = {
    namespace: 'default',
    mode: 'request' as const,
    statements: [stmt(sql)],
    transaction: false,
    timeMs: TIME_MS,
    seed: index,
  }
  return { index, command, wantResults: true, ...options }
}

describe('sql requests', () => {
  const WRITES: [name: string, statements: Statement[], options: ApplyOptions, results: number][] = [
    ['execute', [INSERT, 'SELECT 1', ''], { mode: 'execute' }, 2],
    ['request', [INSERT, 'SELECT *, random() FROM t', '-- nothing'], { mode: 'request' }, 3],
    ['a transaction', [INSERT, `${INSERT} RETURNING *`], { mode: 'request', transaction: true }, 2],
    ['a transaction that fails', [INSERT, 'nonsense', INSERT], { transaction: true }, 2],
    ['errors', ['nonsense', 'INSERT INTO t (id) VALUES (1)', INSERT], {}, 3],
    ['nothing but a read', ['SELECT count(*), random() FROM t'], { mode: 'request' }, 1],
    ['nothing at all', [], {}, 0],
  ]

  it.each(WRITES)(
    'made again, %s does nothing and gets its first outcome',
    (_, statements, options, length) => {
      const engine = engineWith({}, 'INSERT INTO t VALUES (1, 1)')
      const first = engine.attempt(statements, { ...options, request: tag('a') })
      expect(first).toMatchObject({ kind: 'done', index: 2 })
      expect(resultsOf(first)).toHaveLength(length)
      engine.execute(INSERT)
      const before = engine.capture()
      for (const seed of [1, 2]) {
        expect(engine.attempt(statements, { ...options, request: tag('a'), seed })).toEqual(first)
      }
      expect(engine.capture().equals(before)).toBe(true)
    },
  )

  it('results - are whole, but for the time, which is 0', () => {
    const engine = engineWith()
    const sql = `INSERT INTO t (x) VALUES (9223372036854775807), (-1.5), (9e999), ('é' || char(0)), (x'00ff'), (NULL)
      RETURNING id, x`
    const request = tag('a')
    const [first, again] = [item(2, sql, { request }), item(3, sql, { request })].map((each) =>
      resultsOf(engine.engine.apply([each])[0]),
    )
    expect(again).toEqual([{ ...timeless(first?.[0] as SqlResult), time: 0 }])
    const values = [9223372036854775807n, -1.5, Number.POSITIVE_INFINITY, 'é\0', Uint8Array.of(0, 255), null]
    expect(again).toMatchObject([{ values: values.map((value, i) => [i + 1, value]) }])
  })

  it('results - belong to whoever gets them', () => {
    const engine = engineWith()
    const ask = (): unknown => {
      const [result] = engine.apply(["SELECT x'0102'"], { mode: 'request', request: tag('a') })
      if (result?.kind !== 'rows') throw new Error('no rows')
      const blob = result.values[0]?.[0] as Uint8Array
      const copy = [...blob]
      blob.fill(9)
      return copy
    }
    expect([ask(), ask(), ask()]).toEqual([1, 2, 3].map(() => [1, 2]))
  })

  it('results - of a read are those of the first time, whatever was written since', () => {
    const engine = engineWith()
    const ask = (): unknown =>
      engine.apply(['SELECT count(*) FROM t'], { mode: 'request', request: tag('a') })
    const first = ask()
    engine.execute(INSERT)
    expect(ask()).toEqual(first)
  })

  it('a query is not remembered', () => {
    const engine = engineWith()
    const before = engine.capture()
    const options = { mode: 'query', request: tag('a') } as const
    expect(engine.attempt(['SELECT 1'], options)).toMatchObject({
      kind: 'done',
      index: 2,
      result: [{ values: [[1]] }],
    })
    expect(engine.attempt(['SELECT 2'], options)).toMatchObject({
      kind: 'done',
      index: 3,
      result: [{ values: [[2]] }],
    })
    expect(engine.capture().equals(before)).toBe(true)
    // Not even if its request was remembered for something else.
    engine.apply([INSERT], { request: tag('a') })
    expect(engine.attempt(['SELECT 3'], options)).toMatchObject({ index: 5, result: [{ values: [[3]] }] })
  })

  it('what is no request is carried out every time', () => {
    const engine = engineWith()
    const outcomes = [2, 3].map((index) => engine.engine.apply([item(index, INSERT)])[0])
    expect(outcomes).toMatchObject([
      { kind: 'done', index: 2 },
      { kind: 'done', index: 3 },
    ])
    expect(count(engine)).toBe(2)
  })

  it('several in one call - the second gets the outcome of the first', () => {
    const engine = engineWith()
    const [a, b] = [tag('a'), tag('b')]
    const outcomes = engine.engine.apply([
      item(2, INSERT, { request: a }),
      item(3, INSERT, { request: b, wantResults: false }),
      item(4, INSERT, { request: a }),
      item(5, 'nonsense', { request: b }),
      item(6, INSERT, { request: a, wantResults: false }),
    ])
    expect(outcomes).toMatchObject([
      { kind: 'done', index: 2, result: [write(1, 1)] },
      { kind: 'done', index: 3, result: [] },
      { kind: 'done', index: 2, result: [write(1, 1)] },
      { kind: 'done', index: 3, result: [write(2, 1)] },
      { kind: 'done', index: 2, result: [] },
    ])
    expect(count(engine)).toBe(2)
  })

  it('one is the same in every namespace, and makes none where it is not carried out', () => {
    const engine = engineWith()
    const first = engine.attempt([INSERT], { request: tag('a') })
    expect(engine.attempt([TABLE], { request: tag('a'), namespace: 'other' })).toEqual(first)
    expect(engine.engine.stats().namespaces).toHaveLength(1)
  })
})

describe('sql requests - limits', () => {
  /** 17 bytes for one row of one column, which is called x, of no type, by the measure of rows. */
  const bytesOf = (length: number): Statement =>
    stmt('INSERT INTO t (x) VALUES (?) RETURNING x', ['z'.repeat(length)])

  it.each([true, false])(
    'results that are too large are not kept, wanted at first or not (%s)',
    (wantResults) => {
      const engine = engineWith({ outcomeBytesMax: 100 })
      const options = { wantResults, request: tag('a') }
      const first = engine.attempt([bytesOf(101)], options)
      expect(resultsOf(first)).toHaveLength(wantResults ? 1 : 0)
      for (const wantNow of [true, false]) {
        const again = engine.attempt([bytesOf(101)], { ...options, wantResults: wantNow })
        expect(again).toEqual({ kind: 'done-before', index: 2 })
      }
      expect(count(engine)).toBe(1)
    },
  )

  it.each([
    ['rows', [bytesOf(60), bytesOf(60)]],
    ['many writes', Array.from({ length: 20 }, () => INSERT)],
    [
      'many rows of NULLs',
      [`INSERT INTO t (x) SELECT NULL FROM json_each('[1,2,3,4,5,6,7,8,9,10,11,12,13]') RETURNING x`],
    ],
    ['column names', [`${INSERT} RETURNING x AS ${'n'.repeat(100)}`]],
    ['an error', [`INSERT INTO ${'n'.repeat(100)} VALUES (1)`]],
    [
      'rows that an error took back',
      ["SELECT zeroblob(30), abs(-9223372036854775807 - (value = 4)) FROM json_each('[1,2,3,4]')"],
    ],
  ])('all results of a request count: %s', (_, statements) => {
    const replicas = [true, false].map((wantResults) => {
      const engine = engineWith({ outcomeBytesMax: 100 })
      engine.attempt(statements, { mode: 'request', wantResults, request: tag('a') })
      expect(engine.attempt(statements, { request: tag('a') })).toEqual({ kind: 'done-before', index: 2 })
      return engine.capture().toString('hex')
    })
    expect(replicas[0]).toBe(replicas[1])
  })

  it('up to the limit, replicas remember rows that nobody wanted', () => {
    const sql = "SELECT value, zeroblob(?) FROM json_each('[1,2,3]')"
    const kept = new Set<string>()
    for (let length = 0; length < 60; length++) {
      const [wanted, unwanted] = [true, false].map((wantResults) => {
        const engine = engineWith({ outcomeBytesMax: 150 })
        engine.attempt([stmt(sql, [length])], { mode: 'request', wantResults, request: tag('a') })
        return engine
      }) as [TestEngine, TestEngine]
      expect(unwanted.capture().equals(wanted.capture())).toBe(true)
      const again = unwanted.attempt([], { request: tag('a') })
      expect(wanted.attempt([], { request: tag('a') })).toEqual(again)
      if (again.kind === 'done')
        expect(again.result).toMatchObject([{ columns: ['value', 'zeroblob(?)'], values: { length: 3 } }])
      kept.add(again.kind)
    }
    expect([...kept]).toEqual(['done', 'done-before'])
  })

  it('beyond the count - the oldest is refused, and so is what could be as old', () => {
    const engine = engineWith({ countMax: 2 })
    for (const name of ['a', 'b', 'c']) engine.apply([INSERT], { request: tag(name, 1) }) // at 2, 3, 4
    const before = engine.capture()
    const options = { namespace: 'new' }
    expect(engine.attempt([TABLE], { ...options, request: tag('a', 1) })).toEqual({ kind: 'forgotten' })
    expect(engine.attempt([TABLE], { ...options, request: tag('x', 1) })).toEqual({ kind: 'forgotten' })
    expect(engine.attempt([TABLE], { ...options, request: tag('x', 1), wantResults: false })).toEqual({
      kind: 'forgotten',
    })
    expect(engine.capture().equals(before)).toBe(true)
    expect(engine.attempt([INSERT], { request: tag('b', 1) })).toMatchObject({ kind: 'done', index: 3 })
    expect(engine.attempt([INSERT], { request: tag('x', 2) })).toMatchObject({ kind: 'done', index: 9 })
    expect(count(engine)).toBe(4)
  })

  it('beyond the bytes and the age - the oldest is refused', () => {
    const old = engineWith({ ageMaxMs: 1000 })
    const fat = engineWith({ bytesMax: 500 })
    for (const engine of [old, fat]) {
      engine.apply([bytesOf(200)], { request: tag('a', 1, TIME_MS) })
      engine.apply([bytesOf(200)], { request: tag('b', 1, TIME_MS + 1001) })
      expect(engine.attempt([INSERT], { request: tag('a', 1) })).toEqual({ kind: 'forgotten' })
      expect(engine.attempt([INSERT], { request: tag('b', 1) })).toMatchObject({ kind: 'done', index: 3 })
    }
  })
})

describe('sql requests - capture', () => {
  it('a replica that was restored knows what the others know', () => {
    const source = engineWith({ countMax: 3, outcomeBytesMax: 100 })
    for (const name of ['a', 'b', 'c']) source.apply([INSERT], { request: tag(name) })
    source.apply([stmt('SELECT ?', ['x'.repeat(200)])], { mode: 'request', request: tag('d', 4) })
    const target = engineWith({ countMax: 3, outcomeBytesMax: 100 })
    target.apply(['SELECT 1'], { request: tag('gone') })
    restoreInto(target.engine, source.capture())
    expect(target.capture().equals(source.capture())).toBe(true)
    for (const name of ['a', 'b', 'c', 'd', 'gone']) {
      const outcomes = [source, target].map((engine) =>
        engine.engine.apply([item(9, INSERT, { request: tag(name) })]),
      )
      expect(outcomes[0]).toEqual(outcomes[1])
      expect(outcomes[0]).toMatchObject([
        { kind: { a: 'forgotten', d: 'done-before', gone: 'forgotten' }[name] ?? 'done' },
      ])
    }
    for (const { engine } of [source, target]) engine.apply([item(10, INSERT, { request: tag('e', 9) })])
    expect(target.capture().equals(source.capture())).toBe(true)
  })

  it('is of the moment it was taken, whatever is remembered and forgotten while it is read', () => {
    const engine = engineWith({ countMax: 2 })
    for (const name of ['a', 'b']) engine.apply([INSERT], { request: tag(name) })
    const expected = engine.capture()
    const capture = engine.engine.capture()
    for (const name of ['c', 'd']) engine.apply([INSERT], { request: tag(name, 9) })
    const chunks: Uint8Array[] = []
    for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
    capture.release()
    expect(Buffer.concat(chunks).equals(expected)).toBe(true)
    expect(engine.capture().equals(expected)).toBe(false)
  })

  it('a remembered request that cannot be read is found behind a checksum that is right', () => {
    const engine = engineWith()
    engine.apply([INSERT], { request: tag('a') })
    const capture = engine.capture()
    const at = capture.indexOf(tag('a').id)
    const lengthAt = at - 4
    const length = capture.readUInt32BE(lengthAt)
    for (const wrong of [0, length - 1, 0xffff_ffff]) {
      const damaged = rewritten(capture, (bytes) => bytes.writeUInt32BE(wrong, lengthAt))
      expect(() => restoreInto(engine.engine, damaged), `length ${wrong}`).toThrow(
        expect.objectContaining({ code: 'SQL_SNAPSHOT_INVALID' }),
      )
    }
    for (const wrong of [0, length]) {
      const damaged = rewritten(capture, (bytes) => bytes.writeUInt32BE(wrong, at + 32))
      expect(() => restoreInto(engine.engine, damaged)).toThrow(/a remembered request is damaged/)
    }
  })
})
