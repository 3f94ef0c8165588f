import type { Connection } from '@libp2p/interface'
import { DebrosError, errorMessage, hasErrorCode, toError } from '../base/index.ts'
import type { Clock, Message } from '../raft/index.ts'
import {
  checkInteger,
  malformed,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_WINDOW_BYTES,
  SnapshotChunk,
  SnapshotHeader,
  type StreamReply,
} from '../wire/index.ts'
import type { BytePacer } from './byte-pacer.ts'
import { SNAPSHOT_REREAD_BYTES_PER_SECOND } from './defaults.ts'
import type { FrameStream } from './frame-stream.ts'
import type { PeerHost } from './host.ts'
import { snapshotMetaToWire } from './raft-codec-config.ts'
import { openRaftStream, RAFT_PROTOCOLS, type StreamIdentity } from './raft-stream.ts'
import type { SnapshotTransferStore } from './types.ts'

export interface SnapshotSenderComponents {
  readonly host: PeerHost
  readonly store: SnapshotTransferStore
  readonly clock: Clock
  /** Shared by all transfers of this node. */
  readonly pacer: BytePacer
}

export interface SnapshotSendInit {
  readonly connection: Connection
  readonly identity: StreamIdentity
  readonly group: number
  readonly message: Extract<Message, { type: 'snapshot' }>
  readonly openTimeoutMs: number
  /** How long the receiver may take nothing. */
  readonly stallMs: number
  /** The receiver has named the offset to go on from. */
  readonly onOffset: (offset: number) => void
  readonly signal: AbortSignal
}

/**
 * Streams a stored snapshot to a member, from where an earlier attempt broke off if the member has kept
 * that; resolves once the member has all of it on disk. Never more than the window is under way, so that
 * the connection stays free for heartbeats, and no more than the pacer allows. There is no time limit on
 * the whole: the transfer ends with its connection, which the link's pings keep watch over, or when the
 * member takes nothing any more.
 *
 * Errors: `SNAPSHOT_INTERRUPTED` if it broke off after the member had said where to go on, so that it has
 * kept what arrived; else `SNAPSHOT_NOT_SENT`. Both are retryable.
 */
export async function sendSnapshot(
  components: SnapshotSenderComponents,
  init: SnapshotSendInit,
): Promise<void> {
  const { host, store, pacer } = components
  const { term, snapshot } = init.message
  try {
    const reader = await store.open(snapshot)
    const { sizeBytes, checksum } = reader
    const transfer = new OutboundTransfer(components, { sizeBytes, stallMs: init.stallMs })
    const frames = await openRaftStream(host, {
      connection: init.connection,
      protocol: RAFT_PROTOCOLS.snapshot,
      identity: init.identity,
      onReply: (reply) => transfer.onReply(reply),
      onClosed: (error) => transfer.end(error ?? new Error('the receiver ended the stream')),
      signal: AbortSignal.any([init.signal, AbortSignal.timeout(init.openTimeoutMs)]),
    })
    const onAbort = (): void => frames.abort(new Error('the transfer was given up'))
    init.signal.addEventListener('abort', onAbort)
    if (init.signal.aborted) onAbort()
    try {
      const meta = snapshotMetaToWire(snapshot)
      frames.send(SnapshotHeader.encode({ group: init.group, term, snapshot: meta, sizeBytes, checksum }))
      const offset = await transfer.offset()
      init.onOffset(offset)
      for await (const piece of cutToSize(reader.chunks(offset))) {
        await transfer.roomFor(piece.length)
        await pacer.take(piece.length, transfer.ended)
        transfer.send(frames, piece)
      }
      await transfer.stored()
      await frames.close()
    } catch (error) {
      const { interrupted } = transfer
      frames.abort(toError(error))
      throw interrupted ? snapshotInterrupted(error) : error
    } finally {
      init.signal.removeEventListener('abort', onAbort)
    }
  } catch (error) {
    if (hasErrorCode(error, 'SNAPSHOT_INTERRUPTED')) throw error
    throw snapshotNotSent(errorMessage(error), error)
  }
}

function snapshotInterrupted(cause: unknown): DebrosError {
  const message = `a snapshot broke off on its way: ${errorMessage(cause)}`
  return new DebrosError('SNAPSHOT_INTERRUPTED', message, { retryable: true, cause })
}

export function snapshotNotSent(why: string, cause?: unknown): DebrosError {
  return new DebrosError('SNAPSHOT_NOT_SENT', `the snapshot was not sent: ${why}`, { retryable: true, cause })
}

