/** What a node offers to its doors (HTTP, gateway, RPC, command line) and to programs that embed it. */
import type { Counters } from '../base/index.ts'
import type { KvEntry, KvListOptions, KvOperation, KvPage, KvResult } from '../kv/index.ts'
import type { SqlResult, SqlStatement } from '../sql/index.ts'
import type { Credentials } from './authorization.ts'
import type { IntegrityReport } from './integrity-report.ts'
import type { OutboundStatus } from './outbound/outbound.ts'

/** rqlite's read levels. */
export type ReadLevel = 'none' | 'weak' | 'linearizable' | 'strong' | 'auto'

export interface CallOptions {
  readonly signal?: AbortSignal
  /** How long to wait for an answer. @default 10_000 */
  readonly timeoutMs?: number
  /** @default 'default' */
  readonly namespace?: string
  /** The caller's, for the leader to check again where this node passes the request on. @default none */
  readonly credentials?: Credentials
}

export interface RequestOptions {
  /**
   * Names the request, so that it may be made again after its answer was lost, through any node: it is
   * applied once, and gets its first answer. 1 to 256 characters, chosen so that nobody chooses the same.
   * Remembered for 15 minutes, or as long as the limits of docs/reference/limits.md allow. Without one,
   * only the node that was asked repeats the request, for as long as the caller waits.
   */
  readonly requestId?: string
}

export interface ExecutionOptions {
  /**
   * How long all statements together may run, in milliseconds, fractions included. What takes longer ends with
   * the error `query timeout` or `execute timeout`. A read is held to the clock, and rejected with
   * `SQL_TIMEOUT` if its time is over before it began; what goes through the log is held to so many instructions
   * of SQLite, on every replica alike, and not counting the wait. @default a read has no limit, a write that of the
   * leader's `writeTimeoutMs`
   */
  readonly executionTimeoutMs?: number
}

export interface WriteOptions extends CallOptions, RequestOptions, ExecutionOptions {
  /** All statements or none. @default false */
  readonly transaction?: boolean
}

export interface ReadOptions extends CallOptions, RequestOptions, ExecutionOptions {
  /** @default 'weak' */
  readonly level?: ReadLevel
  readonly transaction?: boolean
  /** Level none on a follower: refuse if the leader was last heard longer ago than this. 0 = never. */
  readonly freshnessMs?: number
  /** With `freshnessMs`: also refuse if what is applied here is older than that. */
  readonly freshnessStrict?: boolean
  /** Names of columns become `table.column` where it is known from which table they come. @default false */
  readonly qualifyColumns?: boolean
  /** Level linearizable: how long to wait for the state machine. @default 10_000 */
  readonly linearizableTimeoutMs?: number
}

/** A statement: its text alone, or with parameters. */
export type StatementInput = string | (Pick<SqlStatement, 'sql'> & Partial<SqlStatement>)

export interface BackupOptions extends CallOptions {
  /**
   * - `binary`: a SQLite file in write-ahead-log mode, as rqlite gives it, that needs no other file;
   * - `delete`: one in rollback-journal mode;
   * - `sql`: statements that make such a database, as text in UTF-8.
   * @default 'binary'
   */
  readonly format?: 'binary' | 'delete' | 'sql'
  /** `binary` only: without gaps, as small as can be, and in rollback-journal mode. @default false */
  readonly vacuum?: boolean
  /** `sql` only: these tables, of which some may not exist, with their indexes and triggers. @default all there is */
  readonly tables?: readonly string[]
  /** This node's data as it is, without asking whether that is all there is. @default false */
  readonly local?: boolean
}

export interface Backup {
  readonly servedBy: string
  /**
   * What was acknowledged before the call, and of later writes none or some, but no half transaction. To be
   * read once, at any pace: the node goes on meanwhile. A backup that is not read for five minutes fails
   * with `BACKUP_EXPIRED`; end an iteration early (`return`) to give it back at once. Fails where the rest
   * cannot be told; what was read is then no backup.
   */
  readonly chunks: AsyncIterable<Uint8Array>
}

export interface LoadOptions extends CallOptions {
  /**
   * How long each piece may take to be replicated. How long there is for all of them, and for carrying out
   * what was loaded, does not depend on it. @default 10_000
   */
  readonly timeoutMs?: number
  /** Unpacked. @default 2 GiB */
  readonly bytesMax?: number
}

export interface DatabaseResponse {
  readonly results: readonly SqlResult[]
  /** Log index of the entry, for what went through the log. */
  readonly raftIndex: number | undefined
  /** The node that did the work: its HTTP address if it is this one, else its node-to-node address. */
  readonly servedBy: string
}

