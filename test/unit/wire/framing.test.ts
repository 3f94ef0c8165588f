import fc from 'fast-check'
import * as lp from 'it-length-prefixed'
import { Uint8ArrayList } from 'uint8arraylist'
import { expect, test } from 'vitest'
import { FrameDecoder, framePrefix } from '../../../src/wire/index.ts'

function encode(frames: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(frames.flatMap((frame) => [framePrefix(frame.length), frame]))
}

/** Cuts `bytes` at the given places, taken modulo its length. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b)
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i] ?? bytes.length))
}

const frameLists = fc.array(fc.uint8Array({ maxLength: 400 }), { maxLength: 8 })

test('framing - frames come out as they went in, however the bytes are cut', () => {
  fc.assert(
    fc.property(frameLists, fc.array(fc.nat(5_000), { maxLength: 12 }), (frames, places) => {
      const decoder = new FrameDecoder({ frameBytesMax: 400 })
      const decoded: Uint8Array[] = []
      for (const chunk of cut(encode(frames), places)) decoder.push(chunk, (frame) => decoded.push(frame))
      expect(decoded.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]))
      expect(decoder.idle).toBe(true)
    }),
  )
})

test('framing - writes what it-length-prefixed writes, and reads lists of chunks', () => {
  fc.assert(
    fc.property(frameLists, (frames) => {
      const theirs = new Uint8ArrayList(...lp.encode(frames))
      expect([...encode(frames)]).toEqual([...theirs.subarray()])
      const decoded: Uint8Array[] = []
      new FrameDecoder({ frameBytesMax: 400 }).push(theirs, (frame) => decoded.push(frame))
      expect(decoded.map((frame) => [...frame])).toEqual(frames.map((frame) => [...frame]))
    }),
  )
})

test('framing - nothing is kept of the pieces that a frame comes in', () => {
  const decoder = new FrameDecoder({ frameBytesMax: 1_000 })
  const decoded: string[] = []
  for (const piece of cut(encode([Buffer.from('in pieces')]), [3, 4, 7])) {
    decoder.push(piece, (frame) => decoded.push(Buffer.from(frame).toString()))
    piece.fill(0)
  }
  expect(decoded).toEqual(['in pieces'])
})

test('framing - a length above the limit is refused before any of the frame is there', () => {
  const decoder = new FrameDecoder({ frameBytesMax: 1_000 })
  decoder.push(framePrefix(1_000), () => {})
  expect(() => new FrameDecoder({ frameBytesMax: 1_000 }).push(framePrefix(1_001), () => {})).toThrow(
    expect.objectContaining({ code: 'WIRE_FRAME_TOO_LARGE' }),
  )
})

test('framing - a length that does not end is refused', () => {
  const decoder = new FrameDecoder({ frameBytesMax: 1_000 })
  decoder.push(Uint8Array.of(0x80, 0x80, 0x80), () => {})
  expect(() => decoder.push(Uint8Array.of(0x80), () => {})).toThrow(
    expect.objectContaining({ code: 'WIRE_MALFORMED' }),
  )
})

test('framing - knows whether a frame has been begun', () => {
  const decoder = new FrameDecoder({ frameBytesMax: 1_000 })
  expect(decoder.idle).toBe(true)
  decoder.push(Uint8Array.of(0x82), () => {})
  expect(decoder.idle).toBe(false)
  decoder.push(Uint8Array.of(0x01), () => {})
  expect(decoder.idle).toBe(false)
  decoder.push(new Uint8Array(130), () => {})
  expect(decoder.idle).toBe(true)
})

test('framing - a frame within one chunk is not copied', () => {
  const bytes = encode([Uint8Array.of(1, 2, 3)])
  new FrameDecoder({ frameBytesMax: 10 }).push(bytes, (frame) => expect(frame.buffer).toBe(bytes.buffer))
})
