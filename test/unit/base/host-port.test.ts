import { isIPv4, isIPv6 } from 'node:net'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatHostPort, hostKind, parseHostPort } from '../../../src/base/index.ts'

describe('host', () => {
  test.each([
    ['127.0.0.1', 'ip4'],
    ['::1', 'ip6'],
    ['2001:DB8::2', 'ip6'],
    ['::ffff:10.0.0.1', 'ip6'],
    ['localhost', 'dns'],
    ['node-1.example.com', 'dns'],
    ['example.com.', 'dns'],
    ['rqlite_node_1', 'dns'],
    ['abcd', 'dns'],
    ['a'.repeat(63), 'dns'],
  ])('host - %s is %s', (host, kind) => {
    expect(hostKind(host)).toBe(kind)
  })

  test.each([
    '',
    '256.1.1.1',
    '1.2.3',
    '12345',
    '01.2.3.4',
    'a b',
    'a..b',
    '-a',
    'a-',
    'a/b',
    'user@a',
    '[::1]',
    ':',
    ':::',
    '1:2:3',
    '1:2:3:4:5:6:7:8:9',
    'fe80::1%eth0',
    'a'.repeat(64),
    `${'a.'.repeat(127)}`,
  ])('host - %j is none', (host) => {
    expect(hostKind(host)).toBeUndefined()
  })

  test('host - IP addresses are what the system takes for them', () => {
    const dotted = fc.array(fc.stringMatching(/^\d{1,3}$/), { minLength: 3, maxLength: 5 })
    const colons = fc.array(fc.stringMatching(/^[\da-fA-F]{0,5}$/), { minLength: 2, maxLength: 9 })
    const addresses = fc.oneof(
      dotted.map((parts) => parts.join('.')),
      colons.map((parts) => parts.join(':')),
      fc.tuple(colons, dotted).map(([head, tail]) => `${head.join(':')}:${tail.join('.')}`),
      fc.ipV4(),
      fc.ipV6(),
    )
    fc.assert(
      fc.property(addresses, (text) => {
        expect(hostKind(text) === 'ip4').toBe(isIPv4(text))
        expect(hostKind(text) === 'ip6').toBe(isIPv6(text))
      }),
      { numRuns: 2_000 },
    )
  })
})

describe('host and port', () => {
  test.each([
    ['a:1', { host: 'a', port: 1 }],
    ['10.0.0.1:65535', { host: '10.0.0.1', port: 65_535 }],
    ['[::1]:7001', { host: '::1', port: 7_001 }],
    ['node-1.example.com:80', { host: 'node-1.example.com', port: 80 }],
  ])('address - %s is read and written back', (text, address) => {
    expect(parseHostPort(text)).toEqual(address)
    expect(formatHostPort(address)).toBe(text)
  })

  test.each([
    '',
    'a',
    'a:',
    ':1',
    'a:65536',
    'a:-1',
    'a:+1',
    'a:1x',
    'a:000001',
    'a:1:2',
    '::1:7001',
    '[::1]',
    '[::1:7001',
    '::1]:7001',
    '[]:1',
    '[a]:1',
    '[127.0.0.1]:1',
    '256.1.1.1:1',
    'a b:1',
    'a:1 ',
    'http://a:1',
    'a/b:1',
    'user@a:1',
    '/ip4/127.0.0.1/tcp/1',
  ])('address - %j is none', (text) => {
    expect(parseHostPort(text)).toBeUndefined()
  })

  test('address - port 0 is for listeners only', () => {
    expect(parseHostPort('a:0')).toBeUndefined()
    expect(parseHostPort('a:0', 0)).toEqual({ host: 'a', port: 0 })
  })

  test('address - what is written is read back as the same', () => {
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain())
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseHostPort(formatHostPort({ host, port }))).toEqual({ host, port })
      }),
    )
  })
})
