/** A driver over ports that a test moves by hand: nothing is done, and no time passes, by itself. */
import { createPrng, silentLogger } from '../../../src/base/index.ts'
import {
  type Applied,
  type Callback,
  type Clock,
  type Entry,
  type LogStore,
  type LogWrite,
  type Member,
  type Message,
  RaftDriver,
  type RaftSettings,
  resolveRaftSettings,
  type SnapshotCapture,
  type SnapshotMeta,
  type StateMachine,
  type StoredLog,
} from '../../../src/raft/index.ts'

/** What became of a call. */
export interface Outcome<T = Applied> {
  error: Error | undefined
  value: T | undefined
  settled: boolean
}

export interface BenchInit {
  readonly settings?: Partial<RaftSettings>
  /** Founds a cluster of these; the driver is the first of them. @default itself alone */
  readonly members?: readonly Member[]
  /** What the log store finds. @default nothing */
  readonly stored?: StoredLog
  /** Of its random numbers. @default 1 */
  readonly seed?: number
}

export function memberNamed(id: string): Member {
  return { id, peerId: `p${id}`, address: `${id}:1`, voter: true }
}

export const bytes = (length: number): Uint8Array => new Uint8Array(length)

export function command(index: number, term: number, data: Uint8Array = bytes(1)): Entry {
  return { index, term, kind: 'command', data, config: undefined }
}

export class Bench {
  /** What was asked of the ports and is not done yet, oldest first. */
  readonly writes: { readonly write: LogWrite; readonly done: Callback }[] = []
  readonly compactions: {
    readonly snapshot: SnapshotMeta
    readonly through: number
    readonly done: Callback
  }[] = []
  readonly applies: { readonly entries: readonly Entry[]; readonly done: Callback<readonly unknown[]> }[] = []
  /** What of the two was asked for, in this order, done or not. */
  readonly begun: ('write' | 'apply')[] = []
  readonly captures: Callback<SnapshotCapture>[] = []
  readonly restores: { readonly snapshot: SnapshotMeta; readonly done: Callback }[] = []
  readonly saves: { readonly snapshot: SnapshotMeta; readonly done: Callback<number> }[] = []
  readonly transfers: { readonly message: Message; readonly done: Callback }[] = []
  readonly timers: { readonly delayMs: number; readonly run: () => void }[] = []
  /** Everything sent but snapshots, oldest first. */
  readonly sent: Message[] = []
  readonly fatal: Error[] = []
  /** What it told of its role, oldest first: `leader 2`, with the term. */
  readonly roles: string[] = []
  /** What it told of snapshots, oldest first: `taken 7`, with the index. */
  readonly snapshots: string[] = []
  readonly started: Outcome<void> = { error: undefined, value: undefined, settled: false }
  readonly driver: RaftDriver
  nowMs = 0
  #deferred: (() => void)[] = []
  #ticks: (() => void)[] = []

