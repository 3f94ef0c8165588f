/** Broken transfers that go on, between real stores over real connections; and peers that say wrong things. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { FrameStream } from '../../../src/p2p/frame-stream.ts'
import { createIdentity } from '../../../src/p2p/index.ts'
import { snapshotMetaToWire } from '../../../src/p2p/raft-codec-config.ts'
import { encodeWelcome, openRaftStream, RAFT_PROTOCOLS } from '../../../src/p2p/raft-stream.ts'
import type { SnapshotTransfer } from '../../../src/raft/index.ts'
import {
  createMemorySnapshots,
  createSnapshotFiles,
  MemorySnapshotDisk,
  type Snapshots,
} from '../../../src/raft/log/index.ts'
import { SnapshotChunk, SnapshotHeader, StreamReply } from '../../../src/wire/index.ts'
import { ManualClock } from '../manual-clock.ts'
import { randomBytes, restored, saveBytes } from '../raft-log/snapshot-support.ts'
import {
  Cleanup,
  connect,
  linked,
  type NodeOptions,
  noSnapshots,
  snapshotMeta,
  startNode,
  type TestNode,
  until,
} from './support.ts'

const META = snapshotMeta()
const PAYLOAD_BYTES = 2_000_000

/** A sender's store with one snapshot in it. */
async function sendingStore(seed = 1): Promise<{ store: Snapshots; payload: Uint8Array }> {
  const store = createMemorySnapshots({ disk: new MemorySnapshotDisk() })
  const payload = randomBytes(PAYLOAD_BYTES, seed)
  await saveBytes(store, META, payload)
  return { store, payload }
}

/** A receiver's store in files, whose transfers the test breaks by what it does at a certain point. */
interface ReceivingStore extends Snapshots {
  /** Called before each chunk is stored, with the bytes of the transfer that are here by then. */
  onChunk: (bytes: number) => void
  /** Transfers that it is busy with. */
  receiving: number
}

async function receivingStore(dir: string): Promise<ReceivingStore> {
  const files = createSnapshotFiles({ logger: silentLogger }, { dir })
  await files.start()
  const store: ReceivingStore = {
    onChunk: () => {},
    receiving: 0,
    start: () => files.start(),
    stop: () => files.stop(),
    save: (...args) => files.save(...args),
    retain: (...args) => files.retain(...args),
    open: (...args) => files.open(...args),
    openForRestore: (...args) => files.openForRestore(...args),
    list: () => files.list(),
    reap: (...args) => files.reap(...args),
    receivedBytes: (...args) => files.receivedBytes(...args),
    receive: async (transfer, offset, chunks) => {
      store.receiving += 1
      try {
        await files.receive(transfer, offset, watched(offset, chunks))
      } finally {
        store.receiving -= 1
      }
    },
  }
  async function* watched(offset: number, chunks: AsyncIterable<Uint8Array>) {
    let bytes = offset
    for await (const chunk of chunks) {
      store.onChunk(bytes)
      bytes += chunk.length
      yield chunk
    }
  }
  return store
}

async function temporaryDir(cleanup: Cleanup): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), 'debros-transfer-'))
  cleanup.add(() => rm(dir, { recursive: true }))
  return dir
}

/** The error that ended it, if one did. */
function send(from: TestNode, to: TestNode, term = 3): Promise<Error | undefined> {
  return new Promise((resolve) => {
    from.transport.sendSnapshot(
      { type: 'snapshot', from: from.id, to: to.id, term, snapshot: META },
      (error) => resolve(error),
    )
  })
}

async function announcedBy(store: Snapshots): Promise<SnapshotTransfer> {
  const { sizeBytes, checksum } = await store.open(META)
  return { snapshot: META, sizeBytes, checksum }
}

