/** What a node is made from. */
import { randomBytes } from 'node:crypto'
import { Counters, DebrosError, type Logger, silentLogger } from '../base/index.ts'
import { hostPortOf, type LinkFilter } from '../p2p/index.ts'
import { type RaftSettings, resolveRaftSettings } from '../raft/index.ts'
import { DEFAULT_SQL_READS, type SqlReadLimits } from '../sql/index.ts'
import { ALLOW_ALL, type Authorizer, type Credentials } from './authorization.ts'
import type { MemoryDataDir } from './data-dir.ts'
import { DEFAULT_WRITE_QUEUE, DEFAULT_WRITE_TIMEOUT_MS } from './defaults.ts'
import type { MaintenanceIntervals } from './maintenance.ts'
import type { AutoBackupConfig } from './outbound/auto-backup-config.ts'
import type { AutoRestoreConfig } from './outbound/auto-restore-config.ts'
import type { ChangeCaptureConfig } from './outbound/change-capture-config.ts'
import type { NodeServices } from './types.ts'

/** Something that serves a node to the outside, such as the HTTP API. */
export interface Door {
  /** Begins to serve; the node may still be opening, see {@link NodeAccess}. */
  start(): Promise<void>
  /** Base URL under which clients reach it, once started. */
  readonly url: string | undefined
  stop(): Promise<void>
}

/** See {@link WriteQueue}. */
export interface WriteQueueInit {
  /** Requests held at a time; more wait for room. @default 1_024 */
  readonly capacity?: number
  /** Requests that make a batch. @default 128 */
  readonly batchSize?: number
  /** How long a batch waits for more, in milliseconds. @default 50 */
  readonly timeoutMs?: number
  /** Each batch is all or nothing; one that fails is taken apart, and its requests stand alone. @default false */
  readonly transaction?: boolean
}

export type ResolvedWriteQueue = Required<WriteQueueInit>

/** How a door sees its node: undefined until its store is open. */
export type NodeAccess = () => NodeServices | undefined

export interface NodeInit {
  /** Where everything is kept: a directory, or memory that outlives the node object. */
  readonly dataDir: string | MemoryDataDir
  /** Fixed at first start; given again, it must be the same. @default `firstNodeId` */
  readonly nodeId?: string
  /** The id of a node that has none yet; no matter later. @default derived from the node's key */
  readonly firstNodeId?: string
  /** Where the key is kept. @default `<dataDir>/identity.key` */
  readonly keyFile?: string
  /** Multiaddrs to listen on for peers and clients. @default none */
  readonly listenAddresses?: readonly string[]
  /** `host:port` to listen on for other nodes; port 0 takes a free one. @default '127.0.0.1:0' */
  readonly raftAddress?: string
  /** `host:port` under which other nodes reach it. @default where it listens */
  readonly raftAdvertise?: string
  /** `host:port` of members to join. Empty: this node founds a cluster, or resumes the stored one. */
  readonly joinAddresses?: readonly string[]
  /**
   * Finds the addresses (`host:port`) of further nodes to join through, each time anew; may reject, which
   * counts as none for that time. @default none are looked for
   */
  readonly discoverAddresses?: () => Promise<readonly string[]>
  /** Proves that a node may join; the same on all. @default a random one, with which nobody can join */
  readonly clusterSecret?: string
  /** False: a learner that replicates and serves reads, but never votes. @default true */
  readonly voter?: boolean
  /** Enforce foreign keys; the same on all nodes. @default false */
  readonly foreignKeys?: boolean
  /**
   * What a write may take for which its caller sets no `executionTimeoutMs`, while this node leads; counted as that
   * is. 0: as much as it needs. @default 10_000
   */
  readonly writeTimeoutMs?: number
  readonly raft?: Partial<RaftSettings>
  /** Between two comparisons of all replicas' data, while this node leads. 0: never. @default 300_000 */
  readonly integrityIntervalMs?: number
  /** The outside's ways in, started first and stopped first. */
  readonly door?: (node: NodeAccess) => Door
  /** Shown in `/nodes`. @default 'unknown' */
  readonly version?: string
  /** Waits between two rounds of joining. @default 1_000 */
  readonly joinIntervalMs?: number
  /** Gives up joining after this many rounds. @default never */
  readonly joinAttempts?: number
  /**
   * Start together with others: `joinAddresses` names all nodes, this one too, and once so many of them
   * have met, one of them founds the cluster that the others join. 0: off. Needs a vote and join addresses,
   * and does no harm at later starts. @default 0
   */
  readonly bootstrapExpect?: number
  /** How long the start waits for them, in milliseconds, before it fails. @default 120_000 */
  readonly bootstrapExpectTimeoutMs?: number
  /** A stop takes this node out of its cluster; started again, it joins as a new member. @default false */
  readonly removeOnShutdown?: boolean
  /** A leader that is stopped hands over first. @default true */
  readonly stepdownOnShutdown?: boolean
  /** As leader, removes voters that were silent for longer, in milliseconds. 0: never. @default 0 */
  readonly reapNodeTimeoutMs?: number
  /** The same for learners. @default 0 */
  readonly reapReadOnlyNodeTimeoutMs?: number
  /** Backs the database up while this node leads. @default not at all */
  readonly autoBackup?: AutoBackupConfig
  /** Fills the database of a cluster that this node founds. Not together with `joinAddresses`. @default not at all */
  readonly autoRestore?: AutoRestoreConfig
  /**
   * Sends committed changes of rows to an endpoint while this node leads; the same on all voters. `off` ends
   * it, for the cluster; without it the cluster goes on as it was told before. @default undefined
   */
  readonly changeCapture?: ChangeCaptureConfig | 'off'
  /** Who may join, and what a request that another node passes on may do. @default everything is allowed */
  readonly authorizer?: Authorizer
  /** Shown to whoever is asked to let this node join. @default none */
  readonly joinCredentials?: Credentials
  readonly writeQueue?: WriteQueueInit
  readonly reads?: Partial<SqlReadLimits>
  /** Housekeeping of the databases while this node leads. @default none */
  readonly maintenance?: MaintenanceIntervals
  /** What happens here is counted in these. @default counters of its own */
  readonly counters?: Counters
  readonly logger?: Logger
  /** Fault hook of the test kit. */
  readonly linkFilter?: LinkFilter
}

