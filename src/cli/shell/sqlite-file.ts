/** What the header of a SQLite file tells (https://sqlite.org/fileformat2.html, section 1.3). */

export const HEADER_BYTES = 100
/** What rqlite goes by, too. */
const MAGIC = 'SQLite format'

/** Whether a file beginning with these bytes is meant as a SQLite database. */
export function isSqliteFile(beginning: Buffer): boolean {
  return beginning.length > MAGIC.length && beginning.toString('latin1', 0, MAGIC.length) === MAGIC
}

/** What is wrong with a file of this header (at least what there is of it) and size; undefined if nothing is. */
export function checkSqliteFile(header: Buffer, sizeBytes: number): string | undefined {
  if (!isSqliteFile(header)) return 'is no SQLite file'
  if (header.length < HEADER_BYTES) return 'is too short for a SQLite file'
  const stated = header.readUInt16BE(16)
  const pageBytes = stated === 1 ? 65_536 : stated
  if (pageBytes < 512 || (pageBytes & (pageBytes - 1)) !== 0)
    return 'is no SQLite file: its page size is wrong'
  if (sizeBytes % pageBytes !== 0) return `is no whole SQLite file: ${sizeBytes} bytes end within a page`
  // The count of pages is kept by every version since 3.7.0 and is true if this number is the counter's.
  if (header.readUInt32BE(24) !== header.readUInt32BE(92)) return undefined
  const expected = header.readUInt32BE(28) * pageBytes
  return sizeBytes < expected ? `is no whole SQLite file: ${sizeBytes} of ${expected} bytes` : undefined
}
