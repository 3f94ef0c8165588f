import { describe, expect, it } from 'vitest'
import { decodeResults, ResultEncoder } from '../../../src/sql/result-codec.ts'
import type { SqlResult, SqlValue } from '../../../src/sql/types.ts'

function encoded(results: readonly SqlResult[], bytesMax = Number.POSITIVE_INFINITY): Uint8Array {
  return new ResultEncoder().encode(results, bytesMax)
}

const rows = (values: readonly (readonly SqlValue[])[]): SqlResult => ({
  kind: 'rows',
  columns: ['c'],
  types: [''],
  values,
  time: 1,
})

describe('sql results as bytes', () => {
  it('are these', () => {
    const results: SqlResult[] = [
      { kind: 'empty', time: 1 },
      { kind: 'write', lastInsertId: 300, rowsAffected: 0, time: 1 },
      rows([[null], [-1], [-0], [1.5], [-(2n ** 63n)], ['é'], [Uint8Array.of(7)]]),
      { kind: 'error', message: 'no' },
    ]
    const hex = [
      '04',
      '00',
      '01 01ac02 0100',
      '02 01 0163 00 07 00 0201 038000000000000000 033ff8000000000000 048000000000000000 0502c3a9 060107',
      '03 026e6f',
    ]
    expect(Buffer.from(encoded(results)).toString('hex')).toBe(hex.join('').replaceAll(' ', ''))
  })

  it('know one NaN only', () => {
    const other = new Float64Array(new BigUint64Array([0xfff8_0000_0000_0001n]).buffer)[0] as number
    expect(encoded([rows([[other]])])).toEqual(encoded([rows([[Number.NaN]])]))
  })

  it('more than enough of them end with the result that was too much', () => {
    const results = Array.from(
      { length: 1000 },
      (): SqlResult => ({ kind: 'error', message: 'x'.repeat(98) }),
    )
    expect(encoded(results, 250)).toHaveLength(2 + 3 * 100)
    expect(encoded(results.slice(0, 2), 201)).toHaveLength(201)
  })

  it('an encoder makes the same of the same, whatever it encoded before, and keeps its hands off', () => {
    const encoder = new ResultEncoder()
    const small = [{ kind: 'write' as const, lastInsertId: 1, rowsAffected: 1, time: 0 }]
    const first = encoder.encode(small, 100)
    const large = [rows([[new Uint8Array(200_000).fill(5)]])]
    expect(decodeResults(encoder.encode(large, 1e6))).toEqual([{ ...large[0], time: 0 }])
    expect(encoder.encode(small, 100)).toEqual(first)
    expect(first.buffer.byteLength).toBe(first.byteLength)
  })

  it('that are cut off, go on or are of an unknown kind are none', () => {
    const bytes = encoded([rows([['text'], [1.5]])])
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decodeResults(bytes.subarray(0, length)), `${length} bytes`).toThrow(/their bytes do/)
    }
    expect(() => decodeResults(Uint8Array.of(...bytes, 0))).toThrow(/end where their bytes do/)
    expect(() => decodeResults(Uint8Array.of(1, 9))).toThrow(/known kind/)
    expect(() => decodeResults(Uint8Array.of(1, 1, 9))).toThrow(/known kind/)
  })
})
