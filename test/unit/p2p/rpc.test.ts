import { randomBytes } from 'node:crypto'
import type { Stream } from '@libp2p/interface'
import { expect, test } from 'vitest'
import { DebrosError, type Logger, silentLogger } from '../../../src/base/index.ts'
import {
  createIdentity,
  createRpc,
  type PeerAddress,
  type PeerHost,
  type RpcService,
} from '../../../src/p2p/index.ts'
import { RPC_FRAME_BYTES_MAX, RpcFrame } from '../../../src/wire/index.ts'
import { Cleanup, type HostOptions, startHost, until } from './support.ts'

interface RpcPeer {
  readonly host: PeerHost
  readonly rpc: RpcService
  readonly address: PeerAddress
  /** Peer ids that this one takes for members. */
  readonly members: Set<string>
  /** How often a lost stream was replaced. */
  readonly reconnected: () => number
}

async function startPeer(
  cleanup: Cleanup,
  options: HostOptions & { readonly logger?: Logger } = {},
): Promise<RpcPeer> {
  const host = await startHost(cleanup, options)
  const members = new Set<string>()
  let reconnected = 0
  const logger = options.logger ?? silentLogger
  const rpc = createRpc({ host, members, logger, onReconnected: () => reconnected++ })
  await rpc.start()
  cleanup.add(() => rpc.stop())
  const address = { peerId: host.peerId, address: host.nodeAddress }
  return { host, rpc, members, address, reconnected: () => reconnected }
}

/** Two peers; `a` is a member in the eyes of `b`. */
async function startPair(cleanup: Cleanup, options: HostOptions = {}): Promise<{ a: RpcPeer; b: RpcPeer }> {
  const a = await startPeer(cleanup, options)
  const b = await startPeer(cleanup)
  b.members.add(a.host.peerId)
  b.rpc.handle('echo', 'member', async (request) => request)
  return { a, b }
}

/** The stream of `peer`'s calls to (`outbound`) or from the other. */
function rpcStream(peer: RpcPeer, other: RpcPeer, direction: 'inbound' | 'outbound'): Stream {
  const streams = peer.host.connection(other.host.peerId)?.streams ?? []
  const stream = streams.find((each) => each.protocol === '/debros/rpc/1.0.0' && each.direction === direction)
  if (stream === undefined) throw new Error('there is no such stream')
  return stream
}

const text = (value: string): Uint8Array => Buffer.from(value)
const patience = { timeoutMs: 20_000 }

test('rpc - a call is answered, with who asks and from where', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  b.rpc.handle('who', 'member', async (_request, { peerId, remoteHost }) => text(`${peerId} ${remoteHost}`))
  expect(Buffer.from(await a.rpc.call(b.address, 'echo', text('hello'), patience)).toString()).toBe('hello')
  expect(await a.rpc.call(b.address, 'echo', new Uint8Array(), patience)).toHaveLength(0)
  expect(Buffer.from(await a.rpc.call(b.address, 'who', text(''), patience)).toString()).toBe(
    `${a.host.peerId} 127.0.0.1`,
  )
})

test('rpc - many calls share one stream in each direction, each with its own answer', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  a.members.add(b.host.peerId)
  a.rpc.handle('echo', 'member', async (request) => request)
  const calls = Array.from({ length: 500 }, (_, i) => i)
  const answers = await Promise.all(
    calls.flatMap((i) => [
      a.rpc.call(b.address, 'echo', text(`${i}`), patience),
      b.rpc.call(a.address, 'echo', text(`${i}`), patience),
    ]),
  )
  expect(answers.map((answer) => Buffer.from(answer).toString())).toEqual(
    calls.flatMap((i) => [`${i}`, `${i}`]),
  )
  const streams = a.host.libp2p.getConnections().flatMap((connection) => connection.streams)
  const rpcStreams = streams.filter((stream) => stream.protocol === '/debros/rpc/1.0.0')
  expect(rpcStreams.map((stream) => stream.direction).sort()).toEqual(['inbound', 'outbound'])
})

