/**
 * The state machine as the node uses it: an engine in a worker thread, spoken to by messages, and threads that read
 * what it has written.
 */
import type { Worker } from 'node:worker_threads'
import type { Logger, OutcomeLimits, RequestOutcome } from '../base/index.ts'
import { DebrosError, TransitMap } from '../base/index.ts'
import { packItems, unpackOutcomes } from './apply-batch.ts'
import type { ChangeLogLimits, ChangePage, ChangeSettings } from './change-log.ts'
import { engineFailed, notRunning } from './errors.ts'
import {
  checkSqlSize,
  DEFAULT_SQL_LIMITS,
  DEFAULT_SQL_READS,
  type SqlLimits,
  type SqlReadLimits,
} from './limits.ts'
import {
  type Answer,
  type Answers,
  errorOf,
  type Request,
  type RequestEnvelope,
  type RequestKind,
  type ResponseEnvelope,
} from './protocol.ts'
import { ReaderPool } from './reader-pool.ts'
import { spawnWorker } from './spawn-worker.ts'
import type { SqliteFiles } from './sqlite-binary.ts'
import type {
  SqlApplyItem,
  SqlCapture,
  SqlEntryItem,
  SqlMachine,
  SqlQueryOptions,
  SqlResult,
  SqlStatement,
  SqlStats,
} from './types.ts'

export interface SqlMachineComponents {
  readonly logger: Logger
}

export interface SqlMachineInit {
  /** Enforce foreign keys. Must be the same on every replica. @default false */
  readonly foreignKeys?: boolean
  /** What is remembered of requests. Must be the same on every replica. @default OUTCOME_LIMITS */
  readonly outcomeLimits?: OutcomeLimits
  /** For `query` and `classify`; what is applied was checked before it was proposed. */
  readonly limits?: Partial<SqlLimits>
  /** Where sql.js is, for programs that are packed into one file. @default Node's module resolution */
  readonly files?: SqliteFiles
  /** The workers' module, likewise. @default the one beside this module */
  readonly worker?: URL
  readonly reads?: Partial<SqlReadLimits>
}

const UNSHARED =
  'with this build of sql.js writes cannot share transactions, because each would draw other random numbers: they are carried out one by one, which takes about twice the time'

/** Bytes of a snapshot that may be on their way to the worker. */
const RESTORE_WINDOW_BYTES = 1024 * 1024

/**
 * Rejections:
 * - `apply`: `SQL_ENGINE_FAILED`, after which every call fails so until the machine is stopped and started;
 * - `query`, `classify`, `parse`: `SQL_TOO_LARGE`, `SQL_READ_TIMEOUT`, `SQL_READ_FAILED`; `query` also
 *   `SQL_TIMEOUT`, `CALL_ABORTED`;
 * - `digest`: `SQL_BUSY`;
 * - `restore`: `SQL_SNAPSHOT_INVALID`, and whatever the chunks fail with; nothing has changed then;
 * - any: `SQL_ENGINE_FAILED` if the worker died, `SQL_NOT_RUNNING` before `start`, after and during `stop`.
 *
 * `stop` does not wait for what is under way. A machine that is started is empty.
 */
export function createSqlMachine(components: SqlMachineComponents, init: SqlMachineInit = {}): SqlMachine {
  return new WorkerSqlMachine(components, init)
}

interface Waiter {
  readonly resolve: (answer: Answer) => void
  readonly reject: (error: Error) => void
}

class WorkerSqlMachine implements SqlMachine {
  readonly #logger: Logger
  readonly #init: SqlMachineInit
  readonly #limits: SqlLimits
  #starting: Promise<void> | undefined
  /** Counts the stops, so that a start knows whether it was overtaken by one. */
  #stops = 0
  #stopping: Promise<void> | undefined
  #worker: Worker | undefined
  #readers: ReaderPool | undefined
  #failure: Error | undefined
  readonly #waiters = new TransitMap<number, Waiter>()
  #lastId = 0
  /** Requests of the current turn of the event loop, which share a message. */
  #outbox: RequestEnvelope[] = []
  #transfer: ArrayBuffer[] = []
  /** The restore that later calls must wait for. */
  #restoring: Promise<unknown> | undefined

  constructor({ logger }: SqlMachineComponents, init: SqlMachineInit) {
    this.#logger = logger
    this.#init = init
    this.#limits = { ...DEFAULT_SQL_LIMITS, ...init.limits }
  }

