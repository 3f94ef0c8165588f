import type { Uint8ArrayList } from 'uint8arraylist'
import { DebrosError } from '../base/index.ts'
import { malformed } from './malformed.ts'

/** A length below 2^28 takes at most this many bytes; our limits are far below that. */
const PREFIX_BYTES_MAX = 4

/**
 * A frame's length as an unsigned varint, to be sent before the frame. The same framing as
 * it-length-prefixed and libp2p's own length-prefixed streams.
 */
export function framePrefix(frameBytes: number): Uint8Array {
  if (frameBytes < 0x80) return Uint8Array.of(frameBytes)
  const bytes: number[] = []
  let rest = frameBytes
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return Uint8Array.from(bytes)
}

/**
 * Cuts a stream of bytes into its frames. A declared length is checked against the limit as soon as it
 * is read, before a byte of the frame is kept, so at most one frame of the allowed size is ever held.
 *
 * Errors: `WIRE_FRAME_TOO_LARGE`, `WIRE_MALFORMED`. After an error the decoder must not be used again.
 */
export class FrameDecoder {
  readonly #frameBytesMax: number
  /** The length being read. */
  #prefix = 0
  #prefixBytes = 0
  /** The frame being read, once its length is known. */
  #frameBytes: number | undefined
  #missingBytes = 0
  /** What has come of it, if it did not come at once. The pieces it came in are not kept: each may be a byte. */
  #begun: Uint8Array | undefined

  constructor(init: { readonly frameBytesMax: number }) {
    this.#frameBytesMax = init.frameBytesMax
  }

  /** True if the stream may end here: no frame has been begun. */
  get idle(): boolean {
    return this.#frameBytes === undefined && this.#prefixBytes === 0
  }

  /**
   * Hands every frame that `data` completes to `onFrame`, in order. A frame is a view of `data` where it
   * can be, so `data` must not be changed afterwards.
   */
  push(data: Uint8Array | Uint8ArrayList, onFrame: (frame: Uint8Array) => void): void {
    if (data instanceof Uint8Array) this.#read(data, onFrame)
    else for (const chunk of data) this.#read(chunk, onFrame)
  }

  #read(chunk: Uint8Array, onFrame: (frame: Uint8Array) => void): void {
    let at = 0
    while (at < chunk.length) {
      if (this.#frameBytes === undefined) {
        at = this.#readPrefix(chunk, at)
        // An empty frame is complete with its prefix.
        if (this.#frameBytes !== 0) continue
      }
      const taken = chunk.subarray(at, at + this.#missingBytes)
      at += taken.length
      const frame = this.#add(taken, this.#frameBytes)
      if (frame !== undefined) onFrame(frame)
    }
  }

  #readPrefix(chunk: Uint8Array, from: number): number {
    let at = from
    while (at < chunk.length) {
      const byte = chunk[at++] ?? 0
      this.#prefix |= (byte & 0x7f) << (7 * this.#prefixBytes)
      this.#prefixBytes += 1
      if (byte < 0x80) {
        this.#beginFrame(this.#prefix)
        return at
      }
      if (this.#prefixBytes === PREFIX_BYTES_MAX) throw malformed('frame length')
    }
    return at
  }

  #beginFrame(frameBytes: number): void {
    if (frameBytes > this.#frameBytesMax) {
      throw new DebrosError(
        'WIRE_FRAME_TOO_LARGE',
        `a frame of ${frameBytes} bytes is announced where ${this.#frameBytesMax} are allowed`,
      )
    }
    this.#prefix = 0
    this.#prefixBytes = 0
    this.#frameBytes = frameBytes
    this.#missingBytes = frameBytes
  }

  /** The frame, if this completes it. */
  #add(part: Uint8Array, frameBytes: number): Uint8Array | undefined {
    const isWhole = part.length === frameBytes
    if (!isWhole) {
      this.#begun ??= new Uint8Array(frameBytes)
      this.#begun.set(part, frameBytes - this.#missingBytes)
    }
    this.#missingBytes -= part.length
    if (this.#missingBytes > 0) return undefined
    const frame = isWhole ? part : this.#begun
    this.#frameBytes = undefined
    this.#begun = undefined
    return frame
  }
}
