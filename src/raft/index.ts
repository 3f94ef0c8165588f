export type { ConfigChange } from './core/config.ts'
export type {
  ClusterConfig,
  ConfirmedRead,
  Entry,
  EntryKind,
  HardState,
  Member,
  Message,
  NodeId,
  Ready,
  Role,
  SnapshotMeta,
} from './core/types.ts'
export { RaftDriver, type RaftDriverComponents, type RaftDriverInit, type RaftStatus } from './driver.ts'
export {
  createLevelStore,
  createLogStore,
  createMemorySnapshots,
  createMemoryStore,
  createSnapshotFiles,
  decodeEntry,
  encodeEntry,
  MemoryDisk,
  MemorySnapshotDisk,
  type NodeIdentity,
  type OrderedStore,
  readIdentity,
  type SnapshotReader,
  type Snapshots,
  type SnapshotTransfer,
  type StoreOperation,
  type StoreRecord,
  writeIdentity,
} from './log/index.ts'
export type { Applied } from './pending.ts'
export { DEFAULT_RAFT_SETTINGS, type RaftSettings, resolveRaftSettings } from './settings.ts'
export type {
  Callback,
  Clock,
  LogStore,
  LogWrite,
  SnapshotCapture,
  SnapshotStore,
  StateMachine,
  StoredLog,
  Timer,
  Transport,
} from './types.ts'
