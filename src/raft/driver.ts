/**
 * Turns the core's outputs into I/O. All inputs (messages, proposals, reads, ticks, completed I/O)
 * go straight into the core; one deferred pass then takes everything it has to say. Whatever came
 * together therefore leaves together: one frame per follower, one write, one read round.
 *
 * The driver is as deterministic as its ports: callbacks only, no promises, no clock of its own.
 */
import { assert, DebrosError, errorMessage, toError } from '../base/index.ts'
import { Applier } from './applier.ts'
import { type ConfigChange, EMPTY_CONFIG, initialConfig } from './core/config.ts'
import { RaftCore } from './core/core.ts'
import type {
  ClusterConfig,
  Entry,
  Member,
  Message,
  NodeId,
  Ready,
  Role,
  SnapshotMeta,
} from './core/types.ts'
import type { RaftDriverComponents, RaftDriverInit, RaftStatus } from './driver-types.ts'
import { leadershipLost, noLeader, stoppedError, transferFailed } from './errors.ts'
import { handOver } from './hand-over.ts'
import { promoteLearner } from './learner-promotion.ts'
import { Membership, type Retirement } from './membership.ts'
import { type Applied, PendingProposals } from './pending.ts'
import { ReadRequests } from './read-requests.ts'
import { coreSettings } from './settings.ts'
import { SnapshotKeeper } from './snapshot-keeper.ts'
import { SnapshotSends } from './snapshot-sends.ts'
import type { Callback, StoredLog, Timer } from './types.ts'
import { WriteQueue } from './write-queue.ts'

interface Seen {
  readonly role: Role
  readonly term: number
  readonly leader: NodeId | undefined
  readonly config: ClusterConfig | undefined
  readonly configCommitted: boolean
}

export class RaftDriver {
  readonly #components: RaftDriverComponents
  readonly #init: RaftDriverInit
  readonly #writes = new WriteQueue()
  readonly #applier: Applier
  readonly #keeper: SnapshotKeeper
  readonly #sends: SnapshotSends
  readonly #proposals = new PendingProposals()
  readonly #reads: ReadRequests
  readonly #membership: Membership
  #core: RaftCore | undefined
  #ticker: Timer | undefined
  #passDue = false
  #stopped = false
  #storing = false
  #lastContact: number | undefined
  /** Where the state machine stands. Behind the core's applied index while a snapshot is installed. */
  #machineIndex = 0
  /** What was last told to the outside. */
  #seen: Seen = { role: 'follower', term: 0, leader: undefined, config: undefined, configCommitted: true }
  #stopDone: (() => void) | undefined
  #snapshotsInstalled = 0

