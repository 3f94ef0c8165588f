/**
 * Pages of a database file that hold nothing (sqlite.org/fileformat2.html, section 1.5). What is left in
 * them depends on when SQLite's cache was full, so on which reads came before, and is not part of the
 * state. A capture has zeros in their place.
 */
import { BLOCK_BYTES, type FileSnapshot, sha256 } from './block-file.ts'

const HEADER_BYTES = 100
const PAGE_SIZE_AT = 16
const FIRST_TRUNK_AT = 32
const NUMBER_BYTES = 4

/** The file, but for its free pages, which read as zeros. */
export function withoutFreePages(file: FileSnapshot): FileSnapshot {
  if (file.size < HEADER_BYTES) return file
  const header = viewOf(file, 0, HEADER_BYTES)
  const pageSize = header.getUint16(PAGE_SIZE_AT) === 1 ? 65_536 : header.getUint16(PAGE_SIZE_AT)
  const firstTrunk = header.getUint32(FIRST_TRUNK_AT)
  if (firstTrunk === 0) return file
  const isFree = freePages(file, pageSize, firstTrunk)
  const read = (target: Uint8Array, offset: number): number => {
    const count = file.read(target, offset)
    for (let page = Math.floor(offset / pageSize); page * pageSize < offset + count; page++) {
      if (isFree[page] !== 1) continue
      target.fill(0, Math.max(0, page * pageSize - offset), Math.min(count, (page + 1) * pageSize - offset))
    }
    return count
  }
  return {
    size: file.size,
    read,
    blockHash: (position) => {
      const from = position * BLOCK_BYTES
      const firstPage = Math.floor(from / pageSize)
      const isUntouched = !isFree.subarray(firstPage, Math.ceil((from + BLOCK_BYTES) / pageSize)).includes(1)
      if (isUntouched) return file.blockHash(position)
      const block = new Uint8Array(BLOCK_BYTES)
      read(block, from)
      return sha256(block)
    },
    release: () => file.release(),
  }
}

/** A byte for each page: 1 if it is free. Trunks, which list the others, are not. */
function freePages(file: FileSnapshot, pageSize: number, firstTrunk: number): Uint8Array {
  const isFree = new Uint8Array(Math.ceil(file.size / pageSize))
  const trunks = new Set<number>()
  // Pages are numbered from 1; 0 ends the chain.
  for (let trunk = firstTrunk; trunk !== 0 && !trunks.has(trunk); ) {
    trunks.add(trunk)
    const entries = viewOf(file, (trunk - 1) * pageSize, pageSize)
    const count = Math.min(entries.getUint32(NUMBER_BYTES), pageSize / NUMBER_BYTES - 2)
    for (let i = 0; i < count; i++) isFree[entries.getUint32((i + 2) * NUMBER_BYTES) - 1] = 1
    trunk = entries.getUint32(0)
  }
  return isFree
}

function viewOf(file: FileSnapshot, offset: number, length: number): DataView {
  const bytes = new Uint8Array(length)
  file.read(bytes, offset)
  return new DataView(bytes.buffer)
}
