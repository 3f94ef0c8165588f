/** Counts what Raft does here, under the names that rqlite's clients look for. */
import type { Counters } from '../base/index.ts'
import type { RaftDriverInit } from '../raft/index.ts'

const NAMES = {
  taken: 'num_snapshots',
  installed: 'num_restores',
  restored: 'num_restores_start',
} as const

/** Never counted: a snapshot that is there at the start is always restored. */
const SKIPPED = 'num_restores_start_skipped'

export function countSnapshots(counters: Counters): NonNullable<RaftDriverInit['onSnapshot']> {
  counters.declare('store', [...Object.values(NAMES), SKIPPED])
  return (what) => counters.add('store', NAMES[what])
}
