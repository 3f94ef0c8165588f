import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { SETTING_PATHS, settingAt } from '../../../src/config/index.ts'
import { debros } from './fake-io.ts'
import { temporaryDirectory } from './temporary-directory.ts'

describe('command line', () => {
  test.each([[[]], [['--help']], [['-h']], [['help']]])('%j - shows the commands', async (args) => {
    const { code, out, error } = await debros(args)
    expect([code, error]).toEqual([0, ''])
    for (const command of [
      'node',
      'rqlited',
      'dev',
      'shell',
      'status',
      'cluster',
      'recover',
      'config',
      'version',
    ])
      expect(out).toContain(`\n  ${command} `)
    expect(out).toContain('Exit codes: 0 success, 1 failure, 2 wrong use.')
  })

  test('node --help - explains every flag there is', async () => {
    const { code, out } = await debros(['node', '--help'])
    expect(code).toBe(0)
    for (const path of SETTING_PATHS) {
      const { flag } = settingAt(path)
      if (flag !== undefined) expect(out).toContain(`--${flag} `)
    }
    // Contract 3.2.
    for (const flag of [
      'config',
      'data',
      'id',
      'p2p-port',
      'rqlite-http-port',
      'rqlite-raft-port',
      'disable-anonrc',
      'rqlite-join-address',
      'adv-addr',
    ]) {
      expect(out).toContain(`--${flag} `)
    }
    for (const group of [
      'General:',
      'Node:',
      'Network:',
      'HTTP API:',
      'Cluster:',
      'Raft:',
      'Database:',
      'Logging:',
      'Examples:',
    ]) {
      expect(out).toContain(`\n${group}\n`)
    }
    expect(out).not.toContain('--cluster-secret ')
  })

  test.each([
    [['nod'], "error: unknown command 'nod'\n(Did you mean node?)"],
    [['node', '--dta', 'x'], "error: unknown option '--dta'\n(Did you mean --data?)"],
    [['config', 'prnt'], "error: unknown command 'prnt'\n(Did you mean print?)"],
    [['node', '--data'], "error: option '--data <dir>' argument missing"],
    [['config', 'validate'], "error: missing required argument 'file'"],
    [['dev', '--nodes', '10'], 'Use a whole number from 1 to 9.'],
    [['dev', '--http-port', '0'], 'Use a whole number from 1 to 65535.'],
    [['status', '--timeout', 'soon'], 'Use a duration such as 500ms or 10s.'],
    [['status', '--url', 'http://'], 'It is not a URL.'],
    [['version', 'extra'], "too many arguments for 'version'"],
  ])('%j - is wrong use', async (args, message) => {
    const { code, out, error } = await debros(args)
    expect([code, out]).toEqual([2, ''])
    expect(error).toContain(message)
  })

  test('version - for people and for programs', async () => {
    const text = await debros(['version'])
    expect(text.out).toMatch(/^debros \d+\.\d+\.\d+ \(commit \S+\) .*, Node v\d+/)
    const { out } = await debros(['version', '--json'])
    expect(JSON.parse(out)).toEqual({
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      commit: expect.any(String),
      build_time: expect.any(String),
      node: process.version,
    })
    expect((await debros(['--version'])).out).toBe(JSON.parse(out).version)
  })
})

