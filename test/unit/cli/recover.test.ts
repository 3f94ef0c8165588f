/** `debros recover` on the data directory of a node that really ran. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createNode, type DebrosNode } from '../../../src/index.ts'
import { debros } from './fake-io.ts'
import { temporaryDirectory } from './temporary-directory.ts'

const TIMEOUT_MS = 60_000

async function start(dataDir: string): Promise<DebrosNode> {
  const node = await createNode({ dataDir, nodeId: 'node1', raftAddress: '127.0.0.1:0' })
  await expect.poll(() => node.cluster.ready, { timeout: 20_000 }).toBe(true)
  return node
}

/** A directory with a table of one row. */
async function nodeDirectory(): Promise<{ dataDir: string; clusterId: string; peerId: string }> {
  const dataDir = join(temporaryDirectory(), 'node1')
  const node = await start(dataDir)
  await node.database.execute(['CREATE TABLE t (v)'])
  await node.database.execute(['INSERT INTO t VALUES (1)'])
  const { clusterId, peerId } = await node.cluster.status()
  await node.stop()
  return { dataDir, clusterId, peerId }
}

function peersFile(...entries: object[]): Promise<string> {
  const path = join(temporaryDirectory(), 'peers.json')
  return writeFile(path, JSON.stringify(entries)).then(() => path)
}

const MOVED = { id: 'node1', address: '10.9.8.7:7001', non_voter: false }

describe('recover', { timeout: TIMEOUT_MS }, () => {
  let dir: Awaited<ReturnType<typeof nodeDirectory>>
  beforeEach(async () => {
    dir = await nodeDirectory()
  })
  const recover = (...args: string[]) => debros(['recover', '--data-dir', dir.dataDir, ...args])
  const inspect = async () => JSON.parse((await recover('--json')).out) as Record<string, unknown>

  test('inspect - what an operator has to know, and nothing is changed', async () => {
    const { code, out, error } = await recover()
    expect([code, error]).toEqual([0, ''])
    const lines = out.split('\n').map((line) => line.trim().split(/ {2,}/))
    expect(lines).toEqual([
      ['Data directory:', dir.dataDir],
      ['Node:', `node1, key ${dir.peerId}`],
      ['Cluster:', dir.clusterId],
      ['Last entry:', expect.stringMatching(/^term 2, index \d+$/)],
      ['Snapshot:', 'none'],
      ['Current term:', '2'],
      [''],
      ['MEMBER', 'VOTES', 'NODE TO NODE', 'KEY'],
      ['node1', 'yes', expect.stringMatching(/^127\.0\.0\.1:\d+$/), dir.peerId],
    ])
    expect(await inspect()).toEqual(await inspect())
    expect(await inspect()).toMatchObject({ nodeId: 'node1', lastTerm: 2, ancestors: [], pending: false })
  })

  test('preview - what would come of it, with the command that does it', async () => {
    const before = await inspect()
    const peers = await peersFile(MOVED)
    const { code, out } = await recover('--peers', peers)
    expect(code).toBe(0)
    expect(out).toContain('would be:       node1 (10.9.8.7:7001)')
    expect(out).toContain(
      `debros recover --data-dir ${dir.dataDir} --peers ${peers} --confirm ${dir.clusterId}`,
    )
    expect(await inspect()).toEqual(before)
  })

  test('confirmed - it is done, and the node starts with its data in the new cluster', async () => {
    const peers = await peersFile(MOVED)
    const preview = JSON.parse((await recover('--peers', peers, '--json')).out) as { clusterId: string }
    const { code, out, error } = await recover('--peers', peers, '--confirm', dir.clusterId)
    expect([code, error]).toEqual([0, ''])
    expect(out).toContain('now:            node1 (10.9.8.7:7001)')
    expect(await inspect()).toMatchObject({
      clusterId: preview.clusterId,
      ancestors: [dir.clusterId],
      members: [{ id: 'node1', address: '10.9.8.7:7001', peerId: dir.peerId, votes: true }],
      pending: false,
    })
    expect((await recover()).out).toContain(`${preview.clusterId} (recovered; before: ${dir.clusterId})`)
    expect(JSON.parse(await readFile(join(dir.dataDir, 'raft', 'peers.info'), 'utf8'))).toEqual([MOVED])

    const node = await start(dir.dataDir)
    onTestFinished(() => node.stop())
    const { results } = await node.database.query(['SELECT v FROM t'])
    expect(results[0]).toMatchObject({ values: [[1]] })
    expect((await node.cluster.status()).clusterId).toBe(preview.clusterId)
  })

  test('refused - another cluster, and a file that does not fit: nothing is changed', async () => {
    const before = await inspect()
    const names = await readdir(join(dir.dataDir, 'raft'))
    const peers = await peersFile(MOVED)
    const wrong = await recover('--peers', peers, '--confirm', 'some-other-cluster')
    expect(wrong).toMatchObject({
      code: 1,
      error: expect.stringContaining(`it belongs to cluster ${dir.clusterId}, not some-other-cluster`),
    })
    const others = await peersFile({ ...MOVED, id: 'node2' })
    const absent = await recover('--peers', others, '--confirm', dir.clusterId)
    expect(absent).toMatchObject({ code: 1, error: expect.stringContaining('node1, is not in the list') })
    const broken = await peersFile({ ...MOVED, voter: true })
    const invalid = await recover('--peers', broken, '--confirm', dir.clusterId)
    expect(invalid).toMatchObject({ code: 1, error: expect.stringContaining(`${broken} cannot replace`) })
    const none = await recover('--peers', join(dir.dataDir, 'none.json'))
    expect(none).toMatchObject({ code: 1, error: expect.stringContaining('cannot read') })
    expect(await inspect()).toEqual(before)
    const jsonFiles = (all: string[]) => all.filter((name) => name.includes('peers'))
    expect(jsonFiles(await readdir(join(dir.dataDir, 'raft')))).toEqual(jsonFiles(names))
  })

  test('refused - while the node runs', async () => {
    const node = await start(dir.dataDir)
    onTestFinished(() => node.stop())
    for (const args of [[], ['--peers', await peersFile(MOVED), '--confirm', dir.clusterId]]) {
      expect(await recover(...args)).toMatchObject({
        code: 1,
        error: expect.stringContaining('is used by another process'),
      })
    }
  })

  test('a file that waits in the directory - is told, and not replaced by another', async () => {
    const waiting = join(dir.dataDir, 'raft', 'peers.json')
    await writeFile(waiting, JSON.stringify([{ ...MOVED, address: '10.1.1.1:7001' }]))
    expect((await recover()).out).toContain('raft/peers.json is there')
    const { code, error } = await recover('--peers', await peersFile(MOVED), '--confirm', dir.clusterId)
    expect([code, error]).toEqual([1, expect.stringContaining('is there already and says something else')])
  })
})

test('recover - no data directory is made by looking for one', async () => {
  const dataDir = join(temporaryDirectory(), 'empty')
  await mkdir(dataDir)
  const { code, error } = await debros(['recover', '--data-dir', dataDir])
  expect([code, error]).toEqual([1, `debros: ${dataDir} is not the data directory of a node`])
  expect(await readdir(dataDir)).toEqual([])
})

test('recover - wrong use', async () => {
  expect(await debros(['recover'])).toMatchObject({ code: 2, error: expect.stringContaining('--data-dir') })
  expect(await debros(['recover', '--data-dir', 'x', '--confirm', 'y'])).toMatchObject({
    code: 2,
    error: expect.stringContaining('--confirm needs --peers'),
  })
  const { out } = await debros(['recover', '--help'])
  expect(out).toContain('docs/operating/recovery.md')
})
