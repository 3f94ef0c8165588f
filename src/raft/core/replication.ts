/** Log replication (Raft §5.3): the leader's sending and counting, the follower's accepting. */
import { assert } from '../../base/index.ts'
import { isJoint, isVoter, leaveJoint } from './config.ts'
import { entryBytes } from './log.ts'
import type { Progress } from './progress.ts'
import { quorumIndex } from './quorum.ts'
import { confirmReads, releaseReadsBeforeCommit } from './reads.ts'
import type { CoreState } from './state.ts'
import type { Entry, Message, NodeId, SnapshotMeta } from './types.ts'

type Append = Extract<Message, { type: 'append' }>
type AppendResponse = Extract<Message, { type: 'append-response' }>
type SnapshotMessage = Extract<Message, { type: 'snapshot' }>

/** Leader: appends entries of the current term to its own log. Sending waits for {@link replicate}. */
export function appendEntries(
  state: CoreState,
  contents: readonly Pick<Entry, 'kind' | 'data' | 'config'>[],
): void {
  assert(state.role === 'leader', 'only a leader appends')
  let index = state.log.lastIndex
  let changesConfig = false
  const entries = contents.map(({ kind, data, config }): Entry => {
    index++
    changesConfig ||= kind === 'config'
    return { index, term: state.term, kind, data, config }
  })
  for (const entry of entries) state.uncommittedBytes += entryBytes(entry)
  state.log.append(entries)
  if (!changesConfig) return
  state.syncProgress()
  // With a smaller quorum, the answers that reads are waiting for may all be here.
  confirmReads(state)
}

/** Leader, before its output is taken: sends each follower what it may have and does not. */
export function replicate(state: CoreState): void {
  for (const [to, progress] of state.progress) {
    while (!progress.paused && progress.next <= state.log.lastIndex) sendAppend(state, to, progress)
    if (!progress.paused && isCommitToBeTold(state, progress)) sendAppend(state, to, progress)
  }
}

/**
 * Every append tells the commit index, so under load a message for its sake alone, and the answer to it,
 * would double the traffic. It is sent when no other has been for a while, or somebody waits for it.
 */
export function isCommitToBeTold(state: CoreState, progress: Progress): boolean {
  const isNews = progress.state === 'replicate' && progress.sentCommit < state.log.commit
  return isNews && (progress.commitDue || state.settings.commitNoticeTicks === 0)
}

/** Leader: whoever does not know the commit index by now is told. */
export function tellCommit(state: CoreState): void {
  for (const progress of state.progress.values()) progress.commitDue = progress.sentCommit < state.log.commit
}

/** Sends the next entries (none if there are none), or a snapshot if they are compacted away. */
export function sendAppend(state: CoreState, to: NodeId, progress: Progress): void {
  const { log } = state
  const prevIndex = progress.next - 1
  const prevTerm = prevIndex >= log.firstIndex - 1 ? log.term(prevIndex) : undefined
  if (prevTerm === undefined) {
    sendSnapshot(state, to, progress)
    return
  }
  const entries =
    progress.next <= log.lastIndex ? log.slice(progress.next, state.settings.appendBytesMax) : []
  state.send({
    type: 'append',
    from: state.id,
    to,
    term: state.term,
    prevIndex,
    prevTerm,
    commit: log.commit,
    entries,
  })
  progress.sentCommit = log.commit
  progress.commitDue = false
  const last = entries.at(-1)
  if (last !== undefined) {
    progress.sent(
      last.index,
      entries.reduce((sum, entry) => sum + entryBytes(entry), 0),
    )
  } else if (progress.state === 'probe') {
    progress.probeSent = true
  }
}

/**
 * No progress for a whole heartbeat: what is in flight may be lost. Ask the follower where it
 * stands, with an empty message, rather than send everything again (B22).
 */
export function probeInflight(state: CoreState, to: NodeId, progress: Progress): void {
  const { log } = state
  const prevIndex = progress.next - 1
  const prevTerm = log.term(prevIndex)
  if (prevTerm === undefined) {
    // What it was sent is compacted by now.
    progress.becomeProbe()
    sendAppend(state, to, progress)
    return
  }
  const { id: from, term } = state
  state.send({ type: 'append', from, to, term, prevIndex, prevTerm, commit: log.commit, entries: [] })
}

