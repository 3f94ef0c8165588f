/** The test kit itself, and what a cluster does when its links are cut: real nodes in one process. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import {
  createNode,
  type DatabaseService,
  type DebrosNode,
  MemoryDataDir,
  type SqlParameter,
  type StatementInput,
} from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000

const statement = (sql: string, ...positional: SqlParameter[]): StatementInput => ({ sql, positional })
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
const text = (value: Uint8Array | undefined): string => new TextDecoder().decode(value)

async function run(database: DatabaseService, sql: string, ...parameters: SqlParameter[]): Promise<void> {
  const { results } = await database.execute([statement(sql, ...parameters)])
  expect(results[0]).toMatchObject({ kind: 'write' })
}

/** Writes until it is acknowledged; only what is known not to have happened is repeated. */
async function insertOnce(database: DatabaseService, value: number): Promise<void> {
  for (;;) {
    try {
      await run(database, 'INSERT INTO t VALUES (?)', value)
      return
    } catch (error) {
      const { outcome } = error as { outcome?: string }
      if (outcome === 'unknown' && (await has(database, value))) return
    }
  }
}

async function has(database: DatabaseService, value: number): Promise<boolean> {
  const { results } = await database.query([statement('SELECT 1 FROM t WHERE v = ?', value)], {
    level: 'strong',
  })
  return results[0]?.kind === 'rows' && results[0].values.length > 0
}

async function valuesAt(cluster: TestCluster, position: number): Promise<unknown[]> {
  const { database } = (cluster.nodes[position] as TestCluster['nodes'][number]).node
  const { results } = await database.query([statement('SELECT v FROM t ORDER BY v')], { level: 'none' })
  return results[0]?.kind === 'rows' ? results[0].values.map(([v]) => v) : []
}

function databaseAt(cluster: TestCluster, position: number): DatabaseService {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node.database
}

test('cluster - the minority of a partition neither writes nor reads stale; it catches up when healed', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster()
  const old = await cluster.leader()
  await run(databaseAt(cluster, old), 'CREATE TABLE t (v INTEGER PRIMARY KEY)')
  await insertOnce(databaseAt(cluster, old), 1)

  cluster.isolate(old)
  const cutOff = databaseAt(cluster, old)
  await expect(
    cutOff.execute([statement('INSERT INTO t VALUES (99)')], { timeoutMs: 4_000 }),
  ).rejects.toMatchObject({
    outcome: 'unknown',
  })
  await expect(
    cutOff.query([statement('SELECT v FROM t')], { level: 'linearizable', timeoutMs: 2_000 }),
  ).rejects.toMatchObject({ outcome: 'not-applied' })

  const successor = await cluster.leader()
  expect(successor).not.toBe(old)
  await insertOnce(databaseAt(cluster, successor), 2)

  cluster.heal()
  await cluster.converged()
  for (const position of [0, 1, 2]) expect(await valuesAt(cluster, position)).toEqual([1, 2])
})

test('cluster - restarts on memory and on disk find what was stored', { timeout: TIMEOUT_MS }, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'debros-test-'))
  try {
    for (const where of [{}, { directory }]) {
      await using cluster = await startCluster({
        ...where,
        raft: { snapshotEntries: 20, trailingEntries: 5 },
      })
      await run(databaseAt(cluster, await cluster.leader()), 'CREATE TABLE t (v INTEGER PRIMARY KEY)')
      for (let value = 0; value < 50; value++) await insertOnce(databaseAt(cluster, value % 3), value)
      await Promise.all([0, 1, 2].map((position) => cluster.kill(position)))
      for (const position of [0, 1, 2]) await cluster.restart(position)
      await cluster.converged()
      const expected = Array.from({ length: 50 }, (_, value) => value)
      for (const position of [0, 1, 2]) expect(await valuesAt(cluster, position)).toEqual(expected)
    }
  } finally {
    await rm(directory, { recursive: true })
  }
})

test('cluster - a clean stop of the leader hands over; nobody waits for an election timeout', {
  timeout: TIMEOUT_MS,
}, async () => {
  // With timeouts this long, only a handover can bring a new leader in time.
  await using cluster = await startCluster({ raft: { heartbeatMs: 1_000, electionTimeoutMs: 60_000 } })
  const old = await cluster.leader()
  await run(databaseAt(cluster, old), 'CREATE TABLE t (v INTEGER PRIMARY KEY)')
  await cluster.stop(old)
  const successor = await cluster.leader()
  await insertOnce(databaseAt(cluster, successor), 7)
  await cluster.restart(old)
  await cluster.converged()
  expect(await valuesAt(cluster, old)).toEqual([7])
})

test('cluster - a node can be added, and a wiped one replaced under its name', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ raft: { snapshotEntries: 20, trailingEntries: 5 } })
  await run(databaseAt(cluster, 0), 'CREATE TABLE t (v INTEGER PRIMARY KEY)')
  for (let value = 0; value < 40; value++) await insertOnce(databaseAt(cluster, 0), value)
  const added = await cluster.add()
  await cluster.kill(1)
  cluster.wipe(1)
  await cluster.restart(1)
  await cluster.converged()
  expect(await valuesAt(cluster, added)).toHaveLength(40)
  expect(await valuesAt(cluster, 1)).toHaveLength(40)
  const nodes = await (cluster.nodes[added] as TestCluster['nodes'][number]).node.cluster.nodes()
  expect(nodes.map(({ id, reachable }) => [id, reachable])).toEqual([
    ['node1', true],
    ['node2', true],
    ['node3', true],
    ['node4', true],
  ])
})

