/** GET /db/backup in every form, from every node. */
import { gunzipSync } from 'node:zlib'
import { describe, expect } from 'vitest'
import { useCluster, withFrozen } from '../harness/cluster.ts'
import { journalBytes, rowsOfFile, rowsOfText } from '../harness/database-file.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

const SQL = 'SELECT v FROM kept ORDER BY id'

async function keep(value: string): Promise<void> {
  const leader = await suite.cluster.leader()
  await leader.execute([
    'CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY, v)',
    'DELETE FROM kept',
    ['INSERT INTO kept(v) VALUES(?)', value],
  ])
}

describe('backup', () => {
  // The first of this file: one empty table is all there is.
  row(59, 'the dump of one empty table has four lines', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute(['CREATE TABLE foo (name text)'])
    const { status, text, headers } = await leader.ask('/db/backup?fmt=sql')
    expect(status).toBe(200)
    expect(headers['content-type']).toBe('application/sql')
    expect(text.trimEnd()).toBe(
      'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE foo (name text);\nCOMMIT;',
    )
    await leader.execute(['DROP TABLE foo'])
  })

  row(59, 'binary is a WAL-mode file, delete and vacuum are not', async () => {
    await keep('binary')
    const leader = await suite.cluster.leader()
    for (const [query, journal] of [
      ['', [2, 2]],
      ['?fmt=binary', [2, 2]],
      ['?fmt=nonsense', [2, 2]],
      ['?fmt=delete', [1, 1]],
      ['?vacuum', [1, 1]],
    ] as const) {
      const { status, bytes, headers } = await leader.ask(`/db/backup${query}`)
      expect(status, query).toBe(200)
      expect(headers['content-type'], query).toBe('application/octet-stream')
      expect(bytes.subarray(0, 16).toString('latin1'), query).toBe('SQLite format 3\0')
      expect(journalBytes(bytes), query).toEqual(journal)
      expect(await rowsOfFile(bytes, SQL), query).toEqual([['binary']])
    }
    expect((await leader.ask('/db/backup?fmt=sql&vacuum')).status).toBeGreaterThanOrEqual(400)
  })

  row(59, 'compress is gzip of the same, without Content-Encoding', async () => {
    await keep('packed')
    const leader = await suite.cluster.leader()
    for (const query of ['compress', 'fmt=delete&compress', 'vacuum&compress']) {
      const { bytes, headers } = await leader.ask(`/db/backup?${query}`)
      expect(headers).not.toHaveProperty('content-encoding')
      expect(await rowsOfFile(gunzipSync(bytes), SQL), query).toEqual([['packed']])
    }
    const { bytes } = await leader.ask('/db/backup?fmt=sql&compress')
    expect(await rowsOfText(gunzipSync(bytes).toString('utf8'), SQL)).toEqual([['packed']])
  })

  row(59, 'sql loads into any SQLite, whatever is in it; tables limits it', async () => {
    await keep('text')
    const leader = await suite.cluster.leader()
    await leader.execute([
      'CREATE TABLE "odd name" (id INTEGER PRIMARY KEY AUTOINCREMENT, a TEXT, b BLOB, c REAL)',
      [
        'INSERT INTO "odd name"(a, b, c) VALUES(?, ?, ?), (?, ?, ?)',
        'it\'s\na "line"',
        [0, 255],
        0.1,
        'ümläut 🙂',
        null,
        1e300,
      ],
      'INSERT INTO "odd name"(a, c) VALUES(9223372036854775807, 9e999)',
      'CREATE INDEX odd_index ON "odd name"(a)',
      'CREATE VIEW odd_view AS SELECT a FROM "odd name"',
      'CREATE TRIGGER odd_trigger AFTER INSERT ON kept BEGIN DELETE FROM "odd name" WHERE id = new.id; END',
    ])
    const { text } = await leader.ask('/db/backup?fmt=sql')
    const lines = text.trimEnd().split('\n')
    expect([lines[0], lines[1], lines.at(-1)]).toEqual([
      'PRAGMA foreign_keys=OFF;',
      'BEGIN TRANSACTION;',
      'COMMIT;',
    ])
    const everything = 'SELECT quote(a), quote(b), quote(c) FROM "odd name" ORDER BY id'
    expect(await rowsOfText(text, everything)).toEqual(await leader.rows(everything))
    const objects = "SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%' ORDER BY 1, 2"
    expect(await rowsOfText(text, objects)).toEqual(await leader.rows(objects))

    const { text: some } = await leader.ask('/db/backup?fmt=sql&tables=%20kept%20,,missing')
    expect(await rowsOfText(some, SQL)).toEqual([['text']])
    expect(some).not.toContain('CREATE TABLE "odd')
    // It belongs to the table that was asked for.
    expect(some).toContain('CREATE TRIGGER odd_trigger')
    await leader.execute(['DROP VIEW odd_view', 'DROP TRIGGER odd_trigger', 'DROP TABLE "odd name"'])
  })

  row(60, 'that of a follower is the data of the leader, with every write acknowledged before', async () => {
    for (const [i, node] of suite.cluster.nodes.entries()) {
      await keep(`through node ${i}`)
      for (const query of ['', '?fmt=delete', '?vacuum']) {
        const { status, bytes } = await node.ask(`/db/backup${query}`)
        expect(status).toBe(200)
        expect(await rowsOfFile(bytes, SQL)).toEqual([[`through node ${i}`]])
      }
    }
  })

  row(60, 'redirect names the leader', async () => {
    const leader = await suite.cluster.leader()
    const [follower] = await suite.cluster.followers()
    expect(await follower!.ask('/db/backup?redirect&fmt=sql')).toMatchObject({
      status: 301,
      headers: { location: `${leader.url}/db/backup?redirect&fmt=sql` },
    })
  })

  row(60, 'noleader is local, also where no leader can be reached; without it that is 503', async () => {
    const { cluster } = suite
    await keep('local')
    await cluster.processes.converged()
    const [alone] = await cluster.followers()
    await withFrozen(
      cluster,
      cluster.nodes.filter((node) => node !== alone),
      async () => {
        await cluster.processes.until(
          20_000,
          'the node to miss its leader',
          async () => (await alone!.ask('/leader?timeout=1s')).status === 503,
        )
        const { status, bytes } = await alone!.ask('/db/backup?noleader')
        expect(status).toBe(200)
        expect(await rowsOfFile(bytes, SQL)).toEqual([['local']])
        expect(await alone!.ask('/db/backup?timeout=2s')).toMatchObject({
          status: 503,
          text: 'leader not found\n',
        })
      },
    )
    await cluster.processes.ready()
  })
})
