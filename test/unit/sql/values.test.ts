import { describe, expect, it } from 'vitest'
import type { SqlParameter, SqlValue } from '../../../src/sql/index.ts'
import { error, stmt, TestEngine } from './support.ts'

const engine = new TestEngine()
engine.execute('CREATE TABLE v (x)')

function roundTrip(parameter: SqlParameter): readonly [type: unknown, value: unknown] {
  const [written] = engine.request(stmt('INSERT INTO v VALUES (?) RETURNING typeof(x), x', [parameter]))
  if (written?.kind !== 'rows') throw new Error(`not written: ${JSON.stringify(written)}`)
  const read = engine.query('SELECT typeof(x), x FROM v WHERE rowid = last_insert_rowid()')[0]
  expect(read).toMatchObject({ values: written.values })
  const direct = engine.rows('SELECT typeof(?1), ?1', parameter)
  expect(direct).toEqual(written.values)
  return written.values[0] as [SqlValue, SqlValue]
}

describe('sql values', () => {
  const integers = [0n, 1n, -1n, 2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, 2n ** 53n - 1n, -(2n ** 53n) + 1n]
  it.each(integers)(
    'INTEGER %s - a safe one is a number, whether bound as a number or a bigint',
    (integer) => {
      expect(roundTrip(integer)).toEqual(['integer', Number(integer)])
      expect(roundTrip(Number(integer))).toEqual(['integer', Number(integer)])
    },
  )

  const large = [
    2n ** 53n,
    2n ** 53n + 1n,
    -(2n ** 53n) - 1n,
    1676555296046783000n,
    2n ** 63n - 1n,
    -(2n ** 63n),
  ]
  it.each(large)('INTEGER %s - beyond that it is a bigint, and exact', (integer) => {
    expect(roundTrip(integer)).toEqual(['integer', integer])
  })

  it.each([2n ** 63n, -(2n ** 63n) - 1n])('INTEGER %s - more than 64 bits are an error', (integer) => {
    expect(engine.request(stmt('SELECT ?', [integer]))).toEqual([error(`integer out of range: ${integer}`)])
  })

  it('INTEGER - has no affinity as a parameter, like a literal', () => {
    // A cast, the other way to get 64 bits in, would compare the text as a number.
    const [row] = engine.rows("SELECT '05000000000' = ?, typeof(?2 || '')", 5_000_000_000, 5_000_000_001)
    expect(row).toEqual([0, 'text'])
  })

  const reals = [0.5, -1.25, 1e300, 2 ** 53, 5e-324, Number.MAX_VALUE, Number.POSITIVE_INFINITY]
  it.each([...reals, Number.NEGATIVE_INFINITY])('REAL %s - is a number', (real) => {
    expect(roundTrip(real)).toEqual(['real', real])
  })

  it.each([0, 1, -3, 2 ** 40])('REAL %s - stays REAL though whole', (real) => {
    expect(roundTrip({ real })).toEqual(['real', real])
  })

  it('NaN - is NULL', () => {
    expect(roundTrip(Number.NaN)).toEqual(['null', null])
    expect(roundTrip({ real: Number.NaN })).toEqual(['null', null])
  })

  it('NULL and booleans', () => {
    expect(roundTrip(null)).toEqual(['null', null])
    expect(roundTrip(true)).toEqual(['integer', 1])
    expect(roundTrip(false)).toEqual(['integer', 0])
  })

  const texts = [
    '',
    'plain',
    'a\0b\0',
    'héllo wörld',
    '漢字',
    '😀👩‍👩‍👧',
    '\ufeffbom',
    '\u2028',
    "'quoted'",
    'x'.repeat(100_000),
  ]
  it.each(texts)('TEXT %j', (text) => {
    expect(roundTrip(text)).toEqual(['text', text])
  })

  it('TEXT - half a surrogate pair is no Unicode and becomes U+FFFD', () => {
    expect(roundTrip('a\ud800b')).toEqual(['text', 'a\ufffdb'])
  })

  it.each([0, 1, 300, 200_000])('BLOB of %d bytes', (length) => {
    const blob = Uint8Array.from({ length }, (_, i) => (i * 31) & 255)
    const [type, value] = roundTrip(blob)
    expect(type).toBe('blob')
    expect(value).toBeInstanceOf(Uint8Array)
    expect(Buffer.from(value as Uint8Array).equals(blob)).toBe(true)
  })

  it('BLOB - a part of a buffer is only that part', () => {
    expect(roundTrip(Uint8Array.of(1, 2, 3, 4).subarray(1, 3))).toEqual(['blob', Uint8Array.of(2, 3)])
  })

  it('limits - a value of more than 128 MiB is an error, not the end', () => {
    expect(engine.query('SELECT length(zeroblob(134217729))')).toEqual([error('string or blob too big')])
    expect(engine.value('SELECT length(zeroblob(1000))')).toBe(1000)
  })
})

