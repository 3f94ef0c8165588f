/** From the configuration to what the node and its HTTP API take. The only place that knows both. */
import { formatHostPort } from '../base/index.ts'
import type { NodeConfig } from '../config/index.ts'
import type { HttpServerInit } from '../http/index.ts'
import type { NodeInit } from '../node/index.ts'
import type { BuildInfo } from './build-info.ts'
import type { OutboundInit } from './outbound-init.ts'

/** Fine enough to time elections by; a shorter heartbeat needs a finer one. */
const TICK_MS_MAX = 20

export interface NodeInitContext {
  readonly clusterSecret: string
  readonly authorization: Pick<NodeInit, 'authorizer' | 'joinCredentials'>
  readonly outbound: OutboundInit
  readonly build: BuildInfo
}

export function toNodeInit(config: NodeConfig, context: NodeInitContext): Omit<NodeInit, 'door' | 'logger'> {
  const { raft, cluster } = config
  const { joinAttempts, ...starting } = cluster
  const { clusterSecret, authorization, outbound, build } = context
  return {
    dataDir: config.dataDir,
    ...(config.nodeId !== undefined && { nodeId: config.nodeId }),
    ...(config.keyFile !== undefined && { keyFile: config.keyFile }),
    listenAddresses: config.listenAddresses,
    raftAddress: formatHostPort(raft),
    raftAdvertise: formatHostPort(raft.advertise),
    joinAddresses: config.joinAddresses,
    ...starting,
    ...(joinAttempts > 0 && { joinAttempts }),
    clusterSecret,
    voter: raft.voter,
    foreignKeys: config.foreignKeys,
    writeTimeoutMs: config.writeTimeoutMs,
    ...authorization,
    ...outbound,
    writeQueue: config.writeQueue,
    reads: config.reads,
    integrityIntervalMs: raft.integrityIntervalMs,
    raft: {
      tickMs: Math.min(TICK_MS_MAX, raft.heartbeatMs),
      heartbeatMs: raft.heartbeatMs,
      electionTimeoutMs: raft.electionTimeoutMs,
      snapshotEntries: raft.snapshotThreshold,
      trailingEntries: raft.snapshotTrailing,
      snapshotBytesPerSecond: raft.snapshotBytesPerSecond,
    },
    version: build.version,
  }
}

/** All bodies together may take four times what one may. */
const BODIES_IN_FLIGHT = 4

export function toHttpInit({ http }: NodeConfig, build: BuildInfo): HttpServerInit {
  return {
    host: http.host,
    port: http.port,
    advertise: formatHostPort(http.advertise),
    rqliteVersion: http.rqliteVersion,
    ...(http.allowOrigin !== undefined && { allowOrigin: http.allowOrigin }),
    ...(http.tls !== undefined && { tls: toTlsInit(http.tls) }),
    build,
    limits: {
      bodyBytesMax: http.bodyLimitBytes,
      loadBytesMax: http.loadLimitBytes,
      bodyBytesInFlightMax: BODIES_IN_FLIGHT * http.bodyLimitBytes,
    },
  }
}

function toTlsInit(tls: NonNullable<NodeConfig['http']['tls']>): NonNullable<HttpServerInit['tls']> {
  const { certFile, keyFile, caFile, verifyClient, verifyCommonName } = tls
  return {
    certFile,
    keyFile,
    verifyClient,
    ...(caFile !== undefined && { caFile }),
    ...(verifyCommonName !== undefined && { verifyCommonName }),
  }
}
