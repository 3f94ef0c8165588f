/** A node whose disk gives back something else than was written says what and where, and can come back empty. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Level } from 'level'
import { expect, onTestFinished, test } from 'vitest'
import type { RaftSettings } from '../../src/raft/index.ts'
import { entryKey } from '../../src/raft/log/keys.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000

/** A cluster on disk with 30 rows; the second node is down. */
async function clusterWithOneDown(raft: Partial<RaftSettings>) {
  const directory = await mkdtemp(join(tmpdir(), 'debros-damage-'))
  onTestFinished(() => rm(directory, { recursive: true, force: true }))
  const cluster = await startCluster({ directory, raft })
  await execute(cluster, 0, 'CREATE TABLE t (v INTEGER PRIMARY KEY)')
  for (let value = 0; value < 30; value++) await execute(cluster, 0, `INSERT INTO t VALUES (${value})`)
  await cluster.converged()
  const { lastLogIndex } = (await nodeAt(cluster, 1).cluster.status()).raft
  await cluster.kill(1)
  return { cluster, dataDir: join(directory, 'node2'), lastLogIndex }
}

function nodeAt(cluster: TestCluster, position: number) {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

async function execute(cluster: TestCluster, position: number, sql: string): Promise<void> {
  const { results } = await nodeAt(cluster, position).database.execute([sql])
  expect(results[0]).toMatchObject({ kind: 'write' })
}

/** One bit of the stored entry becomes another, beneath the checksum that LevelDB keeps of its own. */
async function damageEntry(dataDir: string, index: number): Promise<void> {
  const db = new Level<Uint8Array, Uint8Array>(join(dataDir, 'raft'), {
    keyEncoding: 'view',
    valueEncoding: 'view',
  })
  const record = (await db.get(entryKey(0, index))) as Uint8Array
  const damaged = Uint8Array.from(record)
  damaged[damaged.length - 1] = (damaged[damaged.length - 1] ?? 0) ^ 0b100
  await db.put(entryKey(0, index), damaged)
  await db.close()
}

/** It has the same name, nothing else, and soon all that the others have. */
async function comesBackEmpty(cluster: TestCluster): Promise<void> {
  cluster.wipe(1)
  await cluster.restart(1)
  await execute(cluster, 1, 'INSERT INTO t VALUES (30)')
  await cluster.converged()
  const { results } = await nodeAt(cluster, 1).database.query(['SELECT count(*) FROM t'], { level: 'none' })
  expect(results[0]).toMatchObject({ values: [[31]] })
  const members = (await nodeAt(cluster, 0).cluster.nodes()).map(({ id, reachable }) => [id, reachable])
  expect(members).toEqual([
    ['node1', true],
    ['node2', true],
    ['node3', true],
  ])
}

test('a damaged record - the node names directory and index, and comes back empty under its name', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, dataDir, lastLogIndex } = await clusterWithOneDown({})
  await using _ = cluster
  const index = lastLogIndex - 10
  await damageEntry(dataDir, index)
  // However often it is tried; a log is never cut where it is damaged.
  for (let i = 0; i < 2; i++) {
    await expect(cluster.restart(1)).rejects.toMatchObject({
      code: 'RAFT_LOG_DAMAGED',
      message: expect.stringMatching(
        new RegExp(
          `^the Raft log in ${dataDir}/raft is damaged at index ${index}: .*checksum.*start it with an empty`,
        ),
      ),
    })
  }
  await execute(cluster, 0, 'CREATE TABLE others_go_on (v)')
  await comesBackEmpty(cluster)
})

test('a damaged snapshot - the node names the file, and comes back empty under its name', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, dataDir } = await clusterWithOneDown({ snapshotEntries: 10, trailingEntries: 2 })
  await using _ = cluster
  const snapshots = (await readdir(join(dataDir, 'snapshots'))).filter((name) => name.endsWith('.snap'))
  expect(snapshots.length).toBeGreaterThan(0)
  for (const name of snapshots) {
    const path = join(dataDir, 'snapshots', name)
    const bytes = await readFile(path)
    const middle = Math.floor(bytes.length / 2)
    bytes[middle] = (bytes[middle] ?? 0) ^ 0b100
    await writeFile(path, bytes)
  }
  await expect(cluster.restart(1)).rejects.toMatchObject({
    code: 'RAFT_SNAPSHOT_DAMAGED',
    message: expect.stringMatching(
      new RegExp(`^the snapshot file ${dataDir}/snapshots/\\d+-\\d+\\.snap is damaged: .*checksum`),
    ),
  })
  await comesBackEmpty(cluster)
})

test('a snapshot that is gone - the node names it, and comes back empty under its name', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, dataDir } = await clusterWithOneDown({ snapshotEntries: 10, trailingEntries: 2 })
  await using _ = cluster
  await rm(join(dataDir, 'snapshots'), { recursive: true })
  await expect(cluster.restart(1)).rejects.toMatchObject({
    code: 'RAFT_SNAPSHOT_MISSING',
    message: expect.stringContaining(`in ${dataDir}/snapshots`),
  })
  await comesBackEmpty(cluster)
})

test('a log that is gone but for the key - the node counts as a new one, and catches up', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { cluster, dataDir } = await clusterWithOneDown({})
  await using _ = cluster
  for (const name of ['raft', 'kv', 'snapshots']) await rm(join(dataDir, name), { recursive: true })
  const configs = async () =>
    (await nodeAt(cluster, await cluster.leader()).cluster.status()).raft.lastLogIndex
  const before = await configs()
  await cluster.restart(1)
  await expect.poll(() => nodeAt(cluster, 1).cluster.ready, { timeout: 20_000 }).toBe(true)
  await cluster.converged()
  const { results } = await nodeAt(cluster, 1).database.query(['SELECT count(*) FROM t'], { level: 'none' })
  expect(results[0]).toMatchObject({ values: [[30]] })
  // It left, entered, and was promoted: what it had promised before its loss counts no more.
  await expect.poll(configs, { timeout: 20_000 }).toBe(before + 3)
})
