/** The core's whole state, shared by the files that each hold one part of the protocol. */
import type { Prng } from '../../base/index.ts'
import { assert } from '../../base/index.ts'
import { isVoter, replicas } from './config.ts'
import { entryBytes, RaftLog } from './log.ts'
import { Progress } from './progress.ts'
import type {
  ClusterConfig,
  ConfirmedRead,
  Entry,
  HardState,
  Message,
  NodeId,
  Role,
  SnapshotMeta,
} from './types.ts'

export interface CoreSettings {
  readonly id: NodeId
  /** Our key; undefined where no id is ever given to a second node. */
  readonly peerId?: string | undefined
  /** A follower campaigns after this many ticks without a leader, drawn from `[n, 2n)`. */
  readonly electionTicks: number
  readonly heartbeatTicks: number
  /** Followers that are sent nothing else learn of a new commit index after so many ticks; 0: at once. */
  readonly commitNoticeTicks: number
  /** After its leader's system closed the connection, a follower campaigns within so many ticks. */
  readonly crashHintTicks: number
  readonly appendBytesMax: number
  readonly inflightMessagesMax: number
  readonly inflightBytesMax: number
  /** Proposals beyond this many uncommitted bytes are refused as busy. */
  readonly uncommittedBytesMax: number
}

export interface CoreInit {
  readonly settings: CoreSettings
  readonly prng: Prng
  readonly hardState: HardState | undefined
  readonly snapshot: SnapshotMeta | undefined
  readonly entries: readonly Entry[]
}

/** A read waiting at the leader for a round of heartbeats. `from` differs from us if forwarded. */
export interface PendingRead {
  readonly from: NodeId
  readonly id: number
  readonly index: number
  /** 0 until a round has been started for it. */
  round: number
}

export class CoreState {
  readonly settings: CoreSettings
  readonly prng: Prng
  readonly log: RaftLog

  term: number
  vote: NodeId | undefined
  /** Whether `term` and `vote` differ from what was last handed out to be written. */
  hardStateChanged = false
  /** Number of the last write handed out, of the last one done, and of the last with hard state. */
  writeSeq = 0
  persistedSeq = 0
  hardStateSeq = 0

  role: Role = 'follower'
  leader: NodeId | undefined
  electionElapsed = 0
  heartbeatElapsed = 0
  commitNoticeElapsed = 0
  randomizedElectionTicks = 0
  /** Early campaigns left after the leader's system closed its connection; see `crashHintTicks`. */
  hintedCampaigns = 0
  /** Answers to the running (pre-)election. */
  readonly votes = new Map<NodeId, boolean>()

  /** Leader only: every other replica, and how far it is. */
  readonly progress = new Map<NodeId, Progress>()
  uncommittedBytes = 0
  transferTarget: NodeId | undefined

  /** Leader only: reads waiting for a heartbeat round; and those waiting for this term's first commit. */
  reads: PendingRead[] = []
  readsBeforeCommit: { readonly from: NodeId; readonly id: number }[] = []
  readRound = 0
  /** Follower only: reads sent to the leader, with the ticks they have waited. */
  readonly readsForwarded = new Map<number, number>()

  messages: Message[] = []
  messagesAfterPersist: Message[] = []
  readsConfirmed: ConfirmedRead[] = []
  readsAborted: number[] = []

  constructor(init: CoreInit) {
    this.settings = init.settings
    this.prng = init.prng
    this.log = new RaftLog(init.snapshot, init.entries)
    this.term = init.hardState?.term ?? 0
    this.vote = init.hardState?.vote
    assert(this.term >= this.log.lastTerm, 'the stored term is not behind the log')
    this.drawElectionTimeout()
    // A sole voter has nobody to wait for.
    if (this.canCampaign && this.others.every((id) => !isVoter(this.config, id))) {
      this.electionElapsed = this.randomizedElectionTicks
    }
  }

  get id(): NodeId {
    return this.settings.id
  }

  /** The configuration in force: the latest in the log. */
  get config(): ClusterConfig {
    return this.log.configs.current
  }

