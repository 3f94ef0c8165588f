import { expect, test } from 'vitest'
import type { SnapshotTransferStore } from '../../../src/p2p/index.ts'
import type { Message, SnapshotReader, SnapshotTransfer } from '../../../src/raft/index.ts'
import { ManualClock } from '../manual-clock.ts'
import {
  Cleanup,
  collect,
  connect,
  heartbeat,
  isConnected,
  linked,
  type NodeOptions,
  noSnapshots,
  snapshotMeta,
  startNode,
  type TestNode,
  until,
} from './support.ts'

interface Reception extends SnapshotTransfer {
  receivedBytes: number
  chunks: Uint8Array[]
  error: unknown
  done: boolean
}

/** With its highest bit set, as half of them have. */
const CHECKSUM = 0xf00df00d

/** A store that keeps what it is sent, and lets the test hold it up. */
class MemoryStore implements SnapshotTransferStore {
  readonly receptions: Reception[] = []
  /** Awaited before each chunk is taken. */
  gate: () => Promise<void> = () => Promise.resolve()
  /** Awaited, and may throw, when all is there. */
  finish: () => Promise<void> = () => Promise.resolve()
  opened: Omit<SnapshotReader, 'checksum'> | undefined

  async open(): Promise<SnapshotReader> {
    if (this.opened === undefined) throw new Error('there is no such snapshot')
    return { checksum: CHECKSUM, ...this.opened }
  }

  async receivedBytes(): Promise<number> {
    return 0
  }

  async receive(
    transfer: SnapshotTransfer,
    _offset: number,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const reception: Reception = {
      ...transfer,
      receivedBytes: 0,
      chunks: [],
      error: undefined,
      done: false,
    }
    this.receptions.push(reception)
    try {
      await this.gate()
      for await (const chunk of chunks) {
        reception.receivedBytes += chunk.length
        reception.chunks.push(chunk)
        await this.gate()
      }
      await this.finish()
    } catch (error) {
      reception.error = error
      throw error
    } finally {
      reception.done = true
    }
  }
}

async function* fill(sizeBytes: number, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < sizeBytes; at += chunkBytes) {
    yield Buffer.alloc(Math.min(chunkBytes, sizeBytes - at), (at / chunkBytes) & 0xff)
  }
}

function message(from: TestNode, to: TestNode, term = 3): Extract<Message, { type: 'snapshot' }> {
  return { type: 'snapshot', from: from.id, to: to.id, term, snapshot: snapshotMeta() }
}

/** The error `done` was called with, once it was; calls are counted. */
function send(
  from: TestNode,
  to: TestNode,
  term?: number,
): { result: Promise<Error | undefined>; calls: () => number } {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  let calls = 0
  from.transport.sendSnapshot(message(from, to, term), (error) => {
    calls += 1
    resolve(error)
  })
  expect(calls).toBe(0)
  return { result: promise, calls: () => calls }
}

async function startPair(
  cleanup: Cleanup,
  options: NodeOptions = {},
): Promise<{ a: TestNode; b: TestNode; from: MemoryStore; to: MemoryStore }> {
  const from = new MemoryStore()
  const to = new MemoryStore()
  const a = await startNode(cleanup, 'a', { ...options, snapshots: from })
  const b = await startNode(cleanup, 'b', { ...options, snapshots: to })
  connect(a, b)
  await linked(a, b)
  return { a, b, from, to }
}

function snapshots(node: TestNode): Message[] {
  return node.received.filter((each) => each.type === 'snapshot')
}

test('snapshot transfer - arrives whole, in chunks of at most 64 KiB, and is then delivered', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  for (const [sizeBytes, chunkBytes] of [
    [1_000_000, 64 * 1024],
    [1_000_000, 300_000],
    [64 * 1024, 64 * 1024],
    [1, 1],
    [0, 1],
  ] as const) {
    from.opened = { sizeBytes, chunks: () => fill(sizeBytes, chunkBytes) }
    const before = b.received.length
    const { result, calls } = send(a, b)
    expect(await result).toBeUndefined()
    expect(calls()).toBe(1)
    const [reception] = to.receptions.splice(0)
    const announced = { snapshot: snapshotMeta(), sizeBytes, checksum: CHECKSUM }
    expect(reception).toMatchObject({ ...announced, receivedBytes: sizeBytes })
    expect(reception?.chunks.every((chunk) => chunk.length <= 64 * 1024)).toBe(true)
    const expected = Buffer.concat(await collect(fill(sizeBytes, chunkBytes)))
    expect(Buffer.concat(reception?.chunks ?? []).equals(expected)).toBe(true)
    expect(b.received.slice(before)).toEqual([message(a, b)])
  }
})

test('snapshot transfer - heartbeats pass while 20 MB are on their way', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  const sizeBytes = 20_000_000
  from.opened = { sizeBytes, chunks: () => fill(sizeBytes, 64 * 1024) }
  const { result, calls } = send(a, b)
  // One heartbeat each way, again and again: every one of them has to get through mid-transfer.
  let rounds = 0
  while (calls() === 0) {
    rounds += 1
    const counts = [a.received.length, b.received.length]
    a.transport.send(heartbeat(a, b, rounds))
    b.transport.send(heartbeat(b, a, rounds))
    await until(() => a.received.length > (counts[0] ?? 0) && b.received.length > (counts[1] ?? 0))
  }
  expect(await result).toBeUndefined()
  expect(to.receptions[0]?.receivedBytes).toBe(sizeBytes)
  expect(rounds).toBeGreaterThan(5)
})

