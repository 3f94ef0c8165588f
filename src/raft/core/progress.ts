/**
 * What a leader knows of one follower, and how far ahead it may send. After etcd-io/raft's
 * tracker: `probe` sends one message at a time until the logs are known to agree, `replicate`
 * pipelines within a window, `snapshot` waits for a transfer.
 */
import { assert } from '../../base/index.ts'
import type { SnapshotMeta } from './types.ts'

export interface InflightLimits {
  readonly messagesMax: number
  readonly bytesMax: number
}

export class Progress {
  /** Highest index known to be on the follower's disk. `match < next`. */
  match = 0
  /** Next index to send. */
  next: number
  state: 'probe' | 'replicate' | 'snapshot' = 'probe'
  /** In `probe`: one message is out and not answered. */
  probeSent = false
  /** In `snapshot`: the one being sent. */
  sending: SnapshotMeta | undefined
  /** One of which the follower has kept a part, since its transfer broke off. */
  interrupted: SnapshotMeta | undefined
  /** Heard from since the last check-quorum, and in the period before that one. */
  recentActive = false
  #wasActive = false
  /** Periods between check-quorums, up to the last one, in which it was not heard from. */
  silentPeriods = 0
  /** Highest ReadIndex round it has answered. */
  ackedRound = 0
  /** Commit index it was last told. */
  sentCommit = 0
  /** It is to be told of a later one although there is nothing else to send. */
  commitDue = false
  /** `match` at the last timed heartbeat, and whether it had not moved since the one before. */
  matchAtHeartbeat = 0
  stalled = false

  readonly #limits: InflightLimits
  #inflight: { readonly lastIndex: number; readonly bytes: number }[] = []
  #inflightBytes = 0

  constructor(next: number, limits: InflightLimits) {
    this.next = next
    this.#limits = limits
  }

  /** It has everything up to here, or gets it with a snapshot that is, or was, on its way. */
  get reaches(): number {
    return Math.max(this.match, this.sending?.index ?? 0, this.interrupted?.index ?? 0)
  }

  get inflightMessages(): number {
    return this.#inflight.length
  }

  get paused(): boolean {
    if (this.state === 'probe') return this.probeSent
    if (this.state === 'snapshot') return true
    return this.#inflight.length >= this.#limits.messagesMax || this.#inflightBytes >= this.#limits.bytesMax
  }

  /**
   * Heard from within one to two election timeouts. Since the last check-quorum alone would say no of
   * everybody, right after it.
   */
  get heardLately(): boolean {
    return this.recentActive || this.#wasActive
  }

  /** Check-quorum has counted who was heard; counting begins anew. */
  beginPeriod(): void {
    this.#wasActive = this.recentActive
    this.silentPeriods = this.recentActive ? 0 : this.silentPeriods + 1
    this.recentActive = false
  }

  /** Entries up to `lastIndex` were sent. */
  sent(lastIndex: number, bytes: number): void {
    if (this.state === 'replicate') {
      this.next = lastIndex + 1
      this.#inflight.push({ lastIndex, bytes })
      this.#inflightBytes += bytes
    } else {
      this.probeSent = true
    }
  }

  /** The follower has everything to `index`. Returns whether that is news. */
  acknowledged(index: number): boolean {
    let freed = 0
    while (freed < this.#inflight.length) {
      const message = this.#inflight[freed] as { lastIndex: number; bytes: number }
      if (message.lastIndex > index) break
      this.#inflightBytes -= message.bytes
      freed++
    }
    if (freed > 0) this.#inflight.splice(0, freed)
    const news = index > this.match
    if (news) {
      this.match = index
      this.probeSent = false
      if (this.interrupted !== undefined && this.interrupted.index <= index) this.interrupted = undefined
    }
    this.next = Math.max(this.next, index + 1)
    assert(this.match < this.next, 'match < next')
    return news
  }

  /**
   * The follower refused entries after `rejected`; its log may agree up to `hint`. Returns false for
   * a refusal that is out of date.
   */
  rejected(rejected: number, hint: number): boolean {
    if (this.state === 'replicate') {
      if (rejected <= this.match) return false
      this.becomeProbe()
      return true
    }
    if (this.next - 1 !== rejected) return false
    this.next = Math.max(Math.min(rejected, hint + 1), this.match + 1)
    this.probeSent = false
    return true
  }

  becomeProbe(): void {
    // A snapshot may have arrived although that is not known; a refusal corrects a wrong guess.
    this.next = this.reaches + 1
    this.#become('probe')
  }

  becomeReplicate(): void {
    this.next = this.match + 1
    // It goes on from its own log; what it kept of a snapshot is of no use.
    this.interrupted = undefined
    this.#become('replicate')
  }

  becomeSnapshot(snapshot: SnapshotMeta): void {
    this.#become('snapshot')
    this.sending = snapshot
  }

  #become(state: Progress['state']): void {
    this.state = state
    this.probeSent = false
    this.sending = undefined
    this.#inflight = []
    this.#inflightBytes = 0
  }
}
