import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseHostOptionalPort } from '../../../src/config/addresses.ts'
import { suggest } from '../../../src/config/index.ts'
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
    ['a', { host: 'a', port: 7_001 }],
    ['a:1', { host: 'a', port: 1 }],
    ['10.0.0.1', { host: '10.0.0.1', port: 7_001 }],
    ['::1', { host: '::1', port: 7_001 }],
    ['[::1]', { host: '::1', port: 7_001 }],
    ['[::1]:1', { host: '::1', port: 1 }],
  ])('optional port - %s', (text, address) => {
    expect(parseHostOptionalPort(text, 7_001)).toEqual(address)
  })

  test.each(['', ':1', 'a:', 'a:0', '[a]', '[10.0.0.1]', '[]', 'a b', '256.1.1.1', 'http://a'])(
    'optional port - %j is no address',
    (text) => {
      expect(parseHostOptionalPort(text, 7_001)).toBeUndefined()
    },
  )
})
