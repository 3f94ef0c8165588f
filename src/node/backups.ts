/**
 * Backups. Replicas that have applied the same entries hold the same bytes, so any node can make one of
 * everything that was acknowledged before: it asks for a read index, applies that much, and copies its own
 * database. The copy shares memory with the database until that is written.
 */
import { type Counters, checkNamespace, DEFAULT_NAMESPACE, DebrosError } from '../base/index.ts'
import { type SqlMachine, withJournalMode } from '../sql/index.ts'
import { type Consensus, limitsOf } from './consensus.ts'
import { BACKUP_IDLE_MS, BACKUPS_MAX } from './defaults.ts'
import { LentChunks } from './lent-chunks.ts'
import type { Router } from './router.ts'
import type { Backup, BackupOptions } from './types.ts'

export interface BackupsComponents {
  readonly consensus: Consensus
  readonly router: Router
  readonly sql: SqlMachine
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
    if (options.local !== true) await this.#catchUp(options)
    const chunks = await this.#lend(() => this.#image(namespace, options))
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

  async #image(namespace: string, { format = 'binary' }: BackupOptions): Promise<Opened> {
    const capture = await this.#components.sql.captureDatabase(namespace)
    const mode = format === 'binary' ? 'wal' : 'delete'
    return { chunks: withJournalMode(capture.chunks(), mode), release: () => capture.release() }
  }
}

interface Opened {
  readonly chunks: AsyncIterable<Uint8Array>
  readonly release: () => void
}
