/** What stands behind a key: the revision as 8 bytes, big-endian, then the value. */
import type { KvEntry } from './types.ts'

const REVISION_BYTES = 8
const TWO_POW_32 = 0x1_0000_0000
const EMPTY = new Uint8Array(0)

export function encodeStored(revision: number, value: Uint8Array): Uint8Array {
  const stored = new Uint8Array(REVISION_BYTES + value.byteLength)
  putUint64(stored, revision)
  stored.set(value, REVISION_BYTES)
  return stored
}

/** The value is a view into `stored`. */
export function decodeStored(key: Uint8Array, stored: Uint8Array): KvEntry {
  const value = new Uint8Array(
    stored.buffer,
    stored.byteOffset + REVISION_BYTES,
    stored.byteLength - REVISION_BYTES,
  )
  return { key, value, revision: getUint64(stored) }
}

/** The entry without its value. */
export function decodeRevision(key: Uint8Array, stored: Uint8Array): KvEntry {
  return { key, value: EMPTY, revision: getUint64(stored) }
}

export function putUint64(bytes: Uint8Array, value: number): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
  view.setUint32(0, Math.floor(value / TWO_POW_32))
  view.setUint32(4, value % TWO_POW_32)
}

export function getUint64(bytes: Uint8Array): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 8)
  return view.getUint32(0) * TWO_POW_32 + view.getUint32(4)
}
