/** A large snapshot is written over one that is of no use any more: only where they differ, and never wrongly. */
import { link, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createPrng, silentLogger } from '../../../src/base/index.ts'
import { createSnapshotFiles, type Snapshots } from '../../../src/raft/log/index.ts'
import { OverwritingWriter } from '../../../src/raft/log/spare-file.ts'
import { snapshotAt } from '../../conformance/log-store.ts'
import { save } from './snapshot-support.ts'

const MIB = 1024 * 1024
const BLOCK_BYTES = 16 * 1024

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'debros-spare-'))
})
afterEach(() => rm(root, { recursive: true }))

/** Writes `content`, cut into pieces of `chunkBytes`, over `old`; returns how many bytes were written. */
async function overwrite(old: Uint8Array, content: Uint8Array, chunkBytes: number): Promise<number> {
  const path = join(root, 'file')
  await writeFile(path, old)
  const file = await open(path, 'r+')
  try {
    const writer = new OverwritingWriter(file, { oldBytes: old.length, stepBytes: MIB })
    for (let at = 0; at < content.length; at += chunkBytes) {
      await writer.write(content.subarray(at, at + chunkBytes))
    }
    await writer.end()
    expect(Buffer.compare(await readFile(path), content)).toBe(0)
    return writer.writtenBytes
  } finally {
    await file.close()
  }
}

describe('overwriting', () => {
  const random = createPrng(7)
  const noise = (bytes: number) => Uint8Array.from({ length: bytes }, () => random.nextUint32() & 0xff)
  const content = noise(2.5 * MIB + 77)

  test('overwrite - what is the same is not written', async () => {
    expect(await overwrite(content, content, 64 * 1024)).toBe(0)
    expect(await overwrite(new Uint8Array(0), content, 64 * 1024)).toBe(content.length)
  })

  test('overwrite - one byte costs one block, also across the end of a piece', async () => {
    const other = content.slice()
    for (const at of [0, MIB - 1, MIB, content.length - 1]) other[at] = (other[at] as number) ^ 1
    const lastBlock = content.length % BLOCK_BYTES
    expect(await overwrite(content, other, 50_000)).toBe(3 * BLOCK_BYTES + lastBlock)
  })

  test('overwrite - a shorter one ends where it ends, a longer one goes on', async () => {
    const shorter = content.subarray(0, MIB + 5)
    expect(await overwrite(content, shorter, 10_000)).toBe(0)
    expect(await overwrite(content, new Uint8Array(0), 1)).toBe(0)
    // The last block of the old one ends within one of the new one.
    const grown = await overwrite(shorter, content, MIB)
    expect(grown).toBe(content.length - MIB)
  })

  test('overwrite - any content over any other', async () => {
    for (let round = 0; round < 20; round++) {
      const [old, next] = [random.between(0, 2 * MIB), random.between(0, 2 * MIB)].map((bytes) =>
        content.slice(0, bytes),
      )
      const changed = next as Uint8Array
      for (let i = 0; i < 10 && changed.length > 0; i++) changed[random.between(0, changed.length)] = i
      await overwrite(old as Uint8Array, changed, random.between(1_000, 200_000))
    }
  })
})

async function* emptyTransfer() {
  yield new Uint8Array(12) // the trailer of no payload: its length and its checksum, both 0
}

describe('snapshots', () => {
  let dir: string
  let snapshots: Snapshots
  beforeEach(async () => {
    dir = join(root, 'snapshots')
    snapshots = createSnapshotFiles({ logger: silentLogger }, { dir })
    await snapshots.start()
  })
  afterEach(() => snapshots.stop())

  const payload = (mark: number, mebibytes = 5) =>
    new Uint8Array(mebibytes * MIB).fill(7).fill(mark, 3 * MIB, 3 * MIB + 9)

  async function take(index: number, content: Uint8Array): Promise<void> {
    const chunks = async function* () {
      yield content
    }
    await save(snapshots, snapshotAt(index, 2), { chunks, release: () => {} })
    await snapshots.reap(snapshotAt(index, 2), [])
  }

  async function taken(index: number, from = snapshots): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    for await (const chunk of (await from.openForRestore(snapshotAt(index, 2))).chunks()) parts.push(chunk)
    return Buffer.concat(parts)
  }

  test('snapshots - a large one that was dropped is written over, also after a restart', async () => {
    for (let index = 1; index <= 5; index++) {
      const content = payload(index, index === 4 ? 4.5 : 5)
      await take(index, content)
      expect(Buffer.compare(await taken(index), content)).toBe(0)
      expect(await snapshots.list()).toEqual([{ index, term: 2 }])
      const spare = index === 1 ? [] : [`${index - 1}-2.snap.spare`]
      expect((await readdir(dir)).sort()).toEqual([...spare, `${index}-2.snap`].sort())
      if (index === 3) {
        await snapshots.stop()
        await snapshots.start()
      }
    }
  })

  test('snapshots - a failure leaves neither a half-written file nor a spare', async () => {
    await take(1, payload(1))
    await take(2, payload(2))
    const chunks = async function* () {
      yield payload(3)
      throw new Error('the state machine failed')
    }
    await expect(save(snapshots, snapshotAt(3, 2), { chunks, release: () => {} })).rejects.toThrow(
      'the state machine failed',
    )
    expect(await readdir(dir)).toEqual(['2-2.snap'])
    await take(4, payload(4))
    expect(Buffer.compare(await taken(4), payload(4))).toBe(0)
  })

  test('snapshots - one that is being read is dropped once it was read', async () => {
    await take(1, payload(1))
    const reading = (await snapshots.open(snapshotAt(1, 2))).chunks()[Symbol.asyncIterator]()
    await reading.next()
    await take(2, payload(2))
    await take(3, payload(3))
    expect((await readdir(dir)).sort()).toEqual(['1-2.snap', '2-2.snap.spare', '3-2.snap'])
    for (;;) if ((await reading.next()).done === true) break
    await snapshots.stop()
    expect((await readdir(dir)).sort()).toEqual(['2-2.snap.spare', '3-2.snap'])
    await snapshots.start()
  })

  test('snapshots - copies made of hard links stay what they were', async () => {
    const copies = join(root, 'copies')
    await mkdir(copies)
    const content = [payload(1, 20), payload(2, 20), payload(3, 20)] as const
    await take(1, content[0])
    await link(join(dir, '1-2.snap'), join(copies, '1-2.snap'))
    await take(2, content[1])
    await link(join(dir, '2-2.snap'), join(copies, '2-2.snap'))
    await take(3, content[2]) // over the first; the second becomes the spare, to be deleted
    expect(Buffer.compare(await taken(3), content[2])).toBe(0)
    await snapshots.receive({ snapshot: snapshotAt(4, 2), sizeBytes: 12, checksum: 0 }, 0, emptyTransfer())
    expect(await readdir(dir)).toEqual(['3-2.snap', '4-2.snap'])
    const original = createSnapshotFiles({ logger: silentLogger }, { dir: copies })
    expect(Buffer.compare(await taken(1, original), content[0])).toBe(0)
    expect(Buffer.compare(await taken(2, original), content[1])).toBe(0)
  })

  test('snapshots - small ones leave nothing behind', async () => {
    await take(1, payload(1, 3.5))
    await take(2, payload(2, 3.5))
    expect(await readdir(dir)).toEqual(['2-2.snap'])
  })
})
