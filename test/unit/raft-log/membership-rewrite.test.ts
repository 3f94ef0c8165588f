import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import type {
  Callback,
  ClusterConfig,
  Entry,
  LogStore,
  SnapshotMeta,
  StoredLog,
} from '../../../src/raft/index.ts'
import {
  createLogStore,
  createMemoryStore,
  createSnapshotFiles,
  finishRecovery,
  inspectLog,
  MemoryDisk,
  type OrderedStore,
  readIdentity,
  readRecovery,
  rewriteMembership,
  rewriteSnapshotMembership,
  type StoreOperation,
  writeIdentity,
} from '../../../src/raft/log/index.ts'
import { stateKey } from '../../../src/raft/log/keys.ts'
import { command, config, configEntry } from '../raft/entries.ts'

const GROUP = 1
const ALONE = config(['a'])
const RECOVERY = { ancestors: ['old'], clusterId: 'new', finished: false }
const REWRITE = { groupId: GROUP, nodeId: 'a', config: ALONE, recovery: RECOVERY }
const HARD_STATE = { term: 4, vote: 'b' }

function done<T = void>(start: (done: Callback<T>) => void): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, value) => (error === undefined ? resolve(value) : reject(error)))
  })
}

function openLog(store: OrderedStore): LogStore {
  return createLogStore({ store }, { groupId: GROUP })
}

function load(store: OrderedStore): Promise<StoredLog | undefined> {
  return done<StoredLog | undefined>((callback) => openLog(store).load(callback))
}

/** Entries as the log means them: without the records that a codec keeps. */
function plain(entries: readonly Entry[] | undefined): object[] {
  return (entries ?? []).map(({ record: _, ...entry }) => entry)
}

/** A log of three configurations, the second joint and the last not committed, behind nothing or a snapshot. */
async function storeOf(snapshot?: SnapshotMeta): Promise<{ store: OrderedStore; entries: readonly Entry[] }> {
  const store = createMemoryStore({ disk: new MemoryDisk() })
  const from = (snapshot?.index ?? 0) + 1
  const entries = [
    configEntry(from, 2, config(['a', 'b', 'c'])),
    command(from + 1, 2, 10),
    configEntry(from + 2, 3, config(['a', 'd'], ['a', 'b', 'c'])),
    { index: from + 3, term: 3, kind: 'noop', data: new Uint8Array(0), config: undefined } as const,
    configEntry(from + 4, 4, config(['a', 'd', 'e'], [], ['f'])),
  ]
  const log = openLog(store)
  await done<unknown>((callback) => log.load(callback))
  await done((callback) => log.write({ hardState: HARD_STATE, snapshot, entries: [...entries] }, callback))
  await done((callback) => writeIdentity(store, { nodeId: 'a', clusterId: 'old' }, callback))
  return { store, entries }
}

const SNAPSHOT: SnapshotMeta = { index: 7, term: 1, config: config(['a', 'b']), configIndex: 3 }

