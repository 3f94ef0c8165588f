import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Logger, silentLogger } from '../../../src/base/index.ts'
import type { SnapshotTransferStore } from '../../../src/p2p/index.ts'
import {
  createMemorySnapshots,
  createSnapshotFiles,
  MemorySnapshotDisk,
  type Snapshots,
} from '../../../src/raft/log/index.ts'
import { snapshotAt } from '../../conformance/log-store.ts'
import {
  announced,
  broken,
  captureOf,
  cut,
  randomBytes,
  readAll,
  restored,
  save,
  saveBytes,
} from './snapshot-support.ts'

const TRAILER_BYTES = 12

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'debros-snapshots-'))
})
afterEach(() => rm(root, { recursive: true }))

const files = async (name = 'snapshots', maxBytes?: number, logger: Logger = silentLogger) => {
  const limit = maxBytes === undefined ? {} : { maxBytes }
  const snapshots = createSnapshotFiles({ logger }, { dir: join(root, name), ...limit })
  await snapshots.start()
  return snapshots
}
const memory = async (_name?: string, maxBytes?: number) =>
  createMemorySnapshots({ disk: new MemorySnapshotDisk() }, maxBytes === undefined ? {} : { maxBytes })

describe.each([
  ['files', files],
  ['memory', memory],
] as const)('snapshots in %s', (_kind, create) => {
  it('save - the payload comes back, of any size and cut in any way', async () => {
    const snapshots = await create()
    for (const [i, size] of [0, 1, 64 * 1024, 64 * 1024 + 1, 300_000].entries()) {
      const payload = randomBytes(size)
      await saveBytes(snapshots, snapshotAt(i + 1, 2), payload, [1000, 200_000][i % 2])
      expect(Buffer.compare(await restored(snapshots, snapshotAt(i + 1, 2)), payload)).toBe(0)
    }
  })

  it('transfer - what one opens the other receives', async () => {
    const from: SnapshotTransferStore & Snapshots = await create('from')
    for (const [i, other] of [await files('to'), await memory()].entries()) {
      const payload = randomBytes(200_000)
      const meta = snapshotAt(9 + i, 3)
      await saveBytes(from, meta, payload)
      const reader = await from.open(meta)
      const resized = cut(await readAll(reader), 777)
      await other.receive(announced(meta, reader), 0, resized)
      expect(Buffer.compare(await restored(other, meta), payload)).toBe(0)
    }
  })

  it('receive - what is incomplete, too long or changed is refused and leaves nothing', async () => {
    const from = await create('from')
    const to = await create('to', 150_000)
    const meta = snapshotAt(9, 3)
    await saveBytes(from, meta, randomBytes(100_000))
    const reader = await from.open(meta)
    const good = await readAll(reader)
    const refused = async (
      sizeBytes: number,
      bytes: Uint8Array,
      message: RegExp,
      checksum = reader.checksum,
    ) => {
      const transfer = { snapshot: meta, sizeBytes, checksum }
      await expect(to.receive(transfer, 0, cut(bytes, 30_000))).rejects.toMatchObject({
        code: 'RAFT_SNAPSHOT_REJECTED',
        retryable: true,
        message: expect.stringMatching(message),
      })
      await expect(to.open(meta)).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_MISSING', index: 9 })
      expect(await to.receivedBytes(transfer)).toBe(0)
    }
    await refused(good.length, good.subarray(0, -1), /100011 of 100012 bytes arrived/)
    await refused(good.length, Uint8Array.of(...good, 0), /more arrived than the 100012/)
    await refused(good.length - 1, good.subarray(0, -1), /as many as written|more arrived/)
    await refused(150_001, good, /150001 bytes are announced, 150000 are allowed/)
    await refused(11, good.subarray(0, 11), /11 bytes are announced/)
    for (const at of [0, 50_000, good.length - TRAILER_BYTES, good.length - 1]) {
      const changed = good.slice()
      changed[at] = (changed[at] as number) ^ 1
      await refused(changed.length, changed, /checksum|as many as written/)
    }
    await refused(good.length, good, /not the one announced/, reader.checksum ^ 1)
    await to.receive(announced(meta, reader), 0, cut(good, 30_000))
    expect(await restored(to, meta)).toHaveLength(100_000)
  })

  it('save and receive - an error of the source is passed on, and there is no snapshot', async () => {
    const snapshots = await create()
    await expect(
      save(
        snapshots,
        snapshotAt(5, 1),
        captureOf(() => broken(randomBytes(70_000))),
      ),
    ).rejects.toThrow('the source broke')
    const transfer = { snapshot: snapshotAt(5, 1), sizeBytes: 100_000, checksum: 1 }
    await expect(snapshots.receive(transfer, 0, broken(randomBytes(70_000)))).rejects.toThrow(
      'the source broke',
    )
    await expect(snapshots.openForRestore(snapshotAt(5, 1))).rejects.toMatchObject({
      code: 'RAFT_SNAPSHOT_MISSING',
    })
  })

  it('open - index and term must be those asked for', async () => {
    const snapshots = await create()
    await saveBytes(snapshots, snapshotAt(5, 2), randomBytes(10))
    await expect(snapshots.open(snapshotAt(5, 1))).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_MISSING' })
    await expect(snapshots.open(snapshotAt(6, 2))).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_MISSING' })
  })

  it('retain - older ones go by number, newer ones stay', async () => {
    const snapshots = await create()
    const metas = [9, 10, 99, 100, 101].map((index) => snapshotAt(index, 2))
    for (const meta of [...metas, snapshotAt(100, 1)]) await saveBytes(snapshots, meta, randomBytes(10))
    snapshots.retain(snapshotAt(100, 2), [])
    await snapshots.stop()
    for (const gone of [snapshotAt(9, 2), snapshotAt(10, 2), snapshotAt(99, 2), snapshotAt(100, 1)]) {
      await expect(snapshots.open(gone)).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_MISSING' })
    }
    expect(await restored(snapshots, snapshotAt(100, 2))).toHaveLength(10)
    expect(await restored(snapshots, snapshotAt(101, 2))).toHaveLength(10)
  })

  it('save - again under the same name replaces the one before', async () => {
    const snapshots = await create()
    await saveBytes(snapshots, snapshotAt(5, 2), randomBytes(500, 1))
    await saveBytes(snapshots, snapshotAt(5, 2), randomBytes(400, 2))
    expect(await restored(snapshots, snapshotAt(5, 2))).toEqual(randomBytes(400, 2))
  })

  it('save - never calls back from inside the call', async () => {
    const snapshots = await create()
    let returned = false
    const done = new Promise<void>((resolve) => {
      snapshots.save(
        snapshotAt(1, 1),
        captureOf(() => cut(randomBytes(5), 5)),
        () => {
          expect(returned).toBe(true)
          resolve()
        },
      )
    })
    returned = true
    await done
  })
})

