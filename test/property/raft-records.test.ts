/** Every record comes back as it was, and no flipped bit or cut goes unnoticed. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { ClusterConfig, Entry } from '../../src/raft/index.ts'
import {
  decodeEntry,
  decodeLogState,
  decodeSnapshotMeta,
  encodeEntry,
  encodeLogState,
  encodeSnapshotMeta,
  type NodeIdentity,
} from '../../src/raft/log/index.ts'
import { decodeIdentity, encodeIdentity } from '../../src/raft/log/meta-codec.ts'

const index = fc.maxSafeNat()
const term = fc.maxSafeNat()
const text = fc.string({ unit: 'binary', maxLength: 12 }).filter((value) => value.isWellFormed())
const texts = fc.array(text, { maxLength: 3 })
const member = fc.record(
  { id: text, peerId: text, address: text, voter: fc.boolean() },
  { noNullPrototype: true },
)
const config: fc.Arbitrary<ClusterConfig> = fc.record(
  { voters: texts, outgoing: texts, learners: texts, members: fc.array(member, { maxLength: 3 }) },
  { noNullPrototype: true },
)
const empty = new Uint8Array(0)
const entryIndex = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })

const entry: fc.Arbitrary<Entry> = fc.oneof(
  fc
    .tuple(entryIndex, term, fc.uint8Array({ maxLength: 64 }))
    .map(([index, term, data]): Entry => ({ index, term, kind: 'command', data, config: undefined })),
  fc
    .tuple(entryIndex, term)
    .map(([index, term]): Entry => ({ index, term, kind: 'noop', data: empty, config: undefined })),
  fc
    .tuple(entryIndex, term, config)
    .map(([index, term, config]): Entry => ({ index, term, kind: 'config', data: empty, config })),
)
const snapshot = fc.record({ index, term, config, configIndex: index }, { noNullPrototype: true })
const hardState = fc.record({ term, vote: fc.option(text, { nil: undefined }) }, { noNullPrototype: true })
const logState = fc.record(
  { hardState: fc.option(hardState, { nil: undefined }), lastIndex: index },
  { noNullPrototype: true },
)
const identity: fc.Arbitrary<NodeIdentity> = fc.record(
  { nodeId: text, clusterId: fc.option(text, { nil: undefined }), formatVersion: fc.nat() },
  { noNullPrototype: true },
)

const damaged = expect.objectContaining({ code: 'RAFT_RECORD_DAMAGED' })

function thrown(run: () => unknown): unknown {
  try {
    return { returned: run() }
  } catch (error) {
    return error
  }
}

function check<T>(
  values: fc.Arbitrary<T>,
  encode: (value: T) => Uint8Array,
  decode: (bytes: Uint8Array) => T,
) {
  fc.assert(
    fc.property(values, (value) => {
      expect(decode(encode(value).slice())).toEqual(value)
    }),
  )
  fc.assert(
    fc.property(values, (value) => {
      const record = encode(value)
      for (let bit = 0; bit < record.length * 8; bit++) {
        const flipped = record.slice()
        flipped[bit >> 3] = (flipped[bit >> 3] as number) ^ (1 << (bit & 7))
        if (!Object.is(code(thrown(() => decode(flipped))), 'RAFT_RECORD_DAMAGED')) {
          expect.unreachable(`bit ${bit} may flip unnoticed`)
        }
      }
    }),
    { numRuns: 30 },
  )
  fc.assert(
    fc.property(values, (value) => {
      const record = encode(value)
      for (let length = 0; length < record.length; length++) {
        expect(thrown(() => decode(record.slice(0, length)))).toEqual(damaged)
      }
      expect(thrown(() => decode(Uint8Array.of(...record, 0)))).toEqual(damaged)
    }),
    { numRuns: 30 },
  )
}

function code(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
}

describe('raft records', () => {
  it('entry - round trip, and every flip and cut is noticed', () => {
    check<Omit<Entry, 'record'>>(
      entry,
      (value) => encodeEntry({ ...value }),
      (bytes) => {
        const { record, ...rest } = decodeEntry(bytes)
        expect(record).toBe(bytes)
        return rest
      },
    )
  })

  it('snapshot meta - round trip, and every flip and cut is noticed', () => {
    check(snapshot, encodeSnapshotMeta, decodeSnapshotMeta)
  })

  it('log state - round trip, and every flip and cut is noticed', () => {
    check(logState, encodeLogState, decodeLogState)
  })

  it('identity - round trip, and every flip and cut is noticed', () => {
    check(identity, encodeIdentity, decodeIdentity)
  })

  it('decoding - no bytes make it fail in another way', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
        for (const decode of [decodeEntry, decodeSnapshotMeta, decodeLogState, decodeIdentity]) {
          expect(thrown(() => decode(bytes))).toEqual(damaged)
        }
      }),
    )
  })
})
