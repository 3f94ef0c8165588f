/** The `store` part of `/status`: rqlite's keys, as far as they have a true value here, and a few of our own. */
import { formatDuration } from '../base/index.ts'
import type { LeaderAddress, NodeStatus } from '../node/index.ts'

export function describeStore(status: NodeStatus, pragmas: object | undefined): object {
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
    leader: describeLeader(status.leader),
    fsm_index: raft.appliedIndex,
    fsm_term: raft.appliedTerm,
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
    db_conf: { fk_constraints: settings.foreignKeys },
    heartbeat_timeout: formatDuration(settings.heartbeatMs),
    election_timeout: formatDuration(settings.electionTimeoutMs),
    snapshot_threshold: settings.snapshotThreshold,
    trailing_logs: settings.trailingLogs,
    reap_timeout: formatDuration(settings.reapNodeTimeoutMs),
    reap_read_only_timeout: formatDuration(settings.reapReadOnlyNodeTimeoutMs),
    snapshot_store: {
      dir: status.snapshots.location,
      dir_size: status.snapshots.bytes,
      snapshots: status.snapshots.stored.map(({ index, term }) => `${term}-${index}`),
    },
    sqlite3: describeSqlite(status, pragmas),
  }
}

/** An object of empty texts while there is none. */
export function describeLeader(leader: LeaderAddress | undefined): object {
  return { addr: leader?.address ?? '', node_id: leader?.id ?? '' }
}

function describeRaft({ raft, members, nodeId, leader }: NodeStatus): object {
  return {
    node_id: nodeId,
    leader_addr: leader?.address ?? '',
    leader_id: leader?.id ?? '',
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
    latest_configuration: members.map(({ id, address, voter }) => ({
      id,
      address,
      suffrage: voter ? 'Voter' : 'Nonvoter',
    })),
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
    // None is ever left open: what a request begins, it ends.
    transaction: { ro: false, rw: false },
    namespaces: sqlite.namespaces.map(({ name, sizeBytes }) => ({ name, size: sizeBytes })),
  }
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

function friendlyBytes(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), UNITS.length - 1)
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${UNITS[power]}`
}
