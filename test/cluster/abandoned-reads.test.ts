/** A read without an end holds nobody up once its caller has gone, wherever it runs. */
import { expect, test } from 'vitest'
import { startCluster } from '../../src/testing/index.ts'

const TIMEOUT_MS = 60_000
const ENDLESS = 'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r'

test('reads whose callers left or gave up do not block the database', { timeout: TIMEOUT_MS }, async () => {
  await using cluster = await startCluster({ http: true })
  const leader = await cluster.leader()
  const follower = (leader + 1) % 3
  const url = (position: number, path: string, sql: string) =>
    `${cluster.nodes[position]!.node.apiUrl}/db/query?${path}&q=${encodeURIComponent(sql)}`

  // `none` and `linearizable` run where they are asked, `weak` and `strong` at the leader.
  for (const position of [leader, follower]) {
    for (const level of ['none', 'weak', 'linearizable', 'strong']) {
      const abort = new AbortController()
      const endless = fetch(url(position, `level=${level}`, ENDLESS), { signal: abort.signal })
      const left = expect(endless).rejects.toMatchObject({ name: 'AbortError' })
      setTimeout(() => abort.abort(), 100)
      await left
      for (const node of [leader, follower]) {
        const answer = await fetch(url(node, 'level=none', 'SELECT 1 AS one'))
        expect([level, await answer.text()]).toEqual([
          level,
          '{"results":[{"columns":["one"],"types":["integer"],"values":[[1]]}]}',
        ])
      }
    }
  }

  const strong = await fetch(url(follower, 'level=strong&timeout=100ms', ENDLESS))
  expect(strong.status).toBe(503)
  const late = await fetch(url(follower, 'level=weak&timeout=100ms', ENDLESS))
  expect([late.status, await late.text()]).toEqual([503, 'no answer within 100 ms; nothing was done\n'])
  const answer = await fetch(url(leader, 'level=linearizable', 'SELECT 1 AS one'))
  expect(await answer.text()).toContain('[[1]]')
})
