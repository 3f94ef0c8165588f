import { expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { errorFromWire, errorToWire, RpcError, RpcOutcome } from '../../../src/wire/index.ts'

function roundTrip(error: DebrosError): DebrosError {
  return errorFromWire(RpcError.decode(RpcError.encode(errorToWire(error))))
}

test('wire errors - code, message, retryable and outcome survive; the cause stays here', () => {
  for (const retryable of [true, false]) {
    for (const outcome of ['unknown', 'not-applied', 'applied'] as const) {
      const error = new DebrosError('RAFT_BUSY', 'queues are full', {
        retryable,
        outcome,
        cause: new Error('secret'),
      })
      const received = roundTrip(error)
      expect(received).toMatchObject({ code: 'RAFT_BUSY', message: 'queues are full', retryable, outcome })
      expect(received.cause).toBeUndefined()
    }
  }
})

test('wire errors - a long message is cut', () => {
  expect(roundTrip(new DebrosError('X', 'm'.repeat(100_000))).message).toHaveLength(4_096)
})

test('wire errors - what is no code of ours becomes RPC_INTERNAL', () => {
  for (const code of ['', 'lower', '1A', 'A'.repeat(65), 'A B']) {
    expect(errorFromWire({ code, message: '', retryable: false, outcome: RpcOutcome.NOT_APPLIED }).code).toBe(
      'RPC_INTERNAL',
    )
  }
})
