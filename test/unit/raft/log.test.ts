import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../../src/base/index.ts'
import { entryBytes, RaftLog } from '../../../src/raft/core/log.ts'
import type { SnapshotMeta } from '../../../src/raft/core/types.ts'
import { command, commands, config, configEntry } from './entries.ts'

const abc = config(['a', 'b', 'c'])

function snapshot(index: number, term: number, configIndex = 1): SnapshotMeta {
  return { index, term, config: abc, configIndex }
}

/** A log with entries of these terms, all on disk. */
function logOf(...terms: number[]): RaftLog {
  return new RaftLog(undefined, commands(terms))
}

/** The terms of the entries from the first kept to the last. */
function termsOf(log: RaftLog): (number | undefined)[] {
  return Array.from({ length: log.count }, (_, i) => log.term(log.firstIndex + i))
}

/** Commits and applies everything up to `index`. */
function apply(log: RaftLog, index: number): void {
  log.commitTo(index)
  log.takeCommitted()
  log.appliedTo(index)
}

describe('what was stored', () => {
  test('log - an empty one begins at 1', () => {
    expect(new RaftLog(undefined, [])).toMatchObject({ firstIndex: 1, lastIndex: 0, lastTerm: 0, commit: 0 })
  })

  test('log - entries alone: nothing is known to be committed', () => {
    expect(logOf(1, 1, 2)).toMatchObject({ firstIndex: 1, lastIndex: 3, lastTerm: 2, commit: 0, stable: 3 })
  })

  test('log - a snapshot alone is where the log ends', () => {
    const log = new RaftLog(snapshot(10, 3), [])
    expect(log).toMatchObject({ firstIndex: 11, lastIndex: 10, lastTerm: 3, commit: 10, applied: 10 })
    expect(log.term(10)).toBe(3)
    expect(log.term(9)).toBeUndefined()
  })

  test('log - entries may begin before the snapshot; the term before the first is not known', () => {
    const log = new RaftLog(snapshot(10, 3), commands([3, 3, 4], 9))
    expect(log).toMatchObject({ firstIndex: 9, lastIndex: 11, commit: 10, applied: 10 })
    expect(log.term(8)).toBeUndefined()
    expect(log.term(9)).toBe(3)
  })

  test('log - entries that end before the snapshot, or leave a gap behind it, are refused (B30, B32)', () => {
    expect(() => new RaftLog(snapshot(10, 3), commands([1, 1], 5))).toThrow(AssertionError)
    expect(() => new RaftLog(snapshot(10, 3), commands([3], 12))).toThrow(AssertionError)
    expect(() => new RaftLog(undefined, commands([1], 2))).toThrow(AssertionError)
  })

  test('log - entries out of order are refused', () => {
    expect(() => new RaftLog(undefined, [command(1, 1), command(3, 1)])).toThrow(AssertionError)
    expect(() => logOf(2, 1)).toThrow(AssertionError)
  })

  test('log - the configuration is the last one in the log, or else the snapshot’s', () => {
    const newer = config(['a'])
    expect(new RaftLog(snapshot(10, 3), []).configs.current).toBe(abc)
    const log = new RaftLog(snapshot(10, 3, 9), [
      configEntry(9, 3, abc),
      command(10, 3),
      configEntry(11, 3, newer),
    ])
    expect(log.configs.current).toBe(newer)
    expect(log.configs.at(10)).toEqual({ index: 9, config: abc })
  })
})

describe('comparing', () => {
  test.each([
    [3, 2, true],
    [4, 2, true],
    [2, 2, false],
    [1, 3, true],
    [9, 1, false],
  ])('log - of 3/2, a log ending in %i/%i is up to date: %s', (index, term, expected) => {
    expect(logOf(1, 1, 2).isUpToDate(index, term)).toBe(expected)
  })

  test('log - everything matches at the very beginning', () => {
    expect(logOf(1).matches(0, 0)).toBe(true)
    expect(logOf(1).matches(2, 0)).toBe(false)
  })

  test.each([
    // The index asked for is within a term not above the other's: it may agree there.
    [6, 3, { index: 6, term: 3 }],
    [6, 9, { index: 6, term: 3 }],
    // A whole term that the other cannot have is skipped.
    [6, 2, { index: 3, term: 1 }],
    [9, 1, { index: 3, term: 1 }],
    [6, 0, { index: 0, term: 0 }],
  ])('log - of 1,1,1,3,3,3, agreement with a log of %i/%i', (index, term, expected) => {
    expect(logOf(1, 1, 1, 3, 3, 3).agreementBefore(index, term)).toEqual(expected)
  })

  test('log - agreement goes no further back than what is kept', () => {
    const log = new RaftLog(snapshot(10, 3), commands([4, 4], 11))
    expect(log.agreementBefore(12, 1)).toEqual({ index: 10, term: 3 })
  })
})

