/**
 * A file in memory, in blocks. A snapshot shares the blocks and costs next to nothing; a block that a
 * snapshot holds is copied the first time it is written again. Growing never moves what is there. A block's
 * hash is computed when somebody asks for it, and once for as long as the block is not written.
 */
import { createHash } from 'node:crypto'

/** Small enough that a namespace with one table wastes little, large enough that lists stay short. */
export const BLOCK_BYTES = 32 * 1024

interface Block {
  readonly bytes: Uint8Array
  /** Snapshots that hold it. Not to be written while there are any. */
  holders: number
  /** SHA-256 of the bytes, if somebody has asked for it. */
  hash: Uint8Array | undefined
}

/** The file as it was; must be released, and not read afterwards. */
export interface FileSnapshot {
  readonly size: number
  /** Copies up to `target.length` bytes from `offset`; returns how many there were. */
  read(target: Uint8Array, offset: number): number
  /** SHA-256 of the {@link BLOCK_BYTES} from `position * BLOCK_BYTES` on, zeros in place of those behind the end. */
  blockHash(position: number): Uint8Array
  release(): void
}

export class BlockFile {
  readonly #blocks: Block[] = []
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Copies up to `target.length` bytes from `offset`; returns how many there were. */
  read(target: Uint8Array, offset: number): number {
    return readBlocks(this.#blocks, this.#size, target, offset)
  }

  /** Writing beyond the end fills the gap with zeros. */
  write(source: Uint8Array, offset: number): void {
    const end = offset + source.length
    while (this.#blocks.length * BLOCK_BYTES < end) {
      this.#blocks.push(newBlock(new Uint8Array(BLOCK_BYTES)))
    }
    let position = offset
    while (position < end) {
      const within = position % BLOCK_BYTES
      const count = Math.min(BLOCK_BYTES - within, end - position)
      const from = position - offset
      this.#writable(Math.floor(position / BLOCK_BYTES)).set(source.subarray(from, from + count), within)
      position += count
    }
    this.#size = Math.max(this.#size, end)
  }

  truncate(size: number): void {
    if (size >= this.#size) return
    this.#blocks.length = Math.ceil(size / BLOCK_BYTES)
    // What is cut off must be zeros should the file grow again.
    if (size % BLOCK_BYTES !== 0) this.#writable(this.#blocks.length - 1).fill(0, size % BLOCK_BYTES)
    this.#size = size
  }

  snapshot(): FileSnapshot {
    const size = this.#size
    const blocks = [...this.#blocks]
    for (const block of blocks) block.holders++
    return {
      size,
      read: (target, offset) => readBlocks(blocks, size, target, offset),
      blockHash: (position) => hashOf(blocks[position] as Block), // the file has `size` bytes
      release: () => {
        for (const block of blocks.splice(0)) block.holders--
      },
    }
  }

  #writable(index: number): Uint8Array {
    const block = this.#blocks[index] as Block // callers stay within the blocks there are
    if (block.holders === 0) {
      block.hash = undefined
      return block.bytes
    }
    const copy = newBlock(block.bytes.slice())
    this.#blocks[index] = copy
    return copy.bytes
  }
}

function newBlock(bytes: Uint8Array): Block {
  return { bytes, holders: 0, hash: undefined }
}

function hashOf(block: Block): Uint8Array {
  block.hash ??= sha256(block.bytes)
  return block.hash
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest()
}

function readBlocks(blocks: readonly Block[], size: number, target: Uint8Array, offset: number): number {
  const end = Math.min(offset + target.length, size)
  let position = offset
  while (position < end) {
    const within = position % BLOCK_BYTES
    const count = Math.min(BLOCK_BYTES - within, end - position)
    const block = blocks[Math.floor(position / BLOCK_BYTES)] as Block // the file has `size` bytes
    target.set(block.bytes.subarray(within, within + count), position - offset)
    position += count
  }
  return Math.max(0, end - offset)
}
