/**
 * The threads that read. One does all the reads, in batches, as long as they are quick. Where a read takes long,
 * what waits behind it is given to another thread, which is made when there is none; so quick reads wait for no
 * long one. A thread that goes on with a read whose time is over, or for which nobody waits, is ended and replaced
 * (a progress callback ends most of them, but one instruction of SQLite's can take for ever).
 *
 * Every batch is of the newest version that is known when it is sent: the state left by the last call that was
 * answered.
 */
import type { Worker } from 'node:worker_threads'
import { type Logger, toError } from '../base/index.ts'
import { engineFailed, notRunning, readAbandoned, readFailed, readTooLong, tooLate } from './errors.ts'
import { monotonicMs } from './execution-guard.ts'
import { errorOf } from './protocol.ts'
import { type Publication, PublishedState } from './publication.ts'
import { ReadFlags } from './read-flags.ts'
import { CONTROL, type ReadAnswers, type ReadRequest } from './reader-protocol.ts'
import { type Read, ReaderThread } from './reader-thread.ts'
import type { ReaderVersions } from './versions.ts'

export interface ReaderPoolComponents {
  readonly logger: Logger
  readonly spawn: (init: {
    readonly readFlags: SharedArrayBuffer
    readonly control: SharedArrayBuffer
  }) => Worker
}

export interface ReaderPoolInit {
  /** Threads at most. */
  readonly readersMax: number
  /** How long a read may run, in milliseconds; 0: for ever. */
  readonly timeBudgetMs: number
}

/** How often threads are looked after while they read. */
const LOOK_MS = 25
/** What has run for so long is a long read. */
const LONG_MS = 50
/** How long a read may go on after it should have ended, before its thread is ended. */
const GRACE_MS = 2_000
/** A thread that was made for a time of long reads ends when it has had nothing to do for so long. */
const IDLE_MS = 30_000

export class ReaderPool {
  readonly #logger: Logger
  readonly #spawnWorker: ReaderPoolComponents['spawn']
  readonly #init: ReaderPoolInit
  readonly #flags = new ReadFlags()
  readonly #state = new PublishedState()
  readonly #threads = new Set<ReaderThread>()
  /** Found overdue once. They may be done, and only their answers not have been seen. */
  readonly #overdue = new Set<ReaderThread>()
  readonly #abandonedSince = new WeakMap<Read, number>()
  #queue: Read[] = []
  /** Some thread has started. */
  #wasReady = false
  #lastId = 0
  #isScheduled = false
  #looking: NodeJS.Timeout | undefined
  #trimming: NodeJS.Timeout | undefined
  /** Why nothing is read any more. */
  #stopped: Error | undefined

  constructor({ logger, spawn }: ReaderPoolComponents, init: ReaderPoolInit) {
    this.#logger = logger
    this.#spawnWorker = spawn
    this.#init = init
  }

