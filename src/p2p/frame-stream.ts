import type { Stream, StreamCloseEvent, StreamMessageEvent } from '@libp2p/interface'
import { DebrosError, toError } from '../base/index.ts'
import { FrameDecoder, framePrefix } from '../wire/index.ts'

/**
 * How much is handed to libp2p at a time. Small enough that the streams of a connection get their turns
 * quickly, large enough that the cost per write does not show.
 */
const WRITE_BYTES = 128 * 1024

const CLOSE_TIMEOUT_MS = 1_000

export interface FrameStreamComponents {
  readonly stream: Stream
  /** The fault hook, for the peer at the other end. */
  readonly allows: (direction: 'inbound' | 'outbound') => boolean
}

export interface FrameStreamInit {
  readonly frameBytesMax: number
  /** Takes each frame; an error thrown here resets the stream. */
  readonly onFrame: (frame: Uint8Array) => void
  /** Called once, whoever ended the stream; `error` is undefined after an orderly end. */
  readonly onClosed: (error: Error | undefined) => void
  /** Called whenever all that was sent has been handed to libp2p and it takes more. */
  readonly onDrained?: () => void
}

/**
 * Length-prefixed frames over a libp2p stream. Frames sent within one turn of the event loop leave in as
 * few writes as possible; while libp2p takes no more they wait here, and whoever sends keeps
 * `queuedBytes` bounded.
 */
export class FrameStream {
  onFrame: (frame: Uint8Array) => void
  /** What happens to a frame that the fault hook stops: lost, or fatal where a gap would make no sense. */
  onBlocked: 'abort' | 'drop' = 'abort'

  readonly #stream: Stream
  readonly #allows: FrameStreamComponents['allows']
  readonly #closeListeners: FrameStreamInit['onClosed'][]
  readonly #onDrained: FrameStreamInit['onDrained']
  readonly #decoder: FrameDecoder
  readonly #queue: Uint8Array[] = []
  #queuedBytes = 0
  #bytesSent = 0
  #bytesReceived = 0
  #writeScheduled = false
  #writing = false
  #closing: PromiseWithResolvers<void> | undefined
  #closed = false