test('snapshot transfer - a receiver that takes nothing is sent no more than the window, and the rest later', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  const sizeBytes = 5_000_000
  let readBytes = 0
  from.opened = {
    sizeBytes,
    chunks: async function* () {
      for await (const chunk of fill(sizeBytes, 64 * 1024)) {
        readBytes += chunk.length
        yield chunk
      }
    },
  }
  const open = Promise.withResolvers<void>()
  to.gate = () => open.promise
  const { result, calls } = send(a, b)
  // 512 KiB under way, and one chunk in hand.
  const most = (512 + 64) * 1024
  await until(() => readBytes === most)
  // Whatever is sent next comes after what had been sent by then.
  a.transport.send(heartbeat(a, b, 1))
  await until(() => b.received.length === 1)
  b.transport.send(heartbeat(b, a, 1))
  await until(() => a.received.length === 1)
  expect(readBytes).toBe(most)
  expect(calls()).toBe(0)
  open.resolve()
  expect(await result).toBeUndefined()
  expect(to.receptions[0]?.receivedBytes).toBe(sizeBytes)
})

test('snapshot transfer - what the receiving store refuses is not delivered, and the sender is told', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  from.opened = { sizeBytes: 100_000, chunks: () => fill(100_000, 64 * 1024) }
  to.finish = () => Promise.reject(new Error('the checksum is wrong'))
  expect(await send(a, b).result).toMatchObject({
    code: 'SNAPSHOT_NOT_SENT',
    retryable: true,
    message: expect.stringContaining('the checksum is wrong'),
  })
  expect(snapshots(b)).toEqual([])
  to.finish = () => Promise.resolve()
  expect(await send(a, b).result).toBeUndefined()
})

test('snapshot transfer - a snapshot that is not there, or not as long as it says, is not delivered', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  const failed = { code: 'SNAPSHOT_NOT_SENT' }
  expect(await send(a, b).result).toMatchObject(failed)
  for (const actualBytes of [99_999, 100_001]) {
    from.opened = { sizeBytes: 100_000, chunks: () => fill(actualBytes, 64 * 1024) }
    expect(await send(a, b).result).toMatchObject(failed)
  }
  await until(() => to.receptions.every((reception) => reception.done))
  expect(to.receptions.filter((reception) => reception.error === undefined).length).toBe(snapshots(b).length)
  expect(a.transport.stats()).toMatchObject([{ connected: true }])
})

test('snapshot transfer - fails at once without a link, or while another is being sent to the member', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  const c = await startNode(cleanup, 'c')
  expect(await send(a, c).result).toMatchObject({ code: 'SNAPSHOT_NOT_SENT', retryable: true })
  from.opened = { sizeBytes: 1_000_000, chunks: () => fill(1_000_000, 64 * 1024) }
  const open = Promise.withResolvers<void>()
  to.gate = () => open.promise
  const first = send(a, b)
  expect(await send(a, b).result).toMatchObject({ code: 'SNAPSHOT_NOT_SENT', retryable: true })
  open.resolve()
  expect(await first.result).toBeUndefined()
  expect(to.receptions).toHaveLength(1)
})

test('snapshot transfer - ends on both sides when the connection, the link or the member is lost', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  from.opened = { sizeBytes: 5_000_000, chunks: () => fill(5_000_000, 64 * 1024) }
  to.gate = () => new Promise((resolve) => setTimeout(resolve, 1))
  const ends = [
    () => b.host.connection(a.host.peerId)?.abort(new Error('reset')),
    () => a.host.connection(b.host.peerId)?.abort(new Error('reset')),
    () => a.transport.setMembers([a.member]),
    () => b.transport.setMembers([b.member]),
  ]
  for (const [i, end] of ends.entries()) {
    connect(a, b)
    await linked(a, b)
    const { result } = send(a, b)
    await until(() => to.receptions.length === i + 1 && (to.receptions[i]?.receivedBytes ?? 0) > 0)
    end()
    expect(await result).toMatchObject({ code: 'SNAPSHOT_INTERRUPTED', retryable: true })
    await until(() => to.receptions[i]?.done === true)
    expect(to.receptions[i]?.error).toBeInstanceOf(Error)
  }
  expect(snapshots(b)).toEqual([])
})