/** A leader with a snapshot, and a follower to receive it. */
async function startPair(cleanup: Cleanup, options: NodeOptions = {}) {
  const { store: from, payload } = await sendingStore()
  const dir = await temporaryDir(cleanup)
  const to = await receivingStore(dir)
  const identity = await createIdentity()
  const a = await startNode(cleanup, 'a', { ...options, snapshots: from })
  const b = await startNode(cleanup, 'b', { ...options, snapshots: to, identity })
  connect(a, b)
  await linked(a, b)
  return { a, b, from, to, payload, dir, identity }
}

/** Sends, and breaks the connection once about `bytes` have arrived; returns what was kept. */
async function sendAndBreak(
  { a, b, from, to }: { a: TestNode; b: TestNode; from: Snapshots; to: ReceivingStore },
  bytes: number,
): Promise<number> {
  to.onChunk = (received) => {
    if (received >= bytes) b.host.connection(a.host.peerId)?.abort(new Error('reset'))
  }
  expect(await send(a, b)).toMatchObject({ code: 'SNAPSHOT_INTERRUPTED', retryable: true })
  to.onChunk = () => {}
  // The receiving side may hear of it a little later.
  await until(() => to.receiving === 0)
  const transfer = await announcedBy(from)
  const kept = await to.receivedBytes(transfer)
  expect(kept).toBeGreaterThanOrEqual(bytes)
  expect(kept).toBeLessThan(transfer.sizeBytes)
  return kept
}

test('snapshot transfer - a broken one goes on where it broke off, again and again', async () => {
  await using cleanup = new Cleanup()
  const pair = await startPair(cleanup)
  const { a, b, to, payload } = pair
  const first = await sendAndBreak(pair, 500_000)
  await linked(a, b)
  const second = await sendAndBreak(pair, first + 500_000)
  await linked(a, b)
  let from = -1
  to.onChunk = (bytes) => {
    if (from === -1) from = bytes
  }
  expect(await send(a, b)).toBeUndefined()
  expect(from).toBe(second)
  expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
  expect(b.received.filter(({ type }) => type === 'snapshot')).toHaveLength(1)
  expect(a.transport.stats()).toMatchObject([
    { id: 'b', snapshotsSent: 1, snapshotsResumed: 2, snapshotBytesResumed: first + second },
  ])
  // The same again begins anew: nothing is kept of what is complete.
  expect(await send(a, b)).toBeUndefined()
  expect(a.transport.stats()).toMatchObject([{ snapshotsSent: 2, snapshotsResumed: 2 }])
})

test('snapshot transfer - a receiver that was started again goes on, too', async () => {
  await using cleanup = new Cleanup()
  const pair = await startPair(cleanup)
  const { a, b, dir, identity, payload } = pair
  const kept = await sendAndBreak(pair, 700_000)
  await b.transport.stop()
  await b.host.kill()
  const to = await receivingStore(dir)
  const again = await startNode(cleanup, 'b', { snapshots: to, identity })
  connect(a, again)
  await linked(a, again)
  expect(await send(a, again)).toBeUndefined()
  expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
  expect(again.received.filter(({ type }) => type === 'snapshot')).toHaveLength(1)
  // The member has another address now, and its link, with what was counted, is a new one.
  expect(a.transport.stats()).toMatchObject([{ snapshotsSent: 1, snapshotBytesResumed: kept }])
})

test('snapshot transfer - another content for the same index is sent whole', async () => {
  await using cleanup = new Cleanup()
  const pair = await startPair(cleanup)
  const { a, b, to } = pair
  await sendAndBreak(pair, 500_000)
  const other = await sendingStore(2)
  const c = await startNode(cleanup, 'c', { snapshots: other.store })
  connect(a, b, c)
  await linked(a, b, c)
  expect(await send(c, b, 4)).toBeUndefined()
  expect(Buffer.compare(await restored(to, META), other.payload)).toBe(0)
  const stats = c.transport.stats().find(({ id }) => id === 'b')
  expect(stats).toMatchObject({ snapshotsSent: 1, snapshotsResumed: 0, snapshotBytesResumed: 0 })
})

