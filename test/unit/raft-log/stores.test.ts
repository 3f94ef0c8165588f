/** The ordered stores beneath the log: one contract, two implementations, and LevelDB's own failures. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { AssertionError } from '../../../src/base/index.ts'
import {
  createLevelStore,
  createLogStore,
  createMemoryStore,
  levelStoreOver,
  MemoryDisk,
  type OrderedStore,
  type StoreOperation,
  type StoreRecord,
} from '../../../src/raft/log/index.ts'
import { commands, load, write } from '../../conformance/log-store.ts'

function batch(store: OrderedStore, operations: StoreOperation[]): Promise<void> {
  return new Promise((resolve, reject) =>
    store.batch(operations, (error) => (error ? reject(error) : resolve())),
  )
}

function scan(store: OrderedStore, from: number[], to: number[]): Promise<readonly StoreRecord[]> {
  return new Promise((resolve, reject) =>
    store.scan(Uint8Array.of(...from), Uint8Array.of(...to), (error, records) =>
      error ? reject(error) : resolve(records),
    ),
  )
}

const put = (key: number[], value: number): StoreOperation => ({
  type: 'put',
  key: Uint8Array.of(...key),
  value: Uint8Array.of(value),
})
const del = (key: number[]): StoreOperation => ({ type: 'delete', key: Uint8Array.of(...key) })
const range = (from: number[], to: number[]): StoreOperation => ({
  type: 'delete-range',
  from: Uint8Array.of(...from),
  to: Uint8Array.of(...to),
})
const shown = (records: readonly StoreRecord[]) =>
  records.map(({ key, value }) => `${[...key].join('.')}=${[...value].join('.')}`)

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'debros-store-'))
})
afterEach(() => rm(dir, { recursive: true }))

const kinds: Record<string, () => Promise<{ store: OrderedStore; close(): Promise<void> }>> = {
  memory: async () => ({ store: createMemoryStore({ disk: new MemoryDisk() }), close: async () => {} }),
  LevelDB: async () => {
    const store = createLevelStore(dir)
    await store.open()
    return { store, close: () => store.close() }
  },
}

describe.each(Object.keys(kinds))('ordered store on %s', (kind) => {
  let store: OrderedStore
  let close: () => Promise<void>
  beforeEach(async () => {
    const made = await kinds[kind]?.()
    store = made?.store ?? expect.unreachable('a known kind')
    close = made?.close ?? (async () => {})
  })
  afterEach(() => close())

  it('scan - half-open, in the order of bytes', async () => {
    await batch(store, [
      put([1, 255], 1),
      put([2], 2),
      put([1], 3),
      put([128, 0], 4),
      put([0, 9], 5),
      put([3], 6),
    ])
    expect(shown(await scan(store, [1], [3]))).toEqual(['1=3', '1.255=1', '2=2'])
    expect(shown(await scan(store, [], [255]))).toEqual(['0.9=5', '1=3', '1.255=1', '2=2', '3=6', '128.0=4'])
  })

  it('batch - operations take effect in order', async () => {
    await batch(store, [put([1], 1), put([2], 1), put([3], 1)])
    await batch(store, [put([5], 1), range([2], [6]), put([3], 2), put([4], 2), del([4]), put([1], 2)])
    expect(shown(await scan(store, [], [255]))).toEqual(['1=2', '3=2'])
  })

  it('batch - what is written is a copy', async () => {
    const value = Uint8Array.of(1)
    await batch(store, [{ type: 'put', key: Uint8Array.of(1), value }])
    value[0] = 2
    const [record] = await scan(store, [], [255])
    if (record !== undefined) record.value[0] = 3
    expect(shown(await scan(store, [], [255]))).toEqual(['1=1'])
  })

  it('scan - more than one step of it', async () => {
    const operations = Array.from({ length: 5000 }, (_, i) => put([i >> 8, i & 255], i & 255))
    await batch(store, operations)
    const records = await scan(store, [], [255])
    expect(records).toHaveLength(5000)
    expect(records[4999]?.key).toEqual(Uint8Array.of(4999 >> 8, 4999 & 255))
  })
})

describe('memory disk', () => {
  it('crash - unfinished batches are lost and never called back', async () => {
    const disk = new MemoryDisk()
    const waiting: (() => void)[] = []
    const store = createMemoryStore({ disk, defer: (run) => waiting.push(run) })
    const called: string[] = []
    store.batch([put([1], 1)], () => called.push('first'))
    store.batch([put([2], 2)], () => called.push('second'))
    waiting.shift()?.()
    disk.crash()
    waiting.shift()?.()
    expect(called).toEqual(['first'])
    expect(shown(await scan(createMemoryStore({ disk }), [], [255]))).toEqual(['1=1'])
  })
})

describe('LevelDB store - failures', () => {
  it('open - a directory that another process holds', async () => {
    const script = `
      const { Level } = require('level')
      new Level(process.argv[1]).open().then(() => { process.stdout.write('held'); process.stdin.resume() })`
    const child = spawn(process.execPath, ['-e', script, dir], { stdio: ['pipe', 'pipe', 'inherit'] })
    try {
      await once(child.stdout, 'data')
      await expect(createLevelStore(dir).open()).rejects.toMatchObject({
        code: 'DATA_DIR_IN_USE',
        path: dir,
        message: expect.stringContaining(`${dir} is used by another process`),
      })
    } finally {
      child.stdin.end()
      child.kill()
      await once(child, 'exit')
    }
  })

  it('open - a directory that cannot be one', async () => {
    const path = join(dir, 'file')
    await writeFile(path, 'not a directory')
    await expect(createLevelStore(path).open()).rejects.toMatchObject({
      code: 'DATA_DIR_UNREADABLE',
      path,
      message: expect.stringContaining(`cannot open ${path}`),
    })
  })

  it('open - a database that lost a file', async () => {
    const store = createLevelStore(dir)
    await store.open()
    await store.close()
    for (const name of await readdir(dir)) if (name.startsWith('MANIFEST')) await rm(join(dir, name))
    await expect(createLevelStore(dir).open()).rejects.toMatchObject({ code: 'DATA_DIR_UNREADABLE' })
  })

  it('batch and scan - an error reaches the callback with the place', async () => {
    const store = createLevelStore(dir)
    await store.open()
    await store.close()
    const failed = { code: 'RAFT_STORAGE_FAILED', path: dir, outcome: 'unknown' }
    await expect(batch(store, [put([1], 1)])).rejects.toMatchObject(failed)
    await expect(scan(store, [0], [1])).rejects.toMatchObject(failed)
  })

  it('batch - is synced, and is not tried again when it failed', async () => {
    const synced: boolean[] = []
    let failure: Error | undefined
    const database = {
      open: async () => {},
      close: async () => {},
      batch: async (_: unknown, { sync }: { sync: boolean }) => {
        synced.push(sync)
        if (failure !== undefined) throw failure
      },
      iterator: () => ({ nextv: async () => [], close: async () => {} }),
      keys: () => ({ all: async () => [] }),
    }
    const store = levelStoreOver({ database: () => database }, { location: 'nowhere' })
    await store.open()
    await batch(store, [put([1], 1), range([2], [3])])
    expect(synced).toEqual([true])
    failure = new Error('EIO: i/o error')
    await expect(batch(store, [put([1], 2)])).rejects.toMatchObject({ code: 'RAFT_STORAGE_FAILED' })
    expect(synced).toEqual([true, true])
  })

  it('recovery - a journal damaged in the middle does not pass for a shorter log', async () => {
    // LevelDB skips damaged blocks of its journal when it opens; what follows them survives.
    const store = createLevelStore(dir)
    await store.open()
    const log = createLogStore({ store }, { groupId: 0 })
    await load(log)
    for (let index = 1; index <= 3000; index += 100)
      await write(log, { entries: commands(index, index + 99, 1) })
    await store.close()

    const journal = (await readdir(dir)).find((name) => name.endsWith('.log'))
    const file = await open(join(dir, journal ?? expect.unreachable('there is a journal')), 'r+')
    await file.write(new Uint8Array(32_768), 0, 32_768, 32_768)
    await file.close()

    const again = createLevelStore(dir)
    await again.open()
    await expect(load(createLogStore({ store: again }, { groupId: 0 }))).rejects.toMatchObject({
      code: 'RAFT_LOG_DAMAGED',
      path: dir,
      message: expect.stringContaining(dir),
    })
    await again.close()
  })

  it('lifecycle - nothing is touched before open', async () => {
    const path = join(dir, 'untouched')
    const store = createLevelStore(path)
    expect(() => store.scan(Uint8Array.of(0), Uint8Array.of(1), () => {})).toThrow(AssertionError)
    await store.close()
    expect(await readdir(dir)).toEqual([])
  })

  it('lifecycle - open creates the directory, and both calls may be repeated', async () => {
    const path = join(dir, 'deep', 'down')
    const store = createLevelStore(path)
    await Promise.all([store.open(), store.open()])
    await store.open()
    await batch(store, [put([1], 1)])
    await Promise.all([store.close(), store.close()])
    await store.close()
    const again = createLevelStore(path)
    await again.open()
    expect(shown(await scan(again, [], [255]))).toEqual(['1=1'])
    await again.close()
  })
})
