/**
 * Random bytes from the operating system, fetched in advance: asked for one by one, the few that each write
 * needs cost more than all else that is done to its command.
 */
import { randomFillSync } from 'node:crypto'

const POOL_BYTES = 4096

const pool = Buffer.alloc(POOL_BYTES)
let used = POOL_BYTES

/** The next bytes; no byte is given twice. A view, to be read before the next call. */
function take(count: number): Buffer {
  if (used + count > POOL_BYTES) {
    randomFillSync(pool)
    used = 0
  }
  used += count
  return pool.subarray(used - count, used)
}

/** As a string with a character of 0 to 255 for each byte. At most 4096 bytes. */
export function randomLatin1(bytes: number): string {
  return take(bytes).toString('latin1')
}

export function randomUint32(): number {
  return take(4).readUInt32LE()
}
