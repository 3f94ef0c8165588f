import { createServer } from 'node:net'
import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import {
  type ConnectionEvent,
  createIdentity,
  createPeerHost,
  type PeerHost,
} from '../../../src/p2p/index.ts'
import { Cleanup, startHost, until } from './support.ts'

const signal = (): AbortSignal => AbortSignal.timeout(5_000)

function events(host: PeerHost): ConnectionEvent[] {
  const seen: ConnectionEvent[] = []
  host.onConnectionEvent((event) => seen.push(event))
  return seen
}

async function dial(from: PeerHost, to: PeerHost): ReturnType<PeerHost['connect']> {
  const connection = await from.connect({ peerId: to.peerId, address: to.nodeAddress }, { signal: signal() })
  await until(() => to.connection(from.peerId) !== undefined)
  return connection
}

test('host - tells the port it was given, and connects', async () => {
  await using cleanup = new Cleanup()
  const a = await startHost(cleanup)
  const b = await startHost(cleanup)
  expect(b.nodeAddress).toMatch(/^127\.0\.0\.1:[1-9]\d*$/)
  expect(b.multiaddrs()).toContain(`/ip4/127.0.0.1/tcp/${b.nodeAddress.split(':')[1]}/p2p/${b.peerId}`)
  const connection = await dial(a, b)
  expect(connection.remotePeer.toString()).toBe(b.peerId)
  expect(await a.connect({ peerId: b.peerId, address: b.nodeAddress }, { signal: signal() })).toBe(connection)
})

test('host - listens on a name, and can be dialed by it', async () => {
  await using cleanup = new Cleanup()
  const a = await startHost(cleanup)
  const b = await startHost(cleanup, { nodeAddress: 'localhost:0' })
  expect(b.nodeAddress).toMatch(/^localhost:[1-9]\d*$/)
  expect((await a.connectAddress(b.nodeAddress, { signal: signal() })).remotePeer.toString()).toBe(b.peerId)
})

test('host - start and stop are repeatable, and a stopped host starts again under the same id', async () => {
  const identity = await createIdentity()
  const host = createPeerHost(
    { identity, logger: silentLogger },
    { listenAddresses: [], nodeAddress: '127.0.0.1:0' },
  )
  await host.stop()
  await Promise.all([host.start(), host.start()])
  await host.start()
  expect(host.status).toBe('started')
  await Promise.all([host.stop(), host.stop()])
  await host.stop()
  expect(host.status).toBe('stopped')
  expect(() => host.nodeAddress).toThrow(expect.objectContaining({ code: 'P2P_NOT_STARTED' }))
  await host.start()
  expect(host.peerId).toBe(identity.peerId)
  const stopping = host.stop()
  await host.start()
  await stopping
  expect(host.status).toBe('started')
  await host.stop()
})

test('host - a port in use is named, nothing is left running, and the host can be started later', async () => {
  const taken = createServer()
  await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
  const address = taken.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const host = createPeerHost(
    { identity: await createIdentity(), logger: silentLogger },
    { listenAddresses: ['/ip4/127.0.0.1/tcp/0'], nodeAddress: `127.0.0.1:${port}` },
  )
  await expect(host.start()).rejects.toMatchObject({
    code: 'P2P_ADDRESS_IN_USE',
    message: expect.stringContaining(`/ip4/127.0.0.1/tcp/${port}`),
  })
  expect(host.status).toBe('stopped')
  await host.stop()
  await new Promise((resolve) => taken.close(resolve))
  await host.start()
  expect(host.nodeAddress).toBe(`127.0.0.1:${port}`)
  await host.stop()
})

test('host - addresses that cannot be listened on are refused by name', async () => {
  const identity = await createIdentity()
  const start = (listen: string, node: string): Promise<void> =>
    createPeerHost(
      { identity, logger: silentLogger },
      { listenAddresses: [listen], nodeAddress: node },
    ).start()
  const good = '/ip4/127.0.0.1/tcp/0'
  await expect(start('/ip4/1.2.3/tcp/1', '127.0.0.1:0')).rejects.toMatchObject({
    code: 'P2P_ADDRESS_INVALID',
  })
  await expect(start('/ip4/127.0.0.1', '127.0.0.1:0')).rejects.toMatchObject({ code: 'P2P_ADDRESS_INVALID' })
  await expect(start(good, 'nonsense')).rejects.toMatchObject({ code: 'P2P_ADDRESS_INVALID' })
  // A documentation address (RFC 5737): no interface has it.
  await expect(start(good, '192.0.2.1:7001')).rejects.toMatchObject({
    code: 'P2P_LISTEN_FAILED',
    message: expect.stringContaining('192.0.2.1'),
  })
})

