import { assert } from '../../base/index.ts'

const TWO_POW_32 = 0x1_0000_0000

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Writes a safe, non-negative integer as 8 bytes, big-endian: bytes then sort as the numbers do. */
export function putUint64(view: DataView, offset: number, value: number): void {
  assert(Number.isSafeInteger(value) && value >= 0, `not an unsigned integer: ${value}`)
  view.setUint32(offset, Math.floor(value / TWO_POW_32))
  view.setUint32(offset + 4, value % TWO_POW_32)
}

/** Undefined if the number is beyond what JavaScript counts exactly; we never write one. */
export function getUint64(view: DataView, offset: number): number | undefined {
  const value = view.getUint32(offset) * TWO_POW_32 + view.getUint32(offset + 4)
  return Number.isSafeInteger(value) ? value : undefined
}

/** The bytes as a plain `Uint8Array` over the same memory, whatever subclass a store returned. */
export function plainBytes(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
