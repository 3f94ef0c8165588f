/**
 * Queued writes: accepted at once, gathered into batches, written in their order, one batch at a time.
 *
 *   enqueue → [ accepted … ] → batch → log
 *      ↑ waits for room          ↑ not possible now: again, as the same request (batch-writer.ts)
 */
import { type Counters, DebrosError, type Logger, TIMER_MS_MAX } from '../base/index.ts'
import { BatchWriter, type QueuedRequest, type RepeatableWrites } from './batch-writer.ts'
import { DEFAULT_TIMEOUT_MS, WRITE_BATCH_BYTES_MAX, WRITE_QUEUE_BYTES_MAX } from './defaults.ts'
import type { ResolvedWriteQueue } from './init.ts'
import type { QueuedWrite, QueueOptions, StatementInput, WriteQueue, WriteQueueStatus } from './types.ts'
import { batchLength, bytesOf, heldBytesOf } from './write-batch.ts'

export interface QueuedWritesComponents {
  readonly database: RepeatableWrites
  readonly counters: Counters
  readonly logger: Logger
}

interface HeldRequest extends QueuedRequest {
  /** What it takes in memory. */
  readonly heldBytes: number
}

interface Item extends HeldRequest {
  readonly sequenceNumber: bigint
  /** On the monotonic clock. */
  readonly acceptedAt: number
  readonly written: PromiseWithResolvers<void>
}

/** Somebody who waits for room. */
interface Waiter {
  readonly request: HeldRequest
  readonly admit: (item: Item | undefined) => void
}

export class QueuedWrites implements WriteQueue {
  readonly #components: QueuedWritesComponents
  readonly #init: ResolvedWriteQueue
  readonly #writer: BatchWriter
  /** Accepted, in order. Those that are being written stay in front until they are through. */
  #items: Item[] = []
  #bytes = 0
  #heldBytes = 0
  /** In order, too: whoever waits for room comes before whoever comes now. */
  #waiters: Waiter[] = []
  #lastNumber = BigInt(Date.now()) * 1_000_000n
  #throughNumber = 0n
  #isWriting = false
  #isStopping = false
  #timer: NodeJS.Timeout | undefined
  readonly #abort = new AbortController()
  readonly #emptied = Promise.withResolvers<void>()

  constructor(components: QueuedWritesComponents, init: ResolvedWriteQueue) {
    this.#components = components
    this.#init = init
    this.#writer = new BatchWriter(components, { transaction: init.transaction, signal: this.#abort.signal })
    components.counters.declare('queue', ['statements_rx', 'num_timeout', 'num_flush'])
  }

