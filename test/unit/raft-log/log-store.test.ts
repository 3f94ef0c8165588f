import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { MemoryLevel } from 'memory-level'
import { describe, expect, it } from 'vitest'
import { AssertionError } from '../../../src/base/index.ts'
import {
  createLevelStore,
  createLogStore,
  createMemoryStore,
  encodeEntry,
  encodeLogState,
  encodeSnapshotMeta,
  levelStoreOver,
  MemoryDisk,
  type OrderedStore,
} from '../../../src/raft/log/index.ts'
import { entryKey, snapshotKey, stateKey } from '../../../src/raft/log/keys.ts'
import {
  bare,
  command,
  commands,
  compact,
  load,
  logStoreConformance,
  snapshotAt,
  write,
} from '../../conformance/log-store.ts'

logStoreConformance('memory', async () => {
  const disk = new MemoryDisk()
  return {
    open: async (groupId = 1) => createLogStore({ store: createMemoryStore({ disk }) }, { groupId }),
    close: async () => {},
  }
})

logStoreConformance('LevelDB', async () => {
  const dir = await mkdtemp(join(tmpdir(), 'debros-log-'))
  const store = createLevelStore(dir)
  return {
    open: async (groupId = 1) => {
      await store.open()
      return createLogStore({ store }, { groupId })
    },
    close: async () => {
      await store.close()
      await rm(dir, { recursive: true })
    },
  }
})

logStoreConformance('memory-level', async () => {
  const db = new MemoryLevel<Uint8Array, Uint8Array>({ keyEncoding: 'view', valueEncoding: 'view' })
  const store = levelStoreOver({ database: () => db }, { location: 'memory' })
  await store.open()
  return {
    open: async (groupId = 1) => createLogStore({ store }, { groupId }),
    close: () => store.close(),
  }
})

const GROUP = 1

/** A disk with entries 1 to 10, a snapshot at 6, and entries to 2 compacted away. */
async function writtenDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk()
  const log = logOn(disk)
  await load(log)
  await write(log, {
    hardState: { term: 2, vote: 'a' },
    entries: [...commands(1, 6, 1), ...commands(7, 10, 2)],
  })
  await compact(log, snapshotAt(6, 1), 2)
  return disk
}

function logOn(disk: MemoryDisk) {
  return createLogStore({ store: createMemoryStore({ disk }) }, { groupId: GROUP })
}

const remove = (disk: MemoryDisk, key: Uint8Array) => disk.apply([{ type: 'delete', key }])
const put = (disk: MemoryDisk, key: Uint8Array, value: Uint8Array) =>
  disk.apply([{ type: 'put', key, value }])

async function expectDamage(disk: MemoryDisk, index: number | undefined, reason: RegExp) {
  const error = await load(logOn(disk)).then(
    () => expect.unreachable('the damage is noticed'),
    (error: unknown) => error,
  )
  expect(error).toMatchObject({ code: 'RAFT_LOG_DAMAGED', index, path: 'memory', retryable: false })
  expect(error).toHaveProperty('message', expect.stringMatching(reason))
  expect(error).toHaveProperty(
    'message',
    expect.stringMatching(/start it with an empty one and the address of a member/),
  )
}

describe('log store - damage', () => {
  it('load - a missing entry in the middle is named', async () => {
    const disk = await writtenDisk()
    remove(disk, entryKey(GROUP, 5))
    await expectDamage(disk, 5, /at index 5: the entry is missing; the next one stored is 6/)
  })

  it('load - missing entries at the end are noticed', async () => {
    const disk = await writtenDisk()
    remove(disk, entryKey(GROUP, 9))
    remove(disk, entryKey(GROUP, 10))
    await expectDamage(disk, 9, /entries 9 to 10 are missing/)
  })

  it('load - a log that loses all its entries after the snapshot is noticed', async () => {
    const disk = await writtenDisk()
    for (let index = 3; index <= 10; index++) remove(disk, entryKey(GROUP, index))
    await expectDamage(disk, 7, /entries 7 to 10 are missing/)
  })

  it('load - a gap between snapshot and log is noticed', async () => {
    const disk = await writtenDisk()
    for (let index = 3; index <= 7; index++) remove(disk, entryKey(GROUP, index))
    await expectDamage(disk, 7, /the first one stored is 8/)
  })

  it('load - a log without its snapshot does not begin at 1', async () => {
    const disk = await writtenDisk()
    remove(disk, snapshotKey(GROUP))
    await expectDamage(disk, 1, /the first one stored is 3/)
  })

  it('load - a missing state record is noticed', async () => {
    const disk = await writtenDisk()
    remove(disk, stateKey(GROUP))
    await expectDamage(disk, undefined, /the record of its state is missing/)
  })

  it('load - an entry under the key of another is noticed', async () => {
    const disk = await writtenDisk()
    put(disk, entryKey(GROUP, 8), encodeEntry(command(9, 2)))
    await expectDamage(disk, 8, /the record is that of index 9/)
  })

  it('load - any damaged record is noticed', async () => {
    const keys = [stateKey(GROUP), snapshotKey(GROUP), entryKey(GROUP, 3), entryKey(GROUP, 10)]
    for (const key of keys) {
      const disk = await writtenDisk()
      const [record] = disk.records(key, Uint8Array.of(...key, 0))
      const value = record?.value.slice() ?? expect.unreachable('the record is there')
      value[value.length - 1] = (value.at(-1) ?? 0) ^ 0x10
      put(disk, key, value)
      const index = key.length === 13 ? key.at(-1) : undefined
      await expectDamage(disk, index, /the checksum does not match/)
    }
  })

  it('load - terms that go back, end too late or contradict are noticed', async () => {
    const goesBack = await writtenDisk()
    put(goesBack, entryKey(GROUP, 9), encodeEntry(command(9, 1)))
    await expectDamage(goesBack, 9, /its term 1 is below that of the entry before it/)

    const tooHigh = await writtenDisk()
    put(tooHigh, entryKey(GROUP, 10), encodeEntry(command(10, 3)))
    await expectDamage(tooHigh, 10, /its term 3 is above the current term/)

    const tooLong = await writtenDisk()
    put(tooLong, entryKey(GROUP, 11), encodeEntry(command(11, 2)))
    await expectDamage(tooLong, 11, /the log should end at index 10/)

    const otherSnapshot = await writtenDisk()
    put(otherSnapshot, snapshotKey(GROUP), encodeSnapshotMeta(snapshotAt(6, 2)))
    await expectDamage(otherSnapshot, 6, /its term is 1, but the snapshot there has term 2/)
  })

  it('load - an unknown key is noticed', async () => {
    const disk = await writtenDisk()
    put(disk, Uint8Array.of(0, 0, 0, GROUP, 9), Uint8Array.of(1))
    await expectDamage(disk, undefined, /unknown key 0000000109/)
  })
})

