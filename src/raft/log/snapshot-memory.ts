/** Snapshots in memory, for clusters that live in one process and for tests. */
import { assert, DebrosError, toError } from '../../base/index.ts'
import type { SnapshotMeta } from '../core/types.ts'
import type { Callback, SnapshotCapture } from '../types.ts'
import {
  checksumIn,
  encodeSnapshotHeader,
  missingSnapshot,
  PayloadSum,
  rejectedSnapshot,
  SNAPSHOT_TRAILER_BYTES,
  TransferCheck,
} from './snapshot-format.ts'
import { receiveTransfer, supersedes, type TransferSink, until } from './snapshot-transfer.ts'
import {
  bySnapshotAge,
  SNAPSHOT_BYTES_MAX,
  SNAPSHOT_CHUNK_BYTES,
  type SnapshotName,
  type SnapshotReader,
  type Snapshots,
  type SnapshotTransfer,
} from './snapshots.ts'

interface StoredSnapshot {
  readonly meta: SnapshotMeta
  /** Payload and trailer. */
  readonly transfer: Uint8Array
}

interface PartialSnapshot {
  readonly transfer: SnapshotTransfer
  readonly chunks: readonly Uint8Array[]
}

/** What outlives a restart: hand it to the next store to restart on the same snapshots. */
export class MemorySnapshotDisk {
  readonly snapshots = new Map<string, StoredSnapshot>()
  /** What has arrived of a transfer that is under way, or broke. A test may lose or change it. */
  partial: PartialSnapshot | undefined
}

export interface MemorySnapshotsComponents {
  readonly disk: MemorySnapshotDisk
}

export interface MemorySnapshotsInit {
  /** Largest transfer `receive` accepts, in bytes. @default 64 GiB */
  readonly maxBytes?: number
}

export function createMemorySnapshots(
  components: MemorySnapshotsComponents,
  init: MemorySnapshotsInit = {},
): Snapshots {
  return new MemorySnapshots(components, init)
}

class MemorySnapshots implements Snapshots {
  readonly #disk: MemorySnapshotDisk
  readonly #maxBytes: number
  #lifetime = new AbortController()
  #receiving = false
  /** The newest snapshot that older ones were dropped for. */
  #retained: SnapshotMeta | undefined

  constructor({ disk }: MemorySnapshotsComponents, { maxBytes = SNAPSHOT_BYTES_MAX }: MemorySnapshotsInit) {
    this.#disk = disk
    this.#maxBytes = maxBytes
  }

  async start(): Promise<void> {
    this.#lifetime = new AbortController()
    for (const { meta } of this.#disk.snapshots.values()) this.#dropPartial(meta)
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new DebrosError('RAFT_STOPPED', 'the node is stopping', { retryable: true }))
  }