  constructor(components: FrameStreamComponents, init: FrameStreamInit) {
    this.#stream = components.stream
    this.#allows = components.allows
    this.#decoder = new FrameDecoder(init)
    this.onFrame = init.onFrame
    this.#closeListeners = [init.onClosed]
    this.#onDrained = init.onDrained
    this.#stream.addEventListener('message', this.#onMessage)
    this.#stream.addEventListener('drain', this.#scheduleWrite)
    this.#stream.addEventListener('idle', this.#onIdle)
    this.#stream.addEventListener('close', this.#onStreamClosed)
    this.#stream.addEventListener('remoteCloseWrite', this.#onRemoteEnd)
    // Either may have happened before we listened; what was received until then is delivered first.
    if (this.#stream.status !== 'open' || this.#stream.remoteWriteStatus === 'closed') {
      queueMicrotask(this.#onRemoteEnd)
    }
  }

  /** Bytes that wait here for libp2p to take them. */
  get queuedBytes(): number {
    return this.#queuedBytes
  }

  get bytesSent(): number {
    return this.#bytesSent
  }

  get bytesReceived(): number {
    return this.#bytesReceived
  }

  get closed(): boolean {
    return this.#closed
  }

  /** As `onClosed`; never called for a stream that is closed already. */
  addCloseListener(listener: (error: Error | undefined) => void): void {
    this.#closeListeners.push(listener)
  }

  /** Sends one frame, given as one or more pieces. The pieces must not be changed afterwards. */
  send(...pieces: readonly Uint8Array[]): void {
    if (this.#closed || this.#closing !== undefined) return
    if (!this.#allows('outbound')) {
      this.#blocked()
      return
    }
    const frameBytes = pieces.reduce((sum, piece) => sum + piece.length, 0)
    const prefix = framePrefix(frameBytes)
    this.#queue.push(prefix, ...pieces)
    this.#queuedBytes += prefix.length + frameBytes
    this.#scheduleWrite()
  }

  /** Ends the stream at once, and tells the other side so. */
  abort(reason: Error): void {
    if (this.#closed) return
    this.#finish(reason)
    this.#stream.abort(reason)
  }

  /** Sends what is queued, then ends the stream; a peer that does not take it in time is reset. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closing ??= Promise.withResolvers()
    const timer = setTimeout(() => this.abort(streamError('it was not taken in time')), CLOSE_TIMEOUT_MS)
    this.#scheduleWrite()
    await this.#closing.promise
    clearTimeout(timer)
    this.#finish(undefined)
    await this.#end()
  }

  readonly #onMessage = (event: StreamMessageEvent): void => {
    this.#bytesReceived += event.data.byteLength
    try {
      this.#decoder.push(event.data, (frame) => {
        if (this.#closed) return
        if (!this.#allows('inbound')) this.#blocked()
        else this.onFrame(frame)
      })
    } catch (error) {
      this.abort(toError(error))
    }
  }

  readonly #onStreamClosed = (event: StreamCloseEvent): void => {
    this.#finish(event.error ?? this.#endError())
  }

  /** The other side sends no more: neither do we. */
  readonly #onRemoteEnd = (): void => {
    if (this.#closed) return
    this.#finish(this.#endError())
    void this.#end()
  }

  #endError(): Error | undefined {
    return this.#decoder.idle ? undefined : streamError('it ended within a frame')
  }

  readonly #scheduleWrite = (): void => {
    if (this.#writeScheduled) return
    this.#writeScheduled = true
    queueMicrotask(this.#write)
  }

  /** libp2p has sent what it held back. */
  readonly #onIdle = (): void => {
    if (!this.#writing && this.#queuedBytes > 0) this.#scheduleWrite()
  }

  readonly #write = (): void => {
    this.#writeScheduled = false
    while (!this.#closed && this.#queuedBytes > 0) {
      // libp2p still holds earlier bytes: 'drain' or 'idle' brings us back.
      if (this.#stream.writableNeedsDrain || this.#stream.writeBufferLength > 0) return
      this.#writing = true
      try {
        this.#stream.send(this.#takeBytes())
      } catch (error) {
        this.abort(toError(error))
      } finally {
        this.#writing = false
      }
    }
    if (this.#closed) return
    this.#closing?.resolve()
    this.#onDrained?.()
  }

  /** The next bytes of the queue, copied together: a cipher call per write, not per frame. */
  #takeBytes(): Uint8Array {
    const bytes = Buffer.allocUnsafe(Math.min(WRITE_BYTES, this.#queuedBytes))
    let at = 0
    let taken = 0
    for (const piece of this.#queue) {
      const fits = Math.min(piece.length, bytes.length - at)
      bytes.set(fits === piece.length ? piece : piece.subarray(0, fits), at)
      at += fits
      if (fits < piece.length) {
        this.#queue[taken] = piece.subarray(fits)
        break
      }
      taken += 1
    }
    this.#queue.splice(0, taken)
    this.#queuedBytes -= bytes.length
    this.#bytesSent += bytes.length
    return bytes
  }

  #blocked(): void {
    if (this.onBlocked === 'abort') this.abort(streamError('the link is cut'))
  }

  #finish(error: Error | undefined): void {
    if (this.#closed) return
    this.#closed = true
    this.#queue.length = 0
    this.#queuedBytes = 0
    this.#stream.removeEventListener('message', this.#onMessage)
    this.#stream.removeEventListener('drain', this.#scheduleWrite)
    this.#stream.removeEventListener('idle', this.#onIdle)
    this.#stream.removeEventListener('close', this.#onStreamClosed)
    this.#stream.removeEventListener('remoteCloseWrite', this.#onRemoteEnd)
    this.#closing?.resolve()
    for (const listener of this.#closeListeners) listener(error)
  }

  async #end(): Promise<void> {
    try {
      await this.#stream.close({ signal: AbortSignal.timeout(CLOSE_TIMEOUT_MS) })
    } catch (error) {
      this.#stream.abort(toError(error))
    }
  }
}

function streamError(why: string): DebrosError {
  return new DebrosError('P2P_STREAM_LOST', `the stream was lost: ${why}`, { retryable: true })
}
