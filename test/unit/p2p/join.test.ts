import { randomBytes } from 'node:crypto'
import { expect, test } from 'vitest'
import { DebrosError, silentLogger } from '../../../src/base/index.ts'
import {
  askWaiting,
  createJoinServer,
  createRpc,
  type JoinRequest,
  type JoinResponse,
  type PeerHost,
  type RpcService,
  requestJoin,
  type WaitingNode,
} from '../../../src/p2p/index.ts'
import { joinerProof, memberProof } from '../../../src/p2p/join-proof.ts'
import { openCredentials, sealCredentials } from '../../../src/p2p/join-seal.ts'
import {
  JoinChallengeRequest,
  JoinChallengeResponse,
  JoinProofRequest,
  JoinProofResponse,
  JoinRequest as WireJoinRequest,
} from '../../../src/wire/index.ts'
import { Cleanup, startHost } from './support.ts'

const SECRET = 'correct horse battery staple'
const patience = { timeoutMs: 20_000 }

interface Peer {
  readonly host: PeerHost
  readonly rpc: RpcService
}

async function startPeer(cleanup: Cleanup): Promise<Peer> {
  const host = await startHost(cleanup)
  const rpc = createRpc({ host, members: new Set<string>(), logger: silentLogger })
  await rpc.start()
  cleanup.add(() => rpc.stop())
  return { host, rpc }
}

/** A member that records what it is asked, and accepts unless told otherwise. */
async function startMember(
  cleanup: Cleanup,
  options: { readonly secret?: string; readonly answer?: (request: JoinRequest) => JoinResponse } = {},
): Promise<Peer & { requests: JoinRequest[] }> {
  const peer = await startPeer(cleanup)
  const requests: JoinRequest[] = []
  createJoinServer(
    { ...peer, logger: silentLogger },
    {
      secret: options.secret ?? SECRET,
      onJoin: async (request) => {
        requests.push(request)
        return options.answer?.(request) ?? accepted(request)
      },
    },
  )
  return { ...peer, requests }
}

function accepted(request: JoinRequest): JoinResponse {
  const { nodeId: id, peerId, address, voter } = request
  return { type: 'accepted', clusterId: 'cluster', members: [{ id, peerId, address, voter }] }
}

const request = { nodeId: 'n2', address: '127.0.0.1:7002', voter: true, clusterId: undefined }

function join(joiner: Peer, member: Peer, secret = SECRET): Promise<JoinResponse> {
  return requestJoin(joiner, { address: member.host.nodeAddress, secret, request, ...patience })
}

test('join - with the right secret the request is handled, and the answer believed', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup)
  const joiner = await startPeer(cleanup)
  const { peerId } = joiner.host
  expect(await join(joiner, member)).toEqual({
    type: 'accepted',
    clusterId: 'cluster',
    members: [{ id: 'n2', peerId, address: '127.0.0.1:7002', voter: true }],
  })
  expect(member.requests).toEqual([{ ...request, peerId }])
  await requestJoin(joiner, {
    address: member.host.nodeAddress,
    secret: SECRET,
    request: { ...request, voter: false, clusterId: 'cluster' },
    ...patience,
  })
  expect(member.requests[1]).toEqual({ ...request, peerId, voter: false, clusterId: 'cluster' })
})

test('join - credentials arrive, and are not there if none were given', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup)
  const joiner = await startPeer(cleanup)
  const credentials = { username: 'node', password: 'ge:heim' }
  const options = { address: member.host.nodeAddress, secret: SECRET, ...patience }
  await requestJoin(joiner, { ...options, request: { ...request, credentials } })
  expect(member.requests[0]).toEqual({ ...request, peerId: joiner.host.peerId, credentials })
  const long = { username: 'node', password: 'x'.repeat(1_025) }
  await expect(
    requestJoin(joiner, { ...options, request: { ...request, credentials: long } }),
  ).rejects.toMatchObject({ code: 'WIRE_MALFORMED' })
})