test('cluster - a node finds back to leaders it has never heard of', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster()
  await run(databaseAt(cluster, await cluster.leader()), 'CREATE TABLE t (v INTEGER PRIMARY KEY)')
  const away = 2
  await cluster.stop(away)
  const added = [await cluster.add(), await cluster.add()]
  await cluster.converged()
  // A clean stop hands the lead to any other; in a few rounds one of the added nodes has it.
  for (let round = 0; round < 30 && !added.includes(await cluster.leader()); round++) {
    await cluster.restart(await cluster.leader())
  }
  const leader = await cluster.leader()
  expect(added).toContain(leader)
  await insertOnce(databaseAt(cluster, leader), 1)
  await cluster.restart(away)
  await cluster.converged()
  expect(await valuesAt(cluster, away)).toEqual([1])
})

test('cluster - a node that comes back under another address is found there', {
  timeout: TIMEOUT_MS,
}, async () => {
  const clusterSecret = 'a secret of this test cluster only'
  const [firstDir, secondDir] = [new MemoryDataDir(), new MemoryDataDir()]
  const start = (dataDir: MemoryDataDir, joinAddresses: readonly string[] = []) =>
    createNode({ dataDir, clusterSecret, joinAddresses, joinIntervalMs: 50 })
  const addresses = async (node: DebrosNode) =>
    new Set((await node.cluster.nodes()).filter(({ reachable }) => reachable).map(({ address }) => address))

  // Alone, it leads; port 0 gives it another one at every start.
  await (await start(firstDir)).stop()
  await using first = await start(firstDir)
  await expect.poll(() => addresses(first), { timeout: 20_000 }).toEqual(new Set([first.raftAddress]))

  const before = await start(secondDir, [first.raftAddress])
  await expect.poll(() => before.cluster.ready, { timeout: 20_000 }).toBe(true)
  await before.stop()
  await using second = await start(secondDir)
  const both = new Set([first.raftAddress, second.raftAddress])
  await expect.poll(() => addresses(first), { timeout: 20_000 }).toEqual(both)
  await expect.poll(() => addresses(second), { timeout: 20_000 }).toEqual(both)
})

test('cluster - a second node under the name of a running one is not let in', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster()
  const [leader, other] = cluster.nodes as [TestCluster['nodes'][0], TestCluster['nodes'][0]]
  const join = (nodeId: string, clusterSecret: string) =>
    createNode({
      dataDir: new MemoryDataDir(),
      nodeId,
      clusterSecret,
      joinAddresses: [leader.node.raftAddress],
      joinAttempts: 2,
      joinIntervalMs: 10,
    })
  await expect(join(other.id, cluster.secret)).rejects.toMatchObject({
    code: 'JOIN_FAILED',
    message: expect.stringContaining(`another node named ${other.id} is running`),
  })
  await expect(join('stranger', 'not the secret of this cluster')).rejects.toMatchObject({
    code: 'JOIN_SECRET_WRONG',
  })
  expect(await other.node.cluster.nodes()).toHaveLength(3)
})

test('cluster - replicas agree on random values, times and defaults', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster()
  const database = databaseAt(cluster, 1)
  await run(
    database,
    'CREATE TABLE d (id INTEGER PRIMARY KEY, r DEFAULT (random()), b DEFAULT (randomblob(8)), t DEFAULT CURRENT_TIMESTAMP, n)',
  )
  await run(
    database,
    "CREATE TRIGGER d2 AFTER INSERT ON d BEGIN UPDATE d SET n = julianday('now') WHERE id = new.id; END",
  )
  for (let i = 0; i < 20; i++) await run(databaseAt(cluster, i % 3), 'INSERT INTO d (id) VALUES (NULL)')
  await cluster.converged()
  const all = await Promise.all(
    [0, 1, 2].map((position) =>
      databaseAt(cluster, position).query([statement('SELECT * FROM d')], { level: 'none' }),
    ),
  )
  const rows = all.map(({ results }) => (results[0]?.kind === 'rows' ? results[0].values : []))
  expect(rows[0]).toHaveLength(20)
  expect(rows[1]).toEqual(rows[0])
  expect(rows[2]).toEqual(rows[0])
})

test('storage - compare-and-swap, batches and lists work through every node', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster()
  const storages = cluster.nodes.map(({ node }) => node.storage)
  const [first, second, third] = storages as [
    (typeof storages)[0],
    (typeof storages)[0],
    (typeof storages)[0],
  ]
  await first.put(bytes('a'), bytes('1'))
  const read = await second.get(bytes('a'))
  expect(text(read?.value)).toBe('1')
  const key = bytes('a')
  const swapped = await third.compareAndSwap({
    key,
    expected: { kind: 'value', value: bytes('1') },
    value: bytes('2'),
  })
  expect(swapped.kind).toBe('applied')
  const late = await second.compareAndSwap({
    key,
    expected: { kind: 'revision', revision: read?.revision ?? 0 },
    value: bytes('3'),
  })
  expect(late.kind === 'conflict' && text(late.actual?.value)).toBe('2')
  await first.batch([
    { kind: 'put', key: bytes('b1'), value: bytes('x') },
    { kind: 'put', key: bytes('b2'), value: bytes('y') },
    { kind: 'delete', key },
  ])
  for (const storage of storages) {
    expect(await storage.exists(key)).toBe(false)
    const page = await storage.list({ prefix: bytes('b'), limit: 1 })
    expect(page.entries.map((entry) => text(entry.key))).toEqual(['b1'])
    const rest = await storage.list({
      prefix: bytes('b'),
      level: 'weak',
      ...(page.cursor && { cursor: page.cursor }),
    })
    expect(rest.entries.map((entry) => text(entry.key))).toEqual(['b2'])
    expect((await storage.list({ namespace: 'other' })).entries).toEqual([])
  }
})
