/** What comes of the addresses to join that a node is started with, the first time and later. */
import { expect, onTestFinished, test } from 'vitest'
import { createNode, type DebrosNode, MemoryDataDir } from '../../src/index.ts'
import { createAuthorizer, type NodeInit } from '../../src/node/index.ts'
import { freePorts } from '../../src/testing/free-ports.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: 20_000 }
const clusterSecret = 'the secret of the clusters of this test'

interface Place extends Partial<NodeInit> {
  readonly dataDir: MemoryDataDir
  readonly nodeId: string
}

function place(nodeId: string): Place {
  return { dataDir: new MemoryDataDir(), nodeId }
}

async function start(init: Place): Promise<DebrosNode> {
  const node = await createNode({ clusterSecret, joinIntervalMs: 50, ...init })
  onTestFinished(() => node.stop())
  return node
}

async function ready(init: Place): Promise<DebrosNode> {
  const node = await start(init)
  await expect.poll(() => node.cluster.ready, WAIT).toBe(true)
  return node
}

async function membersAt(node: DebrosNode): Promise<string[]> {
  const { members } = await node.cluster.status()
  return members.map(({ id, voter }) => `${id}:${voter ? 'voter' : 'nonvoter'}`)
}

function joinsAt({ counters }: DebrosNode): Record<string, number> {
  return {
    asked: counters.get('cluster', 'num_join_req'),
    ignored: counters.get('store', 'num_ignored_joins'),
    moved: counters.get('store', 'num_removed_before_joins'),
  }
}

// Contract 4.2; acceptance row 75.
test('rejoin - the same is ignored, another address replaces the old one, each asked for once', {
  timeout: TIMEOUT_MS,
}, async () => {
  const first = await ready(place('n1'))
  expect(joinsAt(first)).toEqual({ asked: 0, ignored: 0, moved: 0 })
  const [port, otherPort] = (await freePorts(2)) as [number, number]
  const second = { ...place('n2'), joinAddresses: [first.raftAddress], raftAddress: `127.0.0.1:${port}` }
  let running = await ready(second)
  await expect.poll(() => membersAt(first), WAIT).toEqual(['n1:voter', 'n2:voter'])
  expect(joinsAt(first)).toEqual({ asked: 1, ignored: 0, moved: 0 })

  await running.stop()
  running = await ready(second)
  await expect.poll(() => joinsAt(first), WAIT).toEqual({ asked: 2, ignored: 1, moved: 0 })

  await running.stop()
  const raftAddress = `127.0.0.1:${otherPort}`
  running = await ready({ ...second, raftAddress })
  await expect.poll(() => joinsAt(first), WAIT).toEqual({ asked: 3, ignored: 1, moved: 1 })
  const addresses = async () => (await first.cluster.status()).members.map(({ address }) => address)
  await expect.poll(addresses, WAIT).toEqual([first.raftAddress, raftAddress])
  expect(await membersAt(first)).toEqual(['n1:voter', 'n2:voter'])
})

test('rejoin - a voter becomes a read replica, and a read replica a voter', {
  timeout: TIMEOUT_MS,
}, async () => {
  const first = await ready(place('n1'))
  const joinAddresses = [first.raftAddress]
  const second = { ...place('n2'), joinAddresses }
  const third = await ready({ ...place('n3'), joinAddresses })
  let running = await ready(second)
  await expect.poll(() => membersAt(third), WAIT).toEqual(['n1:voter', 'n2:voter', 'n3:voter'])

  await running.stop()
  running = await ready({ ...second, voter: false })
  await expect.poll(() => membersAt(third), WAIT).toEqual(['n1:voter', 'n2:nonvoter', 'n3:voter'])
  expect((await running.cluster.status()).raft).toMatchObject({ state: 'Follower', voter: false })

  await running.stop()
  running = await ready(second)
  await expect.poll(() => membersAt(third), WAIT).toEqual(['n1:voter', 'n2:voter', 'n3:voter'])
})

