import { randomFillSync } from 'node:crypto'

/** The 12 words that follow ChaCha20's constants: a key of 8, a counter of 1, a nonce of 3. */
export const SEED_WORDS = 12
const COUNTER = 8

/** Used again and again: there is one for each statement. The words that are not set below stay 0. */
const words = new Uint32Array(SEED_WORDS)

/**
 * Every statement draws from a stream of its own: the command's seed is the key, the statement's place in
 * the command the nonce. So what one statement draws never depends on how much another drew. Good until the next call.
 */
export function statementSeed(seed: number, statement: number, segment: number): Uint32Array {
  words[0] = seed
  words[COUNTER + 1] = statement
  words[COUNTER + 2] = segment
  return words
}

/** For reads that are not replicated. */
export function freshSeed(): Uint32Array {
  const words = randomFillSync(new Uint32Array(SEED_WORDS))
  words[COUNTER] = 0
  return words
}
