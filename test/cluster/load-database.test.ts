/** Loading a whole database into a real cluster: through any node, under writes, and while nodes die. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, test, vi } from 'vitest'
import type { DatabaseService, SqlResult, StatementInput } from '../../src/index.ts'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'
import { collect } from '../chunks.ts'
import { stockCheck, stockFile, stockRows } from '../stock-sqlite.ts'

const TIMEOUT_MS = 90_000

function databaseAt(cluster: TestCluster, position: number): DatabaseService {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node.database
}

async function* bytes(content: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < content.length; at += 100_000) yield content.subarray(at, at + 100_000)
}

async function rows(
  database: DatabaseService,
  sql: StatementInput,
  level: 'none' | 'strong' = 'strong',
): Promise<unknown> {
  const { results } = await database.query([sql], { level })
  return valuesOf(results[0])
}

function valuesOf(result: SqlResult | undefined): unknown {
  return result?.kind === 'rows' ? result.values : result
}

/** What every node holds itself, which must be the same. */
async function replicas(cluster: TestCluster): Promise<Buffer> {
  await cluster.converged()
  const running = cluster.nodes.filter((node) => node.running)
  const all = await Promise.all(
    running.map(async ({ node }) => collect((await node.database.backup({ local: true })).chunks)),
  )
  const [first, ...others] = all as [Buffer, ...Buffer[]]
  for (const other of others) expect(other.equals(first)).toBe(true)
  return first
}

const SMALL = stockFile(
  "CREATE TABLE loaded (id INTEGER PRIMARY KEY, v); INSERT INTO loaded (v) VALUES ('one'), ('two')",
  'PRAGMA journal_mode = WAL',
)

/** Of some 12 MiB, so that it takes many pieces. */
function largeFile(generation: number): Buffer {
  return stockFile(
    `CREATE TABLE t (id INTEGER PRIMARY KEY, generation, v);
     WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n WHERE x < 3000)
     INSERT INTO t (generation, v) SELECT ${generation}, randomblob(4000) FROM n`,
  )
}

