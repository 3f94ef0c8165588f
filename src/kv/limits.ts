/** What a command may ask for. Checked before it is proposed, never while it is applied. */
import { assertNever, checkNamespace, DebrosError } from '../base/index.ts'
import { checkKvOperation } from './operation.ts'
import type { KvCommand, KvOperation } from './types.ts'

/** Longest key, in bytes; the shortest has one. */
export const KV_KEY_BYTES_MAX = 8 * 1024
/** Largest value, in bytes. */
export const KV_VALUE_BYTES_MAX = 512 * 1024
/** Operations of one command. */
export const KV_OPERATIONS_MAX = 1024
/** Keys and values of one command together, in bytes: with their framing they fit in one log entry. */
export const KV_COMMAND_BYTES_MAX = 960 * 1024
/** Entries of one page. */
export const KV_LIST_LIMIT_MAX = 10_000
export const KV_LIST_LIMIT_DEFAULT = 100
/** A page ends early, with a cursor, once its keys and values are this many bytes. */
export const KV_PAGE_BYTES_MAX = 1024 * 1024

/** Names the limit that was passed, so that callers need not read the message. */
export class KvLimitError extends DebrosError {
  override name = 'KvLimitError'
  readonly limit: number

  constructor(code: string, message: string, limit: number) {
    super(code, message)
    this.limit = limit
  }
}

/**
 * Throws unless the command may be proposed: `NAMESPACE_INVALID`, `REQUEST_INVALID`, `KV_KEY_INVALID`,
 * `KV_VALUE_TOO_LARGE`, `KV_TOO_MANY_OPERATIONS` or `KV_COMMAND_TOO_LARGE`. Limits may change with a
 * version; what was proposed under others is still applied.
 */
export function checkKvCommand({ namespace, operations }: KvCommand): void {
  checkNamespace(namespace)
  if (operations.length > KV_OPERATIONS_MAX) {
    const message = `a command has at most ${KV_OPERATIONS_MAX} operations, not ${operations.length}`
    throw new KvLimitError('KV_TOO_MANY_OPERATIONS', message, KV_OPERATIONS_MAX)
  }
  let sizeBytes = 0
  for (const operation of operations) {
    checkKvOperation(operation)
    checkKvKey(operation.key)
    sizeBytes += operation.key.byteLength
    for (const value of valuesOf(operation)) {
      if (value.byteLength > KV_VALUE_BYTES_MAX) {
        const message = `a value has at most ${KV_VALUE_BYTES_MAX} bytes, not ${value.byteLength}`
        throw new KvLimitError('KV_VALUE_TOO_LARGE', message, KV_VALUE_BYTES_MAX)
      }
      sizeBytes += value.byteLength
    }
  }
  if (sizeBytes > KV_COMMAND_BYTES_MAX) {
    const message = `the keys and values of a command have at most ${KV_COMMAND_BYTES_MAX} bytes, not ${sizeBytes}`
    throw new KvLimitError('KV_COMMAND_TOO_LARGE', message, KV_COMMAND_BYTES_MAX)
  }
}

/** Throws `KV_KEY_INVALID` unless the key has 1 to {@link KV_KEY_BYTES_MAX} bytes. */
export function checkKvKey(key: Uint8Array): void {
  if (key.byteLength >= 1 && key.byteLength <= KV_KEY_BYTES_MAX) return
  const message = `a key has 1 to ${KV_KEY_BYTES_MAX} bytes, not ${key.byteLength}`
  throw new KvLimitError('KV_KEY_INVALID', message, KV_KEY_BYTES_MAX)
}

function valuesOf(operation: KvOperation): Uint8Array[] {
  switch (operation.kind) {
    case 'put':
      return [operation.value]
    case 'delete':
      return []
    case 'compare-and-swap': {
      const { expected, value } = operation
      const values = expected.kind === 'value' ? [expected.value] : []
      return value === undefined ? values : [...values, value]
    }
    default:
      return assertNever(operation)
  }
}
