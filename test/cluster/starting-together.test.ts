/** Nodes that are all started with one command line, at the same time or not, and again later. */
import { expect, onTestFinished, test } from 'vitest'
import { createNode, type DebrosNode, MemoryDataDir } from '../../src/index.ts'
import { createAuthorizer, type NodeInit } from '../../src/node/index.ts'
import { freePorts } from '../../src/testing/free-ports.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: 20_000 }

interface Place extends NodeInit {
  readonly nodeId: string
}

/** As many places as addresses, each of which is told all of them. */
async function places(count: number, expected: number, rest: Partial<NodeInit> = {}): Promise<Place[]> {
  const addresses = (await freePorts(count)).map((port) => `127.0.0.1:${port}`)
  return addresses.map((raftAddress, i) => ({
    dataDir: new MemoryDataDir(),
    nodeId: `n${i + 1}`,
    raftAddress,
    joinAddresses: addresses,
    bootstrapExpect: expected,
    clusterSecret: 'the secret of the clusters of this test',
    joinIntervalMs: 50,
    ...rest,
  }))
}

async function start(place: Place): Promise<DebrosNode> {
  const node = await createNode(place)
  onTestFinished(() => node.stop())
  return node
}

async function ready(nodes: readonly DebrosNode[]): Promise<void> {
  await expect.poll(() => nodes.every(({ cluster }) => cluster.ready), WAIT).toBe(true)
}

/** All are voters of one cluster, with one leader, as each of them sees it. */
async function areOne(nodes: readonly DebrosNode[]): Promise<string> {
  await ready(nodes)
  const members = nodes.map(({ id }) => `${id}:voter`).sort()
  const seen = async () => {
    const statuses = await Promise.all(nodes.map(({ cluster }) => cluster.status()))
    return statuses.map(({ members, clusterId, leader }) => ({
      members: members.map(({ id, voter }) => `${id}:${voter ? 'voter' : 'nonvoter'}`),
      clusterId,
      leader: leader?.id,
    }))
  }
  const settled = async () => {
    const [first, ...others] = await seen()
    return others.every((other) => JSON.stringify(other) === JSON.stringify(first)) ? first : undefined
  }
  await expect.poll(settled, WAIT).toMatchObject({ members, leader: expect.any(String) })
  return (await seen())[0]?.clusterId ?? ''
}

// Contract 4.3; acceptance row 77.
test.each([3, 5])(
  'starting together - %i at the same time, and all of them again',
  {
    timeout: TIMEOUT_MS,
  },
  async (count) => {
    const all = await places(count, count)
    const nodes = await Promise.all(all.map(start))
    const clusterId = await areOne(nodes)
    await nodes[0]?.database.execute(['CREATE TABLE t (v)', 'INSERT INTO t VALUES (1)'])

    await Promise.all(nodes.map((node) => node.kill()))
    const again = await Promise.all(all.map(start))
    expect(await areOne(again)).toBe(clusterId)
    const { results } = (await again[0]?.database.query(['SELECT v FROM t'])) ?? {}
    expect(results?.[0]).toMatchObject({ values: [[1]] })
  },
)

test('starting together - none is ready before what is acknowledged is on most disks', {
  timeout: TIMEOUT_MS,
}, async () => {
  const nodes = await Promise.all((await places(3, 3)).map(start))
  await expect.poll(() => nodes.some(({ cluster }) => cluster.ready), { ...WAIT, interval: 1 }).toBe(true)
  const first = nodes.find(({ cluster }) => cluster.ready)
  const { members } = (await first?.cluster.status()) ?? {}
  expect(members?.filter(({ voter }) => voter).length).toBeGreaterThanOrEqual(2)
})

test('starting together - one after the other, and one more later', { timeout: TIMEOUT_MS }, async () => {
  const [one, two, three, four] = (await places(4, 3)) as [Place, Place, Place, Place]
  const abandoned = new AbortController()
  const first = createNode(two, { signal: abandoned.signal })
  first.catch(() => {})
  const second = start(three)
  const early = await Promise.race([first, second, new Promise((resolve) => setTimeout(resolve, 500))])
  expect(early).toBeUndefined()
  // One of them is stopped, and started again on what it has.
  abandoned.abort(new Error('stopped'))
  await expect(first).rejects.toThrow()

  const nodes = await Promise.all([start(one), start(two), second])
  const clusterId = await areOne(nodes)
  nodes.push(await start(four))
  expect(await areOne(nodes)).toBe(clusterId)
})

test('starting together - two that are listed at other addresses than they advertise', {
  timeout: TIMEOUT_MS,
}, async () => {
  const all = (await places(2, 2)).map((place) => ({
    ...place,
    raftAddress: place.raftAddress?.replace('127.0.0.1', '0.0.0.0') ?? '',
    ...(place.raftAddress && { raftAdvertise: place.raftAddress }),
    joinAddresses: place.joinAddresses?.map((address) => address.replace('127.0.0.1', '127.0.0.2')) ?? [],
  }))
  await areOne(await Promise.all(all.map(start)))
})

test('starting together - with too few, each gives up in time and says whom it heard', {
  timeout: TIMEOUT_MS,
}, async () => {
  const all = await places(3, 3, { bootstrapExpectTimeoutMs: 1_000 })
  const [first, second] = await Promise.allSettled(all.slice(0, 2).map(start))
  const refusal = { status: 'rejected', reason: { code: 'BOOTSTRAP_TIMEOUT', retryable: true } }
  expect(first).toMatchObject(refusal)
  expect(second).toMatchObject(refusal)
  const messages = [first, second].map((result) =>
    result?.status === 'rejected' ? result.reason.message : '',
  )
  expect(messages.join(' ')).toMatch(/waited 1s for 3 nodes to found a cluster with; n[12] answered/)
})

test('starting together - takes users with the right to join', { timeout: TIMEOUT_MS }, async () => {
  const users = [
    { username: 'node', password: 'secret', perms: ['join'] },
    { username: 'reader', password: 'secret', perms: ['join-read-only'] },
  ]
  const authorizer = createAuthorizer(JSON.stringify(users))
  const shown = (username: string) => ({
    ...{ authorizer, joinCredentials: { username, password: 'secret' } },
  })
  const refused = await places(2, 2, { ...shown('reader'), bootstrapExpectTimeoutMs: 1_000 })
  const results = await Promise.allSettled(refused.map(start))
  expect(results).toMatchObject(results.map(() => ({ reason: { code: 'BOOTSTRAP_TIMEOUT' } })))
  const nodes = await Promise.all((await places(2, 2, shown('node'))).map(start))
  await areOne(nodes)
})
