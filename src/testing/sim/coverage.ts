/** Counts what happened in a run, so that what never happened is known not to have been tested. */
import type { ClusterConfig, Message } from '../../raft/index.ts'
import { FAULT_NAMES } from './faults.ts'
import type { SimProcess } from './process.ts'

/** A campaign this soon after the leader's system closed the connection was begun because of it. */
const HINTED_US = 400_000

/** What a large run with all faults must have seen, beside every fault itself. */
export const REQUIRED_PATHS: readonly string[] = [
  'election won',
  'pre-vote refused',
  'crash-hint campaign',
  'campaign by transfer',
  'leadership transferred',
  'leadership transfer failed',
  'append refused',
  'log truncated by a conflict',
  'log compacted',
  'snapshot taken',
  'snapshot installed',
  'snapshot transfer',
  'snapshot transfer broken',
  'snapshot transfer resumed',
  'restart from a snapshot',
  'joint membership entered',
  'joint membership left',
  'several members changed at once',
  'learner added',
  'learner promoted',
  'voter demoted',
  'member removed',
  'node replaced',
  'membership change: accepted',
  'membership change: RAFT_CONFIG_REJECTED',
  'members looked up',
  'read at the leader',
  'read at a follower',
  'read forwarded to the leader',
  'write forwarded',
  'write failed: RAFT_NOT_LEADER',
  'write failed: RAFT_PROPOSAL_DROPPED',
  'write failed: RAFT_LEADERSHIP_LOST',
  'write failed: RAFT_TRANSFERRING',
  'write failed: RAFT_BUSY',
  'message lost',
  'message duplicated',
  'power lost',
  'damage done',
  'damaged record found',
  'stopped by its disk',
  'struck down at: write',
  'struck down at: compact',
  'struck down at: snapshot-save',
  'struck down at: restore',
  'struck down at: start',
  'struck down at: elected',
  'KV rebuilt: the system was restarted',
  'KV rebuilt: a restore was interrupted',
  'world with fingerprint',
  'world with kv',
  'world with sql',
  'write answered after a retry',
  'write answered with its first outcome',
  'write refused: forgotten',
]

/** What never happened though it should have, in a run large enough and with all faults. */
export function missingPaths(counts: Readonly<Record<string, number>>): string[] {
  const required = [...REQUIRED_PATHS, ...FAULT_NAMES.map((name) => `fault: ${name}`)]
  return required.filter((what) => (counts[what] ?? 0) === 0)
}

export class Coverage {
  readonly counts: Record<string, number> = {}

  count(what: string): void {
    this.counts[what] = (this.counts[what] ?? 0) + 1
  }

  sent(message: Message, from: SimProcess, now: number): void {
    switch (message.type) {
      case 'pre-vote':
        if (from.hintedAt !== undefined && now - from.hintedAt < HINTED_US) this.count('crash-hint campaign')
        from.hintedAt = undefined
        return
      case 'vote':
        if (message.transfer) this.count('campaign by transfer')
        return
      case 'pre-vote-response':
        if (!message.granted) this.count('pre-vote refused')
        return
      case 'append-response':
        if (message.reject) this.count('append refused')
        return
      case 'read-index':
        this.count('read forwarded to the leader')
        return
      default:
        return
    }
  }

  /** A membership was committed. */
  config(config: ClusterConfig, before: ClusterConfig | undefined): void {
    if (before === undefined) return
    if (before.outgoing.length > 0) {
      this.count('joint membership left')
      return
    }
    if (config.outgoing.length > 0) this.count('joint membership entered')
    const was = new Map(before.members.map(({ id }) => [id, roleIn(before, id)]))
    const is = new Map(config.members.map(({ id }) => [id, roleIn(config, id)]))
    let changed = 0
    for (const id of new Set([...was.keys(), ...is.keys()])) {
      const [old, now] = [was.get(id), is.get(id)]
      if (old === now) continue
      changed++
      if (now === undefined || now === 'leaving') this.count('member removed')
      else if (old === undefined) this.count('learner added')
      else this.count(now === 'voter' ? 'learner promoted' : 'voter demoted')
    }
    if (changed > 1) this.count('several members changed at once')
  }
}

function roleIn({ voters, learners }: ClusterConfig, id: string): 'voter' | 'learner' | 'leaving' {
  if (voters.includes(id)) return 'voter'
  return learners.includes(id) ? 'learner' : 'leaving'
}
