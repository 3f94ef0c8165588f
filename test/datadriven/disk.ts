/** A node's disk in a script: what has been written, and so survives a crash. */
import type { Entry, HardState, SnapshotMeta } from '../../src/raft/core/types.ts'

export interface DiskWrite {
  readonly hardState: HardState | undefined
  readonly snapshot: SnapshotMeta | undefined
  readonly entries: readonly Entry[]
}

export class Disk {
  hardState: HardState | undefined
  snapshot: SnapshotMeta | undefined
  /** What the snapshot holds: the commands applied up to its index. */
  snapshotState: readonly string[] = []
  /** The same of this and earlier snapshots, by their index. */
  readonly #states = new Map<number, readonly string[]>()
  entries: readonly Entry[] = []

  write(write: DiskWrite, snapshotState: readonly string[]): void {
    this.hardState = write.hardState ?? this.hardState
    if (write.snapshot !== undefined) {
      this.#keep(write.snapshot, snapshotState)
      this.entries = []
    }
    const first = write.entries[0]
    if (first === undefined) return
    if (first.index > this.lastIndex + 1) throw new Error(`the write leaves a gap before ${first.index}`)
    this.entries = [...this.entries.filter((entry) => entry.index < first.index), ...write.entries]
  }

  compact(snapshot: SnapshotMeta, through: number, snapshotState: readonly string[]): void {
    this.#keep(snapshot, snapshotState)
    this.entries = this.entries.filter((entry) => entry.index > through)
  }

  #keep(snapshot: SnapshotMeta, state: readonly string[]): void {
    this.snapshot = snapshot
    this.snapshotState = state
    this.#states.set(snapshot.index, state)
  }

  /** What a snapshot holds that was taken or received here. */
  stateOf({ index }: SnapshotMeta): readonly string[] {
    const state = this.#states.get(index)
    if (state === undefined) throw new Error(`there was never a snapshot at ${index} here`)
    return state
  }

  get lastIndex(): number {
    return this.entries.at(-1)?.index ?? this.snapshot?.index ?? 0
  }

  /** Undefined if nothing is stored there (any more). */
  term(index: number): number | undefined {
    if (index === this.snapshot?.index) return this.snapshot.term
    return this.entries.find((entry) => entry.index === index)?.term
  }

  /** Is the entry safe here: stored, or part of the stored snapshot? */
  holds(index: number, term: number): boolean {
    return index < (this.snapshot?.index ?? 0) || this.term(index) === term
  }
}
