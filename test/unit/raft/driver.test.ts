import { describe, expect, test } from 'vitest'
import { bytes, soleLeader } from './driver-bench.ts'

describe('driver', () => {
  test('propose - answers only once written and applied, with the result', () => {
    const bench = soleLeader()
    const outcome = bench.propose(bytes(1))
    bench.run()
    expect(bench.writes).toHaveLength(1)
    expect(outcome.settled).toBe(false)
    bench.finishWrite()
    expect(bench.applies).toHaveLength(1)
    expect(outcome.settled).toBe(false)
    bench.finishAll()
    expect(outcome).toMatchObject({ error: undefined, value: { index: 3, result: 'result of 3' } })
  })

  test('group commit - what comes while the disk is busy becomes one write', () => {
    const bench = soleLeader()
    const outcomes = Array.from({ length: 10 }, () => {
      const outcome = bench.propose(bytes(1))
      bench.run()
      return outcome
    })
    expect(bench.writes.map(({ write }) => write.entries.length)).toEqual([1])
    bench.finishWrite()
    expect(bench.writes.map(({ write }) => write.entries.length)).toEqual([9])
    bench.finishAll()
    expect(outcomes.every(({ value }) => value !== undefined)).toBe(true)
  })

  test('disk - an error while writing stops the node; nothing is acknowledged, written or answered after it', () => {
    const bench = soleLeader()
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
    const bench = soleLeader()
    const outcome = bench.propose(bytes(1))
    bench.run()
    bench.finishWrite()
    bench.applies.shift()?.done(new Error('out of memory'), [])
    bench.run()
    expect(bench.fatal.map((error) => error.message)).toEqual(['out of memory'])
    expect(outcome.error).toMatchObject({ outcome: 'unknown' })
  })

  test('limits - entries too large, and too much uncommitted, are refused with nothing changed', () => {
    const bench = soleLeader({ entryBytesMax: 1_000, uncommittedBytesMax: 2_000 })
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
    expect([first.value?.index, second.value?.index]).toEqual([3, 4])
    const again = bench.propose(bytes(900))
    bench.finishAll()
    expect(again.value?.index).toBe(5)
  })

  test('limits - a state machine that falls behind makes the leader refuse', () => {
    const bench = soleLeader({ unappliedBytesMax: 1_000, applyEntriesMax: 1 })
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
    expect(taken.value).toBeDefined()
  })

  test('stop - waiting proposals are told that their outcome is unknown, and what is under way is awaited', () => {
    const bench = soleLeader()
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
