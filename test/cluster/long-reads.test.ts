/** Reads that do not end: everything else goes on, and they end all the same. */
import { expect, test } from 'vitest'
import { startCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000
const ENDLESS = 'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r'
/** One instruction of SQLite's, which nothing interrupts. It would take longer than anybody can wait. */
const UNINTERRUPTIBLE = `SELECT replace(hex(zeroblob(5000000)), '0', 'a')
  LIKE '%a' || replace(hex(zeroblob(8000)), '0', '_') || 'b'`

test('reads that do not end hold up neither writes nor other reads, and end with an error', {
  timeout: TIMEOUT_MS,
}, async () => {
  await using cluster = await startCluster({ http: true, reads: { readTimeoutMs: 500, readersMax: 3 } })
  const leader = await cluster.leader()
  const follower = (leader + 1) % 3
  const call = async (position: number, path: string, sql: string) => {
    const response = await fetch(`${cluster.nodes[position]!.node.apiUrl}/db/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([sql]),
    })
    return { status: response.status, text: await response.text() }
  }
  await call(leader, 'execute', 'CREATE TABLE t (x)')
  let rows = 0
  for (const sql of [ENDLESS, UNINTERRUPTIBLE]) {
    for (const level of ['none', 'strong']) {
      let ended = 0
      const runaways = [leader, follower].map((position) =>
        call(position, `query?level=${level}`, sql).finally(() => ended++),
      )
      // At once, and then for as long as they run.
      do {
        expect((await call(follower, 'execute', 'INSERT INTO t VALUES (1)')).text).toContain(
          '"rows_affected":1',
        )
        rows++
        for (const position of [leader, follower]) {
          const { text } = await call(position, 'query?level=linearizable', 'SELECT count(*) FROM t')
          expect(text).toContain(`[[${rows}]]`)
        }
      } while (ended === 0)
      for (const { status, text } of await Promise.all(runaways)) {
        expect([status, text]).toEqual([500, expect.stringContaining('database.read_timeout')])
      }
    }
  }
  await cluster.converged()
})
