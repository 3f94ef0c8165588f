/**
 * A database file as it leaves or enters the replicated state: what its header says of how it is to be
 * opened (sqlite.org/fileformat2.html, section 1.3).
 */
import type { FileSnapshot } from './block-file.ts'
import { withoutFreePages } from './free-pages.ts'

/** `wal`: whoever opens it keeps a write-ahead log beside it; `delete`: a rollback journal while it writes. */
export type JournalMode = 'wal' | 'delete'

/** Behind the magic and the page size: which mode to write with, and which to read with. */
const FORMAT_VERSIONS_AT = 18
const FORMAT_VERSION = { delete: 1, wal: 2 } as const

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
  page.set(new TextEncoder().encode('SQLite format 3\0'))
  view.setUint16(16, PAGE_BYTES)
  page.set([FORMAT_VERSION.delete, FORMAT_VERSION.delete, 0, 64, 32, 32], FORMAT_VERSIONS_AT)
  view.setUint32(24, 1) // times the file was changed
  view.setUint32(28, 1) // pages
  view.setUint32(92, 1) // the change since when the number of pages is right
  page[HEADER_BYTES] = 0x0d // a leaf of a table
  view.setUint16(HEADER_BYTES + 5, PAGE_BYTES) // where its cells begin
  return page
}
