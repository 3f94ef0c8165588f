/**
 * The driver's ports. Each is small enough to be simulated: production, in-process clusters and the
 * simulator run the same core and the same driver, and differ only in what stands behind these.
 * Ports call back exactly once, never from inside the call itself.
 */
import type { Entry, HardState, Message, NodeId, SnapshotMeta } from './core/types.ts'

export type Callback<T = void> = (error: Error | undefined, value: T) => void

export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Milliseconds on a monotonic clock. */
  now(): number
  every(intervalMs: number, run: () => void): Timer
  after(delayMs: number, run: () => void): Timer
  /** Runs soon, after what is already waiting; many inputs then share one pass of the loop. */
  defer(run: () => void): void
}

/** What a log store found on disk. */
export interface StoredLog {
  readonly hardState: HardState | undefined
  readonly snapshot: SnapshotMeta | undefined
  /** Contiguous; may begin at or before the snapshot's index (trailing entries). */
  readonly entries: readonly Entry[]
}

/** One durable step. All of it is on disk when the callback comes, or none of it counts. */
export interface LogWrite {
  readonly hardState: HardState | undefined
  /** Install: drop every entry, then record this snapshot as the log's beginning. */
  readonly snapshot: SnapshotMeta | undefined
  /** Contiguous; stored entries at or after the first one's index are replaced. */
  readonly entries: readonly Entry[]
}

/**
 * Durable log of one Raft group. Calls are made one at a time. Any error is final: the driver stops
 * the node and never writes again (a retried sync may falsely succeed; see docs/consensus.md).
 */
export interface LogStore {
  load(done: Callback<StoredLog | undefined>): void
  write(batch: LogWrite, done: Callback): void
  /** Records `snapshot` (already durable) and drops entries with index <= `through`. */
  compact(snapshot: SnapshotMeta, through: number, done: Callback): void
}

/** A state machine's consistent state at one index, readable once while applying goes on. */
export interface SnapshotCapture {
  chunks(): AsyncIterable<Uint8Array>
  /** Frees what it holds; called once, whether or not it was read to the end. */
  release(): void
}

/** Snapshot files. A snapshot exists once `save` or a completed transfer has made it durable. */
export interface SnapshotStore {
  /** Calls back with how many bytes it took. */
  save(snapshot: SnapshotMeta, capture: SnapshotCapture, done: Callback<number>): void
  /**
   * Drops every snapshot older than this one and not in use, once nobody reads it. Newer ones stay: one
   * may have been saved or received while the log was still being told about this one.
   */
  retain(snapshot: SnapshotMeta, inUse: readonly SnapshotMeta[]): void
}

export interface StateMachine {
  /**
   * Applies committed entries in order and returns one result per entry. A failing statement is a
   * result; an error means this replica can no longer be trusted, and stops the node.
   */
  apply(entries: readonly Entry[], done: Callback<readonly unknown[]>): void
  /** Never called while an apply is under way. The capture stands for the last applied index. */
  capture(done: Callback<SnapshotCapture>): void
  /** Replaces the state by the stored snapshot. */
  restore(snapshot: SnapshotMeta, done: Callback): void
}

export interface Transport {
  /** Best effort, in order per class of message, never blocks; may drop. */
  send(message: Message): void
  /**
   * Streams a stored snapshot; `done` without error once the receiver has all of it. With the code
   * `SNAPSHOT_INTERRUPTED` if the receiver has kept a part: sent again, the same would go on from there.
   */
  sendSnapshot(message: Extract<Message, { type: 'snapshot' }>, done: Callback): void
  /** Tells which nodes may open streams, and where they are; called on every change. */
  setMembers(
    members: readonly { readonly id: NodeId; readonly peerId: string; readonly address: string }[],
  ): void
}
