/**
 * Backs the database up to a directory while this node leads: it looks at an interval whether something was
 * written since the last time. Nothing that goes wrong here is more than a line in the log and a count.
 */

import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import { type Counters, errorMessage, formatDuration, type Logger } from '../../base/index.ts'
import type { AutoBackupConfig } from './auto-backup-config.ts'
import { BackupDirectory, timestamped } from './backup-directory.ts'

const GROUP = 'uploader'
const NAMES = [
  'num_uploads_ok',
  'num_uploads_fail',
  'num_uploads_skipped',
  'num_uploads_skipped_id',
  'total_upload_bytes',
  'last_upload_bytes',
] as const
type Name = (typeof NAMES)[number]

export interface AutoBackupComponents {
  readonly isLeader: () => boolean
  /** Index of the last log entry that may have changed a database; 0: none has. */
  readonly dbAppliedIndex: () => number
  /** Everything that was acknowledged before the call, as a SQLite file. */
  readonly backup: (options: {
    vacuum: boolean
    signal: AbortSignal
  }) => Promise<{ readonly chunks: AsyncIterable<Uint8Array> }>
  readonly counters: Counters
  readonly logger: Logger
  /** Milliseconds since the epoch. @default Date.now */
  readonly now?: () => number
}

export interface AutoBackupInit extends AutoBackupConfig {
  readonly nodeId: string
}

/** As `/status` shows it. */
export interface AutoBackupStatus {
  readonly directory: string
  readonly name: string
  readonly intervalMs: number
  readonly compress: boolean
  readonly timestamp: boolean
  readonly vacuum: boolean
  /** Index up to which everything is in the newest backup; 0 if this node does not know of one. */
  readonly lastIndex: number
  /** Undefined before the first one that this process made. */
  readonly last: { readonly timeMs: number; readonly durationMs: number; readonly bytes: number } | undefined
  /** Why the last attempt failed, until one succeeds. */
  readonly failure: string | undefined
}

/** Counters that are shown before anything was counted, whether or not there are automatic backups. */
export function declareUploaderCounters(counters: Counters): void {
  counters.declare(GROUP, NAMES)
}

export class AutoBackup {
  readonly #components: AutoBackupComponents
  readonly #init: AutoBackupInit
  readonly #directory: BackupDirectory
  readonly #lifetime = new AbortController()
  #running: Promise<void> | undefined
  /** What the newest backup holds; undefined: to be looked up, as another node may have made it. */
  #lastIndex: number | undefined
  #last: AutoBackupStatus['last']
  #failure: string | undefined

  constructor(components: AutoBackupComponents, init: AutoBackupInit) {
    this.#components = components
    this.#init = init
    this.#directory = new BackupDirectory({ directory: init.directory, writer: init.nodeId })
  }

  start(): void {
    this.#running ??= this.#run()
  }

  /** A backup under way is given up. */
  async stop(): Promise<void> {
    this.#lifetime.abort(new Error('the node is stopping'))
    await this.#running
  }

  get status(): AutoBackupStatus {
    const { directory, name, intervalMs, compress, timestamp, vacuum } = this.#init
    const lastIndex = this.#lastIndex ?? 0
    const settings = { directory, name, intervalMs, compress, timestamp, vacuum }
    return { ...settings, lastIndex, last: this.#last, failure: this.#failure }
  }

  async #run(): Promise<void> {
    const { signal } = this.#lifetime
    while (!signal.aborted) {
      await sleep(this.#init.intervalMs, undefined, { signal }).catch(() => {}) // it was cut short
      if (!signal.aborted) await this.look()
    }
  }

  /** Makes a backup if this node leads and there is something new. Never rejects. */
  async look(): Promise<void> {
    const { isLeader, logger } = this.#components
    if (!isLeader()) {
      this.#lastIndex = undefined
      return
    }
    try {
      await this.#look()
      this.#failure = undefined
    } catch (error) {
      if (this.#lifetime.signal.aborted) return
      this.#failure = errorMessage(error)
      this.#count('num_uploads_fail')
      logger.error({ directory: this.#init.directory, error: this.#failure }, 'automatic backup failed')
    }
  }

  async #look(): Promise<void> {
    // Read before the backup is taken, which holds at least this.
    const index = this.#components.dbAppliedIndex()
    if (this.#lastIndex === undefined && index > 0) {
      // Where nobody can tell what the newest backup holds, one more does no harm.
      const newest = await this.#directory.newest().catch(() => undefined)
      if (newest?.id === String(index)) {
        this.#lastIndex = index
        this.#count('num_uploads_skipped_id')
        return
      }
    }
    if (index <= (this.#lastIndex ?? 0)) {
      this.#count('num_uploads_skipped')
      return
    }
    await this.#backUp(index)
  }

  async #backUp(index: number): Promise<void> {
    const { name, vacuum, compress, timestamp } = this.#init
    const { counters, logger, now = Date.now } = this.#components
    const { signal } = this.#lifetime
    const startedMs = now()
    const { chunks } = await this.#components.backup({ vacuum, signal })
    const bytes = await this.#directory.write(
      timestamp ? timestamped(name, startedMs) : name,
      untilAborted(compress ? gzipped(chunks) : chunks, signal),
      { id: String(index), timestamp: startedMs },
    )
    this.#lastIndex = index
    const durationMs = now() - startedMs
    this.#last = { timeMs: startedMs, durationMs, bytes }
    this.#count('num_uploads_ok')
    this.#count('total_upload_bytes', bytes)
    this.#count('last_upload_bytes', bytes - counters.get(GROUP, 'last_upload_bytes'))
    const { directory } = this.#init
    logger.info({ directory, index, bytes, took: formatDuration(durationMs) }, 'backed up')
  }

  #count(name: Name, count = 1): void {
    this.#components.counters.add(GROUP, name, count)
  }
}

/** Fails as the chunks do. */
async function* gzipped(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const out = new PassThrough()
  const done = pipeline(Readable.from(chunks, { objectMode: false }), createGzip(), out)
  done.catch(() => {}) // the reader of `out` hears of it
  yield* out as AsyncIterable<Uint8Array>
  await done
}

async function* untilAborted(
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    yield chunk
  }
}
