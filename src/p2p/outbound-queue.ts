import type { FrameStream } from './frame-stream.ts'

export interface OutboundQueueInit {
  /** Bound on what waits, whether for a stream to come up or for one that takes no more. */
  readonly bytesMax: number
}

/** A frame, in one or more pieces. */
export type Frame = readonly Uint8Array[]

/**
 * The frames of one class for one member. Without a stream they are kept while one is being opened
 * (`holding`) and dropped otherwise; when too many wait, the newest is dropped, so that what is sent stays
 * a prefix of what was asked for.
 */
export class OutboundQueue {
  readonly #init: OutboundQueueInit
  #stream: FrameStream | undefined
  #holding = false
  #held: Frame[] = []
  #heldBytes = 0
  #dropped = 0

  constructor(init: OutboundQueueInit) {
    this.#init = init
  }

  /** Frames dropped so far. */
  get dropped(): number {
    return this.#dropped
  }

  push(frame: Frame): void {
    const bytes = frame.reduce((sum, piece) => sum + piece.length, 0)
    const waitingBytes = this.#stream?.queuedBytes ?? this.#heldBytes
    if (waitingBytes + bytes > this.#init.bytesMax) {
      this.#dropped += 1
    } else if (this.#stream !== undefined) {
      this.#stream.send(...frame)
    } else if (this.#holding) {
      this.#held.push(frame)
      this.#heldBytes += bytes
    } else {
      this.#dropped += 1
    }
  }

  /** A stream is being opened: keep what comes until then. */
  hold(): void {
    this.#holding = true
  }

  /** The stream is up: it gets what was kept, and everything from now on. */
  attach(stream: FrameStream): void {
    this.#stream = stream
    for (const frame of this.#held) stream.send(...frame)
    this.#clear()
  }

  /** There is no stream, and none is being opened: drop what comes. */
  release(): void {
    this.#stream = undefined
    this.#dropped += this.#held.length
    this.#clear()
  }

  #clear(): void {
    this.#holding = false
    this.#held = []
    this.#heldBytes = 0
  }
}
