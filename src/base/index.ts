export { AssertionError, assert, assertNever } from './assert.ts'
export { formatDuration, parseDuration } from './duration.ts'
export {
  DebrosError,
  type DebrosErrorOptions,
  errorMessage,
  hasErrorCode,
  type Outcome,
  toError,
} from './errors.ts'
export { formatHostPort, type HostKind, type HostPort, hostKind, parseHostPort } from './host-port.ts'
export { type Logger, silentLogger } from './logger.ts'
export { checkNamespace, DEFAULT_NAMESPACE, isNamespace } from './namespace.ts'
export { createPrng, type Prng } from './prng.ts'
