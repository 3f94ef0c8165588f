import { crc32 } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { AssertionError } from '../../../src/base/index.ts'
import type { Entry } from '../../../src/raft/index.ts'
import {
  decodeClusterConfig,
  decodeEntry,
  decodeSnapshotMeta,
  encodeClusterConfig,
  encodeEntry,
  encodeSnapshotMeta,
} from '../../../src/raft/log/index.ts'
import { decodeLogState, encodeLogState } from '../../../src/raft/log/meta-codec.ts'
import { sealRecord } from '../../../src/raft/log/record.ts'
import { CONFIG, command, snapshotAt } from '../../conformance/log-store.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const hex = (value: Uint8Array) => Buffer.from(value).toString('hex')
const damage = (message: RegExp, index?: number) =>
  expect.objectContaining({ code: 'RAFT_RECORD_DAMAGED', index, message: expect.stringMatching(message) })

function thrown(run: () => unknown): unknown {
  try {
    return { returned: run() }
  } catch (error) {
    return error
  }
}

/** A record with any format and kind, and a checksum that holds. */
function forged(record: Uint8Array, formatAndKind: number): Uint8Array {
  const copy = record.slice()
  copy[4] = formatAndKind
  new DataView(copy.buffer).setUint32(0, crc32(copy.subarray(4)))
  return copy
}

describe('entry codec', () => {
  it('encode - the layout is the documented one', () => {
    const record = encodeEntry(command(0x0102, 0x030405, 'hi'))
    expect(hex(record.subarray(4))).toBe('11' + '0000000000030405' + '0000000000000102' + '6869')
    expect(hex(record.subarray(0, 4))).toBe(crc32(record.subarray(4)).toString(16).padStart(8, '0'))
  })

  it('encode - once per entry', () => {
    const entry = command(1, 1)
    expect(encodeEntry(entry)).toBe(encodeEntry(entry))
    expect(entry.record).toBe(encodeEntry(entry))
    expect(entry.data.buffer, 'the data is in memory once').toBe(entry.record?.buffer)
  })

  it('decode - nothing is copied, whatever the bytes are a part of', () => {
    const record = encodeEntry(command(7, 2, 'payload'))
    const frame = Buffer.concat([bytes('before'), record, bytes('after')])
    const part = frame.subarray(6, 6 + record.length)
    const entry = decodeEntry(part)
    expect(entry.record).toBe(part)
    expect(entry.data.buffer).toBe(frame.buffer)
    expect(entry.data.constructor).toBe(Uint8Array)
    expect(new TextDecoder().decode(entry.data)).toBe('payload')
  })

  it('decode - errors name the index asked for, or the one the record claims', () => {
    const record = encodeEntry(command(7, 2)).slice()
    expect(thrown(() => decodeEntry(record, 8))).toEqual(
      damage(/\(index 8\): the record is that of index 7/, 8),
    )
    record[21] = 0
    expect(thrown(() => decodeEntry(record, 7))).toEqual(
      damage(/\(index 7\): the checksum does not match/, 7),
    )
    expect(thrown(() => decodeEntry(record))).toEqual(damage(/\(index 7\): the checksum does not match/, 7))
    expect(thrown(() => decodeEntry(bytes('short')))).toEqual(damage(/5 bytes are too few/))
  })

  it('decode - a sound checksum does not excuse a wrong structure', () => {
    const record = encodeEntry(command(7, 2))
    expect(thrown(() => decodeEntry(forged(record, 0x21)))).toEqual(damage(/format 2 is not known/, 7))
    expect(thrown(() => decodeEntry(forged(record, 0x1f)))).toEqual(damage(/kind 15 is not known/, 7))
    expect(thrown(() => decodeEntry(forged(record, 0x12)))).toEqual(damage(/a no-op carries no data/, 7))
    expect(thrown(() => decodeEntry(forged(record, 0x13)))).toEqual(damage(/JSON/, 7))
    expect(thrown(() => decodeEntry(forged(record, 0x14)))).toEqual(damage(/kind snapshot is no entry/, 7))
    const zero = sealRecord('command', 1, 0, bytes('x'))
    expect(thrown(() => decodeEntry(zero))).toEqual(damage(/no entry has index 0/, 0))
    const huge = record.slice()
    huge[13] = 0xff
    expect(thrown(() => decodeEntry(forged(huge, 0x11)))).toEqual(damage(/out of range/))
  })

  it('encode - an entry that makes no sense is a bug', () => {
    const entry = command(1, 1)
    const broken: Entry[] = [
      { ...entry, config: CONFIG },
      { ...entry, kind: 'config' },
      { ...entry, kind: 'noop' },
      { ...entry, index: -1 },
      { ...entry, term: 1.5 },
      { ...entry, index: 2 ** 53 },
    ]
    for (const each of broken) expect(() => encodeEntry(each)).toThrow(AssertionError)
  })
})

