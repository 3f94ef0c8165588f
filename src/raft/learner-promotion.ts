import { DebrosError } from '../base/index.ts'
import type { RaftCore } from './core/core.ts'

/**
 * Leader, every tick: a learner that is to vote, answers, and is at most `lagEntries` behind becomes a
 * voter (thesis §4.2.1: a server that is far behind must not count for the quorum).
 */
export function promoteLearner(core: RaftCore, lagEntries: number): void {
  if (core.role !== 'leader' || core.config.learners.length === 0) return
  const { progress, commit } = core.status()
  const wanted = core.config.members.find((member) => {
    const known = progress.get(member.id)
    return (
      member.voter &&
      core.config.learners.includes(member.id) &&
      known?.state === 'replicate' &&
      known.active &&
      known.match + lagEntries >= commit
    )
  })
  if (wanted === undefined) return
  try {
    core.proposeConfigChange([{ type: 'promote', id: wanted.id }])
  } catch (error) {
    // Another change is under way, or the lead is being handed over; the next tick tries again.
    if (!(error instanceof DebrosError)) throw error
  }
}