function sendSnapshot(state: CoreState, to: NodeId, progress: Progress): void {
  // Nobody streams a database to a node that does not answer; its next heartbeat answer retries.
  if (!progress.recentActive) {
    progress.becomeProbe()
    progress.probeSent = true
    return
  }
  const snapshot = snapshotFor(state, progress)
  progress.becomeSnapshot(snapshot)
  state.send({ type: 'snapshot', from: state.id, to, term: state.term, snapshot })
}

/**
 * The newest snapshot; but rather the one whose transfer broke off, of which the follower has a part, as
 * long as entries follow on it: while writes go on, the newest is always another one.
 */
function snapshotFor({ log }: CoreState, { interrupted }: Progress): SnapshotMeta {
  assert(log.snapshot !== undefined, 'a compacted log has a snapshot')
  return interrupted !== undefined && log.leadsOn(interrupted) ? interrupted : log.snapshot
}

/**
 * Leader: the transfer that was asked for may begin only now. The message for it, of what is the right
 * snapshot by now; undefined if `to` needs none any more.
 */
export function beginSnapshot(state: CoreState, to: NodeId): SnapshotMessage | undefined {
  const progress = state.progress.get(to)
  if (progress === undefined || progress.state !== 'snapshot') return undefined
  const snapshot = snapshotFor(state, progress)
  progress.becomeSnapshot(snapshot)
  return { type: 'snapshot', from: state.id, to, term: state.term, snapshot }
}

/**
 * Leader: the transfer to `to` ended. Also after one that failed the follower is asked where it stands
 * before it is sent another: all of it may have arrived, and only the news of that be lost.
 */
export function snapshotEnded(state: CoreState, to: NodeId, interrupted: boolean): void {
  const progress = state.progress.get(to)
  if (progress === undefined || progress.state !== 'snapshot') return
  progress.interrupted = interrupted ? progress.sending : undefined
  progress.becomeProbe()
  // Wait for its answer (or the next heartbeat's) before sending on.
  progress.probeSent = true
}

/** Leader: snapshots that followers are sent, or may be sent again. */
export function snapshotsInUse({ log, progress }: CoreState): SnapshotMeta[] {
  return [...progress.values()].flatMap(({ sending, interrupted }) => [
    ...(sending === undefined ? [] : [sending]),
    ...(interrupted !== undefined && log.leadsOn(interrupted) ? [interrupted] : []),
  ])
}

/**
 * Leader: entries after this index are needed by followers that were heard from since the last
 * check-quorum, or within so many periods before it; infinite if there are none.
 */
export function neededAfter({ progress }: CoreState, silentPeriodsMax: number): number {
  let needed = Number.POSITIVE_INFINITY
  for (const { recentActive, silentPeriods, reaches } of progress.values()) {
    if (recentActive || silentPeriods <= silentPeriodsMax) needed = Math.min(needed, reaches)
  }
  return needed
}

/** Leader: messages to `id` were lost, for all we know. */
export function peerUnreachable(state: CoreState, id: NodeId): void {
  const progress = state.progress.get(id)
  if (progress?.state === 'replicate') progress.becomeProbe()
}

export function receiveAppend(state: CoreState, message: Append): void {
  const { log } = state
  const { from: to, prevIndex, prevTerm, entries } = message
  checkHistory(state, prevIndex, prevTerm)
  for (const { index, term } of entries) {
    if (index > log.commit) break
    checkHistory(state, index, term)
  }
  const response = { type: 'append-response', from: state.id, to, term: state.term } as const
  // What we have committed the leader has, too: up to there the logs agree, whatever is compacted.
  if (prevIndex >= log.commit && !log.matches(prevIndex, prevTerm)) {
    const hint = log.agreementBefore(prevIndex, prevTerm)
    state.send({ ...response, index: prevIndex, reject: true, hintIndex: hint.index, hintTerm: hint.term })
    return
  }
  // Those that are committed here stay under comparison: a leader that has others is no leader (B20).
  log.merge(entries.filter((entry) => entry.index >= log.firstIndex))
  const lastVerified = Math.max(prevIndex + entries.length, log.commit)
  // Beyond what this message verified our log may differ from the leader's (B18).
  log.commitTo(Math.min(message.commit, lastVerified))
  state.sendAfterPersist({ ...response, index: lastVerified, reject: false, hintIndex: 0, hintTerm: 0 })
}

