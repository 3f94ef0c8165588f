import fc from 'fast-check'
import { expect, test } from 'vitest'
import { AppendEncoder, decodeAppend } from '../../../src/p2p/raft-codec-append.ts'
import { snapshotMetaFromWire, snapshotMetaToWire } from '../../../src/p2p/raft-codec-config.ts'
import {
  type ControlMessage,
  decodeControl,
  encodeControl,
  encodePing,
} from '../../../src/p2p/raft-codec-control.ts'
import type { Entry, Message } from '../../../src/raft/index.ts'
import {
  APPEND_FRAME_BYTES_MAX,
  AppendFrame,
  ControlFrame,
  RECORD_BYTES_MAX,
  SnapshotMeta,
} from '../../../src/wire/index.ts'
import { codec, entry, snapshotMeta } from './support.ts'

const context = { group: 7, from: 'a', to: 'b' }
const malformed = expect.objectContaining({ code: 'WIRE_MALFORMED' })
const header = { from: 'a', to: 'b' }

const whole = fc.maxSafeNat()
const controlMessages: fc.Arbitrary<ControlMessage> = fc.oneof(
  fc.record({
    ...constants(header),
    type: fc.constantFrom('pre-vote' as const, 'vote' as const),
    term: whole,
    lastIndex: whole,
    lastTerm: whole,
    transfer: fc.boolean(),
  }),
  fc.record({
    ...constants(header),
    type: fc.constantFrom('pre-vote-response' as const, 'vote-response' as const),
    term: whole,
    granted: fc.boolean(),
  }),
  fc.record({
    ...constants({ ...header, type: 'append-response' as const }),
    term: whole,
    index: whole,
    reject: fc.boolean(),
    hintIndex: whole,
    hintTerm: whole,
  }),
  fc.record({
    ...constants({ ...header, type: 'heartbeat' as const }),
    term: whole,
    commit: whole,
    round: whole,
  }),
  fc.record({ ...constants({ ...header, type: 'heartbeat-response' as const }), term: whole, round: whole }),
  fc.record({ ...constants({ ...header, type: 'timeout-now' as const }), term: whole }),
  fc.record({ ...constants({ ...header, type: 'read-index' as const }), term: whole, id: whole }),
  fc.record({
    ...constants({ ...header, type: 'read-index-response' as const }),
    term: whole,
    id: whole,
    index: whole,
    reject: fc.boolean(),
  }),
)

function constants<T extends object>(values: T): { [K in keyof T]: fc.Arbitrary<T[K]> } {
  const entries = Object.entries(values).map(([key, value]) => [key, fc.constant(value)])
  // The same keys, each with an arbitrary of its value.
  return Object.fromEntries(entries) as { [K in keyof T]: fc.Arbitrary<T[K]> }
}

type Append = Extract<Message, { type: 'append' }>

function append(entries: readonly Entry[], fields: Partial<Append> = {}): Append {
  const prevIndex = (entries[0]?.index ?? 1) - 1
  return { type: 'append', ...header, term: 5, prevIndex, prevTerm: 1, commit: 3, entries, ...fields }
}

function encodeFrames(encoder: AppendEncoder, message: Append): Buffer[] {
  return encoder.encode(message).map((frame) => Buffer.concat(frame))
}

const plain = (message: Append): object => ({
  ...message,
  entries: message.entries.map(({ index, term, data }) => ({ index, term, data: [...data] })),
})

test('raft codec - every control message survives the wire', () => {
  fc.assert(
    fc.property(controlMessages, (message) => {
      expect(decodeControl(encodeControl(message, 7), context)).toEqual(message)
    }),
  )
})

test('raft codec - a control frame of another group, without a body or beyond safe integers is malformed', () => {
  const message: ControlMessage = { type: 'timeout-now', ...header, term: 1 }
  expect(() => decodeControl(encodeControl(message, 8), context)).toThrow(malformed)
  expect(() => decodeControl(ControlFrame.encode({ group: 7, term: 1 }), context)).toThrow(malformed)
  const beyond = Buffer.from([
    0x08, 7, 0x10, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f, 0x4a, 0x00,
  ])
  expect(() => decodeControl(beyond, context)).toThrow(malformed)
  expect(decodeControl(encodePing(0), context)).toEqual({ ping: 0 })
})

test('raft codec - no bytes make the decoders throw anything but WIRE_MALFORMED', () => {
  const decoders = [
    (bytes: Uint8Array) => decodeControl(bytes, context),
    (bytes: Uint8Array) => decodeAppend(bytes, context, codec),
  ]
  const good = fc.oneof(
    controlMessages.map((message) => encodeControl(message, 7)),
    fc.constant(Buffer.concat(new AppendEncoder(codec, context).encode(append([entry(4), entry(5)])).flat())),
  )
  const damaged = fc.tuple(good, fc.nat(), fc.nat(255)).map(([bytes, at, value]) => {
    const copy = Buffer.from(bytes)
    copy[at % copy.length] = value
    return copy
  })
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), (bytes) => {
      for (const decode of decoders) {
        try {
          decode(bytes)
        } catch (error) {
          expect(error).toMatchObject({ code: 'WIRE_MALFORMED' })
        }
      }
    }),
    { numRuns: 1_000 },
  )
})

test('raft codec - an append survives the wire, with and without entries', () => {
  const encoder = new AppendEncoder(codec, context)
  for (const message of [
    append([]),
    append([entry(4, 1), entry(5, 2), entry(6, 5, Buffer.alloc(1_000, 9))]),
  ]) {
    const [frame, ...others] = encodeFrames(encoder, message)
    expect(others).toEqual([])
    expect(plain(decodeAppend(frame ?? Buffer.of(), context, codec))).toEqual(plain(message))
  }
})