test('rpc - large requests and responses arrive whole', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const sizes = [64 * 1024, 64 * 1024 + 1, 10_000_000]
  for (const size of sizes) {
    const request = randomBytes(size)
    const response = await a.rpc.call(b.address, 'echo', request, patience)
    expect(request.equals(response)).toBe(true)
  }
})

test('rpc - a large response does not hold up small ones', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  b.rpc.handle('large', 'member', async () => Buffer.alloc(20_000_000))
  const order: string[] = []
  const large = a.rpc.call(b.address, 'large', text(''), patience).then(() => order.push('large'))
  // One after the other: each takes a round trip while the large one is on its way.
  for (let i = 0; i < 5; i += 1) {
    await a.rpc.call(b.address, 'echo', text(''), patience)
    order.push('small')
  }
  await large
  expect(order).toEqual(['small', 'small', 'small', 'small', 'small', 'large'])
})

test('rpc - a large request does not hold up small ones', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const order: string[] = []
  b.rpc.handle('large', 'member', async (request) => text(`${request.length}`))
  const large = a.rpc.call(b.address, 'large', Buffer.alloc(20_000_000), patience).then((response) => {
    order.push(Buffer.from(response).toString())
  })
  for (let i = 0; i < 5; i += 1) {
    await a.rpc.call(b.address, 'echo', text(''), patience)
    order.push('small')
  }
  await large
  expect(order).toEqual(['small', 'small', 'small', 'small', 'small', '20000000'])
})

test('rpc - an error of the handler arrives as it was, anything else as an internal one', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  b.rpc.handle('busy', 'member', async () => {
    throw new DebrosError('RAFT_BUSY', 'queues are full', { retryable: true })
  })
  b.rpc.handle('lost', 'member', async () => {
    throw new DebrosError('RAFT_LEADERSHIP_LOST', 'who knows', { outcome: 'unknown' })
  })
  b.rpc.handle('bug', 'member', () => {
    throw new TypeError('a secret detail')
  })
  const call = (method: string): Promise<Uint8Array> => a.rpc.call(b.address, method, text(''), patience)
  await expect(call('busy')).rejects.toMatchObject({
    code: 'RAFT_BUSY',
    message: 'queues are full',
    retryable: true,
    outcome: 'not-applied',
  })
  await expect(call('lost')).rejects.toMatchObject({
    code: 'RAFT_LEADERSHIP_LOST',
    retryable: false,
    outcome: 'unknown',
  })
  await expect(call('bug')).rejects.toMatchObject({
    code: 'RPC_INTERNAL',
    message: 'internal error',
    outcome: 'unknown',
  })
  await expect(call('nothing')).rejects.toMatchObject({ code: 'RPC_METHOD_UNKNOWN', outcome: 'not-applied' })
})

test('rpc - a peer that is no member may call what anyone may, and nothing else', async () => {
  await using cleanup = new Cleanup()
  const { b } = await startPair(cleanup)
  const stranger = await startPeer(cleanup)
  b.rpc.handle('open', 'anyone', async (request) => text(`${request.length}`))
  const call = (method: string, request: Uint8Array): Promise<Uint8Array> =>
    stranger.rpc.call(b.address, method, request, patience)
  expect(Buffer.from(await call('open', Buffer.alloc(64 * 1024))).toString()).toBe('65536')
  await expect(call('open', Buffer.alloc(64 * 1024 + 1))).rejects.toMatchObject({
    code: 'RPC_REQUEST_TOO_LARGE',
  })
  for (const method of ['echo', 'nothing']) {
    await expect(call(method, text(''))).rejects.toMatchObject({
      code: 'RPC_FORBIDDEN',
      outcome: 'not-applied',
    })
  }
  b.members.add(stranger.host.peerId)
  expect(await call('echo', text('now'))).toHaveLength(3)
})

