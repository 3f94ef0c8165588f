/** Bytes on their way into memory that grows with them. */

/** As large as most of what is written. */
const SCRATCH_BYTES = 1024
/** More is not kept once it was taken. */
const SCRATCH_BYTES_MAX = 256 * 1024
const COUNT_BYTES_MAX = 8
const NUMBER_BYTES = 8
/** Up to here a loop is faster than two calls out of JavaScript. */
const SHORT_TEXT = 48

export class ByteWriter {
  #scratch = new Uint8Array(SCRATCH_BYTES)
  /** A view of it that knows texts and numbers. */
  #bytes = Buffer.from(this.#scratch.buffer)
  #length = 0

  get length(): number {
    return this.#length
  }

  /** Forgets what was written and not taken: whoever wrote it has failed. */
  begin(): void {
    this.#length = 0
  }

  /** A copy of everything since the last time. */
  take(): Uint8Array<ArrayBuffer> {
    const taken = this.#scratch.slice(0, this.#length)
    this.#length = 0
    if (this.#scratch.length > SCRATCH_BYTES_MAX) this.#moveTo(new Uint8Array(SCRATCH_BYTES))
    return taken
  }

  byte(byte: number): void {
    this.#reserve(1)
    this.#scratch[this.#length++] = byte
  }

  /** A safe integer from 0 on, 7 bits a byte, the lowest first; the highest bit says that more follow. */
  count(count: number): void {
    this.#reserve(COUNT_BYTES_MAX)
    let rest = count
    for (; rest > 0x7fff_ffff; rest = Math.floor(rest / 0x80)) {
      this.#scratch[this.#length++] = (rest % 0x80) | 0x80
    }
    for (; rest > 0x7f; rest >>>= 7) this.#scratch[this.#length++] = (rest & 0x7f) | 0x80
    this.#scratch[this.#length++] = rest
  }

  /** As a count, but up to 64 bits long. */
  bigCount(count: bigint): void {
    let rest = count
    for (; rest > 0x7fn; rest >>= 7n) this.byte(Number(rest & 0x7fn) | 0x80)
    this.byte(Number(rest))
  }

  /** Its UTF-8 behind the count of its bytes. */
  text(text: string): void {
    if (text.length <= SHORT_TEXT && this.#isShortText(text)) return
    const byteLength = Buffer.byteLength(text)
    this.count(byteLength)
    this.#reserve(byteLength)
    this.#length += this.#bytes.write(text, this.#length, byteLength === text.length ? 'latin1' : 'utf8')
  }

  /** Behind their count. */
  bytes(bytes: Uint8Array): void {
    this.count(bytes.byteLength)
    this.#reserve(bytes.byteLength)
    this.#scratch.set(bytes, this.#length)
    this.#length += bytes.byteLength
  }

  doubleLE(value: number): void {
    this.#reserve(NUMBER_BYTES)
    this.#length = this.#bytes.writeDoubleLE(value, this.#length)
  }

  doubleBE(value: number): void {
    this.#reserve(NUMBER_BYTES)
    this.#length = this.#bytes.writeDoubleBE(value, this.#length)
  }

  int64BE(value: bigint): void {
    this.#reserve(NUMBER_BYTES)
    this.#length = this.#bytes.writeBigInt64BE(value, this.#length)
  }

  /** Begins what is counted only when it is all there; the count goes in front of it at `close`. */
  open(): number {
    this.byte(0) // is enough for most
    return this.#length
  }

  /** `from`: what `open` returned. */
  close(from: number): void {
    const count = this.#length - from
    if (count < 0x80) {
      this.#scratch[from - 1] = count
      return
    }
    this.#reserve(COUNT_BYTES_MAX)
    const to = from - 1 + countBytes(count)
    this.#scratch.copyWithin(to, from, this.#length)
    this.#length = from - 1
    this.count(count)
    this.#length = to + count
  }

  /** Only if it is ASCII, which takes as many bytes as it has characters. */
  #isShortText(text: string): boolean {
    this.#reserve(SHORT_TEXT + 1)
    const from = this.#length + 1
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i)
      if (code > 0x7f) return false
      this.#scratch[from + i] = code
    }
    this.#scratch[this.#length] = text.length
    this.#length = from + text.length
    return true
  }

  #reserve(bytes: number): void {
    const needed = this.#length + bytes
    if (needed <= this.#scratch.length) return
    const larger = new Uint8Array(Math.max(needed, 2 * this.#scratch.length))
    larger.set(this.#scratch.subarray(0, this.#length))
    this.#moveTo(larger)
  }

  #moveTo(scratch: Uint8Array<ArrayBuffer>): void {
    this.#scratch = scratch
    this.#bytes = Buffer.from(scratch.buffer)
  }
}

function countBytes(count: number): number {
  let bytes = 1
  for (let rest = count; rest > 0x7f; rest = Math.floor(rest / 0x80)) bytes++
  return bytes
}
