/**
 * Results as bytes, to be remembered; equal results make equal bytes. Integers are big-endian.
 *
 *   1  kind
 *   applied (1):
 *     8  revision
 *     4  number of operations
 *     …  `existed`, eight to a byte, the first in the lowest bit; bits beyond the last are 0
 *   conflict (2):
 *     4  operation
 *     1  whether there is an actual entry; if so:
 *     8  its revision
 *     4  length of its key
 *     …  key, value
 *   invalid (3):
 *     4  length of the code
 *     …  code, message, as UTF-8
 */
import { assertNever } from '../base/index.ts'
import { getUint64, putUint64 } from './stored-value.ts'
import type { KvEntry, KvResult } from './types.ts'

const APPLIED = 1
const CONFLICT = 2
const INVALID = 3

const APPLIED_HEADER_BYTES = 1 + 8 + 4
const CONFLICT_HEADER_BYTES = 1 + 4 + 1
const ACTUAL_HEADER_BYTES = CONFLICT_HEADER_BYTES + 8 + 4
const INVALID_HEADER_BYTES = 1 + 4

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeResult(result: KvResult): Uint8Array {
  switch (result.kind) {
    case 'applied':
      return encodeApplied(result.revision, result.existed)
    case 'conflict':
      return encodeConflict(result.operation, result.actual)
    case 'invalid':
      return encodeInvalid(result.code, result.message)
    default:
      return assertNever(result)
  }
}

/** Undefined unless these are the bytes of a result. Nothing of it is a view into them. */
export function decodeResult(bytes: Uint8Array): KvResult | undefined {
  switch (bytes[0]) {
    case APPLIED:
      return decodeApplied(bytes)
    case CONFLICT:
      return decodeConflict(bytes)
    case INVALID:
      return decodeInvalid(bytes)
    default:
      return undefined
  }
}

function encodeApplied(revision: number, existed: readonly boolean[]): Uint8Array {
  const bytes = new Uint8Array(APPLIED_HEADER_BYTES + Math.ceil(existed.length / 8))
  bytes[0] = APPLIED
  putUint64(bytes.subarray(1), revision)
  viewOf(bytes).setUint32(9, existed.length)
  for (const [i, did] of existed.entries()) {
    if (did) setBit(bytes, i)
  }
  return bytes
}

function decodeApplied(bytes: Uint8Array): KvResult | undefined {
  if (bytes.byteLength < APPLIED_HEADER_BYTES) return undefined
  const count = viewOf(bytes).getUint32(9)
  if (bytes.byteLength !== APPLIED_HEADER_BYTES + Math.ceil(count / 8)) return undefined
  const revision = getUint64(bytes.subarray(1))
  if (!Number.isSafeInteger(revision)) return undefined
  const existed = Array.from({ length: count }, (_, i) => hasBit(bytes, i))
  for (let i = count; i % 8 !== 0; i++) {
    if (hasBit(bytes, i)) return undefined
  }
  return { kind: 'applied', revision, existed }
}

function setBit(bytes: Uint8Array, i: number): void {
  const at = APPLIED_HEADER_BYTES + (i >> 3)
  bytes[at] = (bytes[at] ?? 0) | (1 << (i & 7))
}

function hasBit(bytes: Uint8Array, i: number): boolean {
  return (((bytes[APPLIED_HEADER_BYTES + (i >> 3)] ?? 0) >> (i & 7)) & 1) === 1
}

function encodeConflict(operation: number, actual: KvEntry | undefined): Uint8Array {
  const size =
    actual === undefined
      ? CONFLICT_HEADER_BYTES
      : ACTUAL_HEADER_BYTES + actual.key.byteLength + actual.value.byteLength
  const bytes = new Uint8Array(size)
  const view = viewOf(bytes)
  bytes[0] = CONFLICT
  view.setUint32(1, operation)
  if (actual === undefined) return bytes
  bytes[5] = 1
  putUint64(bytes.subarray(6), actual.revision)
  view.setUint32(14, actual.key.byteLength)
  bytes.set(actual.key, ACTUAL_HEADER_BYTES)
  bytes.set(actual.value, ACTUAL_HEADER_BYTES + actual.key.byteLength)
  return bytes
}

function decodeConflict(bytes: Uint8Array): KvResult | undefined {
  if (bytes.byteLength < CONFLICT_HEADER_BYTES) return undefined
  const view = viewOf(bytes)
  const operation = view.getUint32(1)
  if (bytes[5] === 0 && bytes.byteLength === CONFLICT_HEADER_BYTES) {
    return { kind: 'conflict', operation, actual: undefined }
  }
  if (bytes[5] !== 1 || bytes.byteLength < ACTUAL_HEADER_BYTES) return undefined
  const revision = getUint64(bytes.subarray(6))
  const keyEnd = ACTUAL_HEADER_BYTES + view.getUint32(14)
  if (!Number.isSafeInteger(revision) || bytes.byteLength < keyEnd) return undefined
  const actual = {
    key: Uint8Array.from(bytes.subarray(ACTUAL_HEADER_BYTES, keyEnd)),
    value: Uint8Array.from(bytes.subarray(keyEnd)),
    revision,
  }
  return { kind: 'conflict', operation, actual }
}

function encodeInvalid(code: string, message: string): Uint8Array {
  const codeBytes = encoder.encode(code)
  const messageBytes = encoder.encode(message)
  const bytes = new Uint8Array(INVALID_HEADER_BYTES + codeBytes.byteLength + messageBytes.byteLength)
  bytes[0] = INVALID
  viewOf(bytes).setUint32(1, codeBytes.byteLength)
  bytes.set(codeBytes, INVALID_HEADER_BYTES)
  bytes.set(messageBytes, INVALID_HEADER_BYTES + codeBytes.byteLength)
  return bytes
}

function decodeInvalid(bytes: Uint8Array): KvResult | undefined {
  if (bytes.byteLength < INVALID_HEADER_BYTES) return undefined
  const codeEnd = INVALID_HEADER_BYTES + viewOf(bytes).getUint32(1)
  if (bytes.byteLength < codeEnd) return undefined
  try {
    const code = decoder.decode(bytes.subarray(INVALID_HEADER_BYTES, codeEnd))
    return { kind: 'invalid', code, message: decoder.decode(bytes.subarray(codeEnd)) }
  } catch {
    return undefined // not UTF-8
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
