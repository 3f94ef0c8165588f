/** Durable log, identity and snapshots of a node. */
export { decodeClusterConfig, encodeClusterConfig } from './config-codec.ts'
export { decodeEntry, encodeEntry } from './entry-codec.ts'
export { RaftStorageError, type RaftStorageErrorOptions } from './errors.ts'
export { readFounding, writeFounding } from './founding.ts'
export { DATA_FORMAT_VERSION, readIdentity, writeIdentity } from './identity.ts'
export {
  createLevelStore,
  type LevelDatabase,
  type LevelStore,
  type LevelStoreComponents,
  type LevelStoreInit,
  levelStoreOver,
} from './level-store.ts'
export { createLogStore, type LogStoreComponents, type LogStoreInit } from './log-store.ts'
export {
  finishRecovery,
  inspectLog,
  type LogContents,
  type MembershipRewrite,
  readRecovery,
  rewriteMembership,
} from './membership-rewrite.ts'
export { createMemoryStore, MemoryDisk, type MemoryStoreComponents } from './memory-store.ts'
export {
  decodeLogState,
  decodeSnapshotMeta,
  encodeLogState,
  encodeSnapshotMeta,
  type FoundingRecord,
  type LogState,
  type NodeIdentity,
  type RecoveryRecord,
} from './meta-codec.ts'
export type { OrderedStore, StoreOperation, StoreRecord } from './ordered-store.ts'
export {
  createSnapshotFiles,
  type SnapshotFilesComponents,
  type SnapshotFilesInit,
} from './snapshot-files.ts'
export {
  createMemorySnapshots,
  MemorySnapshotDisk,
  type MemorySnapshotsComponents,
  type MemorySnapshotsInit,
} from './snapshot-memory.ts'
export { rewriteSnapshotMembership } from './snapshot-rewrite.ts'
export {
  bySnapshotAge,
  SNAPSHOT_BYTES_MAX,
  SNAPSHOT_CHUNK_BYTES,
  type SnapshotName,
  type SnapshotReader,
  type Snapshots,
  type SnapshotTransfer,
} from './snapshots.ts'
