/**
 * One snapshot on its way from a node's store into another's, in chunks, as the real transport does it:
 * the receiver says what it has of it already, and the sender goes on from there.
 */
import { DebrosError } from '../../base/index.ts'
import type { Message } from '../../raft/index.ts'
import type { SimProcess } from './process.ts'

export interface SnapshotTransferComponents {
  readonly happened: (what: string) => void
  /** Whether the connection to the receiver stands. */
  readonly isOpen: (receiver: SimProcess) => boolean
}

export interface SnapshotTransferInit {
  readonly message: Extract<Message, { type: 'snapshot' }>
  readonly from: SimProcess
  /** Undefined if nobody is there. */
  readonly to: SimProcess | undefined
  /** Microseconds between one chunk and the next. */
  readonly stepUs: number
  /** The part of the snapshot after which it breaks off; undefined if it does not. */
  readonly breaksAfter: number | undefined
}

export class SnapshotTransfer {
  readonly #components: SnapshotTransferComponents
  readonly #init: SnapshotTransferInit
  readonly #chunks = new ChunkStream()
  readonly #broken = Promise.withResolvers<never>()
  #isBroken = false

  constructor(components: SnapshotTransferComponents, init: SnapshotTransferInit) {
    this.#components = components
    this.#init = init
    this.#broken.promise.catch(() => {}) // nobody need be waiting for it
  }

  get from(): SimProcess {
    return this.#init.from
  }

  involves(process: SimProcess): boolean {
    return this.#init.from === process || this.#init.to === process
  }

  breakOff(): void {
    const error = new Error('the connection is lost')
    this.#isBroken = true
    this.#chunks.fail(error)
    this.#broken.reject(error)
  }

  /** Resolves once the receiver has stored all of it and was told so by the message. */
  async run(): Promise<void> {
    const { message, from, to, stepUs, breaksAfter } = this.#init
    const { happened } = this.#components
    const { snapshot } = message
    const reader = await from.snapshots.open(snapshot)
    const { sizeBytes, checksum } = reader
    const receiver = await this.#step(to)
    const transfer = { snapshot, sizeBytes, checksum }
    const have = await receiver.snapshots.receivedBytes(transfer)
    await this.#step(receiver)
    if (have > 0) happened('snapshot transfer resumed')
    const stored = receiver.snapshots.receive(transfer, have, this.#chunks)
    stored.catch(() => {}) // awaited below, unless the connection breaks before
    try {
      let at = have
      for await (const chunk of reader.chunks(have)) {
        at += chunk.length
        await from.sleep(stepUs)
        this.#check(receiver)
        if (breaksAfter !== undefined && at > breaksAfter * sizeBytes) this.breakOff()
        this.#chunks.push(chunk)
      }
      this.#chunks.end()
      await Promise.race([stored, this.#broken.promise])
    } catch (error) {
      if (!this.#isBroken) throw error
      throw new DebrosError('SNAPSHOT_INTERRUPTED', 'the connection is lost', {
        retryable: true,
        cause: error,
      })
    }
    receiver.deliver(message)
    await this.#step(receiver)
  }

  /** One way across the network. */
  async #step(receiver: SimProcess | undefined): Promise<SimProcess> {
    const { from, stepUs } = this.#init
    await Promise.race([from.sleep(stepUs), this.#broken.promise])
    return this.#check(receiver)
  }

  #check(receiver: SimProcess | undefined): SimProcess {
    if (receiver !== undefined && this.#components.isOpen(receiver)) return receiver
    this.breakOff()
    throw new Error('the connection is lost')
  }
}

/** Chunks from the one side to the other. */
class ChunkStream implements AsyncIterable<Uint8Array> {
  readonly #chunks: Uint8Array[] = []
  #ended = false
  #error: Error | undefined
  #news = Promise.withResolvers<void>()

  push(chunk: Uint8Array): void {
    if (this.#error !== undefined) throw this.#error
    this.#chunks.push(chunk)
    this.#news.resolve()
  }

  end(): void {
    this.#ended = true
    this.#news.resolve()
  }

  fail(error: Error): void {
    this.#error ??= error
    this.#news.resolve()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift()
      if (chunk !== undefined) {
        yield chunk
      } else if (this.#error !== undefined) {
        throw this.#error
      } else if (this.#ended) {
        return
      } else {
        await this.#news.promise
        this.#news = Promise.withResolvers()
      }
    }
  }
}
