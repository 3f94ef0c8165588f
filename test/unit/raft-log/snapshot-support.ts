/** What tests of snapshot stores share. */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createPrng, silentLogger } from '../../../src/base/index.ts'
import type { SnapshotCapture, SnapshotMeta, SnapshotTransfer } from '../../../src/raft/index.ts'
import {
  createMemorySnapshots,
  createSnapshotFiles,
  MemorySnapshotDisk,
  SNAPSHOT_CHUNK_BYTES,
  type SnapshotReader,
  type Snapshots,
} from '../../../src/raft/log/index.ts'

export function randomBytes(size: number, seed = 1): Uint8Array {
  const prng = createPrng(seed)
  return Uint8Array.from({ length: size }, () => prng.nextUint32() & 0xff)
}

export async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size)
}

/** A source that gives these, and breaks. */
export async function* broken(...chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
  throw new Error('the source broke')
}

export const captureOf = (chunks: () => AsyncIterable<Uint8Array>): SnapshotCapture => ({
  chunks,
  release: () => {},
})

export function save(snapshots: Snapshots, meta: SnapshotMeta, capture: SnapshotCapture): Promise<void> {
  return new Promise((resolve, reject) =>
    snapshots.save(meta, capture, (error) => (error ? reject(error) : resolve())),
  )
}

export const saveBytes = (snapshots: Snapshots, meta: SnapshotMeta, payload: Uint8Array, chunk = 50_000) =>
  save(
    snapshots,
    meta,
    captureOf(() => cut(payload, chunk)),
  )

export async function readAll(reader: SnapshotReader): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of reader.chunks()) {
    expect(chunk.length).toBeLessThanOrEqual(SNAPSHOT_CHUNK_BYTES)
    chunks.push(chunk)
  }
  const all = new Uint8Array(Buffer.concat(chunks))
  expect(all.length).toBe(reader.sizeBytes)
  return all
}

export const announced = (snapshot: SnapshotMeta, { sizeBytes, checksum }: SnapshotReader) => ({
  snapshot,
  sizeBytes,
  checksum,
})

export const restored = async (snapshots: Snapshots, meta: SnapshotMeta) =>
  readAll(await snapshots.openForRestore(meta))

/** Where snapshots are kept, whichever way, and stay over restarts of their store. */
export interface SnapshotPlace {
  /** The store of a process that has just begun. */
  start(): Promise<Snapshots>
  /** What is kept of broken transfers, each as the bytes it has. */
  partials(): Promise<Uint8Array[]>
  /** Changes what is kept, as a crash of the machine may do to what was not synced. */
  changePartial(change: (bytes: Uint8Array) => Uint8Array): Promise<void>
}

export function memoryPlace(): SnapshotPlace {
  const disk = new MemorySnapshotDisk()
  return {
    start: async () => {
      const snapshots = createMemorySnapshots({ disk })
      await snapshots.start()
      return snapshots
    },
    partials: async () => (disk.partial === undefined ? [] : [Buffer.concat(disk.partial.chunks)]),
    changePartial: async (change) => {
      const { partial } = disk
      if (partial === undefined) return
      disk.partial = { ...partial, chunks: [change(Buffer.concat(partial.chunks))] }
    },
  }
}

/** In a directory that the caller removes. */
export function filesPlace(dir: string): SnapshotPlace {
  const names = async () => (await readdir(dir)).filter((name) => name.endsWith('.part'))
  const read = async (name: string) => {
    const file = await readFile(join(dir, name))
    const start = 12 + file.readUInt32BE(8)
    return { header: file.subarray(0, start), bytes: file.subarray(start) }
  }
  return {
    start: async () => {
      const snapshots = createSnapshotFiles({ logger: silentLogger }, { dir })
      await snapshots.start()
      return snapshots
    },
    partials: async () => {
      const partials = await Promise.all((await names()).map(read))
      return partials.map(({ bytes }) => bytes)
    },
    changePartial: async (change) => {
      for (const name of await names()) {
        const { header, bytes } = await read(name)
        await writeFile(join(dir, name), Buffer.concat([header, change(bytes)]))
      }
    },
  }
}

/** A stored snapshot as a sender has it: what it announces, and its bytes. */
export async function sent(
  meta: SnapshotMeta,
  payload: Uint8Array,
): Promise<{ transfer: SnapshotTransfer; bytes: Uint8Array }> {
  const from = createMemorySnapshots({ disk: new MemorySnapshotDisk() })
  await saveBytes(from, meta, payload)
  const reader = await from.open(meta)
  return { transfer: announced(meta, reader), bytes: await readAll(reader) }
}
