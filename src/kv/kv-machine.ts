/** The key-value state machine on an abstract-level database. */
import { setTimeout as sleep } from 'node:timers/promises'
import {
  assert,
  DebrosError,
  errorMessage,
  type Logger,
  OutcomeHistory,
  type OutcomeLimits,
  type RememberedOutcome,
  type RequestOutcome,
} from '../base/index.ts'
import { readBootId } from './boot-id.ts'
import { type RecordStep, readCapture, writeCapture } from './capture-format.ts'
import { CommandBatch, type TouchedKey } from './command-batch.ts'
import { type KvDatabase, type KvDatabaseOperation, type KvDatabaseSnapshot, openError } from './database.ts'
import { digestOf } from './digest.ts'
import { ALL_NAMESPACES, concat, HISTORY, isInRange, namespacePrefix, RESTORING_KEY } from './keys.ts'
import { KnownKeys } from './known-keys.ts'
import { parseList, readPage } from './list.ts'
import { clearState, putApplied, recover } from './recovery.ts'
import { RequestBatch, recallOutcome } from './request-batch.ts'
import { capturedHistory, OutcomeRecords, StoredHistory } from './stored-history.ts'
import { decodeStored } from './stored-value.ts'
import type {
  KvApplyItem,
  KvCapture,
  KvDigest,
  KvEntry,
  KvListOptions,
  KvMachine,
  KvPage,
  KvResult,
} from './types.ts'

/** A restore writes this much at a time. */
const RESTORE_STEP_BYTES = 256 * 1024
/** A capture reads this much at a time. */
const CAPTURE_STEP_ENTRIES = 256
const CAPTURE_STEP_BYTES = 256 * 1024
const DIGEST_REST_MS_MAX = 50
/** Some ten thousand keys of the usual length. */
const KNOWN_KEYS_BYTES = 8 * 1024 * 1024

const EMPTY = new Uint8Array(0)

export interface KvMachineComponents {
  /** Makes the database, not opened yet; called by every `start`. See `levelDatabase`. */
  readonly database: () => KvDatabase
  readonly logger: Logger
  /** Names this run of the operating system. @default Linux's boot id */
  readonly bootId?: () => Promise<string | undefined>
  /**
   * Awaited after each step of a digest, which took `stepMs`; `stop` may have to wait for it.
   * @default as long as the step took, up to 50 ms: at most about half of a processor
   */
  readonly rest?: (stepMs: number) => Promise<void>
}

export interface KvMachineInit {
  /** Where the database is, for messages to people. */
  readonly location: string
  /** The same on all replicas. @default OUTCOME_LIMITS */
  readonly outcomeLimits?: OutcomeLimits
}

/**
 * Calls to `apply`, `capture` and `restore` are made one at a time, and `digest` is called between
 * them; reads at any time. Rejections:
 * - `start`: `DATA_DIR_IN_USE`, `DATA_DIR_UNREADABLE`;
 * - `get`, `exists`, `list`: `NAMESPACE_INVALID`, `KV_LIMIT_INVALID`, `KV_CURSOR_INVALID`;
 * - `restore`: `KV_SNAPSHOT_INVALID`, and whatever the chunks fail with. Reads then still see the state
 *   from before, and only another `restore` is allowed; so it is while a restore is under way;
 * - any: `KV_ENGINE_FAILED`, after which a write is never tried again, and `KV_NOT_RUNNING`.
 */
export function createKvMachine(components: KvMachineComponents, init: KvMachineInit): KvMachine {
  return new LevelKvMachine(components, init)
}

class LevelKvMachine implements KvMachine {
  readonly #components: KvMachineComponents
  readonly #location: string
  #started: Promise<void> | undefined
  #stopping: Promise<void> | undefined
  #db: KvDatabase | undefined
  #applied = 0
  /** As the database has it; ahead of it only within `apply`. */
  readonly #history: OutcomeHistory
  readonly #records = new OutcomeRecords()
  readonly #known = new KnownKeys(KNOWN_KEYS_BYTES)
  /** The call that changes the state now, if any. */
  #change: Promise<unknown> | undefined
  /** What reads see from the beginning of a restore until its success. */
  #view: KvDatabaseSnapshot | undefined
  /** A write failed. What it left behind is unknown. */
  #failure: DebrosError | undefined
  readonly #digests = new Set<Promise<unknown>>()
  readonly #releases = new Set<Promise<void>>()

