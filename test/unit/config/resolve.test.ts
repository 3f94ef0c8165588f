import { describe, expect, test } from 'vitest'
import {
  type ConfigEntry,
  ConfigError,
  type ConfigInput,
  formatProblem,
  resolveConfig,
  SETTING_PATHS,
  settingAt,
} from '../../../src/config/index.ts'

/** Resolves a YAML text. */
function yaml(text: string, rest: Omit<ConfigInput, 'file'> = {}) {
  return resolveConfig({ ...rest, file: { name: 'test.yaml', text } })
}

/** The problems of a configuration that must have some, as they are printed. */
function problemsOf(input: ConfigInput): string[] {
  try {
    resolveConfig(input)
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError)
    const { problems, code, message } = error as ConfigError
    expect(code).toBe('CONFIG_INVALID')
    for (const problem of problems) expect(message).toContain(formatProblem(problem))
    return problems.map(formatProblem)
  }
  throw new Error('no problems were found')
}

const inFile = (text: string): ConfigInput => ({ file: { name: 'test.yaml', text } })

function entry(entries: readonly ConfigEntry[], path: string): ConfigEntry {
  return entries.find((candidate) => candidate.path === path)!
}

describe('defaults', () => {
  test('nothing given - a bootstrap node on the usual ports, with HTTP on loopback', () => {
    const { config, warnings } = resolveConfig({})
    expect(warnings).toEqual([])
    expect(config).toEqual({
      role: 'bootstrap',
      nodeId: undefined,
      dataDir: './data',
      keyFile: undefined,
      listenAddresses: ['/ip4/0.0.0.0/tcp/4001'],
      joinAddresses: [],
      clusterSecret: { value: undefined, file: undefined },
      joinAs: undefined,
      cluster: {
        bootstrapExpect: 0,
        bootstrapExpectTimeoutMs: 120_000,
        joinAttempts: 0,
        joinIntervalMs: 1_000,
        removeOnShutdown: false,
        stepdownOnShutdown: true,
        reapNodeTimeoutMs: 0,
        reapReadOnlyNodeTimeoutMs: 0,
      },
      foreignKeys: false,
      writeTimeoutMs: 10_000,
      outbound: { autoBackupFile: undefined, autoRestoreFile: undefined, changeCapture: undefined },
      writeQueue: { capacity: 1024, batchSize: 128, timeoutMs: 50, transaction: false },
      reads: { readersMax: 4, readTimeoutMs: 30_000 },
      http: {
        host: '127.0.0.1',
        port: 5001,
        advertise: { host: '127.0.0.1', port: 5001 },
        bodyLimitBytes: 64 * 1024 * 1024,
        loadLimitBytes: 2 * 1024 ** 3,
        rqliteVersion: '10',
        allowOrigin: undefined,
        authFile: undefined,
        tls: undefined,
      },
      raft: {
        host: '127.0.0.1',
        port: 7001,
        advertise: { host: '127.0.0.1', port: 7001 },
        heartbeatMs: 100,
        electionTimeoutMs: 1_000,
        snapshotThreshold: 8_192,
        snapshotTrailing: 4_096,
        integrityIntervalMs: 300_000,
        snapshotBytesPerSecond: 32 * 1024 * 1024,
        voter: true,
      },
      logging: { level: 'info', file: undefined, format: 'console' },
    })
  })

  test('an empty file, and sections left empty - count as nothing', () => {
    for (const text of ['', '# nothing\n', 'node:\ndatabase:\n', 'node:\n  id:\n  data_dir: ~\n']) {
      expect(yaml(text).config).toEqual(resolveConfig({}).config)
    }
  })

  test('table - every default passes its own schema, and no name is used twice', () => {
    const spellings = SETTING_PATHS.flatMap((path) => [path, ...(settingAt(path).aliases ?? [])])
    expect(new Set(spellings).size).toBe(spellings.length)
    const flags = SETTING_PATHS.flatMap((path) => settingAt(path).flag ?? [])
    expect(new Set(flags).size).toBe(flags.length)
    const variables = SETTING_PATHS.flatMap((path) => settingAt(path).env ?? [])
    expect(new Set(variables).size).toBe(variables.length)
    for (const path of SETTING_PATHS) {
      const { fallback, schema } = settingAt(path)
      if (fallback !== undefined) expect(schema.safeParse(fallback).success, path).toBe(true)
    }
  })
})

