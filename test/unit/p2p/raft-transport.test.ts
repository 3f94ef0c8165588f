import { multiaddr } from '@multiformats/multiaddr'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { FrameStream } from '../../../src/p2p/frame-stream.ts'
import { createIdentity } from '../../../src/p2p/index.ts'
import { encodeControl, encodePing } from '../../../src/p2p/raft-codec-control.ts'
import type { Message } from '../../../src/raft/index.ts'
import { Hello, RECORD_BYTES_MAX } from '../../../src/wire/index.ts'
import {
  Cleanup,
  codec,
  connect,
  entry,
  heartbeat,
  isConnected,
  linked,
  rounds,
  startNode,
  type TestNode,
  until,
} from './support.ts'

function append(from: TestNode, to: TestNode, index: number, data?: Uint8Array): Message {
  return {
    type: 'append',
    from: from.id,
    to: to.id,
    term: 1,
    prevIndex: index - 1,
    prevTerm: index === 1 ? 0 : 1,
    commit: 0,
    entries: [entry(index, 1, data)],
  }
}

/** Sends heartbeats until one arrives: the way to see that a link works, whatever happened before. */
async function heard(from: TestNode, to: TestNode): Promise<void> {
  const before = to.received.length
  let round = 0
  await until(() => {
    round += 1
    from.transport.send(heartbeat(from, to, round))
    return to.received.length > before
  })
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i)

test('raft transport - delivers the messages of each class in order, in both directions', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  for (const i of range(1, 200)) {
    a.transport.send(heartbeat(a, b, i))
    b.transport.send(heartbeat(b, a, i))
    a.transport.send(append(a, b, i))
  }
  await until(() => a.received.length === 200 && b.received.length === 400)
  expect(rounds(a.received)).toEqual(range(1, 200))
  expect(rounds(b.received)).toEqual(range(1, 200))
  const appends = b.received.flatMap((message) => (message.type === 'append' ? [message] : []))
  expect(appends.map((message) => message.entries.map((each) => each.index))).toEqual(
    range(1, 200).map((i) => [i]),
  )
  expect(appends.every((message) => message.from === 'a' && message.to === 'b')).toBe(true)
})

test('raft transport - an append without entries does not overtake those with', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  a.transport.send(append(a, b, 1, Buffer.alloc(1_000_000)))
  a.transport.send({
    type: 'append',
    from: 'a',
    to: 'b',
    term: 1,
    prevIndex: 1,
    prevTerm: 1,
    commit: 1,
    entries: [],
  })
  await until(() => b.received.length === 2)
  expect(b.received).toMatchObject([{ prevIndex: 0 }, { prevIndex: 1, commit: 1, entries: [] }])
})

test('raft transport - heartbeats do not wait for the entries before them', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  const data = Buffer.alloc(1_000_000)
  for (const i of range(1, 20)) a.transport.send(append(a, b, i, data))
  a.transport.send(heartbeat(a, b, 1))
  await until(() => b.received.length === 21)
  // A few entries are on the connection already; most of them are still waiting for their turn.
  const place = b.received.findIndex((message) => message.type === 'heartbeat')
  expect(place).toBeLessThan(10)
})

test('raft transport - what is sent before the first connection is up arrives', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  b.transport.setMembers([a.member])
  a.transport.setMembers([b.member])
  for (const i of range(1, 50)) a.transport.send(heartbeat(a, b, i))
  await until(() => b.received.length === 50)
  expect(a.transport.stats()).toMatchObject([{ id: 'b', messagesDropped: 0 }])
})

test('raft transport - drops what a member that is not there would get, and counts it', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const { peerId } = await createIdentity()
  const b = await startNode(cleanup, 'b')
  // Somebody else's key at b's address: every attempt fails.
  a.transport.setMembers([{ ...b.member, peerId }])
  const dropped = (): number => a.transport.stats()[0]?.messagesDropped ?? 0
  await until(() => {
    for (const i of range(1, 100)) a.transport.send(heartbeat(a, b, i))
    return dropped() > 1_000
  })
  expect(a.transport.stats()).toMatchObject([{ connected: false, bytesSent: 0 }])
  expect(b.received).toEqual([])
})

test('raft transport - frames for a member that does not read them are bounded', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  // Within one turn of the event loop nothing can be sent: the queue takes 25 frames of the 40.
  const data = Buffer.alloc(1_000_000)
  for (const i of range(1, 40)) a.transport.send(append(a, b, i, data))
  const { messagesDropped } = a.transport.stats()[0] ?? { messagesDropped: 0 }
  expect(messagesDropped).toBe(40 - 25)
  await until(() => b.received.length === 25)
  expect(b.received.map((message) => (message.type === 'append' ? message.prevIndex : -1))).toEqual(
    range(0, 24),
  )
})

