/**
 * The safety of Raft (Ongaro & Ousterhout 2014, figure 3) and the storage rules, checked after every
 * single input of every script: what a reader of a trace might overlook fails the test all the same.
 */
import type { CoreStatus } from '../../src/raft/core/core.ts'
import type { Entry, Message, NodeId } from '../../src/raft/core/types.ts'
import type { Disk } from './disk.ts'
import { formatEntry } from './format.ts'

function check(condition: boolean, message: string): void {
  if (!condition) throw new Error(`UNSAFE: ${message}`)
}

/** What a node holds in memory. */
export interface Replica {
  readonly id: NodeId
  readonly log: readonly Entry[]
  readonly machine: readonly string[]
  readonly machineIndex: number
}

export class Oracle {
  readonly #leaders = new Map<number, NodeId>()
  /** Whoever ever was a voter: a leader may have to lead its own removal to its commit. */
  readonly #voters = new Set<NodeId>()
  /** With the term of the node that was first told so; it was committed in that term or before. */
  readonly #committed = new Map<number, { readonly entry: Entry; readonly knownIn: number }>()
  #committedLast = 0
  /** What was committed when a read was asked for, by node and read. */
  readonly #reads = new Map<string, number>()

  /** After an input: `before` and `after` are the node's status around it. */
  changed(before: CoreStatus, after: CoreStatus, disks: ReadonlyMap<NodeId, Disk>): void {
    const { id } = after
    for (const voter of [...after.config.voters, ...after.config.outgoing]) this.#voters.add(voter)
    check(after.term >= before.term, `the term of ${id} went back from ${before.term} to ${after.term}`)
    check(after.commit >= before.commit, `the commit index of ${id} went back from ${before.commit}`)
    check(after.applied >= before.applied, `the applied index of ${id} went back from ${before.applied}`)
    check(
      after.term > before.term || before.vote === undefined || after.vote === before.vote,
      `${id} changed its vote in term ${after.term}`,
    )
    check(
      after.role !== 'leader' || before.role !== 'leader' || after.lastIndex >= before.lastIndex,
      `leader ${id} removed entries of its own log`,
    )
    for (const [to, { match }] of after.progress) {
      check(match <= after.lastIndex, `${id} believes that ${to} has more than itself`)
      const known = before.term === after.term ? before.progress.get(to)?.match : undefined
      check(match >= (known ?? 0), `the match index of ${to} at ${id} went back from ${known}`)
    }
    if (after.role === 'leader' && before.role !== 'leader') this.#elected(after)
    if (after.role === 'leader' && after.commit > before.commit) this.#mayCommit(after, disks)
  }

  #elected({ id, term, lastIndex }: CoreStatus): void {
    const other = this.#leaders.get(term)
    check(other === undefined || other === id, `both ${other} and ${id} lead term ${term}`)
    this.#leaders.set(term, id)
    check(this.#voters.has(id), `${id} leads and was never a voter`)
    // Not what was committed in a later term: a vote may have been under way until after that.
    for (const [index, { knownIn }] of this.#committed) {
      check(
        knownIn >= term || index <= lastIndex,
        `leader ${id} lacks ${index}, committed by term ${knownIn}`,
      )
    }
  }

  /** Nothing is committed before a majority (of both halves) has it on disk. */
  #mayCommit(leader: CoreStatus, disks: ReadonlyMap<NodeId, Disk>): void {
    const { commit, config, term } = leader
    for (const half of [config.voters, config.outgoing]) {
      if (half.length === 0) continue
      const holders = half.filter((id) => disks.get(id)?.holds(commit, term) === true)
      check(
        holders.length > half.length / 2,
        `${leader.id} commits ${commit}/${term}, on disk only at ${holders.join(',') || 'no node'}`,
      )
    }
  }

  /** A node in `term` is told to apply these: every node must be told the same. */
  committed(id: NodeId, term: number, entries: readonly Entry[]): void {
    for (const entry of entries) {
      const known = this.#committed.get(entry.index)?.entry
      if (known === undefined) this.#committed.set(entry.index, { entry, knownIn: term })
      else {
        check(
          formatEntry(known) === formatEntry(entry),
          `${id} applies ${formatEntry(entry)}, others ${formatEntry(known)}`,
        )
      }
      this.#committedLast = Math.max(this.#committedLast, entry.index)
    }
  }

  readAsked(id: NodeId, read: number): void {
    this.#reads.set(`${id}/${read}`, this.#committedLast)
  }

  /** A read sees everything that anybody knew to be committed when it was asked for. */
  readConfirmed(id: NodeId, read: number, index: number): void {
    const committed = this.#reads.get(`${id}/${read}`)
    check(committed !== undefined, `${id} confirms read ${read}, which was not asked for`)
    check(
      index >= (committed ?? 0),
      `${id} serves read ${read} at ${index}, after ${committed} was committed`,
    )
  }

  /**
   * Term, vote and entries are on disk before any message that depends on them leaves. For an
   * acknowledgement, `acknowledged` is the entry that its receiver, if it still leads that term, means.
   */
  sent(message: Message, disk: Disk, acknowledged: Entry | undefined): void {
    const { from, to, term, type } = message
    const stored = disk.hardState ?? { term: 0, vote: undefined }
    check(stored.term >= vouchedTerm(message), `${from} sends ${type} of term ${term}, which is not on disk`)
    if (type === 'vote-response' && message.granted) {
      check(stored.term > term || stored.vote === to, `${from} tells ${to} of a vote that is not on disk`)
    }
    if (type === 'append-response' && !message.reject) {
      check(disk.lastIndex >= message.index, `${from} acknowledges ${message.index}, which is not on disk`)
      if (acknowledged === undefined) return
      check(
        disk.holds(acknowledged.index, acknowledged.term),
        `${from} acknowledges ${formatEntry(acknowledged)} and has another entry on disk`,
      )
    }
  }

  /** Log matching, and state machine safety: who applied equally much has the same state. */
  nodesAgree(nodes: readonly Replica[]): void {
    for (const a of nodes) {
      for (const b of nodes) {
        if (a.id >= b.id) continue
        this.#logsMatch(a, b)
        check(
          a.machineIndex !== b.machineIndex || a.machine.join() === b.machine.join(),
          `${a.id} and ${b.id} applied ${a.machineIndex} entries and differ`,
        )
      }
    }
  }

  /** Entries of the same index and term are the same, and so are all before them. */
  #logsMatch(a: Replica, b: Replica): void {
    const byIndex = new Map(a.log.map((entry) => [entry.index, entry]))
    const agreed = b.log.findLast((entry) => byIndex.get(entry.index)?.term === entry.term)
    for (const entry of b.log) {
      const other = byIndex.get(entry.index)
      if (agreed === undefined || entry.index > agreed.index || other === undefined) continue
      check(
        formatEntry(other) === formatEntry(entry),
        `${a.id} has ${formatEntry(other)}, ${b.id} has ${formatEntry(entry)}, and they agree after it`,
      )
    }
  }
}

/** The term that the sender of a message says to have entered. */
function vouchedTerm(message: Message): number {
  if (message.type === 'pre-vote') return message.term - 1
  // A grant repeats the term asked for, in which nobody is yet.
  if (message.type === 'pre-vote-response' && message.granted) return 0
  return message.term
}
