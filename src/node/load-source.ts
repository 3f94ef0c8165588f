/** What is to be loaded, as it comes: unpacked, measured, and told apart by how it begins. */
import { pipeline, Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { DebrosError, errorMessage } from '../base/index.ts'

/** rqlite takes what begins so, and goes on, for a database. */
const FILE_START = Buffer.from('SQLite format')
const GZIP_START = Buffer.of(0x1f, 0x8b)
/** As much as has to be seen. */
const START_BYTES = 32

export interface LoadSource {
  readonly kind: 'file' | 'text'
  /** The first bytes, again among the chunks. Shorter than {@link START_BYTES} only if that is all. */
  readonly start: Uint8Array
  /** Everything. Rejects with `LOAD_TOO_LARGE` or `LOAD_INVALID`, or whatever the source fails with. */
  readonly chunks: AsyncIterable<Uint8Array>
}

export async function openLoadSource(
  source: AsyncIterable<Uint8Array>,
  bytesMax: number,
): Promise<LoadSource> {
  let begun = await peek(source)
  if (begun.start.subarray(0, GZIP_START.length).equals(GZIP_START))
    begun = await peek(unpacked(begun.chunks))
  const { start } = begun
  const isFile = start.length > FILE_START.length && start.subarray(0, FILE_START.length).equals(FILE_START)
  return { kind: isFile ? 'file' : 'text', start, chunks: bounded(begun.chunks, bytesMax) }
}

interface Begun {
  readonly start: Buffer
  readonly chunks: AsyncIterable<Uint8Array>
}

/** Reads as much as has to be seen. The source is then read through `chunks`. */
async function peek(source: AsyncIterable<Uint8Array>): Promise<Begun> {
  const iterator = source[Symbol.asyncIterator]()
  const first: Uint8Array[] = []
  let bytes = 0
  while (bytes < START_BYTES) {
    const next = await iterator.next()
    if (next.done === true) break
    first.push(next.value)
    bytes += next.value.length
  }
  return { start: Buffer.concat(first).subarray(0, START_BYTES), chunks: resumed(first, iterator) }
}

async function* resumed(
  first: readonly Uint8Array[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    yield* first
    for (;;) {
      const next = await rest.next()
      if (next.done === true) return
      yield next.value
    }
  } finally {
    await rest.return?.()
  }
}

/** A packed file may be a thousand times as large as it looks: it is unpacked as it is read, and never far ahead. */
async function* unpacked(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let failure: unknown
  const watched = (async function* () {
    try {
      yield* chunks
    } catch (error) {
      failure = error
      throw error
    }
  })()
  const gunzip = createGunzip()
  pipeline(Readable.from(watched, { objectMode: false }), gunzip, () => {}) // whoever reads hears of failures
  try {
    yield* gunzip
  } catch (error) {
    throw (
      failure ??
      new DebrosError('LOAD_INVALID', `cannot be unpacked: ${errorMessage(error)}`, { cause: error })
    )
  }
}

async function* bounded(chunks: AsyncIterable<Uint8Array>, bytesMax: number): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > bytesMax) {
      throw new DebrosError('LOAD_TOO_LARGE', `too large to be loaded: the limit is ${bytesMax} bytes`)
    }
    yield chunk
  }
}

/** Tells whether chunks, one after the other, are UTF-8; without one, whether they end where a character ends. */
export function utf8Check(): (chunk?: Uint8Array) => boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return (chunk) => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined })
      return true
    } catch {
      return false
    }
  }
}

/** The same bytes in pieces of `size`, but for the last, which may be empty. */
export async function* inPieces(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  size: number,
): AsyncGenerator<Uint8Array> {
  let piece = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      if (filled === size) {
        yield piece
        piece = Buffer.allocUnsafe(size)
        filled = 0
      }
      const part = chunk.subarray(at, at + size - filled)
      piece.set(part, filled)
      filled += part.length
      at += part.length
    }
  }
  yield piece.subarray(0, filled)
}