describe.each([
  ['files', files],
  ['memory', memory],
] as const)('old snapshots in %s', (_kind, create) => {
  it('list - all that are whole, the oldest first', async () => {
    const snapshots = await create()
    expect(await snapshots.list()).toEqual([])
    for (const index of [10, 9, 100]) await saveBytes(snapshots, snapshotAt(index, 2), randomBytes(10))
    expect(await snapshots.list()).toEqual([9, 10, 100].map((index) => ({ index, term: 2 })))
  })

  it('reap - tells how many it deleted, and leaves newer ones and those in use', async () => {
    const snapshots = await create()
    for (const index of [1, 2, 3, 4, 5]) await saveBytes(snapshots, snapshotAt(index, 2), randomBytes(10))
    expect(await snapshots.reap(snapshotAt(4, 2), [snapshotAt(2, 2)])).toBe(2)
    expect(await snapshots.list()).toEqual([2, 4, 5].map((index) => ({ index, term: 2 })))
    expect(await snapshots.reap(snapshotAt(4, 2), [])).toBe(1)
    expect(await snapshots.reap(snapshotAt(4, 2), [])).toBe(0)
  })
})

describe('snapshots in memory', () => {
  it('restart - the content stays with the disk object', async () => {
    const disk = new MemorySnapshotDisk()
    await saveBytes(createMemorySnapshots({ disk }), snapshotAt(3, 1), randomBytes(100))
    expect(await restored(createMemorySnapshots({ disk }), snapshotAt(3, 1))).toEqual(randomBytes(100))
  })
})

