import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../../../../src/cli/rqlited/command-line.ts'
import { RQLITED_FLAGS } from '../../../../src/cli/rqlited/flags.ts'

function run(...args: string[]) {
  const line = parseCommandLine(args)
  if (line.kind !== 'run') throw new Error(`not to run: ${line.kind}`)
  return line
}

describe('command line of rqlited', () => {
  test('defaults are those of rqlite', () => {
    const { values, dataDir, notes } = run('/data')
    expect(dataDir).toBe('/data')
    expect(notes).toEqual([])
    expect(values).toMatchObject({
      'node-id': '',
      'http-addr': 'localhost:4001',
      'raft-addr': 'localhost:4002',
      'join-attempts': 5,
      'join-interval': 3_000,
      'bootstrap-expect': 0,
      'bootstrap-expect-timeout': 120_000,
      'disco-key': 'rqlite',
      'raft-snap': 8_192,
      'raft-snap-int': 10_000,
      'raft-heartbeat-timeout': 1_000,
      'raft-election-timeout': 1_000,
      'raft-commit-timeout': 50,
      'raft-apply-timeout': 10_000,
      'raft-log-level': 'WARN',
      'raft-shutdown-stepdown': true,
      'raft-cluster-remove-shutdown': false,
      'write-queue-capacity': 1_024,
      'write-queue-batch-size': 128,
      'write-queue-timeout': 50,
      'db-max-ro-conns': 256,
      'cluster-connect-timeout': 30_000,
      fk: false,
    })
  })

  test('every flag can be given with its default', () => {
    const args = [...RQLITED_FLAGS.values()]
      .filter(({ name }) => !name.startsWith('raft-reap-'))
      .flatMap(({ name, kind, fallback }) =>
        kind === 'bool'
          ? [`-${name}=${fallback}`]
          : [`-${name}`, kind === 'duration' ? `${fallback}ms` : String(fallback)],
      )
    expect(run(...args, 'data').notes).toEqual([])
  })

  test('flags without effect are told, one sentence each', () => {
    expect(
      run('-raft-snap-int', '1s', '-raft-log-level', 'INFO', '-db-max-ro-conns=256', 'data').notes,
    ).toEqual([
      expect.stringMatching(/^-raft-snap-int has no effect: /),
      expect.stringMatching(/^-raft-log-level has no effect: /),
    ])
  })

  test('help and version come before everything else', () => {
    expect(parseCommandLine(['-help'])).toEqual({ kind: 'help' })
    expect(parseCommandLine(['-version'])).toEqual({ kind: 'version' })
    expect(parseCommandLine(['-version', '-join', 'nonsense'])).toEqual({ kind: 'version' })
  })

  test('a flag mistyped - says what may be meant', () => {
    expect(() => run('-raft-adr', 'x', 'data')).toThrow(
      expect.objectContaining({
        code: 'COMMAND_LINE_INVALID',
        message: 'flag provided but not defined: -raft-adr\n(Did you mean -raft-addr?)',
      }),
    )
  })

  test.each([
    [[], 'no data directory is given: it comes last'],
    [['-fk'], 'no data directory is given: it comes last'],
    [['data', '-fk'], 'nothing may follow the data directory (data), but there is "-fk"'],
    [
      ['-http-addr', 'localhost:4002', 'd'],
      'the HTTP and Raft addresses must differ; both are localhost:4002',
    ],
    [
      ['-http-adv-addr', 'h:1', '-raft-adv-addr', 'h:1', 'd'],
      'the advertised HTTP and Raft addresses must differ; both are h:1',
    ],
    [
      ['-http-addr', 'http://h:1', 'd'],
      'HTTP addresses are host:port without http:// or https://, not "http://h:1"',
    ],
    [
      ['-http-adv-addr', 'HTTPS://h:1', 'd'],
      'HTTP addresses are host:port without http:// or https://, not "HTTPS://h:1"',
    ],
    [['-http-addr', 'h', 'd'], '-http-addr: "h" is not host:port'],
    [['-raft-adv-addr', '1.2.3:5', 'd'], '-raft-adv-addr: "1.2.3:5" is not host:port'],
    [
      ['-http-addr', '0.0.0.0:4001', 'd'],
      'the advertised HTTP address 0.0.0.0:4001 is none that others can reach: give one with -http-adv-addr',
    ],
    [
      ['-http-addr', ':4001', 'd'],
      'the advertised HTTP address :4001 is none that others can reach: give one with -http-adv-addr',
    ],
    [
      ['-raft-addr', '[::]:4002', 'd'],
      'the advertised Raft address [::]:4002 is none that others can reach: give one with -raft-adv-addr',
    ],
    [
      ['-raft-adv-addr', '0.0.0.0:4002', 'd'],
      'the advertised Raft address 0.0.0.0:4002 is none that others can reach: give one with -raft-adv-addr',
    ],
    [['-join', 'h', 'd'], '-join: "h" is not host:port'],
    [['-join', 'http://h:4001', 'd'], '-join: "http://h:4001" is not host:port'],
    [
      ['-join', 'h:4002,localhost:4002', 'd'],
      /^-join: localhost:4002 is this node, which cannot join itself/,
    ],
    [['-raft-adv-addr', 'a:1', '-join', 'a:1', 'd'], /^-join: a:1 is this node, which cannot join itself/],
    [['-bootstrap-expect', '3', '-raft-non-voter', '-join', 'a:1', 'd'], /^-bootstrap-expect is for voters/],
    [['-bootstrap-expect', '-1', 'd'], '-bootstrap-expect must not be negative'],
    [['-auto-restore', 'f', '-join', 'a:1', 'd'], /^-auto-restore is for a new cluster/],
    [['-cdc-config', 'http://h', '-raft-non-voter', '-join', 'a:1', 'd'], /^-cdc-config is for voters/],
    [['-join-as', 'bob', '-join', 'a:1', 'd'], /^-join-as names a user of the -auth file/],
    [['-join-attempts', '0', 'd'], '-join-attempts must be at least 1'],
    [['-raft-snap', '0', 'd'], '-raft-snap must be at least 1'],
    [['-raft-heartbeat-timeout', '5ms', 'd'], '-raft-heartbeat-timeout must be at least 50ms'],
    [
      ['-raft-reap-node-timeout', '0s', 'd'],
      '-raft-reap-node-timeout must be more than 0; leave it out to remove nobody',
    ],
    [['-http-cert', 'c.pem', 'd'], '-http-cert and -http-key go together: give both or neither'],
    [['-http-verify-client', 'd'], /^-http-verify-client is about certificates of clients/],
    [['-disco-mode', 'dns', '-join', 'a:1', 'd'], /^-disco-mode finds the nodes to join/],
    [['-disco-mode', 'dns', 'd'], /^-disco-mode dns needs -bootstrap-expect/],
    [['-disco-mode', 'consul-kv', 'd'], /^-disco-mode consul-kv is not supported: use dns or dns-srv/],
    [['-disco-mode', 'mdns', 'd'], '-disco-mode must be dns or dns-srv, not "mdns"'],
    [['-disco-config', '{}', 'd'], '-disco-config is of no use without -disco-mode'],
    [
      ['-auto-restore', 'f', '-disco-mode', 'dns', '-bootstrap-expect', '3', 'd'],
      /^-auto-restore is for a new/,
    ],
    [
      ['-node-cert', 'c.pem', '-node-key', 'k.pem', 'd'],
      /^-node-cert is not supported: .* -cluster-secret-file/,
    ],
    [['-node-no-verify', 'd'], /^-node-no-verify is not supported/],
    [['-write-queue-capacity', '0', 'd'], '-write-queue-capacity must be at least 1'],
    [['-auto-vacuum-int', '-1h', 'd'], '-auto-vacuum-int must not be negative'],
    [['-extensions-path', 'x.so', 'd'], /^-extensions-path is not supported: SQLite runs as WebAssembly/],
    [['-otlp-endpoint', 'h:1', 'd'], /^-otlp-endpoint is not supported: .*GET \/metrics/],
    [['-cpu-profile', 'f', 'd'], /^-cpu-profile is not supported: .*--cpu-prof/],
  ])('%j - refused', (args, message) => {
    expect(() => run(...args)).toThrow(
      expect.objectContaining({
        code: 'RQLITED_REFUSED',
        message: typeof message === 'string' ? message : expect.stringMatching(message),
      }),
    )
  })

  test('a node may be among those it is to found a cluster with', () => {
    expect(run('-bootstrap-expect', '3', '-join', 'localhost:4002,b:1,c:1', 'd').values.join).toBe(
      'localhost:4002,b:1,c:1',
    )
  })
})
