/**
 * What must hold after every event of a run (Raft figure 3), judged apart from the code it judges:
 * the checks see messages, durable writes, applied entries and acknowledgements, nothing else.
 */
import type { ClusterConfig, Entry, Message, NodeId } from '../../raft/index.ts'
import { chainEntry, hashEntry } from './hash.ts'
import type { DurableMirror } from './mirror.ts'
import { Violation } from './violation.ts'

type VoteResponse = Extract<Message, { readonly granted: boolean }>

interface CommittedEntry {
  readonly term: number
  /** Fingerprint of this entry and all before it. */
  readonly chain: number
}

export interface ConfigVersion {
  readonly index: number
  readonly config: ClusterConfig
}

/** Before the first entry. */
export const EMPTY_CHAIN = 0

export interface ChecksInit {
  /** A membership was committed, and the one before it. */
  readonly onConfig: (config: ClusterConfig, before: ClusterConfig | undefined) => void
}

export class Checks {
  readonly #init: ChecksInit
  #highestLeaderTerm = 0
  readonly #leaders = new Map<number, NodeId>()
  readonly #votes = new Map<string, NodeId>()
  /** By index, then term: fingerprint of the entry and the term before it. */
  readonly #written: Map<number, number>[] = []
  readonly #terms = new Map<NodeId, number>()
  /** Committed configurations, oldest first. */
  readonly #configs: ConfigVersion[] = []
  readonly #committed: CommittedEntry[] = [{ term: 0, chain: EMPTY_CHAIN }]
  /** Fingerprints of state machines by what they stand for. */
  readonly #states = new Map<string, { readonly id: NodeId; readonly hash: number }>()

  constructor(init: ChecksInit) {
    this.#init = init
  }

  /** Highest index applied anywhere. */
  get committedIndex(): number {
    return this.#committed.length - 1
  }

  /** The last membership that was committed. */
  get config(): ConfigVersion | undefined {
    return this.#configs.at(-1)
  }

  termOfCommitted(index: number): number | undefined {
    return this.#committed[index]?.term
  }

  /** Leader completeness: all that was ever committed is in a new leader's log. */
  becameLeader(id: NodeId, term: number, first: number, termAt: (index: number) => number | undefined): void {
    const other = this.#leaders.get(term)
    if (other !== undefined && other !== id) {
      throw new Violation('election safety', `${other} and ${id} both lead term ${term}`)
    }
    this.#leaders.set(term, id)
    // One that was paused may win an election that is long over. What was committed in later terms is not
    // its to have (Raft §5.4.3), and nobody will follow it.
    if (term < this.#highestLeaderTerm) return
    this.#highestLeaderTerm = term
    for (let index = Math.max(first, 1); index <= this.committedIndex; index++) {
      const committed = this.#committed[index] as CommittedEntry
      if (committed.term < term && termAt(index) !== committed.term) {
        throw new Violation(
          'leader completeness',
          `${id} leads term ${term} without committed entry ${index} of term ${committed.term}`,
        )
      }
    }
  }

  /** Terms on disk never go back, not even over a restart. */
  sawTerm(id: NodeId, term: number): void {
    const before = this.#terms.get(id) ?? 0
    if (term < before) throw new Violation('monotonic term', `${id} went from term ${before} to ${term}`)
    this.#terms.set(id, term)
  }

  wiped(id: NodeId): void {
    this.#terms.delete(id)
  }

  /** Nothing leaves before what it vouches for is on the sender's disk. */
  sent(message: Message, durable: DurableMirror): void {
    switch (message.type) {
      case 'vote-response':
        if (message.granted) this.#voteGranted(message, durable)
        return
      case 'append-response':
        if (!message.reject && message.index > durable.lastIndex) {
          throw new Violation(
            'durable before acknowledged',
            `${message.from} acknowledges ${message.index} with ${durable.lastIndex} on disk`,
          )
        }
        return
      case 'append':
      case 'heartbeat':
        if (durable.term < message.term) {
          throw new Violation(
            'durable before acknowledged',
            `${message.from} leads term ${message.term}, not on disk`,
          )
        }
        return
      default:
        return
    }
  }

  #voteGranted(message: VoteResponse, durable: DurableMirror): void {
    const { from, to, term } = message
    if (durable.term < term || (durable.term === term && durable.vote !== to)) {
      throw new Violation(
        'durable before acknowledged',
        `${from} tells a vote for ${to} in ${term} that is not on disk`,
      )
    }
    const key = `${from}/${term}`
    const other = this.#votes.get(key)
    if (other !== undefined && other !== to) {
      throw new Violation('one vote per term', `${from} votes for ${other} and ${to} in term ${term}`)
    }
    this.#votes.set(key, to)
  }

