/** What a node's disk is known to hold of its log, by what the log store said was done. */
import type { Entry, LogWrite, NodeId, SnapshotMeta, StoredLog } from '../../raft/index.ts'
import { hashEntry } from './hash.ts'
import { Violation } from './violation.ts'

interface MirrorState {
  term: number
  vote: NodeId | undefined
  snapshotIndex: number
  first: number
  last: number
}

type PendingStep =
  | { readonly type: 'write'; readonly write: LogWrite }
  | { readonly type: 'compact'; readonly snapshot: SnapshotMeta; readonly through: number }

export class DurableMirror {
  term = 0
  vote: NodeId | undefined
  snapshotIndex = 0
  /** Indexes of the entries, `[first, last]`; `last` is the snapshot's where there is none behind it. */
  #first = 1
  lastIndex = 0
  readonly #terms = new Map<number, number>()
  readonly #hashes = new Map<number, number>()
  /** Indexes of entries that change the membership. */
  readonly #configs = new Set<number>()
  /** Begun, and not known to be done. */
  #pending: PendingStep | undefined

  termOf(index: number): number | undefined {
    return this.#terms.get(index)
  }

  holds(index: number, term: number): boolean {
    return index <= this.snapshotIndex || this.#terms.get(index) === term
  }

  /** Index of the last entry that changes the membership; 0 if there is none. */
  get lastConfig(): number {
    return Math.max(0, ...this.#configs)
  }

  begin(step: PendingStep): void {
    this.#pending = step
  }

  /** The step under way is on disk. Returns whether it replaced other entries. */
  finish(): boolean {
    const step = this.#pending
    this.#pending = undefined
    if (step === undefined) return false
    if (step.type === 'write') return this.#write(step.write)
    this.#compact(step.snapshot, step.through)
    return false
  }

  wipe(): void {
    this.#pending = undefined
    this.#forget()
    this.term = 0
    this.vote = undefined
    this.snapshotIndex = 0
    this.lastIndex = 0
  }

  /** Takes what was found at a start for true. */
  adopt(stored: StoredLog | undefined): void {
    this.wipe()
    this.term = stored?.hardState?.term ?? 0
    this.vote = stored?.hardState?.vote
    this.snapshotIndex = stored?.snapshot?.index ?? 0
    const first = stored?.entries[0]
    this.#first = first?.index ?? this.snapshotIndex + 1
    this.lastIndex = this.#first - 1
    for (const entry of stored?.entries ?? []) this.#put(entry)
  }

  /** A start must find what was written: all that was done, and the step under way wholly or not at all. */
  check(id: NodeId, stored: StoredLog | undefined): void {
    const before = this.#difference(stored)
    if (before === undefined) {
      this.#pending = undefined
      return
    }
    const pending = this.#pending !== undefined
    this.finish()
    const after = pending ? this.#difference(stored) : before
    if (after === undefined) return
    throw new Violation(
      'durable means durable',
      `${id} starts, and ${before}${pending ? `; or ${after}` : ''}`,
    )
  }

  /** How what is stored differs from what is known; undefined if it does not. */
  #difference(stored: StoredLog | undefined): string | undefined {
    const entries = stored?.entries ?? []
    const found: MirrorState = {
      term: stored?.hardState?.term ?? 0,
      vote: stored?.hardState?.vote,
      snapshotIndex: stored?.snapshot?.index ?? 0,
      first: entries[0]?.index ?? (stored?.snapshot?.index ?? 0) + 1,
      last: entries.at(-1)?.index ?? stored?.snapshot?.index ?? 0,
    }
    const known: MirrorState = {
      term: this.term,
      vote: this.vote,
      snapshotIndex: this.snapshotIndex,
      first: this.#terms.size === 0 ? this.snapshotIndex + 1 : this.#first,
      last: this.lastIndex,
    }
    for (const name of ['term', 'vote', 'snapshotIndex', 'first', 'last'] as const) {
      if (found[name] !== known[name]) return `its ${name} is ${found[name]}, not ${known[name]}`
    }
    for (const entry of entries) {
      if (entry.term !== this.#terms.get(entry.index) || hashEntry(entry) !== this.#hashes.get(entry.index)) {
        return `its entry ${entry.index} is another one`
      }
    }
    return undefined
  }

  #write(write: LogWrite): boolean {
    if (write.hardState !== undefined) {
      this.term = write.hardState.term
      this.vote = write.hardState.vote
    }
    if (write.snapshot !== undefined) {
      this.#forget()
      this.snapshotIndex = write.snapshot.index
      this.#first = write.snapshot.index + 1
      this.lastIndex = write.snapshot.index
    }
    const first = write.entries[0]
    const replaces = first !== undefined && first.index <= this.lastIndex
    if (first !== undefined) {
      for (let index = first.index; index <= this.lastIndex; index++) this.#drop(index)
      this.lastIndex = first.index - 1
    }
    for (const entry of write.entries) this.#put(entry)
    return replaces
  }

  #compact(snapshot: SnapshotMeta, through: number): void {
    this.snapshotIndex = Math.max(this.snapshotIndex, snapshot.index)
    for (let index = this.#first; index <= through; index++) this.#drop(index)
    this.#first = Math.max(this.#first, through + 1)
  }

  #put(entry: Entry): void {
    if (this.#terms.size === 0) this.#first = entry.index
    this.#terms.set(entry.index, entry.term)
    this.#hashes.set(entry.index, hashEntry(entry))
    if (entry.kind === 'config') this.#configs.add(entry.index)
    this.lastIndex = entry.index
  }

  #drop(index: number): void {
    this.#terms.delete(index)
    this.#hashes.delete(index)
    this.#configs.delete(index)
  }

  #forget(): void {
    this.#terms.clear()
    this.#hashes.clear()
    this.#configs.clear()
    this.#first = 1
  }
}
