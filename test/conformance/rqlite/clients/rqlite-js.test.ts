/** rqlite-js, a client that others wrote for rqlite, as it comes from its authors, against a cluster of processes. */
import { BackupApiClient, DataApiClient, StatusApiClient } from 'rqlite-js'
import { describe, expect, test } from 'vitest'
import { useCluster } from '../harness/cluster.ts'

const suite = useCluster()

function hosts(): string[] {
  return suite.cluster.nodes.map(({ url }) => url)
}

/** Every node, as the one a client is pointed at. */
function dataClients(): DataApiClient[] {
  return hosts().map((host) => new DataApiClient(host))
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for await (const piece of stream) pieces.push(piece)
  return Buffer.concat(pieces)
}

describe('rqlite-js', { timeout: 120_000 }, () => {
  test('DataApiClient - the example of its documentation', async () => {
    const client = new DataApiClient(hosts().join())
    const created = await client.execute('CREATE TABLE foo (id integer not null primary key, name text)')
    expect(created.hasError()).toBe(false)
    const inserted = await client.execute('INSERT INTO foo(name) VALUES("fiona")')
    expect(inserted.get(0).getLastInsertId()).toBe(1)
    expect(inserted.get(0).getRowsAffected()).toBe(1)
    const queried = await client.query('SELECT name FROM foo WHERE name="fiona"')
    expect(queried.hasError()).toBe(false)
    expect(queried.get(0).get('name')).toBe('fiona')
    expect(queried.toArray()).toEqual([{ name: 'fiona' }])
    const updated = await client.execute('UPDATE foo SET name="justin" WHERE name="fiona"')
    expect(updated.get(0).getRowsAffected()).toBe(1)
  })

  test('DataApiClient - many statements, with parameters, through every node', async () => {
    const [first] = dataClients()
    await first?.execute('CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT, age INTEGER, photo BLOB)')
    for (const [i, client] of dataClients().entries()) {
      const results = await client.execute([
        ['INSERT INTO people(name, age) VALUES(?, ?)', `person ${i}`, 30 + i],
        ['INSERT INTO people(name, age) VALUES(:name, :age)', { name: `other ${i}`, age: 40 + i }],
        ['INSERT INTO people(name, photo) VALUES(?, ?)', `blob ${i}`, [1, 2, 255]],
      ])
      expect(results.hasError()).toBe(false)
      expect(results.getResults().map((result) => result.getLastInsertId())).toEqual([
        3 * i + 1,
        3 * i + 2,
        3 * i + 3,
      ])
      const found = await client.query([
        ['SELECT name, age FROM people WHERE age = ?', 40 + i],
        'SELECT count(*) AS n FROM people',
      ])
      expect(found.toArray()).toEqual([{ name: `other ${i}`, age: 40 + i }, { n: 3 * (i + 1) }])
    }
  })

  test('DataApiClient - a transaction with an error leaves nothing', async () => {
    const client = new DataApiClient(hosts())
    await client.execute(
      'CREATE TABLE accounts (id INTEGER PRIMARY KEY, balance INTEGER CHECK (balance >= 0))',
    )
    await client.execute(['INSERT INTO accounts VALUES(1, 100)', 'INSERT INTO accounts VALUES(2, 0)'], {
      transaction: true,
    })
    const failed = await client.execute(
      [
        'UPDATE accounts SET balance = balance + 200 WHERE id = 2',
        'UPDATE accounts SET balance = balance - 200 WHERE id = 1',
      ],
      { transaction: true },
    )
    expect(failed.getFirstError()?.message).toBe('CHECK constraint failed: balance >= 0')
    const balances = await client.query('SELECT balance FROM accounts ORDER BY id', { level: 'strong' })
    expect(balances.toArray()).toEqual([{ balance: 100 }, { balance: 0 }])
  })

  test('DataApiClient - every level, through every node', async () => {
    const [first] = dataClients()
    await first?.execute(['CREATE TABLE levels (v)', 'INSERT INTO levels VALUES(1)'])
    for (const client of dataClients()) {
      for (const level of ['weak', 'linearizable', 'strong', 'none'] as const) {
        if (level === 'none') await suite.cluster.processes.converged()
        const results = await client.query('SELECT v FROM levels', { level, timings: true })
        expect(results.toArray(), level).toEqual([{ v: 1 }])
        expect(results.getTime()).toBeGreaterThan(0)
      }
    }
  })

  test('DataApiClient - errors are results, and none is reported where there is none', async () => {
    const client = new DataApiClient(hosts())
    const results = await client.execute(['INSERT INTO missing VALUES(1)', 'CREATE TABLE present (v)'])
    expect(results.getFirstError()?.message).toBe('no such table: missing')
    expect(results.getResults()).toHaveLength(2)
    expect((await client.query('SELECT * FROM present')).hasError()).toBe(false)
  })

  test('redirects are followed', async () => {
    const { cluster } = suite
    const [follower] = await cluster.followers()
    const leader = await cluster.leader()
    const client = new BackupApiClient([follower!.url, leader.url])
    const query = { q: 'SELECT 1', level: 'strong', redirect: 'true' }
    const { body, status } = await client.get({ uri: '/db/query', query, useLeader: true })
    expect({ body, status }).toEqual({
      status: 200,
      body: { results: [{ columns: ['1'], types: ['integer'], values: [[1]] }] },
    })
  })

  test('StatusApiClient - of one and of all hosts', async () => {
    const leader = suite.cluster.process(await suite.cluster.leader())
    const client = new StatusApiClient(hosts())
    const { body, status } = await client.status()
    expect(status).toBe(200)
    expect(body).toMatchObject({ store: { leader: { node_id: leader.id, addr: leader.raftAddress } } })
    const all = await client.statusAllHosts()
    expect(all.map(({ host }) => host)).toEqual(hosts())
    for (const { response } of all)
      expect(response).toMatchObject({ status: 200, body: { store: { ready: true } } })
  })

  test('BackupApiClient - a dump, a file, and both loaded again', async () => {
    const data = new DataApiClient(hosts())
    await data.execute([
      'CREATE TABLE saved (id INTEGER PRIMARY KEY, name TEXT)',
      'INSERT INTO saved(name) VALUES("fiona")',
    ])
    for (const host of hosts()) {
      const client = new BackupApiClient(host)
      const text = await collect(await client.backup('sql'))
      expect(text.toString('utf8')).toContain(`INSERT INTO "saved" VALUES(1,'fiona');`)
      const file = await collect(await client.backup())
      expect(file.subarray(0, 15).toString('latin1')).toBe('SQLite format 3')

      await data.execute('DROP TABLE saved')
      expect(JSON.parse((await collect(await client.load(file, 'dump'))).toString())).toEqual({ results: [] })
      expect((await data.query('SELECT name FROM saved', { level: 'strong' })).toArray()).toEqual([
        { name: 'fiona' },
      ])

      const one = `BEGIN TRANSACTION; DROP TABLE saved; CREATE TABLE saved (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO saved VALUES(7,'sql'); COMMIT;`
      const { results } = JSON.parse((await collect(await client.load(one, 'sql'))).toString())
      expect(results).toEqual([{ last_insert_id: 7, rows_affected: 1 }])
      expect((await data.query('SELECT id, name FROM saved')).toArray()).toEqual([{ id: 7, name: 'sql' }])
      await data.execute(['DELETE FROM saved', 'INSERT INTO saved VALUES(1, "fiona")'])
    }
  })

  // The last of this file: it changes who leads.
  test('the leader is killed among writes and reads, and taken back', { timeout: 120_000 }, async () => {
    const { cluster } = suite
    const client = new DataApiClient(hosts())
    await client.execute('CREATE TABLE counted (id INTEGER PRIMARY KEY)')
    const acknowledged: number[] = []
    let next = 0
    const writeSome = async (count: number): Promise<void> => {
      for (let i = 0; i < count; i++) {
        const id = ++next
        const error = (await client.execute([['INSERT INTO counted VALUES(?)', id]])).getFirstError()
        // It repeats a request whose answer was lost; that the row is there says that the first one was done.
        if (error !== undefined) expect(error.message).toBe('UNIQUE constraint failed: counted.id')
        acknowledged.push(id)
        const seen = await client.query('SELECT max(id) AS m FROM counted', { level: 'linearizable' })
        expect(seen.toArray()).toEqual([{ m: id }])
      }
    }
    await writeSome(20)
    const leader = cluster.process(await cluster.leader())
    const writing = writeSome(60)
    await leader.kill()
    await writing
    cluster.processes.restart(leader)
    await cluster.processes.ready()
    await writeSome(20)
    await cluster.processes.converged()
    for (const node of dataClients()) {
      const rows = await node.query('SELECT id FROM counted ORDER BY id', { level: 'none' })
      expect(rows.toArray().map(({ id }) => id)).toEqual(acknowledged)
    }
  })
})