describe('snapshots in files', () => {
  const meta = snapshotAt(8, 2)
  const path = () => join(root, 'snapshots', '8-2.snap')

  it('start - what a crash left half-written is removed, the rest stays', async () => {
    const snapshots = await files()
    await saveBytes(snapshots, meta, randomBytes(100))
    await writeFile(`${path()}.7.tmp`, 'half')
    const again = await files()
    expect(await readdir(join(root, 'snapshots'))).toEqual(['8-2.snap'])
    expect(await restored(again, meta)).toEqual(randomBytes(100))
  })

  it('save - only the owner can read the file', async () => {
    await saveBytes(await files(), meta, randomBytes(100))
    expect((await stat(path())).mode & 0o777).toBe(0o600)
  })

  it('save and receive - what is of no use leaves no file behind', async () => {
    const snapshots = await files()
    await expect(
      save(
        snapshots,
        meta,
        captureOf(() => broken(randomBytes(70_000))),
      ),
    ).rejects.toThrow('the source broke')
    const transfer = { snapshot: meta, sizeBytes: 1000, checksum: 1 }
    await expect(snapshots.receive(transfer, 0, cut(randomBytes(1000), 100))).rejects.toThrow('refused')
    await expect(snapshots.receive(transfer, 0, broken())).rejects.toThrow('the source broke')
    expect(await readdir(join(root, 'snapshots'))).toEqual([])
  })

  it('save and receive - what was written is not held in memory', async () => {
    const snapshots = await files()
    const given: WeakRef<Uint8Array>[] = []
    let held = -1
    async function* counted() {
      for (let i = 0; i < 64; i++) {
        const chunk = Buffer.alloc(10_000)
        given.push(new WeakRef(chunk))
        yield chunk
      }
      // A turn of the event loop, for what the current one still refers to.
      await new Promise((resolve) => setImmediate(resolve))
      collectGarbage()
      held = given.filter((ref) => ref.deref() !== undefined).length
    }
    await save(snapshots, meta, captureOf(counted))
    expect(held).toBeLessThan(10)
    given.length = 0
    const transfer = { snapshot: meta, sizeBytes: 1_000_000, checksum: 1 }
    await expect(snapshots.receive(transfer, 0, counted())).rejects.toThrow('640000 of 1000000 bytes arrived')
    expect(held).toBeLessThan(10)
  })

  it('save - an I/O error is passed on', async () => {
    const snapshots = await files()
    await rm(join(root, 'snapshots'), { recursive: true })
    await expect(saveBytes(snapshots, meta, randomBytes(10))).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('open - every changed byte and every cut is noticed, and the file is named', async () => {
    const snapshots = await files()
    await saveBytes(snapshots, meta, randomBytes(40))
    const good = await readFile(path())
    const damaged = {
      code: 'RAFT_SNAPSHOT_DAMAGED',
      path: path(),
      index: 8,
      message: expect.stringContaining(path()),
    }
    for (let at = 0; at < good.length; at++) {
      const changed = Buffer.from(good)
      changed[at] = (changed[at] as number) ^ 0x40
      await writeFile(path(), changed)
      await expect(snapshots.openForRestore(meta), `byte ${at}`).rejects.toMatchObject(damaged)
      await expect(snapshots.open(meta), `byte ${at}`).rejects.toMatchObject(damaged)
    }
    for (let length = 0; length < good.length; length += 3) {
      await writeFile(path(), good.subarray(0, length))
      await expect(snapshots.openForRestore(meta), `${length} bytes`).rejects.toMatchObject(damaged)
    }
    await writeFile(path(), good)
    expect(await restored(snapshots, meta)).toEqual(randomBytes(40))
  })

  it('open - a file under the name of another is noticed', async () => {
    const snapshots = await files()
    await saveBytes(snapshots, snapshotAt(7, 2), randomBytes(40))
    await writeFile(path(), await readFile(join(root, 'snapshots', '7-2.snap')))
    await expect(snapshots.open(meta)).rejects.toMatchObject({
      code: 'RAFT_SNAPSHOT_DAMAGED',
      message: expect.stringMatching(/it holds the snapshot at index 7, term 2/),
    })
  })

  it('restore - a file that changes after it was verified does not end well', async () => {
    const snapshots = await files()
    await saveBytes(snapshots, meta, randomBytes(200_000))
    const good = await readFile(path())
    const reader = await snapshots.openForRestore(meta)
    good[150_000] = (good[150_000] as number) ^ 1
    await writeFile(path(), good)
    await expect(readAll(reader)).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_DAMAGED' })
  })

  it('retain - a file being read goes when its last reader is done', async () => {
    const snapshots = await files()
    const payload = randomBytes(200_000)
    await saveBytes(snapshots, meta, payload)
    await saveBytes(snapshots, snapshotAt(9, 2), randomBytes(10))
    const reader = await snapshots.openForRestore(meta)
    const first = reader.chunks()[Symbol.asyncIterator]()
    const second = reader.chunks()[Symbol.asyncIterator]()
    await first.next()
    await second.next()
    snapshots.retain(snapshotAt(9, 2), [])
    await snapshots.stop()
    await second.return?.()
    await snapshots.stop()
    expect(await restored(snapshots, meta)).toHaveLength(200_000)
    while (!(await first.next()).done);
    await snapshots.stop()
    expect(await readdir(join(root, 'snapshots'))).toEqual(['9-2.snap'])
  })

  it('stop - ends what is being written, even if its source hangs, and keeps what was received', async () => {
    const snapshots = await files()
    const reached = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const
    async function* stuck(which: 0 | 1) {
      yield randomBytes(70_000)
      reached[which].resolve()
      await new Promise<never>(() => {})
    }
    const receiving = snapshots.receive({ snapshot: meta, sizeBytes: 100_000, checksum: 1 }, 0, stuck(0))
    const saving = save(
      snapshots,
      snapshotAt(9, 2),
      captureOf(() => stuck(1)),
    )
    const stopped = { code: 'RAFT_STOPPED', retryable: true }
    const refused = [
      expect(receiving).rejects.toMatchObject(stopped),
      expect(saving).rejects.toMatchObject(stopped),
    ]
    await Promise.all(reached.map(({ promise }) => promise))
    await snapshots.stop()
    expect(await readdir(join(root, 'snapshots'))).toEqual(['8-2.100000-00000001.part'])
    await Promise.all(refused)
    await expect(saveBytes(snapshots, meta, randomBytes(10))).rejects.toMatchObject(stopped)
    await snapshots.start()
    await saveBytes(snapshots, meta, randomBytes(10))
    expect(await restored(snapshots, meta)).toHaveLength(10)
  })

  it('retain - a failure is logged, not lost', async () => {
    const warnings: object[] = []
    const logger: Logger = { ...silentLogger, warn: (fields) => warnings.push(fields) }
    const snapshots = await files('snapshots', undefined, logger)
    await rm(join(root, 'snapshots'), { recursive: true })
    snapshots.retain(meta, [])
    await snapshots.stop()
    expect(warnings).toEqual([
      expect.objectContaining({ dir: join(root, 'snapshots'), error: expect.stringContaining('ENOENT') }),
    ])
  })
})
