/**
 * What a start may go on from. Writes are not synced, so it depends on how the last run ended:
 * - the process stopped or crashed: all it wrote is in the system's page cache, and is trusted;
 * - the system went down: the database's journal may have lost writes in its middle and kept later
 *   ones, and the database opens without a word about it, so nothing is trusted;
 * - a restore was under way: what is there is a part of something.
 * What is not trusted is deleted, outcomes of requests with the data, and the applied index is 0:
 * snapshot and log, which are durable, bring the state back.
 */
import { DebrosError, type OutcomeHistory } from '../base/index.ts'
import type { KvDatabase, KvDatabaseOperation } from './database.ts'
import { ALL_NAMESPACES, APPLIED_KEY, BOOT_KEY, HISTORY, RESTORING_KEY } from './keys.ts'
import { type OutcomeRecords, StoredHistory } from './stored-history.ts'
import { getUint64, putUint64 } from './stored-value.ts'

/** Of everything in the database, kept in front of the applied index. */
const FORMAT = 2
const APPLIED_BYTES = 9
/** How much one step of loading the outcomes reads. */
const LOAD_STEP_ENTRIES = 1024
const LOAD_STEP_BYTES = 256 * 1024

export interface Recovered {
  /** The index to go on from. */
  readonly applied: number
  /** Why what was there had to go; undefined if it stays, or nothing was there. */
  readonly distrust: string | undefined
}

/** What is loaded from the database. */
export interface RecoveredParts {
  readonly history: OutcomeHistory
  readonly records: OutcomeRecords
}

export interface RecoverInit {
  /** Names this run of the operating system; undefined if the system does not tell. */
  readonly bootId: string | undefined
  readonly location: string
}

/** Loads the history too. Throws `DATA_DIR_UNREADABLE` if another version wrote the database. */
export async function recover(
  db: KvDatabase,
  { history, records }: RecoveredParts,
  { bootId, location }: RecoverInit,
): Promise<Recovered> {
  const [stored, lastBoot, restoring] = await db.getMany([APPLIED_KEY, BOOT_KEY, RESTORING_KEY])
  const applied = stored === undefined ? 0 : decodeApplied(stored, location)
  const sameBoot = bootId !== undefined && lastBoot !== undefined && textOf(lastBoot) === bootId
  if (stored !== undefined && sameBoot && restoring === undefined) {
    const stored = await readHistory(db, location)
    stored.loadInto(history, records)
    return { applied, distrust: undefined }
  }

  // The marks of distrust go last, so that an interrupted deletion is begun again.
  await clearState(db)
  new StoredHistory().loadInto(history, records)
  const boot = new TextEncoder().encode(bootId ?? '')
  const marks: KvDatabaseOperation[] = [
    putApplied(0),
    { type: 'put', key: BOOT_KEY, value: boot },
    { type: 'del', key: RESTORING_KEY },
  ]
  await db.batch(marks, { sync: true })
  if (restoring !== undefined) return { applied: 0, distrust: 'a restore was interrupted' }
  return { applied: 0, distrust: applied > 0 ? 'the system was restarted' : undefined }
}

/** Deletes all that is part of the replicated state. */
export async function clearState(db: KvDatabase): Promise<void> {
  await db.clear(ALL_NAMESPACES)
  await db.clear(HISTORY)
}

async function readHistory(db: KvDatabase, location: string): Promise<StoredHistory> {
  const stored = new StoredHistory()
  const iterator = db.iterator({ ...HISTORY, snapshot: undefined, highWaterMarkBytes: LOAD_STEP_BYTES })
  try {
    for (;;) {
      const step = await iterator.nextv(LOAD_STEP_ENTRIES)
      if (step.length === 0) break
      for (const [key, value] of step) {
        if (!stored.addStored(key, value))
          throw unreadable('has outcomes of requests that this version cannot read', location)
      }
    }
  } finally {
    await iterator.close()
  }
  return stored
}

/** Written together with what it stands for. One byte for the format, then the index as 8 bytes. */
export function putApplied(index: number): KvDatabaseOperation {
  const value = new Uint8Array(APPLIED_BYTES)
  value[0] = FORMAT
  putUint64(value.subarray(1), index)
  return { type: 'put', key: APPLIED_KEY, value }
}

function decodeApplied(value: Uint8Array, location: string): number {
  if (value.byteLength === APPLIED_BYTES && value[0] === FORMAT) return getUint64(value.subarray(1))
  throw unreadable('has a format this version does not know', location)
}

function unreadable(what: string, location: string): DebrosError {
  return new DebrosError(
    'DATA_DIR_UNREADABLE',
    `the key-value store in ${location} ${what}: start it with the version that wrote it, or delete this ` +
      'directory alone to have it rebuilt from the Raft log and its snapshot',
  )
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