describe('configuration codec', () => {
  it('encode - equal configurations give equal bytes, whatever the order of their fields', () => {
    const reordered = {
      members: CONFIG.members.map(({ voter, address, peerId, id }) => ({ voter, address, peerId, id })),
      learners: CONFIG.learners,
      outgoing: CONFIG.outgoing,
      voters: CONFIG.voters,
    }
    expect(encodeClusterConfig(reordered)).toEqual(encodeClusterConfig(CONFIG))
    expect(decodeClusterConfig(encodeClusterConfig(reordered))).toEqual(CONFIG)
  })

  it('decode - only what was asked for is accepted', () => {
    const good = JSON.parse(new TextDecoder().decode(encodeClusterConfig(CONFIG)))
    const refuse = (change: object, message: RegExp) =>
      expect(() => decodeClusterConfig(bytes(JSON.stringify({ ...good, ...change })))).toThrow(message)
    refuse({ version: 2 }, /version 2 is not known/)
    refuse({ version: undefined }, /lacks the field "version"/)
    refuse({ extra: 1 }, /unknown field "extra"/)
    refuse({ voters: 'a' }, /voters is not a list/)
    refuse({ voters: ['a', 1] }, /voters\[1\] is not a string/)
    refuse({ members: [null] }, /members\[0\] is not an object/)
    refuse({ members: [[]] }, /members\[0\] is not an object/)
    refuse({ members: [{ ...good.members[0], voter: 'yes' }] }, /members\[0\]\.voter is not true or false/)
    refuse({ members: [{ ...good.members[0], port: 1 }] }, /members\[0\] has an unknown field "port"/)
    expect(() => decodeClusterConfig(bytes('[]'))).toThrow(/is not an object/)
    expect(() => decodeClusterConfig(Uint8Array.of(0xff))).toThrow()
  })
})

describe('records beside the entries', () => {
  it('decode - one kind of record is not taken for another', () => {
    const snapshot = encodeSnapshotMeta(snapshotAt(3, 2))
    const state = encodeLogState({ hardState: { term: 1, vote: 'a' }, lastIndex: 3 })
    expect(thrown(() => decodeSnapshotMeta(state))).toEqual(damage(/it is of kind state/))
    expect(thrown(() => decodeLogState(snapshot))).toEqual(damage(/it is of kind snapshot/))
  })

  it('decode - a malformed state or snapshot record is damage, not another error', () => {
    const malformed = (payload: number[]) =>
      thrown(() => decodeLogState(sealRecord('state', 1, 1, Uint8Array.of(...payload))))
    expect(malformed([])).toEqual(damage(/malformed/))
    expect(malformed([3])).toEqual(damage(/malformed/))
    expect(malformed([1, 65])).toEqual(damage(/a vote where none is announced/))
    expect(malformed([2, 0xff])).toEqual(damage(/encoded data was not valid/))
    expect(thrown(() => decodeSnapshotMeta(sealRecord('snapshot', 1, 1, Uint8Array.of(1))))).toEqual(
      damage(/too short/),
    )
  })

  it('log state - an empty vote is not the same as none', () => {
    for (const vote of ['', undefined]) {
      const state = { hardState: { term: 1, vote }, lastIndex: 0 }
      expect(decodeLogState(encodeLogState(state))).toEqual(state)
    }
  })
})
