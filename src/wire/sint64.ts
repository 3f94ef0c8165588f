import type { Writer } from 'protons-runtime'

/** Below it the runtime computes with bigints, and loses a carry: of a multiple of 2^32 it writes another number. */
const RUNTIME_MIN = BigInt(Number.MIN_SAFE_INTEGER)

/**
 * Writes a `sint64`. Generated code calls it in place of the runtime's own. The runtime's `uint64` is right
 * for what `zigZag` makes of these, but not for numbers from 2^31 to 2^32: so each where it can be relied on.
 */
export function writeSint64(writer: Writer, integer: bigint): void {
  if (integer < RUNTIME_MIN) writer.uint64(zigZag(integer))
  else writer.sint64(integer)
}

/** 0, -1, 1, -2 are 0, 1, 2, 3 on the wire. */
function zigZag(integer: bigint): bigint {
  return BigInt.asUintN(64, (integer << 1n) ^ (integer >> 63n))
}