describe('precedence', () => {
  const file = { name: 'test.yaml', text: 'database:\n  rqlite_port: 5100\n' }
  const env = { RQLITE_HTTP_PORT: '5200' }
  const flags = { 'rqlite-http-port': '5300' }

  test.each<[string, ConfigInput, number, string, string | undefined]>([
    ['default', {}, 5001, 'default', undefined],
    ['file', { file }, 5100, 'file', 'test.yaml'],
    ['environment', { file, env }, 5200, 'env', 'RQLITE_HTTP_PORT'],
    ['flag', { file, env, flags }, 5300, 'flag', '--rqlite-http-port'],
    [
      'flag equal to the default',
      { file, env, flags: { 'rqlite-http-port': '5001' } },
      5001,
      'flag',
      '--rqlite-http-port',
    ],
    ['blank environment', { file, env: { RQLITE_HTTP_PORT: '  ' } }, 5100, 'file', 'test.yaml'],
    [
      'blank environment, second name',
      { env: { RQLITE_HTTP_PORT: '', RQLITE_PORT: '5400' } },
      5400,
      'env',
      'RQLITE_PORT',
    ],
    [
      'first of two names',
      { env: { RQLITE_HTTP_PORT: '5200', RQLITE_PORT: '5400' } },
      5200,
      'env',
      'RQLITE_HTTP_PORT',
    ],
  ])('%s', (_, input, port, source, origin) => {
    const { config, entries } = resolveConfig(input)
    expect(config.http.port).toBe(port)
    expect(entry(entries, 'database.rqlite_port')).toEqual({
      path: 'database.rqlite_port',
      value: port,
      source,
      origin,
    })
  })

  test('every layer is checked, also where a stronger one wins', () => {
    expect(
      problemsOf({
        file: { name: 'test.yaml', text: 'database:\n  rqlite_port: none\n' },
        env: { RQLITE_HTTP_PORT: '0' },
        flags: { 'rqlite-http-port': '5001' },
      }),
    ).toEqual([
      'RQLITE_HTTP_PORT: must be a whole number from 1 to 65535',
      'database.rqlite_port: must be a whole number from 1 to 65535',
    ])
  })
})

