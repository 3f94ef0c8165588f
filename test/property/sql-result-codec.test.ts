/** Results come out of their bytes as they went in, but for the time. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { SqlResult, SqlValue } from '../../src/sql/index.ts'
import { decodeResults, ResultEncoder } from '../../src/sql/result-codec.ts'

const text = fc.string({ unit: 'binary' })
const int64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })
const value: fc.Arbitrary<SqlValue> = fc.oneof(
  fc.constant(null),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double(),
  fc.constantFrom(-0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2 ** 53, 5e-324),
  int64,
  text,
  fc.uint8Array({ maxLength: 300 }),
)
const time = fc.double({ min: 0, max: 100, noNaN: true })

const rows = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 5 }).chain((described) =>
  fc.record({
    kind: fc.constant('rows' as const),
    columns: fc.constant(described.map(([name]) => name)),
    types: fc.constant(described.map(([, type]) => type)),
    values: fc.array(fc.array(value, { minLength: described.length, maxLength: described.length })),
    time,
  }),
)

const result: fc.Arbitrary<SqlResult> = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    lastInsertId: fc.oneof(fc.maxSafeInteger(), int64),
    rowsAffected: fc.maxSafeNat(),
    time,
  }),
  rows,
  fc.record({ kind: fc.constant('empty' as const), time }),
  fc.record({ kind: fc.constant('error' as const), message: text }),
)

function timeless(each: SqlResult): SqlResult {
  return each.kind === 'error' ? each : { ...each, time: 0 }
}

describe('sql results as bytes', () => {
  it('come out as they went in, wherever the bytes lie', () => {
    const encoder = new ResultEncoder()
    fc.assert(
      fc.property(fc.array(result), fc.nat(9), (results, offset) => {
        const bytes = encoder.encode(results, Number.POSITIVE_INFINITY)
        const shifted = new Uint8Array(offset + bytes.length)
        shifted.set(bytes, offset)
        expect(decodeResults(shifted.subarray(offset))).toEqual(results.map(timeless))
        expect(encoder.encode(results.map(timeless), Number.POSITIVE_INFINITY)).toEqual(bytes)
      }),
    )
  })

  it('are different for different results', () => {
    const encoder = new ResultEncoder()
    fc.assert(
      fc.property(fc.array(result, { maxLength: 2 }), fc.array(result, { maxLength: 2 }), (a, b) => {
        const [one, other] = [a, b].map((each) =>
          Buffer.from(encoder.encode(each, Number.POSITIVE_INFINITY)).toString('hex'),
        ) as [string, string]
        const decoded = [a, b].map((each) => each.map(timeless))
        if (one === other) expect(decoded[0]).toEqual(decoded[1])
        else expect(decoded[0]).not.toEqual(decoded[1])
      }),
    )
  })

  it('a limit tells exactly whether there are more bytes', () => {
    const encoder = new ResultEncoder()
    fc.assert(
      fc.property(fc.array(result), fc.nat(400), (results, bytesMax) => {
        const all = encoder.encode(results, Number.POSITIVE_INFINITY)
        const limited = encoder.encode(results, bytesMax)
        expect(limited.length > bytesMax).toBe(all.length > bytesMax)
        if (all.length <= bytesMax) expect(limited).toEqual(all)
      }),
    )
  })
})
