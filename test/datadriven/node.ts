/**
 * One Raft core in a script, with the disk and the state machine that a driver would give it. Both
 * are quick unless told to be slow; a slow one waits for the script to say when its work is done.
 */
import { AssertionError, DebrosError, type Prng } from '../../src/base/index.ts'
import { type CoreStatus, RaftCore } from '../../src/raft/core/core.ts'
import type { CoreSettings } from '../../src/raft/core/state.ts'
import type { Entry, Message, NodeId, Ready, SnapshotMeta } from '../../src/raft/core/types.ts'
import { Disk, type DiskWrite } from './disk.ts'
import { commandText, formatEntries, formatEntry, formatMessage, formatSnapshot } from './format.ts'

interface PendingWrite extends DiskWrite {
  readonly seq: number
  readonly messages: Message[]
}

/** What a node needs of the world around it. */
export interface NodeComponents {
  say(line: string): void
  /** Puts a message on its way. */
  send(message: Message): void
  /** Called around every single input, before its outputs are taken. */
  changed(before: CoreStatus, after: CoreStatus): void
  committed(id: NodeId, term: number, entries: readonly Entry[]): void
  readAsked(id: NodeId, read: number): void
  readConfirmed(id: NodeId, read: number, index: number): void
}

export class Node {
  readonly id: NodeId
  settings: CoreSettings
  disk = new Disk()
  core: RaftCore | undefined
  slowDisk = false
  slowMachine = false
  /** The log as the core has it in memory; `ready` told of every change. */
  log: readonly Entry[] = []
  /** The commands applied, and the index up to which. */
  machine: readonly string[] = []
  machineIndex = 0
  preVotesSent = 0
  /** What received snapshots hold, by their index. */
  readonly #received = new Map<number, readonly string[]>()
  readonly #components: NodeComponents
  #writes: PendingWrite[] = []
  #toApply: Entry[] = []
  #commitSeen = 0

  constructor(components: NodeComponents, settings: CoreSettings) {
    this.#components = components
    this.settings = settings
    this.id = settings.id
  }

  get pendingWrites(): number {
    return this.#writes.length
  }

  status(): CoreStatus {
    if (this.core === undefined) throw new Error(`node ${this.id} is down`)
    return this.core.status()
  }

  /** Builds the core from what the disk holds. */
  start(): void {
    const { hardState, snapshot, snapshotState, entries } = this.disk
    this.core = new RaftCore({
      settings: this.settings,
      prng: plainPrng(Number(this.id)),
      hardState,
      snapshot,
      entries,
    })
    this.log = entries
    this.machine = snapshotState
    this.machineIndex = snapshot?.index ?? 0
    this.#commitSeen = this.machineIndex
  }

  /** Loses everything that is not on disk. */
  crash(): void {
    this.core = undefined
    this.log = []
    this.machine = []
    this.machineIndex = 0
    this.#writes = []
    this.#toApply = []
    this.#received.clear()
  }

  /** Comes back with nothing on its disk, and a new key. */
  loseDisk(): void {
    this.crash()
    this.disk = new Disk()
    this.settings = { ...this.settings, peerId: `${this.settings.peerId}-new` }
    this.start()
  }

  /** Gives the core one input and does what it says. */
  input(run: (core: RaftCore) => void): void {
    this.#work(() => this.#touch(run))
  }

  /** Asks for read indexes, all at once. */
  read(ids: readonly number[]): void {
    for (const id of ids) this.#components.readAsked(this.id, id)
    this.input((core) => {
      for (const id of ids) core.readIndex(id)
    })
  }

  /** Lets a slow disk finish `count` writes. */
  persist(count: number): void {
    if (this.#writes.length < count) throw new Error(`only ${this.#writes.length} writes are under way`)
    this.#work(() => this.#finishWrites(count))
  }

  /** Lets a slow state machine apply what it was given. */
  applyNow(): void {
    this.#work(() => this.#apply())
  }

  /** Whether something was applied since the last snapshot, and no received one waits to be installed. */
  get canCompact(): boolean {
    const { snapshot, applied } = this.status()
    return applied === this.machineIndex && applied > (snapshot?.index ?? 0)
  }

  /** Takes a snapshot of what is applied and drops the log behind it but for `trailing` entries. */
  compact(trailing: number): void {
    this.input((core) => {
      const snapshot = core.snapshotMeta(this.machineIndex)
      const through = core.trailingStart(snapshot.index, trailing, Number.POSITIVE_INFINITY)
      this.disk.compact(snapshot, through, this.machine)
      core.compact(snapshot, through)
      this.log = this.log.filter((entry) => entry.index > through)
      this.#components.say(`  ${this.id} has snapshot ${formatSnapshot(snapshot)}, log from ${through + 1}`)
    })
  }

  /** The chunks of a snapshot have arrived and are stored; the message that says so comes next. */
  receiveSnapshot(snapshot: SnapshotMeta, state: readonly string[]): void {
    this.#received.set(snapshot.index, state)
  }

  /** A broken invariant stops the node, as in a driver. */
  #work(run: () => void): void {
    if (this.core === undefined) throw new Error(`node ${this.id} is down`)
    try {
      run()
      this.#drain()
    } catch (error) {
      if (!(error instanceof AssertionError)) throw error
      this.#components.say(`  ${this.id} STOPS: ${error.message}`)
      this.crash()
    }
  }