test('snapshot transfer - another leader with the very same content goes on with it', async () => {
  await using cleanup = new Cleanup()
  const pair = await startPair(cleanup)
  const { a, b, to, payload } = pair
  const kept = await sendAndBreak(pair, 500_000)
  const c = await startNode(cleanup, 'c', { snapshots: (await sendingStore()).store })
  connect(a, b, c)
  await linked(a, b, c)
  expect(await send(c, b, 4)).toBeUndefined()
  expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
  const stats = c.transport.stats().find(({ id }) => id === 'b')
  expect(stats).toMatchObject({ snapshotsResumed: 1, snapshotBytesResumed: kept })
})

test('snapshot transfer - garbage in what was kept is refused at the end, and the next one begins anew', async () => {
  await using cleanup = new Cleanup()
  const pair = await startPair(cleanup)
  const { a, b, to, dir, payload } = pair
  const kept = await sendAndBreak(pair, 500_000)
  const [name] = (await readdir(dir)) as [string]
  const bytes = await readFile(join(dir, name))
  await writeFile(join(dir, name), Buffer.concat([bytes.subarray(0, -50_000), new Uint8Array(50_000)]))
  await linked(a, b)
  expect(await send(a, b)).toMatchObject({
    code: 'SNAPSHOT_NOT_SENT',
    message: expect.stringContaining('the checksum does not match'),
  })
  expect(b.received.filter(({ type }) => type === 'snapshot')).toEqual([])
  expect(await send(a, b)).toBeUndefined()
  expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
  expect(a.transport.stats()).toMatchObject([
    { snapshotsSent: 1, snapshotsResumed: 1, snapshotBytesResumed: kept },
  ])
})

/** Makes `node` answer snapshot streams as `answer` says, for each frame after the Hello. */
async function answerSnapshots(
  node: TestNode,
  answer: (frame: Uint8Array, reply: (reply: Partial<StreamReply>) => void) => void,
): Promise<void> {
  await node.host.handle(
    RAFT_PROTOCOLS.snapshot,
    (stream) => {
      const frames: FrameStream = new FrameStream(
        { stream, allows: () => true },
        {
          frameBytesMax: 1_000_000,
          onFrame: () => {
            frames.send(encodeWelcome())
            frames.onFrame = (frame) => answer(frame, (reply) => frames.send(StreamReply.encode(reply)))
          },
          onClosed: () => {},
        },
      )
    },
    { streamsMax: 4 },
  )
}

const SIZE_BYTES = PAYLOAD_BYTES + 12

test.each<[string, Partial<StreamReply>[], RegExp]>([
  ['an offset beyond the end', [{ snapshotOffset: SIZE_BYTES + 1 }], /offset 2000013 is beyond its end/],
  ['an offset that no number holds', [{ snapshotOffset: 2 ** 60 }], /./],
  ['two offsets', [{ snapshotOffset: 0 }, { snapshotOffset: 1 }], /a second snapshot offset/],
  [
    'more taken than was sent',
    [{ snapshotOffset: 0 }, { snapshotConsumed: 10_000_000 }],
    /10000000 snapshot/,
  ],
  ['something taken before it was sent', [{ snapshotConsumed: 1 }], /1 snapshot bytes consumed, of 0 sent/],
  ['stored before the offset', [{ snapshotStored: {} }], /stored before all was sent/],
  ['stored before the end', [{ snapshotOffset: 0 }, { snapshotStored: {} }], /stored before all was sent/],
  ['refused', [{ snapshotRefused: 'there is no room' }], /there is no room/],
])('snapshot transfer - ends when the receiver says: %s', async (_what, replies, message) => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  let frames = 0
  await answerSnapshots(b, (_frame, reply) => {
    if (frames++ === 0) for (const each of replies) reply(each)
  })
  expect(await send(a, b)).toMatchObject({
    code: 'SNAPSHOT_NOT_SENT',
    retryable: true,
    message: expect.stringMatching(message),
  })
  expect(a.transport.stats()).toMatchObject([{ connected: true, snapshotsSent: 0 }])
})

