/** Whether all replicas hold the same, row by row and key by key. */
import { expect } from 'vitest'
import type { ProcessCluster, ProcessNode } from './processes.ts'

export async function rowsOf(node: ProcessNode, table: string): Promise<readonly (readonly unknown[])[]> {
  const [result] = await node.client.query([`SELECT * FROM ${table} ORDER BY 1`], { level: 'none' })
  if (result === undefined || !('columns' in result)) throw new Error(`${node.id}: ${JSON.stringify(result)}`)
  return result.values ?? []
}

export async function expectEqualReplicas(cluster: ProcessCluster, tables: readonly string[]): Promise<void> {
  await cluster.converged()
  const [first, ...others] = cluster.nodes as [ProcessNode, ...ProcessNode[]]
  for (const table of tables) {
    const rows = await rowsOf(first, table)
    expect(rows.length, `rows of ${table}`).toBeGreaterThan(0)
    for (const other of others) expect(await rowsOf(other, table), `${table} on ${other.id}`).toEqual(rows)
  }
  const { entries } = await first.kv({ op: 'dump' })
  expect(entries?.length, 'keys').toBeGreaterThan(0)
  for (const other of others) {
    expect((await other.kv({ op: 'dump' })).entries, `keys on ${other.id}`).toEqual(entries)
  }
}