export interface ParsedStatement {
  readonly original: string
  /** As it would stand in the log: as it is, since what could differ between replicas draws from the log. */
  readonly rewritten?: string
  readonly error?: string
}

/**
 * The replicated SQL database. Rejections are DebrosErrors:
 * - `RAFT_NO_LEADER` (not-applied, retryable): no leader is known within the time allowed;
 * - `RAFT_LEADERSHIP_LOST` (unknown): the write may or may not be committed;
 * - `REQUEST_ANSWER_LOST` (applied): an earlier attempt was applied, its answer was too large to keep;
 * - `REQUEST_FORGOTTEN` (not-applied by this attempt, retryable): too late to tell whether an earlier one was;
 * - `RAFT_BUSY` (not-applied, retryable): more comes than can be done, or queues are full;
 * - `CALL_TIMEOUT` (unknown for writes, not-applied for reads);
 * - `SQL_STALE_READ` (not-applied): the freshness asked for cannot be given here;
 * - `SQL_TIMEOUT` (not-applied): see {@link ExecutionOptions};
 * - `SQL_DISALLOWED_PRAGMA`, `SQL_TOO_LARGE`, `NAMESPACE_INVALID`, `REQUEST_INVALID` (not-applied): the request is at
 *   fault.
 * An error of a statement is not a rejection but a result of kind `error`.
 */
export interface DatabaseService {
  /**
   * Throws `RAFT_BUSY` if such requests are refused at the moment, because more comes than can be done: for who can
   * tell its caller before it has read the request.
   */
  admit(kind: 'read' | 'write'): void
  /** Threads that read are there. The first read makes one, which takes some time and memory. */
  readonly hasReaders: boolean
  execute(statements: readonly StatementInput[], options?: WriteOptions): Promise<DatabaseResponse>
  query(statements: readonly StatementInput[], options?: ReadOptions): Promise<DatabaseResponse>
  /**
   * Looks at statements without running them, on this node. A statement in error is one that has no chance:
   * its grammar is wrong, or this database refuses it.
   */
  parse(statements: readonly StatementInput[], options?: CallOptions): Promise<readonly ParsedStatement[]>
  /** Reads and writes mixed: through the log if any statement may write or the level is strong. */
  request(statements: readonly StatementInput[], options?: ReadOptions): Promise<DatabaseResponse>
  /**
   * A copy of a namespace's database. Resolves once it is certain what is in it. Besides the above:
   * `BACKUP_BUSY` (retryable): so many are being taken here; `BACKUP_INVALID`: the options do not go together.
   */
  backup(options?: BackupOptions): Promise<Backup>
  /**
   * Loads what `source` holds, on every node, through the log; packed with gzip or not:
   * - a SQLite file replaces the namespace's database. It is read to its end and checked before anything is
   *   replicated. No results;
   * - a text of SQL, such as a dump, is run: all of it, or nothing. One result, that of its last statement,
   *   or an error.
   *
   * Who reads or writes meanwhile sees the database before or after. Besides the above:
   * - `SQL_IMAGE_INVALID`, `LOAD_INVALID` (not-applied): the source is at fault;
   * - `LOAD_TOO_LARGE` (not-applied);
   * - `SCRATCH_BUSY` (not-applied, retryable): so many are under way here;
   * - `LOAD_FAILED`: not-applied and retryable if it was not replicated in full; unknown if a file was, and
   *   nobody has told what became of it. Loading it again is harmless, if nobody has written meanwhile.
   */
  load(source: AsyncIterable<Uint8Array>, options?: LoadOptions): Promise<DatabaseResponse>
  /**
   * Loads a SQLite file into a cluster that is this node alone, as its first data. `BOOT_REFUSED`: it is not
   * alone, or does not lead, or the file has not even a header; otherwise as `load`.
   */
  boot(source: AsyncIterable<Uint8Array>, options?: LoadOptions): Promise<DatabaseResponse>
}

export interface QueueOptions extends Omit<CallOptions, 'timeoutMs'>, RequestOptions {
  /** How long to wait for room in the queue. @default 10_000 */
  readonly timeoutMs?: number
}

export interface QueuedWrite {
  /** Higher than those of all writes this node queued before; the first is drawn from the clock. */
  readonly sequenceNumber: bigint
  /**
   * Settles once the write and all before it are through. What statements do wrong is no rejection, as with
   * `execute`. `QUEUE_STOPPED`, or what `execute` rejects with: it was given up.
   */
  readonly written: Promise<void>
}

export interface WriteQueueStatus {
  readonly capacity: number
  readonly batchSize: number
  readonly timeoutMs: number
  readonly transaction: boolean
  /** Writes accepted and not yet written. */
  readonly length: number
  /** The highest number that is through; 0 before the first. */
  readonly sequenceNumber: bigint
}