test('join - two nodes at one address are refused while the first one answers', {
  timeout: TIMEOUT_MS,
}, async () => {
  const first = await ready(place('n1'))
  const second = await ready({ ...place('n2'), joinAddresses: [first.raftAddress] })
  const claimed = { raftAdvertise: second.raftAddress, joinAddresses: [first.raftAddress], joinAttempts: 1 }
  await expect(start({ ...place('n3'), ...claimed })).rejects.toMatchObject({
    code: 'JOIN_FAILED',
    cause: { code: 'JOIN_ADDRESS_TAKEN' },
  })
  expect(await membersAt(first)).not.toContain('n3:nonvoter')
})

// Acceptance row 78.
test('join - a node that is a cluster of its own does not start with somebody to join', {
  timeout: TIMEOUT_MS,
}, async () => {
  const alone = place('n1')
  await (await ready(alone)).stop()
  const other = await ready(place('n2'))
  await expect(start({ ...alone, joinAddresses: [other.raftAddress] })).rejects.toMatchObject({
    code: 'JOIN_CLUSTER_OF_ONE',
  })
  // Nothing has happened to it.
  expect(await membersAt(await ready(alone))).toEqual(['n1:voter'])
})

test('join - the address of an HTTP API is told from one that does not answer', {
  timeout: TIMEOUT_MS,
}, async () => {
  const first = await ready({ ...place('n1'), ...{ http: { port: 0 } } })
  const address = first.apiUrl?.replace('http://', '') ?? ''
  await expect(start({ ...place('n2'), joinAddresses: [address] })).rejects.toMatchObject({
    code: 'JOIN_ADDRESS_IS_HTTP',
  })
  const [port] = (await freePorts(1)) as [number]
  const nowhere = { joinAddresses: [`127.0.0.1:${port}`], joinAttempts: 2 }
  await expect(start({ ...place('n2'), ...nowhere })).rejects.toMatchObject({ code: 'JOIN_FAILED' })
  const self = { raftAddress: `127.0.0.1:${port}`, joinAddresses: [`127.0.0.1:${port}`] }
  await expect(start({ ...place('n2'), ...self })).rejects.toMatchObject({ code: 'NODE_INIT_INVALID' })
})

// Contract 5; acceptance row 87.
test('join - takes a user with the right to join, as a voter or as a read replica', {
  timeout: TIMEOUT_MS,
}, async () => {
  const users = [
    { username: 'voter', password: 'v', perms: ['join'] },
    { username: 'admin', password: 'a', perms: ['all'] },
    { username: 'reader', password: 'r', perms: ['join-read-only'] },
    { username: 'replica', password: 'r', perms: ['join-read-replica'] },
  ]
  const authorizer = createAuthorizer(JSON.stringify(users))
  const first = await ready({ ...place('n1'), authorizer })
  const joins = (
    nodeId: string,
    username: string | undefined,
    rest: Omit<Partial<NodeInit>, 'dataDir' | 'nodeId'> = {},
  ) => {
    const joinCredentials = username === undefined ? undefined : authorizer.credentialsOf(username)
    const asked = { joinAddresses: [first.raftAddress], joinAttempts: 2, ...rest }
    return start({ ...place(nodeId), ...asked, ...(joinCredentials && { joinCredentials }) })
  }
  const refused = { code: 'JOIN_FAILED', cause: { code: 'JOIN_NOT_AUTHORIZED' } }
  await expect(joins('x1', undefined)).rejects.toMatchObject(refused)
  await expect(joins('x2', undefined, { voter: false })).rejects.toMatchObject(refused)
  await expect(joins('x3', 'reader')).rejects.toMatchObject(refused)
  const wrong = { joinCredentials: { username: 'voter', password: 'wrong' } }
  await expect(joins('x4', undefined, wrong)).rejects.toMatchObject(refused)
  expect(await membersAt(first)).toEqual(['n1:voter'])

  await joins('n2', 'reader', { voter: false })
  await joins('n3', 'replica', { voter: false })
  await joins('n4', 'admin')
  await joins('n5', 'voter')
  const members = ['n1:voter', 'n2:nonvoter', 'n3:nonvoter', 'n4:voter', 'n5:voter']
  await expect.poll(() => membersAt(first), WAIT).toEqual(members)
})
