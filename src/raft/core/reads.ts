/**
 * ReadIndex (thesis §6.4). A read takes the commit index at its arrival and may be served at that
 * index once a quorum has answered a heartbeat sent after its arrival. Reads that arrive together
 * share one round. Followers ask the leader.
 */
import { assert } from '../../base/index.ts'
import { isVoter } from './config.ts'
import type { Progress } from './progress.ts'
import { quorumIndex } from './quorum.ts'
import type { CoreState } from './state.ts'
import type { Message, NodeId } from './types.ts'

/** A read of our own. Ends up in the output's `reads` or `readsAborted`. */
export function requestRead(state: CoreState, id: number): void {
  if (state.role === 'leader') {
    enqueue(state, state.id, id)
  } else if (state.leader !== undefined) {
    state.readsForwarded.set(id, 0)
    sendReadIndex(state, state.leader, id)
  } else {
    state.readsAborted.push(id)
  }
}

function sendReadIndex(state: CoreState, to: NodeId, id: number): void {
  state.send({ type: 'read-index', from: state.id, to, term: state.term, id })
}

function enqueue(state: CoreState, from: NodeId, id: number): void {
  if (hasCommittedInTerm(state)) state.reads.push({ from, id, index: state.log.commit, round: 0 })
  // Until then the leader does not know how far its predecessors committed (B43).
  else state.readsBeforeCommit.push({ from, id })
}

function hasCommittedInTerm(state: CoreState): boolean {
  return state.log.term(state.log.commit) === state.term
}

export function releaseReadsBeforeCommit(state: CoreState): void {
  if (state.readsBeforeCommit.length === 0 || !hasCommittedInTerm(state)) return
  const waiting = state.readsBeforeCommit
  state.readsBeforeCommit = []
  for (const { from, id } of waiting) enqueue(state, from, id)
}

/** Leader, before its output is taken: starts one round for every read that came since the last. */
export function startReadRound(state: CoreState): void {
  if (state.reads.at(-1)?.round !== 0) return
  state.readRound++
  for (let i = state.reads.length - 1; i >= 0; i--) {
    const read = state.reads[i]
    if (read === undefined || read.round !== 0) break
    read.round = state.readRound
  }
  for (const [to, progress] of state.progress) {
    if (isVoter(state.config, to)) sendHeartbeat(state, to, progress)
  }
  confirmReads(state)
}

export function broadcastHeartbeat(state: CoreState): void {
  for (const [to, progress] of state.progress) {
    progress.stalled = progress.match === progress.matchAtHeartbeat
    progress.matchAtHeartbeat = progress.match
    sendHeartbeat(state, to, progress)
  }
}

function sendHeartbeat(state: CoreState, to: NodeId, progress: Progress): void {
  // Never beyond its match: what lies after may not be what the leader has.
  const { match } = progress
  const commit = Math.min(match, state.log.commit)
  progress.sentCommit = Math.max(progress.sentCommit, commit)
  state.send({ type: 'heartbeat', from: state.id, to, term: state.term, commit, round: state.readRound })
}

export function confirmReads(state: CoreState): void {
  const confirmed = quorumIndex(state.config, (id) =>
    id === state.id ? state.readRound : (state.progress.get(id)?.ackedRound ?? 0),
  )
  let done = 0
  for (const read of state.reads) {
    if (read.round === 0 || read.round > confirmed) break
    done++
    const { from: to, id, index } = read
    if (to === state.id) {
      state.readsConfirmed.push({ id, index })
      continue
    }
    respond(state, to, { id, index, reject: false })
    // It waits until it has applied that much.
    const progress = state.progress.get(to)
    if (progress !== undefined) progress.commitDue = progress.sentCommit < state.log.commit
  }
  if (done > 0) state.reads.splice(0, done)
}

export function receiveReadIndex(state: CoreState, message: Extract<Message, { type: 'read-index' }>): void {
  if (state.role === 'leader') {
    enqueue(state, message.from, message.id)
    return
  }
  respond(state, message.from, { id: message.id, index: 0, reject: true })
}

function respond(
  state: CoreState,
  to: NodeId,
  answer: { readonly id: number; readonly index: number; readonly reject: boolean },
): void {
  state.send({ type: 'read-index-response', from: state.id, to, term: state.term, ...answer })
}

export function receiveReadIndexResponse(
  state: CoreState,
  message: Extract<Message, { type: 'read-index-response' }>,
): void {
  if (!state.readsForwarded.delete(message.id)) return
  if (message.reject) state.readsAborted.push(message.id)
  else {
    assert(message.index > 0, 'a confirmed read has an index')
    state.readsConfirmed.push({ id: message.id, index: message.index })
  }
}

/** Follower, per tick: a request or its answer may have been lost; asking twice is harmless. */
export function retryForwardedReads(state: CoreState): void {
  for (const [id, waited] of state.readsForwarded) {
    const ticks = waited + 1
    state.readsForwarded.set(id, ticks)
    if (ticks % (2 * state.settings.heartbeatTicks) === 0 && state.leader !== undefined) {
      sendReadIndex(state, state.leader, id)
    }
  }
}