  /**
   * Voters may campaign. So may a node whose removal is in its log and not known to be committed:
   * having that entry, it refuses its vote to the others, who may lack it (thesis §4.2.2). Its own
   * vote does not count then, and once it has led the removal to its commit, it steps down.
   */
  get canCampaign(): boolean {
    const { configs, commit } = this.log
    if (this.#mayVoteIn(configs.current)) return true
    const { currentIndex, previous } = configs
    return currentIndex > commit && previous !== undefined && this.#mayVoteIn(previous)
  }

  /**
   * A node that lost its disk comes back under its old id with a new key. On its way through the log it
   * meets configurations that mean its old self: what that one promised, the new one does not know.
   */
  #mayVoteIn(config: ClusterConfig): boolean {
    if (!isVoter(config, this.id)) return false
    const { peerId } = this.settings
    return peerId === undefined || config.members.some((member) => member.peerId === peerId)
  }

  get others(): NodeId[] {
    return replicas(this.config).filter((id) => id !== this.id)
  }

  /** A voter that heard from a leader this recently helps nobody to depose it (thesis §4.2.3). */
  get hearsLeader(): boolean {
    return this.leader !== undefined && this.electionElapsed < this.settings.electionTicks
  }

  get hardStatePersisted(): boolean {
    return !this.hardStateChanged && this.persistedSeq >= this.hardStateSeq
  }

  /** Sends without waiting for entries to be written; every message vouches for our term, though. */
  send(message: Message): void {
    if (this.hardStatePersisted) this.messages.push(message)
    else this.messagesAfterPersist.push(message)
  }

  /** Sends once everything up to now is on disk: for messages that vouch for entries. */
  sendAfterPersist(message: Message): void {
    this.messagesAfterPersist.push(message)
  }

  setHardState(term: number, vote: NodeId | undefined): void {
    assert(term >= this.term, 'the term never goes back')
    assert(
      term > this.term || this.vote === undefined || this.vote === vote,
      'a vote is never changed within a term',
    )
    if (term === this.term && vote === this.vote) return
    this.term = term
    this.vote = vote
    this.hardStateChanged = true
  }

  drawElectionTimeout(): void {
    const { electionTicks } = this.settings
    this.randomizedElectionTicks = this.prng.between(electionTicks, 2 * electionTicks)
  }

  becomeFollower(term: number, leader: NodeId | undefined): void {
    this.#leaveRole(term)
    this.role = 'follower'
    this.setLeader(leader)
  }

  becomePreCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign')
    // Neither term nor vote change: a pre-vote must leave no trace (thesis §9.6).
    this.role = 'pre-candidate'
    this.votes.clear()
    this.setLeader(undefined)
  }

  becomeCandidate(): void {
    assert(this.role !== 'leader', 'a leader does not campaign')
    this.#leaveRole(this.term + 1)
    this.setHardState(this.term, this.id)
    this.role = 'candidate'
    this.setLeader(undefined)
  }

  becomeLeader(): void {
    assert(this.role === 'candidate', 'only a candidate becomes leader')
    this.#leaveRole(this.term)
    this.role = 'leader'
    this.setLeader(this.id)
    this.uncommittedBytes = 0
    for (let index = this.log.commit + 1; index <= this.log.lastIndex; index++) {
      this.uncommittedBytes += entryBytes(this.log.entry(index) as Entry)
    }
    this.syncProgress()
  }

  setLeader(leader: NodeId | undefined): void {
    if (leader === this.leader) return
    this.leader = leader
    if (leader !== undefined) this.hintedCampaigns = 0
    // Whoever answered our forwarded reads is no longer the one to ask.
    for (const id of this.readsForwarded.keys()) this.readsAborted.push(id)
    this.readsForwarded.clear()
  }

  #leaveRole(term: number): void {
    if (term > this.term) this.setHardState(term, undefined)
    this.electionElapsed = 0
    this.heartbeatElapsed = 0
    this.commitNoticeElapsed = 0
    this.drawElectionTimeout()
    this.votes.clear()
    this.progress.clear()
    this.transferTarget = undefined
    for (const read of [...this.reads, ...this.readsBeforeCommit]) {
      if (read.from === this.id) this.readsAborted.push(read.id)
    }
    this.reads = []
    this.readsBeforeCommit = []
    this.readRound = 0
  }

  /** Leader: makes the progress table fit the configuration in force. */
  syncProgress(): void {
    const others = new Set(this.others)
    for (const id of this.progress.keys()) if (!others.has(id)) this.progress.delete(id)
    for (const id of others) {
      if (this.progress.has(id)) continue
      const { inflightMessagesMax: messagesMax, inflightBytesMax: bytesMax } = this.settings
      const progress = new Progress(this.log.lastIndex + 1, { messagesMax, bytesMax })
      // A new replica is given an election timeout to answer before it counts as gone.
      progress.recentActive = true
      this.progress.set(id, progress)
    }
  }
}
