/**
 * Housekeeping of the databases on a schedule: the leader puts VACUUM and ANALYZE into the log, so that
 * every replica does the same at the same place. A schedule begins with the process; where the lead
 * moves, the next one comes when the new leader's own is due.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Counters, errorMessage, type Logger, TIMER_MS_MAX } from '../base/index.ts'
import type { DatabaseService } from './types.ts'

export interface MaintenanceIntervals {
  /** Between two VACUUMs, which give back the space of what was deleted. 0: never. @default 0 */
  readonly vacuumMs?: number
  /** Between two ANALYZEs, which tell SQLite's planner what the tables hold. 0: never. @default 0 */
  readonly optimizeMs?: number
}

export interface MaintenanceComponents {
  readonly database: Pick<DatabaseService, 'execute'>
  readonly isLeader: () => boolean
  readonly namespaces: () => Promise<readonly string[]>
  /** Grows with every entry that changed a database. */
  readonly dbAppliedIndex: () => number
  readonly counters: Counters
  readonly logger: Logger
}

interface Task {
  readonly statement: string
  readonly intervalMs: number
  readonly counter: string
}

/** What is put into the log is done there; waiting longer tells nothing new. */
const STATEMENT_TIMEOUT_MS = 60_000

export class Maintenance {
  readonly #components: MaintenanceComponents
  readonly #tasks: readonly Task[]
  readonly #lifetime = new AbortController()
  #running: readonly Promise<void>[] = []

  constructor(components: MaintenanceComponents, { vacuumMs = 0, optimizeMs = 0 }: MaintenanceIntervals) {
    this.#components = components
    this.#tasks = [
      { statement: 'VACUUM', intervalMs: vacuumMs, counter: 'num_auto_vacuums' },
      { statement: 'ANALYZE', intervalMs: optimizeMs, counter: 'num_auto_optimizes' },
    ]
    components.counters.declare(
      'store',
      this.#tasks.flatMap(({ counter }) => [counter, `${counter}_failed`]),
    )
  }

  start(): void {
    this.#running = this.#tasks.filter(({ intervalMs }) => intervalMs > 0).map((task) => this.#repeat(task))
  }

  async stop(): Promise<void> {
    this.#lifetime.abort(new Error('the node is stopping'))
    await Promise.all(this.#running)
  }

  async #repeat(task: Task): Promise<void> {
    const { signal } = this.#lifetime
    let doneAt: number | undefined
    while (!signal.aborted) {
      await sleep(Math.min(task.intervalMs, TIMER_MS_MAX), undefined, { signal }).catch(() => {})
      const { isLeader, dbAppliedIndex } = this.#components
      // Nothing was written since: nothing to do.
      if (signal.aborted || !isLeader() || dbAppliedIndex() === doneAt) continue
      if (await this.#run(task, signal)) doneAt = dbAppliedIndex()
    }
  }

  async #run({ statement, counter }: Task, signal: AbortSignal): Promise<boolean> {
    const { database, namespaces, counters, logger } = this.#components
    const startedAt = performance.now()
    try {
      for (const namespace of await namespaces()) {
        const options = { namespace, signal, timeoutMs: STATEMENT_TIMEOUT_MS }
        const { results } = await database.execute([statement], options)
        const failed = results.find((result) => result.kind === 'error')
        if (failed !== undefined) throw new Error(`${namespace}: ${failed.message}`)
      }
      counters.add('store', counter)
      logger.info({ ms: Math.round(performance.now() - startedAt) }, `automatic ${statement} done`)
      return true
    } catch (error) {
      if (signal.aborted) return false
      counters.add('store', `${counter}_failed`)
      logger.warn(
        { error: errorMessage(error) },
        `automatic ${statement} failed; it is tried again the next time`,
      )
      return false
    }
  }
}
