/** The durable log of one Raft group over an ordered store. */
import { assert } from '../../base/index.ts'
import type { Entry, HardState, SnapshotMeta } from '../core/types.ts'
import type { Callback, LogStore, LogWrite, StoredLog } from '../types.ts'
import { encodeEntry } from './entry-codec.ts'
import { checkGroupId, entryKey, entryRange, groupRange, snapshotKey, stateKey } from './keys.ts'
import { type LoadedLog, readLog } from './log-load.ts'
import { encodeLogState, encodeSnapshotMeta } from './meta-codec.ts'
import type { OrderedStore, StoreOperation } from './ordered-store.ts'

/** A compaction of more entries than this takes several batches. */
const COMPACT_STEP_ENTRIES = 10_000

export interface LogStoreComponents {
  /** May be shared by several groups, as long as calls are made one at a time. */
  readonly store: OrderedStore
}

export interface LogStoreInit {
  /** The group the log belongs to; part of every key. */
  readonly groupId: number
}

/** What the store holds: entries `[first, last]`, none if `first` is `last + 1`. */
interface OnDisk {
  readonly hardState: HardState | undefined
  snapshotIndex: number
  first: number
  last: number
  /** Term of the entry at `last`, or of the snapshot if it stands there. */
  lastTerm: number
}

/**
 * A log store to `load` before anything is written. A call that breaks the rules of Raft (indexes
 * with a hole, terms that go back, a second vote in one term, a cut into what a snapshot covers)
 * throws an `AssertionError`, and so does any call after one that failed: its error was final.
 */
export function createLogStore(components: LogStoreComponents, init: LogStoreInit): LogStore {
  return new OrderedLogStore(components, init)
}

class OrderedLogStore implements LogStore {
  readonly #store: OrderedStore
  readonly #groupId: number
  #loaded = false
  #busy = false
  #failed = false
  #disk: OnDisk = { hardState: undefined, snapshotIndex: 0, first: 1, last: 0, lastTerm: 0 }

  constructor({ store }: LogStoreComponents, { groupId }: LogStoreInit) {
    this.#store = store
    this.#groupId = checkGroupId(groupId)
  }

