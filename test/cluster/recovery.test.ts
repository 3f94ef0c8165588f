/** Clusters on disk that lost their majority for good, and their recovery by hand. */
import { access, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createNode, type DebrosNode } from '../../src/index.ts'
import { freePorts } from '../../src/testing/free-ports.ts'
import { type ClusterInit, startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 90_000
const WAIT = { timeout: 30_000 }

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'debros-recovery-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  return directory
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

interface Place {
  readonly id: string
  readonly dataDir: string
  readonly address: string
}

/** A cluster on disk; where each node has its data and listens. */
async function open(init: ClusterInit & { readonly nodes: number }) {
  const directory = await temporaryDirectory()
  const cluster = await startCluster({ ...init, directory })
  const places = cluster.nodes.map(({ id, node }): Place => {
    return { id, dataDir: join(directory, id), address: node.raftAddress }
  })
  await expect
    .poll(async () => {
      const { members } = await nodeAt(cluster, await cluster.leader()).cluster.status()
      return members.every(({ voter }) => voter)
    }, WAIT)
    .toBe(true)
  await nodeAt(cluster, 0).database.execute(['CREATE TABLE t (v INTEGER PRIMARY KEY)'])
  await cluster.converged()
  return { cluster, places }
}

function nodeAt(cluster: TestCluster, position: number): DebrosNode {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

/** In both state machines. */
async function write(node: DebrosNode, value: number): Promise<void> {
  const { results } = await node.database.execute([{ sql: 'INSERT INTO t VALUES (?)', positional: [value] }])
  expect(results[0]).toMatchObject({ kind: 'write' })
  await node.storage.put(bytes(`key${value}`), bytes(String(value)))
}

/** What this replica holds, whatever the others do. */
async function held(node: DebrosNode): Promise<{ sql: unknown; kv: string[] }> {
  const { results } = await node.database.query(['SELECT v FROM t ORDER BY v'], { level: 'none' })
  const { entries } = await node.storage.list({ level: 'none' })
  return {
    sql: results[0]?.kind === 'rows' ? results[0].values.map(([v]) => v) : results,
    kv: entries.map(({ key }) => new TextDecoder().decode(key)),
  }
}

const holding = (...values: number[]) => ({ sql: values, kv: values.map((value) => `key${value}`) })

async function killAll(cluster: TestCluster): Promise<void> {
  await Promise.all(cluster.nodes.map((node, at) => (node.running ? cluster.kill(at) : undefined)))
}

type Peer = Pick<Place, 'id' | 'address'>

/** As an operator would; gives the file's path. */
async function ask({ dataDir }: Place, peers: readonly Peer[]): Promise<string> {
  const path = join(dataDir, 'raft', 'peers.json')
  await writeFile(path, JSON.stringify(peers.map(({ id, address }) => ({ id, address, non_voter: false }))))
  return path
}

/** With the same data, perhaps elsewhere. */
async function start(
  { id, dataDir }: Place,
  address: string,
  secret: string,
  raft: ClusterInit['raft'] = {},
) {
  const node = await createNode({ nodeId: id, dataDir, raftAddress: address, clusterSecret: secret, raft })
  onTestFinished(() => node.kill())
  return node
}

async function exists(path: string): Promise<boolean> {
  return await access(path).then(
    () => true,
    () => false,
  )
}

const ready = (...nodes: DebrosNode[]) =>
  expect.poll(() => nodes.map(({ cluster }) => cluster.ready), WAIT).toEqual(nodes.map(() => true))

test('recovery - one survivor leads alone with all it has; the others join it again, empty', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, places } = await open({
    nodes: 3,
    http: true,
    raft: { snapshotEntries: 20, trailingEntries: 5 },
  })
  await using _ = cluster
  for (let value = 0; value < 20; value++) await write(nodeAt(cluster, value % 3), value)
  await cluster.converged()
  const before = await nodeAt(cluster, 0).cluster.status()
  await killAll(cluster)

  const [survivor] = places as [Place]
  const file = await ask(survivor, [survivor])
  await cluster.restart(0)
  const alone = nodeAt(cluster, 0)
  expect(await cluster.leader()).toBe(0)
  const all = Array.from({ length: 20 }, (_, value) => value)
  expect(await held(alone)).toEqual({ sql: all, kv: all.map((value) => `key${value}`).sort() })
  const status = await alone.cluster.status()
  expect(status.members).toEqual([{ id: 'node1', address: survivor.address, voter: true }])
  expect(status.clusterId).not.toBe(before.clusterId)
  expect(status.raft.lastLogIndex).toBeGreaterThanOrEqual(before.raft.lastLogIndex)
  expect([await exists(file), await exists(file.replace('.json', '.info'))]).toEqual([false, true])
  await write(alone, 20)

  // The old members come back from the dead, as many as were a majority once.
  await cluster.restart(1)
  await cluster.restart(2)
  for (const position of [1, 2]) {
    const { cluster: service, apiUrl } = nodeAt(cluster, position)
    await expect.poll(() => service.detached?.reason, WAIT).toBe('superseded')
    expect(service.detached?.message).toContain(`recovered by hand as cluster ${status.clusterId}`)
    expect((await fetch(`${apiUrl}/readyz`)).status).toBe(503)
    expect((await service.status()).raft.state).toBe('Follower')
  }
  expect((await alone.cluster.status()).members).toHaveLength(1)

  for (const position of [1, 2]) {
    await cluster.kill(position)
    cluster.wipe(position)
    await cluster.restart(position)
  }
  await write(nodeAt(cluster, 1), 21)
  await cluster.converged()
  const joined = [...all, 20, 21]
  for (const position of [0, 1, 2]) {
    expect((await held(nodeAt(cluster, position))).sql).toEqual(joined)
    expect((await held(nodeAt(cluster, position))).kv).toHaveLength(joined.length)
  }
  expect((await alone.cluster.status()).members.map(({ id }) => id)).toEqual(['node1', 'node2', 'node3'])
  // And a start like any other.
  await cluster.restart(0)
  await cluster.converged()
  expect((await nodeAt(cluster, 0).cluster.status()).clusterId).toBe(status.clusterId)
})