test.each<[Partial<JoinRequest>, Partial<WaitingNode>]>([
  [{ founding: 'notify' }, { foundingId: undefined, member: false }],
  [
    { founding: 'claim', foundingId: 'c1' },
    { foundingId: 'c1', member: false },
  ],
  [{ founding: 'notify' }, { foundingId: 'cluster', member: true }],
])('founding - %o is asked, and %o answered', async (question, said) => {
  await using cleanup = new Cleanup()
  const waiting: WaitingNode = {
    type: 'waiting',
    nodeId: 'n1',
    foundingId: undefined,
    member: false,
    ...said,
  }
  const other = await startMember(cleanup, { answer: () => waiting })
  const asking = await startPeer(cleanup)
  const asked: string[] = []
  const answer = await askWaiting(asking, {
    address: other.host.nodeAddress,
    secret: SECRET,
    request: { ...request, ...question },
    onAsked: (peerId) => asked.push(peerId),
    ...patience,
  })
  expect(answer).toEqual(waiting)
  expect(asked).toEqual([other.host.peerId])
  expect(other.requests).toEqual([{ ...request, ...question, peerId: asking.host.peerId }])
})

test('founding - neither kind of answer is taken for the other', async () => {
  await using cleanup = new Cleanup()
  const waiting: WaitingNode = { type: 'waiting', nodeId: 'n1', foundingId: undefined, member: false }
  const waits = await startMember(cleanup, { answer: () => waiting })
  const joiner = await startPeer(cleanup)
  const malformed = { code: 'WIRE_MALFORMED' }
  await expect(join(joiner, waits)).rejects.toMatchObject(malformed)
  const member = await startMember(cleanup)
  const options = { address: member.host.nodeAddress, secret: SECRET, ...patience }
  const notify = { ...request, founding: 'notify' } as const
  await expect(askWaiting(joiner, { ...options, request: notify })).rejects.toMatchObject(malformed)
})

test('join - with the wrong secret nothing is handled, and soon nothing is even checked', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup)
  const joiner = await startPeer(cleanup)
  for (let i = 0; i < 5; i += 1) {
    await expect(join(joiner, member, 'guess')).rejects.toMatchObject({
      code: 'JOIN_SECRET_WRONG',
      retryable: false,
      outcome: 'not-applied',
    })
  }
  const limited = { code: 'JOIN_RATE_LIMITED', retryable: true }
  await expect(join(joiner, member, 'guess')).rejects.toMatchObject(limited)
  await expect(join(joiner, member)).rejects.toMatchObject(limited)
  expect(member.requests).toEqual([])
  // Another peer is not held up by that.
  await join(await startPeer(cleanup), member)
})

test('join - guessing under ever new peer ids is stopped by address', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup)
  const codes: string[] = []
  for (let i = 0; i < 5; i += 1) {
    const joiner = await startPeer(cleanup)
    for (let attempt = 0; attempt < 5; attempt += 1) {
      await join(joiner, member, 'guess').catch((error: unknown) => {
        if (error instanceof DebrosError) codes.push(error.code)
      })
    }
  }
  expect(codes.filter((code) => code === 'JOIN_SECRET_WRONG')).toHaveLength(20)
  expect(codes.filter((code) => code === 'JOIN_RATE_LIMITED')).toHaveLength(5)
})

test('join - an answer from a node that does not know the secret is not believed', async () => {
  await using cleanup = new Cleanup()
  const joiner = await startPeer(cleanup)
  const impostor = await startPeer(cleanup)
  impostor.rpc.handle('join/challenge', 'anyone', async () =>
    JoinChallengeResponse.encode({ memberNonce: randomBytes(32) }),
  )
  impostor.rpc.handle('join/request', 'anyone', async (bytes) =>
    // It has the joiner's proof, and sends it back as its own.
    JoinProofResponse.encode({ proof: JoinProofRequest.decode(bytes).proof, response: new Uint8Array() }),
  )
  await expect(join(joiner, impostor)).rejects.toMatchObject({ code: 'JOIN_SECRET_WRONG' })
})

