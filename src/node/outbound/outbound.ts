/** What a node does on its own account, besides answering: backups, and sending changes. */
import type { Counters, Logger } from '../../base/index.ts'
import { formatDuration } from '../../base/index.ts'
import type { SqlMachine } from '../../sql/index.ts'
import { type Command, encodeCommand } from '../codec/command-codec.ts'
import type { Consensus } from '../consensus.ts'
import { DEFAULT_TIMEOUT_MS } from '../defaults.ts'
import type { DatabaseService } from '../types.ts'
import { AutoBackup, type AutoBackupStatus, declareUploaderCounters } from './auto-backup.ts'
import type { AutoBackupConfig } from './auto-backup-config.ts'
import { declareDownloaderCounters, restoreOnce } from './auto-restore.ts'
import type { AutoRestoreConfig } from './auto-restore-config.ts'
import type { ChangeCaptureConfig } from './change-capture-config.ts'
import { openChangeEndpoint } from './change-endpoint.ts'
import { ChangeSender, declareChangeCounters } from './change-sender.ts'
import { ChangeSwitch } from './change-switch.ts'

export interface OutboundComponents {
  readonly consensus: Consensus
  readonly sql: SqlMachine
  readonly database: Pick<DatabaseService, 'backup' | 'load'>
  readonly dbAppliedIndex: () => number
  readonly counters: Counters
  readonly logger: Logger
}

export interface OutboundInit {
  readonly nodeId: string
  readonly autoBackup: AutoBackupConfig | undefined
  readonly autoRestore: AutoRestoreConfig | undefined
  readonly changeCapture: ChangeCaptureConfig | 'off' | undefined
}

/** As `/status` shows it. */
export interface OutboundStatus {
  /** Undefined if there are no automatic backups. */
  readonly autoBackup: AutoBackupStatus | undefined
  readonly changeCapture: ChangeCaptureStatus
}

export interface ChangeCaptureStatus {
  /** Whether the cluster captures changes. */
  readonly capturing: boolean
  /** Where this node sends them while it leads; undefined: nowhere. */
  readonly endpoint: string | undefined
  readonly serviceId: string | undefined
  /** Log index up to which everything was delivered. */
  readonly deliveredThrough: number
  /** Messages that wait to be delivered, and the bytes of their events. */
  readonly waiting: number
  readonly waitingBytes: number
  /** Why nothing is delivered at present. */
  readonly failure: string | undefined
}

const READ_NOTHING = { bytesMax: 0, messagesMax: 0 }

export class Outbound {
  readonly #components: OutboundComponents
  readonly #init: OutboundInit
  readonly #backup: AutoBackup | undefined
  #changes: ChangeSender | ChangeSwitch | undefined
  #endpoint: string | undefined

  constructor(components: OutboundComponents, init: OutboundInit) {
    this.#components = components
    this.#init = init
    const { counters } = components
    declareUploaderCounters(counters)
    declareDownloaderCounters(counters)
    declareChangeCounters(counters)
    if (init.autoBackup !== undefined) this.#backup = this.#createBackup(init.autoBackup)
  }

  /** Rejects if a file of the endpoint's TLS settings cannot be read. */
  async start(): Promise<void> {
    const { changeCapture: config, nodeId } = this.#init
    if (config === 'off') this.#changes = new ChangeSwitch(this.#changeComponents())
    else if (config !== undefined) {
      const endpoint = await openChangeEndpoint(config)
      this.#endpoint = endpoint.name
      this.#changes = new ChangeSender({ ...this.#changeComponents(), endpoint }, { nodeId, config })
    }
    this.#backup?.start()
    this.#changes?.start()
  }

  /**
   * Fills the database from a backup, if this node is told to and there is nothing in it. To be called once a
   * leader is known and all that was committed is applied here. Rejects with `AUTO_RESTORE_FAILED`.
   */
  async restore(signal: AbortSignal): Promise<void> {
    const { autoRestore } = this.#init
    if (autoRestore === undefined) return
    const { consensus, sql, database, counters, logger } = this.#components
    await restoreOnce(
      {
        isLeader: () => consensus.isLeader,
        hasData: async () => (await sql.stats()).namespaces.some(({ sizeBytes }) => sizeBytes > 0),
        load: async (source, options) => {
          const { results } = await database.load(source, options)
          const failure = results.find((result) => result.kind === 'error')
          if (failure !== undefined) throw new Error(failure.message)
        },
        ...{ counters, logger },
      },
      autoRestore,
      signal,
    )
  }

  async stop(): Promise<void> {
    await Promise.all([this.#backup?.stop(), this.#changes?.stop()])
  }

  /** To be called whenever this node begins or ends to lead. */
  roleChanged(): void {
    this.#changes?.roleChanged()
  }

  /** To be called whenever the databases may have changed. */
  applied(): void {
    this.#changes?.applied()
  }

  /** Before this node hands over its lead: the next leader will know what was delivered. */
  async prepareHandover(): Promise<void> {
    if (this.#components.consensus.isLeader) await this.#changes?.pause()
  }

  /** The lead was not handed over. */
  handoverFailed(): void {
    this.#changes?.resume()
  }

  async status(): Promise<OutboundStatus> {
    const { changeCapture: config } = this.#init
    const { settings, deliveredThrough, waiting, waitingBytes } = await this.#components.sql.changes(
      Number.MAX_SAFE_INTEGER,
      READ_NOTHING,
    )
    return {
      autoBackup: this.#backup?.status,
      changeCapture: {
        capturing: settings !== undefined,
        endpoint: this.#endpoint,
        serviceId: config === 'off' ? undefined : config?.serviceId,
        ...{ deliveredThrough, waiting, waitingBytes },
        failure: this.#changes?.failure,
      },
    }
  }

  #createBackup(config: AutoBackupConfig): AutoBackup {
    const { consensus, database, dbAppliedIndex, counters, logger } = this.#components
    const { directory, intervalMs } = config
    logger.info({ directory, every: formatDuration(intervalMs) }, 'automatic backups')
    return new AutoBackup(
      {
        isLeader: () => consensus.isLeader,
        dbAppliedIndex,
        // Whatever opens it need not be able to write beside it.
        backup: ({ vacuum, signal }) =>
          database.backup({ ...(vacuum ? { vacuum } : { format: 'delete' }), signal }),
        counters,
        logger,
      },
      { ...config, nodeId: this.#init.nodeId },
    )
  }

  #changeComponents() {
    const { consensus, sql, counters, logger } = this.#components
    return {
      isLeader: () => consensus.isLeader,
      caughtUp: (signal: AbortSignal) => consensus.readIndex({ timeoutMs: DEFAULT_TIMEOUT_MS, signal }),
      propose: (command: Command, signal: AbortSignal) =>
        consensus.propose(encodeCommand(command), { timeoutMs: DEFAULT_TIMEOUT_MS, signal }),
      ...{ sql, counters, logger },
    }
  }
}
