/**
 * What an operation is made of. A program that calls us need not be TypeScript, and what only looks like an operation
 * must not get into the log: there a text is no bytes, and a negative revision is nothing that can be read.
 */
import { DebrosError } from '../base/index.ts'
import type { KvExpectation, KvOperation } from './types.ts'

/** Throws `REQUEST_INVALID`. */
export function checkKvOperation(operation: KvOperation): void {
  expect(operation.key instanceof Uint8Array, 'a key must be a Uint8Array')
  switch (operation.kind) {
    case 'put':
      expect(operation.value instanceof Uint8Array, 'a value must be a Uint8Array')
      return
    case 'delete':
      return
    case 'compare-and-swap': {
      const { expected, value } = operation
      expect(isExpectation(expected), 'what is expected must be a value, a revision, or that there is none')
      expect(value === undefined || value instanceof Uint8Array, 'a value must be a Uint8Array')
      return
    }
    default:
      expect(false, 'an operation must be put, delete or compare-and-swap')
  }
}

function isExpectation(expected: KvExpectation): boolean {
  switch (expected.kind) {
    case 'absent':
      return true
    case 'value':
      return expected.value instanceof Uint8Array
    case 'revision':
      return Number.isSafeInteger(expected.revision) && expected.revision >= 0
    default:
      return false
  }
}

function expect(condition: boolean, what: string): void {
  if (!condition) throw new DebrosError('REQUEST_INVALID', what)
}
