/** Transfers that break and go on: what a store keeps of them, for how long, and how far it is believed. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { SnapshotMeta, SnapshotTransfer } from '../../../src/raft/index.ts'
import type { Snapshots } from '../../../src/raft/log/index.ts'
import { snapshotAt } from '../../conformance/log-store.ts'
import {
  broken,
  cut,
  filesPlace,
  memoryPlace,
  randomBytes,
  restored,
  type SnapshotPlace,
  saveBytes,
  sent,
} from './snapshot-support.ts'

const META = snapshotAt(9, 3)
const REJECTED = { code: 'RAFT_SNAPSHOT_REJECTED', retryable: true }

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'debros-resume-'))
})
afterEach(() => rm(root, { recursive: true }))

/** Receives `bytes[offset, to)` of the transfer, and then nothing but an error. */
async function receiveTo(
  snapshots: Snapshots,
  { transfer, bytes }: { transfer: SnapshotTransfer; bytes: Uint8Array },
  to: number,
): Promise<void> {
  const offset = await snapshots.receivedBytes(transfer)
  await expect(snapshots.receive(transfer, offset, broken(bytes.subarray(offset, to)))).rejects.toThrow(
    'the source broke',
  )
}

describe.each([
  ['files', () => filesPlace(join(root, 'to'))],
  ['memory', memoryPlace],
] as const)('resuming in %s', (_kind, makePlace) => {
  let place: SnapshotPlace
  beforeEach(() => {
    place = makePlace()
  })

  it('receive - goes on where it broke off, in the same process and in the next', async () => {
    const payload = randomBytes(300_000)
    const source = await sent(META, payload)
    const { transfer, bytes } = source
    let to = await place.start()
    expect(await to.receivedBytes(transfer)).toBe(0)
    await receiveTo(to, source, 70_000)
    expect(await to.receivedBytes(transfer)).toBe(70_000)
    await receiveTo(to, source, 150_000)
    to = await place.start()
    expect(await to.receivedBytes(transfer)).toBe(150_000)
    await to.receive(transfer, 150_000, cut(bytes.subarray(150_000), 30_000))
    expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
    expect(await to.receivedBytes(transfer)).toBe(0)
    expect(await place.partials()).toEqual([])
  })

  it('receive - all of it may be here already', async () => {
    const payload = randomBytes(1_000)
    const source = await sent(META, payload)
    await receiveTo(await place.start(), source, source.bytes.length)
    const to = await place.start()
    expect(await to.receivedBytes(source.transfer)).toBe(source.bytes.length)
    await to.receive(source.transfer, source.bytes.length, cut(new Uint8Array(0), 1))
    expect(await restored(to, META)).toEqual(payload)
  })

  it('receive - what is kept behind the offset is dropped', async () => {
    const payload = randomBytes(100_000)
    const source = await sent(META, payload)
    const to = await place.start()
    await receiveTo(to, source, 80_000)
    await to.receive(source.transfer, 12_345, cut(source.bytes.subarray(12_345), 30_000))
    expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
  })

  it('receive - an offset that is not here is refused and changes nothing', async () => {
    const source = await sent(META, randomBytes(100_000))
    const to = await place.start()
    const rest = () => cut(source.bytes.subarray(10_001), 30_000)
    await expect(to.receive(source.transfer, 10_001, rest())).rejects.toMatchObject(REJECTED)
    expect(await place.partials()).toEqual([])
    await receiveTo(to, source, 10_000)
    await expect(to.receive(source.transfer, 10_001, rest())).rejects.toMatchObject(REJECTED)
    const other = { ...source.transfer, checksum: source.transfer.checksum ^ 1 }
    await expect(to.receive(other, 10_000, rest())).rejects.toMatchObject(REJECTED)
    expect(await to.receivedBytes(source.transfer)).toBe(10_000)
  })

  it('receivedBytes - nothing of a transfer that differs in anything', async () => {
    const source = await sent(META, randomBytes(100_000))
    const { transfer } = source
    const to = await place.start()
    await receiveTo(to, source, 50_000)
    const { config } = META
    const members = config.members.map((member) => ({ ...member, address: 'elsewhere:1' }))
    const metas: SnapshotMeta[] = [
      { ...META, index: 10 },
      { ...META, term: 4 },
      { ...META, configIndex: META.configIndex + 1 },
      { ...META, config: { ...config, members } },
    ]
    const others: SnapshotTransfer[] = [
      ...metas.map((snapshot) => ({ ...transfer, snapshot })),
      { ...transfer, sizeBytes: transfer.sizeBytes + 1 },
      { ...transfer, checksum: transfer.checksum ^ 0x8000_0000 },
    ]
    for (const other of others) expect(await to.receivedBytes(other), JSON.stringify(other)).toBe(0)
    expect(await to.receivedBytes(structuredClone(transfer))).toBe(50_000)
  })

  it('receive - no more than one transfer is kept: the one that began last', async () => {
    const to = await place.start()
    const first = await sent(META, randomBytes(100_000, 1))
    const second = await sent(META, randomBytes(100_000, 2))
    await receiveTo(to, first, 50_000)
    await receiveTo(to, second, 40_000)
    expect(await place.partials()).toHaveLength(1)
    expect(await to.receivedBytes(first.transfer)).toBe(0)
    expect(await to.receivedBytes(second.transfer)).toBe(40_000)
  })

  it('receive - one at a time, and the one under way goes on', async () => {
    const to = await place.start()
    const payload = randomBytes(100_000)
    const source = await sent(META, payload)
    const open = Promise.withResolvers<void>()
    async function* slow() {
      yield source.bytes.subarray(0, 10)
      await open.promise
      yield source.bytes.subarray(10)
    }
    const receiving = to.receive(source.transfer, 0, slow())
    await expect(to.receive(source.transfer, 0, cut(source.bytes, 1_000))).rejects.toMatchObject(REJECTED)
    open.resolve()
    await receiving
    expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
  })

  it('receive - damage to what was kept is noticed, and the next attempt begins anew', async () => {
    const payload = randomBytes(100_000)
    const source = await sent(META, payload)
    const { transfer, bytes } = source
    for (const at of [0, 20_000, 49_999]) {
      const to = await place.start()
      await receiveTo(to, source, 50_000)
      await place.changePartial((kept) => {
        const changed = Uint8Array.from(kept)
        changed[at] = (changed[at] as number) ^ 1
        return changed
      })
      expect(await to.receivedBytes(transfer)).toBe(50_000)
      const rest = cut(bytes.subarray(50_000), 30_000)
      await expect(to.receive(transfer, 50_000, rest)).rejects.toMatchObject(REJECTED)
      expect(await place.partials()).toEqual([])
      await to.receive(transfer, await to.receivedBytes(transfer), cut(bytes, 30_000))
      expect(Buffer.compare(await restored(to, META), payload)).toBe(0)
    }
  })

  it('receivedBytes - what became shorter counts as far as it goes, what became too long not at all', async () => {
    const source = await sent(META, randomBytes(100_000))
    const to = await place.start()
    await receiveTo(to, source, 50_000)
    await place.changePartial((kept) => kept.subarray(0, 40_000))
    expect(await to.receivedBytes(source.transfer)).toBe(40_000)
    await place.changePartial((kept) => Buffer.concat([kept, new Uint8Array(200_000)]))
    expect(await to.receivedBytes(source.transfer)).toBe(0)
    await to.receive(source.transfer, 0, cut(source.bytes, 30_000))
    expect(await restored(to, META)).toHaveLength(100_000)
  })

  it('retain - drops what a newer snapshot makes useless, and no other', async () => {
    const source = await sent(META, randomBytes(1_000))
    const to = await place.start()
    await receiveTo(to, source, 500)
    to.retain(snapshotAt(8, 9), [])
    await to.stop()
    expect(await place.partials()).toHaveLength(1)
    to.retain(snapshotAt(9, 3), [])
    await to.stop()
    expect(await place.partials()).toEqual([])
  })

  it('retain - an older one that is in use stays, until it is not', async () => {
    const to = await place.start()
    for (const index of [7, 8, 9]) await saveBytes(to, snapshotAt(index, 3), randomBytes(index))
    to.retain(snapshotAt(9, 3), [snapshotAt(8, 3), snapshotAt(6, 3)])
    await to.stop()
    expect(await restored(to, snapshotAt(8, 3))).toHaveLength(8)
    expect(await restored(to, snapshotAt(9, 3))).toHaveLength(9)
    await expect(to.open(snapshotAt(7, 3))).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_MISSING' })
    to.retain(snapshotAt(9, 3), [])
    await to.stop()
    await expect(to.open(snapshotAt(8, 3))).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_MISSING' })
  })

  it('retain - what is being received comes to its end; broken, it is of no use any more', async () => {
    const source = await sent(META, randomBytes(1_000))
    const to = await place.start()
    for (const ending of ['breaks', 'arrives'] as const) {
      async function* chunks() {
        yield source.bytes.subarray(0, 500)
        to.retain(snapshotAt(10, 3), [])
        if (ending === 'breaks') throw new Error('the source broke')
        yield source.bytes.subarray(500)
      }
      const receiving = to.receive(source.transfer, 0, chunks())
      if (ending === 'breaks') await expect(receiving).rejects.toThrow('the source broke')
      else await receiving
      expect(await place.partials()).toEqual([])
    }
    expect(await restored(to, META)).toHaveLength(1_000)
  })

  it('start - drops what a newer snapshot makes useless, and no other', async () => {
    const source = await sent(META, randomBytes(1_000))
    const to = await place.start()
    await saveBytes(to, snapshotAt(8, 9), randomBytes(10))
    await receiveTo(to, source, 500)
    expect(await (await place.start()).receivedBytes(source.transfer)).toBe(500)
    await saveBytes(to, snapshotAt(10, 3), randomBytes(10))
    expect(await (await place.start()).receivedBytes(source.transfer)).toBe(0)
    expect(await place.partials()).toEqual([])
  })

  it('stop - keeps what has arrived', async () => {
    const source = await sent(META, randomBytes(1_000))
    const to = await place.start()
    const reached = Promise.withResolvers<void>()
    async function* stuck() {
      yield source.bytes.subarray(0, 500)
      reached.resolve()
      await new Promise<never>(() => {})
    }
    const receiving = to.receive(source.transfer, 0, stuck())
    const refused = expect(receiving).rejects.toMatchObject({ code: 'RAFT_STOPPED' })
    await reached.promise
    await to.stop()
    await refused
    const rest = cut(source.bytes.subarray(500), 100)
    await expect(to.receive(source.transfer, 500, rest)).rejects.toMatchObject({ code: 'RAFT_STOPPED' })
    const again = await place.start()
    expect(await again.receivedBytes(source.transfer)).toBe(500)
    await again.receive(source.transfer, 500, cut(source.bytes.subarray(500), 100))
    expect(await restored(again, META)).toHaveLength(1_000)
  })

  it('open - gives the rest from any offset', async () => {
    const payload = randomBytes(200_000)
    const { transfer, bytes } = await sent(META, payload)
    const to = await place.start()
    await saveBytes(to, META, payload)
    const reader = await to.open(META)
    expect(reader).toMatchObject({ sizeBytes: transfer.sizeBytes, checksum: transfer.checksum })
    for (const offset of [0, 1, 65_536, 150_000, bytes.length - 1, bytes.length]) {
      const rest: Uint8Array[] = []
      for await (const chunk of reader.chunks(offset)) rest.push(chunk)
      expect(Buffer.compare(Buffer.concat(rest), bytes.subarray(offset)), `${offset}`).toBe(0)
    }
  })
})

