import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command } from 'commander'
import { describe, expect, test } from 'vitest'
import {
  addShellOptions,
  resolveShellOptions,
  type ShellName,
  type ShellOptions,
} from '../../../../src/cli/shell/options.ts'
import type { Environment } from '../../../../src/config/index.ts'
import { debros } from '../fake-io.ts'
import { temporaryDirectory } from '../temporary-directory.ts'

function options(args: readonly string[], env: Environment = {}, name: ShellName = 'rqlite'): ShellOptions {
  const command = addShellOptions(new Command(name), name)
    .exitOverride()
    .configureOutput({ writeErr: () => {} })
  command.parse(args, { from: 'user' })
  return resolveShellOptions(command, env)
}

describe('flags', () => {
  test('none - a node on this machine', () => {
    const defaults = { host: '127.0.0.1', port: 4001, scheme: 'http', prefix: '/', httpTimeout: 30_000 }
    expect(options([])).toEqual(defaults)
    expect(options([], {}, 'debros shell')).toEqual({ ...defaults, port: 5001 })
  })

  test('short and long, as rqlite has them', () => {
    const all = {
      host: '::1',
      port: 4003,
      scheme: 'https',
      prefix: '/api/v1/',
      user: 'bob:se:cret',
      alternatives: ['b:4001', '[::1]:4002'],
      insecure: true,
      caCert: 'ca.pem',
      clientCert: 'c.pem',
      clientKey: 'k.pem',
      httpTimeout: 1_500,
    }
    const alternatives = 'b:4001, [::1]:4002,'
    expect(
      options([
        ...[
          '-H',
          '[::1]',
          '-p',
          '4003',
          '-s',
          'https',
          '-P',
          'api/v1',
          '-u',
          'bob:se:cret',
          '-a',
          alternatives,
        ],
        ...['-i', '-c', 'ca.pem', '-d', 'c.pem', '-k', 'k.pem', '-t', '1.5s'],
      ]),
    ).toEqual(all)
    expect(
      options([
        ...['--host=::1', '--port=4003', '--scheme=https', '--prefix=/api/v1/', '--user=bob:se:cret'],
        ...[`--alternatives=${alternatives}`, '--insecure', '--ca-cert=ca.pem', '--client-cert=c.pem'],
        ...['--client-key=k.pem', '--http-timeout=1500ms'],
      ]),
    ).toEqual(all)
    expect(options(['-p=4003', '-H=b'])).toMatchObject({ host: 'b', port: 4003 })
  })

  test.each([
    [['-p', '0'], 'Use a whole number from 1 to 65535.'],
    [['-H', 'a/b'], 'Use a name or an address.'],
    [['-s', 'ftp'], 'Allowed choices are http, https.'],
    [['-u', 'bob'], 'Use user:password.'],
    [['-a', 'b:4001,c'], '"c" is not host:port.'],
    [['-t', 'soon'], 'Use a duration such as 500ms or 10s.'],
    [['extra'], 'too many arguments'],
  ])('%j - is wrong use', async (args, message) => {
    for (const command of ['rqlite', 'shell']) {
      const { code, out, error } = await debros([command, ...args])
      expect([code, out]).toEqual([2, ''])
      expect(error).toContain(message)
    }
  })
})

describe('environment', () => {
  test.each<[string, Partial<ShellOptions>]>([
    ['https://db.example:4444', { scheme: 'https', host: 'db.example', port: 4444 }],
    ['//db.example', { scheme: 'http', host: 'db.example', port: 4001 }],
    ['http://[::1]:4444/', { scheme: 'http', host: '::1', port: 4444 }],
    ['10.0.0.1:4444', { host: '10.0.0.1', port: 4444 }],
    ['db', { host: 'db', port: 4001 }],
    ['', { host: '127.0.0.1', port: 4001 }],
  ])('RQLITE_HOST=%s', (RQLITE_HOST, expected) => {
    expect(options([], { RQLITE_HOST })).toMatchObject(expected)
  })

  test.each([
    ['-H', 'x'],
    ['-p', '1'],
    ['-s', 'https'],
  ])('RQLITE_HOST - gives way to %s', (...args) => {
    expect(options(args, { RQLITE_HOST: 'http://db.example:4444' })).not.toMatchObject({ host: 'db.example' })
  })

  test('RQLITE_HOST - that makes no sense is told', () => {
    expect(() => options([], { RQLITE_HOST: 'ftp://x' })).toThrow(
      'RQLITE_HOST must be [http[s]:]//host[:port]',
    )
  })

  test('DEBROS_USER - unless a flag says who', () => {
    expect(options([], { DEBROS_USER: 'a:b' }).user).toBe('a:b')
    expect(options(['-u', 'c:d'], { DEBROS_USER: 'a:b' }).user).toBe('c:d')
    expect(() => options([], { DEBROS_USER: 'a' })).toThrow('a user is given as user:password')
    const file = join(temporaryDirectory(), 'user')
    writeFileSync(file, 'e:f\n')
    expect(options(['--user-file', file], { DEBROS_USER: 'a:b' }).user).toBe('e:f')
  })
})

test('help and version - teach', async () => {
  const { code, out } = await debros(['shell', '--help'])
  expect(code).toBe(0)
  expect(out).toContain('$ debros shell')
  expect(out).toContain('RQLITE_HISTFILESIZE')
  for (const flag of 'H p s P u a i c d k t h'.split(' '))
    expect(out).toMatch(new RegExp(`^  -${flag}, --`, 'm'))
  expect((await debros(['rqlite', '--help'])).out).toMatch(/\(default:\s+4001\)/)
  expect((await debros(['rqlite', '-v'])).out).toMatch(/^Version \d+\.\d+\.\d+, commit \S+, built on \S+$/)
})
