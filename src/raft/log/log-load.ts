/**
 * Reading a stored log back. Whatever may have been acknowledged must be there and be what was
 * written; anything else stops the node, because to cut a log in the middle is to lose entries that
 * a majority counts on (Protocol-Aware Recovery, FAST '18).
 */
import { errorMessage } from '../../base/index.ts'
import type { Entry, SnapshotMeta } from '../core/types.ts'
import type { StoredLog } from '../types.ts'
import { decodeEntry } from './entry-codec.ts'
import { RaftStorageError } from './errors.ts'
import { parseLogKey } from './keys.ts'
import { decodeLogState, decodeSnapshotMeta, type LogState } from './meta-codec.ts'
import type { StoreRecord } from './ordered-store.ts'

export interface LoadedLog {
  readonly stored: StoredLog
  /** The last index of the log: of its last entry, else of the snapshot, else 0. */
  readonly lastIndex: number
  /** Entries were left out, because the log ends before the snapshot; they are to be deleted. */
  readonly dropped: boolean
}

/** Undefined if there is nothing. Throws `RAFT_LOG_DAMAGED`. `records` are those of one group, by key. */
export function readLog(records: readonly StoreRecord[], location: string): LoadedLog | undefined {
  if (records.length === 0) return undefined
  const { state, snapshot, entries } = decodeRecords(records, location)
  if (state === undefined) throw damagedLog(location, undefined, 'the record of its state is missing')
  checkEntries(entries, state, location)

  const snapshotIndex = snapshot?.index ?? 0
  const lastEntryIndex = entries.at(-1)?.index ?? 0
  // What the snapshot covers may be gone; everything beyond it must be here.
  if (Math.max(lastEntryIndex, snapshotIndex) < state.lastIndex) {
    const index = Math.max(lastEntryIndex, snapshotIndex) + 1
    throw damagedLog(location, index, `entries ${index} to ${state.lastIndex} are missing`)
  }
  if (lastEntryIndex < snapshotIndex || entries.length === 0) {
    const stored = { hardState: state.hardState, snapshot, entries: [] }
    return { stored, lastIndex: snapshotIndex, dropped: entries.length > 0 }
  }
  checkStart(entries, snapshot, location)
  return {
    stored: { hardState: state.hardState, snapshot, entries },
    lastIndex: lastEntryIndex,
    dropped: false,
  }
}

function damagedLog(
  location: string,
  index: number | undefined,
  reason: string,
  cause?: unknown,
): RaftStorageError {
  const where = index === undefined ? '' : ` at index ${index}`
  const message =
    `the Raft log in ${location} is damaged${where}: ${reason}. It may have held acknowledged entries, so this node ` +
    'must not go on with it: move its data directory away, and start it with an empty one and the address of a ' +
    'member to join; its name may stay the same'
  return new RaftStorageError('RAFT_LOG_DAMAGED', message, { index, path: location, cause })
}

interface DecodedRecords {
  state: LogState | undefined
  snapshot: SnapshotMeta | undefined
  readonly entries: Entry[]
}

function decodeRecords(records: readonly StoreRecord[], location: string): DecodedRecords {
  const decoded: DecodedRecords = { state: undefined, snapshot: undefined, entries: [] }
  for (const { key, value } of records) {
    const name = parseLogKey(key)
    if (name === undefined) {
      throw damagedLog(location, undefined, `it has an unknown key ${Buffer.from(key).toString('hex')}`)
    }
    try {
      if (name.kind === 'state') decoded.state = decodeLogState(value)
      else if (name.kind === 'snapshot') decoded.snapshot = decodeSnapshotMeta(value)
      else decoded.entries.push(decodeEntry(value, name.index))
    } catch (error) {
      throw damagedLog(location, name.kind === 'entry' ? name.index : undefined, errorMessage(error), error)
    }
  }
  return decoded
}

function checkEntries(entries: readonly Entry[], { hardState, lastIndex }: LogState, location: string): void {
  let previous: Entry | undefined
  for (const entry of entries) {
    if (previous !== undefined && entry.index !== previous.index + 1) {
      throw damagedLog(
        location,
        previous.index + 1,
        `the entry is missing; the next one stored is ${entry.index}`,
      )
    }
    if (previous !== undefined && entry.term < previous.term) {
      throw damagedLog(location, entry.index, `its term ${entry.term} is below that of the entry before it`)
    }
    previous = entry
  }
  if (previous === undefined) return
  if (previous.index > lastIndex) {
    throw damagedLog(location, previous.index, `the log should end at index ${lastIndex}`)
  }
  if (hardState !== undefined && previous.term > hardState.term) {
    throw damagedLog(location, previous.index, `its term ${previous.term} is above the current term`)
  }
}

function checkStart(entries: readonly Entry[], snapshot: SnapshotMeta | undefined, location: string): void {
  const first = entries[0]
  const start = (snapshot?.index ?? 0) + 1
  if (first !== undefined && first.index > start) {
    throw damagedLog(location, start, `the entry is missing; the first one stored is ${first.index}`)
  }
  const covered = snapshot && entries.find((entry) => entry.index === snapshot.index)
  if (snapshot !== undefined && covered !== undefined && covered.term !== snapshot.term) {
    const reason = `its term is ${covered.term}, but the snapshot there has term ${snapshot.term}`
    throw damagedLog(location, snapshot.index, reason)
  }
}
