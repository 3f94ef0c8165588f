/** A node that is no member any more, seen from its driver: what it sends, and what wakes it. */
import { expect, test } from 'vitest'
import { createPrng, silentLogger } from '../../../src/base/index.ts'
import { type Message, RaftDriver, resolveRaftSettings } from '../../../src/raft/index.ts'
import { member } from './entries.ts'

/** Ticks after which a node that may campaign has done so. */
const LONG_TICKS = 300

/** Node `a` of `a`, `b` and `c`, whose clock and messages are the test's. */
class Bench {
  readonly sent: Message[] = []
  readonly driver: RaftDriver
  #deferred: (() => void)[] = []
  #tick = (): void => {}

  constructor() {
    const defer = (run: () => void): void => void this.#deferred.push(run)
    this.driver = new RaftDriver(
      {
        clock: {
          now: () => 0,
          every: (_, run) => {
            this.#tick = run
            return { cancel: () => {} }
          },
          after: () => ({ cancel: () => {} }),
          defer,
        },
        logStore: {
          load: (done) => defer(() => done(undefined, undefined)),
          write: (_, done) => defer(() => done(undefined)),
          compact: (_snapshot, _through, done) => defer(() => done(undefined)),
        },
        stateMachine: {
          apply: (entries, done) => defer(() => done(undefined, entries)),
          capture: () => {},
          restore: (_, done) => defer(() => done(undefined)),
        },
        snapshots: { save: () => {}, retain: () => {} },
        transport: {
          send: (message) => this.sent.push(message),
          sendSnapshot: () => {},
          setMembers: () => {},
        },
        prng: createPrng(1),
        logger: silentLogger,
      },
      {
        id: 'a',
        settings: resolveRaftSettings({}),
        bootstrap: ['a', 'b', 'c'].map((id) => member(id)),
        onFatal: (error) => {
          throw error
        },
      },
    )
    this.driver.start((error) => expect(error).toBeUndefined())
    this.#run()
  }

  #run(): void {
    while (this.#deferred.length > 0) for (const run of this.#deferred.splice(0)) run()
  }

  /** What is sent while so much time passes. */
  pass(ticks = LONG_TICKS): string[] {
    this.sent.length = 0
    for (let i = 0; i < ticks; i++) {
      this.#tick()
      this.#run()
    }
    return [...new Set(this.sent.map(({ type }) => type))]
  }

  retire(how: 'until-called' | 'deaf'): void {
    this.driver.retire(how)
    this.#run()
  }

  receive(message: { type: 'heartbeat' | 'vote' | 'pre-vote-response'; term: number }): Message[] {
    this.sent.length = 0
    const header = { from: 'b', to: 'a', term: message.term }
    if (message.type === 'heartbeat')
      this.driver.receive({ ...header, type: 'heartbeat', commit: 0, round: 0 })
    else if (message.type === 'pre-vote-response') {
      this.driver.receive({ ...header, type: message.type, granted: true })
    } else {
      this.driver.receive({ ...header, type: message.type, lastIndex: 9, lastTerm: 9, transfer: false })
    }
    this.#run()
    return this.sent
  }
}

test('driver - a retired node campaigns no more, and late answers do not make it', () => {
  const bench = new Bench()
  expect(bench.pass()).toEqual(['pre-vote'])
  bench.retire('until-called')
  expect(bench.driver).toMatchObject({ retired: true, role: 'follower', leader: undefined })
  expect(bench.pass()).toEqual([])
  expect(bench.receive({ type: 'pre-vote-response', term: 2 })).toEqual([])
  expect(bench.driver.role).toBe('follower')
})

test('driver - a leader that turns to a retired node brings it back to life', () => {
  const bench = new Bench()
  bench.retire('until-called')
  bench.receive({ type: 'heartbeat', term: 4 })
  expect(bench.driver).toMatchObject({ retired: false, leader: 'b' })
  expect(bench.pass()).toEqual(['pre-vote'])
})

test('driver - a node that hears a leader is not retired by news from before', () => {
  const bench = new Bench()
  bench.receive({ type: 'heartbeat', term: 4 })
  bench.retire('until-called')
  expect(bench.driver).toMatchObject({ retired: false, leader: 'b' })
})

test('driver - a deaf one answers nobody, and helps nobody to be elected', () => {
  const bench = new Bench()
  expect(bench.receive({ type: 'vote', term: 3 })).toMatchObject([{ type: 'vote-response', granted: true }])
  bench.retire('deaf')
  expect(bench.receive({ type: 'vote', term: 5 })).toEqual([])
  expect(bench.receive({ type: 'heartbeat', term: 5 })).toEqual([])
  expect(bench.driver).toMatchObject({ retired: true, leader: undefined })
  expect(bench.pass()).toEqual([])
})