  save(snapshot: SnapshotMeta, capture: SnapshotCapture, done: Callback<number>): void {
    readPayload(until(this.#lifetime.signal, capture.chunks())).then(
      (chunks) => {
        this.#store(snapshot, chunks)
        done(undefined, sizeOf(chunks))
      },
      (error: unknown) => done(toError(error), 0),
    )
  }

  async open(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    const transfer = this.#find(snapshot)
    return readerOver(transfer, transfer)
  }

  async openForRestore(snapshot: SnapshotMeta): Promise<SnapshotReader> {
    const transfer = this.#find(snapshot)
    return readerOver(transfer.subarray(0, -SNAPSHOT_TRAILER_BYTES), transfer)
  }

  async receivedBytes(transfer: SnapshotTransfer): Promise<number> {
    const { partial } = this.#disk
    if (partial === undefined || !isSame(partial.transfer, transfer)) return 0
    const bytes = sizeOf(partial.chunks)
    return bytes > transfer.sizeBytes ? 0 : bytes
  }

  async receive(
    transfer: SnapshotTransfer,
    offset: number,
    chunks: AsyncIterable<Uint8Array>,
  ): Promise<void> {
    const check = new TransferCheck(transfer, this.#maxBytes)
    if (this.#receiving) throw rejectedSnapshot('another one is being received')
    const { signal } = this.#lifetime
    signal.throwIfAborted()
    this.#receiving = true
    try {
      if (offset > (await this.receivedBytes(transfer))) {
        throw rejectedSnapshot(`its first ${offset} bytes are not here`)
      }
      const superseded = () => this.#retained !== undefined && supersedes(this.#retained, transfer.snapshot)
      await receiveTransfer(this.#sink(transfer, offset), { check, chunks, superseded, signal })
    } finally {
      this.#receiving = false
    }
  }

  #sink(transfer: SnapshotTransfer, offset: number): TransferSink {
    const kept = cut(this.#disk.partial?.chunks ?? [], offset)
    const chunks = [...kept]
    // A new object: whoever still writes to an earlier one does not reach it.
    const partial = { transfer, chunks }
    this.#disk.partial = partial
    const forget = () => {
      if (this.#disk.partial === partial) this.#disk.partial = undefined
    }
    return {
      async *kept() {
        yield* kept
      },
      append: async (chunk) => {
        chunks.push(chunk.slice())
      },
      complete: async () => {
        this.#store(transfer.snapshot, chunks)
        forget()
      },
      leave: async () => {},
      discard: async () => forget(),
    }
  }

  retain(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): void {
    this.#drop(snapshot, inUse)
  }

  async reap(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): Promise<number> {
    return this.#drop(snapshot, inUse)
  }

  async list(): Promise<readonly SnapshotName[]> {
    const metas = [...this.#disk.snapshots.values()].map(({ meta: { index, term } }) => ({ index, term }))
    return metas.sort(bySnapshotAge)
  }

  /** How many were dropped. */
  #drop(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): number {
    const before = this.#disk.snapshots.size
    if (snapshot.index >= (this.#retained?.index ?? 0)) this.#retained = snapshot
    const used = new Set(inUse.map(nameOf))
    for (const [name, { meta }] of this.#disk.snapshots) {
      if (used.has(name)) continue
      if (meta.index < snapshot.index || (meta.index === snapshot.index && meta.term !== snapshot.term)) {
        this.#disk.snapshots.delete(name)
      }
    }
    if (!this.#receiving) this.#dropPartial(snapshot)
    return before - this.#disk.snapshots.size
  }

  /** Unless it is of a newer snapshot than the one that is here. */
  #dropPartial(here: SnapshotMeta): void {
    const { partial } = this.#disk
    if (partial !== undefined && supersedes(here, partial.transfer.snapshot)) this.#disk.partial = undefined
  }

  #store(meta: SnapshotMeta, chunks: readonly Uint8Array[]): void {
    this.#disk.snapshots.set(nameOf(meta), { meta, transfer: new Uint8Array(Buffer.concat(chunks)) })
  }

  #find(snapshot: SnapshotMeta): Uint8Array {
    const stored = this.#disk.snapshots.get(nameOf(snapshot))
    if (stored === undefined) throw missingSnapshot(snapshot, 'memory')
    return stored.transfer
  }
}

function nameOf({ index, term }: SnapshotMeta): string {
  return `${index}-${term}`
}

function isSame(a: SnapshotTransfer, b: SnapshotTransfer): boolean {
  if (a.sizeBytes !== b.sizeBytes || a.checksum !== b.checksum) return false
  return Buffer.compare(encodeSnapshotHeader(a.snapshot), encodeSnapshotHeader(b.snapshot)) === 0
}

function sizeOf(chunks: readonly Uint8Array[]): number {
  return chunks.reduce((bytes, chunk) => bytes + chunk.byteLength, 0)
}

/** The first `bytes` bytes of the chunks. */
function cut(chunks: readonly Uint8Array[], bytes: number): Uint8Array[] {
  const first: Uint8Array[] = []
  let left = bytes
  for (const chunk of chunks) {
    if (left === 0) break
    const piece = chunk.subarray(0, left)
    first.push(piece)
    left -= piece.byteLength
  }
  return first
}

async function readPayload(payload: AsyncIterable<Uint8Array>): Promise<Uint8Array[]> {
  const sum = new PayloadSum()
  const chunks: Uint8Array[] = []
  for await (const chunk of payload) {
    sum.add(chunk)
    chunks.push(chunk.slice())
  }
  assert(sum.sizeBytes < SNAPSHOT_BYTES_MAX, 'a snapshot in memory fits in memory')
  return [...chunks, sum.trailer()]
}

function readerOver(bytes: Uint8Array, transfer: Uint8Array): SnapshotReader {
  return {
    sizeBytes: bytes.byteLength,
    checksum: checksumIn(transfer.subarray(-SNAPSHOT_TRAILER_BYTES)),
    async *chunks(offset = 0) {
      for (let from = offset; from < bytes.byteLength; from += SNAPSHOT_CHUNK_BYTES) {
        yield bytes.subarray(from, from + SNAPSHOT_CHUNK_BYTES)
      }
    },
  }
}
