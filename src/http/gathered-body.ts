/**
 * A body that is read as a whole, as it comes: mostly at once, in pieces of 64 KiB if it is large. But whoever sends
 * it may cut it into bytes, and a buffer for each would take a hundred times as much as the body.
 */

/** Smaller pieces are put together in blocks of this size. */
const BLOCK_BYTES = 16 * 1024

export class GatheredBody {
  readonly #parts: Buffer[] = []
  /** Being filled with small pieces. */
  #block: Buffer | undefined
  #filled = 0

  add(piece: Buffer): void {
    if (piece.length >= BLOCK_BYTES || this.#isEmpty) {
      this.#endBlock()
      this.#parts.push(piece)
      return
    }
    for (let at = 0; at < piece.length; ) {
      this.#block ??= Buffer.allocUnsafe(BLOCK_BYTES)
      const copied = piece.copy(this.#block, this.#filled, at)
      at += copied
      this.#filled += copied
      if (this.#filled === BLOCK_BYTES) this.#endBlock()
    }
  }

  get #isEmpty(): boolean {
    return this.#parts.length === 0 && this.#block === undefined
  }

  #endBlock(): void {
    if (this.#block === undefined) return
    this.#parts.push(this.#block.subarray(0, this.#filled))
    this.#block = undefined
    this.#filled = 0
  }

  /** What has come. */
  whole(): Buffer {
    this.#endBlock()
    const [first] = this.#parts
    return first !== undefined && this.#parts.length === 1 ? first : Buffer.concat(this.#parts)
  }

  /** How many buffers there are, for tests. */
  get parts(): number {
    return this.#parts.length
  }
}