  constructor(components: RaftDriverComponents, init: RaftDriverInit) {
    this.#components = components
    this.#init = init
    this.#membership = new Membership(components.transport, init.id)
    this.#reads = new ReadRequests(components.prng.nextUint32() * 2 ** 20)
    const { applyEntriesMax: entriesMax, applyBytesMax: bytesMax } = init.settings
    this.#applier = new Applier(
      { stateMachine: components.stateMachine },
      {
        entriesMax,
        bytesMax,
        onApplied: (entries, results) => this.#guard(() => this.#applied(entries, results)),
        onInstalled: (snapshot) => this.#guard(() => this.#installed(snapshot)),
        onFatal: (error) => this.#fail(error),
      },
    )
    this.#keeper = new SnapshotKeeper(
      { snapshots: components.snapshots, logger: components.logger },
      {
        id: init.id,
        settings: init.settings,
        onSaved: () => this.#wake(),
        onTaken: (snapshot) => init.onSnapshot?.('taken', snapshot),
      },
    )
    this.#sends = new SnapshotSends(components, {
      settings: init.settings,
      begin: (to) => this.#core?.beginSnapshot(to),
      // What an earlier term's leader had to send says nothing about what this one is sending.
      onUnreadable: () => {
        this.#keeper.replace()
        this.#wake()
      },
      onEnded: ({ to, term }, interrupted) =>
        this.#input((core) => {
          if (core.term === term) core.snapshotEnded(to, interrupted)
        }),
    })
  }

  /** Loads what is stored, restores the state machine and begins to take part. */
  start(done: Callback): void {
    const { logStore, stateMachine } = this.#components
    logStore.load((error, stored) => {
      if (error !== undefined) {
        done(error)
      } else if (stored === undefined && this.#init.bootstrap !== undefined) {
        this.#bootstrap(this.#init.bootstrap, done)
      } else if (stored?.snapshot === undefined) {
        this.#begin(stored, done)
      } else {
        stateMachine.restore(stored.snapshot, (restoreError) => {
          if (restoreError !== undefined) done(restoreError)
          else this.#begin(stored, done)
        })
      }
    })
  }

  #bootstrap(members: readonly Member[], done: Callback): void {
    const hardState = { term: 1, vote: undefined }
    const entry: Entry = {
      index: 1,
      term: 1,
      kind: 'config',
      data: new Uint8Array(0),
      config: initialConfig(members),
    }
    const stored = { hardState, snapshot: undefined, entries: [entry] }
    this.#components.logStore.write(stored, (error) => {
      if (error !== undefined) done(error)
      else this.#begin(stored, done)
    })
  }

  #begin(stored: StoredLog | undefined, done: Callback): void {
    if (this.#stopped) {
      done(stoppedError('not-applied'))
      return
    }
    this.#core = new RaftCore({
      settings: coreSettings(this.#init.id, this.#init.peerId, this.#init.settings),
      prng: this.#components.prng,
      hardState: stored?.hardState,
      snapshot: stored?.snapshot,
      entries: stored?.entries ?? [],
    })
    // One that is new has nobody to ask yet, and loses nothing by it.
    this.#core.restarted()
    if (stored?.snapshot !== undefined) this.#init.onSnapshot?.('restored', stored.snapshot)
    this.#machineIndex = stored?.snapshot?.index ?? 0
    this.#keeper.begin(this.#core)
    this.#noticeChanges()
    this.#ticker = this.#components.clock.every(this.#init.settings.tickMs, () => {
      if (this.#membership.retired !== undefined) return
      this.#input((core) => {
        core.tick()
        promoteLearner(core, this.#init.settings.promoteLagEntries)
      })
    })
    done(undefined)
  }

  /** Feeds an input to the core and sees to its output soon. */
  #input(run: (core: RaftCore) => void): void {
    const core = this.#core
    if (core === undefined || this.#stopped) return
    this.#guard(() => {
      run(core)
      this.#wake()
    })
  }

  /** A broken invariant stops the node, never merely the request. */
  #guard(run: () => void): void {
    try {
      run()
    } catch (error) {
      this.#fail(toError(error))
    }
  }

  #wake(): void {
    if (this.#passDue || this.#stopped) return
    this.#passDue = true
    this.#components.clock.defer(() => {
      this.#passDue = false
      if (!this.#stopped) this.#guard(() => this.#pass())
    })
  }

  #pass(): void {
    const core = this.#core as RaftCore
    this.#reads.ask(core)
    while (core.hasReady()) this.#handle(core.ready())
    this.#noticeChanges()
    this.#store()
    // What the disk has to do for others comes before what is done here only: a write waits for the former.
    this.#applier.proceed()
    this.#takeSnapshotIfDue(core)
  }

  #handle(ready: Ready): void {
    // Messages that need not wait go first: followers write while we do.
    this.#send(ready.messages)
    const notWaiting = this.#writes.add(ready)
    this.#send(notWaiting)
    this.#proposals.overwritten(ready.entries)
    if (ready.snapshot !== undefined) {
      this.#applier.install(ready.snapshot)
      const { index } = ready.snapshot
      this.#proposals.abandon((proposal) => proposal.index <= index, leadershipLost())
    }
    this.#applier.add(ready.committed)
    for (const { id, index } of ready.reads) this.#reads.confirmed(id, index, this.#machineIndex)
    for (const id of ready.readsAborted) this.#reads.aborted(id, noLeader())
  }

  #send(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.type === 'snapshot') this.#sends.request(message.to)
      else this.#components.transport.send(message)
    }
  }

  /** One durable write at a time; compaction takes its turn between writes. */
  #store(): void {
    if (this.#storing || this.#stopped) return
    const write = this.#writes.begin()
    if (write !== undefined) {
      this.#storing = true
      this.#components.logStore.write(write, (error) => {
        this.#stored(error, () => {
          this.#writes.finish()
          const core = this.#core as RaftCore
          core.persisted(write.seq)
          if (write.snapshot !== undefined) this.#applier.installDurable(write.snapshot)
          this.#send(write.messages)
        })
      })
      return
    }
    const compaction = this.#keeper.takeCompaction(this.#core as RaftCore)
    if (compaction === undefined) return
    this.#storing = true
    this.#components.logStore.compact(compaction.snapshot, compaction.through, (error) => {
      this.#stored(error, () => {
        const core = this.#core as RaftCore
        core.compact(compaction.snapshot, compaction.through)
        this.#components.snapshots.retain(compaction.snapshot, core.snapshotsInUse)
        this.#keeper.compacted(compaction.isNew)
      })
    })
  }

  #stored(error: Error | undefined, then: () => void): void {
    this.#storing = false
    if (error !== undefined) {
      this.#fail(error)
    } else if (!this.#stopped) {
      this.#guard(() => {
        then()
        this.#wake()
      })
    }
    this.#finishStop()
  }

  #applied(entries: readonly Entry[], results: readonly unknown[]): void {
    const core = this.#core as RaftCore
    const last = (entries.at(-1) as Entry).index
    this.#machineIndex = last
    // A snapshot that arrived meanwhile is ahead of this batch; the core has moved on already.
    if (last > core.appliedIndex) core.applied(last)
    for (const [i, entry] of entries.entries()) this.#proposals.applied(entry, results[i])
    this.#reads.applied(last)
    this.#wake()
  }

  #installed(snapshot: SnapshotMeta): void {
    this.#snapshotsInstalled++
    this.#machineIndex = snapshot.index
    this.#components.snapshots.retain(snapshot, [])
    this.#keeper.installed(snapshot)
    this.#reads.applied(snapshot.index)
    this.#components.logger.info({ index: snapshot.index, term: snapshot.term }, 'snapshot installed')
    this.#init.onSnapshot?.('installed', snapshot)
    this.#wake()
  }

  #takeSnapshotIfDue(core: RaftCore): void {
    if (this.#applier.installing) return
    this.#keeper.grantWithoutCapture(core)
    if (!this.#keeper.due(core, this.#components.clock.now())) return
    this.#keeper.began()
    this.#applier.capture((error, capture) => {
      if (error !== undefined || this.#stopped) return
      this.#guard(() => {
        if (core.appliedIndex === this.#machineIndex) {
          this.#keeper.save(core.snapshotMeta(this.#machineIndex), capture)
        } else {
          // A snapshot from the leader overtook it: the log no longer knows the captured index.
          capture.release()
          this.#keeper.abandon()
        }
      })
    })
  }

  #noticeChanges(): void {
    const core = this.#core as RaftCore
    const { role, term, leader, config, configCommitted } = core
    const seen = this.#seen
    this.#seen = { role, term, leader, config, configCommitted }
    if (config !== seen.config || configCommitted !== seen.configCommitted || leader !== seen.leader) {
      this.#membership.changed(leader, config, core.knownMembers)
      if (config !== seen.config && config.members.length > 0) this.#init.onConfigChange?.(config)
    }
    if (role === seen.role && term === seen.term && leader === seen.leader) return
    if (seen.role === 'leader' && (role !== 'leader' || term > seen.term)) this.#lostLead(seen.term)
    this.#components.logger.info({ term }, describeRole(role, leader))
    this.#init.onRoleChange?.({ role, term, leader })
  }

  /** Unfinished proposals mostly get a definite answer from the next leader's entries. Not for ever. */
  #lostLead(term: number): void {
    if (this.#proposals.size === 0) return
    this.#components.clock.after(this.#init.settings.outcomeWaitMs, () => {
      this.#proposals.abandon((proposal) => proposal.term <= term, leadershipLost())
    })
  }

  /** A message from another member, already authenticated. */
  receive(message: Message): void {
    if (this.#membership.retired === 'deaf') return
    this.#input((core) => {
      if (this.#mustWait(message) || this.#membership.isStrangersVote(message, core.config)) return
      core.step(message)
      if (core.leader === message.from) this.#lastContact = this.#components.clock.now()
      if (core.leader !== undefined) this.#membership.called()
    })
  }

  /**
   * For a node that is no member any more: it steps down, and its clock stands still, so that it never
   * campaigns.
   */
  retire(how: Retirement): void {
    this.#input((core) => {
      if (this.#membership.retire(how, core.leader)) core.standDown()
    })
  }

  get retired(): boolean {
    return this.#membership.retired !== undefined
  }

  /** A follower that applies too slowly lets entries fall; the leader sends them again later. */
  #mustWait(message: Message): boolean {
    return (
      message.type === 'append' &&
      message.entries.length > 0 &&
      this.#applier.backlogBytes > this.#init.settings.unappliedBytesMax
    )
  }

  /**
   * Members as another one names them, for a node whose own list is out of date or empty: it could
   * not let in the leader that would bring it up to date. They count until the log has caught up.
   */
  learnMembers(members: readonly Member[]): void {
    // Nobody knows better than a leader, whose log a majority has just found to be up to date.
    if (this.#core === undefined || this.#stopped || this.role === 'leader') return
    this.#membership.learn(members, this.#core.knownMembers)
  }

  /** The system of `id` closed its connection to us. */
  connectionLost(id: NodeId): void {
    this.#input((core) => core.connectionLost(id))
  }

  /**
   * Proposes a command. Answers with what the state machine said once it is applied here.
   * Errors: `RAFT_NOT_LEADER`, `RAFT_TRANSFERRING`, `RAFT_BUSY`, `RAFT_ENTRY_TOO_LARGE`,
   * `RAFT_PROPOSAL_DROPPED` (not-applied); `RAFT_LEADERSHIP_LOST`, `RAFT_STOPPED` (unknown).
   */
  propose(data: Uint8Array, done: Callback<Applied>): void {
    const { entryBytesMax, unappliedBytesMax } = this.#init.settings
    if (data.length > entryBytesMax) {
      this.#refuse(
        new DebrosError(
          'RAFT_ENTRY_TOO_LARGE',
          `the request takes ${data.length} bytes in the log; at most ${entryBytesMax} are allowed`,
        ),
        done,
      )
    } else if (this.#applier.backlogBytes > unappliedBytesMax) {
      this.#refuse(
        new DebrosError('RAFT_BUSY', 'too many writes are waiting to be applied; try again shortly', {
          retryable: true,
        }),
        done,
      )
    } else {
      this.#propose((core) => core.propose(data), done)
    }
  }

  /** Proposes a membership change; answers when its first entry is applied. Errors as {@link propose}. */
  changeMembership(changes: readonly ConfigChange[], done: Callback<Applied>): void {
    this.#propose((core) => core.proposeConfigChange(changes), done)
  }

  #propose(run: (core: RaftCore) => { index: number; term: number }, done: Callback<Applied>): void {
    const core = this.#core
    if (core === undefined || this.#stopped) {
      this.#refuse(stoppedError('not-applied'), done)
      return
    }
    this.#guard(() => {
      try {
        const { index, term } = run(core)
        this.#proposals.add(index, term, done)
        this.#wake()
      } catch (error) {
        if (!(error instanceof DebrosError)) throw error
        this.#refuse(error, done)
      }
    })
  }

  #refuse<T>(error: Error, done: Callback<T>): void {
    this.#components.clock.defer(() => done(error, undefined as never))
  }

  /**
   * Confirms with a quorum that no newer leader has committed anything, and waits until all that was
   * committed is applied here; a read after that is linearizable. Works on followers too.
   * Errors: `RAFT_NO_LEADER` (retryable), `RAFT_STOPPED`.
   */
  readIndex(done: Callback<number>): void {
    if (this.#core === undefined || this.#stopped) {
      this.#refuse(stoppedError('not-applied'), done)
      return
    }
    this.#reads.add(done)
    this.#wake()
  }

  /** Hands leadership over; answers when this node no longer leads. Errors: `RAFT_TRANSFER_FAILED`. */
  transferLeadership(to: NodeId | undefined, done: Callback): void {
    if (this.#core?.role !== 'leader' || this.#stopped) {
      this.#refuse(transferFailed('this node is not the leader'), done)
      return
    }
    const { clock } = this.#components
    const { settings } = this.#init
    this.#input((core) => handOver(core, { to, clock, settings, isStopped: () => this.#stopped }, done))
  }

  /**
   * Takes a snapshot of what is applied by now, whatever the thresholds; answers once it is durable and
   * the log is cut: false if everything applied was in one already. `trailingEntries`: how many entries
   * may stay behind it, other than those that followers still need. @default as configured
   * Errors: `RAFT_STOPPED`, `RAFT_STORAGE_FAILED` and what else keeps it from being written.
   */
  takeSnapshot(trailingEntries: number | undefined, done: Callback<boolean>): void {
    if (this.#core === undefined || this.#stopped) {
      this.#refuse(stoppedError('not-applied'), done)
      return
    }
    this.#keeper.wish({ trailingEntries, done })
    this.#wake()
  }

  /** Snapshots that followers are being sent, or may be sent again. */
  get snapshotsInUse(): readonly SnapshotMeta[] {
    return this.#core?.snapshotsInUse ?? []
  }

  status(): RaftStatus {
    const core = this.#core
    assert(core !== undefined, 'the driver has been started')
    const status = core.status()
    return {
      ...status,
      backlogEntries: this.#applier.backlogEntries,
      pendingProposals: this.#proposals.size,
      lastContactMs:
        status.role === 'leader'
          ? 0
          : this.#lastContact === undefined
            ? undefined
            : this.#components.clock.now() - this.#lastContact,
      snapshotsTaken: this.#keeper.taken,
      snapshotsInstalled: this.#snapshotsInstalled,
    }
  }

  get role(): Role {
    return this.#core?.role ?? 'follower'
  }

  get leader(): NodeId | undefined {
    return this.#core?.leader
  }

  /** The highest index known here to be committed. */
  get commitIndex(): number {
    return this.#core?.commitIndex ?? 0
  }

  /** The membership in force; empty before the node has heard of one. */
  get config(): ClusterConfig {
    return this.#core?.config ?? EMPTY_CONFIG
  }

  /** Whether the membership in force is committed. */
  get configCommitted(): boolean {
    return this.#core?.configCommitted ?? false
  }

  /** Whether a proposal made here waits for the entry's result. */
  awaits(entry: Entry): boolean {
    return this.#proposals.awaits(entry)
  }

  /** The term of the entry at `index`, for checkers; undefined if it is not in the log. */
  termAt(index: number): number | undefined {
    return this.#core?.termAt(index)
  }

  get started(): boolean {
    return this.#core !== undefined && !this.#stopped
  }

  /** Stops at once; calls back when the write and the apply under way are over. */
  stop(done: () => void): void {
    this.#halt(stoppedError('unknown'))
    this.#stopDone = done
    this.#finishStop()
  }

  #fail(error: Error): void {
    if (this.#stopped) return
    this.#components.logger.error({ error: errorMessage(error) }, 'fatal: this node stops')
    this.#halt(leadershipLost(error))
    this.#init.onFatal(error)
  }

  #halt(error: DebrosError): void {
    if (this.#stopped) return
    this.#stopped = true
    this.#ticker?.cancel()
    this.#sends.stop()
    this.#proposals.abandon(() => true, error)
    this.#reads.fail(stoppedError('not-applied'))
    this.#keeper.stop(stoppedError('unknown'))
  }

  #finishStop(): void {
    const done = this.#stopDone
    if (done === undefined || this.#storing) return
    this.#stopDone = undefined
    this.#applier.stop(done)
  }
}

function describeRole(role: Role, leader: NodeId | undefined): string {
  switch (role) {
    case 'leader':
      return 'leads'
    case 'follower':
      return leader === undefined ? 'follows nobody: no leader is known' : `follows ${leader}`
    case 'pre-candidate':
      return 'asks whether it could win an election'
    case 'candidate':
      return 'stands for election'
  }
}
