/** Database files that are none, or only in part, and backups that break off. */
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { request } from 'node:http'
import { describe, expect, test } from 'vitest'
import type { Api } from '../harness/api.ts'
import { useCluster, withCluster } from '../harness/cluster.ts'
import { makeFile, rowsOfFile } from '../harness/database-file.ts'
import { open } from '../harness/http.ts'

const suite = useCluster()
const HEADER = 'SQLite format 3\0'

async function load(node: Api, body: Uint8Array): Promise<{ status: number; text: string }> {
  return await node.ask('/db/load', { method: 'POST', body })
}

/** Rows enough for many pages. */
function rowsOf(count: number): string[] {
  return [
    'CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)',
    `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${count}) INSERT INTO t SELECT i, hex(zeroblob(50)) || i FROM n`,
    'CREATE INDEX t_v ON t(v)',
  ]
}

describe('files', { timeout: 120_000 }, () => {
  test('what is no sound database is refused with a reason, and nothing is changed', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute(['CREATE TABLE safe (v)', "INSERT INTO safe VALUES('here')"])
    const sound = await makeFile(rowsOf(2_000))
    const damaged = Buffer.from(sound)
    damaged.fill(0xa5, 8_192, 40_960)
    const bad: Readonly<Record<string, Uint8Array>> = {
      'random bytes behind the right header': Buffer.concat([Buffer.from(HEADER), randomBytes(50_000)]),
      'zeros behind the right header': Buffer.concat([Buffer.from(HEADER), Buffer.alloc(50_000)]),
      'the header alone': Buffer.from(HEADER),
      'one cut off in the middle of a page': sound.subarray(0, sound.length / 2 + 100),
      'one cut off between pages': sound.subarray(0, 8 * 4_096),
      'one with damaged pages': damaged,
    }
    const follower = await cluster.follower()
    for (const [what, bytes] of Object.entries(bad)) {
      for (const node of [leader, follower]) {
        const { status, text } = await load(node, bytes)
        expect({ what, status, text }).toMatchObject({
          status: 400,
          text: expect.stringMatching(/^not a database that can be loaded: [\s\S]{3,500}\n$/),
        })
      }
    }
    await cluster.processes.converged()
    for (const node of cluster.nodes)
      expect(await node.rows('SELECT v FROM safe', 'level=none')).toEqual([['here']])
    expect(await load(leader, sound)).toMatchObject({ status: 200 })
    expect(await leader.rows('SELECT count(*) FROM t')).toEqual([[2_000]])
  })

  test('an upload that breaks off changes nothing', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute([
      'DROP TABLE IF EXISTS t',
      'DROP TABLE IF EXISTS safe',
      'CREATE TABLE safe (v)',
      'INSERT INTO safe VALUES(1)',
    ])
    const sound = await makeFile(rowsOf(20_000))
    for (const node of cluster.nodes) {
      const sent = request(`${node.url}/db/load`, {
        method: 'POST',
        headers: { 'Content-Length': sound.length },
      })
      sent.on('error', () => {}) // by ourselves
      sent.write(sound.subarray(0, sound.length - 4_096))
      await new Promise((resolve) => sent.write(sound.subarray(0, 1), resolve))
      sent.destroy()
    }
    await cluster.processes.converged()
    for (const node of cluster.nodes)
      expect(await node.rows('SELECT v FROM safe', 'level=linearizable')).toEqual([[1]])
  })

  test('a backup whose reader goes away leaves nothing behind; the next is whole', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute(['DROP TABLE IF EXISTS t', ...rowsOf(50_000)])
    for (const node of cluster.nodes) {
      for (let i = 0; i < 5; i++) {
        const response = await open(`${node.url}/db/backup`)
        expect(response.statusCode).toBe(200)
        await once(response, 'readable')
        response.destroy()
      }
      const { status, bytes } = await node.ask('/db/backup')
      expect(status).toBe(200)
      expect(await rowsOfFile(bytes, 'SELECT count(*) FROM t')).toEqual([[50_000]])
    }
  })

  test('a backup whose node dies is seen to be broken', async () => {
    await withCluster({}, async (cluster) => {
      const leader = await cluster.leader()
      await leader.execute(rowsOf(60_000))
      const [follower] = await cluster.followers()
      const response = await open(`${follower!.url}/db/backup`)
      await once(response, 'readable')
      await cluster.process(follower!).kill()
      const read = async (): Promise<void> => {
        for await (const _ of response);
      }
      await expect(read()).rejects.toMatchObject({ code: 'ECONNRESET' })
    })
  })
})