  /** Log matching: the same index and term means the same entry, and the same entry before it. */
  wrote(entries: readonly Entry[], termBefore: number | undefined): void {
    let previous = termBefore
    for (const entry of entries) {
      if (previous !== undefined) this.#wroteOne(entry, previous)
      previous = entry.term
    }
  }

  #wroteOne(entry: Entry, termBefore: number): void {
    let terms = this.#written[entry.index]
    if (terms === undefined) {
      terms = new Map()
      this.#written[entry.index] = terms
    }
    const identity = hashEntry(entry) ^ termBefore
    const known = terms.get(entry.term)
    if (known === undefined) terms.set(entry.term, identity)
    else if (known !== identity) {
      throw new Violation('log matching', `entry ${entry.index} of term ${entry.term} is two different ones`)
    }
  }

  /** State machine safety: every node applies the same entry at an index. Returns the new fingerprint. */
  applied(id: NodeId, entry: Entry, chainBefore: number): number {
    const chain = chainEntry(chainBefore, entry)
    const known = this.#committed[entry.index]
    if (known === undefined) {
      if (entry.index !== this.#committed.length) {
        throw new Violation(
          'state machine safety',
          `${id} applies ${entry.index} before ${this.#committed.length}`,
        )
      }
      this.#committed.push({ term: entry.term, chain })
      if (entry.config !== undefined) this.#configCommitted(entry.index, entry.config)
    } else if (known.chain !== chain) {
      throw new Violation(
        'state machine safety',
        `${id} applies another entry at ${entry.index} (term ${entry.term})`,
      )
    }
    return chain
  }

  #configCommitted(index: number, config: ClusterConfig): void {
    this.#init.onConfig(config, this.config?.config)
    this.#configs.push({ index, config })
  }

  /** Replicas whose state machines stand for the same thing (`at`) hold the same. */
  captured(id: NodeId, at: string, hash: number): void {
    const known = this.#states.get(at)
    if (known === undefined) this.#states.set(at, { id, hash })
    else if (known.hash !== hash) {
      throw new Violation('replicas are equal', `${known.id} and ${id} differ at ${at}`)
    }
  }

  /**
   * An acknowledged write is on the disks of a quorum at that moment: of the configuration it was
   * written under, or of one that came in force before it was committed.
   */
  acknowledged(
    index: number,
    term: number,
    current: ClusterConfig,
    diskOf: (id: NodeId) => DurableMirror,
  ): void {
    if (this.#committed[index]?.term !== term) {
      throw new Violation(
        'acknowledged means applied',
        `entry ${index} of term ${term} was acknowledged, not applied`,
      )
    }
    const written = this.#configs.findLastIndex((version) => version.index <= index)
    const inForce = [...this.#configs.slice(Math.max(written, 0)).map((version) => version.config), current]
    const majority = (ids: readonly NodeId[]): boolean =>
      ids.length === 0 || 2 * ids.filter((id) => diskOf(id).holds(index, term)).length > ids.length
    if (!inForce.some((config) => majority(config.voters) && majority(config.outgoing))) {
      throw new Violation(
        'acknowledged means durable',
        `entry ${index} of term ${term} is not on a quorum of disks`,
      )
    }
  }
}