describe('config print', () => {
  test('table - every setting, its value and where it came from', async () => {
    const file = join(temporaryDirectory(), 'c.yaml')
    writeFileSync(file, 'database:\n  rqlite_port: 5100\n  shard_count: 4\n')
    const { code, out, error } = await debros(
      ['config', 'print', '-c', file, '--adv-addr', '10.0.0.5', '--http-host', '0.0.0.0'],
      {
        LOG_LEVEL: 'warn',
        DEBROS_CLUSTER_SECRET: 'do-not-show-this-secret',
      },
    )
    expect(code).toBe(0)
    const rows = Object.fromEntries(
      out.split('\n').map((line) => [
        line.split(/\s+/)[0],
        line
          .split(/\s{2,}/)
          .slice(1)
          .map((cell) => cell.trim()),
      ]),
    )
    expect(rows).toMatchObject({
      'database.rqlite_port': ['5100', file],
      'database.shard_count': ['4', file],
      'discovery.raft_adv_address': ['10.0.0.5:7001', '--adv-addr'],
      'logging.level': ['warn', 'LOG_LEVEL'],
      'cluster.secret': ['********', 'DEBROS_CLUSTER_SECRET'],
      'raft.host': ['0.0.0.0', 'default'],
      'raft.heartbeat': ['100ms', 'default'],
      'http.body_limit': ['64m', 'default'],
      'http.load_limit': ['2g', 'default'],
    })
    // Without effect and not set: of no interest.
    expect(rows).not.toHaveProperty('database.replication_factor')
    expect(error.split('\n')).toEqual([
      'warning: database.shard_count has no effect in this version',
      expect.stringMatching(/^warning: the HTTP API listens on 0.0.0.0 and asks nobody for a password/),
    ])
    expect(out + error).not.toContain('do-not-show')
  })

  test('--json - all of them', async () => {
    const { code, out } = await debros([
      'config',
      'print',
      '--json',
      '--id',
      'n1',
      '--listen-address',
      '/ip4/1.1.1.1/tcp/1',
      '/ip4/1.1.1.1/tcp/2',
    ])
    expect(code).toBe(0)
    const { settings, warnings } = JSON.parse(out)
    expect(warnings).toEqual([])
    expect(settings.map(({ path }: { path: string }) => path)).toEqual(SETTING_PATHS)
    expect(settings).toContainEqual({ path: 'node.id', value: 'n1', source: 'flag', origin: '--id' })
    expect(settings).toContainEqual({
      path: 'node.listen_addresses',
      value: ['/ip4/1.1.1.1/tcp/1', '/ip4/1.1.1.1/tcp/2'],
      source: 'flag',
      origin: '--listen-address',
    })
  })

  test('switches - can be turned on and off', async () => {
    const shown = async (...args: string[]) => {
      const { settings } = JSON.parse(
        (await debros(['config', 'print', '--json', ...args], { DEBROS_FOREIGN_KEYS: '1' })).out,
      )
      return settings.find(({ path }: { path: string }) => path === 'database.foreign_keys')
    }
    expect(await shown()).toMatchObject({ value: true, source: 'env' })
    expect(await shown('--foreign-keys')).toMatchObject({ value: true, source: 'flag' })
    expect(await shown('--foreign-keys', 'false')).toMatchObject({ value: false, source: 'flag' })
  })
})

describe('config validate', () => {
  test('a good file - is said to be valid', async () => {
    const file = join(temporaryDirectory(), 'c.yaml')
    writeFileSync(file, 'security: {auth_enabled: true}\n')
    expect(await debros(['config', 'validate', file])).toEqual({
      code: 0,
      out: `${file}: valid`,
      error:
        'warning: security.auth_enabled has no effect in this version: the HTTP API answers ANYONE who can reach it',
    })
  })

  test('a bad one - all its problems, in one message', async () => {
    const file = join(temporaryDirectory(), 'c.yaml')
    writeFileSync(file, 'node: {dta_dir: x}\nraft: {heartbeat: 5}\n')
    expect(await debros(['config', 'validate', file])).toEqual({
      code: 1,
      out: '',
      error: [
        'debros: invalid config:',
        '  node.dta_dir: unknown key; did you mean "node.data_dir"?',
        '  raft.heartbeat: must be a duration such as 300ms, 15s or 1h30m',
      ].join('\n'),
    })
  })

  test('none - is a failure without a stack, unless one asks for it', async () => {
    const { code, error } = await debros(['config', 'validate', '/nowhere/c.yaml'])
    expect(code).toBe(1)
    expect(error).toMatch(/^debros: cannot read the configuration file: ENOENT.*c\.yaml'$/)
    expect((await debros(['config', 'validate', '/nowhere/c.yaml'], { LOG_LEVEL: 'debug' })).error).toMatch(
      /\n {4}at /,
    )
  })
})

describe('node', () => {
  test('bad settings - are told before anything is started', async () => {
    const { code, error } = await debros(['node', '--rqlite-http-port', 'x', '--raft-heartbeat', 'y'])
    expect(code).toBe(1)
    expect(error).toBe(
      [
        'debros: invalid config:',
        '  --rqlite-http-port: must be a whole number from 1 to 65535',
        '  --raft-heartbeat: must be a duration such as 300ms, 15s or 1h30m',
      ].join('\n'),
    )
  })
})