/**
 * Writes that are answered before they are done. This node gathers them in batches, each one entry of the
 * log, in the order they came. What is queued is in memory: a node that dies loses it. A batch for which
 * there is no leader is tried again until there is one, and applied once.
 */
export interface WriteQueue {
  /**
   * Resolves once the write is accepted. Rejects as `execute` does for what is wrong with the request itself,
   * or with `QUEUE_FULL` (not-applied, retryable), `QUEUE_STOPPED` (not-applied).
   */
  enqueue(statements: readonly StatementInput[], options?: QueueOptions): Promise<QueuedWrite>
  /** A write of nothing, which lets what is before it be written at once. */
  flush(options?: QueueOptions): Promise<QueuedWrite>
  readonly status: WriteQueueStatus
}

export interface StorageReadOptions extends CallOptions {
  /** @default 'linearizable' */
  readonly level?: 'none' | 'weak' | 'linearizable'
}

export interface StorageWriteOptions extends CallOptions, RequestOptions {}

/** The replicated key-value store. Rejects as {@link DatabaseService} does, with `KV_*` for bad input. */
export interface StorageService {
  get(key: Uint8Array, options?: StorageReadOptions): Promise<KvEntry | undefined>
  exists(key: Uint8Array, options?: StorageReadOptions): Promise<boolean>
  list(options?: StorageReadOptions & KvListOptions): Promise<KvPage>
  put(key: Uint8Array, value: Uint8Array, options?: StorageWriteOptions): Promise<KvResult>
  delete(key: Uint8Array, options?: StorageWriteOptions): Promise<KvResult>
  compareAndSwap(
    operation: Omit<Extract<KvOperation, { kind: 'compare-and-swap' }>, 'kind'>,
    options?: StorageWriteOptions,
  ): Promise<KvResult>
  /** All operations, or none if a comparison fails. */
  batch(operations: readonly KvOperation[], options?: StorageWriteOptions): Promise<KvResult>
}

/** One member as `/nodes` and `/leader` show it. */
export interface NodeDescription {
  readonly id: string
  /** Full URL of its HTTP API; "" while unreachable. */
  readonly apiAddress: string
  /** `host:port` of its node-to-node listener. */
  readonly address: string
  readonly version: string
  readonly voter: boolean
  readonly reachable: boolean
  readonly leader: boolean
  /** Seconds it took to answer. */
  readonly time: number
  /** Why it is not reachable; "" otherwise. */
  readonly error: string
}

export interface TransferOptions extends CallOptions {
  /** Node id of the voter that is to lead. @default whichever is the most up to date */
  readonly to?: string
}

export interface Transferred {
  /** Node id of the leader there is now. */
  readonly leader: string
  /** The node that was the leader: its HTTP address if it is this one, else its node-to-node address. */
  readonly servedBy: string
}

export interface Removed {
  /** False if there was no such member. */
  readonly removed: boolean
  readonly servedBy: string
}

export interface SnapshotOptions extends CallOptions {
  /** Log entries that stay behind it, besides those that followers still need. @default as configured */
  readonly trailingEntries?: number
}

export interface SnapshotTaken {
  /** False if all that is applied was in a snapshot already. */
  readonly taken: boolean
}

export interface SnapshotsReaped {
  /** How many were deleted. */
  readonly snapshots: number
}

/** Why a running node is no part of its cluster. */
export interface Detached {
  /**
   * - `removed`: the cluster has taken it out of its membership;
   * - `superseded`: the cluster was recovered by hand, under a new id, without this node.
   */
  readonly reason: 'removed' | 'superseded'
  /** What happened, and what an operator can do. */
  readonly message: string
}

export interface LeaderAddress {
  readonly id: string
  readonly address: string
}