test('raft transport - comes back when the member does, from either side', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const identity = await createIdentity()
  let b = await startNode(cleanup, 'b', { identity })
  const { nodeAddress } = b.host
  connect(a, b)
  for (const end of ['stop', 'kill'] as const) {
    await linked(a, b)
    await heard(a, b)
    await b.host[end]()
    await b.transport.stop()
    await until(() => !isConnected(a, b))
    b = await startNode(cleanup, 'b', { identity, nodeAddress })
    b.transport.setMembers([a.member, b.member])
    await heard(a, b)
    await heard(b, a)
  }
})

test('raft transport - tells that a member closed its connection, and only then', async () => {
  await using cleanup = new Cleanup()
  const [a, b, c, d] = [
    await startNode(cleanup, 'a'),
    await startNode(cleanup, 'b'),
    await startNode(cleanup, 'c'),
    await startNode(cleanup, 'd'),
  ]
  connect(a, b, c, d)
  await linked(a, b, c, d)
  await b.host.kill()
  await until(() => [a, c, d].every((node) => node.lost.includes('b')))
  // We close one: no news for us.
  a.host.connection(c.host.peerId)?.abort(new Error('enough'))
  await heard(a, c)
  await heard(c, a)
  await d.host.stop()
  await until(() => a.lost.includes('d'))
  // Whoever dials a node while it stops may lose it twice.
  expect(new Set(a.lost)).toEqual(new Set(['b', 'd']))
})

test('raft transport - the end of one of two connections is no news', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  const [address] = b.host.multiaddrs()
  await a.host.libp2p.dial(multiaddr(address), { force: true })
  await until(() => b.host.libp2p.getConnections().length === 2)
  for (const left of [1, 0]) {
    b.host.connection(a.host.peerId)?.abort(new Error('reset'))
    await until(() => a.host.libp2p.getConnections().length === left || a.lost.length > 0)
    expect(a.lost).toHaveLength(left === 1 ? 0 : 1)
  }
})

test('raft transport - a link whose pings are answered stays up', async () => {
  await using cleanup = new Cleanup()
  const timings = { pingIntervalMs: 5, pingsUnansweredMax: 20 }
  const a = await startNode(cleanup, 'a', { timings })
  const b = await startNode(cleanup, 'b', { timings })
  connect(a, b)
  await linked(a, b)
  const connections = [...a.host.libp2p.getConnections()]
  const sent = a.transport.stats()[0]?.bytesSent ?? 0
  // A ping is a few bytes: many times what may stay unanswered.
  await until(() => (a.transport.stats()[0]?.bytesSent ?? 0) > sent + 300)
  expect(a.host.libp2p.getConnections()).toEqual(connections)
  expect(a.transport.stats()).toMatchObject([{ connected: true, messagesDropped: 0 }])
})

test('raft transport - a reset stream is no lost connection, and is opened again', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  const streams = [a, b].flatMap((node) => node.host.libp2p.getConnections().flatMap((each) => each.streams))
  for (const stream of b.host.connection(a.host.peerId)?.streams ?? []) stream.abort(new Error('reset'))
  await until(() => streams.every((stream) => stream.status !== 'open'))
  await heard(a, b)
  await heard(b, a)
  expect([...a.lost, ...b.lost]).toEqual([])
})

test('raft transport - a peer that is no member is refused, in both directions', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  const stranger = await startNode(cleanup, 'c')
  connect(a, b)
  stranger.transport.setMembers([a.member, b.member, stranger.member])
  await linked(a, b)
  await until(() => a.host.connection(stranger.host.peerId) !== undefined)
  stranger.transport.send(heartbeat(stranger, a, 1))
  await until(() => (stranger.transport.stats()[0]?.messagesDropped ?? 0) > 0)
  expect(isConnected(stranger, a)).toBe(false)
  expect(a.received).toEqual([])
  // Once it is one, it is let in.
  connect(a, b, stranger)
  await linked(a, b, stranger)
  await heard(stranger, a)
})

test('raft transport - a member that is removed is heard no more', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  await heard(b, a)
  a.transport.setMembers([a.member])
  expect(a.transport.stats()).toEqual([])
  await until(() => !isConnected(b, a))
  const before = a.received.length
  b.transport.send(heartbeat(b, a, 1))
  await until(() => (b.transport.stats()[0]?.messagesDropped ?? 0) > 0)
  expect(a.received).toHaveLength(before)
  connect(a, b)
  await linked(a, b)
  await heard(b, a)
})

