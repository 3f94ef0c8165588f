/** What a node that does not lead does with what only the leader can do. */
import { describe, expect } from 'vitest'
import { useCluster, withCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

describe('forwarding', () => {
  row(56, 'answers are those of the leader, byte for byte', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute([
      'CREATE TABLE shared (id INTEGER PRIMARY KEY, v)',
      "INSERT INTO shared(v) VALUES('a'), (x'00ff'), (1.5), (NULL)",
    ])
    for (const follower of await cluster.followers()) {
      const written = await follower.execute(["INSERT INTO shared(v) VALUES('b')", 'nonsense', 'SELECT 1'])
      const again = await leader.execute(["INSERT INTO shared(v) VALUES('b')", 'nonsense', 'SELECT 1'])
      expect(written.replaceAll(/\d+/g, 'N')).toBe(again.replaceAll(/\d+/g, 'N'))
      for (const level of ['weak', 'strong', 'linearizable']) {
        for (const parameters of ['', '&associative', '&pretty', '&blob_array']) {
          const statements = ['SELECT * FROM shared', 'SELECT missing', 'SELECT count(*) FROM shared']
          const expected = await leader.query(statements, `level=${level}${parameters}`)
          expect(await follower.query(statements, `level=${level}${parameters}`)).toBe(expected)
          expect(await follower.request(statements, `level=${level}${parameters}`)).toBe(
            await leader.request(statements, `level=${level}${parameters}`),
          )
        }
      }
    }
  })

  row(57, '301 to the advertised address of the leader, with path and query', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    for (const follower of await cluster.followers()) {
      for (const path of [
        '/db/execute?redirect',
        '/db/query?redirect=true&level=strong',
        '/db/request?pretty&redirect',
        '/db/execute?q=a%20b&redirect&x=%2B',
      ]) {
        const answer = await follower.post(path, '["nonsense"]')
        expect(answer, path).toMatchObject({
          status: 301,
          text: '',
          headers: { location: `${leader.url}${path}` },
        })
      }
      expect(await follower.ask('/db/query?redirect&q=SELECT%201')).toMatchObject({ status: 301 })
      // Level none is for every node to answer.
      expect(
        await follower.ask('/remove?redirect', { method: 'DELETE', body: '{"id":"nobody"}' }),
      ).toMatchObject({ status: 301 })
      expect(await follower.post('/leader?redirect', '')).toMatchObject({ status: 301 })
    }
    expect(await leader.post('/db/execute?redirect', '["nonsense"]')).toMatchObject({
      status: 200,
      text: '{"results":[{"error":"near \\"nonsense\\": syntax error"}]}',
    })
  })

  row(57, 'after a failover, that of the new leader', async () => {
    await withCluster({}, async (cluster) => {
      await cluster.process(await cluster.leader()).kill()
      const successor = await cluster.leader()
      const survivors = cluster.nodes.filter((node) => cluster.process(node).running)
      await cluster.processes.ready()
      for (const survivor of survivors) {
        const { status, headers } = await survivor.post('/db/execute?redirect', '["nonsense"]')
        if (survivor === successor) expect(status).toBe(200)
        else
          expect({ status, to: headers.location }).toEqual({
            status: 301,
            to: `${successor.url}/db/execute?redirect`,
          })
      }
    })
  })

  row(58, 'the client does not notice', async () => {
    await withCluster({}, async (cluster) => {
      const leader = cluster.process(await cluster.leader())
      const others = cluster.nodes.filter((node) => node !== cluster.of(leader))
      await others[0]!.execute(['CREATE TABLE t (v)'])
      // Both have connections to the leader that are about to die without a word.
      for (const other of others) await other.query(['SELECT * FROM t'], 'level=strong')
      await leader.kill()
      cluster.processes.restart(leader)
      await cluster.processes.ready()
      const successor = await cluster.leader()
      if (successor !== cluster.of(leader)) {
        const body = JSON.stringify({ id: leader.id })
        const headers = { 'Content-Type': 'application/json' }
        expect(await successor.ask('/leader', { method: 'POST', body, headers })).toMatchObject({
          status: 200,
        })
        await cluster.processes.until(
          20_000,
          'the restarted node to lead',
          async () => (await cluster.leader()) === cluster.of(leader),
        )
      }
      for (const other of others) {
        for (const level of ['strong', 'linearizable', 'weak']) {
          const text = await other.query(['SELECT * FROM t'], `level=${level}`)
          expect(text, level).toBe('{"results":[{"columns":["v"],"types":[""]}]}')
        }
        const { cluster: counted } = JSON.parse((await other.ask('/debug/vars?key=cluster')).text)
        expect(counted.num_client_force_new_conn).toBe(1)
      }
      for (const other of others)
        expect(await other.execute(['INSERT INTO t VALUES(1)'])).not.toContain('error')
    })
  })
})
