/** What keeps snapshots: on disk (snapshot-files.ts) or in memory (snapshot-memory.ts). */
import type { SnapshotMeta } from '../core/types.ts'
import type { SnapshotStore } from '../types.ts'

/**
 * A transfer as its sender announces it. Only if all of this is the same may an attempt go on where an
 * earlier one broke off: two leaders may hold different bytes for the same index and term.
 */
export interface SnapshotTransfer {
  readonly snapshot: SnapshotMeta
  /** Of payload and trailer. */
  readonly sizeBytes: number
  /** CRC-32 of the payload. */
  readonly checksum: number
}

export type SnapshotName = Pick<SnapshotMeta, 'index' | 'term'>

export function bySnapshotAge(a: SnapshotName, b: SnapshotName): number {
  return a.index - b.index || a.term - b.term
}

export interface SnapshotReader {
  readonly sizeBytes: number
  /** CRC-32 of the payload. */
  readonly checksum: number
  /** Pieces of at most 64 KiB, from `offset` on. @default 0 */
  chunks(offset?: number): AsyncIterable<Uint8Array>
}

/**
 * The driver's snapshot store, the transport's transfer store (p2p/types.ts), and what a state
 * machine restores from. Two forms of a snapshot's bytes occur:
 * - the payload: what `save` took from the capture, and what `openForRestore` gives back;
 * - the transfer: payload and checksum trailer, which `open` gives to the sender and `receive` checks.
 *
 * What has arrived of one broken transfer is kept, also over a restart, until another transfer begins,
 * a newer snapshot is here, or it turns out to be damaged. It is never trusted: after a crash of the
 * machine, bytes that were not synced may be anything, so the checksum over the whole transfer decides.
 */
export interface Snapshots extends SnapshotStore {
  start(): Promise<void>
  /** Ends what is being saved or received with `RAFT_STOPPED`, and waits for it and for deletions. */
  stop(): Promise<void>
  /** Rejects with `RAFT_SNAPSHOT_MISSING` or, having read it all, `RAFT_SNAPSHOT_DAMAGED`. */
  open(snapshot: SnapshotMeta): Promise<SnapshotReader>
  openForRestore(snapshot: SnapshotMeta): Promise<SnapshotReader>
  /** Whole snapshots that are here, oldest first. */
  list(): Promise<readonly SnapshotName[]>
  /** As `retain`, but waits for it; resolves with how many snapshots it deleted. */
  reap(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): Promise<number>
  /** How many bytes an earlier, broken attempt at this very transfer has left; 0 for none. */
  receivedBytes(transfer: SnapshotTransfer): Promise<number>
  /**
   * Takes in a transfer from `offset` on, at most {@link receivedBytes}; what was kept behind `offset`
   * is dropped. The snapshot is durable and verified when it resolves.
   *
   * If `chunks` throws, or the store is stopped, the error is passed on and what has arrived is kept; it
   * takes the place of what was kept of another transfer. If the bytes are not those announced
   * (`RAFT_SNAPSHOT_REJECTED`), or the disk fails, nothing is kept. What cannot begin, for there are no
   * `offset` bytes here or another transfer is being received, is refused with the same code, and
   * changes nothing.
   */
  receive(transfer: SnapshotTransfer, offset: number, chunks: AsyncIterable<Uint8Array>): Promise<void>
}

/** Largest piece `chunks` gives out, so that a stream shared with other traffic stays responsive. */
export const SNAPSHOT_CHUNK_BYTES = 64 * 1024

/** Guards the disk against a peer that announces nonsense. @default for `maxBytes` */
export const SNAPSHOT_BYTES_MAX = 64 * 1024 ** 3