  #touch(run: (core: RaftCore) => void): void {
    const core = this.core as RaftCore
    const before = core.status()
    try {
      run(core)
    } catch (error) {
      if (!(error instanceof DebrosError)) throw error
      this.#components.say(`  ${this.id} refuses: ${error.code}, ${error.message}`)
    }
    const after = core.status()
    const { role, term, vote, leader } = after
    if (role !== before.role || term !== before.term || vote !== before.vote || leader !== before.leader) {
      this.#components.say(`  ${this.id}: ${role} term=${term} vote=${vote ?? '-'} leader=${leader ?? '-'}`)
    }
    this.#components.changed(before, after)
  }

  #drain(): void {
    while (this.core?.hasReady()) {
      this.#handle(this.core.ready())
      if (!this.slowDisk) this.#finishWrites(this.#writes.length)
      if (!this.slowMachine) this.#apply()
    }
  }

  #handle(ready: Ready): void {
    const { say, send, committed, readConfirmed } = this.#components
    this.#follow(ready)
    for (const message of ready.messages) send(message)
    this.#store(ready)
    const { commit, term } = this.status()
    if (commit > this.#commitSeen) {
      const entries = this.log.filter(({ index }) => index > this.#commitSeen && index <= commit)
      this.#commitSeen = commit
      if (entries.length > 0) say(`  ${this.id} commits ${formatEntries(entries)}`)
      committed(this.id, term, entries)
    }
    for (const { id, index } of ready.reads) {
      say(`  ${this.id} may serve read ${id} once ${index} is applied`)
      readConfirmed(this.id, id, index)
    }
    for (const id of ready.readsAborted) say(`  ${this.id} aborts read ${id}`)
    this.#toApply.push(...ready.committed)
  }

  #follow({ snapshot, entries }: Ready): void {
    if (snapshot !== undefined) {
      this.log = []
      this.#toApply = []
    }
    const first = entries[0]
    if (first !== undefined) this.log = [...this.log.filter((e) => e.index < first.index), ...entries]
    const { firstIndex, lastIndex } = this.status()
    if ((this.log.at(-1)?.index ?? firstIndex - 1) !== lastIndex)
      throw new Error('the log was not handed out')
  }

  #store(ready: Ready): void {
    const { say, send } = this.#components
    const { seq, hardState, snapshot, entries, messagesAfterPersist: messages } = ready
    const lastWrite = this.#writes.at(-1)
    if (seq === 0 && lastWrite === undefined) {
      for (const message of messages) send(message)
      return
    }
    let waitsFor = lastWrite?.seq
    if (seq === 0) lastWrite?.messages.push(...messages)
    else {
      waitsFor = seq
      this.#writes.push({ seq, hardState, snapshot, entries, messages: [...messages] })
      const parts = [
        ...(hardState === undefined ? [] : [`term=${hardState.term} vote=${hardState.vote ?? '-'}`]),
        ...(snapshot === undefined ? [] : [`snapshot ${formatSnapshot(snapshot)}`]),
        ...entries.map(formatEntry),
      ]
      say(`  ${this.id} ${this.slowDisk ? `begins write ${seq}` : 'writes'}: ${parts.join(', ')}`)
    }
    if (!this.slowDisk) return
    for (const m of messages) say(`  ${this.id} -> ${m.to} ${formatMessage(m)} waits for write ${waitsFor}`)
  }

  /** The next writes reach the disk. */
  #finishWrites(count: number): void {
    for (const write of this.#writes.splice(0, count)) {
      const state = write.snapshot === undefined ? [] : this.#received.get(write.snapshot.index)
      if (state === undefined) throw new Error('the snapshot to install was never received')
      this.disk.write(write, state)
      if (this.slowDisk) this.#components.say(`  ${this.id} finishes write ${write.seq}`)
      this.#touch((core) => core.persisted(write.seq))
      if (write.snapshot !== undefined) {
        this.machine = state
        this.machineIndex = write.snapshot.index
      }
      for (const message of write.messages) this.#components.send(message)
    }
  }

  #apply(): void {
    const entries = this.#toApply
    const last = entries.at(-1)
    if (last === undefined) return
    this.#toApply = []
    this.machine = [...this.machine, ...entries.filter((e) => e.kind === 'command').map(commandText)]
    this.machineIndex = last.index
    if (this.slowMachine) this.#components.say(`  ${this.id} applies ${formatEntries(entries)}`)
    this.#touch((core) => core.applied(last.index))
  }
}

/**
 * Not random at all, so that scripts can count: node n campaigns `electionTicks + n` ticks after it
 * last heard a leader.
 */
function plainPrng(n: number): Prng {
  const prng: Prng = {
    nextUint32: () => n,
    between: (from, to) => from + (n % (to - from)),
    chance: () => false,
    pick: (items) => items[n % items.length] as (typeof items)[number],
    fork: () => prng,
  }
  return prng
}