test('host - says who ended a connection: the other side', async () => {
  await using cleanup = new Cleanup()
  const a = await startHost(cleanup)
  for (const end of ['stop', 'kill'] as const) {
    const b = await startHost(cleanup)
    const seen = events(a)
    await dial(a, b)
    await b[end]()
    await until(() => seen.length === 2)
    expect(seen).toEqual([
      { type: 'open', peerId: b.peerId, direction: 'outbound' },
      { type: 'close', peerId: b.peerId, by: 'them', remaining: 0 },
    ])
  }
})

test('host - says who ended a connection: this one', async () => {
  await using cleanup = new Cleanup()
  const a = await startHost(cleanup)
  const b = await startHost(cleanup)
  const seenHere = events(a)
  const seenThere = events(b)
  const connection = await dial(a, b)
  connection.abort(new Error('enough'))
  await until(() => seenHere.length === 2 && seenThere.length === 2)
  expect(seenHere[1]).toMatchObject({ type: 'close', by: 'us', remaining: 0 })
  expect(seenThere[1]).toMatchObject({ type: 'close', by: 'them', remaining: 0 })
})

test('host - an address where nobody listens is unreachable, and nothing was applied', async () => {
  await using cleanup = new Cleanup()
  const a = await startHost(cleanup)
  const gone = await startHost(cleanup)
  const peer = { peerId: gone.peerId, address: gone.nodeAddress }
  await gone.stop()
  const expected = { code: 'PEER_UNREACHABLE', outcome: 'not-applied', retryable: true }
  await expect(a.connect(peer, { signal: signal() })).rejects.toMatchObject(expected)
  await expect(a.connectAddress(peer.address, { signal: signal() })).rejects.toMatchObject(expected)
})

test('host - an address that leads to itself is told from one where nobody is', async () => {
  await using cleanup = new Cleanup()
  const host = await startHost(cleanup, { nodeAddress: 'localhost:0' })
  for (const address of [host.nodeAddress, host.nodeAddress.replace('localhost', '127.0.0.1')]) {
    const connected = host.connectAddress(address, { signal: signal() })
    await expect(connected).rejects.toMatchObject({ code: 'PEER_IS_SELF', outcome: 'not-applied' })
  }
})

test('host - a peer with another key than expected is not connected to', async () => {
  await using cleanup = new Cleanup()
  const a = await startHost(cleanup)
  const b = await startHost(cleanup)
  const { peerId } = await createIdentity()
  await expect(a.connect({ peerId, address: b.nodeAddress }, { signal: signal() })).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  })
})

test('host - a cut link is neither dialed nor accepted', async () => {
  await using cleanup = new Cleanup()
  const cut = new Set<string>()
  const a = await startHost(cleanup, {
    linkFilter: (peerId, direction) => !cut.has(`${direction} ${peerId}`),
  })
  const b = await startHost(cleanup)
  const toB = { peerId: b.peerId, address: b.nodeAddress }
  cut.add(`outbound ${b.peerId}`)
  await expect(a.connect(toB, { signal: signal() })).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
  await expect(a.connectAddress(toB.address, { signal: signal() })).rejects.toMatchObject({
    code: 'PEER_UNREACHABLE',
  })
  cut.clear()
  cut.add(`inbound ${b.peerId}`)
  const seen = events(b)
  await b.connect({ peerId: a.peerId, address: a.nodeAddress }, { signal: signal() }).catch(() => {})
  await until(() => b.connection(a.peerId) === undefined)
  expect(a.connection(b.peerId)).toBeUndefined()
  expect(seen.filter((event) => event.type === 'close').length).toBe(
    seen.filter((e) => e.type === 'open').length,
  )
  cut.clear()
  await dial(a, b)
})

test('host - many peers may connect at once from one address', async () => {
  await using cleanup = new Cleanup()
  const hub = await startHost(cleanup)
  const others = await Promise.all(Array.from({ length: 20 }, () => startHost(cleanup)))
  await Promise.all(others.map((other) => dial(other, hub)))
  expect(others.every((other) => hub.connection(other.peerId) !== undefined)).toBe(true)
})

test('host - peers that are no members take only so many places, and keep no member out', async () => {
  await using cleanup = new Cleanup()
  const host = await startHost(cleanup, { strangersMax: 2 })
  const [first, second, third, member] = [
    await startHost(cleanup),
    await startHost(cleanup),
    await startHost(cleanup),
    await startHost(cleanup),
  ]
  host.setProtectedPeers([member.peerId])
  const seen = events(host)
  await dial(first, host)
  await dial(second, host)
  const connection = await third.connect(
    { peerId: host.peerId, address: host.nodeAddress },
    { signal: signal() },
  )
  await until(() => connection.status !== 'open')
  await dial(member, host)
  expect(seen.map(({ peerId }) => peerId)).toEqual([first.peerId, second.peerId, member.peerId])
  await first.kill()
  await until(() => host.connection(first.peerId) === undefined)
  await dial(third, host)
})
