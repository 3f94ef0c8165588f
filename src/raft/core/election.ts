/**
 * Elections: PreVote (thesis §9.6) before every campaign, so that a node that cannot win changes
 * nobody's term; votes that are on disk before they are told; check-quorum, so that a leader without
 * followers steps down.
 */
import { isVoter } from './config.ts'
import { quorumIndex, voteResult } from './quorum.ts'
import { appendEntries, maybeCommit } from './replication.ts'
import type { CoreState } from './state.ts'
import type { Message, NodeId } from './types.ts'

/** How often a follower asks around early, once the leader's system has closed its connection. */
const HINTED_CAMPAIGNS = 8

type VoteRequest = Extract<Message, { type: 'pre-vote' | 'vote' }>
type VoteResponse = Extract<Message, { type: 'pre-vote-response' | 'vote-response' }>

/** Asks whether an election could be won. */
export function preCampaign(state: CoreState): void {
  if (!state.canCampaign) {
    // Nothing to win here, but the leader is gone, and so are the answers to reads sent to it.
    state.setLeader(undefined)
    return
  }
  state.becomePreCandidate()
  state.electionElapsed = 0
  state.drawElectionTimeout()
  campaignAgainSoonIfHinted(state)
  requestVotes(state, 'pre-vote', state.term + 1, false)
  countVote(state, state.id, true)
}

/** Enters a new term and asks for votes. Our own counts once it is on disk, see {@link countOwnVote}. */
export function campaign(state: CoreState, transfer: boolean): void {
  if (!state.canCampaign) return
  state.becomeCandidate()
  campaignAgainSoonIfHinted(state)
  requestVotes(state, 'vote', state.term, transfer)
}

function requestVotes(state: CoreState, type: 'pre-vote' | 'vote', term: number, transfer: boolean): void {
  for (const to of state.others.filter((id) => isVoter(state.config, id))) {
    const { lastIndex, lastTerm } = state.log
    const request: Message = { type, from: state.id, to, term, lastIndex, lastTerm, transfer }
    // Nobody may vote for us in a term that we could forget having entered: send() sees to that.
    state.send(request)
  }
}

/** Called when writes are done: a candidate's vote for itself now counts. */
export function countOwnVote(state: CoreState): void {
  if (state.role === 'candidate' && state.hardStatePersisted && !state.votes.has(state.id)) {
    countVote(state, state.id, true)
  }
}

export function receiveVoteRequest(state: CoreState, message: VoteRequest): void {
  const { log } = state
  const mayVote =
    state.vote === message.from ||
    (state.vote === undefined && state.leader === undefined) ||
    (message.type === 'pre-vote' && message.term > state.term)
  const granted = mayVote && log.isUpToDate(message.lastIndex, message.lastTerm)
  if (message.type === 'pre-vote') {
    // A grant names the term asked for; a refusal our own, which moves a candidate of old up (B6).
    const term = granted ? message.term : state.term
    state.send({ type: 'pre-vote-response', from: state.id, to: message.from, term, granted })
    return
  }
  if (granted) {
    state.electionElapsed = 0
    state.setHardState(state.term, message.from)
  }
  state.sendAfterPersist({
    type: 'vote-response',
    from: state.id,
    to: message.from,
    term: state.term,
    granted,
  })
}

export function receiveVoteResponse(state: CoreState, message: VoteResponse): void {
  const expected = message.type === 'pre-vote-response' ? 'pre-candidate' : 'candidate'
  if (state.role !== expected) return
  if (message.type === 'pre-vote-response' && message.granted && message.term !== state.term + 1) return
  countVote(state, message.from, message.granted)
}

function countVote(state: CoreState, from: NodeId, granted: boolean): void {
  if (!state.votes.has(from)) state.votes.set(from, granted)
  switch (voteResult(state.config, state.votes)) {
    case 'won':
      if (state.role === 'pre-candidate') campaign(state, false)
      else lead(state)
      return
    case 'lost':
      state.becomeFollower(state.term, undefined)
      return
    case 'pending':
      return
  }
}

function lead(state: CoreState): void {
  state.becomeLeader()
  // Entries of older terms commit only behind one of our own (Raft §5.4.2).
  appendEntries(state, [{ kind: 'noop', data: new Uint8Array(0), config: undefined }])
  maybeCommit(state)
}

/** Leader, once per election timeout: steps down unless a quorum was heard since the last time. */
export function checkQuorum(state: CoreState): void {
  const active = (id: NodeId): number =>
    id === state.id || state.progress.get(id)?.recentActive === true ? 1 : 0
  if (quorumIndex(state.config, active) < 1) {
    state.becomeFollower(state.term, undefined)
    return
  }
  for (const progress of state.progress.values()) progress.beginPeriod()
}

/**
 * The system of `id` closed its connection: its process probably died. If it was the leader, ask
 * around soon instead of waiting for the timeout. PreVote makes a false alarm harmless.
 */
export function leaderConnectionLost(state: CoreState, id: NodeId): void {
  if (state.role !== 'follower' || state.leader !== id) return
  state.setLeader(undefined)
  state.hintedCampaigns = HINTED_CAMPAIGNS
  campaignWithin(state, state.prng.between(1, state.settings.crashHintTicks + 1))
}

/**
 * A follower that was restarted. If somebody leads, it hears so within a heartbeat of being connected. If all
 * were restarted, nobody does, and to wait for the timeout is to stand still. PreVote makes it safe to ask.
 */
export function askAroundAfterRestart(state: CoreState): void {
  if (state.role !== 'follower' || state.leader !== undefined) return
  state.hintedCampaigns = HINTED_CAMPAIGNS
  const { crashHintTicks } = state.settings
  campaignWithin(state, crashHintTicks + state.prng.between(0, crashHintTicks + 1))
}

/**
 * Others may notice the crash a little later, and until then they do not help; or they campaign at
 * the same moment and the votes are split. Either way the next attempt need not wait a whole timeout.
 */
function campaignAgainSoonIfHinted(state: CoreState): void {
  if (state.hintedCampaigns === 0) return
  state.hintedCampaigns--
  const { crashHintTicks } = state.settings
  campaignWithin(state, crashHintTicks + state.prng.between(0, crashHintTicks + 1))
}

function campaignWithin(state: CoreState, ticks: number): void {
  state.electionElapsed = Math.max(state.electionElapsed, state.randomizedElectionTicks - ticks)
}
