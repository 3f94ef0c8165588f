import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDuration, parseDuration } from '../../../src/base/index.ts'

describe('parse', () => {
  test.each([
    ['300ms', 300],
    ['1.5h', 5_400_000],
    ['1h30m', 5_400_000],
    ['2m30s', 150_000],
    ['0', 0],
    ['+0', 0],
    ['-1.5s', -1_500],
    ['.5s', 500],
    ['1.s', 1_000],
    ['1h1m1s1ms', 3_661_001],
    ['10ns', 1e-5],
    ['10us', 0.01],
    ['10µs', 0.01], // U+00B5
    ['10μs', 0.01], // U+03BC
    ['2562047h', 9_223_369_200_000],
  ])('duration - %s is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBeCloseTo(ms, 9)
  })

  test.each(['', '1', 's', '.s', '1 s', ' 1s', '1s ', '1d', '1S', '-', '--1s', '1e3s', 'ten seconds'])(
    'duration - %j is none',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  test.each(['2562048h', '9999999999h', '-2562048h', `${'9'.repeat(400)}s`])(
    'duration - %s is more than 64 bits of nanoseconds',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )
})

// Of what takes a time that grows with the square of the length, this test would see no end.
test.each([
  ['digits', '1'.repeat(200_000)],
  ['digits with a point', `${'1'.repeat(100_000)}.${'1'.repeat(100_000)}`],
  ['parts', `${'1m1s'.repeat(50_000)}x`],
])('duration - many %s are refused at once', (_, text) => {
  expect(parseDuration(text)).toBeUndefined()
})

describe('format', () => {
  test.each([
    [0, '0s'],
    [0.0005, '500ns'],
    [0.25, '250µs'],
    [23.4, '23.4ms'],
    [1_000, '1s'],
    [90_000, '1m30s'],
    [5_400_000, '1h30m0s'],
    [86_400_000, '24h0m0s'],
    [-1_500, '-1.5s'],
  ])('duration - %d ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })

  test('duration - what it writes is read back as the same', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), (ms) => {
        expect(parseDuration(formatDuration(ms))).toBeCloseTo(ms, 6)
      }),
    )
  })
})