test('raft codec - entries keep nothing of what came with them over the connection', () => {
  const kept: number[] = []
  const looking = {
    ...codec,
    decodeEntry: (record: Uint8Array) => {
      kept.push(record.buffer.byteLength)
      return codec.decodeEntry(record)
    },
  }
  const [frame = Buffer.of()] = encodeFrames(new AppendEncoder(codec, context), append([entry(4), entry(5)]))
  const came = Buffer.alloc(64 * 1024)
  came.set(frame, 1_000)
  decodeAppend(came.subarray(1_000, 1_000 + frame.length), context, looking)
  expect(kept).toEqual([frame.length, frame.length])
  // Nor is copied what has the memory to itself.
  const alone = new Uint8Array(frame)
  decodeAppend(alone, context, {
    ...codec,
    decodeEntry: (record) => {
      expect(record.buffer).toBe(alone.buffer)
      return codec.decodeEntry(record)
    },
  })
})

test('raft codec - a frame in two parts is the frame that protobuf would have made of the whole', () => {
  const message = append([entry(4), entry(5)])
  const { term, prevIndex, prevTerm, commit } = message
  const records = message.entries.map(codec.encodeEntry)
  const expected = AppendFrame.encode({ group: 7, term, prevIndex, prevTerm, commit, records })
  expect(encodeFrames(new AppendEncoder(codec, context), message)).toEqual([Buffer.from(expected)])
})

test('raft codec - the same entries are encoded once for all followers', () => {
  const encoder = new AppendEncoder(codec, context)
  const entries = [entry(4), entry(5), entry(6)]
  const [toB] = encoder.encode(append(entries))
  // The core makes a message, and often a list, of its own for each follower.
  const [toC] = encoder.encode(append([...entries], { to: 'c', commit: 2 }))
  expect(toC?.[1]).toBe(toB?.[1])
  expect(encoder.runsEncoded).toBe(1)
  const [shorter] = encoder.encode(append(entries.slice(1)))
  expect(shorter?.[1]).not.toBe(toB?.[1])
  expect(encoder.runsEncoded).toBe(2)
})

test('raft codec - entries beyond a frame go in several, each following from the one before', () => {
  const encoder = new AppendEncoder(codec, context)
  // A little over a third of a frame each: two to a frame.
  const third = Math.ceil(APPEND_FRAME_BYTES_MAX / 3) + 1
  const entries = Array.from({ length: 5 }, (_, i) => entry(i + 4, i < 3 ? 1 : 2, Buffer.alloc(third, i)))
  const frames = encodeFrames(encoder, append(entries))
  expect(frames).toHaveLength(3)
  expect(frames.every((frame) => frame.length <= APPEND_FRAME_BYTES_MAX)).toBe(true)
  const messages = frames.map((frame) => decodeAppend(frame, context, codec))
  expect(messages.flatMap((message) => message.entries.map((each) => each.index))).toEqual(
    entries.map((each) => each.index),
  )
  let last = { index: 3, term: 1 }
  for (const message of messages) {
    expect(message).toMatchObject({ prevIndex: last.index, prevTerm: last.term, term: 5, commit: 3 })
    last = message.entries.at(-1) ?? last
  }
  const tiny = Array.from({ length: 20_000 }, (_, i) => entry(i + 1))
  expect(encodeFrames(encoder, append(tiny))).toHaveLength(2)
})

test('raft codec - an entry that fits in no frame is refused by the sender', () => {
  const encoder = new AppendEncoder(codec, context)
  expect(() => encoder.encode(append([entry(4, 1, Buffer.alloc(RECORD_BYTES_MAX))]))).toThrow(
    expect.objectContaining({ code: 'P2P_ENTRY_TOO_LARGE' }),
  )
})

test('raft codec - entries that no correct leader sends are malformed', () => {
  const encode = (entries: readonly Entry[], fields: Partial<Append> = {}): Buffer =>
    Buffer.concat(new AppendEncoder(codec, context).encode(append(entries, fields)).flat())
  const bad = [
    encode([entry(4), entry(6)]),
    encode([entry(4)], { prevIndex: 2 }),
    encode([entry(4, 3), entry(5, 2)]),
    encode([entry(4, 1)], { prevTerm: 2 }),
    encode([entry(4, 6)]),
    AppendFrame.encode({ group: 7, term: 5, records: [Buffer.of(1, 2, 3)] }),
    AppendFrame.encode({ group: 8, term: 5, records: [] }),
  ]
  for (const frame of bad) expect(() => decodeAppend(frame, context, codec)).toThrow(malformed)
})

test('raft codec - snapshot metadata survives the wire, and is checked', () => {
  const meta = snapshotMeta()
  const wire = snapshotMetaToWire(meta)
  expect(snapshotMetaFromWire(SnapshotMeta.decode(SnapshotMeta.encode(wire)))).toEqual(meta)
  const { config } = wire
  const bad = [
    undefined,
    { ...wire, index: 0 },
    { ...wire, configIndex: 11 },
    { index: 1, term: 1, configIndex: 1 },
    { ...wire, config: { ...config, voters: [], outgoing: [], learners: [], members: [] } },
    { ...wire, config: { voters: ['x'], outgoing: [], learners: [], members: config?.members ?? [] } },
    {
      ...wire,
      config: {
        voters: ['a'],
        outgoing: [],
        learners: [],
        members: [{ id: 'a', peerId: '', address: '', voter: true }],
      },
    },
  ]
  for (const each of bad) expect(() => snapshotMetaFromWire(each)).toThrow(malformed)
})