export interface ClusterService {
  /** The leader this node believes in. */
  leader(): LeaderAddress | undefined
  /** Full URL of the leader's HTTP API, asked from it if need be. */
  leaderApiAddress(options?: CallOptions): Promise<string | undefined>
  /** Every member, asked in parallel; learners too. Sorted by id. */
  nodes(options?: CallOptions): Promise<readonly NodeDescription[]>
  /** Whether startup (restore, replay, join) is over, a local read works and the node belongs to its cluster. */
  readonly ready: boolean
  /** Set while this node knows that it is no part of its cluster. */
  readonly detached: Detached | undefined
  /** Rejects unless everything the leader had committed at the call is applied here. */
  sync(options?: CallOptions): Promise<void>
  /**
   * Lets the leader hand over its lead; resolves once another one leads. Rejections:
   * - `RAFT_NO_LEADER` (not-applied, retryable);
   * - `NODE_UNKNOWN`, `TRANSFER_TARGET_INVALID` (not-applied): `to` cannot take over;
   * - `RAFT_TRANSFER_FAILED` (not-applied, retryable): nobody could, or not in time;
   * - `RAFT_LEADERSHIP_LOST`, `CALL_TIMEOUT` (unknown).
   */
  transferLeadership(options?: TransferOptions): Promise<Transferred>
  /**
   * Takes a node out of the membership, whether it runs or not; a leader hands over its lead first.
   * Resolves once that is committed. Rejections:
   * - `RAFT_CONFIG_REJECTED` (not-applied): it is the last voter, or too few of those that would stay answer;
   * - `RAFT_NO_LEADER`, `RAFT_TRANSFER_FAILED` (not-applied, retryable);
   * - `RAFT_LEADERSHIP_LOST`, `CALL_TIMEOUT` (unknown); asking again is harmless.
   */
  removeNode(id: string, options?: CallOptions): Promise<Removed>
  /**
   * Takes a snapshot of this node's data and cuts its log, whatever the thresholds. Rejections:
   * - `CALL_TIMEOUT` (unknown), after 5 minutes unless it is told otherwise: it may still be taken;
   * - `RAFT_STORAGE_FAILED`, `RAFT_STOPPED` and what else kept it from being written.
   */
  snapshot(options?: SnapshotOptions): Promise<SnapshotTaken>
  /** Deletes snapshots of this node that nobody needs any more. */
  reap(): Promise<SnapshotsReaped>
  /** The `store` part of `/status`; see contracts of the rqlite API, section 3.1. */
  status(): Promise<NodeStatus>
}

export interface NodeStatus {
  readonly nodeId: string
  readonly peerId: string
  readonly clusterId: string
  readonly address: string
  readonly apiAddress: string
  readonly ready: boolean
  readonly detached: Detached | undefined
  readonly dataDir: string
  readonly dataDirBytes: number
  readonly leader: LeaderAddress | undefined
  readonly raft: {
    readonly state: 'Leader' | 'Follower' | 'Candidate' | 'Shutdown'
    readonly voter: boolean
    readonly term: number
    readonly lastLogIndex: number
    readonly lastLogTerm: number
    readonly commitIndex: number
    readonly appliedIndex: number
    /** Term of the entry there. */
    readonly appliedTerm: number
    readonly pendingApply: number
    readonly snapshotIndex: number
    readonly snapshotTerm: number
    readonly logEntries: number
    readonly logBytes: number
    /** Milliseconds since the leader was heard; 0 on the leader, undefined if never. */
    readonly lastContactMs: number | undefined
  }
  readonly members: readonly { id: string; address: string; voter: boolean }[]
  readonly snapshots: {
    /** Where they are kept. */
    readonly location: string
    /** On disk, what has arrived of one on its way included. */
    readonly bytes: number
    /** Whole ones, the oldest first. */
    readonly stored: readonly { readonly index: number; readonly term: number }[]
  }
  /** Index of the last entry that changed a database. */
  readonly dbAppliedIndex: number
  readonly outbound: OutboundStatus
  /** The last comparison of all replicas' data; undefined before the first. */
  readonly integrity: IntegrityReport | undefined
  readonly settings: {
    readonly heartbeatMs: number
    readonly electionTimeoutMs: number
    readonly snapshotThreshold: number
    readonly trailingLogs: number
    /** Silence after which members are removed; 0: never. */
    readonly reapNodeTimeoutMs: number
    readonly reapReadOnlyNodeTimeoutMs: number
    readonly foreignKeys: boolean
  }
  readonly sqlite: {
    readonly version: string
    readonly compileOptions: readonly string[]
    readonly sizeBytes: number
    readonly namespaces: readonly { name: string; sizeBytes: number }[]
  }
}

/** What doors serve. */
export interface NodeServices {
  readonly id: string
  readonly database: DatabaseService
  readonly queuedWrites: WriteQueue
  readonly storage: StorageService
  readonly cluster: ClusterService
  /** What has happened here since the process started. */
  readonly counters: Counters
}

/** A running node. */
export interface DebrosNode extends NodeServices, AsyncDisposable {
  readonly peerId: string
  /** `host:port` of its node-to-node listener, as other nodes reach it. */
  readonly raftAddress: string
  /** Multiaddrs of every listener. */
  readonly multiaddrs: readonly string[]
  /** Base URL of the HTTP API, or undefined if it is off. */
  readonly apiUrl: string | undefined
  /** Settles when the node has stopped; rejects with the reason if it stopped itself. */
  readonly stopped: Promise<void>
  /** Hands over leadership if it has it, finishes what is under way, closes everything. Repeatable. */
  stop(): Promise<void>
  /** Stops as a killed process would: no farewell, connections reset. For tests. */
  kill(): Promise<void>
}
