/** What callers of the driver are told. */
import { DebrosError } from '../base/index.ts'

export function leadershipLost(cause?: unknown): DebrosError {
  return new DebrosError(
    'RAFT_LEADERSHIP_LOST',
    'leadership lost while committing log: the write may or may not have been applied',
    { outcome: 'unknown', cause },
  )
}

export function stoppedError(outcome: 'not-applied' | 'unknown'): DebrosError {
  return new DebrosError('RAFT_STOPPED', 'the node is stopping', { retryable: true, outcome })
}

export function noLeader(): DebrosError {
  return new DebrosError('RAFT_NO_LEADER', 'no leader can confirm the read now', { retryable: true })
}

export function transferFailed(reason: string): DebrosError {
  return new DebrosError('RAFT_TRANSFER_FAILED', reason, { retryable: true })
}
