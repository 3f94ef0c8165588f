import { expect, test } from 'vitest'
import type { FrameStream } from '../../../src/p2p/frame-stream.ts'
import { OutboundQueue } from '../../../src/p2p/outbound-queue.ts'

/** As much of a stream as the queue uses: it keeps what it is sent. */
function stubStream(): { stream: FrameStream; sent: number[]; queuedBytes: number } {
  const sent: number[] = []
  const stub = {
    sent,
    queuedBytes: 0,
    // Only `queuedBytes` and `send` are used.
    stream: {
      get queuedBytes() {
        return stub.queuedBytes
      },
      send: (piece: Uint8Array) => sent.push(piece[0] ?? -1),
    } as unknown as FrameStream,
  }
  return stub
}

const frame = (value: number, bytes = 10): Uint8Array[] => [Buffer.alloc(bytes, value)]

test('outbound queue - keeps frames while a stream is being opened, then sends them in order', () => {
  const queue = new OutboundQueue({ bytesMax: 100 })
  const { stream, sent } = stubStream()
  queue.hold()
  queue.push(frame(1))
  queue.push(frame(2))
  expect(sent).toEqual([])
  queue.attach(stream)
  queue.push(frame(3))
  expect(sent).toEqual([1, 2, 3])
  expect(queue.dropped).toBe(0)
})

test('outbound queue - drops what comes while there is no stream, and what an attempt in vain had kept', () => {
  const queue = new OutboundQueue({ bytesMax: 100 })
  const { stream, sent } = stubStream()
  queue.push(frame(1))
  queue.hold()
  queue.push(frame(2))
  queue.release()
  queue.push(frame(3))
  expect(queue.dropped).toBe(3)
  queue.hold()
  queue.attach(stream)
  expect(sent).toEqual([])
})

test('outbound queue - keeps no more than its bound, and drops the newest', () => {
  const queue = new OutboundQueue({ bytesMax: 25 })
  const { stream, sent } = stubStream()
  queue.hold()
  for (const value of [1, 2, 3, 4]) queue.push(frame(value))
  expect(queue.dropped).toBe(2)
  queue.attach(stream)
  expect(sent).toEqual([1, 2])
})

test('outbound queue - hands a stream no more than its bound', () => {
  const queue = new OutboundQueue({ bytesMax: 25 })
  const stub = stubStream()
  queue.attach(stub.stream)
  stub.queuedBytes = 15
  queue.push(frame(1))
  stub.queuedBytes = 16
  queue.push(frame(2))
  expect(stub.sent).toEqual([1])
  expect(queue.dropped).toBe(1)
  queue.release()
  queue.push(frame(3))
  expect(stub.sent).toEqual([1])
  expect(queue.dropped).toBe(2)
})
