/** Takes apart what a `ByteWriter` has put together. Throws at bytes that end too early. */
import { assert } from '../base/index.ts'

const NUMBER_BYTES = 8

export class ByteReader {
  readonly #bytes: Buffer
  #at: number

  /** From `at` on. */
  constructor(bytes: Uint8Array, at = 0) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = at
  }

  get at(): number {
    return this.#at
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.skip(1)] as number // `skip` has looked
  }

  count(): number {
    let count = 0
    for (let weight = 1; ; weight *= 0x80) {
      const byte = this.byte()
      count += (byte & 0x7f) * weight
      if (byte < 0x80) return count
    }
  }

  bigCount(): bigint {
    let count = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.byte()
      count |= BigInt(byte & 0x7f) << shift
      if (byte < 0x80) return count
    }
  }

  text(): string {
    const length = this.count()
    return this.#bytes.toString('utf8', this.skip(length), this.#at)
  }

  /** Of one character per byte. */
  latin1(): string {
    const length = this.count()
    return this.#bytes.toString('latin1', this.skip(length), this.#at)
  }

  /** Skips bytes behind their count. */
  skipBytes(): void {
    this.skip(this.count())
  }

  /** Shares no memory with what is read. */
  bytes(): Uint8Array<ArrayBuffer> {
    const length = this.count()
    const from = this.skip(length)
    return new Uint8Array(this.#bytes.subarray(from, this.#at))
  }

  doubleLE(): number {
    return this.#bytes.readDoubleLE(this.skip(NUMBER_BYTES))
  }

  doubleBE(): number {
    return this.#bytes.readDoubleBE(this.skip(NUMBER_BYTES))
  }

  int64BE(): bigint {
    return this.#bytes.readBigInt64BE(this.skip(NUMBER_BYTES))
  }

  list<T>(take: () => T): T[] {
    const count = this.count()
    const list: T[] = []
    for (let i = 0; i < count; i++) list.push(take())
    return list
  }

  /** Skips these bytes, if they are what comes next. */
  skipIf(expected: Uint8Array): boolean {
    const to = this.#at + expected.byteLength
    if (
      to > this.#bytes.length ||
      this.#bytes.compare(expected, 0, expected.byteLength, this.#at, to) !== 0
    ) {
      return false
    }
    this.#at = to
    return true
  }

  /** Bytes behind their count, where they are. */
  part(): Uint8Array {
    const length = this.count()
    const from = this.skip(length)
    return this.#bytes.subarray(from, this.#at)
  }

  /** The bytes since `from`, in memory of their own. */
  copy(from: number): Uint8Array {
    return new Uint8Array(this.#bytes.subarray(from, this.#at))
  }

  /** Reads again from an earlier place on. */
  back(to: number): void {
    this.#at = to
  }

  /** Returns where the bytes that are skipped begin. */
  skip(length: number): number {
    const from = this.#at
    this.#at += length
    assert(this.#at <= this.#bytes.length, 'values do not end before their bytes do')
    return from
  }
}
