/**
 * Counting over a configuration, joint or not (Raft §6): a joint decision needs a majority of both
 * halves. One function, {@link quorumIndex}, serves commit, ReadIndex rounds and check-quorum alike.
 */
import type { ClusterConfig, NodeId } from './types.ts'

/** The largest value that a majority of `ids` has reached; Infinity for an empty half. */
export function majorityIndex(ids: readonly NodeId[], reached: (id: NodeId) => number): number {
  if (ids.length === 0) return Number.POSITIVE_INFINITY
  const values = ids.map(reached).sort((a, b) => b - a)
  return values[Math.floor(ids.length / 2)] as number
}

/** The largest value that a quorum of the configuration has reached. */
export function quorumIndex(config: ClusterConfig, reached: (id: NodeId) => number): number {
  return Math.min(majorityIndex(config.voters, reached), majorityIndex(config.outgoing, reached))
}

export type VoteResult = 'won' | 'lost' | 'pending'

/** The result of an election in which `votes` have been counted so far. */
export function voteResult(config: ClusterConfig, votes: ReadonlyMap<NodeId, boolean>): VoteResult {
  const granted = quorumIndex(config, (id) => (votes.get(id) === true ? 1 : 0))
  if (granted >= 1) return 'won'
  const possible = quorumIndex(config, (id) => (votes.get(id) === false ? 0 : 1))
  return possible >= 1 ? 'pending' : 'lost'
}
