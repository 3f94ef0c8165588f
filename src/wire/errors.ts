import { DebrosError, type Outcome } from '../base/index.ts'
import { type RpcError, RpcOutcome } from './generated/rpc.ts'
import { ERROR_MESSAGE_LENGTH_MAX } from './limits.ts'

const CODE_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/

const OUTCOMES = {
  'not-applied': RpcOutcome.NOT_APPLIED,
  unknown: RpcOutcome.UNKNOWN,
  applied: RpcOutcome.APPLIED,
} as const

/** A failure as it is told to another node: code, message, retryable and outcome; neither stack nor cause. */
export function errorToWire(error: DebrosError): RpcError {
  return {
    code: error.code,
    message: error.message.slice(0, ERROR_MESSAGE_LENGTH_MAX),
    retryable: error.retryable,
    outcome: OUTCOMES[error.outcome],
  }
}

/** The reverse. What does not look like one of our codes becomes `RPC_INTERNAL`. */
export function errorFromWire(error: RpcError): DebrosError {
  const code = CODE_PATTERN.test(error.code) ? error.code : 'RPC_INTERNAL'
  return new DebrosError(code, error.message.slice(0, ERROR_MESSAGE_LENGTH_MAX), {
    retryable: error.retryable,
    outcome: outcomeFromWire(error.outcome),
  })
}

function outcomeFromWire(outcome: RpcOutcome): Outcome {
  switch (outcome) {
    case RpcOutcome.NOT_APPLIED:
      return 'not-applied'
    case RpcOutcome.APPLIED:
      return 'applied'
    default:
      return 'unknown'
  }
}
