import type { Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { FrameStream, type FrameStreamInit } from '../../../src/p2p/frame-stream.ts'
import { Cleanup, startHost, until } from './support.ts'

const PROTOCOL = '/test/frames/1.0.0'

interface End {
  readonly frames: FrameStream
  readonly stream: Stream
  readonly received: Buffer[]
  /** What `onClosed` was called with, each time. */
  readonly closed: (Error | undefined)[]
  /** False drops or aborts, as a cut link does. */
  passes: boolean
}

function end(stream: Stream, init: Partial<FrameStreamInit>): End {
  const received: Buffer[] = []
  const closed: (Error | undefined)[] = []
  const frames = new FrameStream(
    { stream, allows: () => self.passes },
    {
      frameBytesMax: 1024 * 1024,
      onFrame: (frame) => received.push(Buffer.from(frame)),
      onClosed: (error) => closed.push(error),
      ...init,
    },
  )
  const self: End = { frames, stream, received, closed, passes: true }
  return self
}

/** A stream between two hosts, seen from both ends. */
async function openPair(
  cleanup: Cleanup,
  init: { readonly a?: Partial<FrameStreamInit>; readonly b?: Partial<FrameStreamInit> } = {},
): Promise<{ a: End; b: End }> {
  const hostA = await startHost(cleanup)
  const hostB = await startHost(cleanup)
  const accepted = Promise.withResolvers<End>()
  await hostB.handle(PROTOCOL, (stream) => accepted.resolve(end(stream, init.b ?? {})), { streamsMax: 1 })
  const signal = AbortSignal.timeout(5_000)
  const connection = await hostA.connect({ peerId: hostB.peerId, address: hostB.nodeAddress }, { signal })
  const a = end(await connection.newStream(PROTOCOL), init.a ?? {})
  return { a, b: await accepted.promise }
}

test('frame stream - frames of all sizes arrive whole and in order', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await openPair(cleanup)
  const sizes = [0, 1, 127, 128, 70_000, 1024 * 1024, 3, 1024 * 1024, 200_000]
  const sent = sizes.map((size, i) => Buffer.alloc(size, i + 1))
  for (const frame of sent) a.frames.send(frame.subarray(0, 10), frame.subarray(10))
  await until(() => b.received.length === sizes.length)
  expect(b.received.every((frame, i) => frame.equals(sent[i] ?? Buffer.of()))).toBe(true)
  expect(b.frames.bytesReceived).toBe(a.frames.bytesSent)
})

test('frame stream - frames sent together leave in few writes', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await openPair(cleanup)
  let writes = 0
  const send = a.stream.send.bind(a.stream)
  a.stream.send = (data) => {
    writes += 1
    return send(data)
  }
  for (let i = 0; i < 1_000; i += 1) a.frames.send(Buffer.alloc(20, i))
  await until(() => b.received.length === 1_000)
  expect(writes).toBe(1)
})

test('frame stream - what libp2p does not take waits here, and leaves when it does', async () => {
  await using cleanup = new Cleanup()
  let drained = 0
  const { a, b } = await openPair(cleanup, { a: { onDrained: () => (drained += 1) } })
  b.stream.pause()
  for (let i = 0; i < 16; i += 1) a.frames.send(Buffer.alloc(512 * 1024, i))
  // The window of the stream is used up: the rest stays, and nothing of it is in libp2p's buffers.
  await until(() => a.frames.bytesSent > 0 && a.stream.writableNeedsDrain)
  expect(a.frames.queuedBytes).toBeGreaterThan(6 * 1024 * 1024)
  expect(a.stream.writeBufferLength).toBeLessThanOrEqual(128 * 1024)
  expect(drained).toBe(0)
  b.stream.resume()
  await until(() => b.received.length === 16)
  expect(a.frames.queuedBytes).toBe(0)
  expect(drained).toBeGreaterThan(0)
})

