import { describe, expect, test } from 'vitest'
import { parseCommandLine } from '../../../../src/cli/rqlited/command-line.ts'
import { toHttpInit, toNodeInit } from '../../../../src/cli/rqlited/node-init.ts'
import { resolveNodeInit } from '../../../../src/node/init.ts'

const BUILD = { version: '1.2.3', commit: 'c', buildTime: '' }

function inits(...args: string[]) {
  const line = parseCommandLine([...args, '/data'])
  if (line.kind !== 'run') throw new Error(`not to run: ${line.kind}`)
  const looks = line.values['disco-mode'] !== ''
  const discovery = looks ? { lookUp: async () => [], describe: () => ({}) } : undefined
  const context = { discovery, build: BUILD }
  const node = toNodeInit(line, {
    ...{ clusterSecret: 's', authorization: {}, outbound: {} },
    ...context,
  })
  return { node, http: toHttpInit(line, context), resolved: resolveNodeInit(node) }
}

describe('what the flags of rqlited mean', () => {
  test('nothing given - the addresses of rqlite, and the Raft address as name', () => {
    const { node, http } = inits()
    expect(node).toMatchObject({
      dataDir: '/data',
      firstNodeId: 'localhost:4002',
      raftAddress: 'localhost:4002',
      raftAdvertise: 'localhost:4002',
      joinAddresses: [],
      voter: true,
      foreignKeys: false,
      version: '1.2.3',
    })
    expect(http).toMatchObject({ host: 'localhost', port: 4001, advertise: 'localhost:4001' })
  })

  test('advertised addresses stand for those listened on', () => {
    const { node, http } = inits(
      ...[
        '-http-addr',
        ':4001',
        '-http-adv-addr',
        'db1:80',
        '-raft-addr',
        '[::]:4002',
        '-raft-adv-addr',
        'db1:4002',
      ],
    )
    expect(node).toMatchObject({
      firstNodeId: 'db1:4002',
      raftAddress: '[::]:4002',
      raftAdvertise: 'db1:4002',
    })
    expect(http).toMatchObject({ host: '0.0.0.0', port: 4001, advertise: 'db1:80' })
  })

  test('a free port can only be advertised by whoever listens on it', () => {
    const { node, http } = inits('-http-addr', 'localhost:0', '-raft-addr', 'localhost:0', '-node-id', 'a')
    expect(node).toMatchObject({ nodeId: 'a', raftAddress: 'localhost:0' })
    expect(node.raftAdvertise).toBeUndefined()
    expect(node.firstNodeId).toBeUndefined()
    expect(http.advertise).toBeUndefined()
  })

  test('joining', () => {
    const { resolved } = inits(
      ...['-join', 'a:1, b:2,', '-join-attempts', '2', '-join-interval', '1s', '-raft-non-voter=true'],
    )
    expect(resolved).toMatchObject({
      joinAddresses: ['a:1', 'b:2'],
      joinAttempts: 2,
      joinIntervalMs: 1_000,
      voter: false,
    })
  })

  test('the heartbeat timeout is a follower’s patience', () => {
    expect(inits().resolved.raft).toMatchObject({ tickMs: 20, heartbeatMs: 100, electionTimeoutMs: 1_000 })
    expect(inits('-raft-heartbeat-timeout', '50ms').resolved.raft).toMatchObject({
      tickMs: 5,
      heartbeatMs: 5,
      electionTimeoutMs: 50,
    })
    expect(inits('-raft-heartbeat-timeout', '30s').resolved.raft).toMatchObject({
      tickMs: 20,
      heartbeatMs: 3_000,
      electionTimeoutMs: 30_000,
    })
  })

  test('snapshots - and a quarter more than a snapshot is about is kept behind it', () => {
    expect(inits().resolved.raft).toMatchObject({
      snapshotEntries: 8_192,
      trailingEntries: 10_240,
      snapshotBytes: 16_777_216,
    })
    expect(inits('-raft-snap', '10', '-raft-snap-wal-size', '0').resolved.raft).toMatchObject({
      snapshotEntries: 10,
      trailingEntries: 13,
      snapshotBytes: Number.MAX_SAFE_INTEGER,
    })
  })

  test('founding together - needs others', () => {
    expect(inits('-bootstrap-expect', '3').resolved.bootstrapExpect).toBe(0)
    expect(
      inits('-bootstrap-expect', '3', '-bootstrap-expect-timeout', '1m', '-join', 'localhost:4002,b:1')
        .resolved,
    ).toMatchObject({
      bootstrapExpect: 3,
      bootstrapExpectTimeoutMs: 60_000,
      joinAddresses: ['localhost:4002', 'b:1'],
    })
  })

  test('a replica that looks for others by name waits for them as long as voters do', () => {
    const looks = ['-disco-mode', 'dns', '-raft-non-voter']
    expect(inits(...looks).node.joinAttempts).toBe(40)
    expect(inits(...looks, '-bootstrap-expect-timeout', '1s', '-join-attempts', '7').node.joinAttempts).toBe(
      7,
    )
  })

  test('leaving', () => {
    expect(inits().resolved).toMatchObject({
      removeOnShutdown: false,
      stepdownOnShutdown: true,
      reapNodeTimeoutMs: 0,
      reapReadOnlyNodeTimeoutMs: 0,
    })
    expect(
      inits(
        ...['-raft-cluster-remove-shutdown', '-raft-shutdown-stepdown=false'],
        ...['-raft-reap-node-timeout', '24h', '-raft-reap-read-only-node-timeout', '1m'],
      ).resolved,
    ).toMatchObject({
      removeOnShutdown: true,
      stepdownOnShutdown: false,
      reapNodeTimeoutMs: 86_400_000,
      reapReadOnlyNodeTimeoutMs: 60_000,
    })
  })

  test('queued writes and housekeeping', () => {
    expect(inits().resolved).toMatchObject({
      writeQueue: { capacity: 1_024, batchSize: 128, timeoutMs: 50, transaction: false },
      reads: { readersMax: 4, readTimeoutMs: 30_000 },
      maintenance: { vacuumMs: 0, optimizeMs: 0 },
    })
    expect(
      inits(
        ...['-write-queue-capacity', '10', '-write-queue-batch-size', '2', '-write-queue-timeout', '1s'],
        ...['-write-queue-tx', '-read-timeout', '1m', '-auto-vacuum-int', '24h', '-auto-optimize-int', '1h'],
      ).resolved,
    ).toMatchObject({
      writeQueue: { capacity: 10, batchSize: 2, timeoutMs: 1_000, transaction: true },
      reads: { readersMax: 4, readTimeoutMs: 60_000 },
      maintenance: { vacuumMs: 86_400_000, optimizeMs: 3_600_000 },
    })
  })

  test('HTTPS', () => {
    expect(inits('-http-ca-cert', 'ca.pem').http.tls).toBeUndefined()
    expect(inits('-http-cert', 'c.pem', '-http-key', 'k.pem').http.tls).toEqual({
      certFile: 'c.pem',
      keyFile: 'k.pem',
      verifyClient: false,
    })
    expect(
      inits(
        ...['-http-cert', 'c.pem', '-http-key', 'k.pem', '-http-ca-cert', 'ca.pem'],
        ...['-http-verify-client', '-http-verify-common-name', 'client'],
      ).http.tls,
    ).toEqual({
      certFile: 'c.pem',
      keyFile: 'k.pem',
      caFile: 'ca.pem',
      verifyClient: true,
      verifyCommonName: 'client',
    })
  })

  test('the rest', () => {
    expect(inits('-fk').node.foreignKeys).toBe(true)
    expect(inits('-http-allow-origin', '*').http.allowOrigin).toBe('*')
    expect(inits().http.allowOrigin).toBeUndefined()
  })
})
