/**
 * Thousands of random statements give through the cluster what they give in SQLite: values, errors, counts. And
 * all replicas end up with the same.
 */
import { describe, expect, test } from 'vitest'
import { useCluster } from '../harness/cluster.ts'
import { runSeed } from './run.ts'

/** Set by `npm run conformance`. */
const FIRST = Number(process.env.DEBROS_SQL_FIRST ?? 1)
const SEEDS = Number(process.env.DEBROS_SQL_SEEDS ?? 12)

const suite = useCluster()

describe('SQL as SQLite has it', () => {
  for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
    test(`seed ${seed}`, { timeout: 120_000 }, async ({ task }) => {
      const counts = await runSeed(suite.cluster, seed)
      expect(counts.statements).toBeGreaterThan(0)
      Object.assign(task.meta, { sql: counts })
    })
  }
})
