/** From rqlited's flags to what the node and its HTTP API take. */
import { formatHostPort, type HostPort } from '../../base/index.ts'
import type { HttpServerInit, HttpTlsInit } from '../../http/index.ts'
import type { NodeInit } from '../../node/index.ts'
import type { BuildInfo } from '../build-info.ts'
import type { OutboundInit } from '../outbound-init.ts'
import { addressList, parseListenAddress } from './addresses.ts'
import type { RqlitedCommandLine } from './command-line.ts'
import type { Discovery } from './discovery.ts'

/** A leader shows so often within a heartbeat timeout that it is alive; a few may be late. */
const HEARTBEATS_PER_TIMEOUT = 10

/** Fine enough to time elections by; a shorter heartbeat needs a finer one. */
const TICK_MS_MAX = 20

/** As rqlite keeps its log: a follower behind by less than this needs no snapshot. */
const TRAILING_PER_SNAPSHOT = 1.25

export interface RqlitedContext {
  readonly clusterSecret: string
  /** What the -auth file says, if there is one. */
  readonly authorization: Pick<NodeInit, 'authorizer' | 'joinCredentials'>
  readonly discovery: Discovery | undefined
  readonly outbound: OutboundInit
  readonly build: BuildInfo
}

export function toNodeInit(
  { values, dataDir }: RqlitedCommandLine,
  { clusterSecret, authorization, discovery, outbound, build }: RqlitedContext,
): Omit<NodeInit, 'door' | 'logger'> {
  const raft = listener(values['raft-addr'], values['raft-adv-addr'])
  const nodeId = values['node-id']
  const joinAddresses = addressList(values.join)
  return {
    dataDir,
    ...(nodeId !== '' && { nodeId }),
    ...(raft.advertise !== undefined && { firstNodeId: raft.advertise }),
    raftAddress: formatHostPort(raft.bind),
    ...(raft.advertise !== undefined && { raftAdvertise: raft.advertise }),
    joinAddresses,
    ...(discovery && { discoverAddresses: () => discovery.lookUp() }),
    // Without others to found a cluster with, a node founds its own.
    bootstrapExpect: joinAddresses.length === 0 && discovery === undefined ? 0 : values['bootstrap-expect'],
    bootstrapExpectTimeoutMs: values['bootstrap-expect-timeout'],
    joinAttempts: joinAttempts(values),
    joinIntervalMs: values['join-interval'],
    clusterSecret,
    ...authorization,
    voter: !values['raft-non-voter'],
    foreignKeys: values.fk,
    removeOnShutdown: values['raft-cluster-remove-shutdown'],
    stepdownOnShutdown: values['raft-shutdown-stepdown'],
    reapNodeTimeoutMs: values['raft-reap-node-timeout'],
    reapReadOnlyNodeTimeoutMs: values['raft-reap-read-only-node-timeout'],
    writeQueue: {
      capacity: values['write-queue-capacity'],
      batchSize: values['write-queue-batch-size'],
      timeoutMs: values['write-queue-timeout'],
      transaction: values['write-queue-tx'],
    },
    reads: { readTimeoutMs: values['read-timeout'] },
    maintenance: { vacuumMs: values['auto-vacuum-int'], optimizeMs: values['auto-optimize-int'] },
    raft: raftSettings(values),
    ...outbound,
    version: build.version,
  }
}

/** A node that looks for others by name waits for them as long as one that founds a cluster with them. */
function joinAttempts(values: RqlitedCommandLine['values']): number {
  const attempts = values['join-attempts']
  if (values['disco-mode'] === '') return attempts
  const rounds = values['bootstrap-expect-timeout'] / Math.max(1, values['join-interval'])
  return Math.max(attempts, Math.ceil(rounds))
}

function raftSettings(values: RqlitedCommandLine['values']): NonNullable<NodeInit['raft']> {
  // What rqlite calls heartbeat timeout is a follower's patience.
  const electionTimeoutMs = Math.ceil(values['raft-heartbeat-timeout'])
  const heartbeatMs = Math.floor(electionTimeoutMs / HEARTBEATS_PER_TIMEOUT)
  const snapshotEntries = values['raft-snap']
  return {
    tickMs: Math.min(TICK_MS_MAX, heartbeatMs),
    heartbeatMs,
    electionTimeoutMs,
    snapshotEntries,
    trailingEntries: Math.ceil(snapshotEntries * TRAILING_PER_SNAPSHOT),
    snapshotBytes: values['raft-snap-wal-size'] || Number.MAX_SAFE_INTEGER,
  }
}

export function toHttpInit(
  { values }: RqlitedCommandLine,
  { build, discovery }: Pick<RqlitedContext, 'build' | 'discovery'>,
): HttpServerInit {
  const { bind, advertise } = listener(values['http-addr'], values['http-adv-addr'])
  return {
    host: bind.host,
    port: bind.port,
    ...(advertise !== undefined && { advertise }),
    ...(values['http-allow-origin'] !== '' && { allowOrigin: values['http-allow-origin'] }),
    ...(values['http-cert'] !== '' && { tls: tlsInit(values) }),
    ...(discovery && { discovery: () => discovery.describe() }),
    build,
  }
}

function tlsInit(values: RqlitedCommandLine['values']): HttpTlsInit {
  const caFile = values['http-ca-cert']
  const verifyCommonName = values['http-verify-common-name']
  return {
    certFile: values['http-cert'],
    keyFile: values['http-key'],
    ...(caFile !== '' && { caFile }),
    verifyClient: values['http-verify-client'],
    ...(verifyCommonName !== '' && { verifyCommonName }),
  }
}

interface ListenerAddresses {
  readonly bind: HostPort
  /** As it was given; undefined if it is where it listens, which only the listener can tell. */
  readonly advertise: string | undefined
}

/** Both were checked. */
function listener(bindText: string, advertiseText: string): ListenerAddresses {
  const bind = parseListenAddress(bindText) as HostPort
  const advertise = advertiseText || (bind.port === 0 ? undefined : bindText)
  return { bind, advertise }
}