test('rpc - a peer that is no member has four calls at once; a member has more', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const stranger = await startPeer(cleanup)
  const open = Promise.withResolvers<void>()
  let running = 0
  b.rpc.handle('wait', 'anyone', async () => {
    running += 1
    await open.promise
    return text('done')
  })
  const call = (from: RpcPeer): Promise<Uint8Array> => from.rpc.call(b.address, 'wait', text(''), patience)
  const four = [call(stranger), call(stranger), call(stranger), call(stranger)]
  await until(() => running === 4)
  const busy = { code: 'RPC_BUSY', retryable: true, outcome: 'not-applied' }
  await expect(call(stranger)).rejects.toMatchObject(busy)
  // Not even over another stream.
  const connection = await stranger.host.connect(b.address, { signal: AbortSignal.timeout(5_000) })
  const second = createRpc({ host: stranger.host, members: new Set<string>(), logger: silentLogger })
  await expect(second.call(b.address, 'wait', text(''), patience)).rejects.toMatchObject(busy)
  expect(
    connection.streams.filter((s) => s.protocol === '/debros/rpc/1.0.0' && s.direction === 'outbound'),
  ).toHaveLength(2)
  const member = Array.from({ length: 4_097 }, () => call(a))
  const results = Promise.allSettled(member)
  await until(() => running === 4 + 4_096)
  await expect(member.at(-1)).rejects.toMatchObject(busy)
  open.resolve()
  await Promise.all(four)
  expect((await results).filter((result) => result.status === 'fulfilled')).toHaveLength(4_096)
  await call(stranger)
})

test('rpc - a call that is given up counts until its handler is done', async () => {
  await using cleanup = new Cleanup()
  const b = await startPeer(cleanup)
  const stranger = await startPeer(cleanup)
  const open = Promise.withResolvers<void>()
  let running = 0
  b.rpc.handle('wait', 'anyone', async () => {
    running += 1
    await open.promise
    running -= 1
    return text('')
  })
  const call = (signal?: AbortSignal): Promise<Uint8Array> =>
    stranger.rpc.call(b.address, 'wait', text(''), {
      ...patience,
      ...(signal === undefined ? {} : { signal }),
    })
  for (const count of [1, 2, 3, 4]) {
    const controller = new AbortController()
    const rejected = expect(call(controller.signal)).rejects.toThrow('changed my mind')
    await until(() => running === count)
    controller.abort(new Error('changed my mind'))
    await rejected
  }
  await expect(call()).rejects.toMatchObject({ code: 'RPC_BUSY' })
  // Neither is it forgotten with the connection.
  stranger.host.connection(b.host.peerId)?.abort(new Error('reset'))
  await until(() => b.host.connection(stranger.host.peerId) === undefined)
  await expect(call()).rejects.toMatchObject({ code: 'RPC_BUSY' })
  open.resolve()
  await until(() => running === 0)
  await call()
})

test('rpc - requests under way from one member are bounded in bytes', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const open = Promise.withResolvers<void>()
  let running = 0
  b.rpc.handle('wait', 'member', async () => {
    running += 1
    await open.promise
    return text('')
  })
  const request = Buffer.alloc(64 * 1024 * 1024)
  const call = (bytes: Uint8Array): Promise<Uint8Array> => a.rpc.call(b.address, 'wait', bytes, patience)
  const two = [call(request), call(request)]
  await until(() => running === 2)
  await expect(call(text('!'))).rejects.toMatchObject({ code: 'RPC_BUSY' })
  await expect(call(Buffer.alloc(request.length + 1))).rejects.toMatchObject({
    code: 'RPC_REQUEST_TOO_LARGE',
    outcome: 'not-applied',
  })
  open.resolve()
  await Promise.all(two)
  await call(text('!'))
})

test('rpc - a call that is not answered in time may have happened; its handler is told', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const aborted = Promise.withResolvers<void>()
  b.rpc.handle('slow', 'member', async (_request, { signal }) => {
    signal.addEventListener('abort', () => aborted.resolve())
    await aborted.promise
    return text('too late')
  })
  await a.rpc.call(b.address, 'echo', text(''), patience)
  await expect(a.rpc.call(b.address, 'slow', text(''), { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'PEER_CALL_TIMEOUT',
    outcome: 'unknown',
  })
  await aborted.promise
  await a.rpc.call(b.address, 'echo', text(''), patience)
})