test('snapshot transfer - a cut link ends it, for a snapshot cannot have gaps', async () => {
  await using cleanup = new Cleanup()
  let cut = false
  const from = new MemoryStore()
  const to = new MemoryStore()
  const a = await startNode(cleanup, 'a', { snapshots: from, linkFilter: () => !cut })
  const b = await startNode(cleanup, 'b', { snapshots: to })
  connect(a, b)
  await linked(a, b)
  from.opened = { sizeBytes: 5_000_000, chunks: () => fill(5_000_000, 64 * 1024) }
  to.gate = () => new Promise((resolve) => setTimeout(resolve, 1))
  const { result } = send(a, b)
  await until(() => (to.receptions[0]?.receivedBytes ?? 0) > 0)
  cut = true
  expect(await result).toMatchObject({ code: 'SNAPSHOT_INTERRUPTED' })
  await until(() => to.receptions[0]?.done === true)
  cut = false
  await linked(a, b)
  expect(await send(a, b).result).toBeUndefined()
})

test('snapshot transfer - of two leaders, the one with the higher term is heard', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup)
  const fromC = new MemoryStore()
  const c = await startNode(cleanup, 'c', { snapshots: fromC })
  connect(a, b, c)
  await linked(a, b, c)
  from.opened = { sizeBytes: 1_000_000, chunks: () => fill(1_000_000, 64 * 1024) }
  fromC.opened = from.opened
  const open = Promise.withResolvers<void>()
  to.gate = () => open.promise
  const old = send(a, b, 3)
  await until(() => to.receptions.length === 1)
  // Not newer: refused, and the one under way goes on.
  expect(await send(c, b, 3).result).toMatchObject({ code: 'SNAPSHOT_NOT_SENT' })
  const newer = send(c, b, 4)
  expect(await old.result).toMatchObject({ code: 'SNAPSHOT_INTERRUPTED' })
  // The store is not asked to receive two at a time.
  expect(to.receptions).toHaveLength(1)
  open.resolve()
  expect(await newer.result).toBeUndefined()
  expect(to.receptions[0]?.error).toBeInstanceOf(Error)
  expect(snapshots(b)).toEqual([message(c, b, 4)])
})

test('snapshot transfer - one whose receiver takes nothing any more is given up', async () => {
  await using cleanup = new Cleanup()
  const { a, b, from, to } = await startPair(cleanup, { timings: { snapshotStallMs: 100 } })
  const sizeBytes = 5_000_000
  from.opened = { sizeBytes, chunks: () => fill(sizeBytes, 64 * 1024) }
  // It says that it is there, takes some of it, then nothing.
  to.gate = () =>
    (to.receptions[0]?.receivedBytes ?? 0) > 200_000 ? new Promise(() => {}) : Promise.resolve()
  expect(await send(a, b).result).toMatchObject({
    code: 'SNAPSHOT_INTERRUPTED',
    message: expect.stringContaining('the receiver took nothing for 0.1 s'),
  })
  expect(isConnected(a, b)).toBe(true)
})

test('snapshot transfer - all that are sent share one rate', async () => {
  await using cleanup = new Cleanup()
  const clock = new ManualClock()
  const bytesPerSecond = 2_560_000
  const [from, toB, toC] = [new MemoryStore(), new MemoryStore(), new MemoryStore()]
  const a = await startNode(cleanup, 'a', { snapshots: from, clock, snapshotBytesPerSecond: bytesPerSecond })
  const b = await startNode(cleanup, 'b', { snapshots: toB })
  const c = await startNode(cleanup, 'c', { snapshots: toC })
  connect(a, b, c)
  await linked(a, b, c)
  const sizeBytes = 320_000
  from.opened = { sizeBytes, chunks: () => fill(sizeBytes, 64_000) }
  const results = [send(a, b), send(a, c)]
  const received = (): number =>
    [toB, toC].reduce((sum, { receptions }) => sum + (receptions[0]?.receivedBytes ?? 0), 0)
  // While time stands still: a tenth of a second's worth, which is four chunks, and both wait for more.
  const standstill = async (bytes: number): Promise<void> => {
    for (let quiet = 0; quiet < 3; ) {
      await clock.settle()
      await new Promise((resolve) => setTimeout(resolve, 5))
      quiet = received() === bytes && clock.waiting > 0 ? quiet + 1 : 0
    }
  }
  await standstill(256_000)
  await clock.advance(25)
  await standstill(256_000 + 64_000)
  expect(toB.receptions[0]?.receivedBytes).not.toBe(0)
  expect(toC.receptions[0]?.receivedBytes).not.toBe(0)
  await clock.advance(25)
  await standstill(256_000 + 128_000)
  expect(results.map(({ calls }) => calls())).toEqual([0, 0])
  await clock.advance(100)
  const ended = Promise.all(results.map(({ result }) => result))
  while (results.some(({ calls }) => calls() === 0)) await clock.advance(1)
  expect(await ended).toEqual([undefined, undefined])
  expect(received()).toBe(2 * sizeBytes)
})

test('snapshot transfer - a peer that is no member sends none', async () => {
  await using cleanup = new Cleanup()
  const to = new MemoryStore()
  const a = await startNode(cleanup, 'a', { snapshots: to })
  const b = await startNode(cleanup, 'b', { snapshots: noSnapshots })
  b.transport.setMembers([a.member, b.member])
  await until(() => b.host.connection(a.host.peerId) !== undefined)
  expect(isConnected(b, a)).toBe(false)
  expect(await send(b, a).result).toMatchObject({ code: 'SNAPSHOT_NOT_SENT' })
  expect(to.receptions).toEqual([])
})