export interface ResolvedNodeInit {
  readonly dataDir: string | MemoryDataDir
  readonly nodeId: string | undefined
  readonly firstNodeId: string | undefined
  readonly keyFile: string | undefined
  readonly listenAddresses: readonly string[]
  readonly raftAddress: string
  readonly raftAdvertise: string | undefined
  readonly joinAddresses: readonly string[]
  readonly discoverAddresses: (() => Promise<readonly string[]>) | undefined
  readonly clusterSecret: string
  readonly voter: boolean
  readonly foreignKeys: boolean
  readonly writeTimeoutMs: number
  readonly raft: RaftSettings
  readonly integrityIntervalMs: number
  readonly door: ((node: NodeAccess) => Door) | undefined
  readonly version: string
  readonly joinIntervalMs: number
  readonly joinAttempts: number
  readonly bootstrapExpect: number
  readonly bootstrapExpectTimeoutMs: number
  readonly removeOnShutdown: boolean
  readonly stepdownOnShutdown: boolean
  readonly reapNodeTimeoutMs: number
  readonly reapReadOnlyNodeTimeoutMs: number
  readonly autoBackup: AutoBackupConfig | undefined
  readonly autoRestore: AutoRestoreConfig | undefined
  readonly changeCapture: ChangeCaptureConfig | 'off' | undefined
  readonly authorizer: Authorizer
  readonly joinCredentials: Credentials | undefined
  readonly writeQueue: ResolvedWriteQueue
  readonly reads: SqlReadLimits
  readonly maintenance: MaintenanceIntervals
  readonly counters: Counters
  readonly logger: Logger
  readonly linkFilter: LinkFilter | undefined
}

/** Printable, and short enough for every message. */
export const NODE_ID_PATTERN = /^[\x21-\x7e]{1,128}$/

