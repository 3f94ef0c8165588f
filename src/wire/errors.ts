import { DebrosError } from '../base/index.ts'
import type { RpcError } from './generated/rpc.ts'
import { ERROR_MESSAGE_LENGTH_MAX } from './limits.ts'

const CODE_PATTERN = /^[A-Z][A-Z0-9_]{0,63}$/

/** A failure as it is told to another node: code, message, retryable and outcome; neither stack nor cause. */
export function errorToWire(error: DebrosError): RpcError {
  return {
    code: error.code,
    message: error.message.slice(0, ERROR_MESSAGE_LENGTH_MAX),
    retryable: error.retryable,
    outcomeUnknown: error.outcome === 'unknown',
  }
}

/** The reverse. What does not look like one of our codes becomes `RPC_INTERNAL`. */
export function errorFromWire(error: RpcError): DebrosError {
  const code = CODE_PATTERN.test(error.code) ? error.code : 'RPC_INTERNAL'
  return new DebrosError(code, error.message.slice(0, ERROR_MESSAGE_LENGTH_MAX), {
    retryable: error.retryable,
    outcome: error.outcomeUnknown ? 'unknown' : 'not-applied',
  })
}
