/** Request ids: bytes on the wire, strings of one character per byte in memory. */
import { DebrosError, REQUEST_ID_BYTES } from '../../base/index.ts'

export function requestIdToWire(id: string): Uint8Array {
  return Buffer.from(id, 'latin1')
}

/** Throws `REQUEST_INVALID` for one of another length. */
export function requestIdFromWire(bytes: Uint8Array): string {
  if (bytes.byteLength !== REQUEST_ID_BYTES) {
    throw new DebrosError(
      'REQUEST_INVALID',
      `a request id has ${REQUEST_ID_BYTES} bytes, not ${bytes.byteLength}`,
    )
  }
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
}
