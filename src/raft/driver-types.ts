/** What a driver is made of, what it is told, and what it tells of itself. */
import type { Logger, Prng } from '../base/index.ts'
import type { CoreStatus } from './core/core.ts'
import type { ClusterConfig, Member, NodeId, Role, SnapshotMeta } from './core/types.ts'
import type { RaftSettings } from './settings.ts'
import type { Clock, LogStore, SnapshotStore, StateMachine, Transport } from './types.ts'

export interface RaftDriverComponents {
  readonly clock: Clock
  readonly logStore: LogStore
  readonly snapshots: SnapshotStore
  readonly transport: Transport
  readonly stateMachine: StateMachine
  readonly prng: Prng
  readonly logger: Logger
}

export interface RaftDriverInit {
  readonly id: NodeId
  /** This node's key, as its member entry has it. @default no id is ever given to a second node */
  readonly peerId?: string
  readonly settings: RaftSettings
  /** Founds a cluster of these members if nothing is stored; otherwise ignored. */
  readonly bootstrap?: readonly Member[]
  /** Role, term or leader changed. */
  readonly onRoleChange?: (state: { role: Role; term: number; leader: NodeId | undefined }) => void
  /** A snapshot was restored at the start, taken here, or received from a leader and installed. */
  readonly onSnapshot?: (what: 'restored' | 'taken' | 'installed', snapshot: SnapshotMeta) => void
  /** The membership in force changed. */
  readonly onConfigChange?: (config: ClusterConfig) => void
  /** The driver stopped itself; nothing was or will be acknowledged after the failure. */
  readonly onFatal: (error: Error) => void
}

export interface RaftStatus extends CoreStatus {
  readonly backlogEntries: number
  readonly pendingProposals: number
  /** Milliseconds since the leader was heard from; 0 on the leader, undefined if never. */
  readonly lastContactMs: number | undefined
  /** Snapshots taken here and received from a leader, since start. */
  readonly snapshotsTaken: number
  readonly snapshotsInstalled: number
}
