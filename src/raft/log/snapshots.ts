/** What keeps snapshots: on disk (snapshot-files.ts) or in memory (snapshot-memory.ts). */
import type { SnapshotMeta } from '../core/types.ts'
import type { SnapshotStore } from '../types.ts'

export interface SnapshotReader {
  readonly sizeBytes: number
  /** Pieces of at most 64 KiB. */
  chunks(): AsyncIterable<Uint8Array>
}

/**
 * The driver's snapshot store, the transport's transfer store (p2p/types.ts), and what a state
 * machine restores from. Two forms of a snapshot's bytes occur:
 * - the payload: what `save` took from the capture, and what `openForRestore` gives back;
 * - the transfer: payload and checksum trailer, which `open` gives to the sender and `receive` checks.
 */
export interface Snapshots extends SnapshotStore {
  start(): Promise<void>
  /** Ends what is being saved or received with `RAFT_STOPPED`, and waits for it and for deletions. */
  stop(): Promise<void>
  /** Rejects with `RAFT_SNAPSHOT_MISSING` or, having read it all, `RAFT_SNAPSHOT_DAMAGED`. */
  open(snapshot: SnapshotMeta): Promise<SnapshotReader>
  openForRestore(snapshot: SnapshotMeta): Promise<SnapshotReader>
  /** Rejects with `RAFT_SNAPSHOT_REJECTED` unless exactly `sizeBytes` arrive and the checksum holds. */
  receive(snapshot: SnapshotMeta, sizeBytes: number, chunks: AsyncIterable<Uint8Array>): Promise<void>
}

/** Largest piece `chunks` gives out, so that a stream shared with other traffic stays responsive. */
export const SNAPSHOT_CHUNK_BYTES = 64 * 1024

/** Guards the disk against a peer that announces nonsense. @default for `maxBytes` */
export const SNAPSHOT_BYTES_MAX = 64 * 1024 ** 3
