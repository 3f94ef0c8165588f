import { expect, test } from 'vitest'
import {
  CONFIG_MEMBERS_MAX,
  checkInteger,
  checkName,
  decodeFrame,
  Hello,
  SnapshotHeader,
  SnapshotMeta,
} from '../../../src/wire/index.ts'

const malformed = expect.objectContaining({ code: 'WIRE_MALFORMED' })

test('wire checks - whole numbers keep their value up to the largest safe one, and no further', () => {
  for (const index of [0, 1, 127, 128, 2 ** 32, 2 ** 49, Number.MAX_SAFE_INTEGER]) {
    const decoded = SnapshotMeta.decode(SnapshotMeta.encode({ index }))
    expect(checkInteger(decoded.index, 'index')).toBe(index)
  }
  // The varint of 2^53, which JavaScript still reads, and of 2^64 - 1.
  for (const bytes of [
    [0x08, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x10],
    [0x08, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
  ]) {
    expect(() =>
      checkInteger(decodeFrame('meta', () => SnapshotMeta.decode(Uint8Array.from(bytes))).index, 'index'),
    ).toThrow(malformed)
  }
})

test('wire checks - names are neither empty nor too long', () => {
  expect(checkName('a', 'name')).toBe('a')
  expect(() => checkName('', 'name')).toThrow(malformed)
  expect(() => checkName('a'.repeat(257), 'name')).toThrow(malformed)
})

test('wire checks - what a generated decoder throws becomes WIRE_MALFORMED', () => {
  // A string field that says it is longer than the frame.
  expect(() => decodeFrame('Hello', () => Hello.decode(Uint8Array.of(0x12, 0x7f)))).toThrow(malformed)
})

test('wire checks - lists end at their limit while they are decoded', () => {
  const voters = Array.from({ length: CONFIG_MEMBERS_MAX + 1 }, (_, i) => `n${i}`)
  const config = { voters, outgoing: [], learners: [], members: [] }
  const bytes = SnapshotHeader.encode({ snapshot: { index: 1, term: 1, configIndex: 1, config } })
  const limits = { snapshot: { config: { voters: CONFIG_MEMBERS_MAX } } }
  expect(() => decodeFrame('header', () => SnapshotHeader.decode(bytes, { limits }))).toThrow(malformed)
})