/** Chunks no larger than a frame may be, and none empty. */
async function* cutToSize(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; at += SNAPSHOT_CHUNK_BYTES_MAX) {
      yield chunk.subarray(at, at + SNAPSHOT_CHUNK_BYTES_MAX)
    }
  }
}

interface OutboundTransferInit {
  /** As announced. */
  readonly sizeBytes: number
  readonly stallMs: number
}

/** How far a transfer is, by what was sent and what the receiver says; waits for the receiver, but not for ever. */
class OutboundTransfer {
  readonly #clock: Clock
  readonly #init: OutboundTransferInit
  readonly #ended = new AbortController()
  /** Bytes that the receiver had before; undefined until it said so. */
  #offset: number | undefined
  #sentBytes = 0
  #consumedBytes = 0
  #stored = false
  #refused = false
  /** Wakes whoever waits. */
  #changed: () => void = () => {}

  constructor({ clock }: Pick<SnapshotSenderComponents, 'clock'>, init: OutboundTransferInit) {
    this.#clock = clock
    this.#init = init
  }

  /** Aborted, with the reason, when there will be no more replies. */
  get ended(): AbortSignal {
    return this.#ended.signal
  }

  /** Whether it broke off on its way: not for what we have to send, nor for what the receiver says. */
  get interrupted(): boolean {
    if (!this.ended.aborted || this.#offset === undefined) return false
    return !this.#refused && !hasErrorCode(this.ended.reason, 'WIRE_MALFORMED')
  }

  async offset(): Promise<number> {
    await this.#receiver(() => this.#offset !== undefined)
    return this.#offset ?? 0
  }

  /** Resolves when so many bytes more do not exceed the window. */
  async roomFor(bytes: number): Promise<void> {
    await this.#receiver(() => this.#sentBytes + bytes - this.#consumedBytes <= SNAPSHOT_WINDOW_BYTES)
  }

  send(frames: FrameStream, piece: Uint8Array): void {
    this.ended.throwIfAborted()
    if (piece.length > this.#leftBytes) throw new Error('the snapshot is larger than it says')
    this.#sentBytes += piece.length
    frames.send(SnapshotChunk.encode({ data: piece }))
  }

  /** After the last byte: resolves once the receiver has stored everything. */
  async stored(): Promise<void> {
    if (this.#leftBytes !== 0) throw new Error(`the snapshot ends ${this.#leftBytes} bytes early`)
    await this.#receiver(() => this.#stored)
  }

  get #leftBytes(): number {
    return this.#init.sizeBytes - (this.#offset ?? 0) - this.#sentBytes
  }

  onReply(reply: StreamReply): void {
    if (reply.snapshotOffset !== undefined) {
      const offset = checkInteger(reply.snapshotOffset, 'snapshot offset')
      if (this.#offset !== undefined) throw malformed('a second snapshot offset')
      if (offset > this.#init.sizeBytes) throw malformed(`snapshot offset ${offset} is beyond its end`)
      this.#offset = offset
    }
    if (reply.snapshotConsumed !== undefined) {
      const consumed = checkInteger(reply.snapshotConsumed, 'snapshot bytes consumed')
      if (consumed <= this.#consumedBytes || consumed > this.#sentBytes) {
        throw malformed(`${consumed} snapshot bytes consumed, of ${this.#sentBytes} sent`)
      }
      this.#consumedBytes = consumed
    }
    if (reply.snapshotStored !== undefined) {
      if (this.#offset === undefined || this.#leftBytes !== 0) throw malformed('stored before all was sent')
      this.#stored = true
    }
    if (reply.snapshotRefused !== undefined) {
      this.#refused = true
      this.end(new Error(reply.snapshotRefused))
    }
    this.#changed()
  }

  end(reason: Error): void {
    this.#ended.abort(reason)
    this.#changed()
  }

  /** Waits until `holds`; throws when the transfer has ended, or the receiver does not move. */
  async #receiver(holds: () => boolean): Promise<void> {
    while (!holds()) {
      this.ended.throwIfAborted()
      const patienceMs = this.#patienceMs
      const stalled = this.#clock.after(patienceMs, () => {
        this.end(new Error(`the receiver took nothing for ${patienceMs / 1_000} s`))
      })
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
      stalled.cancel()
    }
  }

  /** Before it takes the first byte, the receiver reads again what it has from before. */
  get #patienceMs(): number {
    const reread = this.#consumedBytes === 0 ? (this.#offset ?? 0) : 0
    return this.#init.stallMs + Math.ceil((1_000 * reread) / SNAPSHOT_REREAD_BYTES_PER_SECOND)
  }
}