// Contract of the HTTP API, acceptance row 79.
test('recovery - all members at new addresses, with the same file on each', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, places } = await open({ nodes: 3 })
  await using _ = cluster
  await write(nodeAt(cluster, 0), 1)
  await killAll(cluster)
  const ports = await freePorts(3)
  const moved = places.map((place, i) => ({ ...place, address: `127.0.0.1:${ports[i]}` }))
  for (const place of moved) await ask(place, moved)
  const nodes = await Promise.all(moved.map((place) => start(place, place.address, cluster.secret)))
  await ready(...nodes)
  const [first, second, third] = nodes as [DebrosNode, DebrosNode, DebrosNode]
  await write(second, 2)
  await third.cluster.sync()
  expect(await held(third)).toEqual(holding(1, 2))
  const described = await first.cluster.nodes()
  expect(described.map(({ address, reachable }) => [address, reachable])).toEqual(
    moved.map(({ address }) => [address, true]),
  )
})

test('recovery - two of three at new addresses; the one that is behind catches up', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, places } = await open({ nodes: 3 })
  await using _ = cluster
  await write(nodeAt(cluster, 0), 1)
  const leader = await cluster.leader()
  const [behind, lost] = [0, 1, 2].filter((position) => position !== leader) as [number, number]
  await cluster.kill(behind)
  await write(nodeAt(cluster, leader), 2)
  await killAll(cluster)

  const ports = await freePorts(2)
  const survivors = [leader, behind].map((position, i): Place => {
    return { ...(places[position] as Place), address: `127.0.0.1:${ports[i]}` }
  })
  for (const place of survivors) await ask(place, survivors)
  const [ahead, late] = (await Promise.all(
    survivors.map((place) => start(place, place.address, cluster.secret)),
  )) as [DebrosNode, DebrosNode]
  await ready(ahead, late)
  const [one, other] = [await ahead.cluster.status(), await late.cluster.status()]
  expect(other.clusterId).toBe(one.clusterId)
  await write(late, 3)
  for (const node of [ahead, late]) {
    await node.cluster.sync()
    expect(await held(node)).toEqual(holding(1, 2, 3))
  }

  // The third was not dead after all, and finds nobody where they were; told where, it hears of it.
  const { id: nodeId, dataDir, address } = places[lost] as Place
  const zombie = await createNode({
    ...{ nodeId, dataDir, raftAddress: address, clusterSecret: cluster.secret },
    joinAddresses: [late.raftAddress],
  })
  onTestFinished(() => zombie.kill())
  await expect.poll(() => zombie.cluster.detached?.reason, WAIT).toBe('superseded')
  await write(ahead, 4)
  expect((await held(zombie)).sql).not.toContain(4)
})

