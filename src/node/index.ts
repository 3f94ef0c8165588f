export { MemoryDataDir } from './data-dir.ts'
export type { Door, NodeAccess, NodeInit } from './init.ts'
export { createNode } from './node.ts'
export type {
  CallOptions,
  ClusterService,
  DatabaseResponse,
  DatabaseService,
  DebrosNode,
  LeaderAddress,
  NodeDescription,
  NodeServices,
  NodeStatus,
  ReadLevel,
  ReadOptions,
  StatementInput,
  StorageReadOptions,
  StorageService,
  WriteOptions,
} from './types.ts'
