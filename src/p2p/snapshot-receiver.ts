import { errorMessage, type Logger } from '../base/index.ts'
import type { Message, SnapshotTransfer } from '../raft/index.ts'
import {
  checkInteger,
  decodeFrame,
  malformed,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_WINDOW_BYTES,
  SnapshotChunk,
  SnapshotHeader,
  StreamReply,
} from '../wire/index.ts'
import { ChunkQueue } from './chunk-queue.ts'
import type { FrameStream } from './frame-stream.ts'
import { CONFIG_LIMITS, snapshotMetaFromWire } from './raft-codec-config.ts'
import { checkGroup, type StreamContext } from './raft-codec-control.ts'
import type { SnapshotTransferStore } from './types.ts'

export interface SnapshotReceiverComponents {
  readonly store: SnapshotTransferStore
  readonly logger: Logger
}

export interface SnapshotReceiverInit {
  readonly deliver: (message: Message) => void
}

/**
 * Takes in snapshots, one at a time: of two leaders the one with the higher term is right, and a leader
 * that begins anew has lost its first attempt. What the store has kept of that one is not sent again.
 */
export class SnapshotReceiver {
  readonly #components: SnapshotReceiverComponents
  readonly #init: SnapshotReceiverInit
  #current: Transfer | undefined
  /** Settles when the store has finished with every transfer begun so far. */
  #idle: Promise<void> = Promise.resolve()

  constructor(components: SnapshotReceiverComponents, init: SnapshotReceiverInit) {
    this.#components = components
    this.#init = init
  }

  /** The reader of a stream's frames: the header, then the chunks. */
  accept(frames: FrameStream, context: StreamContext): (frame: Uint8Array) => void {
    let transfer: Transfer | undefined
    return (frame) => {
      if (transfer === undefined) transfer = this.#begin(frames, context, frame)
      else transfer.takeChunk(frame)
    }
  }

  #begin(frames: FrameStream, context: StreamContext, frame: Uint8Array): Transfer {
    const header = decodeFrame('snapshot header', () =>
      SnapshotHeader.decode(frame, { limits: { snapshot: { config: CONFIG_LIMITS } } }),
    )
    checkGroup(header.group, context)
    const transfer = new Transfer(frames, {
      context,
      term: checkInteger(header.term, 'term'),
      announced: {
        snapshot: snapshotMetaFromWire(header.snapshot),
        sizeBytes: checkInteger(header.sizeBytes, 'snapshot size'),
        checksum: header.checksum,
      },
    })
    const current = this.#current
    if (current !== undefined && current.from !== context.from && current.term >= transfer.term) {
      throw new Error('another snapshot is being received')
    }
    current?.abort(new Error('a newer snapshot transfer began'))
    this.#current = transfer
    this.#idle = this.#receive(transfer, this.#idle)
    return transfer
  }

  async #receive(transfer: Transfer, previous: Promise<void>): Promise<void> {
    const { store, logger } = this.#components
    const { snapshot, sizeBytes } = transfer.announced
    const fields = { from: transfer.from, index: snapshot.index, sizeBytes }
    await previous
    try {
      const offset = await store.receivedBytes(transfer.announced)
      // One that has ended meanwhile is not to take the place of what is kept of another.
      transfer.askFrom(offset)
      logger.info({ ...fields, offset }, 'receiving a snapshot')
      await store.receive(transfer.announced, offset, transfer.chunks)
      transfer.checkComplete()
      logger.info(fields, 'received a snapshot')
      this.#init.deliver(transfer.message())
      transfer.reply({ snapshotStored: {} })
    } catch (error) {
      logger.warn({ ...fields, error: errorMessage(error) }, 'did not receive a snapshot')
      transfer.reply({ snapshotRefused: errorMessage(error).slice(0, 1_000) })
    } finally {
      if (this.#current === transfer) this.#current = undefined
    }
  }
}

interface TransferInit {
  readonly context: StreamContext
  readonly term: number
  readonly announced: SnapshotTransfer
}

class Transfer {
  readonly chunks = new ChunkQueue({ onTaken: (chunk) => this.#onTaken(chunk) })
  readonly #frames: FrameStream
  readonly #init: TransferInit
  /** Bytes still to come; undefined until we have said from where on. */
  #leftBytes: number | undefined
  #receivedBytes = 0
  #takenBytes = 0
  #ended: Error | undefined

  constructor(frames: FrameStream, init: TransferInit) {
    this.#frames = frames
    this.#init = init
    frames.addCloseListener((error) => this.#end(error ?? new Error('the sender ended the stream')))
  }

  get from(): string {
    return this.#init.context.from
  }

  get term(): number {
    return this.#init.term
  }

  get announced(): SnapshotTransfer {
    return this.#init.announced
  }

  /** Asks for the bytes from `offset` on; throws if there is nobody to ask any more. */
  askFrom(offset: number): void {
    if (this.#ended !== undefined) throw this.#ended
    this.#leftBytes = this.announced.sizeBytes - offset
    this.reply({ snapshotOffset: offset })
    if (this.#leftBytes === 0) this.chunks.end()
  }

  takeChunk(frame: Uint8Array): void {
    const { data } = decodeFrame('snapshot chunk', () => SnapshotChunk.decode(frame))
    if (data.length === 0 || data.length > SNAPSHOT_CHUNK_BYTES_MAX) {
      throw malformed(`a snapshot chunk of ${data.length} bytes`)
    }
    if (this.#leftBytes === undefined) throw malformed('snapshot data before it was asked for')
    if (data.length > this.#leftBytes) throw malformed('more snapshot data than announced')
    this.#receivedBytes += data.length
    this.#leftBytes -= data.length
    if (this.#receivedBytes - this.#takenBytes > SNAPSHOT_WINDOW_BYTES) {
      throw malformed('more snapshot data than asked for')
    }
    this.chunks.push(data)
    if (this.#leftBytes === 0) this.chunks.end()
  }

  #onTaken(chunk: Uint8Array): void {
    this.#takenBytes += chunk.length
    this.reply({ snapshotConsumed: this.#takenBytes })
  }

  checkComplete(): void {
    if (this.#leftBytes !== 0) throw new Error('the store stopped reading before the end')
  }

  message(): Message {
    const { context, term, announced } = this.#init
    return { type: 'snapshot', from: context.from, to: context.to, term, snapshot: announced.snapshot }
  }

  reply(reply: Partial<StreamReply>): void {
    this.#frames.send(StreamReply.encode(reply))
  }

  abort(reason: Error): void {
    this.#end(reason)
    this.#frames.abort(reason)
  }

  #end(reason: Error): void {
    this.#ended ??= reason
    this.chunks.fail(reason)
  }
}