describe('a stored log', () => {
  test('inspect - what it holds, the newest configuration first', async () => {
    const { store } = await storeOf(SNAPSHOT)
    const contents = await done<unknown>((callback) => inspectLog(store, { groupId: GROUP }, callback))
    expect(contents).toEqual({
      hardState: HARD_STATE,
      snapshot: SNAPSHOT,
      lastIndex: 12,
      lastTerm: 4,
      configs: [
        config(['a', 'd', 'e'], [], ['f']),
        config(['a', 'd'], ['a', 'b', 'c']),
        config(['a', 'b', 'c']),
        SNAPSHOT.config,
      ],
    })
  })

  test('inspect - an empty store holds none', async () => {
    const store = createMemoryStore({ disk: new MemoryDisk() })
    expect(await done<unknown>((callback) => inspectLog(store, { groupId: GROUP }, callback))).toBeUndefined()
    expect(await done<unknown>((callback) => readRecovery(store, callback))).toBeUndefined()
  })

  test.each([undefined, SNAPSHOT])(
    'rewrite - every configuration, and nothing else (snapshot %o)',
    async (snapshot) => {
      const { store, entries } = await storeOf(snapshot)
      await done((callback) => rewriteMembership(store, REWRITE, callback))
      const stored = await load(store)
      expect(stored?.hardState).toEqual(HARD_STATE)
      expect(stored?.snapshot).toEqual(snapshot && { ...snapshot, config: ALONE })
      expect(plain(stored?.entries)).toEqual(
        plain(entries).map((entry) =>
          'config' in entry && entry.config ? { ...entry, config: ALONE } : entry,
        ),
      )
      expect(await done<unknown>((callback) => readIdentity(store, callback))).toMatchObject({
        nodeId: 'a',
        clusterId: 'new',
      })
      expect(await done<unknown>((callback) => readRecovery(store, callback))).toEqual(RECOVERY)
    },
  )

  test('rewrite - once more changes nothing', async () => {
    const { store } = await storeOf(SNAPSHOT)
    await done((callback) => rewriteMembership(store, REWRITE, callback))
    const once = await done<unknown>((callback) => inspectLog(store, { groupId: GROUP }, callback))
    await done((callback) => rewriteMembership(store, REWRITE, callback))
    expect(await done<unknown>((callback) => inspectLog(store, { groupId: GROUP }, callback))).toEqual(once)
  })

  test('rewrite - in one batch, so that a crash leaves the old or the new', async () => {
    const { store } = await storeOf(SNAPSHOT)
    const batches: (readonly StoreOperation[])[] = []
    const watched: OrderedStore = {
      ...store,
      batch: (operations, callback) => {
        batches.push(operations)
        store.batch(operations, callback)
      },
    }
    await done((callback) => rewriteMembership(watched, REWRITE, callback))
    // Three entries, the snapshot, the identity and the record of the recovery.
    expect(batches.map((operations) => operations.length)).toEqual([6])
  })

  test('rewrite - a damaged log is refused, and stays as it is', async () => {
    const { store } = await storeOf()
    const broken = Uint8Array.of(1, 2, 3)
    await done((callback) => store.batch([{ type: 'put', key: stateKey(GROUP), value: broken }], callback))
    await expect(done((callback) => rewriteMembership(store, REWRITE, callback))).rejects.toMatchObject({
      code: 'RAFT_LOG_DAMAGED',
    })
    expect(await done<unknown>((callback) => readIdentity(store, callback))).toMatchObject({
      clusterId: 'old',
    })
  })

  test('finish - is remembered', async () => {
    const { store } = await storeOf()
    await done((callback) => rewriteMembership(store, REWRITE, callback))
    await done((callback) => finishRecovery(store, RECOVERY, callback))
    expect(await done<unknown>((callback) => readRecovery(store, callback))).toEqual({
      ...RECOVERY,
      finished: true,
    })
  })
})

describe('snapshot files', () => {
  async function snapshotsWith(...metas: SnapshotMeta[]) {
    const dir = await mkdtemp(join(tmpdir(), 'debros-rewrite-'))
    onTestFinished(() => rm(dir, { recursive: true }))
    const snapshots = createSnapshotFiles({ logger: silentLogger }, { dir })
    await snapshots.start()
    for (const meta of metas) {
      const chunks = async function* () {
        yield new TextEncoder().encode(`the state at ${meta.index}`)
      }
      await done<number>((callback) => snapshots.save(meta, { chunks, release: () => {} }, callback))
    }
    const read = async (meta: SnapshotMeta): Promise<string> => {
      const chunks: Uint8Array[] = []
      for await (const chunk of (await snapshots.openForRestore(meta)).chunks()) chunks.push(chunk)
      return Buffer.concat(chunks).toString()
    }
    return { dir, snapshots, read }
  }

  const later = { ...SNAPSHOT, index: 20 }

  test('rewrite - the header of each; what they hold stays', async () => {
    const { dir, read } = await snapshotsWith(SNAPSHOT, later)
    const longer: ClusterConfig = config(['a', 'b', 'c', 'd', 'e', 'f', 'g'])
    for (const membership of [longer, ALONE, ALONE]) {
      await rewriteSnapshotMembership(dir, membership)
      for (const meta of [SNAPSHOT, later]) {
        expect(await read(meta)).toBe(`the state at ${meta.index}`)
        const header = (await readFile(join(dir, `${meta.index}-${meta.term}.snap`))).toString('latin1')
        expect(header).toContain(JSON.stringify(membership.members))
        expect(header).not.toContain(JSON.stringify(SNAPSHOT.config.members))
      }
    }
  })

  test('rewrite - what is damaged, or no snapshot, is left alone', async () => {
    const { dir, read } = await snapshotsWith(SNAPSHOT, later)
    const damaged = join(dir, `${later.index}-${later.term}.snap`)
    const bytes = await readFile(damaged)
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1
    await writeFile(damaged, bytes)
    await writeFile(join(dir, '1-1.snap'), 'not one of ours')
    await rewriteSnapshotMembership(dir, ALONE)
    expect(await read(SNAPSHOT)).toBe('the state at 7')
    expect(await readFile(damaged)).toEqual(bytes)
    expect(await readFile(join(dir, '1-1.snap'), 'utf8')).toBe('not one of ours')
  })

  test('rewrite - no directory, no snapshots', async () => {
    await rewriteSnapshotMembership(join(tmpdir(), 'debros-no-such-directory'), ALONE)
  })
})