  start(): Promise<void> {
    if (this.#starting !== undefined) return this.#starting
    const starting = this.#start()
    this.#starting = starting
    starting.catch(() => {
      if (this.#starting === starting) this.#starting = undefined
    })
    return starting
  }

  async #start(): Promise<void> {
    const stops = this.#stops
    await this.#stopping
    if (stops !== this.#stops) throw notRunning()
    const worker = this.#spawn()
    this.#worker = worker
    this.#readers = this.#makeReaders()
    this.#failure = undefined
    worker.on('message', (responses: readonly ResponseEnvelope[]) => this.#receive(responses))
    worker.on('messageerror', (error) => this.#fail(worker, error))
    worker.on('error', (error) => this.#fail(worker, error))
    worker.on('exit', (code) => this.#fail(worker, new Error(`its thread ended with code ${code}`)))
    try {
      const { sharesTransactions } = await this.#send({ kind: 'start' })
      if (!sharesTransactions) this.#logger.warn({}, UNSHARED)
    } catch (error) {
      if (this.#worker === worker) this.#worker = undefined
      await worker.terminate()
      throw error
    }
    this.#logger.debug({}, 'SQL engine started')
  }

  #spawn(): Worker {
    const { worker, foreignKeys = false, outcomeLimits, files } = this.#init
    return spawnWorker({ role: 'engine', foreignKeys, outcomeLimits, files }, worker)
  }

  #makeReaders(): ReaderPool {
    const { worker, foreignKeys = false, files } = this.#init
    const { readersMax, readTimeoutMs: timeBudgetMs } = { ...DEFAULT_SQL_READS, ...this.#init.reads }
    return new ReaderPool(
      {
        logger: this.#logger,
        spawn: (memory) =>
          spawnWorker({ role: 'reader', foreignKeys, timeBudgetMs, files, ...memory }, worker),
      },
      { readersMax, timeBudgetMs },
    )
  }

  stop(): Promise<void> {
    this.#stops++
    this.#starting = undefined
    this.#stopping ??= this.#stop().finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  async #stop(): Promise<void> {
    const worker = this.#worker
    const readers = this.#readers
    this.#worker = undefined
    this.#readers = undefined
    this.#restoring = undefined
    this.#outbox = []
    this.#transfer = []
    this.#rejectAll(notRunning())
    await Promise.all([worker?.terminate(), readers?.stop()])
  }

  async apply(
    items: readonly (SqlApplyItem | SqlEntryItem)[],
  ): Promise<readonly RequestOutcome<readonly SqlResult[]>[]> {
    while (this.#restoring !== undefined) await settled(this.#restoring)
    const readers = this.#readers?.versions ?? { newest: 0, inUse: [] }
    const worker = this.#worker
    try {
      return unpackOutcomes(await this.#send({ kind: 'apply', items: packItems(items), readers }))
    } catch (error) {
      // What it had done by then may have been published.
      if (worker !== undefined && isEngineFailure(error)) this.#giveUp(worker, error)
      throw error
    }
  }

  async query(
    namespace: string,
    statements: readonly SqlStatement[],
    { signal, ...options }: SqlQueryOptions = {},
  ): Promise<readonly SqlResult[]> {
    checkSqlSize(statements, this.#limits)
    return (await this.#reading()).ask({ kind: 'query', namespace, statements, options }, signal)
  }

  async classify(namespace: string, statements: readonly SqlStatement[]): Promise<readonly boolean[]> {
    checkSqlSize(statements, this.#limits)
    return (await this.#reading()).ask({ kind: 'classify', namespace, statements })
  }

  async parse(
    namespace: string,
    statements: readonly SqlStatement[],
  ): Promise<readonly (string | undefined)[]> {
    checkSqlSize(statements, this.#limits)
    return (await this.#reading()).ask({ kind: 'parse', namespace, statements })
  }

  get hasReaders(): boolean {
    return this.#readers !== undefined && this.#readers.threads > 0
  }

  /** Not while databases are being replaced. */
  async #reading(): Promise<ReaderPool> {
    while (this.#restoring !== undefined) await settled(this.#restoring)
    if (this.#failure !== undefined) throw this.#failure
    if (this.#readers === undefined) throw notRunning()
    return this.#readers
  }

  async stats(): Promise<SqlStats> {
    return this.#call({ kind: 'stats' })
  }

  async capture(): Promise<SqlCapture> {
    return this.#readerOf(await this.#call({ kind: 'capture' }))
  }

  async captureDatabase(namespace: string): Promise<SqlCapture> {
    return this.#readerOf(await this.#call({ kind: 'capture-database', namespace }))
  }

  #readerOf(capture: number): SqlCapture {
    const read = () => this.#send({ kind: 'capture-read', capture })
    return {
      async *chunks() {
        for (;;) {
          const chunks = await read()
          if (chunks.length === 0) return
          yield* chunks
        }
      },
      release: () => {
        // Gone with the worker, if that is gone.
        this.#send({ kind: 'capture-release', capture }).catch(() => {})
      },
    }
  }

  async configureChanges(settings: ChangeSettings | undefined, index: number): Promise<void> {
    await this.#call({ kind: 'changes-configure', settings, index })
  }

  async trimChanges(through: number): Promise<void> {
    await this.#call({ kind: 'changes-trim', through })
  }

  async changes(after: number, limits: ChangeLogLimits): Promise<ChangePage> {
    return this.#call({ kind: 'changes', after, limits })
  }

  async digest(): Promise<string> {
    return this.#call({ kind: 'digest' })
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    while (this.#restoring !== undefined) await settled(this.#restoring)
    const restoring = this.#restore(chunks)
    this.#restoring = restoring
    try {
      await restoring
    } finally {
      if (this.#restoring === restoring) this.#restoring = undefined
    }
  }

  async #restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#send({ kind: 'restore-begin' })
    try {
      await this.#pushAll(chunks)
      await this.#send({ kind: 'restore-finish' })
    } catch (error) {
      await settled(this.#send({ kind: 'restore-abort' }))
      throw error
    }
  }

  /** Sends ahead of the worker's answers, but not further than the window allows. */
  async #pushAll(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    const sent: { readonly bytes: number; readonly pushed: Promise<unknown> }[] = []
    let bytes = 0
    for await (const chunk of chunks) {
      const copy = new Uint8Array(chunk) // the chunk may be part of something larger, and is the caller's
      const pushed = this.#send({ kind: 'restore-push', chunk: copy }, [copy.buffer])
      pushed.catch(() => {}) // heard when its turn comes
      sent.push({ bytes: chunk.byteLength, pushed })
      bytes += chunk.byteLength
      while (bytes > RESTORE_WINDOW_BYTES) {
        const oldest = sent.shift()
        if (oldest === undefined) break
        await oldest.pushed
        bytes -= oldest.bytes
      }
    }
    for (const { pushed } of sent) await pushed
  }

  /** Sends a request in its order: not while databases are being replaced. */
  async #call<K extends RequestKind>(request: Extract<Request, { kind: K }>): Promise<Answers[K]> {
    while (this.#restoring !== undefined) await settled(this.#restoring)
    return this.#send(request)
  }

  #send<K extends RequestKind>(
    request: Extract<Request, { kind: K }>,
    transfer: readonly ArrayBuffer[] = [],
  ): Promise<Answers[K]> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure)
    if (this.#worker === undefined) return Promise.reject(notRunning())
    const id = ++this.#lastId
    if (this.#outbox.length === 0) queueMicrotask(() => this.#flush())
    this.#outbox.push({ id, request })
    this.#transfer.push(...transfer)
    const { promise, resolve, reject } = Promise.withResolvers<Answer>()
    this.#waiters.set(id, { resolve, reject })
    return promise as Promise<Answers[K]> // the worker answers a request by its kind
  }

  #flush(): void {
    if (this.#outbox.length === 0) return
    const envelopes = this.#outbox
    const transfer = this.#transfer
    this.#outbox = []
    this.#transfer = []
    this.#worker?.postMessage(envelopes, transfer)
  }

  #receive(responses: readonly ResponseEnvelope[]): void {
    for (const response of responses) {
      if ('published' in response) {
        this.#readers?.publish(response.published)
        continue
      }
      const waiter = this.#waiters.get(response.id)
      this.#waiters.delete(response.id)
      if ('failure' in response) waiter?.reject(errorOf(response.failure))
      else waiter?.resolve(response.answer)
    }
  }

  #fail(worker: Worker, error: unknown): void {
    this.#giveUp(worker, engineFailed('the SQL worker failed', error))
  }

  /** Nothing is done any more, and nothing read. */
  #giveUp(worker: Worker, failure: Error): void {
    if (worker !== this.#worker || this.#failure !== undefined) return
    this.#failure = failure
    this.#logger.error({ error: failure.message }, 'SQL worker failed')
    this.#rejectAll(failure)
    void this.#readers?.stop(failure)
  }

  #rejectAll(error: Error): void {
    const waiters = [...this.#waiters.values()]
    this.#waiters.clear()
    for (const { reject } of waiters) reject(error)
  }
}

function isEngineFailure(error: unknown): error is DebrosError {
  return error instanceof DebrosError && error.code === 'SQL_ENGINE_FAILED'
}

/** Waits for the end of something, whichever. */
async function settled(promise: Promise<unknown>): Promise<void> {
  await promise.catch(() => {})
}
