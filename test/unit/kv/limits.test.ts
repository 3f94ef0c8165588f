import { describe, expect, it } from 'vitest'
import {
  checkKvCommand,
  checkKvKey,
  KV_COMMAND_BYTES_MAX,
  KV_KEY_BYTES_MAX,
  KV_OPERATIONS_MAX,
  KV_VALUE_BYTES_MAX,
  type KvOperation,
} from '../../../src/kv/index.ts'
import { absent, del, put, revisionIs, swap } from '../../conformance/kv.ts'

const key = new Uint8Array(KV_KEY_BYTES_MAX)
const value = new Uint8Array(KV_VALUE_BYTES_MAX)
const tooLong = new Uint8Array(KV_VALUE_BYTES_MAX + 1)

const accepted = (...operations: KvOperation[]) =>
  expect(() => checkKvCommand({ namespace: 'default', operations })).not.toThrow()
const refused = (code: string, limit: number, ...operations: KvOperation[]) =>
  expect(() => checkKvCommand({ namespace: 'default', operations })).toThrow(
    expect.objectContaining({ code, limit, outcome: 'not-applied', retryable: false }),
  )

describe('command limits', () => {
  it('check - what fits passes, to the last byte', () => {
    accepted()
    accepted(put('a', ''), del('b'), swap('c', absent), swap('d', revisionIs(3), 'x'))
    accepted({ kind: 'put', key, value })
    accepted(...Array.from({ length: KV_OPERATIONS_MAX }, (_, i) => del(`k${i}`)))
    const rest = new Uint8Array(KV_COMMAND_BYTES_MAX - KV_VALUE_BYTES_MAX - 2)
    accepted(
      { kind: 'put', key: key.subarray(0, 1), value },
      { kind: 'put', key: key.subarray(0, 1), value: rest },
    )
  })

  const bytes = Uint8Array.of(1)
  const compared = (expected: unknown, value: unknown = bytes) => ({
    ...{ kind: 'compare-and-swap', key: bytes },
    ...{ expected, value },
  })
  it.each<[string, unknown]>([
    ['text for a key', { kind: 'put', key: 'k', value: bytes }],
    ['text for a value', { kind: 'put', key: bytes, value: 'text' }],
    ['no value', { kind: 'put', key: bytes }],
    ['an array', { kind: 'put', key: bytes, value: [1] }],
    ['a buffer that is not looked at', { kind: 'put', key: bytes, value: new ArrayBuffer(1) }],
    ['other numbers', { kind: 'put', key: bytes, value: new Float64Array(1) }],
    ['a negative revision', compared({ kind: 'revision', revision: -1 })],
    ['half a revision', compared({ kind: 'revision', revision: 1.5 })],
    ['text that is expected', compared({ kind: 'value', value: 'text' })],
    ['something else that is expected', compared({ kind: 'present' })],
    ['text to swap in', compared(absent, 'text')],
    ['null to swap in', compared(absent, null)],
    ['another operation', { kind: 'get', key: bytes }],
  ])('check - %s', (_what, operation) => {
    const command = { namespace: 'default', operations: [operation as KvOperation] } // from a caller without types
    expect(() => checkKvCommand(command)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', outcome: 'not-applied', retryable: false }),
    )
  })

  it('check - keys', () => {
    const empty = new Uint8Array(0)
    const long = new Uint8Array(KV_KEY_BYTES_MAX + 1)
    for (const bad of [empty, long]) {
      refused('KV_KEY_INVALID', KV_KEY_BYTES_MAX, put('fine', ''), { kind: 'put', key: bad, value: empty })
      refused('KV_KEY_INVALID', KV_KEY_BYTES_MAX, { kind: 'delete', key: bad })
      refused('KV_KEY_INVALID', KV_KEY_BYTES_MAX, {
        kind: 'compare-and-swap',
        key: bad,
        expected: absent,
        value: undefined,
      })
      expect(() => checkKvKey(bad)).toThrow(expect.objectContaining({ code: 'KV_KEY_INVALID' }))
    }
  })

  it('check - values, expected ones too', () => {
    const one = Uint8Array.of(1)
    refused('KV_VALUE_TOO_LARGE', KV_VALUE_BYTES_MAX, { kind: 'put', key: one, value: tooLong })
    refused('KV_VALUE_TOO_LARGE', KV_VALUE_BYTES_MAX, {
      kind: 'compare-and-swap',
      key: one,
      expected: absent,
      value: tooLong,
    })
    refused('KV_VALUE_TOO_LARGE', KV_VALUE_BYTES_MAX, {
      kind: 'compare-and-swap',
      key: one,
      expected: { kind: 'value', value: tooLong },
      value: undefined,
    })
  })

  it('check - the command as a whole', () => {
    const one = Uint8Array.of(1)
    refused(
      'KV_COMMAND_TOO_LARGE',
      KV_COMMAND_BYTES_MAX,
      { kind: 'put', key: one, value },
      { kind: 'put', key: one, value: new Uint8Array(KV_COMMAND_BYTES_MAX - KV_VALUE_BYTES_MAX - 1) },
    )
    refused(
      'KV_TOO_MANY_OPERATIONS',
      KV_OPERATIONS_MAX,
      ...Array.from({ length: KV_OPERATIONS_MAX + 1 }, (_, i) => del(`k${i}`)),
    )
    for (const namespace of ['', 'a:b', '_system', 'x'.repeat(64)]) {
      expect(() => checkKvCommand({ namespace, operations: [] })).toThrow(
        expect.objectContaining({ code: 'NAMESPACE_INVALID' }),
      )
    }
  })
})