  constructor(components: KvMachineComponents, { location, outcomeLimits }: KvMachineInit) {
    this.#components = components
    this.#location = location
    this.#history = new OutcomeHistory(outcomeLimits)
  }

  get appliedIndex(): number {
    return this.#applied
  }

  start(): Promise<void> {
    if (this.#started !== undefined) return this.#started
    // Whoever stopped it hears of failures.
    const stopped = this.#stopping?.catch(() => {}) ?? Promise.resolve()
    const started = stopped.then(() => this.#open())
    this.#started = started
    started.catch(() => {
      if (this.#started === started) this.#started = undefined
    })
    return started
  }

  stop(): Promise<void> {
    if (this.#started === undefined) return this.#stopping ?? Promise.resolve()
    // A start that failed has nothing left to stop.
    const stopping = this.#started.then(
      () => this.#close(),
      () => {},
    )
    this.#started = undefined
    this.#stopping = stopping.finally(() => {
      this.#stopping = undefined
    })
    return this.#stopping
  }

  apply(items: readonly KvApplyItem[]): Promise<readonly (RequestOutcome<KvResult> | undefined)[]> {
    return this.#changing(async (db) => {
      assert(this.#view === undefined, 'nothing is applied to a state half restored')
      assert(isAscending(items), 'items are applied in the order of the log')
      const replayed = items.filter(({ index }) => index <= this.#applied)
      const fresh = items.slice(replayed.length)
      const before = replayed.map((item) => this.#recall(item))
      return [...before, ...(await this.#applyFresh(db, fresh))]
    })
  }

  /** What became of an item that was applied, perhaps by the run before. */
  #recall({ index, command, request }: KvApplyItem): RequestOutcome<KvResult> | undefined {
    if (command === undefined || request === undefined) return undefined
    return recallOutcome(this.#history, request, index)
  }

  async #applyFresh(
    db: KvDatabase,
    items: readonly KvApplyItem[],
  ): Promise<readonly (RequestOutcome<KvResult> | undefined)[]> {
    const last = items.at(-1)
    if (last === undefined) return []
    const batch = new CommandBatch(items)
    const requests = new RequestBatch(this.#history, this.#records)
    // Whatever fails here: the history may have what the database has not.
    return this.#engine(async () => {
      await readTouched(db, batch, this.#known)
      const outcomes = batch.run(requests)
      const operations = [...batch.writes(), ...requests.writes(), putApplied(last.index)]
      await db.batch(operations, { sync: false })
      this.#applied = last.index
      for (const { name, present } of batch.touched()) this.#known.see(name, present)
      return outcomes
    })
  }

  async get(namespace: string, key: Uint8Array): Promise<KvEntry | undefined> {
    const storedKey = concat(namespacePrefix(namespace), key)
    const stored = await this.#read((db, snapshot) => db.get(storedKey, { snapshot }))
    return stored && decodeStored(key, stored)
  }

  async exists(namespace: string, key: Uint8Array): Promise<boolean> {
    const storedKey = concat(namespacePrefix(namespace), key)
    return this.#read((db, snapshot) => db.has(storedKey, { snapshot }))
  }

  async list(namespace: string, options: KvListOptions = {}): Promise<KvPage> {
    const query = parseList(namespace, options)
    return this.#read((db, snapshot) => readPage(db, snapshot, query))
  }

  async capture(): Promise<KvCapture> {
    const db = this.#running()
    assert(this.#change === undefined, 'a capture is taken between changes')
    assert(this.#view === undefined, 'a state half restored is not captured')
    const view = this.#viewOf(db)
    const captured = () => this.#captured(view)
    let released = false
    return {
      appliedIndex: this.#applied,
      chunks() {
        assert(!released, 'a released capture is not read')
        return captured()
      },
      release: () => {
        if (!released) this.#release(view.snapshot)
        released = true
      },
    }
  }

  restore(chunks: AsyncIterable<Uint8Array>, appliedIndex: number): Promise<void> {
    return this.#changing(async (db) => {
      assert(
        appliedIndex >= this.#applied,
        `the applied index never goes back (${this.#applied} to ${appliedIndex})`,
      )
      this.#view ??= db.snapshot()
      this.#known.clear()
      await this.#engine(async () => {
        await db.batch([{ type: 'put', key: RESTORING_KEY, value: EMPTY }], { sync: true })
        await clearState(db)
      })
      const history = await this.#fill(db, chunks)
      const finish: KvDatabaseOperation[] = [putApplied(appliedIndex), { type: 'del', key: RESTORING_KEY }]
      await this.#engine(() => db.batch(finish, { sync: true }))
      this.#release(this.#view)
      this.#view = undefined
      history.loadInto(this.#history, this.#records)
      this.#applied = appliedIndex
    })
  }

  async digest(): Promise<KvDigest> {
    const db = this.#running()
    assert(this.#change === undefined, 'a digest is begun between changes')
    assert(this.#view === undefined, 'a state half restored has no digest')
    const index = this.#applied
    const view = this.#viewOf(db)
    const digesting = this.#digested(view).finally(() => {
      this.#digests.delete(digesting)
      this.#release(view.snapshot)
    })
    this.#digests.add(digesting)
    return { index, digest: await digesting }
  }

  async #open(): Promise<void> {
    const db = this.#components.database()
    try {
      await db.open()
    } catch (error) {
      throw openError(this.#location, error)
    }
    try {
      const { logger, bootId = readBootId } = this.#components
      const recovered = await recover(
        db,
        { history: this.#history, records: this.#records },
        {
          bootId: await bootId(),
          location: this.#location,
        },
      )
      if (recovered.distrust !== undefined) {
        const fields = { location: this.#location, reason: recovered.distrust }
        logger.info(fields, 'the key-value store begins empty and is to be rebuilt')
      }
      this.#applied = recovered.applied
    } catch (error) {
      await db.close().catch(() => {}) // the first error tells more
      throw error instanceof DebrosError ? error : openError(this.#location, error)
    }
    this.#known.clear()
    this.#view = undefined
    this.#failure = undefined
    this.#db = db
  }

  async #close(): Promise<void> {
    const db = this.#db
    this.#db = undefined
    // Whoever made them hears of failures. Changes and digests release what they looked at.
    await Promise.allSettled([this.#change, ...this.#digests])
    await Promise.allSettled(this.#releases)
    await db?.close()
  }

  #running(): KvDatabase {
    if (this.#failure !== undefined) throw this.#failure
    if (this.#db !== undefined) return this.#db
    throw notRunning()
  }

  async #read<T>(read: (db: KvDatabase, snapshot: KvDatabaseSnapshot | undefined) => Promise<T>): Promise<T> {
    const db = this.#running()
    try {
      return await read(db, this.#view)
    } catch (error) {
      // A read that `stop` overtook says nothing about the database.
      throw this.#db === db ? this.#engineFailed(error) : notRunning()
    }
  }

  async #changing<T>(change: (db: KvDatabase) => Promise<T>): Promise<T> {
    const db = this.#running()
    assert(this.#change === undefined, 'changes are made one at a time')
    const changed = change(db)
    this.#change = changed
    try {
      return await changed
    } finally {
      this.#change = undefined
    }
  }

  /** Part of a change. A failure is final: the database might lose what is written after it. */
  async #engine<T>(run: () => Promise<T>): Promise<T> {
    try {
      return await run()
    } catch (error) {
      this.#failure = this.#engineFailed(error)
      throw this.#failure
    }
  }

  #engineFailed(cause: unknown): DebrosError {
    const message = `the key-value store in ${this.#location} failed: ${errorMessage(cause)}`
    return new DebrosError('KV_ENGINE_FAILED', message, { cause })
  }

  /** Returns what the chunks had of the history. */
  async #fill(db: KvDatabase, chunks: AsyncIterable<Uint8Array>): Promise<StoredHistory> {
    const history = new StoredHistory()
    let operations: KvDatabaseOperation[] = []
    let sizeBytes = 0
    for await (const operation of writesOf(chunks, history)) {
      operations.push(operation)
      sizeBytes += operation.key.byteLength + operation.value.byteLength
      if (sizeBytes < RESTORE_STEP_BYTES) continue
      const step = operations
      await this.#engine(() => db.batch(step, { sync: false }))
      operations = []
      sizeBytes = 0
    }
    await this.#engine(() => db.batch(operations, { sync: false }))
    return history
  }

  #viewOf(db: KvDatabase): View {
    const { forgottenThrough } = this.#history
    return { db, snapshot: db.snapshot(), outcomes: [...this.#history.entries()], forgottenThrough }
  }

  async #digested(view: View): Promise<string> {
    const { rest = (stepMs) => sleep(Math.min(stepMs, DIGEST_REST_MS_MAX)) } = this.#components
    try {
      return await digestOf(writeCapture(readAll(view)), async (stepMs) => {
        await rest(stepMs)
        if (this.#db !== view.db) throw notRunning() // `stop` waits for the digest
      })
    } catch (error) {
      throw this.#db === view.db ? this.#engineFailed(error) : notRunning()
    }
  }

  async *#captured(view: View): AsyncGenerator<Uint8Array, void> {
    try {
      yield* writeCapture(readAll(view))
    } catch (error) {
      throw this.#engineFailed(error)
    }
  }

  /** Takes effect when its last reader is done. */
  #release(snapshot: KvDatabaseSnapshot): void {
    const release = snapshot
      .close()
      .catch((error: unknown) => {
        // Costs disk space until the database is closed.
        this.#components.logger.warn(
          { error: errorMessage(error) },
          'a view of the key-value store stays open',
        )
      })
      .finally(() => this.#releases.delete(release))
    this.#releases.add(release)
  }
}

function notRunning(): DebrosError {
  return new DebrosError('KV_NOT_RUNNING', 'the key-value store is not running', { retryable: true })
}

function isAscending(items: readonly KvApplyItem[]): boolean {
  return items.every(({ index }, i) => i === 0 || index > (items[i - 1]?.index ?? 0))
}

async function readTouched(db: KvDatabase, batch: CommandBatch, known: KnownKeys): Promise<void> {
  const compared = batch.compared()
  const uncompared: TouchedKey[] = []
  for (const touched of batch.uncompared()) {
    const present = known.present(touched.name)
    if (present === undefined) uncompared.push(touched)
    else touched.present = present
  }
  if (compared.length === 0 && uncompared.length === 0) return
  const [values, presences] = await Promise.all([
    db.getMany(compared.map(({ storedKey }) => storedKey)),
    db.hasMany(uncompared.map(({ storedKey }) => storedKey)),
  ])
  for (const [i, touched] of compared.entries()) touched.find(values[i])
  for (const [i, touched] of uncompared.entries()) touched.present = presences[i] === true
}

type Put = Extract<KvDatabaseOperation, { type: 'put' }>

/** What to write for a capture. Gathers its history, which is written last. */
async function* writesOf(chunks: AsyncIterable<Uint8Array>, history: StoredHistory): AsyncGenerator<Put> {
  for await (const [key, value] of readCapture(chunks, history)) {
    if (!isInRange(key, HISTORY)) yield { type: 'put', key, value }
  }
  yield* history.writes()
}

/** The replicated state at one moment. */
interface View {
  readonly db: KvDatabase
  readonly snapshot: KvDatabaseSnapshot
  /** Oldest first. */
  readonly outcomes: readonly RememberedOutcome[]
  readonly forgottenThrough: number
}

/** All of it, in key order. */
async function* readAll({
  db,
  snapshot,
  outcomes,
  forgottenThrough,
}: View): AsyncGenerator<RecordStep, void> {
  yield* capturedHistory(outcomes, forgottenThrough)
  const iterator = db.iterator({ ...ALL_NAMESPACES, snapshot, highWaterMarkBytes: CAPTURE_STEP_BYTES })
  try {
    for (;;) {
      const step = await iterator.nextv(CAPTURE_STEP_ENTRIES)
      if (step.length === 0) break
      yield step
    }
  } finally {
    await iterator.close()
  }
}
