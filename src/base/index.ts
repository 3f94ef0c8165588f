export { AssertionError, assert, assertNever } from './assert.ts'
export { Counters } from './counters.ts'
export { formatDuration, parseDuration } from './duration.ts'
export {
  DebrosError,
  type DebrosErrorOptions,
  errorMessage,
  hasErrorCode,
  type Outcome,
  toError,
} from './errors.ts'
export { expandEnvironment } from './expand-environment.ts'
export { formatHostPort, type HostKind, type HostPort, hostKind, parseHostPort } from './host-port.ts'
export { exactInteger, NumberText, parseJson } from './json-exact.ts'
export { endOfString } from './json-text.ts'
export { Linked, LinkedList } from './linked-list.ts'
export { type Logger, silentLogger } from './logger.ts'
export { checkNamespace, DEFAULT_NAMESPACE, isNamespace } from './namespace.ts'
export {
  decodeRememberedOutcome,
  encodeRememberedOutcome,
  OUTCOME_LIMITS,
  OutcomeHistory,
  type OutcomeLimits,
  REQUEST_ID_BYTES,
  type Recollection,
  type RememberedOutcome,
  type RequestOutcome,
  type RequestTag,
} from './outcome-history.ts'
export { type PacedComponents, paced } from './paced.ts'
export { createPrng, type Prng } from './prng.ts'
export { TIMER_MS_MAX } from './timer.ts'
export { TransitMap } from './transit-map.ts'
