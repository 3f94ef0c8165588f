/**
 * What must hold after every event of a run (Raft figure 3), judged apart from the code it judges:
 * the checks see messages, durable writes, applied entries and acknowledgements, nothing else.
 */
import { createHash } from 'node:crypto'
import type {
  ClusterConfig,
  Entry,
  LogWrite,
  Message,
  NodeId,
  SnapshotMeta,
  StoredLog,
} from '../../raft/index.ts'

export class Violation extends Error {
  override name = 'Violation'
  readonly invariant: string

  constructor(invariant: string, message: string) {
    super(`${invariant}: ${message}`)
    this.invariant = invariant
  }
}

/** What a node's disk is known to hold. */
export class DurableMirror {
  term = 0
  vote: NodeId | undefined
  snapshotIndex = 0
  readonly entries = new Map<number, number>()
  lastIndex = 0

  load(stored: StoredLog | undefined): void {
    this.term = stored?.hardState?.term ?? 0
    this.vote = stored?.hardState?.vote
    this.snapshotIndex = stored?.snapshot?.index ?? 0
    this.entries.clear()
    this.lastIndex = this.snapshotIndex
    for (const entry of stored?.entries ?? []) this.#put(entry)
  }

  wrote(write: LogWrite): void {
    if (write.hardState !== undefined) {
      this.term = write.hardState.term
      this.vote = write.hardState.vote
    }
    if (write.snapshot !== undefined) {
      this.entries.clear()
      this.snapshotIndex = write.snapshot.index
      this.lastIndex = write.snapshot.index
    }
    const first = write.entries[0]
    if (first !== undefined) {
      for (let index = first.index; index <= this.lastIndex; index++) this.entries.delete(index)
      this.lastIndex = first.index - 1
    }
    for (const entry of write.entries) this.#put(entry)
  }

  compacted(snapshot: SnapshotMeta, through: number): void {
    this.snapshotIndex = Math.max(this.snapshotIndex, snapshot.index)
    for (const index of this.entries.keys()) if (index <= through) this.entries.delete(index)
  }

  #put(entry: Entry): void {
    this.entries.set(entry.index, entry.term)
    this.lastIndex = Math.max(this.lastIndex, entry.index)
  }

  holds(index: number, term: number): boolean {
    return index <= this.snapshotIndex || this.entries.get(index) === term
  }
}

type VoteResponse = Extract<Message, { readonly granted: boolean }>

interface CommittedEntry {
  readonly term: number
  /** Fingerprint of this entry and all before it. */
  readonly chain: string
}

export class Checks {
  readonly #leaders = new Map<number, NodeId>()
  readonly #votes = new Map<string, NodeId>()
  /** By (index, term): what the entry is and the term of the entry before it. */
  readonly #written = new Map<string, string>()
  readonly #terms = new Map<NodeId, number>()
  /** Committed configurations, oldest first. */
  readonly #configs: { readonly index: number; readonly config: ClusterConfig }[] = []
  readonly #committed: CommittedEntry[] = [{ term: 0, chain: '' }]

  /** Highest index applied anywhere. */
  get committedIndex(): number {
    return this.#committed.length - 1
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
      if (previous !== undefined) {
        const key = `${entry.index}/${entry.term}`
        const identity = `${previous} ${entry.kind} ${fingerprint(entry)}`
        const known = this.#written.get(key)
        if (known === undefined) this.#written.set(key, identity)
        else if (known !== identity) {
          throw new Violation(
            'log matching',
            `entry ${entry.index} of term ${entry.term} differs: ${known} / ${identity}`,
          )
        }
      }
      previous = entry.term
    }
  }

  /** State machine safety: every node applies the same entry at an index. Returns the new fingerprint. */
  applied(id: NodeId, entry: Entry, chainBefore: string): string {
    const chain = createHash('sha1')
      .update(`${chainBefore}|${entry.index}|${entry.term}|${entry.kind}|`)
      .update(entry.data)
      .digest('base64')
    const known = this.#committed[entry.index]
    if (known === undefined) {
      if (entry.index !== this.#committed.length) {
        throw new Violation(
          'state machine safety',
          `${id} applies ${entry.index} before ${this.#committed.length}`,
        )
      }
      this.#committed.push({ term: entry.term, chain })
      if (entry.config !== undefined) this.#configs.push({ index: entry.index, config: entry.config })
    } else if (known.chain !== chain) {
      throw new Violation(
        'state machine safety',
        `${id} applies another entry at ${entry.index} (term ${entry.term})`,
      )
    }
    return chain
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

function fingerprint(entry: Entry): string {
  if (entry.config !== undefined) return JSON.stringify(entry.config)
  return Buffer.from(entry.data.buffer, entry.data.byteOffset, entry.data.byteLength).toString('latin1')
}