test('snapshot transfer - a receiver that has all of it is sent nothing', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  let frames = 0
  await answerSnapshots(b, (_frame, reply) => {
    frames += 1
    reply({ snapshotOffset: SIZE_BYTES })
    reply({ snapshotStored: {} })
  })
  expect(await send(a, b)).toBeUndefined()
  expect(frames).toBe(1)
  expect(a.transport.stats()).toMatchObject([{ snapshotsSent: 1, snapshotBytesResumed: SIZE_BYTES }])
})

test('snapshot transfer - a receiver that never names its offset is given up', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup, { timings: { snapshotStallMs: 50 } })
  await answerSnapshots(b, () => {})
  expect(await send(a, b)).toMatchObject({ message: expect.stringContaining('took nothing') })
})

test('snapshot transfer - a receiver that has much of it is given the time to read that again', async () => {
  await using cleanup = new Cleanup()
  const clock = new ManualClock()
  const offset = 8 * 1024 * 1024
  const store = createMemorySnapshots({ disk: new MemorySnapshotDisk() })
  await saveBytes(store, META, new Uint8Array(offset + 1_000))
  const a = await startNode(cleanup, 'a', { snapshots: store, clock, timings: { snapshotStallMs: 100 } })
  const b = await startNode(cleanup, 'b', { snapshots: noSnapshots })
  connect(a, b)
  await linked(a, b)
  let chunks = 0
  await answerSnapshots(b, (_frame, reply) => {
    if (chunks++ === 0) reply({ snapshotOffset: offset })
  })
  let ended: Error | undefined
  void send(a, b).then((error) => {
    ended = error
  })
  // The header, then the rest; nothing of it is taken.
  while (chunks < 2) {
    await clock.settle()
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  await clock.advance(1_000 + 99)
  expect(ended).toBeUndefined()
  await clock.advance(1)
  await until(() => ended !== undefined)
  expect(ended?.message).toContain('the receiver took nothing for 1.1 s')
})

test.each<[string, { sizeBytes?: number; waits: boolean; chunkBytes: number }]>([
  ['data before it was asked for', { waits: false, chunkBytes: 10 }],
  ['more than it announced', { sizeBytes: 100, waits: true, chunkBytes: 101 }],
  ['a size that no store takes', { sizeBytes: 11, waits: true, chunkBytes: 1 }],
])('snapshot transfer - ends when the sender sends: %s', async (_what, { sizeBytes, waits, chunkBytes }) => {
  await using cleanup = new Cleanup()
  const to = await receivingStore(await temporaryDir(cleanup))
  const a = await startNode(cleanup, 'a', { snapshots: noSnapshots })
  const b = await startNode(cleanup, 'b', { snapshots: to })
  connect(a, b)
  await linked(a, b)
  const connection = a.host.connection(b.host.peerId)
  if (connection === undefined) throw new Error('not connected')
  const replies: StreamReply[] = []
  let ended = false
  const frames = await openRaftStream(a.host, {
    connection,
    protocol: RAFT_PROTOCOLS.snapshot,
    identity: { clusterId: 'cluster', from: 'a', to: 'b' },
    onReply: (reply) => replies.push(reply),
    onClosed: () => {
      ended = true
    },
    signal: new AbortController().signal,
  })
  const snapshot = snapshotMetaToWire(META)
  frames.send(
    SnapshotHeader.encode({ group: 1, term: 3, snapshot, sizeBytes: sizeBytes ?? 1_000, checksum: 1 }),
  )
  if (waits) await until(() => replies.some(({ snapshotOffset }) => snapshotOffset === 0))
  frames.send(SnapshotChunk.encode({ data: new Uint8Array(chunkBytes) }))
  await until(() => ended || replies.some(({ snapshotRefused }) => snapshotRefused !== undefined))
  expect(b.received.filter(({ type }) => type === 'snapshot')).toEqual([])
  expect(replies.some(({ snapshotStored }) => snapshotStored !== undefined)).toBe(false)
})
