/**
 * Backups. Replicas that have applied the same entries hold the same bytes, so any node can make one of
 * everything that was acknowledged before: it asks for a read index, applies that much, and copies its own
 * database. The copy shares memory with the database until that is written.
 */
import { type Counters, checkNamespace, DEFAULT_NAMESPACE, DebrosError, paced } from '../base/index.ts'
import { type SqlMachine, type SqlScratch, withJournalMode } from '../sql/index.ts'
import { type Consensus, callAborted, limitsOf } from './consensus.ts'
import { BACKUP_IDLE_MS, BACKUPS_MAX } from './defaults.ts'
import { LentChunks } from './lent-chunks.ts'
import type { Router } from './router.ts'
import type { Scratches } from './scratches.ts'
import type { Backup, BackupOptions } from './types.ts'

/** The rest of the time is for the writes beside it, and for the network. */
const BACKUP_PACE = { parts: 4, usingIsWork: false }

export interface BackupsComponents {
  readonly consensus: Consensus
  readonly router: Router
  readonly sql: SqlMachine
  readonly scratches: Scratches
  readonly counters: Counters
}

export interface BackupsInit {
  readonly servedBy: () => string
}

export class Backups {
  readonly #components: BackupsComponents
  readonly #init: BackupsInit
  #open = 0

  constructor(components: BackupsComponents, init: BackupsInit) {
    this.#components = components
    this.#init = init
    components.counters.declare('store', ['num_backups'])
  }

  /** See {@link DatabaseService.backup}. */
  async take(options: BackupOptions): Promise<Backup> {
    const namespace = checkNamespace(options.namespace ?? DEFAULT_NAMESPACE)
    const { format = 'binary', vacuum = false } = options
    if (vacuum && format !== 'binary') {
      throw new DebrosError(
        'BACKUP_INVALID',
        'invalid backup format: vacuum goes with the binary format only',
      )
    }
    if (options.local !== true) await this.#catchUp(options)
    const chunks = await this.#lend(() => {
      if (format === 'sql') return this.#worked(namespace, options, async (copy) => copy.dump(options.tables))
      if (vacuum) return this.#worked(namespace, options, vacuumed)
      return this.#image(namespace, format)
    })
    this.#components.counters.add('store', 'num_backups')
    return { servedBy: this.#init.servedBy(), chunks }
  }

  async #catchUp(options: BackupOptions): Promise<void> {
    const { consensus, router } = this.#components
    await router.attempt((remaining) => consensus.readIndex(remaining), limitsOf(options), 'read')
  }

  /** Counts what is open, from before it is opened until it is given back. */
  async #lend(open: () => Promise<Opened>): Promise<LentChunks> {
    if (this.#open >= BACKUPS_MAX) {
      throw new DebrosError('BACKUP_BUSY', 'too many backups are being taken; try again later', {
        retryable: true,
      })
    }
    this.#open++
    const giveBack = (): void => {
      this.#open--
    }
    try {
      const { chunks, release } = await open()
      const expired = (): DebrosError =>
        new DebrosError('BACKUP_EXPIRED', 'the backup was not read for too long')
      const releaseBoth = (): void => {
        giveBack()
        release()
      }
      return new LentChunks(chunks, { release: releaseBoth, idleMs: BACKUP_IDLE_MS, expired })
    } catch (error) {
      giveBack()
      throw error
    }
  }

  async #image(namespace: string, format: 'binary' | 'delete'): Promise<Opened> {
    const capture = await this.#components.sql.captureDatabase(namespace)
    const mode = format === 'binary' ? 'wal' : 'delete'
    return {
      chunks: withJournalMode(paced(capture.chunks(), BACKUP_PACE), mode),
      release: () => capture.release(),
    }
  }

  /** What comes of work on a copy, which is in a thread of its own until the last of it is read. */
  async #worked(
    namespace: string,
    options: BackupOptions,
    work: (copy: SqlScratch) => Promise<AsyncIterable<Uint8Array>>,
  ): Promise<Opened> {
    const { sql, scratches } = this.#components
    const { signal } = options
    const { copy, end } = await scratches.lend(limitsOf(options))
    try {
      const capture = await sql.captureDatabase(namespace)
      try {
        await copy.write(capture.chunks())
      } finally {
        capture.release()
      }
      return { chunks: await work(copy), release: () => void end() }
    } catch (error) {
      await end()
      if (signal?.aborted === true) throw callAborted('not-applied', signal.reason)
      throw error
    }
  }
}

async function vacuumed(copy: SqlScratch): Promise<AsyncIterable<Uint8Array>> {
  await copy.vacuum()
  return copy.file()
}

interface Opened {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly release: () => void
}