/** A stream from b to a that has said nothing yet; frames that b's own transport would not send. */
async function rawStream(b: TestNode, a: TestNode): Promise<{ frames: FrameStream; ended: () => boolean }> {
  const signal = AbortSignal.timeout(5_000)
  const connection = await b.host.connect({ peerId: a.host.peerId, address: a.host.nodeAddress }, { signal })
  const stream = await connection.newStream('/debros/raft/control/1.0.0')
  const frames = new FrameStream(
    { stream, allows: () => true },
    { frameBytesMax: 1_000, onFrame: () => {}, onClosed: () => {} },
  )
  return { frames, ended: () => frames.closed }
}

const hello = (from: string): Uint8Array => Hello.encode({ version: 1, clusterId: 'cluster', from, to: 'a' })

test('raft transport - a member that is removed, or renamed, before it says hello is refused', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  for (const after of [[a.member], [a.member, { ...b.member, id: 'x' }]]) {
    a.transport.setMembers([a.member, b.member])
    const { frames, ended } = await rawStream(b, a)
    a.transport.setMembers(after)
    frames.send(hello('b'))
    frames.send(encodeControl({ ...heartbeat(b, a, 1), type: 'timeout-now' }, 1))
    await until(ended)
  }
  expect(a.received).toEqual([])
})

test('raft transport - a member that gets another id has to say so', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  a.transport.setMembers([a.member, b.member])
  const { frames, ended } = await rawStream(b, a)
  frames.send(hello('b'))
  frames.send(encodeControl({ ...heartbeat(b, a, 1), type: 'timeout-now' }, 1))
  await until(() => a.received.length === 1)
  a.transport.setMembers([a.member, { ...b.member, id: 'x' }])
  await until(ended)
})

test('raft transport - streams that have not said hello end when it stops, or after a while', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a', { timings: { connectTimeoutMs: 300 } })
  const b = await startNode(cleanup, 'b')
  a.transport.setMembers([a.member, b.member])
  const late = await rawStream(b, a)
  await until(late.ended)
  const c = await startNode(cleanup, 'c')
  c.transport.setMembers([c.member, b.member])
  const { ended } = await rawStream(b, c)
  await c.transport.stop()
  await until(ended)
})

test('raft transport - a member that asks for pongs and does not read them is cut off', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  a.transport.setMembers([a.member, b.member])
  const { frames, ended } = await rawStream(b, a)
  frames.send(hello('b'))
  const streams = b.host.libp2p.getConnections().flatMap((connection) => connection.streams)
  for (const stream of streams) if (stream.protocol.includes('control')) stream.pause()
  const ping = encodePing(Number.MAX_SAFE_INTEGER)
  await until(() => {
    for (let i = 0; i < 1_000; i += 1) frames.send(ping)
    return ended()
  })
})

test('raft transport - an error of whoever takes the messages is logged, and resets the stream', async () => {
  await using cleanup = new Cleanup()
  const errors: object[] = []
  const logger = { ...silentLogger, error: (fields: object) => errors.push(fields) }
  const a = await startNode(cleanup, 'a', { logger })
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  a.transport.onMessage = () => {
    throw new Error('a bug')
  }
  b.transport.send(heartbeat(b, a, 1))
  await until(() => errors.length === 1)
  expect(errors).toEqual([{ type: 'heartbeat', error: 'a bug' }])
  a.transport.onMessage = (message) => a.received.push(message)
  await heard(b, a)
})

test('raft transport - another cluster, group or node id is refused', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const others = [
    await startNode(cleanup, 'b', { clusterId: 'other' }),
    await startNode(cleanup, 'c', { group: 2 }),
    await startNode(cleanup, 'e'),
  ]
  const [otherCluster, otherGroup, otherId] = others
  // a knows the last one's key as d's; it says it is e.
  a.transport.setMembers([
    a.member,
    ...others.map(({ member }) => (member.id === 'e' ? { ...member, id: 'd' } : member)),
  ])
  for (const node of others) node.transport.setMembers([a.member, node.member])
  const attempts = others.map((node) => () => {
    node.transport.send(heartbeat(node, a, 1))
    return (node.transport.stats()[0]?.messagesDropped ?? 0) > 0
  })
  await until(() => attempts.map((attempt) => attempt()).every(Boolean))
  expect(a.received).toEqual([])
  for (const node of [otherCluster, otherId]) {
    expect(node?.transport.stats()).toMatchObject([{ connected: false, bytesSent: 0 }])
  }
  expect(otherGroup?.received).toEqual([])
})

test('raft transport - a member with a new address is found there', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const identity = await createIdentity()
  const before = await startNode(cleanup, 'b', { identity })
  connect(a, before)
  await linked(a, before)
  await before.host.stop()
  await before.transport.stop()
  const after = await startNode(cleanup, 'b', { identity })
  expect(after.member.address).not.toBe(before.member.address)
  // Only a can know where to dial: b is told of nobody's address that works.
  after.transport.setMembers([{ ...a.member, address: '127.0.0.1:1' }])
  connect(a, after)
  await heard(a, after)
})