test('join - a node that does not know the secret learns no credentials', async () => {
  await using cleanup = new Cleanup()
  const joiner = await startPeer(cleanup)
  const impostor = await startPeer(cleanup)
  const got: Buffer[] = []
  impostor.rpc.handle('join/challenge', 'anyone', async () =>
    JoinChallengeResponse.encode({ memberNonce: randomBytes(32) }),
  )
  impostor.rpc.handle('join/request', 'anyone', async (bytes) => {
    got.push(Buffer.from(bytes))
    throw new DebrosError('RAFT_NO_LEADER', 'try again')
  })
  const credentials = { username: 'the user', password: 'the password' }
  const options = { address: impostor.host.nodeAddress, secret: SECRET, ...patience }
  for (let i = 0; i < 2; i++) {
    const asked = requestJoin(joiner, { ...options, request: { ...request, credentials } })
    await expect(asked).rejects.toMatchObject({ code: 'RAFT_NO_LEADER' })
  }
  for (const bytes of got) {
    expect(bytes.includes(credentials.username)).toBe(false)
    expect(bytes.includes(credentials.password)).toBe(false)
  }
  const [first, second] = got.map((bytes) =>
    Buffer.from(WireJoinRequest.decode(JoinProofRequest.decode(bytes).request).sealedCredentials),
  )
  expect(first).not.toEqual(second)
})

test('join - credentials are sealed for one secret and one exchange', () => {
  const exchange = {
    ...{ joinerNonce: Uint8Array.of(1), memberNonce: Uint8Array.of(2) },
    ...{ joinerPeerId: 'a', memberPeerId: 'b' },
  }
  const credentials = { username: 'node', password: 'ge:heim' }
  const sealed = sealCredentials(SECRET, exchange, credentials)
  expect(openCredentials(SECRET, exchange, sealed)).toEqual(credentials)
  const damaged = Uint8Array.from(sealed, (byte, i) => (i === 0 ? byte ^ 1 : byte))
  const wrong: Parameters<typeof openCredentials>[] = [
    ['other', exchange, sealed],
    [SECRET, { ...exchange, joinerNonce: Uint8Array.of(9) }, sealed],
    [SECRET, { ...exchange, memberPeerId: 'c' }, sealed],
    [SECRET, exchange, damaged],
    [SECRET, exchange, sealed.subarray(1)],
    [SECRET, exchange, sealed.subarray(0, 15)],
  ]
  for (const args of wrong) {
    expect(() => openCredentials(...args)).toThrow(expect.objectContaining({ code: 'WIRE_MALFORMED' }))
  }
})

test('join - what was said in one exchange is worth nothing in another', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup)
  const joiner = await startPeer(cleanup)
  const thief = await startPeer(cleanup)
  const { peerId } = member.host
  const address = { peerId, address: member.host.nodeAddress }
  const call = (from: Peer, method: string, bytes: Uint8Array): Promise<Uint8Array> =>
    from.rpc.call(address, method, bytes, patience)
  const challenge = async (from: Peer, joinerNonce: Uint8Array): Promise<Uint8Array> =>
    JoinChallengeResponse.decode(
      await call(from, 'join/challenge', JoinChallengeRequest.encode({ joinerNonce })),
    ).memberNonce

  const joinerNonce = randomBytes(32)
  const memberNonce = await challenge(joiner, joinerNonce)
  const body = WireJoinRequest.encode({ ...request, clusterId: '', peerId: joiner.host.peerId })
  const exchange = {
    joinerNonce,
    memberNonce,
    joinerPeerId: joiner.host.peerId,
    memberPeerId: peerId,
    request: body,
  }
  const proof = joinerProof(SECRET, exchange)
  const message = JoinProofRequest.encode({ joinerNonce, memberNonce, proof, request: body })

  // Relayed over another connection, before its owner uses it: the challenge is not the thief's.
  await expect(call(thief, 'join/request', message)).rejects.toMatchObject({ code: 'JOIN_CHALLENGE_EXPIRED' })
  // The thief's own challenge, with the proof it overheard.
  const ownNonce = await challenge(thief, joinerNonce)
  await expect(
    call(
      thief,
      'join/request',
      JoinProofRequest.encode({ joinerNonce, memberNonce: ownNonce, proof, request: body }),
    ),
  ).rejects.toMatchObject({ code: 'JOIN_SECRET_WRONG' })
  // Changed underway: the proof covers the request.
  const nonce = await challenge(joiner, joinerNonce)
  const good = joinerProof(SECRET, { ...exchange, memberNonce: nonce })
  const changed = WireJoinRequest.encode({
    ...request,
    clusterId: '',
    peerId: joiner.host.peerId,
    nodeId: 'evil',
  })
  await expect(
    call(
      joiner,
      'join/request',
      JoinProofRequest.encode({ joinerNonce, memberNonce: nonce, proof: good, request: changed }),
    ),
  ).rejects.toMatchObject({ code: 'JOIN_SECRET_WRONG' })
  expect(member.requests).toEqual([])

  // As it was meant: once.
  await call(joiner, 'join/request', message)
  await expect(call(joiner, 'join/request', message)).rejects.toMatchObject({
    code: 'JOIN_CHALLENGE_EXPIRED',
  })
  expect(member.requests).toHaveLength(1)
})

