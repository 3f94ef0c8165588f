/**
 * A database file as it leaves or enters the replicated state: what its header says of how it is to be
 * opened (sqlite.org/fileformat2.html, section 1.3).
 */
import type { BlockFile, FileSnapshot } from './block-file.ts'
import { imageInvalid } from './errors.ts'
import { withoutFreePages } from './free-pages.ts'

/** `wal`: whoever opens it keeps a write-ahead log beside it; `delete`: a rollback journal while it writes. */
export type JournalMode = 'wal' | 'delete'

/** Behind the magic and the page size: which mode to write with, and which to read with. */
const FORMAT_VERSIONS_AT = 18
const FORMAT_VERSION = { delete: 1, wal: 2 } as const

const MAGIC = new TextEncoder().encode('SQLite format 3\0')
const PAGE_BYTES = 4096
const HEADER_BYTES = 100

/** Chunks of a file, of which the first holds the header, as such that say how the file is to be opened. */
export async function* withJournalMode(
  chunks: AsyncIterable<Uint8Array>,
  mode: JournalMode,
): AsyncGenerator<Uint8Array> {
  let isFirst = true
  for await (const chunk of chunks) {
    if (isFirst) chunk.fill(FORMAT_VERSION[mode], FORMAT_VERSIONS_AT, FORMAT_VERSIONS_AT + 2)
    isFirst = false
    yield chunk
  }
}

/**
 * Makes the header of a file from elsewhere that of a replicated one: rollback-journal mode, without the
 * traces of who wrote it how often, and as long as it says. Throws `SQL_IMAGE_INVALID` for what is no SQLite
 * file, or only the beginning of one.
 */
export function normalizeHeader(file: BlockFile): void {
  const header = new Uint8Array(HEADER_BYTES)
  if (file.read(header, 0) < HEADER_BYTES) throw imageInvalid('it is too short')
  const view = new DataView(header.buffer)
  if (!MAGIC.every((byte, i) => header[i] === byte)) throw imageInvalid('it is no SQLite file')
  const pageField = view.getUint16(16)
  const pageBytes = pageField === 1 ? 65_536 : pageField
  const isPowerOfTwo = (pageBytes & (pageBytes - 1)) === 0
  if (pageBytes < 512 || !isPowerOfTwo) throw imageInvalid(`its pages have ${pageBytes} bytes`)
  if (Math.max(header[18] as number, header[19] as number) > FORMAT_VERSION.wal) {
    throw imageInvalid('its format is unknown')
  }
  if (file.size % pageBytes !== 0) throw imageInvalid('it ends in the middle of a page')
  const pages = file.size / pageBytes
  // Old versions of SQLite do not count them, and do not say when others did.
  const counted = view.getUint32(24) === view.getUint32(92) ? view.getUint32(28) : 0
  if (counted > pages) throw imageInvalid(`it should have ${counted} pages, and has ${pages}`)
  if (counted > 0 && counted < pages) file.truncate(counted * pageBytes)
  view.setUint32(28, counted > 0 ? counted : pages)
  header.fill(FORMAT_VERSION.delete, FORMAT_VERSIONS_AT, FORMAT_VERSIONS_AT + 2)
  view.setUint32(24, 1)
  view.setUint32(92, 1)
  view.setUint32(96, 0)
  file.write(header, 0)
}

/** What there is to copy of a database: its file without what is left in free pages; never no bytes at all. */
export function imageOf(file: FileSnapshot): FileSnapshot {
  return file.size === 0 ? emptyImage() : withoutFreePages(file)
}

/** A file of no bytes is an empty database to SQLite, but to nobody else. */
function emptyImage(): FileSnapshot {
  const page = emptyDatabase()
  return {
    size: page.length,
    read: (target, offset) => {
      const bytes = page.subarray(offset, offset + target.length)
      target.set(bytes)
      return bytes.length
    },
    blockHash: () => {
      throw new RangeError('it is made to be copied')
    },
    release: () => {},
  }
}

/** One page: a header, and the root of a schema that holds nothing. SQLite writes the same. */
export function emptyDatabase(): Uint8Array<ArrayBuffer> {
  const page = new Uint8Array(PAGE_BYTES)
  const view = new DataView(page.buffer)
  page.set(MAGIC)
  view.setUint16(16, PAGE_BYTES)
  page.set([FORMAT_VERSION.delete, FORMAT_VERSION.delete, 0, 64, 32, 32], FORMAT_VERSIONS_AT)
  view.setUint32(24, 1) // times the file was changed
  view.setUint32(28, 1) // pages
  view.setUint32(92, 1) // the change since when the number of pages is right
  page[HEADER_BYTES] = 0x0d // a leaf of a table
  view.setUint16(HEADER_BYTES + 5, PAGE_BYTES) // where its cells begin
  return page
}