test('rpc - an aborted call rejects with the reason; its handler is told', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const started = Promise.withResolvers<void>()
  const aborted = Promise.withResolvers<void>()
  b.rpc.handle('slow', 'member', async (_request, { signal }) => {
    signal.addEventListener('abort', () => aborted.resolve())
    started.resolve()
    await aborted.promise
    return text('too late')
  })
  const controller = new AbortController()
  const call = a.rpc.call(b.address, 'slow', text(''), { ...patience, signal: controller.signal })
  const rejected = expect(call).rejects.toThrow('changed my mind')
  await started.promise
  controller.abort(new Error('changed my mind'))
  await rejected
  await aborted.promise
  await expect(
    a.rpc.call(b.address, 'echo', text(''), { ...patience, signal: controller.signal }),
  ).rejects.toThrow('changed my mind')
})

test('rpc - a request given up halfway never reaches its handler, and does not disturb the stream', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  let handled = 0
  b.rpc.handle('count', 'member', async () => {
    handled += 1
    return text('')
  })
  await a.rpc.call(b.address, 'echo', text(''), patience)
  // Nothing is read, so only the beginning of the request can leave.
  const stream = rpcStream(b, a, 'inbound')
  stream.pause()
  const outbound = rpcStream(a, b, 'outbound')
  let sentBytes = 0
  const send = outbound.send.bind(outbound)
  outbound.send = (data) => {
    sentBytes += data.byteLength
    return send(data)
  }
  await expect(
    a.rpc.call(b.address, 'count', Buffer.alloc(30_000_000), { timeoutMs: 100 }),
  ).rejects.toMatchObject({ code: 'PEER_UNREACHABLE', outcome: 'not-applied', retryable: true })
  stream.resume()
  const sentBefore = sentBytes
  for (let i = 0; i < 20; i += 1) await a.rpc.call(b.address, 'echo', text(''), patience)
  expect(handled).toBe(0)
  // What had been handed over leaves; of the rest of the request nothing does.
  expect(sentBytes - sentBefore).toBeLessThan(300_000)
})

test('rpc - a request whose connection is lost halfway did not happen', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  await a.rpc.call(b.address, 'echo', text(''), patience)
  rpcStream(b, a, 'inbound').pause()
  const outbound = rpcStream(a, b, 'outbound')
  const call = a.rpc.call(b.address, 'echo', Buffer.alloc(30_000_000), patience)
  const rejected = expect(call).rejects.toMatchObject({ code: 'PEER_UNREACHABLE', outcome: 'not-applied' })
  await until(() => outbound.writableNeedsDrain)
  b.host.connection(a.host.peerId)?.abort(new Error('reset'))
  await rejected
})

test('rpc - an answer lost with the connection may have happened; the next call connects again', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  for (const end of ['connection', 'stream'] as const) {
    const started = Promise.withResolvers<AbortSignal>()
    b.rpc.handle(`wait ${end}`, 'member', async (_request, { signal }) => {
      started.resolve(signal)
      await new Promise((resolve) => signal.addEventListener('abort', resolve))
      return text('')
    })
    const call = a.rpc.call(b.address, `wait ${end}`, text(''), patience)
    const rejected = expect(call).rejects.toMatchObject({
      code: 'PEER_CALL_LOST',
      outcome: 'unknown',
      retryable: false,
    })
    const signal = await started.promise
    const connection = b.host.connection(a.host.peerId)
    if (end === 'connection') connection?.abort(new Error('reset'))
    else for (const stream of connection?.streams ?? []) stream.abort(new Error('reset'))
    await rejected
    await until(() => signal.aborted)
    await until(() => a.host.connection(b.host.peerId) === undefined || end === 'stream')
    expect(await a.rpc.call(b.address, 'echo', text('again'), patience)).toHaveLength(5)
    expect(a.reconnected()).toBe(end === 'connection' ? 1 : 2)
  }
})

test('rpc - a call that was never handed to a connection did not happen', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const gone = await startPeer(cleanup)
  await gone.host.stop()
  const never = { code: 'PEER_UNREACHABLE', outcome: 'not-applied', retryable: true }
  await expect(a.rpc.call(gone.address, 'echo', text(''), patience)).rejects.toMatchObject(never)
  const { peerId } = await createIdentity()
  const impostor = { peerId, address: b.address.address }
  await expect(a.rpc.call(impostor, 'echo', text(''), patience)).rejects.toMatchObject(never)
  // An address that swallows everything (RFC 5737): the time runs out while dialing.
  await expect(
    a.rpc.call({ peerId, address: '192.0.2.1:1' }, 'echo', text(''), { timeoutMs: 50 }),
  ).rejects.toMatchObject(never)
  await expect(a.rpc.callAddress(gone.address.address, 'echo', text(''), patience)).rejects.toMatchObject(
    never,
  )
})