test('join - a node cannot ask for another', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup)
  const joiner = await startPeer(cleanup)
  const { peerId } = await startHost(cleanup)
  // The request and the proof name the other; the connection does not.
  const lying = { rpc: joiner.rpc, host: { peerId } }
  await expect(
    requestJoin(lying, { address: member.host.nodeAddress, secret: SECRET, request, ...patience }),
  ).rejects.toMatchObject({ code: 'JOIN_SECRET_WRONG' })
  const joinerNonce = randomBytes(32)
  const address = { peerId: member.host.peerId, address: member.host.nodeAddress }
  const ask = JoinChallengeRequest.encode({ joinerNonce })
  const { memberNonce } = JoinChallengeResponse.decode(
    await joiner.rpc.call(address, 'join/challenge', ask, patience),
  )
  const body = WireJoinRequest.encode({ ...request, clusterId: '', peerId })
  const exchange = {
    joinerNonce,
    memberNonce,
    joinerPeerId: joiner.host.peerId,
    memberPeerId: address.peerId,
    request: body,
  }
  const bytes = JoinProofRequest.encode({
    joinerNonce,
    memberNonce,
    proof: joinerProof(SECRET, exchange),
    request: body,
  })
  await expect(joiner.rpc.call(address, 'join/request', bytes, patience)).rejects.toMatchObject({
    code: 'JOIN_PEER_MISMATCH',
  })
  expect(member.requests).toEqual([])
})

test('join - follows a redirect to the leader, and to no other key than the leader has', async () => {
  await using cleanup = new Cleanup()
  const leader = await startMember(cleanup)
  const other = await startMember(cleanup)
  let pointTo = { peerId: leader.host.peerId, address: leader.host.nodeAddress }
  const follower = await startMember(cleanup, { answer: () => ({ type: 'redirect', leader: pointTo }) })
  const joiner = await startPeer(cleanup)
  expect(await join(joiner, follower)).toMatchObject({ type: 'accepted' })
  expect(leader.requests).toHaveLength(1)
  pointTo = { peerId: other.host.peerId, address: leader.host.nodeAddress }
  await expect(join(joiner, follower)).rejects.toMatchObject({ code: 'PEER_UNREACHABLE' })
})

test('join - does not follow redirects for ever', async () => {
  await using cleanup = new Cleanup()
  const follower = await startMember(cleanup, {
    answer: () => ({
      type: 'redirect',
      leader: { peerId: follower.host.peerId, address: follower.host.nodeAddress },
    }),
  })
  await expect(join(await startPeer(cleanup), follower)).rejects.toMatchObject({
    code: 'JOIN_TOO_MANY_REDIRECTS',
    retryable: true,
  })
  expect(follower.requests).toHaveLength(6)
})

test('join - an error of the membership reaches the joiner', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup, {
    answer: () => {
      throw new DebrosError('RAFT_NO_LEADER', 'no leader is known', { retryable: true })
    },
  })
  await expect(join(await startPeer(cleanup), member)).rejects.toMatchObject({
    code: 'RAFT_NO_LEADER',
    retryable: true,
  })
})

