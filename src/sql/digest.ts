/**
 * What a state comes to in 32 bytes: the SHA-256 of what its capture holds, with hashes in place of the
 * databases' pages, so that a page that was hashed once need not be hashed again until it is written.
 *
 *   8  magic "DBSD" and the format as four digits
 *   …  as a capture from its number of databases up to its checksum, but instead of a file's bytes
 *        32  SHA-256 of each block of 32 KiB, free pages as zeros, the last block filled up with zeros
 *
 * A capture determines its digest and, but for collisions, the other way round.
 */
import { createHash } from 'node:crypto'
import { BLOCK_BYTES, type FileSnapshot } from './block-file.ts'
import { type CapturedState, captureParts } from './capture-format.ts'

const MAGIC = 'DBSD0001'

/** A step takes a millisecond or two. */
const STEP_BYTES = 1024 * 1024
/** An outcome, or another small part, takes as much time as hashing this. */
const PART_BYTES = 1024

/** Yields after about a mebibyte each, to let others have their turn. Returns the digest in hex. */
export function* digestSteps(state: CapturedState): Generator<undefined, string> {
  const hash = createHash('sha256').update(MAGIC)
  let done = 0
  for (const part of captureParts(state)) {
    const isFile = !(part instanceof Uint8Array)
    for (const bytes of isFile ? blockHashes(part) : [part]) {
      hash.update(bytes)
      done += isFile ? BLOCK_BYTES : PART_BYTES
      if (done < STEP_BYTES) continue
      done = 0
      yield
    }
  }
  return hash.digest('hex')
}

function* blockHashes(file: FileSnapshot): Generator<Uint8Array> {
  for (let at = 0; at * BLOCK_BYTES < file.size; at++) yield file.blockHash(at)
}
