/** The driver of one member among others. */
import { describe, expect, test } from 'vitest'
import type { Entry, Message } from '../../../src/raft/index.ts'
import {
  acknowledge,
  type Bench,
  bytes,
  command,
  leaderOfThree,
  memberOfThree,
  soleLeader,
} from './driver-bench.ts'

/** An append of leader b behind entry 1, which all founders have. */
function append(
  term: number,
  entries: readonly Entry[],
  { prev = 1, prevTerm = 1, commit = 0 } = {},
): Message {
  return { type: 'append', from: 'b', to: 'a', term, prevIndex: prev, prevTerm, commit, entries }
}

function heartbeat(term: number, commit = 0): Message {
  return { type: 'heartbeat', from: 'b', to: 'a', term, commit, round: 0 }
}

function acknowledgements(bench: Bench): number[] {
  return bench.sent.flatMap((message) => (message.type === 'append-response' ? [message.index] : []))
}

describe('driver of a member', () => {
  test('disk - what vouches for a write leaves when it is done, and in order', () => {
    const bench = memberOfThree()
    bench.receive(append(2, [command(2, 2)]))
    expect(bench.writes).toHaveLength(1)
    // Nothing new to write, but it vouches for what is being written.
    bench.receive(append(2, [], { prev: 2, prevTerm: 2 }))
    // This is for the next write.
    bench.receive(append(2, [command(3, 2)], { prev: 2, prevTerm: 2 }))
    expect(acknowledgements(bench)).toEqual([])
    bench.finishWrite()
    expect(acknowledgements(bench)).toEqual([2, 2])
    bench.finishWrite()
    expect(acknowledgements(bench)).toEqual([2, 2, 3])
  })

  test('disk - a write that others wait for begins before what is committed is applied', () => {
    const bench = memberOfThree()
    bench.receive(append(2, [command(2, 2)]))
    bench.finishWrite()
    bench.begun.length = 0
    // The commit index of one entry comes with the next.
    bench.receive(append(2, [command(3, 2)], { prev: 2, prevTerm: 2, commit: 2 }))
    expect(bench.begun).toEqual(['write', 'apply'])
    expect(bench.applies.flatMap(({ entries }) => entries.map(({ index }) => index))).toEqual([1, 2])
  })

  test('invariants - a broken one stops the node, and nothing is sent after it', () => {
    const bench = memberOfThree()
    bench.receive(append(2, [command(2, 2)], { commit: 2 }))
    bench.finishAll()
    bench.sent.length = 0
    // A leader that has another entry where ours is committed.
    bench.receive(append(3, [command(2, 3)]))
    expect(bench.fatal.map((error) => error.message)).toEqual([
      expect.stringContaining('another one is committed on this node'),
    ])
    bench.receive(heartbeat(3))
    bench.tick(200)
    expect(bench.sent).toEqual([])
    expect(bench.writes).toEqual([])
    const late = bench.propose(bytes(1))
    bench.run()
    expect(late.error).toMatchObject({ code: 'RAFT_STOPPED', outcome: 'not-applied' })
  })

  test('lead lost - an unfinished write is unknown until the next leader has decided', () => {
    const outcomes = [0, 1, 2].map(() => {
      const bench = leaderOfThree()
      const outcome = bench.propose(bytes(1))
      bench.run()
      bench.finishWrite()
      bench.receive(heartbeat(3))
      expect(bench.driver.role).toBe('follower')
      expect(outcome.settled).toBe(false)
      return { bench, outcome }
    })
    const [kept, replaced, undecided] = outcomes
    // The next leader has the entry, and commits it behind one of its own.
    kept?.bench.receive(append(3, [command(4, 3)], { prev: 3, prevTerm: 2, commit: 4 }))
    kept?.bench.finishAll()
    expect(kept?.outcome).toMatchObject({ error: undefined, value: { index: 3, result: 'result of 3' } })
    // The next leader lacks the entry, and puts one of its own in its place.
    replaced?.bench.receive(append(3, [command(3, 3)], { prev: 2, prevTerm: 2 }))
    expect(replaced?.outcome.error).toMatchObject({ code: 'RAFT_PROPOSAL_DROPPED', outcome: 'not-applied' })
    // Nobody says anything, and the caller is not to wait for ever.
    for (const timer of undecided?.bench.timers ?? []) timer.run()
    expect(undecided?.outcome.error).toMatchObject({ code: 'RAFT_LEADERSHIP_LOST', outcome: 'unknown' })
  })

  test('roles - every change is told, the loss of the lead at once', () => {
    const bench = leaderOfThree()
    bench.receive(heartbeat(3))
    expect(bench.roles).toEqual(['follower 1', 'pre-candidate 1', 'candidate 2', 'leader 2', 'follower 3'])
    expect(bench.driver.role).toBe('follower')
  })

  test('reads - are numbered afresh in every life of a node', () => {
    // An answer to what the last life asked must not be taken for one to this life's question.
    const ids = [1, 2].map((seed) => {
      const bench = memberOfThree({}, seed)
      bench.receive(heartbeat(2))
      bench.finishWrite()
      bench.read()
      bench.run()
      return bench.sent.flatMap((message) => (message.type === 'read-index' ? [message.id] : []))
    })
    const [first, second] = ids
    expect(first).toHaveLength(1)
    expect(second).toHaveLength(1)
    expect(second).not.toEqual(first)
  })

  test('reads - are served once what was committed when they were asked is applied', () => {
    const bench = soleLeader()
    bench.propose(bytes(1))
    bench.run()
    bench.finishWrite()
    const read = bench.read()
    bench.run()
    expect(bench.applies).toHaveLength(1)
    expect(read.settled).toBe(false)
    bench.finishApply()
    expect(read).toMatchObject({ error: undefined, value: 3 })
  })

  test('reads - what is committed later need not be waited for', () => {
    const bench = leaderOfThree()
    const read = bench.read()
    bench.run()
    const round = bench.sent.findLast((message) => message.type === 'heartbeat')?.round ?? 0
    bench.propose(bytes(1))
    bench.run()
    bench.finishWrite()
    acknowledge(bench, 'c', 3)
    expect(bench.applies).toHaveLength(1)
    bench.receive({ type: 'heartbeat-response', from: 'c', to: 'a', term: 2, round })
    expect(read).toMatchObject({ error: undefined, value: 2 })
  })

  test("status - how long ago the leader was heard is told by the driver's clock", () => {
    const bench = memberOfThree()
    expect(bench.driver.status().lastContactMs).toBeUndefined()
    bench.nowMs = 1_000
    bench.receive(heartbeat(2))
    bench.nowMs = 1_250
    expect(bench.driver.status().lastContactMs).toBe(250)
    // A request of somebody who does not lead is no word from the leader.
    bench.receive({ type: 'timeout-now', from: 'c', to: 'a', term: 2 })
    expect(bench.driver.status().lastContactMs).toBe(250)
  })
})
