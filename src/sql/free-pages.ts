/**
 * Pages of a database file that hold nothing (sqlite.org/fileformat2.html, section 1.5). What is left in
 * them depends on when SQLite's cache was full, so on which reads came before, and is not part of the
 * state. A capture has zeros in their place.
 */
import type { FileSnapshot } from './block-file.ts'

const HEADER_BYTES = 100
const PAGE_SIZE_AT = 16
const FIRST_TRUNK_AT = 32
const NUMBER_BYTES = 4

/** The file, but for its free pages, which read as zeros. */
export function withoutFreePages(file: FileSnapshot): FileSnapshot {
  if (file.size < HEADER_BYTES) return file
  const header = viewOf(file, 0, HEADER_BYTES)
  const pageSize = header.getUint16(PAGE_SIZE_AT) === 1 ? 65_536 : header.getUint16(PAGE_SIZE_AT)
  const free = freePages(file, pageSize, header.getUint32(FIRST_TRUNK_AT))
  if (free.size === 0) return file
  return {
    size: file.size,
    release: () => file.release(),
    read: (target, offset) => {
      const count = file.read(target, offset)
      for (let page = Math.floor(offset / pageSize); page * pageSize < offset + count; page++) {
        if (!free.has(page)) continue
        target.fill(0, Math.max(0, page * pageSize - offset), Math.min(count, (page + 1) * pageSize - offset))
      }
      return count
    },
  }
}

/** Positions, counted from 0. Trunks, which list the others, are not among them. */
function freePages(file: FileSnapshot, pageSize: number, firstTrunk: number): Set<number> {
  const free = new Set<number>()
  const trunks = new Set<number>()
  // Pages are numbered from 1; 0 ends the chain.
  for (let trunk = firstTrunk; trunk !== 0 && !trunks.has(trunk); ) {
    trunks.add(trunk)
    const entries = viewOf(file, (trunk - 1) * pageSize, pageSize)
    const count = Math.min(entries.getUint32(NUMBER_BYTES), pageSize / NUMBER_BYTES - 2)
    for (let i = 0; i < count; i++) free.add(entries.getUint32((i + 2) * NUMBER_BYTES) - 1)
    trunk = entries.getUint32(0)
  }
  return free
}

function viewOf(file: FileSnapshot, offset: number, length: number): DataView {
  const bytes = new Uint8Array(length)
  file.read(bytes, offset)
  return new DataView(bytes.buffer)
}
