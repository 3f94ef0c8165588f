/** The driver over ports that a test moves by hand. */
import { describe, expect, test } from 'vitest'
import { createPrng, silentLogger } from '../../../src/base/index.ts'
import {
  type Applied,
  type Callback,
  type Clock,
  type Entry,
  type LogStore,
  type LogWrite,
  type Member,
  RaftDriver,
  type RaftSettings,
  resolveRaftSettings,
  type StateMachine,
} from '../../../src/raft/index.ts'

const SELF: Member = { id: 'a', peerId: 'pa', address: 'a:1', voter: true }

interface Outcome {
  error: Error | undefined
  applied: Applied | undefined
  settled: boolean
}

/** One node, its own quorum, whose disk and state machine finish when the test says so. */
class Bench {
  readonly writes: { readonly write: LogWrite; readonly done: Callback }[] = []
  readonly applies: { readonly entries: readonly Entry[]; readonly done: Callback<readonly unknown[]> }[] = []
  readonly fatal: Error[] = []
  readonly driver: RaftDriver
  #deferred: (() => void)[] = []
  #ticks: (() => void)[] = []

  constructor(settings: Partial<RaftSettings> = {}) {
    const clock: Clock = {
      now: () => 0,
      every: (_, run) => {
        this.#ticks.push(run)
        return { cancel: () => this.#ticks.splice(this.#ticks.indexOf(run), 1) }
      },
      after: () => ({ cancel: () => {} }),
      defer: (run) => {
        this.#deferred.push(run)
      },
    }
    const logStore: LogStore = {
      load: (done) => done(undefined, undefined),
      write: (write, done) => this.writes.push({ write, done }),
      compact: (_snapshot, _through, done) => done(undefined),
    }
    const stateMachine: StateMachine = {
      apply: (entries, done) => this.applies.push({ entries, done }),
      capture: () => {},
      restore: (_, done) => done(undefined),
    }
    this.driver = new RaftDriver(
      {
        clock,
        logStore,
        stateMachine,
        snapshots: { save: () => {}, retain: () => {} },
        transport: { send: () => {}, sendSnapshot: () => {}, setMembers: () => {} },
        prng: createPrng(1),
        logger: silentLogger,
      },
      {
        id: 'a',
        settings: resolveRaftSettings(settings),
        bootstrap: [SELF],
        onFatal: (error) => this.fatal.push(error),
      },
    )
    this.driver.start((error) => {
      if (error !== undefined) throw error
    })
    this.finishWrite()
    while (this.driver.role !== 'leader') {
      for (const tick of this.#ticks) tick()
      this.run()
      this.finishWrite()
    }
    this.finishAll()
  }

  /** Runs what was put off, and what that puts off. */
  run(): void {
    while (this.#deferred.length > 0) for (const run of this.#deferred.splice(0)) run()
  }

  finishWrite(error?: Error): void {
    this.writes.shift()?.done(error)
    this.run()
  }

  finishAll(): void {
    this.run()
    while (this.writes.length + this.applies.length > 0) {
      this.finishWrite()
      const apply = this.applies.shift()
      apply?.done(
        undefined,
        apply.entries.map((entry) => `result of ${entry.index}`),
      )
      this.run()
    }
  }

  propose(data: Uint8Array): Outcome {
    const outcome: Outcome = { error: undefined, applied: undefined, settled: false }
    this.driver.propose(data, (error, applied) => Object.assign(outcome, { error, applied, settled: true }))
    return outcome
  }
}

const bytes = (length: number): Uint8Array => new Uint8Array(length)

describe('driver', () => {
  test('propose - answers only once written and applied, with the result', () => {
    const bench = new Bench()
    const outcome = bench.propose(bytes(1))
    bench.run()
    expect(bench.writes).toHaveLength(1)
    expect(outcome.settled).toBe(false)
    bench.finishWrite()
    expect(bench.applies).toHaveLength(1)
    expect(outcome.settled).toBe(false)
    bench.finishAll()
    expect(outcome).toMatchObject({ error: undefined, applied: { index: 3, result: 'result of 3' } })
  })

  test('group commit - what comes while the disk is busy becomes one write', () => {
    const bench = new Bench()
    const outcomes = Array.from({ length: 10 }, () => {
      const outcome = bench.propose(bytes(1))
      bench.run()
      return outcome
    })
    expect(bench.writes.map(({ write }) => write.entries.length)).toEqual([1])
    bench.finishWrite()
    expect(bench.writes.map(({ write }) => write.entries.length)).toEqual([9])
    bench.finishAll()
    expect(outcomes.every(({ applied }) => applied !== undefined)).toBe(true)
  })

  test('disk - an error while writing stops the node; nothing is acknowledged, written or answered after it', () => {
    const bench = new Bench()
    const written = bench.propose(bytes(1))
    bench.run()
    const waiting = bench.propose(bytes(1))
    bench.run()
    bench.finishWrite(new Error('EIO: i/o error'))
    expect(bench.fatal.map((error) => error.message)).toEqual(['EIO: i/o error'])
    for (const { error } of [written, waiting]) {
      expect(error).toMatchObject({ code: 'RAFT_LEADERSHIP_LOST', outcome: 'unknown' })
    }
    const late = bench.propose(bytes(1))
    bench.run()
    expect(late.error).toMatchObject({ code: 'RAFT_STOPPED', outcome: 'not-applied' })
    expect(bench.writes).toEqual([])
    expect(bench.applies).toEqual([])
  })

  test('state machine - an error while applying stops the node', () => {
    const bench = new Bench()
    const outcome = bench.propose(bytes(1))
    bench.run()
    bench.finishWrite()
    bench.applies.shift()?.done(new Error('out of memory'), [])
    bench.run()
    expect(bench.fatal.map((error) => error.message)).toEqual(['out of memory'])
    expect(outcome.error).toMatchObject({ outcome: 'unknown' })
  })

  test('limits - entries too large, and too much uncommitted, are refused with nothing changed', () => {
    const bench = new Bench({ entryBytesMax: 1_000, uncommittedBytesMax: 2_000 })
    const tooLarge = bench.propose(bytes(1_001))
    const first = bench.propose(bytes(900))
    const second = bench.propose(bytes(900))
    const tooMuch = bench.propose(bytes(900))
    bench.run()
    expect(tooLarge.error).toMatchObject({
      code: 'RAFT_ENTRY_TOO_LARGE',
      outcome: 'not-applied',
      retryable: false,
    })
    expect(tooMuch.error).toMatchObject({ code: 'RAFT_BUSY', outcome: 'not-applied', retryable: true })
    bench.finishAll()
    expect([first.applied?.index, second.applied?.index]).toEqual([3, 4])
    const again = bench.propose(bytes(900))
    bench.finishAll()
    expect(again.applied?.index).toBe(5)
  })

  test('limits - a state machine that falls behind makes the leader refuse', () => {
    const bench = new Bench({ unappliedBytesMax: 1_000, applyEntriesMax: 1 })
    for (let i = 0; i < 5; i++) {
      bench.propose(bytes(400))
      bench.run()
      bench.finishWrite()
    }
    const refused = bench.propose(bytes(1))
    bench.run()
    expect(refused.error).toMatchObject({ code: 'RAFT_BUSY' })
    bench.finishAll()
    const taken = bench.propose(bytes(1))
    bench.finishAll()
    expect(taken.applied).toBeDefined()
  })

  test('stop - waiting proposals are told that their outcome is unknown, and what is under way is awaited', () => {
    const bench = new Bench()
    const outcome = bench.propose(bytes(1))
    bench.run()
    let stopped = false
    bench.driver.stop(() => {
      stopped = true
    })
    expect(outcome.error).toMatchObject({ code: 'RAFT_STOPPED', outcome: 'unknown' })
    expect(stopped).toBe(false)
    bench.finishWrite()
    expect(stopped).toBe(true)
    expect(bench.fatal).toEqual([])
  })
})
