/**
 * What a start may go on from. Writes are not synced, so it depends on how the last run ended:
 * - the process stopped or crashed: all it wrote is in the system's page cache, and is trusted;
 * - the system went down: the database's journal may have lost writes in its middle and kept later
 *   ones, and the database opens without a word about it, so nothing is trusted;
 * - a restore was under way: what is there is a part of something.
 * What is not trusted is deleted, and the applied index is 0: snapshot and log, which are durable,
 * bring the state back.
 */
import { DebrosError } from '../base/index.ts'
import type { KvDatabase, KvDatabaseOperation } from './database.ts'
import { ALL_NAMESPACES, APPLIED_KEY, BOOT_KEY, RESTORING_KEY } from './keys.ts'
import { getUint64, putUint64 } from './stored-value.ts'

/** Of everything in the database, kept in front of the applied index. */
const FORMAT = 1
const APPLIED_BYTES = 9

export interface Recovered {
  /** The index to go on from. */
  readonly applied: number
  /** Why what was there had to go; undefined if it stays, or nothing was there. */
  readonly distrust: string | undefined
}

export interface RecoverInit {
  /** Names this run of the operating system; undefined if the system does not tell. */
  readonly bootId: string | undefined
  readonly location: string
}

/** Throws `DATA_DIR_UNREADABLE` if another version wrote the database. */
export async function recover(db: KvDatabase, { bootId, location }: RecoverInit): Promise<Recovered> {
  const [stored, lastBoot, restoring] = await db.getMany([APPLIED_KEY, BOOT_KEY, RESTORING_KEY])
  const applied = stored === undefined ? 0 : decodeApplied(stored, location)
  const sameBoot = bootId !== undefined && lastBoot !== undefined && textOf(lastBoot) === bootId
  if (stored !== undefined && sameBoot && restoring === undefined) return { applied, distrust: undefined }

  // The marks of distrust go last, so that an interrupted deletion is begun again.
  await db.clear(ALL_NAMESPACES)
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

/** Written together with what it stands for. One byte for the format, then the index as 8 bytes. */
export function putApplied(index: number): KvDatabaseOperation {
  const value = new Uint8Array(APPLIED_BYTES)
  value[0] = FORMAT
  putUint64(value.subarray(1), index)
  return { type: 'put', key: APPLIED_KEY, value }
}

function decodeApplied(value: Uint8Array, location: string): number {
  if (value.byteLength === APPLIED_BYTES && value[0] === FORMAT) return getUint64(value.subarray(1))
  throw new DebrosError(
    'DATA_DIR_UNREADABLE',
    `the key-value store in ${location} has a format this version does not know: start it with the version that ` +
      'wrote it, or delete this directory alone to have it rebuilt from the Raft log and its snapshot',
  )
}

function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}