  get status(): WriteQueueStatus {
    const { capacity, batchSize, timeoutMs, transaction } = this.#init
    const length = this.#items.length
    return { capacity, batchSize, timeoutMs, transaction, length, sequenceNumber: this.#throughNumber }
  }

  async enqueue(statements: readonly StatementInput[], options: QueueOptions = {}): Promise<QueuedWrite> {
    this.#writer.check(statements, options)
    const bytes = bytesOf(statements)
    this.#components.counters.add('queue', 'statements_rx', statements.length)
    const heldBytes = heldBytesOf(statements)
    return await this.#accept({ statements, options, bytes, heldBytes, isMarker: false })
  }

  async flush(options: QueueOptions = {}): Promise<QueuedWrite> {
    this.#components.counters.add('queue', 'num_flush')
    return await this.#accept({ statements: [], options, bytes: 0, heldBytes: 0, isMarker: true })
  }

  /** Accepts nothing more, and goes on writing what is queued, for so long. What is left is given up. Repeatable. */
  async stop(drainMs: number): Promise<void> {
    this.#isStopping = true
    for (const { admit } of this.#waiters.splice(0)) admit(undefined)
    const deadline = setTimeout(() => this.#abort.abort(), drainMs)
    if (drainMs <= 0) this.#abort.abort()
    this.#schedule()
    if (this.#items.length === 0) this.#emptied.resolve()
    await this.#emptied.promise
    clearTimeout(deadline)
  }

  async #accept(request: HeldRequest): Promise<QueuedWrite> {
    if (this.#isStopping) throw stopped()
    const isInTurn = this.#waiters.length === 0 && this.#hasRoomFor(request)
    const item = isInTurn ? this.#push(request) : await this.#waitForRoom(request)
    return { sequenceNumber: item.sequenceNumber, written: item.written.promise }
  }

  #hasRoomFor({ heldBytes }: HeldRequest): boolean {
    if (this.#items.length === 0) return true
    return this.#items.length < this.#init.capacity && this.#heldBytes + heldBytes <= WRITE_QUEUE_BYTES_MAX
  }

  #push(request: HeldRequest): Item {
    const written = Promise.withResolvers<void>()
    written.promise.catch(() => {}) // most callers do not wait for it
    const item: Item = {
      ...request,
      sequenceNumber: ++this.#lastNumber,
      acceptedAt: performance.now(),
      written,
    }
    this.#items.push(item)
    this.#bytes += item.bytes
    this.#heldBytes += item.heldBytes
    this.#schedule()
    return item
  }

  async #waitForRoom(request: HeldRequest): Promise<Item> {
    const { timeoutMs = DEFAULT_TIMEOUT_MS, signal } = request.options
    const admitted = Promise.withResolvers<Item>()
    const waiter: Waiter = {
      request,
      admit: (item) => (item === undefined ? admitted.reject(stopped()) : admitted.resolve(item)),
    }
    const leave = (error: DebrosError): void => {
      this.#waiters = this.#waiters.filter((other) => other !== waiter)
      admitted.reject(error)
    }
    const abort = (): void =>
      leave(new DebrosError('CALL_ABORTED', 'the caller gave up', { cause: signal?.reason }))
    const timer = setTimeout(() => leave(full()), Math.min(timeoutMs, TIMER_MS_MAX))
    signal?.addEventListener('abort', abort)
    this.#waiters.push(waiter)
    if (signal?.aborted === true) abort()
    this.#schedule()
    try {
      return await admitted.promise
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', abort)
    }
  }

  /** Begins the next batch if it is due, or sees to it that somebody looks again when it is. */
  #schedule(): void {
    const [first] = this.#items
    if (this.#isWriting || first === undefined) return
    const dueInMs = this.#isFull() ? 0 : first.acceptedAt + this.#init.timeoutMs - performance.now()
    if (dueInMs > 0) {
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined
        this.#components.counters.add('queue', 'num_timeout')
        this.#begin()
      }, dueInMs)
      return
    }
    this.#begin()
  }

  /** Nothing is to be gained by waiting for more. */
  #isFull(): boolean {
    if (this.#isStopping || this.#waiters.length > 0 || this.#items.length >= this.#init.batchSize)
      return true
    return this.#bytes >= WRITE_BATCH_BYTES_MAX || this.#items.some(({ isMarker }) => isMarker)
  }

  #begin(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#isWriting = true
    const batch = this.#items.slice(0, batchLength(this.#items, this.#init.batchSize))
    void this.#writer
      .write(batch, (count, error) => this.#through(count, error))
      .finally(() => {
        this.#isWriting = false
        this.#schedule()
      })
  }

  /** The first `count` of the queue are written, or given up for this reason. */
  #through(count: number, error: DebrosError | undefined): void {
    for (const item of this.#items.splice(0, count)) {
      this.#bytes -= item.bytes
      this.#heldBytes -= item.heldBytes
      this.#throughNumber = item.sequenceNumber
      if (error === undefined) item.written.resolve()
      else item.written.reject(error)
    }
    for (let next = this.#waiters[0]; next !== undefined && this.#hasRoomFor(next.request); ) {
      this.#waiters.shift()
      next.admit(this.#push(next.request))
      next = this.#waiters[0]
    }
    if (this.#isStopping && this.#items.length === 0) this.#emptied.resolve()
  }
}

function full(): DebrosError {
  return new DebrosError('QUEUE_FULL', 'the queue of writes had no room in time; nothing was queued', {
    retryable: true,
  })
}

function stopped(): DebrosError {
  return new DebrosError('QUEUE_STOPPED', 'this node is stopping; nothing was queued', { retryable: true })
}
