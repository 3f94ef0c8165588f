export {
  ALLOW_ALL,
  type Authorizer,
  type Credentials,
  PERMISSIONS,
  type Permission,
} from './authorization.ts'
export { type Command, decodeCommand, encodeCommand } from './codec/command-codec.ts'
export { type CredentialsFile, createAuthorizer, readCredentialsFile } from './credentials-file.ts'
export { MemoryDataDir } from './data-dir.ts'
export type { Door, NodeAccess, NodeInit, WriteQueueInit } from './init.ts'
export { createNode } from './node.ts'
export type { AutoBackupStatus } from './outbound/auto-backup.ts'
export { type AutoBackupConfig, createAutoBackupConfig } from './outbound/auto-backup-config.ts'
export { type AutoRestoreConfig, createAutoRestoreConfig } from './outbound/auto-restore-config.ts'
export {
  type ChangeCaptureConfig,
  type ChangeCaptureTls,
  createChangeCaptureConfig,
} from './outbound/change-capture-config.ts'
export type { ChangeCaptureStatus, OutboundStatus } from './outbound/outbound.ts'
export {
  loadAutoBackupConfig,
  loadAutoRestoreConfig,
  loadChangeCaptureConfig,
} from './outbound/service-files.ts'
export {
  type DataDirReport,
  inspectDataDir,
  type PeersText,
  type PlanReport,
  previewRecovery,
  recoverDataDir,
} from './recovery-offline.ts'
export {
  type CommandResult,
  NodeStateMachine,
  type NodeStateMachineComponents,
  type NodeStateMachineInit,
} from './state-machine.ts'
export type {
  Backup,
  BackupOptions,
  CallOptions,
  ClusterService,
  DatabaseResponse,
  DatabaseService,
  DebrosNode,
  Detached,
  LeaderAddress,
  LoadOptions,
  NodeDescription,
  NodeServices,
  NodeStatus,
  ParsedStatement,
  QueuedWrite,
  QueueOptions,
  ReadLevel,
  ReadOptions,
  Removed,
  SnapshotOptions,
  SnapshotsReaped,
  SnapshotTaken,
  StatementInput,
  StorageReadOptions,
  StorageService,
  TransferOptions,
  Transferred,
  WriteOptions,
  WriteQueue,
  WriteQueueStatus,
} from './types.ts'
