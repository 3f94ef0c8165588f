/** A new cluster that begins with a backup. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { type AutoRestoreConfig, createNode, type DebrosNode, type NodeOptions } from '../../src/index.ts'
import { freePorts } from '../../src/testing/free-ports.ts'
import { collect } from '../chunks.ts'

const TIMEOUT_MS = 60_000
const WAIT = { timeout: 20_000, interval: 20 }

let directory: string
const nodes: DebrosNode[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'debros-restore-'))
})

afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop()
  await rm(directory, { recursive: true })
})

async function start(id: string, options: Partial<NodeOptions> = {}): Promise<DebrosNode> {
  const node = await createNode({
    dataDir: join(directory, id),
    nodeId: id,
    clusterSecret: 'a secret of this test',
    ...options,
  })
  nodes.push(node)
  return node
}

async function ready(node: DebrosNode): Promise<void> {
  await vi.waitFor(() => expect(node.cluster.ready).toBe(true), WAIT)
}

async function valuesOf(node: DebrosNode): Promise<unknown> {
  const { results } = await node.database.query(['SELECT v FROM t ORDER BY v'], { level: 'none' })
  return results[0]?.kind === 'rows' ? results[0].values : results
}

/** Backed up from a node that is gone. */
async function backup(): Promise<Buffer> {
  const node = await start('before')
  await ready(node)
  await node.database.execute(['CREATE TABLE t (v)', 'INSERT INTO t VALUES (1), (2)'])
  const bytes = await collect((await node.database.backup({ format: 'delete' })).chunks)
  await node.stop()
  return bytes
}

const restoring = (): AutoRestoreConfig => ({
  ...{ directory, name: 'backup.gz', timeoutMs: 30_000, continueOnFailure: false },
})

describe('automatic restore', () => {
  test('automatic restore - the first time only, and those that join have it, too', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await writeFile(join(directory, 'backup.gz'), gzipSync(await backup()))
    const [one, two] = (await freePorts(2)).map((port) => `127.0.0.1:${port}`) as [string, string]
    const first = await start('first', { autoRestore: restoring(), raftAddress: one })
    await ready(first)
    // Ready means that it is there.
    expect(await valuesOf(first)).toEqual([[1], [2]])
    await first.database.execute(['INSERT INTO t VALUES (3)'])
    const second = await start('second', { joinAddresses: [one], raftAddress: two })
    await ready(second)
    expect(await valuesOf(second)).toEqual([[1], [2], [3]])
    await second.stop()
    await first.stop()

    const again = await start('first', { autoRestore: restoring(), raftAddress: one })
    const other = await start('second', { raftAddress: two })
    await Promise.all([ready(again), ready(other)])
    expect(await valuesOf(again)).toEqual([[1], [2], [3]])
    expect(again.counters.get('downloader', 'num_downloads_skipped')).toBe(1)
  })

  test('automatic restore - what cannot be restored ends the node, unless it may go on', {
    timeout: TIMEOUT_MS,
  }, async () => {
    await writeFile(join(directory, 'backup.gz'), gzipSync((await backup()).subarray(0, 5000)))
    const strict = await start('strict', { autoRestore: restoring() })
    await expect(strict.stopped).rejects.toMatchObject({ code: 'AUTO_RESTORE_FAILED' })
    const lenient = await start('lenient', {
      autoRestore: { ...restoring(), continueOnFailure: true },
    })
    await ready(lenient)
    expect(await valuesOf(lenient)).toMatchObject([{ kind: 'error' }])
    await lenient.database.execute(['CREATE TABLE t (v)'])
    expect(await valuesOf(lenient)).toEqual([])
  })
})
