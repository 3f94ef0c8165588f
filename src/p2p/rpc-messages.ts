/** Requests and responses in parts: how they are cut for sending, and put together again. */
import { malformed, RPC_PART_BYTES, RPC_PART_BYTES_MAX, RpcFrame } from '../wire/index.ts'
import type { FrameStream } from './frame-stream.ts'

/** A message on its way out. */
export class OutgoingMessage {
  readonly #payload: Uint8Array
  readonly #frame: (data: Uint8Array, first: boolean) => Partial<RpcFrame>
  readonly #onSent: () => void
  #sentBytes = 0
  #started = false

  /** `onSent` is called when the last part has been handed to the connection. */
  constructor(
    payload: Uint8Array,
    init: {
      readonly frame: (data: Uint8Array, first: boolean) => Partial<RpcFrame>
      readonly onSent: () => void
    },
  ) {
    this.#payload = payload
    this.#frame = init.frame
    this.#onSent = init.onSent
  }

  get started(): boolean {
    return this.#started
  }

  get finished(): boolean {
    return this.#started && this.#sentBytes === this.#payload.length
  }

  /** Sends the next part. */
  sendPart(stream: FrameStream): void {
    const data = this.#payload.subarray(this.#sentBytes, this.#sentBytes + RPC_PART_BYTES)
    stream.send(RpcFrame.encode(this.#frame(data, !this.#started)))
    this.#started = true
    this.#sentBytes += data.length
    if (this.finished) this.#onSent()
  }
}

/** Lets the messages of one stream take turns, a part each, as fast as the stream takes them. */
export class TurnSender {
  readonly #stream: FrameStream
  #messages: OutgoingMessage[] = []

  constructor(stream: FrameStream) {
    this.#stream = stream
  }

  add(message: OutgoingMessage): void {
    this.#messages.push(message)
    this.sendMore()
  }

  /** Sends no more of it. */
  remove(message: OutgoingMessage): void {
    this.#messages = this.#messages.filter((other) => other !== message)
  }

  /** To be called when the stream has drained. */
  sendMore(): void {
    while (this.#stream.queuedBytes < RPC_PART_BYTES && !this.#stream.closed) {
      const message = this.#messages.shift()
      if (message === undefined) return
      message.sendPart(this.#stream)
      if (!message.finished) this.#messages.push(message)
    }
  }
}

/** A message on its way in, of a size announced in advance and found acceptable. */
export class IncomingMessage {
  readonly #sizeBytes: number
  /** What has come of it, if it did not come at once. The parts are not kept: each may be a byte. */
  #begun: Uint8Array | undefined
  #receivedBytes = 0

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes
  }

  /** Returns the whole message once `data` completes it. Throws `WIRE_MALFORMED`. */
  add(data: Uint8Array): Uint8Array | undefined {
    if (data.length > RPC_PART_BYTES_MAX) throw malformed(`a part of ${data.length} bytes`)
    const at = this.#receivedBytes
    this.#receivedBytes += data.length
    if (this.#receivedBytes > this.#sizeBytes) throw malformed('more data than announced')
    if (data.length === this.#sizeBytes) return data
    // Each part must bring the message forward, or it could go on for ever.
    if (data.length === 0) throw malformed('an empty part')
    this.#begun ??= new Uint8Array(this.#sizeBytes)
    this.#begun.set(data, at)
    return this.#receivedBytes === this.#sizeBytes ? this.#begun : undefined
  }
}
