/**
 * Raft as a pure function of its inputs: no clock, timers, promises, I/O or randomness but the
 * injected generator. The same inputs give the same outputs, byte for byte.
 *
 * Inputs are the methods below; after any of them, `hasReady()` tells whether there is something to
 * do, and `ready()` hands it out (see {@link Ready} for the duties that come with it).
 *
 * Sources: Ongaro & Ousterhout 2014; Ongaro's thesis 2014 (PreVote §9.6, ReadIndex §6.4, transfer
 * §3.10); the 2015 note on membership changes; etcd-io/raft for flow control.
 */
import { assert, assertNever, DebrosError } from '../../base/index.ts'
import { type ConfigChange, changeConfig, isVoter } from './config.ts'
import {
  askAroundAfterRestart,
  campaign,
  checkQuorum,
  countOwnVote,
  leaderConnectionLost,
  preCampaign,
  receiveVoteRequest,
  receiveVoteResponse,
} from './election.ts'
import { entryBytes } from './log.ts'
import {
  broadcastHeartbeat,
  confirmReads,
  receiveReadIndex,
  receiveReadIndexResponse,
  requestRead,
  retryForwardedReads,
  startReadRound,
} from './reads.ts'
import {
  appendEntries,
  beginSnapshot,
  isCommitToBeTold,
  maybeCommit,
  maybeFinishTransfer,
  neededAfter,
  peerUnreachable,
  probeInflight,
  receiveAppend,
  receiveAppendResponse,
  receiveSnapshot,
  replicate,
  sendAppend,
  snapshotEnded,
  snapshotsInUse,
  tellCommit,
} from './replication.ts'
import { type CoreInit, CoreState } from './state.ts'
import type { ClusterConfig, Member, Message, NodeId, Ready, Role, SnapshotMeta } from './types.ts'

/** Where a proposal was put; it is committed only if that index is applied with that term. */
export interface Proposed {
  readonly index: number
  readonly term: number
}

export interface CoreStatus {
  readonly id: NodeId
  readonly role: Role
  readonly term: number
  readonly vote: NodeId | undefined
  readonly leader: NodeId | undefined
  readonly firstIndex: number
  readonly lastIndex: number
  readonly lastTerm: number
  readonly stable: number
  readonly commit: number
  readonly applied: number
  readonly snapshot: SnapshotMeta | undefined
  readonly logBytes: number
  readonly config: ClusterConfig
  readonly configIndex: number
  readonly transferTarget: NodeId | undefined
  /** Leader only. */
  readonly progress: ReadonlyMap<
    NodeId,
    {
      readonly match: number
      readonly state: string
      /** Since the last check-quorum. */
      readonly active: boolean
      /** Within one to two election timeouts. */
      readonly heardLately: boolean
    }
  >
}

export class RaftCore {
  readonly #state: CoreState

  constructor(init: CoreInit) {
    this.#state = new CoreState(init)
  }

  /** One unit of time passed. */
  tick(): void {
    const state = this.#state
    state.electionElapsed++
    if (state.role !== 'leader') {
      retryForwardedReads(state)
      if (state.electionElapsed >= state.randomizedElectionTicks) preCampaign(state)
      return
    }
    if (state.electionElapsed >= state.settings.electionTicks) {
      state.electionElapsed = 0
      // A target that did not take over in an election timeout is not going to.
      state.transferTarget = undefined
      checkQuorum(state)
      // The compiler does not know that the role may just have changed.
      if ((state.role as Role) !== 'leader') return
    }
    state.commitNoticeElapsed++
    if (state.commitNoticeElapsed >= state.settings.commitNoticeTicks) {
      state.commitNoticeElapsed = 0
      tellCommit(state)
    }
    state.heartbeatElapsed++
    if (state.heartbeatElapsed >= state.settings.heartbeatTicks) {
      state.heartbeatElapsed = 0
      broadcastHeartbeat(state)
    }
  }

