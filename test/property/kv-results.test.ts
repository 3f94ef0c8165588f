/** Results as bytes: what is read back is what was written, and there is one way only to write it. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { KvResult } from '../../src/kv/index.ts'
import { decodeResult, encodeResult } from '../../src/kv/result-codec.ts'

const revision = fc.maxSafeNat()
const result: fc.Arbitrary<KvResult> = fc.oneof(
  fc.record({
    kind: fc.constant('applied' as const),
    revision,
    existed: fc.array(fc.boolean(), { maxLength: 40 }),
  }),
  fc.record({
    kind: fc.constant('conflict' as const),
    operation: fc.nat(0xffff_ffff),
    actual: fc.option(fc.record({ key: fc.uint8Array(), value: fc.uint8Array(), revision }), {
      nil: undefined,
    }),
  }),
  fc.record({
    kind: fc.constant('invalid' as const),
    code: fc.string({ unit: 'binary' }),
    message: fc.string({ unit: 'binary' }),
  }),
)

describe('key-value results', () => {
  it('encode - and back', () => {
    fc.assert(
      fc.property(result, (result) => {
        const bytes = encodeResult(result)
        const decoded = decodeResult(bytes)
        bytes.fill(0xff)
        expect(decoded).toEqual(result)
      }),
      { numRuns: 1_000 },
    )
  })

  it('encode - a thousand operations take few bytes', () => {
    const existed = Array.from({ length: 1_024 }, (_, i) => i % 3 === 0)
    const bytes = encodeResult({ kind: 'applied', revision: 7, existed })
    expect(bytes.byteLength).toBe(13 + 128)
    expect(decodeResult(bytes)).toEqual({ kind: 'applied', revision: 7, existed })
  })

  it('decode - what is changed or cut off is another result or none', () => {
    const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), length: fc.nat() })
    fc.assert(
      fc.property(result, edit, (result, { at, byte, length }) => {
        const bytes = encodeResult(result)
        const changed = bytes.slice(0, 1 + (length % bytes.byteLength))
        changed[at % changed.byteLength] = byte
        const decoded = decodeResult(changed)
        if (decoded !== undefined) expect(encodeResult(decoded)).toEqual(changed)
      }),
      { numRuns: 3_000 },
    )
    expect(decodeResult(new Uint8Array(0))).toBeUndefined()
  })
})