/** Fills in defaults and checks; throws `NODE_INIT_INVALID`. */
export function resolveNodeInit(init: NodeInit): ResolvedNodeInit {
  const resolved: ResolvedNodeInit = {
    dataDir: init.dataDir,
    nodeId: init.nodeId,
    firstNodeId: init.firstNodeId,
    keyFile: init.keyFile,
    listenAddresses: init.listenAddresses ?? [],
    raftAddress: init.raftAddress ?? '127.0.0.1:0',
    raftAdvertise: init.raftAdvertise,
    joinAddresses: init.joinAddresses ?? [],
    discoverAddresses: init.discoverAddresses,
    clusterSecret: init.clusterSecret ?? randomBytes(32).toString('base64url'),
    voter: init.voter ?? true,
    foreignKeys: init.foreignKeys ?? false,
    writeTimeoutMs: init.writeTimeoutMs ?? DEFAULT_WRITE_TIMEOUT_MS,
    raft: resolveRaftSettings(init.raft ?? {}),
    integrityIntervalMs: init.integrityIntervalMs ?? 300_000,
    door: init.door,
    version: init.version ?? 'unknown',
    joinIntervalMs: init.joinIntervalMs ?? 1_000,
    joinAttempts: init.joinAttempts ?? Number.POSITIVE_INFINITY,
    bootstrapExpect: init.bootstrapExpect ?? 0,
    bootstrapExpectTimeoutMs: init.bootstrapExpectTimeoutMs ?? 120_000,
    removeOnShutdown: init.removeOnShutdown ?? false,
    stepdownOnShutdown: init.stepdownOnShutdown ?? true,
    reapNodeTimeoutMs: init.reapNodeTimeoutMs ?? 0,
    reapReadOnlyNodeTimeoutMs: init.reapReadOnlyNodeTimeoutMs ?? 0,
    autoBackup: init.autoBackup,
    autoRestore: init.autoRestore,
    changeCapture: init.changeCapture,
    authorizer: init.authorizer ?? ALLOW_ALL,
    joinCredentials: init.joinCredentials,
    writeQueue: { ...DEFAULT_WRITE_QUEUE, transaction: false, ...init.writeQueue },
    reads: { ...DEFAULT_SQL_READS, ...init.reads },
    maintenance: init.maintenance ?? {},
    counters: init.counters ?? new Counters(),
    logger: init.logger ?? silentLogger,
    linkFilter: init.linkFilter,
  }
  if ([resolved.nodeId, resolved.firstNodeId].some((id) => id !== undefined && !NODE_ID_PATTERN.test(id))) {
    throw invalid('the node id must be 1 to 128 printable ASCII characters without blanks')
  }
  if (!(resolved.integrityIntervalMs >= 0)) throw invalid('the integrity interval must not be negative')
  const { capacity, batchSize, timeoutMs } = resolved.writeQueue
  if (!(capacity >= 1 && batchSize >= 1 && timeoutMs >= 0)) {
    throw invalid(
      'the write queue must have a capacity and a batch size of 1 or more, and a timeout of 0 or more',
    )
  }
  const { readersMax, readTimeoutMs } = resolved.reads
  if (!(Number.isSafeInteger(readersMax) && readersMax >= 1 && readTimeoutMs >= 0)) {
    throw invalid(
      'there must be 1 thread for reads or more, and the time a read may take must not be negative',
    )
  }
  if (Object.values(resolved.maintenance).some((ms) => !(ms >= 0))) {
    throw invalid('the times between two housekeepings must not be negative')
  }
  if (resolved.clusterSecret.length === 0) throw invalid('the cluster secret must not be empty')
  for (const address of [resolved.raftAddress, resolved.raftAdvertise, ...resolved.joinAddresses]) {
    if (address !== undefined) hostPortOf(address)
  }
  checkBootstrap(resolved)
  for (const timeoutMs of [resolved.reapNodeTimeoutMs, resolved.reapReadOnlyNodeTimeoutMs]) {
    if (!(timeoutMs >= 0)) throw invalid('the time after which silent nodes are removed must not be negative')
  }
  const joins = resolved.joinAddresses.length > 0 || resolved.discoverAddresses !== undefined
  if (resolved.autoRestore !== undefined && joins) {
    throw invalid('a node cannot both join a cluster and restore a backup into it')
  }
  if (resolved.changeCapture !== undefined && !resolved.voter) {
    throw invalid('a learner never leads, so it cannot send what is captured')
  }
  return resolved
}

function checkBootstrap(init: ResolvedNodeInit): void {
  const { bootstrapExpect: expect, bootstrapExpectTimeoutMs: timeoutMs } = init
  if (!Number.isSafeInteger(expect) || expect < 0) {
    throw invalid('the number of nodes expected at bootstrap must be a whole number of at least 0')
  }
  if (expect === 0) return
  if (!init.voter) throw invalid('a learner cannot take part in founding a cluster')
  if (init.joinAddresses.length === 0 && init.discoverAddresses === undefined) {
    throw invalid('to found a cluster together, a node needs the addresses of all of them to join')
  }
  if (!(timeoutMs > 0)) throw invalid('the time to wait for the nodes expected must be more than 0')
}

export function invalid(message: string): DebrosError {
  return new DebrosError('NODE_INIT_INVALID', message)
}