describe('reading', () => {
  test('log - slices are bounded by bytes, and hold at least one entry', () => {
    const log = new RaftLog(undefined, [command(1, 1, 10), command(2, 1, 10), command(3, 1, 10)])
    const size = entryBytes(command(1, 1, 10))
    const indexes = (from: number, bytes: number): number[] => log.slice(from, bytes).map((e) => e.index)
    expect(indexes(1, 3 * size)).toEqual([1, 2, 3])
    expect(indexes(1, 3 * size - 1)).toEqual([1, 2])
    expect(indexes(2, 1)).toEqual([2])
    expect(indexes(4, 1)).toEqual([])
    expect(() => new RaftLog(snapshot(10, 3), []).slice(10, 1)).toThrow(AssertionError)
  })

  test('log - bytes are those of the entries kept', () => {
    const log = new RaftLog(undefined, [command(1, 1, 10), command(2, 1, 20), command(3, 2, 30)])
    const all = [10, 20, 30].reduce((sum, bytes) => sum + entryBytes(command(1, 1, bytes)), 0)
    expect(log.bytes).toBe(all)
    log.merge([command(3, 3, 5)])
    expect(log.bytes).toBe(all - 25)
    apply(log, 1)
    log.compact(log.metaAt(1), 1)
    expect(log.bytes).toBe(all - 25 - entryBytes(command(1, 1, 10)))
  })
})

describe('merging', () => {
  test('log - what is here already stays, with everything after it (B15)', () => {
    const log = logOf(1, 1, 2, 2)
    log.merge(commands([1, 2], 2))
    expect(termsOf(log)).toEqual([1, 1, 2, 2])
    expect(log.stable).toBe(4)
    expect(log.hasUnwritten()).toBe(false)
  })

  test('log - what is new is added behind what is here', () => {
    const log = logOf(1, 1)
    log.merge(commands([1, 2, 2], 2))
    expect(termsOf(log)).toEqual([1, 1, 2, 2])
    expect(log.takeUnwritten(1).entries.map((e) => e.index)).toEqual([3, 4])
  })

  test('log - from the first conflict everything is replaced', () => {
    const log = logOf(1, 2, 2, 2)
    log.merge(commands([2, 3], 2))
    expect(termsOf(log)).toEqual([1, 2, 3])
    expect(log.stable).toBe(2)
  })

  test('log - what is committed is never replaced (B20)', () => {
    const log = logOf(1, 1, 2)
    log.commitTo(2)
    expect(() => log.merge(commands([3], 2))).toThrow('would drop committed entries')
    log.merge(commands([3], 3))
    expect(termsOf(log)).toEqual([1, 1, 3])
  })

  test('log - a truncated configuration is rolled back (B37)', () => {
    const log = new RaftLog(undefined, [configEntry(1, 1, abc), configEntry(2, 1, config(['a']))])
    expect(log.configs.currentIndex).toBe(2)
    log.merge([command(2, 2)])
    expect(log.configs.current).toBe(abc)
  })

  test('log - entries cannot leave a gap', () => {
    expect(() => logOf(1).merge(commands([1], 3))).toThrow(AssertionError)
  })
})

describe('writing', () => {
  test('log - an entry is stable when its write is done, not when it begins', () => {
    const log = new RaftLog(undefined, [])
    log.append(commands([1, 1]))
    expect(log.hasUnwritten()).toBe(true)
    expect(log.takeUnwritten(1).entries).toHaveLength(2)
    expect(log.hasUnwritten()).toBe(false)
    expect(log.stable).toBe(0)
    log.persisted(1)
    expect(log.stable).toBe(2)
  })

  test('log - one call may report several writes', () => {
    const log = new RaftLog(undefined, [])
    for (const seq of [1, 2, 3]) {
      log.append([command(seq, 1)])
      log.takeUnwritten(seq)
    }
    log.persisted(2)
    expect(log.stable).toBe(2)
    log.persisted(3)
    expect(log.stable).toBe(3)
  })

  test('log - the late write of a replaced entry does not count, even of the same term (B21)', () => {
    const log = logOf(1)
    log.append([command(2, 2)])
    log.takeUnwritten(1)
    log.merge([command(2, 3)])
    log.takeUnwritten(2)
    // A later leader brings the old entry back, while its first write is still not done.
    log.merge([command(2, 2)])
    log.takeUnwritten(3)
    log.persisted(1)
    expect(log.stable).toBe(1)
    log.persisted(2)
    expect(log.stable).toBe(1)
    log.persisted(3)
    expect(log.stable).toBe(2)
  })

  test('log - a write from before a snapshot does not count after it', () => {
    const log = logOf(1, 1)
    log.append(commands([1, 1], 3))
    log.takeUnwritten(1)
    log.reset(snapshot(9, 2))
    expect(log.takeUnwritten(2)).toMatchObject({ snapshot: { index: 9 }, entries: [] })
    log.persisted(1)
    expect(log.stable).toBe(0)
    log.persisted(2)
    expect(log.stable).toBe(9)
  })
})

