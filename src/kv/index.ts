export {
  KV_ENCODINGS,
  type KvDatabase,
  type KvDatabaseIteratorOptions,
  type KvDatabaseOperation,
  type KvDatabaseReadOptions,
  type KvDatabaseSnapshot,
  levelDatabase,
} from './database.ts'
export { createKvMachine, type KvMachineComponents, type KvMachineInit } from './kv-machine.ts'
export {
  checkKvCommand,
  checkKvKey,
  KV_COMMAND_BYTES_MAX,
  KV_KEY_BYTES_MAX,
  KV_LIST_LIMIT_DEFAULT,
  KV_LIST_LIMIT_MAX,
  KV_OPERATIONS_MAX,
  KV_PAGE_BYTES_MAX,
  KV_VALUE_BYTES_MAX,
  KvLimitError,
} from './limits.ts'
export type {
  KvApplyItem,
  KvCapture,
  KvCommand,
  KvDigest,
  KvEntry,
  KvExpectation,
  KvListOptions,
  KvMachine,
  KvOperation,
  KvPage,
  KvResult,
} from './types.ts'