describe('a file', () => {
  test('through a follower, packed or not, again and again: it is there on every node, over HTTP too', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using cluster = await startCluster({ nodes: 3, http: true })
    const leader = await cluster.leader()
    const follower = (leader + 1) % 3
    await databaseAt(cluster, leader).execute(['CREATE TABLE old (v)', 'INSERT INTO old VALUES (1)'])

    const answer = await fetch(`${cluster.nodes[follower]?.node.apiUrl}/db/load`, {
      method: 'POST',
      body: new Uint8Array(SMALL),
    })
    expect([answer.status, await answer.text()]).toEqual([200, '{"results":[]}'])
    for (const { node } of cluster.nodes) {
      await node.cluster.sync()
      expect(await rows(node.database, 'SELECT v FROM loaded', 'none')).toEqual([['one'], ['two']])
    }
    expect(await rows(databaseAt(cluster, leader), 'SELECT * FROM old')).toMatchObject({ kind: 'error' })

    const { results } = await databaseAt(cluster, follower).execute([
      "INSERT INTO loaded (v) VALUES ('three')",
    ])
    expect(results).toMatchObject([{ kind: 'write', lastInsertId: 3 }])
    expect(await databaseAt(cluster, follower).load(bytes(gzipSync(SMALL)))).toMatchObject({ results: [] })
    expect(await rows(databaseAt(cluster, leader), 'SELECT count(*) FROM loaded')).toEqual([[2]])
    const image = await replicas(cluster)
    expect(stockCheck(image)).toBe('ok')
    expect(cluster.nodes.map(({ node }) => node.counters.get('store', 'num_loads'))).toContain(2)
  })

  test('that is none, or not whole - is refused before anything is replicated', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using cluster = await startCluster({ nodes: 1 })
    const node = cluster.nodes[await cluster.leader()]?.node
    if (node === undefined) throw new Error('no node')
    const { database } = node
    await database.execute(['CREATE TABLE kept (v)', 'INSERT INTO kept VALUES (1)'])
    const lastIndex = async (): Promise<number> => (await node.cluster.status()).raft.lastLogIndex
    const before = await lastIndex()
    const noise = Buffer.concat([SMALL.subarray(0, 100), Buffer.alloc(SMALL.length - 100, 0x5a)])
    for (const [content, code] of [
      [SMALL.subarray(0, SMALL.length - 4096), 'SQL_IMAGE_INVALID'],
      [SMALL.subarray(0, 20), 'SQL_IMAGE_INVALID'],
      [noise, 'SQL_IMAGE_INVALID'],
      [gzipSync(SMALL).subarray(0, 200), 'LOAD_INVALID'],
      [Buffer.of(0xff, 0xfe, 0x00), 'LOAD_INVALID'],
    ] as const) {
      await expect(database.load(bytes(content))).rejects.toMatchObject({ code, outcome: 'not-applied' })
    }
    await expect(database.load(bytes(SMALL), { bytesMax: 1000 })).rejects.toMatchObject({
      code: 'LOAD_TOO_LARGE',
    })
    await expect(
      database.load(bytes(gzipSync(Buffer.alloc(100_000))), { bytesMax: 1000 }),
    ).rejects.toMatchObject({ code: 'LOAD_TOO_LARGE' })
    const broken = (async function* () {
      yield SMALL.subarray(0, 5000)
      throw new Error('the caller is gone')
    })()
    await expect(database.load(broken)).rejects.toThrow('the caller is gone')
    expect(await lastIndex()).toBe(before)
    expect(await rows(database, 'SELECT * FROM kept')).toEqual([[1]])
  })

  test('while others write and read: they see what was before, or what comes after', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using cluster = await startCluster({ nodes: 3 })
    const leader = await cluster.leader()
    const [writer, loader, reader] = [leader, (leader + 1) % 3, (leader + 2) % 3].map((at) =>
      databaseAt(cluster, at),
    ) as [DatabaseService, DatabaseService, DatabaseService]
    await writer.execute([
      'CREATE TABLE t (id INTEGER PRIMARY KEY, generation, v)',
      'INSERT INTO t (generation) VALUES (1)',
    ])
    let isOver = false
    const writing = (async () => {
      let written = 0
      while (!isOver) {
        const { results } = await writer.execute(['INSERT INTO t (generation) SELECT max(generation) FROM t'])
        expect(results).toMatchObject([{ kind: 'write' }])
        written++
      }
      return written
    })()
    const seen = new Set<string>()
    const reading = (async () => {
      while (!isOver)
        seen.add(
          JSON.stringify(
            await rows(reader, 'SELECT count(DISTINCT generation), max(generation) FROM t', 'none'),
          ),
        )
    })()
    for (const generation of [2, 3]) await loader.load(bytes(largeFile(generation)))
    isOver = true
    expect(await writing).toBeGreaterThan(10)
    await reading
    for (const values of seen) expect(['[[1,1]]', '[[1,2]]', '[[1,3]]']).toContain(values)
    const image = await replicas(cluster)
    expect(stockCheck(image)).toBe('ok')
    expect(stockRows(image, 'SELECT DISTINCT generation FROM t')).toEqual([[3]])
    expect(Number(stockRows(image, 'SELECT count(*) FROM t')[0]?.[0])).toBeGreaterThanOrEqual(3000)
  })

  test('goes on under the next leader when the one that took the first pieces dies', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using cluster = await startCluster({
      nodes: 3,
      raft: { snapshotBytes: 3 * 1024 * 1024, trailingBytes: 0, trailingEntries: 0 },
    })
    const leader = await cluster.leader()
    const follower = (leader + 1) % 3
    await databaseAt(cluster, leader).execute(['CREATE TABLE old (v)'])
    const node = cluster.nodes[follower]?.node
    const started = (await node?.cluster.status())?.raft.lastLogIndex ?? 0
    const loading = databaseAt(cluster, follower).load(bytes(largeFile(7)), { timeoutMs: 30_000 })
    await vi.waitFor(
      async () => expect((await node?.cluster.status())?.raft.lastLogIndex).toBeGreaterThan(started + 2),
      { timeout: 30_000, interval: 5 },
    )
    await cluster.kill(leader)
    expect(await loading).toMatchObject({ results: [] })
    await cluster.restart(leader)
    const image = await replicas(cluster)
    expect(stockCheck(image)).toBe('ok')
    expect(stockRows(image, 'SELECT count(*), max(generation) FROM t')).toEqual([[3000, 7]])
  })

  test('two at a time, and a log that is busy - wait for each other', { timeout: TIMEOUT_MS }, async () => {
    // Room for one piece at a time.
    await using cluster = await startCluster({ nodes: 3, raft: { uncommittedBytesMax: 1_200_000 } })
    await cluster.leader()
    const loads = [1, 2].map((generation, at) =>
      databaseAt(cluster, at).load(bytes(largeFile(generation)), { timeoutMs: 60_000 }),
    )
    expect(await Promise.all(loads)).toMatchObject([{ results: [] }, { results: [] }])
    const image = await replicas(cluster)
    expect(stockRows(image, 'SELECT count(*), count(DISTINCT generation) FROM t')).toEqual([[3000, 1]])
  })

  test('survives that every node is killed, and can be loaded again', { timeout: TIMEOUT_MS }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'debros-load-'))
    try {
      await using cluster = await startCluster({ nodes: 3, directory })
      const first = databaseAt(cluster, await cluster.leader())
      await first.load(bytes(largeFile(1)))
      await first.execute(['INSERT INTO t (generation) VALUES (1)'])
      for (const at of [0, 1, 2]) await cluster.kill(at)
      await Promise.all([0, 1, 2].map((at) => cluster.restart(at)))
      const again = databaseAt(cluster, await cluster.leader())
      expect(await rows(again, 'SELECT count(*), max(generation) FROM t')).toEqual([[3001, 1]])
      await again.load(bytes(SMALL))
      expect(stockRows(await replicas(cluster), 'SELECT v FROM loaded')).toEqual([['one'], ['two']])
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })

  test('a node that was down meanwhile catches up, and so does one that joins', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using cluster = await startCluster({
      nodes: 3,
      raft: { snapshotBytes: 3 * 1024 * 1024, trailingBytes: 0, trailingEntries: 0, catchUpBytes: 0 },
    })
    const leader = await cluster.leader()
    const down = (leader + 1) % 3
    await cluster.kill(down)
    await databaseAt(cluster, leader).load(bytes(largeFile(2)))
    await databaseAt(cluster, leader).execute(['DELETE FROM t WHERE id % 2 = 0'])
    await cluster.restart(down)
    await cluster.add()
    expect(stockRows(await replicas(cluster), 'SELECT count(*) FROM t')).toEqual([[1500]])
  })
})

