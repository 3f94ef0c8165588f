/**
 * A capture as a stream of bytes. Integers are big-endian.
 *
 *   8  magic "DBKV" and the format as four digits
 *   per key of the history of outcomes and of the namespaces, in key order:
 *     4  length of the key
 *     4  length of the stored value
 *     …  key, stored value (as the database has them)
 *   at the end:
 *     4  0xffffffff
 *     4  0
 *     8  number of keys
 *
 * Equal states make equal bytes. Where chunks end means nothing. The stream has no checksum: the
 * snapshot it is part of has one.
 */
import { DebrosError } from '../base/index.ts'
import { HISTORY, isInRange, isNamespacedKey } from './keys.ts'
import type { StoredHistory } from './stored-history.ts'
import { getUint64, putUint64 } from './stored-value.ts'

const CAPTURE_CHUNK_BYTES = 64 * 1024

const MAGIC = new TextEncoder().encode('DBKV0002')
const LENGTHS_BYTES = 8
const END_MARK = 0xffff_ffff
const REVISION_BYTES = 8
/** Far above all limits; keeps a damaged length from asking for that much memory. */
const FIELD_BYTES_MAX = 64 * 1024 * 1024

/** A few records of the database, in key order. */
export type RecordStep = readonly (readonly [Uint8Array, Uint8Array])[]

/** Chunks have at most 64 KiB. */
export async function* writeCapture(steps: AsyncIterable<RecordStep>): AsyncGenerator<Uint8Array, void> {
  const packer = new Packer()
  packer.add(MAGIC)
  let count = 0
  for await (const step of steps) {
    for (const [key, value] of step) {
      packer.addLengths(key.byteLength, value.byteLength)
      packer.add(key)
      packer.add(value)
    }
    count += step.length
    yield* packer.full()
  }
  packer.addLengths(END_MARK, 0)
  const end = new Uint8Array(8)
  putUint64(end, count)
  packer.add(end)
  yield* packer.full()
  yield* packer.rest()
}

/** Gathers bytes into chunks of full size. */
class Packer {
  readonly #lengths = new DataView(new ArrayBuffer(LENGTHS_BYTES))
  #full: Uint8Array[] = []
  #chunk = new Uint8Array(CAPTURE_CHUNK_BYTES)
  #filled = 0

  addLengths(keyBytes: number, valueBytes: number): void {
    this.#lengths.setUint32(0, keyBytes)
    this.#lengths.setUint32(4, valueBytes)
    this.add(new Uint8Array(this.#lengths.buffer))
  }

  add(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.byteLength; ) {
      const part = bytes.subarray(from, from + CAPTURE_CHUNK_BYTES - this.#filled)
      this.#chunk.set(part, this.#filled)
      this.#filled += part.byteLength
      from += part.byteLength
      if (this.#filled === CAPTURE_CHUNK_BYTES) this.#next()
    }
  }

  /** Hands out the chunks that are full. */
  full(): readonly Uint8Array[] {
    const full = this.#full
    this.#full = []
    return full
  }

  /** Hands out what is left when all else was, if anything is. */
  rest(): readonly Uint8Array[] {
    return this.#filled === 0 ? [] : [this.#chunk.subarray(0, this.#filled)]
  }

  #next(): void {
    this.#full.push(this.#chunk)
    this.#chunk = new Uint8Array(CAPTURE_CHUNK_BYTES)
    this.#filled = 0
  }
}

/**
 * Reads a capture back, and adds what is of the history to `history` too. Throws
 * `KV_SNAPSHOT_INVALID` unless it is whole and well-formed.
 */
export async function* readCapture(
  chunks: AsyncIterable<Uint8Array>,
  history: StoredHistory,
): AsyncGenerator<readonly [Uint8Array, Uint8Array], void> {
  const input = new ChunkReader(chunks)
  try {
    const magic = await input.take(MAGIC.byteLength)
    if (Buffer.compare(magic, MAGIC) !== 0) throw invalidCapture('it does not begin as one')
    let count = 0
    let previous: Uint8Array | undefined
    for (;;) {
      const lengths = new DataView((await input.take(LENGTHS_BYTES)).buffer)
      const keyBytes = lengths.getUint32(0)
      const valueBytes = lengths.getUint32(4)
      if (keyBytes === END_MARK && valueBytes === 0) break
      if (keyBytes > FIELD_BYTES_MAX || valueBytes > FIELD_BYTES_MAX || valueBytes < REVISION_BYTES) {
        throw invalidCapture(`key ${count + 1} has a length out of range`)
      }
      const key = await input.take(keyBytes)
      const isOfHistory = isInRange(key, HISTORY)
      if (!isOfHistory && !isNamespacedKey(key)) {
        throw invalidCapture(`key ${count + 1} belongs to no namespace`)
      }
      if (previous !== undefined && Buffer.compare(previous, key) >= 0) {
        throw invalidCapture(`key ${count + 1} is out of order`)
      }
      const value = await input.take(valueBytes)
      if (isOfHistory && !history.addCaptured(key, value)) {
        throw invalidCapture(`key ${count + 1} holds no outcome of a request`)
      }
      yield [key, value]
      previous = key
      count++
    }
    const announced = getUint64(await input.take(8))
    if (announced !== count) throw invalidCapture(`${count} keys arrived where ${announced} were written`)
    await input.expectEnd()
  } finally {
    await input.close()
  }
}

/** Hands out exactly as many bytes as asked for, whatever the chunks are. */
class ChunkReader {
  readonly #chunks: AsyncIterator<Uint8Array>
  #chunk: Uint8Array = new Uint8Array(0)
  #position = 0

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]()
  }

  async take(length: number): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = new Uint8Array(length)
    for (let filled = 0; filled < length; ) {
      if (!(await this.#fill())) throw invalidCapture('it ends too early')
      const part = this.#chunk.subarray(this.#position, this.#position + length - filled)
      bytes.set(part, filled)
      filled += part.byteLength
      this.#position += part.byteLength
    }
    return bytes
  }

  /** Ends the stream, read to its end or not. */
  async close(): Promise<void> {
    await this.#chunks.return?.()
  }

  async expectEnd(): Promise<void> {
    if (await this.#fill()) throw invalidCapture('it goes on after its end')
  }

  /** Makes sure that there is a byte to take; false at the end of the stream. */
  async #fill(): Promise<boolean> {
    while (this.#position === this.#chunk.byteLength) {
      const next = await this.#chunks.next()
      if (next.done === true) return false
      this.#chunk = next.value
      this.#position = 0
    }
    return true
  }
}

function invalidCapture(reason: string): DebrosError {
  return new DebrosError('KV_SNAPSHOT_INVALID', `the key-value part of a snapshot is not one: ${reason}`)
}