describe('resuming in files', () => {
  const dir = () => join(root, 'to')

  it('receivedBytes - a file whose header is damaged counts for nothing', async () => {
    const to = await filesPlace(dir()).start()
    const source = await sent(META, randomBytes(1_000))
    await receiveTo(to, source, 500)
    const [name] = (await readdir(dir())) as [string]
    const good = await readFile(join(dir(), name))
    for (const at of [0, 9, 30]) {
      const changed = Buffer.from(good)
      changed[at] = (changed[at] as number) ^ 1
      await writeFile(join(dir(), name), changed)
      expect(await to.receivedBytes(source.transfer), `byte ${at}`).toBe(0)
    }
    await writeFile(join(dir(), name), good.subarray(0, 20))
    expect(await to.receivedBytes(source.transfer)).toBe(0)
  })

  it('start - of several it keeps the newest, and none whose name says nothing', async () => {
    const place = filesPlace(dir())
    const to = await place.start()
    await receiveTo(to, await sent(META, randomBytes(1_000)), 500)
    const [name] = (await readdir(dir())) as [string]
    const bytes = await readFile(join(dir(), name))
    for (const other of ['8-99.1012-0000abcd.part', '9-2.1012-0000abcd.part', 'x.part']) {
      await writeFile(join(dir(), other), bytes)
    }
    await place.start()
    expect(await readdir(dir())).toEqual([name])
  })

  it('receive - what the disk refuses leaves nothing, so that a full disk gets its room back', async () => {
    const to = await filesPlace(dir()).start()
    const source = await sent(META, randomBytes(1_000))
    // A directory in the way of the final name.
    await mkdir(join(dir(), '9-3.snap', 'in the way'), { recursive: true })
    await expect(to.receive(source.transfer, 0, cut(source.bytes, 100))).rejects.toMatchObject({
      syscall: 'rename',
    })
    expect(await readdir(dir())).toEqual(['9-3.snap'])
  })

  it('open - a snapshot that is sent again is not read again from end to end', async () => {
    const to = await filesPlace(dir()).start()
    await saveBytes(to, META, randomBytes(1_000))
    await to.open(META)
    const path = join(dir(), '9-3.snap')
    const changed = await readFile(path)
    changed[changed.length - 500] = (changed[changed.length - 500] as number) ^ 1
    await writeFile(path, changed)
    const reader = await to.open(META)
    expect(reader.sizeBytes).toBe(1_012)
    // To restore from it is another matter.
    await expect(to.openForRestore(META)).rejects.toMatchObject({ code: 'RAFT_SNAPSHOT_DAMAGED' })
    await saveBytes(to, META, randomBytes(1_000))
    await to.open(META)
  })
})