  /** A message for this node arrived. A `snapshot` message means the snapshot itself is stored here. */
  step(message: Message): void {
    assert(message.to === this.#state.id, 'the message is for this node')
    if (!this.#settleTerm(message)) return
    const state = this.#state
    switch (message.type) {
      case 'pre-vote':
      case 'vote':
        receiveVoteRequest(state, message)
        return
      case 'pre-vote-response':
      case 'vote-response':
        receiveVoteResponse(state, message)
        return
      case 'append':
        this.#hearLeader(message.from)
        receiveAppend(state, message)
        return
      case 'heartbeat':
        this.#hearLeader(message.from)
        this.#receiveHeartbeat(message)
        return
      case 'snapshot':
        this.#hearLeader(message.from)
        receiveSnapshot(state, message)
        return
      case 'append-response':
        if (state.role === 'leader') receiveAppendResponse(state, message)
        return
      case 'heartbeat-response':
        if (state.role === 'leader') this.#receiveHeartbeatResponse(message)
        return
      case 'timeout-now':
        // Only followers of this term's leader; a node that already campaigns needs no telling.
        if (state.role === 'follower' && state.leader === message.from) campaign(state, true)
        return
      case 'read-index':
        receiveReadIndex(state, message)
        return
      case 'read-index-response':
        receiveReadIndexResponse(state, message)
        return
      default:
        assertNever(message)
    }
  }

  /**
   * Compares terms (Raft §5.1) and returns whether the message is still of interest. A message of a
   * later term makes us its follower, except that nobody who hears a leader helps to depose it.
   */
  #settleTerm(message: Message): boolean {
    const state = this.#state
    const isRequest = message.type === 'pre-vote' || message.type === 'vote'
    if (message.term > state.term) {
      if (isRequest && !message.transfer && state.hearsLeader) return false
      if (message.type === 'pre-vote') return true
      // A granted pre-vote names the term asked for; nobody is in it yet.
      if (message.type === 'pre-vote-response' && message.granted) return true
      const fromLeader =
        message.type === 'append' || message.type === 'heartbeat' || message.type === 'snapshot'
      state.becomeFollower(message.term, fromLeader ? message.from : undefined)
      return true
    }
    if (message.term < state.term) {
      this.#answerStale(message)
      return false
    }
    return true
  }

  /** Tells a sender of an earlier term about ours, so that a stale leader or candidate catches up (B7). */
  #answerStale(message: Message): void {
    const state = this.#state
    const header = { from: state.id, to: message.from, term: state.term }
    switch (message.type) {
      case 'append':
      case 'heartbeat':
      case 'snapshot':
        state.send({
          ...header,
          type: 'append-response',
          index: 0,
          reject: true,
          hintIndex: 0,
          hintTerm: 0,
        })
        return
      case 'pre-vote':
        state.send({ ...header, type: 'pre-vote-response', granted: false })
        return
      case 'vote':
        state.send({ ...header, type: 'vote-response', granted: false })
        return
      default:
        return
    }
  }