describe('sql parameters', () => {
  it('positional - in order, to ? and ?n alike', () => {
    expect(engine.rows('SELECT ?, ?, ?1', 'a', 'b')).toEqual([['a', 'b', 'a']])
    expect(engine.rows('SELECT ?2, ?1', 'a', 'b')).toEqual([['b', 'a']])
  })

  it('positional - more than needed are ignored', () => {
    expect(engine.rows('SELECT ?', 'a', 'b')).toEqual([['a']])
    expect(engine.rows('SELECT 1', 'a')).toEqual([[1]])
  })

  it('positional - many', () => {
    const numbers = Array.from({ length: 1000 }, (_, i) => i)
    const places = numbers.map(() => '?').join()
    expect(engine.rows(`SELECT ${places}`, ...numbers)).toEqual([numbers])
  })

  it('named - one name, three prefixes', () => {
    const [result] = engine.query(stmt('SELECT :n, @n, $n, :n', [], { n: 7 }))
    expect(result).toMatchObject({ values: [[7, 7, 7, 7]] })
  })

  it('named - mixed with positional, which take the other places', () => {
    const [result] = engine.query(stmt('SELECT :a, ?, @b, ?', ['x', 'y'], { a: 1, b: 2 }))
    expect(result).toMatchObject({ values: [[1, 'x', 2, 'y']] })
  })

  it('named - a placeholder with a name takes a positional one if nothing has its name', () => {
    const [result] = engine.query(stmt('SELECT :a, :b', ['x'], { b: 2 }))
    expect(result).toMatchObject({ values: [['x', 2]] })
  })

  it('named - one that fits nothing is ignored, and what is left over is NULL if the counts add up', () => {
    const [result] = engine.query(stmt('SELECT :a, :b', [], { a: 1, zzz: 2 }))
    expect(result).toMatchObject({ values: [[1, null]] })
  })

  it.each(['1a', '_a', ':a', ''])('named - %j does not begin with a letter', (name) => {
    expect(engine.query(stmt('SELECT :a', [], { [name]: 1 }))).toEqual([
      error('name must begin with a letter'),
    ])
  })

  it('too few - tells how many are wanted and how many there are', () => {
    const message = 'not enough args to execute query: want 3 got 2'
    expect(engine.query(stmt('SELECT ?, ?, ?', [1, 2]))).toEqual([error(message)])
    expect(engine.execute(stmt('INSERT INTO v VALUES (?), (?), (?)', [1], { a: 1 }))).toEqual([
      error(message),
    ])
    expect(engine.execute(stmt('INSERT INTO v VALUES (?3)', [1, 2]))).toEqual([error(message)])
  })

  it('several statements - consume positional ones from left to right', () => {
    engine.execute('CREATE TABLE p (x, y)')
    engine.execute(stmt('INSERT INTO p VALUES (?, :n); INSERT INTO p VALUES (:n, ?)', ['a', 'b'], { n: 0 }))
    expect(engine.rows('SELECT * FROM p')).toEqual([
      ['a', 0],
      [0, 'b'],
    ])
  })

  it('several statements - a write tells how many there were, a read how many are left', () => {
    const sql = 'DELETE FROM p WHERE x = ?; DELETE FROM p WHERE x IN (?, ?)'
    expect(engine.execute(stmt(sql, [1, 2]))).toEqual([
      error('not enough args to execute query: want 2 got 2'),
    ])
    expect(engine.query(stmt('SELECT ?; SELECT ?, ?', [1, 2]))).toEqual([
      error('not enough args to execute query: want 2 got 1'),
    ])
  })

  it('repeated - nothing is left over from the last time', () => {
    const sql = 'SELECT :a, :b'
    expect(engine.query(stmt(sql, ['x', 'y']))).toMatchObject([{ values: [['x', 'y']] }])
    expect(engine.query(stmt(sql, [], { a: 1, zzz: 2 }))).toMatchObject([{ values: [[1, null]] }])
  })
})