describe('environment', () => {
  // Contract 4.2: the names that mean a setting of a node.
  test.each<[string, string, (config: ReturnType<typeof resolveConfig>['config']) => unknown, unknown]>([
    ['NODE_ID', 'n1', (c) => c.nodeId, 'n1'],
    [
      'NODE_LISTEN_ADDRESSES',
      '/ip4/1.2.3.4/tcp/1 /ip6/::1/tcp/2,/ip4/1.2.3.4/tcp/3',
      (c) => c.listenAddresses.length,
      3,
    ],
    ['DATA_DIR', '/srv/debros', (c) => c.dataDir, '/srv/debros'],
    ['RQLITE_RAFT_PORT', '7100', (c) => c.raft.port, 7_100],
    ['RQLITE_JOIN_ADDRESS', 'http://a:7001, b:7001', (c) => c.joinAddresses, ['a:7001', 'b:7001']],
    ['LOG_LEVEL', 'DEBUG', (c) => c.logging.level, 'debug'],
    ['LOG_FORMAT', 'json', (c) => c.logging.format, 'json'],
    ['LOG_OUTPUT_FILE', '/tmp/x.log', (c) => c.logging.file, '/tmp/x.log'],
    ['DEBROS_WRITE_QUEUE_CAPACITY', '7', (c) => c.writeQueue.capacity, 7],
    ['DEBROS_WRITE_QUEUE_BATCH_SIZE', '8', (c) => c.writeQueue.batchSize, 8],
    ['DEBROS_WRITE_QUEUE_TIMEOUT', '9s', (c) => c.writeQueue.timeoutMs, 9_000],
    ['DEBROS_WRITE_QUEUE_TX', 'on', (c) => c.writeQueue.transaction, true],
    ['DEBROS_READ_TIMEOUT', '5s', (c) => c.reads.readTimeoutMs, 5_000],
    ['DEBROS_READERS', '2', (c) => c.reads.readersMax, 2],
    ['DEBROS_FOREIGN_KEYS', 'yes', (c) => c.foreignKeys, true],
    ['DEBROS_FOREIGN_KEYS', 'OFF', (c) => c.foreignKeys, false],
    ['DEBROS_AUTO_BACKUP_FILE', '/etc/backup.json', (c) => c.outbound.autoBackupFile, '/etc/backup.json'],
    ['DEBROS_AUTO_RESTORE_FILE', '/etc/r.json', (c) => c.outbound.autoRestoreFile, '/etc/r.json'],
    ['DEBROS_CDC_CONFIG', 'http://sink/', (c) => c.outbound.changeCapture, 'http://sink/'],
    ['DEBROS_HTTP_BODY_LIMIT', '2MiB', (c) => c.http.bodyLimitBytes, 2 * 2 ** 20],
    ['DEBROS_HTTP_LOAD_LIMIT', '3g', (c) => c.http.loadLimitBytes, 3 * 2 ** 30],
    ['DEBROS_RAFT_ELECTION_TIMEOUT', '1m30s', (c) => c.raft.electionTimeoutMs, 90_000],
  ])('%s=%s', (name, value, of, expected) => {
    expect(of(resolveConfig({ env: { [name]: value } }).config)).toEqual(expected)
  })

  test('paths - ~ and variables are replaced', () => {
    const env = { HOME: '/home/fiona', ROOT: '/srv' }
    expect(
      yaml('node:\n  data_dir: ~/debros\n  key_file: $ROOT/$' + '{ROOT}/x~\n', { env }).config,
    ).toMatchObject({
      dataDir: '/home/fiona/debros',
      keyFile: '/srv//srv/x~',
    })
    expect(problemsOf({ ...inFile('node:\n  data_dir: $NOWHERE/x\n'), env })).toEqual([
      'node.data_dir: names the environment variable NOWHERE, which is not set',
    ])
  })
})

