export type {
  ChangeLogLimits,
  ChangeMessage,
  ChangePage,
  ChangeSettings,
} from './change-log.ts'
export { type JournalMode, withJournalMode } from './database-image.ts'
export {
  type EngineCapture,
  type EngineDigest,
  type EngineRestore,
  SqlEngine,
  type SqlEngineComponents,
  type SqlEngineInit,
} from './engine.ts'
export {
  decodedItem,
  encodeSqlEntry,
  readSqlEntryHead,
  type SqlEntry,
  SqlEntryDecoder,
  type SqlEntryHead,
} from './entry-codec.ts'
export { monotonicMs } from './execution-guard.ts'
export { findDisallowedPragma } from './gate.ts'
export {
  checkSqlSize,
  DEFAULT_SQL_LIMITS,
  DEFAULT_SQL_READS,
  SQL_STEPS_PER_MILLISECOND,
  type SqlLimits,
  type SqlReadLimits,
} from './limits.ts'
export { checkParameters } from './parameters.ts'
export { createSqlScratch, type SqlScratch, type SqlScratchInit } from './scratch-thread.ts'
export { createSqlMachine, type SqlMachineComponents, type SqlMachineInit } from './sql-machine.ts'
export { loadSqliteBinary, type SqliteBinary, type SqliteFiles } from './sqlite-binary.ts'
export { checkTableFilter } from './table-filter.ts'
export type {
  SqlApplyItem,
  SqlCapture,
  SqlCommand,
  SqlEntryItem,
  SqlLoad,
  SqlMachine,
  SqlMode,
  SqlParameter,
  SqlQueryOptions,
  SqlReal,
  SqlResult,
  SqlStatement,
  SqlStats,
  SqlValue,
} from './types.ts'
