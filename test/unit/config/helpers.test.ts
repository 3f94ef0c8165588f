import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  formatDuration,
  formatHostPort,
  parseDuration,
  parseHostPort,
  suggest,
} from '../../../src/config/index.ts'
import { editDistance } from '../../../src/config/suggest.ts'

describe('suggestions', () => {
  test.each([
    ['kitten', 'sitting', 3],
    ['', 'abc', 3],
    ['abc', '', 3],
    ['same', 'same', 0],
    ['prot', 'port', 1],
  ])('distance - %j to %j is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  test('distance - is symmetric, and 0 for equal texts alone', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 12 }), fc.string({ maxLength: 12 }), (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b) === 0).toBe(a === b)
      }),
    )
  })

  test('suggest - the nearest one, or none', () => {
    expect(suggest('databse', ['data', 'database', 'db'])).toBe('database')
    expect(suggest('Level', ['level'])).toBe('level')
    expect(suggest('unrelated', ['level', 'file'])).toBeUndefined()
  })
})

describe('addresses', () => {
  test.each([
    ['a:1', { host: 'a', port: 1 }],
    ['10.0.0.1:65535', { host: '10.0.0.1', port: 65_535 }],
    ['[::1]:7001', { host: '::1', port: 7_001 }],
  ])('%s - is read and written back', (text, address) => {
    expect(parseHostPort(text)).toEqual(address)
    expect(formatHostPort(address)).toBe(text)
  })

  test.each([
    '',
    'a',
    'a:',
    ':1',
    'a:0',
    'a:65536',
    'a:1:2',
    '::1:7001',
    'a b:1',
    'http://a:1',
    'a/b:1',
    'user@a:1',
  ])('%j - is none', (text) => {
    expect(parseHostPort(text)).toBeUndefined()
  })
})

describe('durations', () => {
  test('are read and written in Go’s way', () => {
    expect(parseDuration('1h30m')).toBe(5_400_000)
    expect(parseDuration('1 h')).toBeUndefined()
    expect(formatDuration(5_400_000)).toBe('1h30m0s')
  })
})