describe('file', () => {
  // Contract 4.1: the flat spellings of the founding document mean the same.
  test('flat aliases - stand for the settings in their sections', () => {
    const { config, warnings } = yaml(`
data_dir: /srv/a
key_file: /srv/key
listen_addresses: [/ip4/0.0.0.0/tcp/4100]
rqlite_port: 5100
rqlite_raft_port: 7100
rqlite_join_address: [10.0.0.1:7001, 10.0.0.2:7001]
solana_wallet: ""
logging:
  output_file: /var/log/debros.log
discovery:
  raft_adv_address: 10.0.0.9
`)
    expect(config).toMatchObject({
      role: 'node',
      dataDir: '/srv/a',
      keyFile: '/srv/key',
      listenAddresses: ['/ip4/0.0.0.0/tcp/4100'],
      joinAddresses: ['10.0.0.1:7001', '10.0.0.2:7001'],
      http: { port: 5100 },
      raft: { port: 7100 },
      logging: { file: '/var/log/debros.log' },
    })
    expect(warnings).toEqual([])
  })

  test('two spellings - the one in its section counts, with a warning', () => {
    const { config, warnings } = yaml(
      'data_dir: /a\nnode:\n  data_dir: /b\nlogging:\n  output_file: /x\n  file: /y\n',
    )
    expect([config.dataDir, config.logging.file]).toEqual(['/b', '/y'])
    expect(warnings).toEqual([
      'data_dir is ignored: node.data_dir means the same and is set too',
      'logging.output_file is ignored: logging.file means the same and is set too',
    ])
  })

  test.each([
    [
      'node:\n  listen_adresses: []\n',
      'node.listen_adresses: unknown key; did you mean "node.listen_addresses"?',
    ],
    ['node:\n  rqlite_port: 1\n', 'node.rqlite_port: unknown key; did you mean "database.rqlite_port"?'],
    ['databse:\n  rqlite_port: 1\n', 'databse: unknown key; did you mean "database"?'],
    ['raft:\n  heartbeet: 1s\n', 'raft.heartbeet: unknown key; did you mean "raft.heartbeat"?'],
    ['completely: different\n', 'completely: unknown key'],
    ['node: 5\n', 'node: must be a mapping of settings'],
    ['- a\n', 'test.yaml: must be a mapping of settings'],
    ['just text\n', 'test.yaml: must be a mapping of settings'],
    ['a: b: c\n', 'test.yaml: Nested mappings are not allowed in compact mappings at line 1, column 4'],
    ['node:\n  id: a\n  id: b\n', 'test.yaml: Map keys must be unique at line 3, column 3'],
  ])('%j is refused', (text, problem) => {
    expect(problemsOf(inFile(text))).toEqual([problem])
  })

  test('an alias bomb - is refused, not expanded', () => {
    const levels = Array.from(
      { length: 30 },
      (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}*a${i}]`,
    )
    expect(problemsOf(inFile(['a0: &a0 [x, x]', ...levels].join('\n')))).toEqual([
      'test.yaml: Excessive alias count indicates a resource exhaustion attack',
    ])
  })

  test('all problems - are told together', () => {
    const problems = problemsOf({
      ...inFile(
        'node:\n  data_dir: ""\n  nonsense: 1\ndatabase:\n  rqlite_port: 7001\nraft:\n  heartbeat: 5\n',
      ),
      env: { LOG_LEVEL: 'loud' },
      flags: { 'http-host': 'a:1' },
    })
    expect(problems).toEqual([
      'node.nonsense: unknown key',
      'node.data_dir: must not be empty',
      '--http-host: must be a host name or an IP address, without port',
      'raft.heartbeat: must be a duration such as 300ms, 15s or 1h30m',
      'LOG_LEVEL: must be one of debug, info, warn, error',
      'database.rqlite_raft_port: port 7001 is also that of database.rqlite_port; give each its own',
    ])
  })
})

describe('values', () => {
  test.each([
    [
      'node:\n  listen_addresses: []',
      'node.listen_addresses: must not be empty; for example /ip4/0.0.0.0/tcp/4001',
    ],
    [
      'node:\n  listen_addresses: x',
      'node.listen_addresses: must be a list; for example /ip4/0.0.0.0/tcp/4001',
    ],
    [
      'node:\n  listen_addresses: [5]',
      'node.listen_addresses: must be a list of texts; for example /ip4/0.0.0.0/tcp/4001',
    ],
    ['node:\n  listen_addresses: [4001]', /must be a list of texts/],
    ['node:\n  listen_addresses: ["0.0.0.0:4001"]', /is not a multiaddr/],
    ['node:\n  listen_addresses: [/dns4/a/tcp/1]', /must begin with \/ip4/],
    ['node:\n  listen_addresses: [/ip4/1.2.3.4/udp/1]', /must have a \/tcp/],
    ['node:\n  listen_addresses: [/ip4/1.2.3.4/tcp/0]', /port of 1 to 65535/],
    ['node:\n  listen_addresses: [/ip4/1.2.3.4/tcp/1/ws]', /must end after its port/],
    ['node:\n  listen_addresses: [/ip4/1.2.3.4/tcp/1, /ip4/1.2.3.4/tcp/1]', /is in the list twice/],
    ['node:\n  max_connections: 0', 'node.max_connections: must be a whole number of at least 1'],
    ['node:\n  type: leader', 'node.type: must be one of bootstrap, node'],
    ['node:\n  id: a b', /no blanks/],
    ['node:\n  solana_wallet: short', /base58/],
    ['node:\n  disable_anonrc: maybe', 'node.disable_anon_rc: must be true or false'],
    ['database:\n  rqlite_port: 65536', 'database.rqlite_port: must be a whole number from 1 to 65535'],
    ['database:\n  rqlite_port: 5001.5', 'database.rqlite_port: must be a whole number from 1 to 65535'],
    ['database:\n  rqlite_port: "5001"', 'database.rqlite_port: must be a whole number from 1 to 65535'],
    [
      'database:\n  rqlite_join_address: nohost',
      'database.rqlite_join_address: "nohost" is not host:port; for example 10.0.0.1:7001',
    ],
    ['database:\n  rqlite_join_address: a:7001,b:99999', /"b:99999" is not host:port/],
    ['database:\n  rqlite_join_address: 5', /must be a list/],
    ['database:\n  max_database_size: -1', /must be a number of bytes/],
    ['database:\n  max_database_size: 5x', /must be a number of bytes/],
    ['database:\n  backup_interval: daily', /must be a duration/],
    ['database:\n  replication_factor: 0', /at least 1/],
    ['discovery:\n  discovery_interval: 0s', 'discovery.discovery_interval: is too short'],
    ['discovery:\n  http_adv_address: a b', 'discovery.http_adv_address: must be host or host:port'],
    ['discovery:\n  raft_adv_address: "a:0"', 'discovery.raft_adv_address: must be host or host:port'],
    ['discovery:\n  bootstrap_peers: [/ip4/1.2.3.4/tcp/1]', /must end with \/p2p/],
    ['discovery:\n  node_namespace: a.b', /letters, digits/],
    ['raft:\n  heartbeat: 1ms', 'raft.heartbeat: is too short'],
    ['http:\n  allow_origin: app.example.org', /must be an origin/],
    ['http:\n  rqlite_version: "a\\nb"', /visible ASCII/],
    [
      'cluster:\n  secret: short',
      'cluster.secret: must have at least 16 characters; make one with: openssl rand -hex 32',
    ],
    ['logging:\n  format: xml', 'logging.format: must be one of console, json'],
  ])('%j is refused', (text, problem) => {
    const problems = problemsOf(inFile(text))
    expect(problems).toHaveLength(1)
    expect(problems[0]).toMatch(problem)
  })

  test.each([
    ['host', '10.0.0.5', { host: '10.0.0.5', port: 7001 }],
    ['host and port', 'node.example.org:17001', { host: 'node.example.org', port: 17_001 }],
    ['IPv6', '2001:db8::1', { host: '2001:db8::1', port: 7001 }],
    ['IPv6 in brackets', '[2001:db8::1]', { host: '2001:db8::1', port: 7001 }],
    ['IPv6 and port', '[2001:db8::1]:17001', { host: '2001:db8::1', port: 17_001 }],
  ])('advertised address - %s', (_, text, expected) => {
    expect(yaml(`discovery:\n  raft_adv_address: "${text}"\n`).config.raft.advertise).toEqual(expected)
  })

  test('raft.host - all interfaces once a real address is advertised, unless it is set', () => {
    expect(yaml('discovery:\n  raft_adv_address: 10.0.0.5\n').config.raft.host).toBe('0.0.0.0')
    expect(yaml('discovery:\n  raft_adv_address: 10.0.0.5\nraft:\n  host: 10.0.0.5\n').config.raft.host).toBe(
      '10.0.0.5',
    )
  })
})

describe('relations', () => {
  const join = 'database:\n  rqlite_join_address: 10.0.0.1:7001\n'

  test('role - follows from the join address, and must agree with node.type', () => {
    expect(yaml(join).config.role).toBe('node')
    expect(yaml('node:\n  type: bootstrap\n').config.role).toBe('bootstrap')
    expect(problemsOf(inFile('node:\n  type: node\n'))[0]).toMatch(
      /^database.rqlite_join_address: is required/,
    )
    expect(problemsOf(inFile(`node:\n  type: bootstrap\n${join}`))[0]).toMatch(
      /must be empty when node.type is "bootstrap"/,
    )
    expect(problemsOf(inFile('raft:\n  non_voter: true\n'))[0]).toMatch(/^raft.non_voter: cannot be set/)
    expect(yaml(`${join}raft:\n  non_voter: true\n`).config.raft.voter).toBe(false)
  })

  test('join - a node may be in the list, but not alone', () => {
    const own = (addresses: string) =>
      `database:\n  rqlite_join_address: ${addresses}\ndiscovery:\n  raft_adv_address: 10.0.0.1\n`
    expect(yaml(own('10.0.0.1:7001,10.0.0.2:7001')).config.joinAddresses).toEqual(['10.0.0.2:7001'])
    expect(problemsOf(inFile(own('10.0.0.1:7001')))[0]).toMatch(/a node cannot join itself/)
  })

  test('bootstrap-expect - takes addresses of all nodes, this one or not, and a vote', () => {
    const flags = { 'bootstrap-expect': '3', 'rqlite-join-address': '127.0.0.1:7001,127.0.0.1:7002' }
    const { config } = resolveConfig({ flags })
    expect(config.cluster.bootstrapExpect).toBe(3)
    expect(config.joinAddresses).toEqual(['127.0.0.1:7002'])
    const alone = { 'bootstrap-expect': '1', 'rqlite-join-address': '127.0.0.1:7001' }
    expect(resolveConfig({ flags: alone }).config.joinAddresses).toEqual(['127.0.0.1:7001'])
    expect(problemsOf({ flags: { 'bootstrap-expect': '3' } })).toEqual([
      'database.rqlite_join_address: is required with cluster.bootstrap_expect; give the addresses of all nodes ' +
        'that are to found the cluster, this one among them',
    ])
    expect(problemsOf({ flags: { ...flags, 'raft-non-voter': true } })).toEqual([
      'cluster.bootstrap_expect: is not for a read replica; leave cluster.bootstrap_expect out; a read replica ' +
        'joins whatever the others found',
    ])
  })

  test('ports - each listener has its own', () => {
    expect(problemsOf({ flags: { 'p2p-port': '7001', 'rqlite-http-port': '7001' } })).toEqual([
      'database.rqlite_raft_port: port 7001 is also that of database.rqlite_port; give each its own',
      'node.listen_addresses: port 7001 is also that of database.rqlite_port; give each its own',
    ])
  })

  test('advertised - must be reachable', () => {
    expect(problemsOf({ flags: { 'adv-addr': '0.0.0.0' } }).map((problem) => problem.split(';')[0])).toEqual([
      'discovery.http_adv_address: 0.0.0.0 is no address others can reach',
      'discovery.raft_adv_address: 0.0.0.0 is no address others can reach',
    ])
  })

  test('timing - elections need a few missed heartbeats', () => {
    expect(problemsOf({ flags: { 'raft-heartbeat': '400ms' } })).toEqual([
      'raft.election_timeout: must be at least 3 times raft.heartbeat, here 1.2s; ten times is usual',
    ])
  })

  test('secret - itself or in a file, whichever is stronger, not both', () => {
    const secret = 'x'.repeat(16)
    const file = { name: 't', text: `cluster:\n  secret: ${secret}\n` }
    expect(resolveConfig({ file }).config.clusterSecret).toEqual({ value: secret, file: undefined })
    expect(resolveConfig({ file, env: { DEBROS_CLUSTER_SECRET_FILE: '/x' } }).config.clusterSecret).toEqual({
      value: undefined,
      file: '/x',
    })
    const env = { DEBROS_CLUSTER_SECRET: 'y'.repeat(16) }
    expect(resolveConfig({ file, env }).config.clusterSecret.value).toBe('y'.repeat(16))
    expect(resolveConfig({ env, flags: { 'cluster-secret-file': '/x' } }).config.clusterSecret.file).toBe(
      '/x',
    )
    expect(problemsOf(inFile(`cluster:\n  secret: ${secret}\n  secret_file: /x\n`))[0]).toMatch(
      /are both set/,
    )
  })

  test('outbound - restoring is for the first node, capturing for those that can lead', () => {
    expect(problemsOf({ flags: { 'auto-restore': '/r.json', 'rqlite-join-address': 'a:7001' } })).toEqual([
      expect.stringMatching(/auto_restore_file.*cannot be set on a node that joins a cluster/s),
    ])
    expect(
      problemsOf({
        flags: { 'cdc-config': 'stdout', 'rqlite-join-address': 'a:7001', 'raft-non-voter': true },
      }),
    ).toEqual([expect.stringMatching(/change_capture.*cannot be set on a node that never leads/s)])
  })

  test('change capture - the password of its URL is not shown, but used', () => {
    const { config, entries } = resolveConfig({ flags: { 'cdc-config': 'https://me:hush@sink/x' } })
    expect(config.outbound.changeCapture).toBe('https://me:hush@sink/x')
    expect(entry(entries, 'database.change_capture')).toMatchObject({ value: 'https://me:********@sink/x' })
  })

  test('secret - is never shown', () => {
    const env = { DEBROS_CLUSTER_SECRET: 'do-not-show-this-secret' }
    const resolved = resolveConfig({ env })
    expect(entry(resolved.entries, 'cluster.secret')).toMatchObject({
      value: '********',
      origin: 'DEBROS_CLUSTER_SECRET',
    })
    expect(JSON.stringify([resolved.entries, resolved.warnings])).not.toContain('do-not-show')
  })

  test('warnings - for addresses nobody can use', () => {
    expect(resolveConfig({ flags: { 'adv-addr': '10.0.0.5' } }).warnings).toEqual([
      'discovery.http_adv_address is 10.0.0.5, but the HTTP API listens on 127.0.0.1 only; set http.host to let others in',
    ])
    expect(
      resolveConfig({ flags: { 'adv-addr': '10.0.0.5', 'http-host': '0.0.0.0', 'raft-host': '127.0.0.1' } })
        .warnings,
    ).toEqual([
      'discovery.raft_adv_address is 10.0.0.5, but the node-to-node listener is on 127.0.0.1 only; set raft.host',
      expect.stringMatching(
        /^the HTTP API listens on 0.0.0.0 and asks nobody for a password; set http.auth_file/,
      ),
    ])
    expect(yaml(join).warnings).toEqual([
      'this node joins 10.0.0.1:7001 but advertises 127.0.0.1, where only programs on this machine reach it; set --adv-addr',
    ])
  })
})

describe('HTTPS and users', () => {
  const tls = { 'http-tls-cert-file': '/c.pem', 'http-tls-key-file': '/k.pem' }

  test('HTTPS - takes a certificate and its key', () => {
    expect(resolveConfig({ flags: tls }).config.http.tls).toEqual({
      certFile: '/c.pem',
      keyFile: '/k.pem',
      caFile: undefined,
      verifyClient: false,
      verifyCommonName: undefined,
    })
    const more = {
      'http-tls-ca-file': '/a.pem',
      'http-tls-verify-client': true,
      'http-tls-verify-common-name': 'me',
    }
    expect(resolveConfig({ flags: { ...tls, ...more } }).config.http.tls).toMatchObject({
      caFile: '/a.pem',
      verifyClient: true,
      verifyCommonName: 'me',
    })
    expect(problemsOf({ flags: { 'http-tls-cert-file': '/c.pem' } })).toEqual([
      expect.stringMatching(/^http.tls_key_file: is required with http.tls_cert_file/),
    ])
    expect(problemsOf({ flags: { 'http-tls-key-file': '/k.pem' } })).toEqual([
      expect.stringMatching(/^http.tls_cert_file: is required with http.tls_key_file/),
    ])
    expect(problemsOf({ flags: more })).toEqual([
      expect.stringMatching(/^http.tls_ca_file: means nothing without HTTPS/),
      expect.stringMatching(/^http.tls_verify_client: means nothing/),
      expect.stringMatching(/^http.tls_verify_common_name: means nothing/),
    ])
  })

  test('joining as a user - takes the file that knows it', () => {
    const flags = { 'auth-file': '/auth.json', 'join-as': 'bob' }
    const { config } = resolveConfig({ flags })
    expect([config.http.authFile, config.joinAs]).toEqual(['/auth.json', 'bob'])
    expect(problemsOf({ flags: { 'join-as': 'bob' } })).toEqual([
      expect.stringMatching(/^cluster.join_as: names a user of a file that is not given/),
    ])
  })

  test('warnings - for passwords that travel in clear beyond this machine', () => {
    const warnings = (flags: Record<string, string>) =>
      resolveConfig({ flags: { 'http-host': '0.0.0.0', ...flags } }).warnings
    expect(warnings({})).toEqual([expect.stringMatching(/asks nobody for a password/)])
    expect(warnings({ 'auth-file': '/a' })).toEqual([expect.stringMatching(/travel in clear/)])
    expect(warnings({ 'auth-file': '/a', ...tls })).toEqual([])
  })
})

describe('shorthand flags', () => {
  test('--adv-addr - is the host of both advertised addresses, unless one has its own', () => {
    const { config, entries } = resolveConfig({
      flags: { 'adv-addr': '10.0.0.5', 'http-adv-address': 'api.example.org:80', 'http-host': '0.0.0.0' },
    })
    expect(config.raft.advertise).toEqual({ host: '10.0.0.5', port: 7001 })
    expect(config.http.advertise).toEqual({ host: 'api.example.org', port: 80 })
    expect(entry(entries, 'discovery.raft_adv_address').origin).toBe('--adv-addr')
    expect(problemsOf({ flags: { 'adv-addr': 'a:1' } })).toEqual([
      '--adv-addr: must be a host name or an IP address, without port',
    ])
  })

  test('--p2p-port - changes the port of the one address there would be', () => {
    const { config, entries } = yaml('node:\n  listen_addresses: [/ip4/10.0.0.5/tcp/4001]\n', {
      flags: { 'p2p-port': '4002' },
    })
    expect(config.listenAddresses).toEqual(['/ip4/10.0.0.5/tcp/4002'])
    expect(entry(entries, 'node.listen_addresses')).toMatchObject({ source: 'flag', origin: '--p2p-port' })
    expect(
      problemsOf({
        ...inFile('listen_addresses: [/ip4/1.1.1.1/tcp/1, /ip4/1.1.1.1/tcp/2]'),
        flags: { 'p2p-port': '4' },
      })[0],
    ).toMatch(/^--p2p-port: does not say which/)
    expect(problemsOf({ flags: { 'p2p-port': '4', 'listen-address': ['/ip4/1.1.1.1/tcp/5'] } })[0]).toMatch(
      /does not say which/,
    )
    expect(problemsOf({ flags: { 'p2p-port': 'x' } })).toEqual([
      '--p2p-port: must be a whole number from 1 to 65535',
    ])
  })

  test('switches and lists - as the command line gives them', () => {
    const { config } = resolveConfig({
      flags: {
        'foreign-keys': true,
        'raft-non-voter': 'false',
        'listen-address': ['/ip4/1.1.1.1/tcp/1,/ip4/1.1.1.1/tcp/2', '/ip4/1.1.1.1/tcp/3'],
      },
      env: { DEBROS_RAFT_NON_VOTER: '1' },
    })
    expect(config.foreignKeys).toBe(true)
    expect(config.raft.voter).toBe(true)
    expect(config.listenAddresses).toHaveLength(3)
  })
})

describe('settings without effect', () => {
  test('each that is set - is told once', () => {
    const { warnings } = yaml(
      `
node: {max_connections: 100, solana_wallet: "${'1'.repeat(32)}", disable_anonrc: false}
database: {data_dir: ./db, replication_factor: 2, shard_count: 4, max_database_size: 1g, backup_interval: 12h}
discovery:
  discovery_interval: 5s
  bootstrap_port: 4001
  node_namespace: other
  bootstrap_peers: [/ip4/1.2.3.4/tcp/1/p2p/12D3KooWGzxzKZYveHXtpG6AsrUJBcWxHBFS2HsEoGTxrMLvKXtf]
security: {enable_tls: true, private_key_file: k, certificate_file: c, auth_enabled: true}
`,
      { env: { SHARD_COUNT: '8' } },
    )
    expect(warnings.map((warning) => warning.split(' has no effect')[0])).toEqual([
      'node.solana_wallet',
      'node.max_connections',
      'node.disable_anon_rc',
      'discovery.bootstrap_peers',
      'discovery.discovery_interval',
      'discovery.bootstrap_port',
      'discovery.node_namespace',
      'database.data_dir',
      'database.replication_factor',
      'database.shard_count (SHARD_COUNT)',
      'database.max_database_size',
      'database.backup_interval',
      'security.enable_tls',
      'security.private_key_file',
      'security.certificate_file',
      'security.auth_enabled',
    ])
    expect(warnings).toContain(
      'security.auth_enabled has no effect in this version: the HTTP API answers ANYONE who can reach it',
    )
  })

  test('what asks for no more than is done - is not', () => {
    expect(
      yaml(`
node: {disable_anon_rc: true}
security: {enable_tls: false, private_key_file: "", certificate_file: "", auth_enabled: false}
discovery: {node_namespace: default, bootstrap_peers: []}
`).warnings,
    ).toEqual([])
  })
})