  /** What must not be changed in memory. */
  get versions(): ReaderVersions {
    const inUse = new Set<number>()
    for (const thread of this.#threads) thread.addVersions(inUse)
    return { newest: this.#state.version, inUse: [...inUse] }
  }

  get threads(): number {
    return this.#threads.size
  }

  /** Reads from now on are of this version. */
  publish(publication: Publication): void {
    this.#state.apply(publication)
    for (const thread of this.#threads) thread.publish(publication)
  }

  /** Rejects as `SqlMachine.query` does. Once the signal is aborted, the read ends soon. */
  ask<K extends ReadRequest['kind']>(
    request: Extract<ReadRequest, { kind: K }>,
    signal?: AbortSignal,
  ): Promise<ReadAnswers[K]> {
    if (this.#stopped !== undefined) return Promise.reject(this.#stopped)
    if (signal?.aborted === true) return Promise.reject(readAbandoned())
    const { promise, resolve, reject } = Promise.withResolvers<ReadAnswers[ReadRequest['kind']]>()
    const flag = signal && this.#flags.follow(signal)
    const read: Read = {
      id: ++this.#lastId,
      request: flag === undefined ? request : { ...request, flag: flag.number },
      askedMs: performance.now(),
      signal,
      isSettled: false,
      settle(response) {
        if (read.isSettled) return // it was carried out twice, since it was taken over from another thread
        read.isSettled = true
        flag?.release()
        if (response instanceof Error) reject(response)
        else if ('failure' in response) reject(errorOf(response.failure))
        else resolve(response.answer)
      },
    }
    this.#queue.push(read)
    this.#schedule()
    return promise as Promise<ReadAnswers[K]> // the thread answers a request by its kind
  }

  /** `reason`: what reads that were not answered, and later ones, are rejected with. */
  async stop(reason: Error = notRunning()): Promise<void> {
    this.#stopped ??= reason
    clearTimeout(this.#looking)
    clearTimeout(this.#trimming)
    const ends = [...this.#threads].map((thread) => thread.end())
    this.#threads.clear()
    const reads = [...ends.flatMap(({ left }) => left), ...this.#queue]
    this.#queue = []
    for (const read of reads) read.settle(reason)
    await Promise.all(ends.map(({ ended }) => ended))
  }

  /** Reads that are asked for in one turn of the event loop share a batch. */
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    while (this.#queue.length > 0) {
      const thread = this.#choose()
      if (thread === undefined) break
      const reads = this.#queue.splice(0, thread.room)
      thread.give(reads, this.#state.version, () => this.#state.whole())
      this.#looking ??= setTimeout(() => this.#look(), LOOK_MS)
    }
    if (this.#queue.length > 0 && this.#threads.size === 0) this.#add()
  }

  /** The first that is not at a long read. Those behind it have work when it has too much. */
  #choose(): ReaderThread | undefined {
    const now = performance.now()
    for (const thread of this.#threads) if (thread.room > 0 && thread.ranForMs(now) < LONG_MS) return thread
    return undefined
  }

  #add(): void {
    const control = new SharedArrayBuffer(CONTROL.words * Int32Array.BYTES_PER_ELEMENT)
    const worker = this.#spawnWorker({ readFlags: this.#flags.memory, control })
    const thread: ReaderThread = new ReaderThread(worker, control, {
      onReady: (left) => this.#ready(thread, left),
      onEnd: (error) => this.#lost(thread, error),
    })
    this.#threads.add(thread)
  }

  #ready(thread: ReaderThread, left: readonly Read[]): void {
    this.#overdue.delete(thread)
    this.#queue.unshift(...left)
    if (!this.#wasReady) for (const read of this.#queue) postpone(read)
    this.#wasReady = true
    if (this.#threads.size > 1) this.#trimming ??= setTimeout(() => this.#trim(), IDLE_MS).unref()
    this.#dispatch()
  }

  /** Ended by itself: an error of ours, or no memory is left for it. */
  #lost(thread: ReaderThread, error: Error): void {
    this.#logger.warn({ error: error.message }, 'a thread for SQL reads ended')
    this.#remove(thread, readFailed(error))
    if (!thread.isStarted && this.#threads.size === 0) {
      const failure = engineFailed('the SQL reader failed', error)
      for (const read of this.#queue.splice(0)) read.settle(failure)
    }
    this.#dispatch()
  }

  /** Ends it. The read that it is at fails, the others are given to other threads. */
  #remove(thread: ReaderThread, reason: Error): void {
    const { running } = thread
    const { left, ended } = thread.end()
    ended.catch((error) => this.#logger.error({ error: toError(error).message }, 'a thread does not end'))
    this.#threads.delete(thread)
    this.#overdue.delete(thread)
    running?.settle(reason)
    this.#queue.unshift(...left.filter(({ isSettled }) => !isSettled))
  }

  #look(): void {
    this.#looking = undefined
    const now = performance.now()
    for (const thread of [...this.#threads]) {
      if (thread.ranForMs(now) < LONG_MS) continue
      this.#queue.unshift(...thread.withdraw())
      this.#endIfOverdue(thread, now)
    }
    const threads = [...this.#threads]
    const areAllAtLongReads = threads.every((thread) => thread.ranForMs(now) >= LONG_MS)
    if (areAllAtLongReads && threads.length < this.#init.readersMax) this.#add()
    this.#dispatch()
    if (threads.some(({ isBusy }) => isBusy)) this.#looking ??= setTimeout(() => this.#look(), LOOK_MS)
  }

  #endIfOverdue(thread: ReaderThread, nowMs: number): void {
    const read = thread.running
    if (read === undefined || !this.#isOverdue(read, thread.ranForMs(nowMs))) return
    if (!this.#overdue.has(thread)) {
      this.#overdue.add(thread)
      return
    }
    this.#logger.warn(
      { statement: read.request.statements[0]?.sql.slice(0, 200) },
      'ended a read with its thread',
    )
    this.#remove(thread, this.#whyEnded(read))
  }

  #whyEnded(read: Read): Error {
    if (read.signal?.aborted === true) return readAbandoned()
    return deadlineOf(read) < monotonicMs() ? tooLate() : readTooLong(this.#init.timeBudgetMs)
  }

  #isOverdue(read: Read, ranForMs: number): boolean {
    const { timeBudgetMs } = this.#init
    if (timeBudgetMs > 0 && ranForMs > timeBudgetMs + GRACE_MS) return true
    if (monotonicMs() > deadlineOf(read) + GRACE_MS) return true
    if (read.signal?.aborted !== true) return false
    const since = this.#abandonedSince.get(read) ?? performance.now()
    this.#abandonedSince.set(read, since)
    return performance.now() > since + GRACE_MS
  }

  /** Ends threads that were made for long reads, as long as one is left. */
  #trim(): void {
    this.#trimming = undefined
    const before = performance.now() - IDLE_MS
    for (const thread of [...this.#threads].reverse()) {
      if (this.#threads.size === 1 || thread.isBusy || !thread.isStarted || thread.restsSinceMs > before)
        continue
      this.#remove(thread, notRunning())
    }
    if (this.#threads.size > 1) this.#trimming = setTimeout(() => this.#trim(), IDLE_MS).unref()
  }
}

/** The time that a read may take is not meant for the start of the first thread, which is made when it is needed. */
function postpone(read: Read): void {
  const { request } = read
  if (request.kind !== 'query' || request.options.deadlineMs === undefined) return
  const deadlineMs = request.options.deadlineMs + performance.now() - read.askedMs
  read.request = { ...request, options: { ...request.options, deadlineMs } }
}

function deadlineOf({ request }: Read): number {
  return (request.kind === 'query' ? request.options.deadlineMs : undefined) ?? Number.POSITIVE_INFINITY
}
