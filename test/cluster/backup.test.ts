/** Backups of a real cluster: what is in them, and that they hold nobody up. */
import { expect, test } from 'vitest'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'
import { collect } from '../chunks.ts'
import { stockCheck, stockRows } from '../stock-sqlite.ts'

const TIMEOUT_MS = 60_000

function databaseAt(
  cluster: TestCluster,
  position: number,
): TestCluster['nodes'][number]['node']['database'] {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node.database
}

test('backup - through any node it holds everything acknowledged before, byte for byte the same', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ nodes: 3 })
  const leader = databaseAt(cluster, await cluster.leader())
  await leader.execute(['CREATE TABLE t (id INTEGER PRIMARY KEY, v)'])
  for (let round = 1; round <= 5; round++) {
    await leader.execute([`INSERT INTO t (v) VALUES ('round ${round}')`])
    const backups = await Promise.all(
      [0, 1, 2].map(async (at) => collect((await databaseAt(cluster, at).backup()).chunks)),
    )
    const [first, ...others] = backups as [Buffer, ...Buffer[]]
    expect(stockCheck(first)).toBe('ok')
    expect(stockRows(first, 'SELECT count(*), max(v) FROM t')).toEqual([[round, `round ${round}`]])
    for (const backup of others) expect(backup.equals(first)).toBe(true)
  }
})

test('backup - of a node that is cut off there is its own data only', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ nodes: 3 })
  const leader = await cluster.leader()
  const follower = (leader + 1) % 3
  await databaseAt(cluster, leader).execute(['CREATE TABLE t (v)', "INSERT INTO t VALUES ('early')"])
  await cluster.converged()
  cluster.isolate(follower)
  await databaseAt(cluster, leader).execute(["INSERT INTO t VALUES ('late')"])
  await expect(databaseAt(cluster, follower).backup({ timeoutMs: 3_000 })).rejects.toMatchObject({
    outcome: 'not-applied',
    retryable: true,
  })
  const local = await collect((await databaseAt(cluster, follower).backup({ local: true })).chunks)
  expect(stockRows(local, 'SELECT v FROM t')).toEqual([['early']])
  cluster.heal()
  await cluster.converged()
  const whole = await collect((await databaseAt(cluster, follower).backup()).chunks)
  expect(stockRows(whole, 'SELECT v FROM t')).toEqual([['early'], ['late']])
})

test('backup - writes go on while one is read, and do not show in it; there are not too many', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const database = databaseAt(cluster, await cluster.leader())
  await database.execute([
    'CREATE TABLE t (v)',
    'INSERT INTO t WITH RECURSIVE n(x) AS (VALUES(1) UNION ALL SELECT x + 1 FROM n WHERE x < 1000) SELECT zeroblob(2000) FROM n',
  ])
  const { chunks } = await database.backup({ format: 'delete' })
  const read: Uint8Array[] = []
  for await (const chunk of chunks) {
    read.push(chunk)
    await database.execute([
      'UPDATE t SET v = randomblob(2000) WHERE rowid % 7 = 0',
      'DELETE FROM t WHERE rowid % 50 = 1',
    ])
  }
  const image = Buffer.concat(read)
  expect(stockCheck(image)).toBe('ok')
  expect(stockRows(image, 'SELECT count(*), sum(v = zeroblob(2000)) FROM t')).toEqual([[1000, 1000]])

  const vacuumed = await collect((await database.backup({ vacuum: true })).chunks)
  expect([...vacuumed.subarray(18, 20)]).toEqual([1, 1])
  expect(stockCheck(vacuumed)).toBe('ok')
  expect(stockRows(vacuumed, 'PRAGMA freelist_count')).toEqual([[0]])
  const text = (await collect((await database.backup({ format: 'sql', tables: ['t'] })).chunks)).toString()
  expect(text.match(/^INSERT INTO "t" VALUES\(X'/gm)).toHaveLength(
    Number(stockRows(vacuumed, 'SELECT count(*) FROM t')[0]?.[0]),
  )
  await expect(database.backup({ format: 'sql', vacuum: true })).rejects.toMatchObject({
    code: 'BACKUP_INVALID',
  })
  const gone = AbortSignal.abort(new Error('gone'))
  await expect(database.backup({ vacuum: true, local: true, signal: gone })).rejects.toMatchObject({
    code: 'CALL_ABORTED',
  })

  const open = await Promise.all(Array.from({ length: 8 }, () => database.backup()))
  await expect(database.backup()).rejects.toMatchObject({ code: 'BACKUP_BUSY', retryable: true })
  for (const { chunks: unread } of open) await unread[Symbol.asyncIterator]().return?.()
  await collect((await database.backup()).chunks)
  await expect(database.backup({ namespace: 'no/name' })).rejects.toMatchObject({ code: 'NAMESPACE_INVALID' })
})

test('backup - that nobody has read to its end does not keep a node from stopping', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ nodes: 1 })
  const database = databaseAt(cluster, await cluster.leader())
  await database.execute(['CREATE TABLE t (v)', 'INSERT INTO t VALUES (zeroblob(5000000))'])
  const { chunks } = await database.backup({ vacuum: true })
  const reading = chunks[Symbol.asyncIterator]()
  expect((await reading.next()).done).not.toBe(true)
  await cluster.stop(0)
  await expect(
    (async () => {
      while ((await reading.next()).done !== true);
    })(),
  ).rejects.toMatchObject({ code: 'SQL_SCRATCH_FAILED' })
  await expect(database.backup({ vacuum: true, local: true })).rejects.toMatchObject({ code: 'NODE_STOPPED' })
})
