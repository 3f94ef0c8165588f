/**
 * Fills the empty database of a new cluster from a backup, through the log: nodes that join later, and this
 * one after a restart, have it like any other data. A cluster that holds data is left as it is.
 */
import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { type Counters, DebrosError, errorMessage, formatDuration, type Logger } from '../../base/index.ts'
import type { AutoRestoreConfig } from './auto-restore-config.ts'
import { BackupDirectory } from './backup-directory.ts'

const GROUP = 'downloader'
const NAMES = ['num_downloads_ok', 'num_downloads_fail', 'num_downloads_skipped', 'num_bytes'] as const

const GZIP_MAGIC = Buffer.from([0x1f, 0x8b])
const SQLITE_MAGIC = Buffer.from('SQLite format 3\0')

export interface AutoRestoreComponents {
  /** Whether any database of the cluster holds anything, as far as this node has applied. */
  readonly hasData: () => Promise<boolean>
  readonly isLeader: () => boolean
  /** Replaces the database, on all nodes. */
  readonly load: (
    source: AsyncIterable<Uint8Array>,
    options: { timeoutMs: number; signal: AbortSignal },
  ) => Promise<unknown>
  readonly counters: Counters
  readonly logger: Logger
}

export function declareDownloaderCounters(counters: Counters): void {
  counters.declare(GROUP, NAMES)
}

/**
 * To be called once a leader is known and all that was committed is applied here. Rejects with
 * `AUTO_RESTORE_FAILED` if the backup cannot be restored and the node must not go on without.
 */
export async function restoreOnce(
  { hasData, isLeader, load, counters, logger }: AutoRestoreComponents,
  config: AutoRestoreConfig,
  signal: AbortSignal,
): Promise<void> {
  if (!isLeader() || (await hasData())) {
    counters.add(GROUP, 'num_downloads_skipped')
    logger.info({}, 'nothing is restored: the cluster is in use')
    return
  }
  const startedMs = performance.now()
  try {
    const path = await pathOf(config)
    logger.info({ path }, 'restoring a backup')
    const count = (bytes: number): void => counters.add(GROUP, 'num_bytes', bytes)
    const limit = AbortSignal.any([signal, AbortSignal.timeout(config.timeoutMs)])
    await load(databaseIn(path, limit, count), { timeoutMs: config.timeoutMs, signal: limit })
    counters.add(GROUP, 'num_downloads_ok')
    logger.info({ path, took: formatDuration(Math.round(performance.now() - startedMs)) }, 'restored')
  } catch (error) {
    signal.throwIfAborted()
    counters.add(GROUP, 'num_downloads_fail')
    const reason = errorMessage(error)
    if (!config.continueOnFailure) {
      const message = `the backup to start with cannot be restored: ${reason}`
      throw new DebrosError('AUTO_RESTORE_FAILED', message, { cause: error })
    }
    logger.error({ error: reason }, 'nothing could be restored; the database is empty')
  }
}

async function pathOf({ directory, name }: AutoRestoreConfig): Promise<string> {
  if (name !== undefined) return join(directory, name)
  const newest = await new BackupDirectory({ directory, writer: '' }).newestPath()
  if (newest === undefined) {
    throw new DebrosError('BACKUP_DIRECTORY_INVALID', `${directory} has no METADATA.json that names a backup`)
  }
  return newest
}

/** The SQLite file at a path, or in the gzip file there. */
async function* databaseIn(
  path: string,
  signal: AbortSignal,
  count: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  const chunks = (await beginsWith(path, GZIP_MAGIC))
    ? unzipped(path, signal)
    : createReadStream(path, { signal })
  let start = Buffer.alloc(0)
  let isChecked = false
  for await (const chunk of chunks as AsyncIterable<Uint8Array>) {
    count(chunk.length)
    if (isChecked) {
      yield chunk
      continue
    }
    start = Buffer.concat([start, chunk])
    if (start.length < SQLITE_MAGIC.length) continue
    checkMagic(path, start)
    isChecked = true
    yield start
  }
  if (!isChecked) checkMagic(path, start)
}

function checkMagic(path: string, start: Buffer): void {
  if (start.subarray(0, SQLITE_MAGIC.length).equals(SQLITE_MAGIC)) return
  throw new DebrosError('BACKUP_DIRECTORY_INVALID', `${path} is no SQLite file`)
}

async function beginsWith(path: string, magic: Buffer): Promise<boolean> {
  const file = await open(path, 'r')
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(magic.length), 0, magic.length, 0)
    return bytesRead === magic.length && buffer.equals(magic)
  } finally {
    await file.close()
  }
}

async function* unzipped(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  const out = new PassThrough()
  const done = pipeline(createReadStream(path), createGunzip(), out, { signal })
  done.catch(() => {}) // the reader of `out` hears of it
  yield* out as AsyncIterable<Uint8Array>
  await done
}
