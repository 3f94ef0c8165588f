/**
 * Where a file's bytes are: in slots of 4 KiB, in slabs of up to a mebibyte. A slab can be memory that threads
 * share. A table tells which slot holds which part of the file; where none does, the file has zeros.
 */

/** A page of ours, which is always written as a whole. */
export const SLOT_BYTES = 4096
/** A slot's number is that of its slab times this, and its place in the slab. */
export const SLAB_SLOTS = 256
/** In the table: there is no slot. */
export const NO_SLOT = -1

export type Slab = Uint8Array<ArrayBuffer> | Uint8Array<SharedArrayBuffer>
/** By number; undefined where one was given back. */
export type Slabs = readonly (Slab | undefined)[]

/** The bytes of a slot. */
export function slotOf(slabs: Slabs, slot: number): Uint8Array {
  const at = (slot % SLAB_SLOTS) * SLOT_BYTES
  const slab = slabs[Math.floor(slot / SLAB_SLOTS)] as Slab // the table names slots that there are
  return slab.subarray(at, at + SLOT_BYTES)
}

/** Copies up to `target.length` bytes from `offset` of a file of `size` bytes; returns how many there were. */
export function readSlots(
  slabs: Slabs,
  table: Int32Array,
  size: number,
  target: Uint8Array,
  offset: number,
): number {
  const end = Math.min(offset + target.length, size)
  let position = offset
  while (position < end) {
    const within = position % SLOT_BYTES
    const count = Math.min(SLOT_BYTES - within, end - position)
    const slot = table[Math.floor(position / SLOT_BYTES)] as number // the file has `size` bytes
    const to = position - offset
    if (slot === NO_SLOT) {
      target.fill(0, to, to + count)
    } else {
      const slab = slabs[Math.floor(slot / SLAB_SLOTS)] as Slab
      const from = (slot % SLAB_SLOTS) * SLOT_BYTES + within
      target.set(slab.subarray(from, from + count), to)
    }
    position += count
  }
  return Math.max(0, end - offset)
}
