import { expect, test } from 'vitest'
import { formatHostPort } from '../../../src/base/index.ts'
import { hostPortOf, multiaddrOf } from '../../../src/p2p/index.ts'

test('address - host:port becomes a multiaddr', () => {
  const cases = {
    '127.0.0.1:7001': '/ip4/127.0.0.1/tcp/7001',
    '[::1]:7001': '/ip6/::1/tcp/7001',
    '[2001:db8::2]:65535': '/ip6/2001:db8::2/tcp/65535',
    'localhost:7001': '/dns/localhost/tcp/7001',
    'node-1.example.com:7001': '/dns/node-1.example.com/tcp/7001',
    '0.0.0.0:0': '/ip4/0.0.0.0/tcp/0',
  }
  for (const [address, expected] of Object.entries(cases)) {
    expect(multiaddrOf(address).toString()).toBe(expected)
    expect(formatHostPort(hostPortOf(address))).toBe(address)
  }
})

test('address - what is not host:port is refused, and named', () => {
  const bad = [
    '',
    'host',
    ':7001',
    '::1:7001',
    '[host]:1',
    'host:65536',
    '256.1.1.1:1',
    '/ip4/127.0.0.1/tcp/1',
  ]
  for (const address of bad) {
    expect(() => multiaddrOf(address)).toThrow(
      expect.objectContaining({
        code: 'P2P_ADDRESS_INVALID',
        message: expect.stringContaining(JSON.stringify(address)),
      }),
    )
  }
})