/**
 * Every leader has what is committed (Raft §5.4.3). One that has something else there can only come
 * from a recovery by hand that left this node's log behind; following it would make replicas differ.
 */
function checkHistory({ log }: CoreState, index: number, term: number): void {
  assert(
    !log.contradicts(index, term),
    `the leader's log has an entry of term ${term} at index ${index}, where another one is committed on this node: ` +
      'its data is not that of the cluster any more, and it must join again with an empty data directory',
  )
}

export function receiveAppendResponse(state: CoreState, message: AppendResponse): void {
  const progress = state.progress.get(message.from)
  if (progress === undefined) return
  progress.recentActive = true
  if (message.reject) {
    const hint =
      message.hintTerm > 0
        ? state.log.agreementBefore(message.hintIndex, message.hintTerm).index
        : message.hintIndex
    if (progress.rejected(message.index, hint)) sendAppend(state, message.from, progress)
    return
  }
  assert(message.index <= state.log.lastIndex, 'a follower acknowledges only what the leader has')
  const news = progress.acknowledged(message.index)
  if (progress.state === 'probe' && (news || message.index === progress.match)) progress.becomeReplicate()
  else if (progress.state === 'snapshot' && progress.match >= progress.reaches) progress.becomeReplicate()
  if (news) {
    maybeCommit(state)
    maybeFinishTransfer(state, message.from, progress)
  }
}

/** Leader: commits what a quorum has on disk, if it is of the current term (Raft §5.4.2). */
export function maybeCommit(state: CoreState): void {
  const { log } = state
  if (state.role !== 'leader') return
  const index = quorumIndex(state.config, (id) =>
    id === state.id ? log.stable : (state.progress.get(id)?.match ?? 0),
  )
  if (index <= log.commit || log.term(index) !== state.term) return
  for (let i = log.commit + 1; i <= index; i++) state.uncommittedBytes -= entryBytes(log.entry(i) as Entry)
  log.commitTo(index)
  releaseReadsBeforeCommit(state)
  configCommitted(state)
}

/** Leader: a joint configuration, once committed, is left; a leader left outside steps down. */
function configCommitted(state: CoreState): void {
  const { configs, commit } = state.log
  if (configs.currentIndex > commit) return
  if (isJoint(configs.current)) {
    appendEntries(state, [{ kind: 'config', data: new Uint8Array(0), config: leaveJoint(configs.current) }])
    // With this configuration in force the quorum may be another one, and already be there.
    maybeCommit(state)
  } else if (!isVoter(configs.current, state.id)) {
    // The others must learn that it is committed; the entry's last act as leader is to tell them.
    tellCommit(state)
    replicate(state)
    state.becomeFollower(state.term, undefined)
  }
}

/** Leader: once the target of a transfer has everything, it may campaign at once. */
export function maybeFinishTransfer(state: CoreState, id: NodeId, progress: Progress): void {
  if (state.transferTarget !== id || progress.match !== state.log.lastIndex) return
  state.send({ type: 'timeout-now', from: state.id, to: id, term: state.term })
}

/** Follower: a whole snapshot arrived and is stored; take it in place of the log unless it is old. */
export function receiveSnapshot(state: CoreState, message: SnapshotMessage): void {
  const { log } = state
  const { snapshot } = message
  checkHistory(state, snapshot.index, snapshot.term)
  if (snapshot.index > log.commit) {
    if (log.matches(snapshot.index, snapshot.term)) log.commitTo(snapshot.index)
    else log.reset(snapshot)
  }
  const { from: to } = message
  state.sendAfterPersist({
    type: 'append-response',
    from: state.id,
    to,
    term: state.term,
    index: log.commit,
    reject: false,
    hintIndex: 0,
    hintTerm: 0,
  })
}
