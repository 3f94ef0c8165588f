/** GET /status: the keys rqlite's clients read, as far as they have a true value here. */
import { errorMessage, exactInteger, formatDuration, formatHostPort } from '../base/index.ts'
import type { NodeStatus, WriteQueueStatus } from '../node/index.ts'
import type { RequestContext, ServerContext } from './context.ts'
import { describeOutbound } from './describe-outbound.ts'
import { describeProcess } from './describe-process.ts'
import { type HttpReply, jsonReply } from './reply.ts'
import type { HttpTlsInit } from './types.ts'
import { within } from './within.ts'

/** Always 200, also before the node is open: this is where one looks when something is wrong. */
export async function handleStatus(context: RequestContext): Promise<HttpReply> {
  const { server, parameters } = context
  const { store, ...others } = await describeNode(server, parameters.timeoutMs)
  const document = {
    build: describeBuild(server),
    ...others,
    http: describeHttp(server),
    ...(server.discovery && { disco: server.discovery() }),
    ...describeProcess(server),
    // None can be loaded: what a replica computes must not hang on what is installed beside it.
    extensions: { names: [] },
    store,
  }
  return jsonReply(subDocument(document, parameters.get('key') ?? ''), parameters.has('pretty'))
}

/** `a.b.c`: what stands there. Nothing there is `{}`; going on below a scalar stays at the scalar. */
function subDocument(document: unknown, key: string): unknown {
  if (key === '') return document
  let current = document
  for (const name of key.split('.')) {
    if (typeof current !== 'object' || current === null) return current
    if (!Object.hasOwn(current, name)) return {}
    current = (current as Record<string, unknown>)[name] // it is an object
  }
  return current
}

function describeBuild({ build }: ServerContext): object {
  return {
    version: build.version,
    commit: build.commit,
    build_time: build.buildTime,
    compiler: 'node',
    compiler_toolchain: process.version,
  }
}

function describeHttp({ boundAddress, allowOrigin, authorizer, node, tls }: ServerContext): object {
  const queue = node()?.queuedWrites.status
  const bound = boundAddress()
  return {
    ...(bound && { bind_addr: formatHostPort(bound) }),
    ...(queue && { queue: { _default: describeQueue(queue) } }),
    // By this, clients know that a write whose answer was lost may be made again under its Idempotency-Key.
    idempotent_writes: true,
    auth: authorizer?.enabled === true ? 'enabled' : 'disabled',
    tls: describeTls(tls),
    ...(allowOrigin !== undefined && { allow_origin: allowOrigin }),
  }
}

function describeTls(tls: HttpTlsInit | undefined): object {
  if (tls === undefined) return { enabled: 'false' }
  const { certFile, keyFile, caFile, verifyClient, verifyCommonName } = tls
  return {
    enabled: 'true',
    cert_file: certFile,
    key_file: keyFile,
    ...(caFile !== undefined && { ca_file: caFile }),
    client_verification: verifyClient === true || verifyCommonName !== undefined ? 'enabled' : 'disabled',
    ...(verifyCommonName !== undefined && { client_common_name: verifyCommonName }),
  }
}

function describeQueue({ capacity, batchSize, timeoutMs, length, sequenceNumber }: WriteQueueStatus): object {
  return {
    max_size: capacity,
    batch_size: batchSize,
    timeout: formatDuration(timeoutMs),
    length,
    sequence_number: exactInteger(sequenceNumber),
  }
}

async function describeNode(
  server: ServerContext,
  timeoutMs: number,
): Promise<{ store: object } & Record<string, object>> {
  const node = server.node()
  if (node === undefined) return { store: { open: false } }
  try {
    const [status, pragmas] = await within(
      timeoutMs,
      Promise.all([node.cluster.status(), server.pragmas.read(node)]),
    )
    const cluster = {
      addr: status.address,
      api_addr: status.apiAddress,
      https: String(server.tls !== undefined),
    }
    return { store: describeStore(status, pragmas), cluster, ...describeOutbound(status) }
  } catch (error) {
    return { store: { open: true, error: errorMessage(error) } }
  }
}

function describeStore(status: NodeStatus, pragmas: object | undefined): object {
  const { raft, settings } = status
  return {
    open: true,
    node_id: status.nodeId,
    peer_id: status.peerId,
    cluster_id: status.clusterId,
    addr: status.address,
    ready: status.ready,
    ...(status.detached && { detached: status.detached }),
    dir: status.dataDir,
    dir_size: status.dataDirBytes,
    dir_size_friendly: friendlyBytes(status.dataDirBytes),
    leader: { addr: status.leader?.address ?? '', node_id: status.leader?.id ?? '' },
    fsm_index: raft.appliedIndex,
    db_applied_index: status.dbAppliedIndex,
    raft: describeRaft(status),
    integrity: describeIntegrity(status),
    cdc: {
      enabled: status.outbound.changeCapture.endpoint !== undefined,
      registered: status.outbound.changeCapture.capturing,
    },
    nodes: status.members.map(({ id, address, voter }) => ({
      id,
      addr: address,
      suffrage: voter ? 'voter' : 'nonvoter',
    })),
    heartbeat_timeout: formatDuration(settings.heartbeatMs),
    election_timeout: formatDuration(settings.electionTimeoutMs),
    snapshot_threshold: settings.snapshotThreshold,
    trailing_logs: settings.trailingLogs,
    snapshot_store: {
      snapshots: raft.snapshotIndex > 0 ? [`${raft.snapshotTerm}-${raft.snapshotIndex}`] : [],
    },
    sqlite3: describeSqlite(status, pragmas),
  }
}

function describeRaft({ raft, members, nodeId }: NodeStatus): object {
  return {
    state: raft.state,
    voter: raft.voter,
    term: raft.term,
    last_log_index: raft.lastLogIndex,
    last_log_term: raft.lastLogTerm,
    commit_index: raft.commitIndex,
    applied_index: raft.appliedIndex,
    fsm_pending: raft.pendingApply,
    last_snapshot_index: raft.snapshotIndex,
    last_snapshot_term: raft.snapshotTerm,
    log_entries: raft.logEntries,
    log_size: raft.logBytes,
    num_peers: members.filter(({ id, voter }) => voter && id !== nodeId).length,
    last_contact:
      raft.state === 'Leader'
        ? 0
        : raft.lastContactMs === undefined
          ? 'never'
          : formatDuration(raft.lastContactMs),
  }
}

/** The last comparison of all replicas' data. */
function describeIntegrity({ integrity }: NodeStatus): object {
  if (integrity === undefined) return { state: 'unchecked' }
  const { index, timeMs, agreeing, diverged, unchecked } = integrity
  const state = diverged.length > 0 ? 'DIVERGED' : 'equal'
  return { state, index, time: new Date(timeMs).toISOString(), agreeing, diverged, unchecked }
}

/** One connection serves reads and writes, so both have the same pragmas. */
function describeSqlite({ sqlite }: NodeStatus, pragmas: object | undefined): object {
  return {
    version: sqlite.version,
    size: sqlite.sizeBytes,
    db_size: sqlite.sizeBytes,
    db_size_friendly: friendlyBytes(sqlite.sizeBytes),
    compile_options: sqlite.compileOptions,
    ...(pragmas && { pragmas: { ro: pragmas, rw: pragmas } }),
    namespaces: sqlite.namespaces.map(({ name, sizeBytes }) => ({ name, size: sizeBytes })),
  }
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

function friendlyBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1)
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`
}
