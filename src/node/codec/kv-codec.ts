/** Key-value operations and results to and from their wire form. */
import { DebrosError } from '../../base/index.ts'
import type { KvCommand, KvEntry, KvOperation, KvResult } from '../../kv/index.ts'
import type {
  KvRequest as WireCommand,
  KvEntry as WireEntry,
  KvOperation as WireOperation,
  KvWriteResponse as WireResult,
} from '../../wire/index.ts'

export function kvCommandToWire(command: KvCommand): WireCommand {
  return { namespace: command.namespace, operations: command.operations.map(operationToWire) }
}

export function kvCommandFromWire(wire: WireCommand): KvCommand {
  return { namespace: wire.namespace, operations: wire.operations.map(operationFromWire) }
}

function operationToWire(operation: KvOperation): WireOperation {
  switch (operation.kind) {
    case 'put':
      return { put: { key: operation.key, value: operation.value } }
    case 'delete':
      return { delete: operation.key }
    case 'compare-and-swap': {
      const { key, value, expected } = operation
      return {
        compareAndSwap: {
          key,
          ...(value === undefined ? {} : { value }),
          ...(expected.kind === 'value' ? { expectedValue: expected.value } : {}),
          ...(expected.kind === 'revision' ? { expectedRevision: expected.revision } : {}),
        },
      }
    }
  }
}

function operationFromWire(wire: WireOperation): KvOperation {
  if (wire.put !== undefined) return { kind: 'put', key: wire.put.key, value: wire.put.value }
  if (wire.delete !== undefined) return { kind: 'delete', key: wire.delete }
  if (wire.compareAndSwap === undefined) {
    throw new DebrosError(
      'KV_OPERATION_UNKNOWN',
      'a key-value operation of a kind this version does not know',
    )
  }
  const { key, value, expectedValue, expectedRevision } = wire.compareAndSwap
  return {
    kind: 'compare-and-swap',
    key,
    value,
    expected:
      expectedValue !== undefined
        ? { kind: 'value', value: expectedValue }
        : expectedRevision !== undefined
          ? { kind: 'revision', revision: expectedRevision }
          : { kind: 'absent' },
  }
}

/** `invalid` results never travel: they are errors by then. */
export function kvResultToWire(result: Exclude<KvResult, { kind: 'invalid' }>): WireResult {
  if (result.kind === 'applied') return { revision: result.revision, existed: [...result.existed] }
  const { operation, actual } = result
  return {
    revision: 0,
    existed: [],
    conflict: { operation, ...(actual === undefined ? {} : { actual: kvEntryToWire(actual) }) },
  }
}

export function kvResultFromWire(wire: WireResult): KvResult {
  if (wire.conflict === undefined) return { kind: 'applied', revision: wire.revision, existed: wire.existed }
  const { operation, actual } = wire.conflict
  return { kind: 'conflict', operation, actual: actual === undefined ? undefined : kvEntryFromWire(actual) }
}

export function kvEntryToWire(entry: KvEntry): WireEntry {
  return { key: entry.key, value: entry.value, revision: entry.revision }
}

export function kvEntryFromWire(wire: WireEntry): KvEntry {
  return { key: wire.key, value: wire.value, revision: wire.revision }
}