/**
 * The survivor that has most is outvoted by two that have less: what it alone has is lost. It must not
 * keep it, then, in any of its state machines.
 */
test('recovery - a survivor that is outvoted forgets what only it had', { timeout: TIMEOUT_MS }, async () => {
  const { cluster, places } = await open({ nodes: 5 })
  await using _ = cluster
  const { ahead, behind } = await divide(cluster)
  const survivors = [ahead, ...behind].map((position) => places[position] as Place)
  for (const place of survivors) await ask(place, survivors)
  const others = await Promise.all(
    survivors.slice(1).map((place) => start(place, place.address, cluster.secret)),
  )
  await ready(...others)
  await write(others[0] as DebrosNode, 3)
  const [first] = survivors as [Place]
  const outvoted = await start(first, first.address, cluster.secret)
  await ready(outvoted)
  await outvoted.cluster.sync()
  for (const node of [outvoted, ...others]) {
    await node.cluster.sync()
    expect(await held(node)).toEqual(holding(1, 3))
  }
})

test('recovery - a survivor that is outvoted over what is in its snapshot stops, and says why', {
  timeout: TIMEOUT_MS,
}, async () => {
  const raft = { snapshotEntries: 1, trailingEntries: 0 }
  const { cluster, places } = await open({ nodes: 5, raft })
  await using _ = cluster
  const { ahead, behind } = await divide(cluster)
  const survivors = [ahead, ...behind].map((position) => places[position] as Place)
  for (const place of survivors) await ask(place, survivors)
  const others = await Promise.all(
    survivors.slice(1).map((place) => start(place, place.address, cluster.secret)),
  )
  await ready(...others)
  await write(others[0] as DebrosNode, 3)
  const [first] = survivors as [Place]
  const outvoted = await start(first, first.address, cluster.secret)
  await expect(outvoted.stopped).rejects.toThrow(/its data is not that of the cluster any more/)
  await write(others[1] as DebrosNode, 4)
})

/**
 * Commits a value on three of five nodes while two are cut off, then kills all. Gives a node that has
 * it, and the two that have not; the other two that have it are lost.
 */
async function divide(cluster: TestCluster): Promise<{ ahead: number; behind: readonly number[] }> {
  await write(nodeAt(cluster, 0), 1)
  await cluster.converged()
  const leader = await cluster.leader()
  const followers = [0, 1, 2, 3, 4].filter((position) => position !== leader)
  const behind = followers.slice(0, 2)
  cluster.partition([leader, ...followers.slice(2)], behind)
  await write(nodeAt(cluster, leader), 2)
  const snapshotOf = async () => (await nodeAt(cluster, leader).cluster.status()).raft
  const { appliedIndex } = await snapshotOf()
  // With snapshots after every entry, what was written is soon in one; without, there is none to wait for.
  await expect
    .poll(async () => {
      const { snapshotIndex } = await snapshotOf()
      return snapshotIndex === 0 || snapshotIndex >= appliedIndex
    }, WAIT)
    .toBe(true)
  await killAll(cluster)
  return { ahead: leader, behind }
}

test('recovery - what is refused changes nothing: without the file the node starts as before', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, places } = await open({ nodes: 1 })
  await using _ = cluster
  await write(nodeAt(cluster, 0), 1)
  const { clusterId } = await nodeAt(cluster, 0).cluster.status()
  await killAll(cluster)
  const [place] = places as [Place]
  const file = await ask(place, [{ id: 'node2', address: '127.0.0.1:1' }])
  await expect(cluster.restart(0)).rejects.toMatchObject({
    code: 'RECOVERY_REFUSED',
    message: expect.stringContaining(
      `${place.dataDir} is not replaced, and nothing was changed: its node, node1`,
    ),
  })
  await writeFile(file, '[{"id":"node1","adress":"127.0.0.1:1"}]')
  await expect(cluster.restart(0)).rejects.toMatchObject({ code: 'PEERS_FILE_INVALID' })
  await ask(place, [place])
  // Nor is another node's directory recovered.
  await expect(start({ ...place, id: 'node9' }, place.address, cluster.secret)).rejects.toMatchObject({
    code: 'DATA_DIR_MISMATCH',
  })
  expect(await readFile(file, 'utf8')).toContain('node1')
  await rm(file)
  await cluster.restart(0)
  await cluster.converged()
  expect((await nodeAt(cluster, 0).cluster.status()).clusterId).toBe(clusterId)
  expect(await held(nodeAt(cluster, 0))).toEqual(holding(1))
})
