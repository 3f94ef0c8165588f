/** Checkers that judge what clients saw. They run anywhere and know nothing of debros. */
export {
  type BankAnomaly,
  type BankInput,
  type BankOptions,
  type BankOutput,
  checkBank,
} from './bank.ts'
export { type CounterAnomaly, type CounterInput, type CounterOutput, checkCounter } from './counter.ts'
export {
  type AnyOperation,
  assertWellFormed,
  describeOperation,
  type FailedOperation,
  type History,
  historyProblems,
  type OkOperation,
  type Operation,
  precedes,
  type UnknownOperation,
} from './history.ts'
export { checkLinearizability, type LinearizabilityOptions, type NotLinearizable } from './linearizability.ts'
export {
  checkListAppend,
  type ListAppendAnomaly,
  type ListAppendHistory,
  type ListAppendInput,
  type ListAppendKind,
  type ListAppendOptions,
  type ListAppendOutput,
  type ListAppendStep,
} from './list-append.ts'
export {
  casRegister,
  growOnlySet,
  type KvInput,
  type KvOutput,
  kvMap,
  type Model,
  type RegisterInput,
  type RegisterOutput,
  register,
  type SetInput,
  type SetOutput,
  type Value,
} from './models.ts'
export {
  bankWords,
  counterWords,
  kvWords,
  listAppendWords,
  type Meaning,
  parseHistory,
  registerWords,
  setWords,
} from './notation.ts'
export { HistoryRecorder, type HistoryRecorderInit, type OpenOperation } from './recorder.ts'
export { type Anomaly, type CheckResult, describeResult } from './result.ts'
export { checkSet, type SetAnomaly } from './set.ts'
