import type { Connection } from '@libp2p/interface'
import { pipe } from 'it-pipe'
import { DebrosError, errorMessage, toError } from '../base/index.ts'
import type { Message } from '../raft/index.ts'
import {
  checkInteger,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_WINDOW_BYTES,
  SnapshotChunk,
  SnapshotHeader,
  type StreamReply,
} from '../wire/index.ts'
import type { FrameStream } from './frame-stream.ts'
import type { PeerHost } from './host.ts'
import { snapshotMetaToWire } from './raft-codec-config.ts'
import { openRaftStream, RAFT_PROTOCOLS, type StreamIdentity } from './raft-stream.ts'
import type { SnapshotTransferStore } from './types.ts'

export interface SnapshotSenderComponents {
  readonly host: PeerHost
  readonly store: SnapshotTransferStore
}

export interface SnapshotSendInit {
  readonly connection: Connection
  readonly identity: StreamIdentity
  readonly group: number
  readonly message: Extract<Message, { type: 'snapshot' }>
  readonly openTimeoutMs: number
  readonly signal: AbortSignal
}

/**
 * Streams a stored snapshot to a member; resolves once the member has all of it on disk. Never more than
 * the window is under way, so that the connection stays free for heartbeats. There is no time limit on
 * the whole: the transfer ends with its connection, which the link's pings keep watch over.
 *
 * Errors: `SNAPSHOT_NOT_SENT` (retryable).
 */
export async function sendSnapshot(
  components: SnapshotSenderComponents,
  init: SnapshotSendInit,
): Promise<void> {
  const transfer = new OutboundTransfer()
  try {
    const { sizeBytes, chunks } = await openSnapshot(components, init)
    const frames = await openRaftStream(components.host, {
      connection: init.connection,
      protocol: RAFT_PROTOCOLS.snapshot,
      identity: init.identity,
      onReply: (reply) => transfer.onReply(reply),
      onClosed: (error) => transfer.onClosed(error),
      signal: AbortSignal.any([init.signal, AbortSignal.timeout(init.openTimeoutMs)]),
    })
    const onAbort = (): void => frames.abort(new Error('the transfer was given up'))
    init.signal.addEventListener('abort', onAbort)
    if (init.signal.aborted) onAbort()
    try {
      const { term, snapshot } = init.message
      const meta = snapshotMetaToWire(snapshot)
      frames.send(SnapshotHeader.encode({ group: init.group, term, snapshot: meta, sizeBytes }))
      const sentBytes = await pipe(chunks, cutToSize, (pieces) => transfer.sendAll(frames, pieces))
      if (sentBytes !== sizeBytes) throw new Error(`the snapshot has ${sentBytes} of ${sizeBytes} bytes`)
      await transfer.stored
      await frames.close()
    } catch (error) {
      frames.abort(toError(error))
      throw error
    } finally {
      init.signal.removeEventListener('abort', onAbort)
    }
  } catch (error) {
    throw snapshotNotSent(errorMessage(error), error)
  }
}

export function snapshotNotSent(why: string, cause?: unknown): DebrosError {
  return new DebrosError('SNAPSHOT_NOT_SENT', `the snapshot was not sent: ${why}`, { retryable: true, cause })
}

async function openSnapshot(
  components: SnapshotSenderComponents,
  init: SnapshotSendInit,
): Promise<{ sizeBytes: number; chunks: AsyncIterable<Uint8Array> }> {
  const opened = await components.store.open(init.message.snapshot)
  return { sizeBytes: opened.sizeBytes, chunks: opened.chunks() }
}

/** Chunks no larger than a frame may be, and none empty. */
async function* cutToSize(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += SNAPSHOT_CHUNK_BYTES_MAX) {
      yield chunk.subarray(at, at + SNAPSHOT_CHUNK_BYTES_MAX)
    }
  }
}

class OutboundTransfer {
  readonly #stored = Promise.withResolvers<void>()
  #sentBytes = 0
  #consumedBytes = 0
  #progress = Promise.withResolvers<void>()
  #error: Error | undefined

  constructor() {
    // Awaited only after all has been sent; until then a failure is seen through `#error`.
    this.#stored.promise.catch(() => {})
  }

  /** Resolves once the receiver has stored everything. */
  get stored(): Promise<void> {
    return this.#stored.promise
  }

  /** Sends the pieces as fast as the receiver takes them; returns their size in all. */
  async sendAll(frames: FrameStream, pieces: AsyncIterable<Uint8Array>): Promise<number> {
    for await (const piece of pieces) {
      while (this.#sentBytes + piece.length - this.#consumedBytes > SNAPSHOT_WINDOW_BYTES) {
        if (this.#error !== undefined) throw this.#error
        await this.#progress.promise
        this.#progress = Promise.withResolvers()
      }
      if (this.#error !== undefined) throw this.#error
      this.#sentBytes += piece.length
      frames.send(SnapshotChunk.encode({ data: piece }))
    }
    return this.#sentBytes
  }

  onReply(reply: StreamReply): void {
    if (reply.snapshotStored !== undefined) this.#stored.resolve()
    if (reply.snapshotRefused !== undefined) this.onClosed(new Error(reply.snapshotRefused))
    if (reply.snapshotConsumed !== undefined) {
      this.#consumedBytes = checkInteger(reply.snapshotConsumed, 'snapshot bytes consumed')
      this.#progress.resolve()
    }
  }

  onClosed(error: Error | undefined): void {
    this.#error ??= error ?? new Error('the receiver ended the stream')
    this.#stored.reject(this.#error)
    this.#progress.resolve()
  }
}