  constructor({ settings = {}, members = [memberNamed('a')], stored, seed = 1 }: BenchInit = {}) {
    const clock: Clock = {
      now: () => this.nowMs,
      every: (_, run) => {
        this.#ticks.push(run)
        return { cancel: () => this.#ticks.splice(this.#ticks.indexOf(run), 1) }
      },
      after: (delayMs, run) => {
        this.timers.push({ delayMs, run })
        return { cancel: () => {} }
      },
      defer: (run) => {
        this.#deferred.push(run)
      },
    }
    const logStore: LogStore = {
      load: (done) => done(undefined, stored),
      write: (write, done) => {
        this.begun.push('write')
        this.writes.push({ write, done })
      },
      compact: (snapshot, through, done) => this.compactions.push({ snapshot, through, done }),
    }
    const stateMachine: StateMachine = {
      apply: (entries, done) => {
        this.begun.push('apply')
        this.applies.push({ entries, done })
      },
      capture: (done) => this.captures.push(done),
      restore: (snapshot, done) => this.restores.push({ snapshot, done }),
    }
    this.driver = new RaftDriver(
      {
        clock,
        logStore,
        stateMachine,
        snapshots: {
          save: (snapshot, _, done) => this.saves.push({ snapshot, done }),
          retain: () => {},
        },
        transport: {
          send: (message) => this.sent.push(message),
          sendSnapshot: (message, done) => this.transfers.push({ message, done }),
          setMembers: () => {},
        },
        prng: createPrng(seed),
        logger: silentLogger,
      },
      {
        id: 'a',
        settings: resolveRaftSettings(settings),
        bootstrap: members,
        onRoleChange: ({ role, term }) => this.roles.push(`${role} ${term}`),
        onSnapshot: (what, { index }) => this.snapshots.push(`${what} ${index}`),
        onFatal: (error) => this.fatal.push(error),
      },
    )
    this.driver.start((error) => Object.assign(this.started, { error, settled: true }))
    // A founder's first write.
    if (stored === undefined) this.finishWrite()
  }

  /** Runs what was put off, and what that puts off. */
  run(): void {
    while (this.#deferred.length > 0) for (const run of this.#deferred.splice(0)) run()
  }

  tick(count = 1): void {
    for (let i = 0; i < count; i++) {
      for (const tick of this.#ticks) tick()
      this.run()
    }
  }

  receive(message: Message): void {
    this.driver.receive(message)
    this.run()
  }

  finishWrite(error?: Error): void {
    this.writes.shift()?.done(error)
    this.run()
  }

  finishApply(error?: Error): void {
    const apply = this.applies.shift()
    apply?.done(
      error,
      apply.entries.map((entry) => `result of ${entry.index}`),
    )
    this.run()
  }

  /** Writes, and applies, until neither is asked for any more. */
  finishAll(): void {
    this.run()
    while (this.writes.length + this.applies.length > 0) {
      this.finishWrite()
      this.finishApply()
    }
  }

  finishCapture(): void {
    const capture: SnapshotCapture = { chunks: async function* () {}, release: () => {} }
    this.captures.shift()?.(undefined, capture)
    this.run()
  }

  finishSave(error?: Error): void {
    this.saves.shift()?.done(error, 0)
    this.run()
  }

  /** Asks for a snapshot now. */
  takeSnapshot(trailingEntries?: number): Outcome<boolean> {
    const outcome = outcomeOf<boolean>((done) => this.driver.takeSnapshot(trailingEntries, done))
    this.run()
    return outcome
  }

  finishCompaction(): void {
    this.compactions.shift()?.done(undefined)
    this.run()
  }

  finishRestore(error?: Error): void {
    this.restores.shift()?.done(error)
    this.run()
  }

  propose(data: Uint8Array): Outcome {
    return outcomeOf((done) => this.driver.propose(data, done))
  }

  read(): Outcome<number> {
    return outcomeOf((done) => this.driver.readIndex(done))
  }
}

function outcomeOf<T>(start: (done: Callback<T>) => void): Outcome<T> {
  const outcome: Outcome<T> = { error: undefined, value: undefined, settled: false }
  start((error, value) => Object.assign(outcome, { error, value, settled: true }))
  return outcome
}

/** A node that is its own quorum and leads; its first two entries are applied. */
export function soleLeader(settings: Partial<RaftSettings> = {}): Bench {
  const bench = new Bench({ settings })
  while (bench.driver.role !== 'leader') {
    bench.tick()
    bench.finishWrite()
  }
  bench.finishAll()
  return bench
}

/** One of three, a, b and c, that has heard of nobody yet. */
export function memberOfThree(settings: Partial<RaftSettings> = {}, seed = 1): Bench {
  return new Bench({ settings, members: ['a', 'b', 'c'].map(memberNamed), seed })
}

/** The leader of three in term 2, elected by c; its first two entries are committed with c, and applied. */
export function leaderOfThree(settings: Partial<RaftSettings> = {}): Bench {
  const bench = memberOfThree(settings)
  while (bench.driver.role !== 'pre-candidate') bench.tick()
  bench.receive({ type: 'pre-vote-response', from: 'c', to: 'a', term: 2, granted: true })
  bench.finishWrite()
  bench.receive({ type: 'vote-response', from: 'c', to: 'a', term: 2, granted: true })
  bench.finishWrite()
  acknowledge(bench, 'c', 2)
  bench.finishAll()
  return bench
}

/** The member has everything to `index` on its disk, it says. */
export function acknowledge(bench: Bench, from: string, index: number, term = 2): void {
  bench.receive({
    type: 'append-response',
    from,
    to: 'a',
    term,
    index,
    reject: false,
    hintIndex: 0,
    hintTerm: 0,
  })
}