test('frame stream - close sends what is queued first, and ends both sides without an error', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await openPair(cleanup)
  for (let i = 0; i < 8; i += 1) a.frames.send(Buffer.alloc(500_000, i))
  await a.frames.close()
  await until(() => b.closed.length === 1)
  expect(b.received).toHaveLength(8)
  expect(a.closed).toEqual([undefined])
  expect(b.closed).toEqual([undefined])
  await until(() => a.stream.status === 'closed' && b.stream.status === 'closed')
  a.frames.send(Buffer.of(1))
  expect(a.frames.queuedBytes).toBe(0)
})

test('frame stream - abort ends both sides at once, each told once', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await openPair(cleanup)
  const reason = new Error('enough')
  a.frames.abort(reason)
  a.frames.abort(new Error('again'))
  await until(() => b.closed.length === 1)
  expect(a.closed).toEqual([reason])
  expect(b.closed[0]).toBeInstanceOf(Error)
})

test('frame stream - a frame announced too large resets the stream', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await openPair(cleanup, { b: { frameBytesMax: 1_000 } })
  a.frames.send(Buffer.alloc(1_000))
  a.frames.send(Buffer.alloc(1_001))
  await until(() => a.closed.length === 1)
  expect(b.received).toHaveLength(1)
  expect(b.closed).toMatchObject([{ code: 'WIRE_FRAME_TOO_LARGE' }])
})

test('frame stream - an error thrown by the reader resets the stream, and stops the frames behind it', async () => {
  await using cleanup = new Cleanup()
  const seen: number[] = []
  const { a, b } = await openPair(cleanup, {
    b: {
      onFrame: (frame) => {
        seen.push(frame[0] ?? -1)
        if (frame[0] === 2) throw new Error('no twos')
      },
    },
  })
  for (const value of [1, 2, 3]) a.frames.send(Uint8Array.of(value))
  await until(() => a.closed.length === 1)
  expect(seen).toEqual([1, 2])
  expect(b.closed).toMatchObject([{ message: 'no twos' }])
})

test('frame stream - a reader that ends the stream gets nothing more of what was received', async () => {
  await using cleanup = new Cleanup()
  const seen: number[] = []
  const pair = await openPair(cleanup, {
    b: {
      onFrame: (frame) => {
        seen.push(frame[0] ?? -1)
        if (frame[0] === 2) pair.b.frames.abort(new Error('enough'))
      },
    },
  })
  for (const value of [1, 2, 3]) pair.a.frames.send(Uint8Array.of(value))
  await until(() => pair.a.closed.length === 1)
  expect(seen).toEqual([1, 2])
})

test('frame stream - an end within a frame is an error', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await openPair(cleanup)
  a.stream.send(Uint8Array.of(100, 1, 2, 3))
  await a.stream.close()
  await until(() => b.closed.length === 1)
  expect(b.closed).toMatchObject([{ code: 'P2P_STREAM_LOST' }])
})

test('frame stream - a cut link drops frames in either direction, or ends a stream that cannot have gaps', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await openPair(cleanup)
  a.frames.onBlocked = 'drop'
  b.frames.onBlocked = 'drop'
  a.passes = false
  a.frames.send(Uint8Array.of(1))
  a.passes = true
  a.frames.send(Uint8Array.of(2))
  await until(() => b.received.length === 1)
  b.passes = false
  const receivedBytes = b.frames.bytesReceived
  a.frames.send(Uint8Array.of(3))
  await until(() => b.frames.bytesReceived === receivedBytes + 2)
  b.passes = true
  a.frames.send(Uint8Array.of(4))
  await until(() => b.received.length === 2)
  expect(b.received.map((frame) => frame[0])).toEqual([2, 4])
  b.frames.onBlocked = 'abort'
  b.passes = false
  a.frames.send(Uint8Array.of(5))
  await until(() => a.closed.length === 1 && b.closed.length === 1)
  expect(b.received).toHaveLength(2)
})
