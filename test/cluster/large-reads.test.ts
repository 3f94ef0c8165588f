/** Results that are too much to be passed on from the leader are read where they are asked for. */
import { expect, test } from 'vitest'
import { startCluster } from '../../src/testing/index.ts'

const MANY = `WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 250001) SELECT x, 'v' FROM r`

test('a follower answers large reads itself, and says so where it may not', { timeout: 60_000 }, async () => {
  await using cluster = await startCluster()
  const follower = ((await cluster.leader()) + 1) % 3
  const { database } = cluster.nodes[follower]!.node
  const {
    results: [result],
  } = await database.query([MANY], { level: 'weak' })
  expect(result?.kind === 'rows' && result.values.length).toBe(250_001)
  await expect(database.query([MANY], { level: 'strong' })).rejects.toMatchObject({
    code: 'RPC_RESPONSE_TOO_LARGE',
  })
  await expect(database.query([`${MANY} LIMIT 250000`], { level: 'strong' })).resolves.toBeDefined()
})