  load(done: Callback<StoredLog | undefined>): void {
    assert(!this.#loaded, 'the log is loaded once')
    const finish = this.#begin(done)
    const { from, to } = groupRange(this.#groupId)
    this.#store.scan(from, to, (error, records) => {
      if (error !== undefined) return finish(error, undefined)
      let log: LoadedLog | undefined
      try {
        log = readLog(records, this.#store.location)
      } catch (damage) {
        return finish(damage as Error, undefined) // readLog throws Errors only
      }
      this.#remember(log)
      if (log === undefined || !log.dropped) return finish(undefined, log?.stored)
      this.#dropEntries((error) => finish(error, error === undefined ? log.stored : undefined))
    })
  }

  write(batch: LogWrite, done: Callback): void {
    assert(this.#loaded, 'the log is loaded before it is written')
    checkHardState(this.#disk.hardState, batch.hardState)
    const next = { ...this.#disk, hardState: batch.hardState ?? this.#disk.hardState }
    const operations: StoreOperation[] = []
    if (batch.snapshot !== undefined) this.#install(batch.snapshot, next, operations)
    if (batch.entries.length > 0) this.#append(batch.entries, next, operations)
    assert(
      next.hardState === undefined || next.lastTerm <= next.hardState.term,
      'no entry is of a term still to come',
    )
    operations.push(this.#putState(next))

    const finish = this.#begin(done)
    this.#store.batch(operations, (error) => {
      if (error === undefined) this.#disk = next
      finish(error)
    })
  }

  compact(snapshot: SnapshotMeta, through: number, done: Callback): void {
    assert(this.#loaded, 'the log is loaded before it is compacted')
    assert(snapshot.index >= this.#disk.snapshotIndex, 'a snapshot never goes back')
    assert(snapshot.index <= this.#disk.last, 'a snapshot stands for entries that are on disk')
    assert(through <= snapshot.index, 'only what the snapshot covers is dropped')
    const finish = this.#begin(done)

    // The snapshot goes first and entries from the front, so that wherever this stops, what is left
    // is a log that begins at or before its snapshot.
    const step = (operations: StoreOperation[]) => {
      const { first } = this.#disk
      const next = Math.max(first, Math.min(through + 1, first + COMPACT_STEP_ENTRIES))
      for (let index = first; index < next; index++) {
        operations.push({ type: 'delete', key: entryKey(this.#groupId, index) })
      }
      this.#store.batch(operations, (error) => {
        if (error !== undefined) return finish(error)
        this.#disk = { ...this.#disk, snapshotIndex: snapshot.index, first: next }
        if (next <= through) step([])
        else finish(undefined)
      })
    }
    step([this.#putSnapshot(snapshot), this.#putState(this.#disk)])
  }

  /** Marks a call as under way; the function returned ends it and calls back. */
  #begin<T>(done: Callback<T>): Callback<T> {
    assert(!this.#busy, 'calls to the log store are made one at a time')
    assert(!this.#failed, 'nothing is asked of a log store that has failed')
    this.#busy = true
    return (error, value) => {
      this.#busy = false
      this.#failed = error !== undefined
      done(error, value)
    }
  }

  #remember(log: LoadedLog | undefined): void {
    this.#loaded = true
    if (log === undefined) return
    const { hardState, snapshot, entries } = log.stored
    this.#disk = {
      hardState,
      snapshotIndex: snapshot?.index ?? 0,
      first: entries[0]?.index ?? log.lastIndex + 1,
      last: log.lastIndex,
      lastTerm: entries.at(-1)?.term ?? snapshot?.term ?? 0,
    }
  }

  #dropEntries(done: Callback): void {
    const operations: StoreOperation[] = [
      { type: 'delete-range', ...entryRange(this.#groupId) },
      this.#putState(this.#disk),
    ]
    this.#store.batch(operations, done)
  }

  #install(snapshot: SnapshotMeta, next: OnDisk, operations: StoreOperation[]): void {
    assert(snapshot.index >= next.snapshotIndex, 'a snapshot never goes back')
    operations.push({ type: 'delete-range', ...entryRange(this.#groupId) }, this.#putSnapshot(snapshot))
    next.snapshotIndex = snapshot.index
    next.first = snapshot.index + 1
    next.last = snapshot.index
    next.lastTerm = snapshot.term
  }

  #append(entries: readonly Entry[], next: OnDisk, operations: StoreOperation[]): void {
    const start = (entries[0] as Entry).index // the caller checked that there are some
    assert(
      start >= next.first && start <= next.last + 1,
      `${start} is not in [${next.first}, ${next.last + 1}]`,
    )
    assert(start > next.snapshotIndex, `entry ${start} is covered by a snapshot`)
    let term = start === next.last + 1 ? next.lastTerm : 0
    let index = start
    for (const entry of entries) {
      assert(entry.index === index, `entry ${entry.index} stands where ${index} belongs`)
      assert(entry.term >= term, `terms go back at entry ${index} (${term} to ${entry.term})`)
      operations.push({ type: 'put', key: entryKey(this.#groupId, index), value: encodeEntry(entry) })
      term = entry.term
      index++
    }
    next.lastTerm = term
    const end = index
    for (; index <= next.last; index++) {
      operations.push({ type: 'delete', key: entryKey(this.#groupId, index) })
    }
    next.last = end - 1
  }

  #putState({ hardState, last }: OnDisk): StoreOperation {
    return {
      type: 'put',
      key: stateKey(this.#groupId),
      value: encodeLogState({ hardState, lastIndex: last }),
    }
  }

  #putSnapshot(snapshot: SnapshotMeta): StoreOperation {
    return { type: 'put', key: snapshotKey(this.#groupId), value: encodeSnapshotMeta(snapshot) }
  }
}

function checkHardState(current: HardState | undefined, next: HardState | undefined): void {
  if (next === undefined || current === undefined) return
  assert(next.term >= current.term, `the term never goes back (${current.term} to ${next.term})`)
  assert(
    next.term > current.term || current.vote === undefined || next.vote === current.vote,
    `there is one vote per term (${current.term})`,
  )
}
