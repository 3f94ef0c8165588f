/**
 * Decides when a snapshot is due and what may leave the log once it is durable.
 *
 * A snapshot writes all of the state, however little of it has changed. With the same number of entries
 * between two of them, a write would cost more the larger the database is. So one that is costly waits until
 * the log has grown by about as much as it will write, which bounds the bytes written per byte of log. The log
 * is in memory and replayed at a start, so there is a bound to the waiting.
 *
 * All members have applied the same number of entries: they would all write at the same moment. Each waits
 * a part of the time that only its name decides, so that a majority goes on undisturbed.
 */
import { createPrng, errorMessage, type Logger } from '../base/index.ts'
import type { RaftCore } from './core/core.ts'
import type { NodeId, SnapshotMeta } from './core/types.ts'
import type { RaftSettings } from './settings.ts'
import type { Callback, SnapshotCapture, SnapshotStore } from './types.ts'

/** What a snapshot may write without having to be worth it. */
const CHEAP_BYTES = 1024 * 1024
/** Restoring so much of a snapshot takes as long as replaying an entry, so that it may stand against one. */
const BYTES_PER_ENTRY = 4096
/** Once nothing was applied for so long, a snapshot disturbs nobody, and spares the next start a replay... */
const QUIET_MS = 5_000
/** ...of so much at least. */
const QUIET_BYTES = 1024 * 1024
/** The least that a member waits, of what it may. */
const PATIENCE_MIN = 0.5

export interface SnapshotKeeperComponents {
  readonly snapshots: SnapshotStore
  readonly logger: Logger
}

export interface SnapshotKeeperInit {
  /** This member's name, by which it takes its turn. */
  readonly id: NodeId
  readonly settings: RaftSettings
  /** There is something to tell the log: a compaction is waiting. */
  readonly onSaved: () => void
  /** A snapshot became durable. */
  readonly onTaken?: (snapshot: SnapshotMeta) => void
}

/** Somebody wants a snapshot now. */
interface SnapshotWish {
  /** Entries that may stay behind it. @default as configured */
  readonly trailingEntries: number | undefined
  /** With false if everything applied is in a snapshot already. */
  readonly done: Callback<boolean>
}

/** A durable snapshot that the log is to be told of. */
interface SavedSnapshot {
  readonly snapshot: SnapshotMeta
  /** False: the log knows it, and is only to be cut shorter. */
  readonly isNew: boolean
}

export class SnapshotKeeper {
  readonly #components: SnapshotKeeperComponents
  readonly #init: SnapshotKeeperInit
  /** Index of the newest snapshot taken, received or tried. */
  #lastIndex = 0
  #busy = false
  /** What the last compaction left in the log behind its snapshot. */
  #keptBytes = 0
  #saved: SavedSnapshot | undefined
  /** The log is being cut: it is not as short yet as `#keptBytes` says. */
  #compacting = false
  /** Index of the newest snapshot that is durable. */
  #durableIndex = 0
  /** Those who wait for a snapshot to be begun, and those for whom one is under way. */
  #wishes: SnapshotWish[] = []
  #granting: SnapshotWish[] = []
  /** The last one is of no use: another is due, however little has happened since. */
  #replacing = false
  /** What the last snapshot taken here wrote; 0 if none was since the start. */
  #writtenBytes = 0
  /** Of all waiting for costly snapshots, the part that this member does: {@link PATIENCE_MIN} to 1. */
  readonly #patience: number
  /** What was applied when it was last looked at, and since when it is that. */
  #appliedIndex = 0
  #quietSinceMs = 0
  taken = 0

  constructor(components: SnapshotKeeperComponents, init: SnapshotKeeperInit) {
    this.#components = components
    this.#init = init
    this.#patience = PATIENCE_MIN + (1 - PATIENCE_MIN) * fractionOf(init.id)
  }

  /** Goes on from what is stored. */
  begin(core: RaftCore): void {
    const { snapshot, firstIndex } = core.status()
    this.#lastIndex = snapshot?.index ?? 0
    this.#durableIndex = this.#lastIndex
    this.#keptBytes = core.bytesBetween(firstIndex - 1, Math.max(firstIndex - 1, this.#lastIndex))
  }

  /** Makes a snapshot due, if anything was applied since the last one. */
  wish(wish: SnapshotWish): void {
    this.#wishes.push(wish)
  }

