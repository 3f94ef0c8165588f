/** db_timeout: how long statements may run. */
import { describe, expect } from 'vitest'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

const ENDLESS = 'WITH RECURSIVE r(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT x FROM r'

describe('limits', () => {
  row(41, 'a read that takes longer ends with query timeout, and others are answered', async () => {
    for (const node of suite.cluster.nodes) {
      for (const level of ['none', 'weak', 'linearizable', 'strong']) {
        expect(await node.query([ENDLESS], `level=${level}&db_timeout=200ms`), level).toBe(
          '{"results":[{"error":"query timeout"}]}',
        )
      }
      expect(await node.query(['SELECT 1'], 'db_timeout=10s')).toContain('[[1]]')
    }
  })

  row(41, 'a write that takes longer ends with execute timeout, alike on every node', async () => {
    const { cluster } = suite
    const leader = await cluster.leader()
    await leader.execute(['CREATE TABLE bounded (v INTEGER)'])
    for (const node of cluster.nodes) {
      const text = await node.execute([`INSERT INTO bounded ${ENDLESS}`], 'db_timeout=100ms')
      expect(text).toBe('{"results":[{"error":"execute timeout"}]}')
    }
    expect(await leader.execute(['INSERT INTO bounded VALUES(1)'], 'db_timeout=10s')).not.toContain('error')
    await cluster.processes.converged()
    for (const node of cluster.nodes)
      expect(await node.rows('SELECT v FROM bounded', 'level=none')).toEqual([[1]])
  })
})
