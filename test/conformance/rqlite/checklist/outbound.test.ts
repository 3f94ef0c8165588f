/** What a cluster sends out by itself: backups into a directory, changes to an endpoint. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { ChangeSink } from '../../../cluster/change-sink.ts'
import { rowsOfFile } from '../harness/database-file.ts'
import { row } from '../harness/rows.ts'
import { apiOf, counter, leaderOf, type Rqlited, RqlitedNodes, threeNodes } from '../harness/rqlited.ts'

const TIMEOUT = { timeout: 120_000 }

/** A configuration file as rqlite's, and the directory that it names. */
async function autoBackup(
  nodes: RqlitedNodes,
  more: object = {},
): Promise<{ directory: string; flags: string[] }> {
  const directory = join(nodes.directory, 'backups')
  const file = join(nodes.directory, 'auto-backup.json')
  await mkdir(directory, { recursive: true })
  await writeFile(
    file,
    JSON.stringify({
      version: 1,
      type: 'file',
      interval: '200ms',
      ...more,
      sub: { dir: directory, name: 'bak.sqlite' },
    }),
  )
  return { directory, flags: ['-auto-backup', file] }
}

async function uploads(node: Rqlited): Promise<number> {
  return await counter(node, 'uploader', 'num_uploads_ok')
}

describe('outbound', () => {
  row(
    89,
    'one after a change, none without; gzip, under its name, with its metadata',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const { directory, flags } = await autoBackup(nodes)
      const node = (await nodes.add()).start(flags)
      await node.waitForLeader()
      await node.execute('CREATE TABLE t (v)', 'INSERT INTO t VALUES(1)')
      await node.until('a backup with the row', async () => {
        const bytes = await readFile(join(directory, 'bak.sqlite')).catch(() => undefined)
        const rows =
          bytes &&
          (await rowsOfFile(gunzipSync(bytes), "SELECT count(*) FROM sqlite_master WHERE name = 't'"))
        return rows?.[0]?.[0] === 1
      })
      const done = await uploads(node)
      const skipped = await counter(node, 'uploader', 'num_uploads_skipped')
      await node.until(
        'intervals without a change',
        async () => (await counter(node, 'uploader', 'num_uploads_skipped')) > skipped + 2,
      )
      expect(await uploads(node)).toBe(done)
      await node.execute('INSERT INTO t VALUES(2)')
      await node.until('a backup of the change', async () => (await uploads(node)) > done)
      const rows = await rowsOfFile(
        gunzipSync(await readFile(join(directory, 'bak.sqlite'))),
        'SELECT v FROM t ORDER BY v',
      )
      expect(rows).toEqual([[1], [2]])
      expect((await readdir(directory)).sort()).toEqual(['METADATA.json', 'bak.sqlite'])
      expect(JSON.parse(await readFile(join(directory, 'METADATA.json'), 'utf8'))).toMatchObject({
        name: expect.stringMatching(/bak\.sqlite$/),
      })
    },
    TIMEOUT,
  )

  row(
    89,
    'with timestamps a file for each, plain with no_compress',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const { directory, flags } = await autoBackup(nodes, {
        timestamp: true,
        no_compress: true,
        interval: '1s',
      })
      const node = (await nodes.add()).start(flags)
      await node.waitForLeader()
      const files = async (): Promise<string[]> =>
        (await readdir(directory)).filter((name) => /^\d{14}_bak\.sqlite$/.test(name))
      for (let i = 1; i <= 2; i++) {
        const before = (await files()).length
        await node.execute(`CREATE TABLE t${i} (v)`)
        await node.until('a new file', async () => (await files()).length > before)
      }
      const newest = (await files()).sort().at(-1) as string
      expect(
        await rowsOfFile(await readFile(join(directory, newest)), 'SELECT count(*) FROM sqlite_master'),
      ).toEqual([[2]])
    },
    TIMEOUT,
  )

  row(
    89,
    'the leader alone, and the next one after it',
    async () => {
      await using nodes = await RqlitedNodes.create()
      const { flags } = await autoBackup(nodes)
      const cluster = await threeNodes(nodes, flags)
      const leader = await leaderOf(cluster)
      const others = cluster.filter((node) => node !== leader)
      await others[0]!.execute('CREATE TABLE t (v)')
      await leader.until('a backup', async () => (await uploads(leader)) > 0)
      for (const other of others) expect(await uploads(other)).toBe(0)
      await leader.kill()
      const next = await leaderOf(cluster)
      await next.execute('INSERT INTO t VALUES(1)')
      await next.until('a backup by the next leader', async () => (await uploads(next)) > 0)
    },
    TIMEOUT,
  )

  row(
    90,
    'a message for each write with its rows, none for DDL, from the leader alone',
    async () => {
      await using sink = await ChangeSink.start()
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes, ['-cdc-config', sink.url])
      const leader = await leaderOf(cluster)
      const follower = apiOf(cluster.find((node) => node !== leader) as Rqlited)
      await follower.execute(['CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)'])
      await follower.execute(["INSERT INTO t VALUES(7, 'fiona')"])
      await follower.execute(["UPDATE t SET name = 'declan' WHERE id = 7"])
      await follower.execute(['DELETE FROM t WHERE id = 7'])
      await leader.until('three messages', async () => sink.distinct.size >= 3)
      const messages = [...sink.distinct.values()]
      expect(messages.map(({ events }) => events)).toEqual([
        [{ op: 'INSERT', table: 't', new_row_id: 7, after: { id: 7, name: 'fiona' } }],
        [
          {
            op: 'UPDATE',
            table: 't',
            new_row_id: 7,
            old_row_id: 7,
            before: { id: 7, name: 'fiona' },
            after: { id: 7, name: 'declan' },
          },
        ],
        [{ op: 'DELETE', table: 't', old_row_id: 7, before: { id: 7, name: 'declan' } }],
      ])
      expect(new Set(messages.map(({ nodeId }) => nodeId))).toEqual(new Set([leader.id]))
    },
    TIMEOUT,
  )

  row(
    90,
    'nothing is left out over a failover',
    async () => {
      await using sink = await ChangeSink.start()
      await using nodes = await RqlitedNodes.create()
      const cluster = await threeNodes(nodes, ['-cdc-config', sink.url])
      await cluster[0].execute('CREATE TABLE t (id INTEGER PRIMARY KEY)')
      const leader = await leaderOf(cluster)
      const survivor = cluster.find((node) => node !== leader) as Rqlited
      for (let i = 1; i <= 30; i++) {
        if (i === 15) await leader.kill()
        expect(await apiOf(survivor).patient('/db/execute', [`INSERT INTO t VALUES(${i})`])).not.toContain(
          'error',
        )
      }
      const ids = (): unknown[] =>
        [...sink.distinct.values()].flatMap(({ events }) => events.map(({ after }) => after?.id))
      await survivor.until('thirty changes', async () => new Set(ids()).size >= 30)
      expect([...new Set(ids())].sort((a, b) => Number(a) - Number(b))).toEqual(
        Array.from({ length: 30 }, (_, i) => i + 1),
      )
      expect(new Set(sink.deliveries.map(({ nodeId }) => nodeId)).size).toBe(2)
    },
    TIMEOUT,
  )
})
