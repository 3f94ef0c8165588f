/** POST /db/load and POST /boot: a database from somewhere else, on every replica. */
import { describe, expect } from 'vitest'
import type { Api } from '../harness/api.ts'
import { useCluster, withCluster } from '../harness/cluster.ts'
import { makeFile } from '../harness/database-file.ts'
import type { Answer } from '../harness/http.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

function load(node: Api, body: string | Uint8Array, type = 'application/octet-stream'): Promise<Answer> {
  return node.ask('/db/load', { method: 'POST', body, headers: { 'Content-Type': type } })
}

function file(value: string, journal?: 'wal'): Promise<Buffer> {
  return makeFile(['CREATE TABLE loaded (v TEXT)', `INSERT INTO loaded VALUES('${value}')`], journal)
}

async function expectEverywhere(nodes: readonly Api[], value: string): Promise<void> {
  for (const node of nodes) {
    expect(await node.rows('SELECT v FROM loaded', 'level=linearizable')).toEqual([[value]])
  }
}

describe('load', () => {
  row(61, 'replaces everything on every node, with a WAL or a DELETE header, through any node', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute(['CREATE TABLE before (v)', 'INSERT INTO before VALUES(1)'])
    for (const [i, node] of [leader, ...(await cluster.followers())].entries()) {
      for (const journal of ['delete', 'wal'] as const) {
        const bytes = await makeFile(
          ['CREATE TABLE loaded (v TEXT)', `INSERT INTO loaded VALUES('${journal} ${i}')`],
          journal,
        )
        expect(await load(node, bytes)).toMatchObject({ status: 200, text: '{"results":[]}' })
        await expectEverywhere(cluster.nodes, `${journal} ${i}`)
      }
    }
    expect(await leader.query(['SELECT * FROM before'])).toContain('no such table: before')
    await cluster.processes.converged()
    for (const node of cluster.nodes)
      expect(await node.rows('SELECT v FROM loaded', 'level=none')).toEqual([['wal 2']])
  })

  row(61, 'the Content-Type is irrelevant, and writes go on afterwards', async () => {
    const leader = await suite.cluster.leader()
    for (const type of ['application/octet-stream', 'text/plain', 'application/json']) {
      expect((await load(leader, await file(type), type)).status, type).toBe(200)
    }
    await expectEverywhere(suite.cluster.nodes, 'application/json')
    // What SQLite keeps per connection begins anew.
    expect(await leader.execute(['CREATE TABLE after (v)'])).toBe('{"results":[{}]}')
    expect(await leader.execute(['INSERT INTO after VALUES(1)'])).toBe(
      '{"results":[{"last_insert_id":1,"rows_affected":1}]}',
    )
  })

  row(
    61,
    'survives kill and restart, and can be repeated',
    async () => {
      await withCluster({}, async (cluster) => {
        const [node] = cluster.nodes
        for (const value of ['once', 'twice']) {
          expect((await load(node!, await file(value, 'wal'))).status).toBe(200)
          await Promise.all(cluster.processes.nodes.map((process) => process.kill()))
          for (const process of cluster.processes.nodes) cluster.processes.restart(process)
          await cluster.processes.ready()
          await expectEverywhere(cluster.nodes, value)
        }
      })
    },
    { timeout: 120_000 },
  )

  row(61, 'a backup is loadable, packed or not', async () => {
    const { cluster } = suite
    const [follower] = await cluster.followers()
    await load(follower!, await file('kept'))
    for (const query of ['', '?fmt=delete', '?vacuum', '?compress']) {
      const { bytes } = await follower!.ask(`/db/backup${query}`)
      await follower!.execute(["UPDATE loaded SET v = 'changed'"])
      expect(await load(follower!, bytes), query).toMatchObject({ status: 200 })
      await expectEverywhere(cluster.nodes, 'kept')
    }
  })

  row(62, 'one string, and the result is that after its last statement', async () => {
    for (const [i, node] of suite.cluster.nodes.entries()) {
      const dump = `PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE dump${i} (id INTEGER PRIMARY KEY, v TEXT);\nINSERT INTO "dump${i}" VALUES(1,'a;b');\nCOMMIT;\n`
      expect(await load(node, dump, 'text/plain')).toMatchObject({
        status: 200,
        text: '{"results":[{"last_insert_id":1,"rows_affected":1}]}',
      })
      for (const other of suite.cluster.nodes) {
        expect(await other.rows(`SELECT v FROM dump${i}`, 'level=linearizable')).toEqual([['a;b']])
      }
    }
  })

  row(62, 'an error rolls everything back', async () => {
    const leader = await suite.cluster.leader()
    for (const text of [
      'BEGIN TRANSACTION;\nCREATE TABLE undone (v);\nINSERT INTO nowhere VALUES(1);\nCOMMIT;',
      'CREATE TABLE undone (v);\nnonsense;\n',
    ]) {
      const { status, text: answer } = await load(leader, text)
      expect(status).toBe(200)
      expect(answer).toMatch(/^\{"results":\[\{"error":".+"\}\]\}$/)
      expect(await leader.query(['SELECT * FROM undone'])).toContain('no such table: undone')
    }
    expect(await leader.execute(['CREATE TABLE works (v)'])).not.toContain('error')
  })

  row(63, 'the leader of a cluster of one takes it, at once, and keeps it over a kill', async () => {
    await withCluster({ nodes: 1 }, async (cluster) => {
      const [node] = cluster.nodes
      for (const journal of ['wal', undefined] as const) {
        const booted = await node!.ask('/boot', {
          method: 'POST',
          body: await file(`booted ${journal}`, journal),
        })
        expect(booted).toMatchObject({ status: 200, text: '' })
        expect(await node!.rows('SELECT v FROM loaded')).toEqual([[`booted ${journal}`]])
      }
      const process = cluster.process(node!)
      await process.kill()
      cluster.processes.restart(process)
      await cluster.processes.ready()
      expect(await node!.rows('SELECT v FROM loaded')).toEqual([['booted undefined']])
    })
  })

  row(63, 'else 503; what is no database is 400', async () => {
    const { cluster } = suite
    const boot = async (node: Api, body: string | Uint8Array): Promise<Answer> =>
      node.ask('/boot', { method: 'POST', body })
    expect(await boot(await cluster.leader(), await file('x'))).toMatchObject({
      status: 503,
      text: 'not single-node\n',
    })
    expect(await boot(await cluster.follower(), await file('x'))).toMatchObject({
      status: 503,
      text: 'not leader\n',
    })
    await withCluster({ nodes: 1 }, async (single) => {
      const [node] = single.nodes
      expect((await boot(node!, 'too short')).status).toBe(503)
      expect(await boot(node!, 'x'.repeat(100_000))).toMatchObject({
        status: 400,
        text: 'invalid SQLite data\n',
      })
      expect(await node!.execute(['CREATE TABLE works (v)'])).toBe('{"results":[{}]}')
    })
  })
})