test('rpc - an address can be called without knowing who is there', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const { peerId, response } = await a.rpc.callAddress(b.address.address, 'echo', text('hello'), patience)
  expect(peerId).toBe(b.host.peerId)
  expect(response).toHaveLength(5)
})

test('rpc - through a cut link calls are not sent, or their answers do not come', async () => {
  await using cleanup = new Cleanup()
  let cut = true
  const { a, b } = await startPair(cleanup, { linkFilter: () => !cut })
  const call = (timeoutMs: number): Promise<Uint8Array> =>
    a.rpc.call(b.address, 'echo', text('x'), { timeoutMs })
  await expect(call(20_000)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE', outcome: 'not-applied' })
  cut = false
  await call(20_000)
  cut = true
  await expect(call(50)).rejects.toMatchObject({ code: 'PEER_CALL_TIMEOUT', outcome: 'unknown' })
  cut = false
  await call(20_000)
})

test('rpc - stopping ends the calls of both sides', async () => {
  await using cleanup = new Cleanup()
  const { a, b } = await startPair(cleanup)
  const started = Promise.withResolvers<AbortSignal>()
  b.rpc.handle('wait', 'member', async (_request, { signal }) => {
    started.resolve(signal)
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    return text('')
  })
  const call = a.rpc.call(b.address, 'wait', text(''), patience)
  const rejected = expect(call).rejects.toMatchObject({ code: 'PEER_CALL_LOST' })
  const signal = await started.promise
  await b.rpc.stop()
  await rejected
  await until(() => signal.aborted)
  await expect(a.rpc.call(b.address, 'echo', text(''), patience)).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  })
  await b.rpc.start()
  await a.rpc.call(b.address, 'echo', text(''), patience)
})

test('rpc - frames that break the protocol reset the stream, and are warned of once', async () => {
  await using cleanup = new Cleanup()
  const warnings: string[] = []
  const logger: Logger = {
    ...silentLogger,
    warn: (_fields, message) => warnings.push(message),
  }
  const b = await startPeer(cleanup, { logger })
  const a = await startHost(cleanup)
  b.rpc.handle('wait', 'anyone', () => new Promise(() => {}))
  const begin = RpcFrame.encode({
    call: 1,
    request: { method: 'wait', sizeBytes: 10, data: Buffer.alloc(5) },
  })
  const bad = [
    [Buffer.of(0xff, 0xff)],
    [RpcFrame.encode({ call: 1 })],
    [RpcFrame.encode({ call: 1, response: { sizeBytes: 0, data: Buffer.of() } })],
    [RpcFrame.encode({ call: 1, request: { method: '', sizeBytes: 0, data: Buffer.of() } })],
    [begin, begin],
    [begin, RpcFrame.encode({ call: 1, requestPart: Buffer.of() })],
    [begin, RpcFrame.encode({ call: 1, requestPart: Buffer.alloc(6) })],
    [Buffer.alloc(RPC_FRAME_BYTES_MAX + 1)],
    [
      RpcFrame.encode({
        call: 1,
        request: { method: 'wait', sizeBytes: 90_000, data: Buffer.alloc(90_000) },
      }),
    ],
  ]
  const connection = await a.connect(b.address, { signal: AbortSignal.timeout(5_000) })
  for (const frames of bad) {
    const stream = await connection.newStream('/debros/rpc/1.0.0')
    for (const frame of frames) {
      const prefix: number[] = []
      for (let rest = frame.length; ; rest >>>= 7) {
        prefix.push(rest < 0x80 ? rest : (rest & 0x7f) | 0x80)
        if (rest < 0x80) break
      }
      stream.send(Buffer.concat([Buffer.from(prefix), frame]))
    }
    await until(() => stream.status === 'reset')
  }
  expect(warnings).toEqual(['reset an RPC stream: malformed'])
})
