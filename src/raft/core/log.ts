/**
 * The log as the core sees it: every entry since the last compaction, in memory.
 *
 *   base          applied <= handed out <= commit              last
 *    |  compacted |  entries ...  | stable (on disk) | unwritten |
 *
 * What is on disk is tracked by write number, not by (index, term): a late acknowledgement of an
 * entry that was overwritten, even by one of the same index and term, can then never count.
 */
import { assert } from '../../base/index.ts'
import { ConfigHistory, EMPTY_CONFIG } from './config.ts'
import type { Entry, SnapshotMeta } from './types.ts'

/** What an entry counts against byte limits beyond its data: headers on disk and on the wire. */
const ENTRY_OVERHEAD_BYTES = 32

export function entryBytes(entry: Entry): number {
  return entry.data.length + ENTRY_OVERHEAD_BYTES
}

export class RaftLog {
  #entries: Entry[] = []
  /** The entry before the first one kept. */
  #baseIndex = 0
  #baseTerm = 0
  #snapshot: SnapshotMeta | undefined
  #bytes = 0
  readonly configs: ConfigHistory

  /** Highest index known to be committed. Never goes back. */
  commit = 0
  /** Highest index the state machine has applied; `applied <= commit`. */
  applied = 0
  /** Highest index handed out to be applied; `applied <= handedOut <= min(commit, stable)`. */
  #handedOut = 0

  /** Highest index on disk here. Goes back when a suffix is replaced. */
  #stable = 0
  /** First index not yet handed out to be written. */
  #nextToWrite = 1
  /** Writes under way, oldest first: when `seq` is done, everything to `lastIndex` is on disk. */
  #writes: { readonly seq: number; lastIndex: number }[] = []
  #snapshotToInstall: SnapshotMeta | undefined