describe('log store - crashes', () => {
  it('load - a log that ends before its snapshot begins again there, for good', async () => {
    // As if a snapshot's record had reached the disk before the entries it stands for.
    const disk = await writtenDisk()
    put(disk, snapshotKey(GROUP), encodeSnapshotMeta(snapshotAt(12, 2)))
    put(disk, stateKey(GROUP), encodeLogState({ hardState: { term: 2, vote: 'a' }, lastIndex: 12 }))
    const log = logOn(disk)
    expect(await load(log)).toMatchObject({ snapshot: { index: 12 }, entries: [] })
    await write(log, { entries: commands(13, 14, 2) })
    expect(bare((await load(logOn(disk)))?.entries)).toEqual(bare(commands(13, 14, 2)))
  })

  it('compact - an interrupted compaction leaves a whole log', async () => {
    for (let steps = 0; steps <= 3; steps++) {
      const disk = new MemoryDisk()
      const log = logOn(disk)
      await load(log)
      await write(log, { entries: commands(1, 25_000, 1) })

      const waiting: (() => void)[] = []
      const store = createMemoryStore({ disk, defer: (run) => waiting.push(run) })
      const slow = createLogStore({ store }, { groupId: GROUP })
      const loaded = load(slow)
      waiting.shift()?.()
      await loaded
      let done = false
      slow.compact(snapshotAt(24_999, 1), 24_990, () => {
        done = true
      })
      for (let i = 0; i < steps; i++) waiting.shift()?.()
      disk.crash()
      waiting.shift()?.()
      expect(done).toBe(steps === 3)

      const stored = await load(logOn(disk))
      expect(stored?.snapshot?.index).toBe(steps === 0 ? undefined : 24_999)
      expect(stored?.entries[0]?.index).toBe([1, 10_001, 20_001, 24_991][steps])
      expect(stored?.entries.at(-1)?.index).toBe(25_000)
    }
  })

  it('write - a crash at any step of it leaves all of it or nothing, term and vote above all', async () => {
    for (let steps = 0; steps <= 2; steps++) {
      const disk = new MemoryDisk()
      const log = logOn(disk)
      await load(log)
      await write(log, { hardState: { term: 1, vote: 'a' }, entries: commands(1, 3, 1) })

      const waiting: (() => void)[] = []
      const store = createMemoryStore({ disk, defer: (run) => waiting.push(run) })
      const slow = createLogStore({ store }, { groupId: GROUP })
      const loaded = load(slow)
      waiting.shift()?.()
      await loaded
      let done = false
      const batch = { hardState: { term: 2, vote: 'b' }, snapshot: undefined, entries: commands(3, 4, 2) }
      slow.write(batch, () => {
        done = true
      })
      for (let i = 0; i < steps; i++) waiting.shift()?.()
      disk.crash()

      const stored = await load(logOn(disk))
      expect(done).toBe(steps > 0)
      expect(stored?.hardState).toEqual(steps > 0 ? { term: 2, vote: 'b' } : { term: 1, vote: 'a' })
      expect(stored?.entries.map(({ term }) => term)).toEqual(steps > 0 ? [1, 1, 2, 2] : [1, 1, 1])
    }
  })

  it('errors - a failed write is final', async () => {
    const disk = new MemoryDisk()
    const good = createMemoryStore({ disk })
    const store: OrderedStore = {
      ...good,
      batch: (_, done) => queueMicrotask(() => done(new Error('disk full'))),
    }
    const log = createLogStore({ store }, { groupId: GROUP })
    await load(log)
    await expect(write(log, { entries: [command(1, 1)] })).rejects.toThrow('disk full')
    await expect(write(log, { entries: [command(1, 1)] })).rejects.toThrow(AssertionError)
  })

  it('errors - a failed read is passed on', async () => {
    const store: OrderedStore = {
      ...createMemoryStore({ disk: new MemoryDisk() }),
      scan: (_from, _to, done) => queueMicrotask(() => done(new Error('bad sector'), [])),
    }
    await expect(load(createLogStore({ store }, { groupId: GROUP }))).rejects.toThrow('bad sector')
  })
})