test('raft transport - a partition stops everything, and nothing is left of it once healed', async () => {
  await using cleanup = new Cleanup()
  const cut = new Set<string>()
  const linkFilter = (peerId: string): boolean => !cut.has(peerId)
  const a = await startNode(cleanup, 'a', { linkFilter })
  const b = await startNode(cleanup, 'b')
  const c = await startNode(cleanup, 'c')
  connect(a, b, c)
  await linked(a, b, c)
  cut.add(b.host.peerId)
  const before = [a.received.length, b.received.length]
  a.transport.send(heartbeat(a, b, 1))
  b.transport.send(heartbeat(b, a, 1))
  await heard(a, c)
  await heard(c, b)
  await heard(b, c)
  expect(a.received.filter((message) => message.from === 'b')).toHaveLength(before[0] ?? 0)
  expect(b.received.filter((message) => message.from === 'a')).toHaveLength(before[1] ?? 0)
  expect([...a.lost, ...b.lost]).toEqual([])
  cut.clear()
  await heard(a, b)
  await heard(b, a)
})

test('raft transport - a partition long enough to be taken for a dead peer heals too', async () => {
  await using cleanup = new Cleanup()
  let cut = false
  const timings = { pingIntervalMs: 10, pingsUnansweredMax: 3 }
  const a = await startNode(cleanup, 'a', { linkFilter: () => !cut, timings })
  const b = await startNode(cleanup, 'b', { timings })
  connect(a, b)
  await linked(a, b)
  cut = true
  await until(() => !isConnected(a, b) && !isConnected(b, a))
  await until(() => a.host.connection(b.host.peerId) === undefined)
  cut = false
  await linked(a, b)
  await heard(a, b)
  await heard(b, a)
})

test('raft transport - one direction can be cut alone', async () => {
  await using cleanup = new Cleanup()
  let cut = false
  const a = await startNode(cleanup, 'a', { linkFilter: (_, direction) => !cut || direction === 'inbound' })
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  cut = true
  const before = b.received.length
  await heard(b, a)
  a.transport.send(heartbeat(a, b, 1))
  await heard(b, a)
  expect(b.received).toHaveLength(before)
  cut = false
  await heard(a, b)
})

test('raft transport - malformed entries reset the stream and reach nobody; the link recovers', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  const streams = a.host.libp2p.getConnections().flatMap((each) => each.streams)
  const stream = streams.find((each) => each.protocol.includes('append') && each.direction === 'outbound')
  const damaged = entry(1)
  damaged.record = codec.encodeEntry(entry(2))
  a.transport.send({
    ...append(a, b, 1),
    type: 'append',
    prevIndex: 0,
    prevTerm: 0,
    commit: 0,
    entries: [damaged],
  })
  await until(() => stream?.status !== 'open')
  expect(b.received).toEqual([])
  await heard(a, b)
  a.transport.send(append(a, b, 1))
  await until(() => b.received.some((message) => message.type === 'append'))
  expect(b.received.filter((message) => message.type === 'append')).toMatchObject([{ prevIndex: 0 }])
})

test('raft transport - an entry too large to send is dropped, and only that', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  a.transport.send(append(a, b, 1, Buffer.alloc(RECORD_BYTES_MAX)))
  a.transport.send(append(a, b, 1))
  await until(() => b.received.length === 1)
  expect(a.transport.stats()).toMatchObject([{ connected: true, messagesDropped: 1 }])
})

test('raft transport - counts the bytes it sends and receives', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  a.transport.send(append(a, b, 1, Buffer.alloc(100_000)))
  await until(() => b.received.length === 1)
  expect(a.transport.stats()[0]?.bytesSent).toBeGreaterThan(100_000)
  expect(b.transport.stats()[0]?.bytesReceived).toBeGreaterThan(100_000)
})

test('raft transport - stopped, it sends and takes nothing', async () => {
  await using cleanup = new Cleanup()
  const a = await startNode(cleanup, 'a')
  const b = await startNode(cleanup, 'b')
  connect(a, b)
  await linked(a, b)
  await a.transport.stop()
  await until(() => !isConnected(b, a))
  a.transport.send(heartbeat(a, b, 1))
  b.transport.send(heartbeat(b, a, 1))
  await until(() => (b.transport.stats()[0]?.messagesDropped ?? 0) > 0)
  expect([...a.received, ...b.received]).toEqual([])
  await a.transport.start()
  await linked(a, b)
  await heard(a, b)
})
