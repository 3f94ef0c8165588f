/** Snapshots in memory, for clusters that live in one process and for tests. */
import { assert, toError } from '../../base/index.ts'
import type { SnapshotMeta } from '../core/types.ts'
import type { Callback, SnapshotCapture } from '../types.ts'
import { missingSnapshot, PayloadSum, SNAPSHOT_TRAILER_BYTES, TransferCheck } from './snapshot-format.ts'
import { SNAPSHOT_BYTES_MAX, SNAPSHOT_CHUNK_BYTES, type SnapshotReader, type Snapshots } from './snapshots.ts'

interface StoredSnapshot {
  readonly meta: SnapshotMeta
  /** Payload and trailer. */
  readonly transfer: Uint8Array
}

/** What outlives a restart: hand it to the next store to restart on the same snapshots. */
export class MemorySnapshotDisk {
  readonly snapshots = new Map<string, StoredSnapshot>()
}

export interface MemorySnapshotsComponents {
  readonly disk: MemorySnapshotDisk
}

export interface MemorySnapshotsInit {
  /** Largest transfer `receive` accepts, in bytes. @default 64 GiB */
  readonly maxBytes?: number
}

export function createMemorySnapshots(
  { disk }: MemorySnapshotsComponents,
  { maxBytes = SNAPSHOT_BYTES_MAX }: MemorySnapshotsInit = {},
): Snapshots {
  const find = (snapshot: SnapshotMeta): Uint8Array => {
    const stored = disk.snapshots.get(nameOf(snapshot))
    if (stored === undefined) throw missingSnapshot(snapshot, 'memory')
    return stored.transfer
  }
  const store = (meta: SnapshotMeta, chunks: readonly Uint8Array[]) => {
    disk.snapshots.set(nameOf(meta), { meta, transfer: new Uint8Array(Buffer.concat(chunks)) })
  }
  return {
    start: async () => {},
    stop: async () => {},
    save: (snapshot: SnapshotMeta, capture: SnapshotCapture, done: Callback) => {
      readPayload(capture).then(
        (chunks) => {
          store(snapshot, chunks)
          done(undefined)
        },
        (error: unknown) => done(toError(error)),
      )
    },
    receive: async (snapshot, sizeBytes, chunks) => {
      const check = new TransferCheck(sizeBytes, maxBytes)
      const received: Uint8Array[] = []
      for await (const chunk of chunks) {
        check.add(chunk)
        received.push(chunk.slice())
      }
      check.finish()
      store(snapshot, received)
    },
    open: async (snapshot) => readerOver(find(snapshot)),
    openForRestore: async (snapshot) => {
      const transfer = find(snapshot)
      return readerOver(transfer.subarray(0, transfer.byteLength - SNAPSHOT_TRAILER_BYTES))
    },
    retain: (snapshot) => {
      for (const [name, { meta }] of disk.snapshots) {
        if (meta.index < snapshot.index || (meta.index === snapshot.index && meta.term !== snapshot.term)) {
          disk.snapshots.delete(name)
        }
      }
    },
  }
}

function nameOf({ index, term }: SnapshotMeta): string {
  return `${index}-${term}`
}

async function readPayload(capture: SnapshotCapture): Promise<Uint8Array[]> {
  const sum = new PayloadSum()
  const chunks: Uint8Array[] = []
  for await (const chunk of capture.chunks()) {
    sum.add(chunk)
    chunks.push(chunk.slice())
  }
  assert(sum.sizeBytes < SNAPSHOT_BYTES_MAX, 'a snapshot in memory fits in memory')
  return [...chunks, sum.trailer()]
}

function readerOver(bytes: Uint8Array): SnapshotReader {
  return {
    sizeBytes: bytes.byteLength,
    async *chunks() {
      for (let from = 0; from < bytes.byteLength; from += SNAPSHOT_CHUNK_BYTES) {
        yield bytes.subarray(from, from + SNAPSHOT_CHUNK_BYTES)
      }
    },
  }
}
