import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/http/duration.ts'

describe('durations', () => {
  test.each([
    ['300ms', 300],
    ['1.5h', 5_400_000],
    ['2m30s', 150_000],
    ['0', 0],
    ['+0', 0],
    ['-1.5s', -1_500],
    ['.5s', 500],
    ['1.s', 1_000],
    ['10us', 0.01],
    ['10µs', 0.01],
    ['1h1m1s1ms', 3_661_001],
  ])('parse - %s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9)
  })

  test.each(['', '1', 's', '1 s', '1d', '1S', '-', '1e3s', '1s ', 'ten seconds', '9999999999h'])(
    'parse - %j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  test.each([
    [0, '0s'],
    [0.0005, '500ns'],
    [0.25, '250µs'],
    [23.4, '23.4ms'],
    [1_000, '1s'],
    [90_000, '1m30s'],
    [86_400_000, '24h0m0s'],
    [-1_500, '-1.5s'],
  ])('format - %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  test('format - what it writes is read back as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 6)
      }),
    )
  })
})
