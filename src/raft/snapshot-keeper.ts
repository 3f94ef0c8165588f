/** Decides when a snapshot is due and what may leave the log once it is durable. */
import { errorMessage, type Logger } from '../base/index.ts'
import type { RaftCore } from './core/core.ts'
import type { SnapshotMeta } from './core/types.ts'
import type { RaftSettings } from './settings.ts'
import type { SnapshotCapture, SnapshotStore } from './types.ts'

export interface SnapshotKeeperComponents {
  readonly snapshots: SnapshotStore
  readonly logger: Logger
}

export interface SnapshotKeeperInit {
  readonly settings: RaftSettings
  /** A snapshot became durable: a compaction is waiting. */
  readonly onSaved: () => void
}

export class SnapshotKeeper {
  readonly #components: SnapshotKeeperComponents
  readonly #init: SnapshotKeeperInit
  /** Index of the newest snapshot taken, received or tried. */
  #lastIndex = 0
  #busy = false
  /** What the last compaction left in the log behind its snapshot. */
  #keptBytes = 0
  #saved: SnapshotMeta | undefined
  /** The last one is of no use: another is due, however little has happened since. */
  #replacing = false
  taken = 0

  constructor(components: SnapshotKeeperComponents, init: SnapshotKeeperInit) {
    this.#components = components
    this.#init = init
  }

  begin(snapshot: SnapshotMeta | undefined): void {
    this.#lastIndex = snapshot?.index ?? 0
  }

  installed(snapshot: SnapshotMeta): void {
    this.#lastIndex = Math.max(this.#lastIndex, snapshot.index)
    this.#keptBytes = 0
  }

  due(core: RaftCore): boolean {
    if (this.#busy || this.#saved !== undefined) return false
    if (this.#replacing) return true
    const { snapshotEntries, snapshotBytes, trailingBytes } = this.#init.settings
    const since = core.appliedIndex - this.#lastIndex
    if (since >= snapshotEntries) return true
    return since > 0 && core.logBytes >= snapshotBytes + Math.max(trailingBytes, this.#keptBytes)
  }

  began(): void {
    this.#busy = true
    this.#replacing = false
  }

  /** The stored snapshot was found damaged. What it stands for is whole in the state machine. */
  replace(): void {
    this.#replacing = true
  }

  /** What was begun came to nothing. */
  abandon(): void {
    this.#busy = false
  }

  save(snapshot: SnapshotMeta, capture: SnapshotCapture): void {
    const { snapshots, logger } = this.#components
    this.#lastIndex = snapshot.index
    snapshots.save(snapshot, capture, (error) => {
      this.#busy = false
      capture.release()
      if (error !== undefined) {
        // Nothing depends on it yet: the log is still whole. The next one is tried after as many entries.
        logger.error({ index: snapshot.index, error: errorMessage(error) }, 'a snapshot could not be written')
        return
      }
      this.taken++
      this.#saved = snapshot
      this.#init.onSaved()
    })
  }

  /** A durable snapshot and the index up to which the log may go; undefined if there is none to do. */
  takeCompaction(core: RaftCore): { snapshot: SnapshotMeta; through: number } | undefined {
    const snapshot = this.#saved
    this.#saved = undefined
    if (snapshot === undefined) return undefined
    const status = core.status()
    // A newer one was received meanwhile.
    if (snapshot.index <= (status.snapshot?.index ?? 0)) return undefined
    const through = this.#dropThrough(core, snapshot.index)
    this.#keptBytes = core.bytesBetween(through, snapshot.index)
    return { snapshot, through }
  }

  /**
   * Up to where the log may go once there is a snapshot at `index`. Followers find what they lack, even if
   * writes go on while they receive a snapshot, catch up, or restart: else, by the time they had one
   * snapshot, they would need the next. But no follower holds on to more than `catchUpBytes`, and one that
   * is silent for long holds on to nothing.
   */
  #dropThrough(core: RaftCore, index: number): number {
    const { trailingEntries, trailingBytes, catchUpBytes, catchUpMs, electionTimeoutMs } = this.#init.settings
    const through = core.trailingStart(index, trailingEntries, trailingBytes)
    const needed = core.neededAfter(Math.ceil(catchUpMs / electionTimeoutMs))
    if (needed >= through) return through
    const atMost = core.trailingStart(index, Number.POSITIVE_INFINITY, catchUpBytes)
    return Math.min(through, Math.max(needed, atMost))
  }
}