  constructor(snapshot: SnapshotMeta | undefined, entries: readonly Entry[]) {
    const firstIndex = entries[0]?.index ?? (snapshot?.index ?? 0) + 1
    this.#snapshot = snapshot
    this.#baseIndex = firstIndex - 1
    this.#baseTerm = this.#baseIndex === snapshot?.index ? snapshot.term : 0
    this.configs = new ConfigHistory(snapshot?.configIndex ?? 0, snapshot?.config ?? EMPTY_CONFIG)
    for (const entry of entries) this.#push(entry)
    this.commit = snapshot?.index ?? 0
    this.applied = this.commit
    this.#handedOut = this.commit
    this.#stable = this.lastIndex
    this.#nextToWrite = this.lastIndex + 1
    assert(this.#baseIndex <= this.commit && this.commit <= this.lastIndex, 'the log reaches its snapshot')
  }

  get firstIndex(): number {
    return this.#baseIndex + 1
  }

  get lastIndex(): number {
    return this.#baseIndex + this.#entries.length
  }

  get lastTerm(): number {
    return this.#entries.at(-1)?.term ?? this.#baseTerm
  }

  get stable(): number {
    return this.#stable
  }

  get snapshot(): SnapshotMeta | undefined {
    return this.#snapshot
  }

  /** Bytes of the entries kept. */
  get bytes(): number {
    return this.#bytes
  }

  get count(): number {
    return this.#entries.length
  }

  /** The term of the entry at `index`; undefined if it is compacted away or not here yet. */
  term(index: number): number | undefined {
    // After a restart with entries from before the snapshot, the base entry's term is not known (0).
    if (index === this.#baseIndex) return index === 0 || this.#baseTerm > 0 ? this.#baseTerm : undefined
    return this.#entries[index - this.firstIndex]?.term
  }

  entry(index: number): Entry | undefined {
    return this.#entries[index - this.firstIndex]
  }

  /** Whether a node that stands at the snapshot can go on with entries of this log. */
  leadsOn({ index, term }: SnapshotMeta): boolean {
    return this.matches(index, term)
  }

  matches(index: number, term: number): boolean {
    return this.term(index) === term
  }

  /**
   * Does an entry of `term` at `index`, as a leader has it, contradict what is committed here? Terms
   * before the first entry kept are not known one by one, but none of them is above what follows.
   */
  contradicts(index: number, term: number): boolean {
    if (index > this.commit) return false
    const here = this.term(index)
    if (here !== undefined) return here !== term
    const highest = this.#baseTerm > 0 ? this.#baseTerm : this.#entries[0]?.term
    return highest !== undefined && term > highest
  }

  /** Is a log ending in (`lastIndex`, `lastTerm`) at least as up to date as this one? Raft §5.4.1. */
  isUpToDate(lastIndex: number, lastTerm: number): boolean {
    return lastTerm > this.lastTerm || (lastTerm === this.lastTerm && lastIndex >= this.lastIndex)
  }

  /** Entries from `from` on, at most `maxBytes` of them but at least one if there is any. */
  slice(from: number, maxBytes: number): Entry[] {
    assert(from >= this.firstIndex, 'slice begins inside the log')
    let end = from - this.firstIndex
    let bytes = 0
    for (; end < this.#entries.length; end++) {
      bytes += entryBytes(this.#entries[end] as Entry)
      if (bytes > maxBytes && end > from - this.firstIndex) break
    }
    return this.#entries.slice(from - this.firstIndex, end)
  }

  /** Adds entries at the end. */
  append(entries: readonly Entry[]): void {
    for (const entry of entries) this.#push(entry)
  }

  /**
   * A follower's append (Raft figure 2): entries already here are left alone, so that an old or
   * reordered message never removes what came after it; from the first that differs, replaced.
   */
  merge(entries: readonly Entry[]): void {
    const differs = entries.findIndex((entry) => !this.matches(entry.index, entry.term))
    if (differs === -1) return
    const from = (entries[differs] as Entry).index
    if (from <= this.lastIndex) this.#truncateFrom(from)
    this.append(entries.slice(differs))
  }

  #push(entry: Entry): void {
    assert(entry.index === this.lastIndex + 1, 'entries are contiguous')
    assert(entry.term >= this.lastTerm, 'terms in the log never go back')
    this.#entries.push(entry)
    this.#bytes += entryBytes(entry)
    if (entry.kind === 'config' && entry.index > this.configs.currentIndex) {
      assert(entry.config !== undefined, 'a config entry carries a configuration')
      this.configs.append(entry.index, entry.config)
    }
  }

  #truncateFrom(index: number): void {
    assert(index > this.commit, `truncation at ${index} would drop committed entries (commit ${this.commit})`)
    for (const entry of this.#entries.splice(index - this.firstIndex)) this.#bytes -= entryBytes(entry)
    this.configs.truncateFrom(index)
    this.#stable = Math.min(this.#stable, index - 1)
    this.#nextToWrite = Math.min(this.#nextToWrite, index)
    for (const write of this.#writes) write.lastIndex = Math.min(write.lastIndex, index - 1)
  }

  /**
   * The best guess where a log that has `term` at or before `index` may still agree with this one:
   * the last index up to `index` whose term is not above `term`. Skips a whole conflicting term in
   * one round trip (etcd-io/raft log.go).
   */
  agreementBefore(index: number, term: number): { readonly index: number; readonly term: number } {
    for (let at = Math.min(index, this.lastIndex); at > this.#baseIndex; at--) {
      const here = this.term(at) as number
      if (here <= term) return { index: at, term: here }
    }
    return { index: this.#baseIndex, term: this.term(this.#baseIndex) ?? 0 }
  }

  /** Moves the commit index forward; lower values are ignored. */
  commitTo(index: number): void {
    if (index <= this.commit) return
    assert(index <= this.lastIndex, `commit ${index} is beyond the log's end ${this.lastIndex}`)
    this.commit = index
  }

  hasUnwritten(): boolean {
    return this.#nextToWrite <= this.lastIndex || this.#snapshotToInstall !== undefined
  }

  /** Hands out what is to be written under the number `seq`. */
  takeUnwritten(seq: number): { snapshot: SnapshotMeta | undefined; entries: Entry[] } {
    const snapshot = this.#snapshotToInstall
    const entries = this.#entries.slice(this.#nextToWrite - this.firstIndex)
    this.#snapshotToInstall = undefined
    this.#nextToWrite = this.lastIndex + 1
    this.#writes.push({ seq, lastIndex: this.lastIndex })
    return { snapshot, entries }
  }

  /** The write `seq` and all before it are on disk. */
  persisted(seq: number): void {
    while (this.#writes.length > 0 && (this.#writes[0] as { seq: number }).seq <= seq) {
      const write = this.#writes.shift() as { lastIndex: number }
      this.#stable = Math.max(this.#stable, write.lastIndex)
    }
  }

  hasCommitted(): boolean {
    return this.#handedOut < Math.min(this.commit, this.#stable)
  }

  /** Hands out committed entries that are also on disk here, so that no restart can lose what was applied. */
  takeCommitted(): Entry[] {
    const end = Math.min(this.commit, this.#stable)
    if (end <= this.#handedOut) return []
    const entries = this.#entries.slice(this.#handedOut + 1 - this.firstIndex, end + 1 - this.firstIndex)
    this.#handedOut = end
    return entries
  }

  appliedTo(index: number): void {
    assert(
      index >= this.applied && index <= this.#handedOut,
      'the applied index moves over what was handed out',
    )
    this.applied = index
  }

  /** Describes the state at an index that is applied and still in the log. */
  metaAt(index: number): SnapshotMeta {
    const term = this.term(index)
    assert(term !== undefined && index <= this.applied, `index ${index} can stand for a snapshot`)
    const version = this.configs.at(index)
    return { index, term, config: version.config, configIndex: version.index }
  }

  /** The last index to drop so that at most `entries` entries and `bytes` bytes stay up to `index`. */
  trailingStart(index: number, entries: number, bytes: number): number {
    let at = index
    let kept = 0
    while (at > this.#baseIndex && index - at < entries) {
      kept += entryBytes(this.entry(at) as Entry)
      if (kept > bytes) break
      at--
    }
    return at
  }

  /** Bytes of the entries in `(from, to]`, which are all here. */
  bytesBetween(from: number, to: number): number {
    let bytes = 0
    for (let at = from + 1; at <= to; at++) bytes += entryBytes(this.entry(at) as Entry)
    return bytes
  }

  /** A snapshot taken here is durable: it stands for the log up to it, and entries to `through` go. */
  compact(snapshot: SnapshotMeta, through: number): void {
    assert(through <= snapshot.index && snapshot.index <= this.applied, 'only applied entries are compacted')
    if (this.#snapshot === undefined || snapshot.index > this.#snapshot.index) this.#snapshot = snapshot
    if (through <= this.#baseIndex) return
    const term = this.term(through)
    assert(term !== undefined, 'compaction ends inside the log')
    for (const entry of this.#entries.splice(0, through - this.#baseIndex)) this.#bytes -= entryBytes(entry)
    this.#baseIndex = through
    this.#baseTerm = term
    this.configs.compactTo(snapshot.index)
  }

  /** Replaces everything by a snapshot received from the leader. */
  reset(snapshot: SnapshotMeta): void {
    assert(snapshot.index > this.commit, 'a snapshot only moves the log forward')
    this.#entries = []
    this.#bytes = 0
    this.#baseIndex = snapshot.index
    this.#baseTerm = snapshot.term
    this.#snapshot = snapshot
    this.#snapshotToInstall = snapshot
    this.configs.reset(snapshot.configIndex, snapshot.config)
    this.commit = snapshot.index
    this.applied = snapshot.index
    this.#handedOut = snapshot.index
    this.#stable = 0
    this.#nextToWrite = snapshot.index + 1
    for (const write of this.#writes) write.lastIndex = 0
  }
}
