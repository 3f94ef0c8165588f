import { access, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import type { PeerEntry } from '../../../src/node/peers-file.ts'
import { readStored, recoverAtStart } from '../../../src/node/recovery.ts'
import { planRecovery, type StoredNode } from '../../../src/node/recovery-plan.ts'
import { frameHeader } from '../../../src/node/snapshot-sections.ts'
import {
  type Callback,
  createLogStore,
  createMemoryStore,
  createSnapshotFiles,
  type Entry,
  MemoryDisk,
  type OrderedStore,
  type SnapshotMeta,
  writeIdentity,
} from '../../../src/raft/index.ts'
import { command, config, configEntry } from '../raft/entries.ts'

const OLD = 'the-old-cluster'

const peer = (id: string, rest: Partial<PeerEntry> = {}): PeerEntry => ({
  id,
  address: `${id}:9001`,
  voter: true,
  peerId: undefined,
  ...rest,
})

function done<T = void>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)))
  })
}

describe('plan', () => {
  const stored = (rest: Partial<StoredNode> = {}): StoredNode => ({
    location: '/data',
    identity: { nodeId: 'a', clusterId: OLD, formatVersion: 1 },
    log: {
      hardState: { term: 4, vote: undefined },
      snapshot: undefined,
      lastIndex: 9,
      lastTerm: 4,
      configs: [config(['a', 'b']), config(['a', 'b', 'c'])],
    },
    recovery: undefined,
    peerId: 'peer-a',
    ...rest,
  })

  test('members - their keys are those that are stored, the newest first, or given', () => {
    const plan = planRecovery(stored(), [
      peer('c', { voter: false }),
      peer('b', { peerId: 'new-b' }),
      peer('a'),
    ])
    expect(plan.after).toEqual({
      voters: ['a', 'b'],
      outgoing: [],
      learners: ['c'],
      members: [
        { id: 'a', peerId: 'peer-a', address: 'a:9001', voter: true },
        { id: 'b', peerId: 'new-b', address: 'b:9001', voter: true },
        { id: 'c', peerId: 'peer-c', address: 'c:9001', voter: false },
      ],
    })
    expect(plan).toMatchObject({ from: OLD, nodeId: 'a', alone: false, done: false })
    expect(plan.recovery).toEqual({ ancestors: [OLD], clusterId: plan.recovery.clusterId, finished: false })
    expect(planRecovery(stored(), [peer('a')]).alone).toBe(true)
  })

  test('cluster id - the same for all survivors that are given the same members, in any order', () => {
    const idOf = (node: Partial<StoredNode>, ...peers: PeerEntry[]) =>
      planRecovery(stored(node), peers).recovery.clusterId
    const b: Partial<StoredNode> = {
      identity: { nodeId: 'b', clusterId: OLD, formatVersion: 1 },
      peerId: 'peer-b',
    }
    const id = idOf({}, peer('a'), peer('b'))
    expect(id).toMatch(/^[\da-f]{8}-[\da-f]{4}-8[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/)
    expect(idOf(b, peer('b'), peer('a'))).toBe(id)
    expect(id).not.toBe(OLD)
    // Whatever is different makes another cluster.
    const others = [
      idOf({}, peer('a')),
      idOf({}, peer('a'), peer('b', { address: 'b:9002' })),
      idOf({}, peer('a'), peer('b', { voter: false })),
      idOf({}, peer('a'), peer('b', { peerId: 'another' })),
      idOf({ identity: { nodeId: 'a', clusterId: 'another', formatVersion: 1 } }, peer('a'), peer('b')),
    ]
    expect(new Set([id, ...others]).size).toBe(6)
  })

  test('a second recovery - goes on from the first, which is remembered', () => {
    const first = planRecovery(stored(), [peer('a')]).recovery
    const after = { identity: { nodeId: 'a', clusterId: first.clusterId, formatVersion: 1 } }
    const again = planRecovery(stored({ ...after, recovery: { ...first, finished: true } }), [peer('a')])
    expect(again).toMatchObject({ from: first.clusterId, done: false })
    expect(again.recovery.ancestors).toEqual([OLD, first.clusterId])
  })

  test('an attempt that was cut short - is the same one, and another file takes its place', () => {
    const first = planRecovery(stored(), [peer('a')]).recovery
    const cut = stored({
      identity: { nodeId: 'a', clusterId: first.clusterId, formatVersion: 1 },
      recovery: first,
    })
    expect(planRecovery(cut, [peer('a')])).toMatchObject({ from: OLD, done: true, recovery: first })
    const other = [peer('a'), peer('b')]
    expect(planRecovery(cut, other)).toMatchObject({
      from: OLD,
      done: false,
      recovery: planRecovery(stored(), other).recovery,
    })
  })

  test.each<[string, Partial<StoredNode>, PeerEntry[], string]>([
    ['this node is not in the list', {}, [peer('b')], 'its node, a, is not in the list'],
    ['nobody knows the key', {}, [peer('a'), peer('x')], "does not name node x. Add that node's key"],
    ['two of one key', {}, [peer('a'), peer('b', { peerId: 'peer-a' })], 'would have the same key'],
    ['not the key of this node', {}, [peer('a', { peerId: 'other' })], 'but its identity.key is peer-a'],
    ['a new directory', { identity: undefined, log: undefined }, [peer('a')], 'it holds no log of a cluster'],
    ['no log', { log: undefined }, [peer('a')], 'it holds no log of a cluster'],
    [
      'never a member',
      { identity: { nodeId: 'a', clusterId: undefined, formatVersion: 1 } },
      [peer('a')],
      'it holds no log of a cluster',
    ],
  ])('refused - %s', (_, node, peers, why) => {
    expect(() => planRecovery(stored(node), peers)).toThrow(
      expect.objectContaining({ code: 'RECOVERY_REFUSED', message: expect.stringContaining(why) }),
    )
  })
})

/** A data directory whose log is in memory, so that it can fail where a test wants it to. */
class Bench {
  readonly dir: string
  readonly #disk = new MemoryDisk()
  /** The number of the batch that is cut short; and whether it still reaches the disk. */
  failAt: { readonly batch: number; readonly written: boolean } | undefined

  private constructor(dir: string) {
    this.dir = dir
  }

  static async open(snapshot?: SnapshotMeta): Promise<Bench> {
    const bench = new Bench(await mkdtemp(join(tmpdir(), 'debros-recovery-')))
    onTestFinished(() => rm(bench.dir, { recursive: true }))
    for (const name of ['raft', 'kv', 'snapshots']) await mkdir(join(bench.dir, name))
    const from = (snapshot?.index ?? 0) + 1
    const entries: Entry[] = [
      ...(snapshot === undefined ? [configEntry(from, 2, config(['a', 'b', 'c']))] : [command(from, 2)]),
      command(from + 1, 3),
    ]
    const { store } = bench
    const log = createLogStore({ store }, { groupId: 0 })
    await done<unknown>((callback) => log.load(callback))
    const hardState = { term: 3, vote: 'b' }
    await done((callback) => log.write({ hardState, snapshot, entries }, callback))
    await done((callback) => writeIdentity(store, { nodeId: 'a', clusterId: OLD }, callback))
    return bench
  }

  get store(): OrderedStore {
    const store = createMemoryStore({ disk: this.#disk })
    let batches = 0
    return {
      ...store,
      batch: (operations, callback) => {
        batches++
        const { failAt } = this
        if (failAt?.batch !== batches) store.batch(operations, callback)
        else if (failAt.written) store.batch(operations, () => callback(new Error('cut short')))
        else callback(new Error('cut short'))
      },
    }
  }

  get target() {
    const snapshots = createSnapshotFiles({ logger: silentLogger }, { dir: join(this.dir, 'snapshots') })
    return { location: this.dir, logDatabase: this.store, snapshots, peerId: 'peer-a' }
  }

  async ask(...peers: { id: string; address?: string }[]): Promise<void> {
    const file = peers.map(({ id, address = `${id}:9001` }) => ({ id, address, non_voter: false }))
    await writeFile(join(this.dir, 'raft', 'peers.json'), JSON.stringify(file))
  }

  start(): Promise<readonly string[]> {
    return recoverAtStart(this.target, silentLogger)
  }

  stored() {
    return readStored(this.target)
  }

  async has(name: string): Promise<boolean> {
    return await access(join(this.dir, name)).then(
      () => true,
      () => false,
    )
  }
}

/** A snapshot whose key-value part stands at another index, as one taken while a log is replayed. */
async function saveSnapshot(bench: Bench, meta: SnapshotMeta, kvAppliedIndex: number): Promise<void> {
  const about = Buffer.from(JSON.stringify({ version: 1, dbAppliedIndex: 0, kvAppliedIndex }))
  const chunks = async function* () {
    yield frameHeader('meta', about.length)
    yield about
    yield frameHeader('end', 0)
  }
  await done<number>((callback) => bench.target.snapshots.save(meta, { chunks, release: () => {} }, callback))
}

describe('at a start', () => {
  test('no file - nothing is done', async () => {
    const bench = await Bench.open()
    const before = await bench.stored()
    expect(await bench.start()).toEqual([])
    expect(await bench.stored()).toEqual(before)
  })

  test('a file - everything is replaced, and the file put away', async () => {
    const bench = await Bench.open()
    await bench.ask({ id: 'a' })
    expect(await bench.start()).toEqual([OLD])
    const { identity, log, recovery } = await bench.stored()
    expect(log?.configs).toEqual([
      {
        voters: ['a'],
        outgoing: [],
        learners: [],
        members: [{ id: 'a', peerId: 'peer-a', address: 'a:9001', voter: true }],
      },
    ])
    expect(log).toMatchObject({ lastIndex: 2, lastTerm: 3, hardState: { term: 3, vote: 'b' } })
    expect(recovery).toEqual({ ancestors: [OLD], clusterId: identity?.clusterId, finished: true })
    expect([await bench.has('raft/peers.json'), await bench.has('raft/peers.info')]).toEqual([false, true])
    // A start like any other afterwards.
    expect(await bench.start()).toEqual([OLD])
    expect((await bench.stored()).identity).toEqual(identity)
  })

  test('the key-value store - goes only where others may know less', async () => {
    for (const [ids, kept] of [
      [['a'], true],
      [['a', 'b'], false],
    ] as const) {
      const bench = await Bench.open()
      await bench.ask(...ids.map((id) => ({ id })))
      await bench.start()
      expect(await bench.has('kv')).toBe(kept)
    }
  })

  test('cut short at any point - the next start ends where an undisturbed one does', async () => {
    const undisturbed = await Bench.open()
    await undisturbed.ask({ id: 'a' }, { id: 'b' })
    await undisturbed.start()
    const expected = await undisturbed.stored()
    // The log's own batch, and the one that marks the end.
    for (const batch of [1, 2]) {
      for (const written of [false, true]) {
        const bench = await Bench.open()
        await bench.ask({ id: 'a' }, { id: 'b' })
        bench.failAt = { batch, written }
        await expect(bench.start()).rejects.toMatchObject({
          code: 'RAFT_STORAGE_FAILED',
          message: expect.stringContaining('goes on at the next start: cut short'),
        })
        bench.failAt = undefined
        expect(await bench.start()).toEqual([OLD])
        expect({ ...(await bench.stored()), location: '' }).toEqual({ ...expected, location: '' })
        expect([await bench.has('raft/peers.json'), await bench.has('raft/peers.info')]).toEqual([
          false,
          true,
        ])
      }
    }
  })

  test('cut short, then told otherwise - it is as if the first had never been asked for', async () => {
    const direct = await Bench.open()
    await direct.ask({ id: 'a' })
    await direct.start()
    const bench = await Bench.open()
    await bench.ask({ id: 'a' }, { id: 'b' })
    bench.failAt = { batch: 1, written: true }
    await expect(bench.start()).rejects.toThrow('cut short')
    bench.failAt = undefined
    await bench.ask({ id: 'a' })
    await bench.start()
    expect((await bench.stored()).identity).toEqual((await direct.stored()).identity)
  })

  test('the same file twice, one start apart - is two recoveries', async () => {
    const bench = await Bench.open()
    const ids: (string | undefined)[] = []
    for (let i = 0; i < 2; i++) {
      await bench.ask({ id: 'a' })
      await bench.start()
      ids.push((await bench.stored()).identity?.clusterId)
    }
    expect(await bench.start()).toEqual([OLD, ids[0]])
    expect(new Set([OLD, ...ids]).size).toBe(3)
  })

  test.each<[string, string, string]>([
    ['no JSON', '[', 'PEERS_FILE_INVALID'],
    ['an unknown field', '[{"id":"a","address":"a:1","role":"voter"}]', 'PEERS_FILE_INVALID'],
    ['others only', '[{"id":"b","address":"b:1"}]', 'RECOVERY_REFUSED'],
    ['a node nobody knows', '[{"id":"a","address":"a:1"},{"id":"z","address":"z:1"}]', 'RECOVERY_REFUSED'],
  ])('refused - %s: nothing is changed, and the file stays', async (_, text, code) => {
    const bench = await Bench.open()
    const before = await bench.stored()
    await writeFile(join(bench.dir, 'raft', 'peers.json'), text)
    await expect(bench.start()).rejects.toMatchObject({ code })
    expect(await bench.stored()).toEqual(before)
    expect(await readFile(join(bench.dir, 'raft', 'peers.json'), 'utf8')).toBe(text)
    expect([await bench.has('kv'), await bench.has('raft/peers.info')]).toEqual([true, false])
  })

  const snapshot: SnapshotMeta = { index: 5, term: 2, config: config(['a', 'b', 'c']), configIndex: 1 }

  test('a snapshot - its membership is replaced, too', async () => {
    const bench = await Bench.open(snapshot)
    await saveSnapshot(bench, snapshot, 5)
    await bench.ask({ id: 'a' }, { id: 'b' })
    await bench.start()
    const { log } = await bench.stored()
    expect(log?.snapshot).toMatchObject({ index: 5, term: 2, configIndex: 1, config: { voters: ['a', 'b'] } })
    const file = (await readFile(join(bench.dir, 'snapshots', '5-2.snap'))).toString('latin1')
    expect(file).not.toContain('peer-c')
    await bench.target.snapshots.openForRestore(snapshot)
  })

  test('a snapshot that is damaged or missing - is refused: the node could not start', async () => {
    const bench = await Bench.open(snapshot)
    const before = await bench.stored()
    await bench.ask({ id: 'a' })
    await expect(bench.start()).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_MISSING' })
    await saveSnapshot(bench, snapshot, 5)
    const path = join(bench.dir, 'snapshots', '5-2.snap')
    const bytes = await readFile(path)
    bytes[bytes.length - 15] = (bytes[bytes.length - 15] ?? 0) ^ 1
    await writeFile(path, bytes)
    await expect(bench.start()).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_DAMAGED' })
    expect(await bench.stored()).toEqual(before)
  })

  test('a snapshot ahead of itself - only as the sole member', async () => {
    const bench = await Bench.open(snapshot)
    await saveSnapshot(bench, snapshot, 7)
    await bench.ask({ id: 'a' }, { id: 'b' })
    await expect(bench.start()).rejects.toMatchObject({
      code: 'RECOVERY_REFUSED',
      message: expect.stringContaining('Recover this node as the only member'),
    })
    await bench.ask({ id: 'a' })
    expect(await bench.start()).toEqual([OLD])
  })
})
