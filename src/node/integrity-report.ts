/** What came of comparing the replicas' states at one log index. */

import type { StateDigest } from './state-digests.ts'

export interface IntegrityReport {
  /** The log index at which every replica took a digest of its state. */
  readonly index: number
  /** When they had been compared: the leader's wall clock, milliseconds since the epoch. */
  readonly timeMs: number
  /** Ids of members whose states are equal. */
  readonly agreeing: readonly string[]
  /** Ids of members whose state is another. If no side has a majority, all that differ from each other. */
  readonly diverged: readonly string[]
  /** Ids of members that could not be asked, or had no digest of this index. */
  readonly unchecked: readonly string[]
}

/** `digests`: what each member answered; undefined where it had no answer. */
export function compareDigests(
  index: number,
  timeMs: number,
  digests: ReadonlyMap<string, StateDigest | undefined>,
): IntegrityReport {
  const sides = new Map<string, string[]>()
  const unchecked: string[] = []
  for (const [id, digest] of digests) {
    if (digest === undefined) {
      unchecked.push(id)
      continue
    }
    const state = `${digest.sql} ${digest.kv}`
    const side = sides.get(state)
    if (side === undefined) sides.set(state, [id])
    else side.push(id)
  }
  const compared = digests.size - unchecked.length
  const majority = [...sides.values()].find((side) => 2 * side.length > compared) ?? []
  const diverged = [...sides.values()].filter((side) => side !== majority).flat()
  return { index, timeMs, agreeing: majority, diverged, unchecked }
}
