import { createHash } from 'node:crypto'

/** So much is hashed in one go, which takes a millisecond or less, before others have their turn. */
const DIGEST_STEP_BYTES = 256 * 1024

/**
 * Hex SHA-256 of all chunks together. Awaits `rest` after each step, with the time that reading and
 * hashing took; what it throws ends the digest.
 */
export async function digestOf(
  chunks: AsyncIterable<Uint8Array>,
  rest: (stepMs: number) => Promise<void>,
): Promise<string> {
  const hash = createHash('sha256')
  let stepBytes = 0
  let begunMs = performance.now()
  const endStep = async () => {
    await rest(performance.now() - begunMs)
    stepBytes = 0
    begunMs = performance.now()
  }
  for await (const chunk of chunks) {
    if (stepBytes + chunk.byteLength > DIGEST_STEP_BYTES) await endStep()
    hash.update(chunk)
    stepBytes += chunk.byteLength
  }
  await endStep() // the last one is to notice too that the digest is to end
  return hash.digest('hex')
}
