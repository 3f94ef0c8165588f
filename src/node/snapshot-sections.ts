/**
 * How the state machines share one snapshot. A snapshot is a sequence of frames
 *
 *   section (1 byte) | length (4 bytes, big endian) | that many bytes
 *
 * in the order of the sections below, each section in one or more frames; the last frame is `end`.
 * Checksums are the snapshot files' business.
 */
import { assert, DebrosError } from '../base/index.ts'

export const SECTIONS = { meta: 1, sql: 2, kv: 3, end: 255 } as const
export type Section = keyof typeof SECTIONS

const HEADER_BYTES = 5
/** Machines produce chunks of 64 KiB; a length far beyond that is nonsense. */
const FRAME_BYTES_MAX = 16 * 1024 * 1024

export function frameHeader(section: Section, length: number): Uint8Array {
  const header = Buffer.allocUnsafe(HEADER_BYTES)
  header[0] = SECTIONS[section]
  header.writeUInt32BE(length, 1)
  return header
}

export async function* framed(
  section: Section,
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    assert(chunk.length <= FRAME_BYTES_MAX, 'a chunk fits a frame')
    yield frameHeader(section, chunk.length)
    yield chunk
  }
}

/** Takes a snapshot's bytes apart again. Sections are read in their order; one may be left unread. */
export class SectionReader {
  readonly #source: AsyncIterator<Uint8Array>
  #buffer: Uint8Array = new Uint8Array(0)
  #frame: { readonly section: number; readonly length: number } | undefined

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  /** The section's bytes. Throws `SNAPSHOT_INVALID` where the stream is not one of ours. */
  async *section(section: Section): AsyncGenerator<Uint8Array> {
    for (;;) {
      this.#frame ??= await this.#readFrame()
      if (this.#frame.section > SECTIONS[section]) return
      const frame = this.#frame
      this.#frame = undefined
      const bytes = await this.#read(frame.length)
      if (frame.section === SECTIONS[section]) yield bytes
    }
  }

  async close(): Promise<void> {
    await this.#source.return?.()
  }

  async #readFrame(): Promise<{ section: number; length: number }> {
    const header = Buffer.from(await this.#read(HEADER_BYTES))
    const length = header.readUInt32BE(1)
    if (length > FRAME_BYTES_MAX) throw invalid(`a frame of ${length} bytes`)
    return { section: header[0] as number, length }
  }

  async #read(length: number): Promise<Uint8Array> {
    const parts: Uint8Array[] = []
    let missing = length
    while (missing > 0) {
      if (this.#buffer.length === 0) {
        const next = await this.#source.next()
        if (next.done === true) throw invalid('it ends in the middle of a frame')
        this.#buffer = next.value
      }
      const part = this.#buffer.subarray(0, missing)
      this.#buffer = this.#buffer.subarray(part.length)
      missing -= part.length
      parts.push(part)
    }
    return parts.length === 1 ? (parts[0] as Uint8Array) : Buffer.concat(parts)
  }
}

function invalid(what: string): DebrosError {
  return new DebrosError('SNAPSHOT_INVALID', `the snapshot's content cannot be read: ${what}`)
}
