/** Automatic backups of a real cluster. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { expect, test, vi } from 'vitest'
import { startCluster, type TestCluster } from '../../src/testing/index.ts'
import { stockCheck, stockRows } from '../stock-sqlite.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: 20_000, interval: 20 }

function nodeAt(cluster: TestCluster, position: number): TestCluster['nodes'][number]['node'] {
  return (cluster.nodes[position] as TestCluster['nodes'][number]).node
}

test('automatic backup - the leader makes one after each change, whoever leads', {
  timeout: TIMEOUT_MS,
}, async () => {
  const directory = await mkdtemp(join(tmpdir(), 'debros-backups-'))
  try {
    await using cluster = await startCluster({
      nodes: 3,
      autoBackup: {
        ...{ directory, name: 'db.sqlite', intervalMs: 50 },
        ...{ timestamp: false, compress: true, vacuum: true },
      },
    })
    const path = join(directory, 'db.sqlite')
    const uploads = () =>
      [0, 1, 2].map((at) =>
        cluster.nodes[at]?.running ? nodeAt(cluster, at).counters.get('uploader', 'num_uploads_ok') : 0,
      )
    const rows = async (): Promise<unknown[][]> => {
      const backup = gunzipSync(await readFile(path))
      expect(stockCheck(backup)).toBe('ok')
      return stockRows(backup, 'SELECT v FROM t ORDER BY v')
    }
    const first = await cluster.leader()
    await vi.waitFor(() => {
      expect(nodeAt(cluster, first).counters.get('uploader', 'num_uploads_skipped')).toBeGreaterThan(1)
    }, WAIT)
    expect(await readdir(directory)).toEqual([])
    await nodeAt(cluster, first).database.execute(['CREATE TABLE t (v)', 'INSERT INTO t VALUES (1)'])
    await vi.waitFor(async () => expect(await rows()).toEqual([[1]]), WAIT)
    await vi.waitFor(() => expect(uploads().filter((count) => count > 0)).toEqual([1]), WAIT)
    await cluster.kill(first)
    const second = await cluster.leader()
    // What the one before has backed up is not backed up again.
    await vi.waitFor(() => {
      expect(nodeAt(cluster, second).counters.get('uploader', 'num_uploads_skipped_id')).toBe(1)
    }, WAIT)
    await nodeAt(cluster, second).database.execute(['INSERT INTO t VALUES (2)'])
    await vi.waitFor(async () => expect(await rows()).toEqual([[1], [2]]), WAIT)
    await vi.waitFor(() => expect(uploads()[second]).toBe(1), WAIT)
    expect((await readdir(directory)).sort()).toEqual(['METADATA.json', 'db.sqlite'])
    const { outbound } = await nodeAt(cluster, second).cluster.status()
    expect(outbound.autoBackup).toMatchObject({
      directory,
      failure: undefined,
      last: { bytes: expect.any(Number) },
    })
  } finally {
    await rm(directory, { recursive: true })
  }
})