test('join - a request that makes no sense is refused', async () => {
  await using cleanup = new Cleanup()
  const member = await startMember(cleanup)
  const joiner = await startPeer(cleanup)
  for (const bad of [
    { ...request, address: 'nowhere' },
    { ...request, nodeId: '' },
  ]) {
    await expect(
      requestJoin(joiner, { address: member.host.nodeAddress, secret: SECRET, request: bad, ...patience }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/^(P2P_ADDRESS_INVALID|WIRE_MALFORMED)$/) })
  }
  expect(member.requests).toEqual([])
})

test('join proof - depends on the secret, the role, and every part of the exchange', () => {
  const exchange = {
    joinerNonce: Uint8Array.of(1),
    memberNonce: Uint8Array.of(2),
    joinerPeerId: 'a',
    memberPeerId: 'b',
    request: Uint8Array.of(3),
  }
  const response = Uint8Array.of(4)
  const proofs = [
    joinerProof(SECRET, exchange),
    joinerProof('other', exchange),
    memberProof(SECRET, exchange, response),
    memberProof(SECRET, exchange, Uint8Array.of(5)),
    memberProof(SECRET, exchange, Uint8Array.of()),
    joinerProof(SECRET, { ...exchange, joinerNonce: Uint8Array.of(9) }),
    joinerProof(SECRET, { ...exchange, memberNonce: Uint8Array.of(9) }),
    joinerProof(SECRET, { ...exchange, joinerPeerId: 'c' }),
    joinerProof(SECRET, { ...exchange, memberPeerId: 'c' }),
    joinerProof(SECRET, { ...exchange, request: Uint8Array.of(9) }),
    // The same bytes, divided differently.
    joinerProof(SECRET, { ...exchange, joinerNonce: Uint8Array.of(1, 2), memberNonce: Uint8Array.of() }),
    joinerProof(SECRET, { ...exchange, joinerPeerId: 'ab', memberPeerId: '' }),
  ].map((proof) => Buffer.from(proof).toString('hex'))
  expect(new Set(proofs).size).toBe(proofs.length)
  expect(joinerProof(SECRET, exchange)).toEqual(joinerProof(SECRET, { ...exchange }))
})

test('join - a lookup tells whether a majority has confirmed its answer', async () => {
  await using cleanup = new Cleanup()
  for (const confirmed of [true, false]) {
    const member = await startMember(cleanup, {
      answer: (asked) => ({ ...accepted(asked), confirmed }) as JoinResponse,
    })
    const joiner = await startPeer(cleanup)
    const lookup = { ...request, lookup: true }
    const options = { address: member.host.nodeAddress, secret: SECRET, request: lookup, ...patience }
    const { confirmed: told = false } = await requestJoin(joiner, options)
    expect([told, member.requests[0]?.lookup]).toEqual([confirmed, true])
  }
})

test('join - whoever is asked is told apart by its key, also where it refuses', async () => {
  await using cleanup = new Cleanup()
  const leader = await startMember(cleanup)
  const follower = await startMember(cleanup, {
    answer: () => {
      const { peerId, nodeAddress: address } = leader.host
      return { type: 'redirect', leader: { peerId, address } }
    },
  })
  const refusing = await startMember(cleanup, {
    answer: () => {
      throw new DebrosError('JOIN_CLUSTER_MISMATCH', 'another cluster')
    },
  })
  const joiner = await startPeer(cleanup)
  const asked: string[] = []
  const ask = (member: Peer) =>
    requestJoin(joiner, {
      ...{ address: member.host.nodeAddress, secret: SECRET, request, ...patience },
      onAsked: (peerId) => asked.push(peerId),
    })
  await ask(follower)
  await expect(ask(refusing)).rejects.toMatchObject({ code: 'JOIN_CLUSTER_MISMATCH' })
  expect(asked).toEqual([follower.host.peerId, leader.host.peerId, refusing.host.peerId])
})