describe('a text', () => {
  test('a dump through a follower, into another cluster: it is the same database', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await using source = await startCluster({ nodes: 1 })
    const from = databaseAt(source, await source.leader())
    await from.execute([
      'CREATE TABLE zoo (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT, len INT AS (length(name)) STORED)',
      "INSERT INTO zoo (name) VALUES ('ant'), ('b;ee'), ('c''at' || char(10) || 'two')",
      'CREATE TABLE b (v BLOB)',
      'INSERT INTO b SELECT randomblob(200000) FROM zoo, zoo',
      "CREATE TRIGGER tr AFTER INSERT ON zoo BEGIN INSERT INTO b VALUES (';COMMIT;'); END",
      'CREATE VIEW vi AS SELECT name FROM zoo',
    ])
    const dump = await collect((await from.backup({ format: 'sql' })).chunks)
    expect(dump.length).toBeGreaterThan(3_000_000)

    await using target = await startCluster({ nodes: 3 })
    const follower = databaseAt(target, ((await target.leader()) + 1) % 3)
    const { results } = await follower.load(bytes(dump))
    expect(results).toMatchObject([{ kind: 'write' }])
    expect((await collect((await follower.backup({ format: 'sql' })).chunks)).equals(dump)).toBe(true)
    await replicas(target)

    const failed = await follower.load(bytes(dump))
    expect(failed.results).toEqual([{ kind: 'error', message: 'table b already exists' }])
    expect(await rows(follower, 'SELECT count(*) FROM zoo')).toEqual([[3]])
    const empty = await follower.load(bytes(Buffer.alloc(0)))
    expect(empty.results).toEqual([])
  })
})

// Contract 2.3.
describe('boot', () => {
  test('into a cluster of one, whose data reaches who joins later', { timeout: TIMEOUT_MS }, async () => {
    await using cluster = await startCluster({ nodes: 1 })
    const database = databaseAt(cluster, await cluster.leader())
    await expect(database.boot(bytes(SMALL.subarray(0, 31)))).rejects.toMatchObject({ code: 'BOOT_REFUSED' })
    await expect(database.boot(bytes(Buffer.alloc(5000, 1)))).rejects.toMatchObject({
      code: 'LOAD_INVALID',
      message: 'invalid SQLite data',
    })
    await database.boot(bytes(SMALL))
    expect(await rows(database, 'SELECT v FROM loaded', 'none')).toEqual([['one'], ['two']])
    await cluster.kill(0)
    await cluster.restart(0)
    await cluster.leader()
    await cluster.add()
    expect(stockRows(await replicas(cluster), 'SELECT v FROM loaded')).toEqual([['one'], ['two']])
    const leader = await cluster.leader()
    await expect(databaseAt(cluster, leader).boot(bytes(SMALL))).rejects.toMatchObject({
      code: 'BOOT_REFUSED',
      message: 'not single-node',
    })
    await expect(databaseAt(cluster, 1 - leader).boot(bytes(SMALL))).rejects.toMatchObject({
      code: 'BOOT_REFUSED',
      message: 'not leader',
    })
  })
})