  /** Answers wishes for which nothing has to be captured; some want the log cut shorter all the same. */
  grantWithoutCapture(core: RaftCore): void {
    if (this.#wishes.length === 0 || this.#occupied) return
    if (core.appliedIndex > this.#durableIndex) return
    const wishes = this.#wishes.splice(0)
    const { snapshot } = core.status()
    if (snapshot === undefined || wishes.every(({ trailingEntries }) => trailingEntries === undefined)) {
      for (const { done } of wishes) done(undefined, false)
      return
    }
    this.#granting = wishes
    this.#saved = { snapshot, isNew: false }
    this.#init.onSaved()
  }

  installed(snapshot: SnapshotMeta): void {
    this.#lastIndex = Math.max(this.#lastIndex, snapshot.index)
    this.#durableIndex = Math.max(this.#durableIndex, snapshot.index)
    this.#keptBytes = 0
  }

  /** With a snapshot, or with the log's being cut for somebody. */
  get #occupied(): boolean {
    return this.#busy || this.#saved !== undefined || this.#compacting || this.#granting.length > 0
  }

  /** To be asked often: it notices by that when nothing happens. */
  due(core: RaftCore, nowMs: number): boolean {
    const isQuiet = this.#isQuiet(core, nowMs)
    if (this.#occupied) return false
    if (this.#replacing) return true
    if (this.#wishes.length > 0 && core.appliedIndex > this.#durableIndex) return true
    if (isQuiet && this.#grownBytes(core) >= QUIET_BYTES) return core.appliedIndex > this.#lastIndex
    return this.#isLate(core, this.#init.settings) && this.#isWorthIt(core, this.#init.settings)
  }

  #isQuiet({ appliedIndex }: RaftCore, nowMs: number): boolean {
    if (appliedIndex !== this.#appliedIndex) this.#quietSinceMs = nowMs
    this.#appliedIndex = appliedIndex
    return nowMs - this.#quietSinceMs >= QUIET_MS * this.#patience
  }

  /** By how much the log is longer than the last snapshot has left it. */
  #grownBytes(core: RaftCore): number {
    return core.logBytes - this.#keptBytes
  }

  /** By entries and bytes since the last one, whatever it costs. */
  #isLate(core: RaftCore, bounds: Pick<RaftSettings, 'snapshotEntries' | 'snapshotBytes'>): boolean {
    const since = core.appliedIndex - this.#lastIndex
    if (since >= bounds.snapshotEntries) return true
    const keptBytes = Math.max(this.#init.settings.trailingBytes, this.#keptBytes)
    return since > 0 && core.logBytes >= bounds.snapshotBytes + keptBytes
  }

  #isWorthIt(core: RaftCore, { snapshotEntriesMax, snapshotBytesMax }: RaftSettings): boolean {
    if (this.#writtenBytes <= CHEAP_BYTES) return true
    if (this.#grownBytes(core) >= this.#writtenBytes * this.#patience) return true
    const entriesMax = Math.max(snapshotEntriesMax, this.#writtenBytes / BYTES_PER_ENTRY)
    const snapshotEntries = entriesMax * this.#patience
    const snapshotBytes = snapshotBytesMax * this.#patience
    return this.#isLate(core, { snapshotEntries, snapshotBytes })
  }

  began(): void {
    this.#busy = true
    this.#replacing = false
    this.#granting = this.#wishes.splice(0)
  }

  /** The stored snapshot was found damaged. What it stands for is whole in the state machine. */
  replace(): void {
    this.#replacing = true
  }

  /** What was begun came to nothing. */
  abandon(): void {
    this.#busy = false
    this.#wishes.unshift(...this.#granting.splice(0))
  }

  save(snapshot: SnapshotMeta, capture: SnapshotCapture): void {
    const { snapshots, logger } = this.#components
    this.#lastIndex = snapshot.index
    snapshots.save(snapshot, capture, (error, writtenBytes) => {
      this.#busy = false
      capture.release()
      if (error !== undefined) {
        // Nothing depends on it yet: the log is still whole. The next one is tried after as many entries.
        logger.error({ index: snapshot.index, error: errorMessage(error) }, 'a snapshot could not be written')
        for (const { done } of this.#granting.splice(0)) done(error, false)
        return
      }
      this.taken++
      this.#writtenBytes = writtenBytes
      this.#init.onTaken?.(snapshot)
      this.#durableIndex = Math.max(this.#durableIndex, snapshot.index)
      this.#saved = { snapshot, isNew: true }
      this.#init.onSaved()
    })
  }

  /** The compaction taken last is durable, or there was none to do. */
  compacted(isNew: boolean): void {
    this.#compacting = false
    for (const { done } of this.#granting.splice(0)) done(undefined, isNew)
  }

  /** Nobody's wish will come true any more. */
  stop(error: Error): void {
    for (const { done } of [...this.#granting.splice(0), ...this.#wishes.splice(0)]) done(error, false)
  }

  /** A durable snapshot and the index up to which the log may go; undefined if there is none to do. */
  takeCompaction(core: RaftCore): { snapshot: SnapshotMeta; through: number; isNew: boolean } | undefined {
    const saved = this.#saved
    this.#saved = undefined
    if (saved === undefined) return undefined
    const { snapshot, isNew } = saved
    const current = core.status().snapshot?.index ?? 0
    if (isNew ? snapshot.index <= current : snapshot.index !== current) {
      // A newer one was received meanwhile.
      this.compacted(isNew)
      return undefined
    }
    const through = this.#dropThrough(core, snapshot.index)
    this.#keptBytes = core.bytesBetween(through, snapshot.index)
    this.#compacting = true
    return { snapshot, through, isNew }
  }

  /**
   * Up to where the log may go once there is a snapshot at `index`. Followers find what they lack, even if
   * writes go on while they receive a snapshot, catch up, or restart: else, by the time they had one
   * snapshot, they would need the next. But no follower holds on to more than `catchUpBytes`, and one that
   * is silent for long holds on to nothing. What was wished for this once counts instead of what is
   * configured, but takes nothing from those followers.
   */
  #dropThrough(core: RaftCore, index: number): number {
    const { trailingEntries, trailingBytes, catchUpBytes, catchUpMs, electionTimeoutMs } = this.#init.settings
    const wished = this.#granting.flatMap((wish) => wish.trailingEntries ?? [])
    const through =
      wished.length > 0
        ? core.trailingStart(index, Math.min(...wished), catchUpBytes)
        : core.trailingStart(index, trailingEntries, trailingBytes)
    const needed = core.neededAfter(Math.ceil(catchUpMs / electionTimeoutMs))
    if (needed >= through) return through
    const atMost = core.trailingStart(index, Number.POSITIVE_INFINITY, catchUpBytes)
    return Math.min(through, Math.max(needed, atMost))
  }
}

/** A number in [0, 1) that a name decides: FNV-1a, mixed once more, since names mostly differ at their ends. */
function fractionOf(name: string): number {
  let hash = 0x811c9dc5
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0
  return createPrng(hash).nextUint32() / 0x1_0000_0000
}