describe('committing and applying', () => {
  test('log - the commit index never goes back, nor beyond the end (B17)', () => {
    const log = logOf(1, 1, 1)
    log.commitTo(2)
    log.commitTo(1)
    expect(log.commit).toBe(2)
    expect(() => log.commitTo(4)).toThrow(AssertionError)
  })

  test('log - entries are handed out once, when they are committed and on disk here', () => {
    const log = new RaftLog(undefined, [])
    log.append(commands([1, 1, 1]))
    log.takeUnwritten(1)
    log.commitTo(2)
    expect(log.hasCommitted()).toBe(false)
    expect(log.takeCommitted()).toEqual([])
    log.persisted(1)
    expect(log.hasCommitted()).toBe(true)
    expect(log.takeCommitted().map((e) => e.index)).toEqual([1, 2])
    expect(log.hasCommitted()).toBe(false)
    log.commitTo(3)
    expect(log.takeCommitted().map((e) => e.index)).toEqual([3])
  })

  test('log - only what was handed out can be applied, and only forward', () => {
    const log = logOf(1, 1, 1)
    log.commitTo(3)
    expect(() => log.appliedTo(1)).toThrow(AssertionError)
    log.takeCommitted()
    log.appliedTo(2)
    expect(() => log.appliedTo(1)).toThrow(AssertionError)
    log.appliedTo(3)
    expect(log.applied).toBe(3)
  })
})

describe('compacting', () => {
  test('log - entries go, the term before the first one stays known', () => {
    const log = logOf(1, 1, 2, 2, 3)
    apply(log, 4)
    log.compact(log.metaAt(4), 3)
    expect(log).toMatchObject({ firstIndex: 4, lastIndex: 5, commit: 4, snapshot: { index: 4, term: 2 } })
    expect(log.term(3)).toBe(2)
    expect(log.term(2)).toBeUndefined()
    expect(log.entry(3)).toBeUndefined()
    expect(log.slice(4, 1_000).map((e) => e.index)).toEqual([4, 5])
  })

  test('log - only what is applied can stand for a snapshot', () => {
    const log = logOf(1, 1, 1)
    apply(log, 2)
    expect(() => log.metaAt(3)).toThrow(AssertionError)
    expect(() => log.compact(snapshot(3, 1), 2)).toThrow(AssertionError)
    expect(() => log.compact(snapshot(2, 1), 3)).toThrow(AssertionError)
  })

  test('log - a snapshot is described with the configuration in force at its index (B28)', () => {
    const later = config(['a'])
    const log = new RaftLog(undefined, [configEntry(1, 1, abc), command(2, 1), configEntry(3, 1, later)])
    apply(log, 3)
    expect(log.metaAt(2)).toEqual({ index: 2, term: 1, config: abc, configIndex: 1 })
    expect(log.metaAt(3)).toEqual({ index: 3, term: 1, config: later, configIndex: 3 })
  })

  test('log - an older snapshot that is ready late does not replace a newer one (B34)', () => {
    const log = logOf(1, 1, 1, 1)
    apply(log, 4)
    const older = log.metaAt(2)
    log.compact(log.metaAt(4), 3)
    log.compact(older, 2)
    expect(log.firstIndex).toBe(4)
    expect(log.snapshot?.index).toBe(4)
  })

  test.each([
    [0, 1_000, 4],
    [2, 1_000, 2],
    [9, 1_000, 0],
    [9, 2 * entryBytes(command(1, 1)), 2],
    [9, 0, 4],
  ])('log - keeping at most %i entries and %i bytes drops up to %i', (entries, bytes, through) => {
    expect(logOf(1, 1, 1, 1).trailingStart(4, entries, bytes)).toBe(through)
  })
})

describe('replacing by a snapshot', () => {
  test('log - nothing of the old log is left (B27)', () => {
    const log = logOf(1, 1, 2, 2, 2, 2)
    log.commitTo(2)
    log.reset(snapshot(5, 3, 4))
    expect(log).toMatchObject({
      firstIndex: 6,
      lastIndex: 5,
      lastTerm: 3,
      commit: 5,
      applied: 5,
      bytes: 0,
      count: 0,
    })
    expect(log.configs.currentIndex).toBe(4)
    expect(log.entry(6)).toBeUndefined()
    expect(log.hasCommitted()).toBe(false)
  })

  test('log - it goes forward only', () => {
    const log = logOf(1, 1, 1)
    log.commitTo(2)
    expect(() => log.reset(snapshot(2, 1))).toThrow(AssertionError)
  })

  test('log - what comes behind it is written and applied as usual', () => {
    const log = logOf(1)
    log.reset(snapshot(5, 3))
    log.merge(commands([3, 3], 6))
    log.commitTo(6)
    expect(log.takeUnwritten(1)).toMatchObject({
      snapshot: { index: 5 },
      entries: [{ index: 6 }, { index: 7 }],
    })
    expect(log.takeCommitted()).toEqual([])
    log.persisted(1)
    expect(log.takeCommitted().map((e) => e.index)).toEqual([6])
  })
})