  #hearLeader(from: NodeId): void {
    const state = this.#state
    assert(state.role !== 'leader', `two leaders in term ${state.term}: ${state.id} and ${from}`)
    if (state.role !== 'follower') state.becomeFollower(state.term, from)
    else state.setLeader(from)
    state.electionElapsed = 0
  }

  #receiveHeartbeat(message: Extract<Message, { type: 'heartbeat' }>): void {
    const state = this.#state
    state.log.commitTo(message.commit)
    const { from: to, round } = message
    state.send({ type: 'heartbeat-response', from: state.id, to, term: state.term, round })
  }

  #receiveHeartbeatResponse(message: Extract<Message, { type: 'heartbeat-response' }>): void {
    const state = this.#state
    const progress = state.progress.get(message.from)
    if (progress === undefined) return
    progress.recentActive = true
    if (message.round > progress.ackedRound) {
      progress.ackedRound = message.round
      confirmReads(state)
    }
    if (progress.state === 'probe') {
      progress.probeSent = false
      if (progress.match < state.log.lastIndex) sendAppend(state, message.from, progress)
    } else if (progress.state === 'replicate' && progress.stalled && progress.match < state.log.lastIndex) {
      progress.stalled = false
      probeInflight(state, message.from, progress)
    }
  }

  /** What it was made with is what an earlier process has left; see {@link askAroundAfterRestart}. */
  restarted(): void {
    askAroundAfterRestart(this.#state)
  }

  /** The system closed the connection to `id`; see {@link leaderConnectionLost}. */
  connectionLost(id: NodeId): void {
    peerUnreachable(this.#state, id)
    leaderConnectionLost(this.#state, id)
  }

  /**
   * Puts a command at the end of the log. Throws, with nothing changed, `RAFT_NOT_LEADER`,
   * `RAFT_TRANSFERRING` or `RAFT_BUSY` (too much is uncommitted already).
   */
  propose(data: Uint8Array): Proposed {
    const state = this.#state
    this.#checkProposable()
    const content = { kind: 'command', data, config: undefined } as const
    const bytes = entryBytes({ index: 0, term: 0, ...content })
    if (state.uncommittedBytes > 0 && state.uncommittedBytes + bytes > state.settings.uncommittedBytesMax) {
      throw new DebrosError('RAFT_BUSY', 'too many writes are waiting to be committed; try again shortly', {
        retryable: true,
      })
    }
    appendEntries(state, [content])
    return { index: state.log.lastIndex, term: state.term }
  }

  /**
   * Proposes a membership change. Throws like {@link propose}, or `RAFT_CONFIG_REJECTED` if another
   * change is under way or this one makes no sense. No change is made before an entry of this
   * leader's term is committed (Ongaro's 2015 note; B36).
   */
  proposeConfigChange(changes: readonly ConfigChange[]): Proposed {
    const state = this.#state
    const { log } = state
    this.#checkProposable()
    const newInTerm = log.term(log.commit) !== state.term
    if (newInTerm || log.configs.currentIndex > log.commit) {
      throw new DebrosError(
        'RAFT_CONFIG_REJECTED',
        `${newInTerm ? 'this leader has not committed anything yet' : 'another membership change is under way'}; try again`,
        { retryable: true },
      )
    }
    const result = changeConfig(state.config, changes)
    if (!result.ok) throw new DebrosError('RAFT_CONFIG_REJECTED', result.reason)
    appendEntries(state, [{ kind: 'config', data: new Uint8Array(0), config: result.config }])
    return { index: log.configs.currentIndex, term: state.term }
  }

  #checkProposable(): void {
    const state = this.#state
    if (state.role !== 'leader') {
      throw new DebrosError('RAFT_NOT_LEADER', 'this node is not the leader', { retryable: true })
    }
    if (state.transferTarget !== undefined) {
      throw new DebrosError('RAFT_TRANSFERRING', 'leadership is being handed over; try again', {
        retryable: true,
      })
    }
  }

  /**
   * Asks for a read index; the answer comes in `reads` or `readsAborted` under the same id. Ids must
   * not repeat, not even after a restart: a late answer to an earlier read would confirm the new one.
   */
  readIndex(id: number): void {
    requestRead(this.#state, id)
  }

  /**
   * Leader: hands over to `to`, or to the most up-to-date voter. Proposals are refused until it took
   * over or an election timeout passed (thesis §3.10). Returns whether there is somebody to take over.
   */
  transferLeadership(to?: NodeId): boolean {
    const state = this.#state
    if (state.role !== 'leader') return false
    const target = to ?? this.#bestSuccessor()
    const progress = target === undefined ? undefined : state.progress.get(target)
    if (target === undefined || progress === undefined || !isVoter(state.config, target)) return false
    state.transferTarget = target
    state.electionElapsed = 0
    maybeFinishTransfer(state, target, progress)
    return true
  }

  /** Gives up the lead, or an election under way. Who campaigns next is left to the clocks. */
  standDown(): void {
    const state = this.#state
    if (state.role !== 'follower') state.becomeFollower(state.term, undefined)
  }

  #bestSuccessor(): NodeId | undefined {
    const state = this.#state
    const voters = [...state.progress].filter(([id]) => state.config.voters.includes(id))
    const heard = voters.filter(([, progress]) => progress.recentActive)
    const candidates = heard.length > 0 ? heard : voters.filter(([, progress]) => progress.heardLately)
    return candidates.sort(([, a], [, b]) => b.match - a.match)[0]?.[0]
  }

  /** The write `seq` and all before it are on disk. */
  persisted(seq: number): void {
    const state = this.#state
    assert(seq > state.persistedSeq && seq <= state.writeSeq, 'writes complete in order')
    state.persistedSeq = seq
    state.log.persisted(seq)
    countOwnVote(state)
    maybeCommit(state)
  }

  /** The state machine applied everything to `index`. */
  applied(index: number): void {
    this.#state.log.appliedTo(index)
  }

  /** What a snapshot taken at the applied `index` stands for. */
  snapshotMeta(index: number): SnapshotMeta {
    return this.#state.log.metaAt(index)
  }

  /** A snapshot is durable here, and entries up to `through` are dropped from the log. */
  compact(snapshot: SnapshotMeta, through: number): void {
    this.#state.log.compact(snapshot, through)
  }

  /**
   * A transfer that a `snapshot` message asked for begins only now: the message for what is to be sent
   * by now, or undefined if nothing is. For those that had to wait.
   */
  beginSnapshot(to: NodeId): Extract<Message, { type: 'snapshot' }> | undefined {
    return beginSnapshot(this.#state, to)
  }

  /**
   * A transfer that a `snapshot` message asked for has ended, well or not; another may be asked for.
   * `interrupted`: the follower has kept a part of it, and the same again would go on from there.
   */
  snapshotEnded(to: NodeId, interrupted: boolean): void {
    snapshotEnded(this.#state, to, interrupted)
  }

  /** Leader: snapshots that followers are sent, or may be sent again. */
  get snapshotsInUse(): SnapshotMeta[] {
    return snapshotsInUse(this.#state)
  }

  /**
   * Leader: entries after this index are needed by followers that were silent for at most so many whole
   * election timeouts; infinite if there are none.
   */
  neededAfter(silentPeriodsMax: number): number {
    return neededAfter(this.#state, silentPeriodsMax)
  }

  hasReady(): boolean {
    const state = this.#state
    return (
      state.hardStateChanged ||
      state.messages.length > 0 ||
      state.messagesAfterPersist.length > 0 ||
      state.readsConfirmed.length > 0 ||
      state.readsAborted.length > 0 ||
      state.log.hasUnwritten() ||
      state.log.hasCommitted() ||
      (state.role === 'leader' && this.#hasToSend())
    )
  }

  #hasToSend(): boolean {
    const state = this.#state
    if (state.reads.at(-1)?.round === 0) return true
    for (const progress of state.progress.values()) {
      if (progress.paused) continue
      if (progress.next <= state.log.lastIndex) return true
      if (isCommitToBeTold(state, progress)) return true
    }
    return false
  }

  /** Hands out everything there is to do since the last call. */
  ready(): Ready {
    const state = this.#state
    if (state.role === 'leader') {
      startReadRound(state)
      replicate(state)
    }
    const mustWrite = state.hardStateChanged || state.log.hasUnwritten()
    const hardState = state.hardStateChanged ? { term: state.term, vote: state.vote } : undefined
    let seq = 0
    let write: { snapshot: SnapshotMeta | undefined; entries: Ready['entries'] } = {
      snapshot: undefined,
      entries: [],
    }
    if (mustWrite) {
      seq = ++state.writeSeq
      if (state.hardStateChanged) state.hardStateSeq = seq
      state.hardStateChanged = false
      write = state.log.takeUnwritten(seq)
    }
    const ready: Ready = {
      seq,
      hardState,
      snapshot: write.snapshot,
      entries: write.entries,
      messages: state.messages,
      messagesAfterPersist: state.messagesAfterPersist,
      committed: state.log.takeCommitted(),
      reads: state.readsConfirmed,
      readsAborted: state.readsAborted,
    }
    state.messages = []
    state.messagesAfterPersist = []
    state.readsConfirmed = []
    state.readsAborted = []
    return ready
  }

  get role(): Role {
    return this.#state.role
  }

  get commitIndex(): number {
    return this.#state.log.commit
  }

  get appliedIndex(): number {
    return this.#state.log.applied
  }

  /** Whether the configuration in force is committed. */
  get configCommitted(): boolean {
    return this.#state.log.configs.currentIndex <= this.#state.log.commit
  }

  /** Everybody whose messages are to be let in; see {@link ConfigHistory.membersSince}. */
  get knownMembers(): Member[] {
    return this.#state.log.configs.membersSince(this.#state.log.commit)
  }

  /** The term of the entry at `index`; undefined if it is not in the log. */
  termAt(index: number): number | undefined {
    return this.#state.log.term(index)
  }

  /** Bytes of the entries in memory. */
  get logBytes(): number {
    return this.#state.log.bytes
  }

  /** The last index to drop so that at most so many entries and bytes stay up to `index`. */
  trailingStart(index: number, entries: number, bytes: number): number {
    return this.#state.log.trailingStart(index, entries, bytes)
  }

  /** Bytes of the entries after `from`, up to `to`. */
  bytesBetween(from: number, to: number): number {
    return this.#state.log.bytesBetween(from, to)
  }

  get term(): number {
    return this.#state.term
  }

  get leader(): NodeId | undefined {
    return this.#state.leader
  }

  get config(): ClusterConfig {
    return this.#state.config
  }

  status(): CoreStatus {
    const state = this.#state
    const { log } = state
    return {
      id: state.id,
      role: state.role,
      term: state.term,
      vote: state.vote,
      leader: state.leader,
      firstIndex: log.firstIndex,
      lastIndex: log.lastIndex,
      lastTerm: log.lastTerm,
      stable: log.stable,
      commit: log.commit,
      applied: log.applied,
      snapshot: log.snapshot,
      logBytes: log.bytes,
      config: state.config,
      configIndex: log.configs.currentIndex,
      transferTarget: state.transferTarget,
      progress: new Map(
        [...state.progress].map(([id, p]) => [
          id,
          { match: p.match, state: p.state, active: p.recentActive, heardLately: p.heardLately },
        ]),
      ),
    }
  }
}
