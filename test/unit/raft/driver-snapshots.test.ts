/** Snapshots in the driver: restoring one at the start, taking them, sending them, installing them. */
import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { initialConfig } from '../../../src/raft/core/config.ts'
import type { Message, SnapshotMeta, StoredLog } from '../../../src/raft/index.ts'
import {
  acknowledge,
  Bench,
  bytes,
  command,
  leaderOfThree,
  memberNamed,
  memberOfThree,
  soleLeader,
} from './driver-bench.ts'

function snapshotAt(index: number, term: number, ids: readonly string[] = ['a', 'b', 'c']): SnapshotMeta {
  return { index, term, config: initialConfig(ids.map(memberNamed)), configIndex: 1 }
}

function snapshotMessage(snapshot: SnapshotMeta, term: number): Message {
  return { type: 'snapshot', from: 'b', to: 'a', term, snapshot }
}

/** A node, its own quorum, that stopped behind a snapshot at 5. */
function stored(): StoredLog {
  return {
    hardState: { term: 2, vote: 'a' },
    snapshot: snapshotAt(5, 2, ['a']),
    entries: [command(6, 2)],
  }
}

/** Proposes and applies so many commands. */
function write(bench: Bench, count: number): void {
  for (let i = 0; i < count; i++) {
    bench.propose(bytes(1))
    bench.run()
    bench.finishWrite()
    bench.finishApply()
  }
}

describe('driver - start', () => {
  test('start - nothing is served before the snapshot is restored', () => {
    const bench = new Bench({ stored: stored() })
    bench.tick(200)
    expect(bench.restores.map(({ snapshot }) => snapshot.index)).toEqual([5])
    expect(bench.started.settled).toBe(false)
    expect(bench.driver.started).toBe(false)
    const early = bench.read()
    bench.run()
    expect(early.error).toMatchObject({ code: 'RAFT_STOPPED', outcome: 'not-applied' })
    expect(bench.writes).toEqual([])

    bench.finishRestore()
    expect(bench.started).toMatchObject({ settled: true, error: undefined })
    expect(bench.snapshots).toEqual(['restored 5'])
    while (bench.driver.role !== 'leader') {
      bench.tick()
      bench.finishWrite()
    }
    const read = bench.read()
    bench.finishAll()
    expect(read).toMatchObject({ error: undefined, value: 7 })
  })

  test('start - a snapshot that cannot be restored ends it', () => {
    const bench = new Bench({ stored: stored() })
    bench.finishRestore(new Error('the file is damaged'))
    expect(bench.started.error).toEqual(new Error('the file is damaged'))
    expect(bench.driver.started).toBe(false)
    bench.tick(200)
    expect(bench.writes).toEqual([])
    expect(bench.applies).toEqual([])
  })
})

describe('driver - compaction', () => {
  const settings = { snapshotEntries: 3, trailingEntries: 0, catchUpBytes: 1 }

  test('compaction - waits until the snapshot is durable; one that failed compacts nothing', () => {
    const bench = soleLeader(settings)
    write(bench, 1)
    bench.finishCapture()
    expect(bench.saves.map(({ snapshot }) => snapshot.index)).toEqual([3])
    write(bench, 2)
    expect(bench.compactions).toEqual([])
    bench.finishSave(new Error('no space left'))
    expect(bench.compactions).toEqual([])
    expect(bench.fatal).toEqual([])

    // The next one is taken after as many entries again.
    write(bench, 1)
    bench.finishCapture()
    expect(bench.compactions).toEqual([])
    bench.finishSave()
    expect(bench.compactions).toMatchObject([{ snapshot: { index: 6 }, through: 6 }])
    expect(bench.driver.status()).toMatchObject({ firstIndex: 1, snapshotsTaken: 1 })
    bench.finishCompaction()
    expect(bench.driver.status()).toMatchObject({ firstIndex: 7, snapshot: { index: 6 } })
  })

  test('compaction - a snapshot that is ready after a newer one was received is passed over', () => {
    const bench = memberOfThree(settings)
    const entries = [2, 3, 4].map((index) => command(index, 2))
    bench.receive({
      type: 'append',
      from: 'b',
      to: 'a',
      term: 2,
      prevIndex: 1,
      prevTerm: 1,
      commit: 4,
      entries,
    })
    bench.finishAll()
    bench.finishCapture()
    expect(bench.saves.map(({ snapshot }) => snapshot.index)).toEqual([4])
    bench.receive(snapshotMessage(snapshotAt(50, 2), 2))
    bench.finishWrite()
    bench.finishRestore()
    bench.finishSave()
    expect(bench.compactions).toEqual([])
    expect(bench.fatal).toEqual([])
    expect(bench.driver.status()).toMatchObject({ snapshot: { index: 50 }, commit: 50, applied: 50 })
  })

  test('compaction - goes on while a snapshot is being sent', () => {
    const bench = leaderOfThree(settings)
    const writeWithC = (count: number): void => {
      for (let i = 0; i < count; i++) {
        bench.propose(bytes(1))
        bench.run()
        bench.finishWrite()
        acknowledge(bench, 'c', bench.driver.status().lastIndex)
        bench.finishAll()
      }
    }
    const takeSnapshot = (): void => {
      bench.finishCapture()
      bench.finishSave()
      bench.finishCompaction()
    }
    writeWithC(3)
    takeSnapshot()
    // b has been silent so far. What it needs is compacted away.
    bench.receive({
      type: 'append-response',
      from: 'b',
      to: 'a',
      term: 2,
      index: 1,
      reject: true,
      hintIndex: 0,
      hintTerm: 0,
    })
    expect(bench.transfers).toHaveLength(1)
    const before = bench.driver.status().snapshot?.index ?? 0
    writeWithC(6)
    takeSnapshot()
    expect(bench.transfers).toHaveLength(1)
    expect(bench.driver.status().snapshot?.index).toBeGreaterThan(before)
  })

  test.each(['RAFT_SNAPSHOT_DAMAGED', 'RAFT_SNAPSHOT_MISSING'])(
    'sending - a snapshot that cannot be read (%s) is replaced at once',
    (code) => {
      const bench = leaderOfThree(settings)
      bench.propose(bytes(1))
      bench.run()
      bench.finishWrite()
      acknowledge(bench, 'c', bench.driver.status().lastIndex)
      bench.finishAll()
      bench.finishCapture()
      bench.finishSave()
      bench.finishCompaction()
      bench.finishAll()
      const { snapshot, applied } = bench.driver.status()
      bench.receive({
        type: 'append-response',
        from: 'b',
        to: 'a',
        term: 2,
        index: 1,
        reject: true,
        hintIndex: 0,
        hintTerm: 0,
      })
      expect(bench.saves).toEqual([])
      expect(bench.transfers).toHaveLength(1)
      // The transport wraps what its store said.
      const cause = new DebrosError(code, 'the checksum does not match')
      bench.transfers[0]?.done(new DebrosError('SNAPSHOT_NOT_SENT', 'not sent', { cause }))
      bench.run()
      bench.finishAll()
      bench.finishCapture()
      expect(bench.saves).toMatchObject([{ snapshot: { index: applied } }])
      expect(applied).toBe(snapshot?.index) // nothing was written since: it takes the place of the other
      bench.finishSave()
      bench.run()
      expect(bench.fatal).toEqual([])
      expect(bench.captures).toEqual([])
    },
  )
})

describe('driver - snapshots that were asked for', () => {
  const settings = { snapshotEntries: 1_000, trailingEntries: 4, catchUpBytes: 10_000 }
  const pending = { settled: false }

  function finishSnapshot(bench: Bench): void {
    bench.finishCapture()
    bench.finishSave()
    bench.finishCompaction()
  }

  test('asked - answered once the log is cut, to what is configured', () => {
    const bench = soleLeader(settings)
    write(bench, 8)
    const asked = bench.takeSnapshot()
    bench.finishCapture()
    bench.finishSave()
    expect(asked).toMatchObject(pending)
    expect(bench.compactions).toMatchObject([{ snapshot: { index: 10 }, through: 6 }])
    bench.finishCompaction()
    expect(asked).toMatchObject({ error: undefined, value: true })
    expect(bench.driver.status()).toMatchObject({ firstIndex: 7, snapshot: { index: 10 } })
    expect(bench.snapshots).toEqual(['taken 10'])
  })

  test('asked - with nothing new there is none; the log can be cut shorter all the same', () => {
    const bench = soleLeader(settings)
    write(bench, 8)
    bench.takeSnapshot()
    finishSnapshot(bench)
    expect(bench.takeSnapshot()).toMatchObject({ error: undefined, value: false })
    expect([bench.captures, bench.compactions]).toEqual([[], []])

    const shorter = bench.takeSnapshot(1)
    expect(bench.captures).toEqual([])
    expect(shorter).toMatchObject(pending)
    bench.finishCompaction()
    expect(shorter).toMatchObject({ error: undefined, value: false })
    expect(bench.driver.status()).toMatchObject({ firstIndex: 10, snapshot: { index: 10 } })
    expect(bench.snapshots).toEqual(['taken 10'])
  })

  test('asked - so many trailing entries stay, but what a follower needs stays too', () => {
    const bench = leaderOfThree({ ...settings, catchUpMs: 60_000 })
    acknowledge(bench, 'b', 2)
    for (let i = 0; i < 6; i++) {
      bench.propose(bytes(1))
      bench.run()
      bench.finishWrite()
      acknowledge(bench, 'c', bench.driver.status().lastIndex)
      bench.finishAll()
    }
    bench.takeSnapshot(1)
    finishSnapshot(bench)
    expect(bench.driver.status()).toMatchObject({ firstIndex: 3, snapshot: { index: 8 } })
    acknowledge(bench, 'b', 8)
    bench.takeSnapshot(1)
    bench.finishCompaction()
    expect(bench.driver.status().firstIndex).toBe(8)
  })

  test('asked - whoever asks while one is under way gets the next one', () => {
    const bench = soleLeader(settings)
    write(bench, 1)
    const first = bench.takeSnapshot()
    bench.finishCapture()
    write(bench, 1)
    const second = bench.takeSnapshot()
    bench.finishSave()
    bench.finishCompaction()
    expect([first.value, second.settled]).toEqual([true, false])
    finishSnapshot(bench)
    expect(second).toMatchObject({ error: undefined, value: true })
    expect(bench.snapshots).toEqual(['taken 3', 'taken 4'])
  })

  test('asked - one that cannot be written is an error, and can be asked for again', () => {
    const bench = soleLeader(settings)
    write(bench, 1)
    const failed = bench.takeSnapshot()
    bench.finishCapture()
    bench.finishSave(new Error('no space left'))
    expect(failed.error).toEqual(new Error('no space left'))
    const again = bench.takeSnapshot()
    finishSnapshot(bench)
    expect(again).toMatchObject({ error: undefined, value: true })
  })

  test('asked - a received snapshot that overtakes the capture leaves nothing to take', () => {
    const bench = memberOfThree(settings)
    const entries = [command(2, 2)]
    const append = {
      type: 'append',
      from: 'b',
      to: 'a',
      term: 2,
      prevIndex: 1,
      prevTerm: 1,
      commit: 2,
    } as const
    bench.receive({ ...append, entries })
    bench.finishAll()
    const asked = bench.takeSnapshot()
    bench.receive(snapshotMessage(snapshotAt(50, 2), 2))
    bench.finishCapture()
    bench.finishWrite()
    bench.finishRestore()
    expect(asked).toMatchObject({ error: undefined, value: false })
    expect(bench.snapshots).toEqual(['installed 50'])
  })

  test('asked - a stop ends the wait', () => {
    const bench = soleLeader(settings)
    write(bench, 1)
    const begun = bench.takeSnapshot()
    bench.finishCapture()
    const waiting = bench.takeSnapshot()
    bench.driver.stop(() => {})
    const late = bench.takeSnapshot()
    for (const { error } of [begun, waiting, late]) expect(error).toMatchObject({ code: 'RAFT_STOPPED' })
  })
})

describe('driver - received snapshots', () => {
  test('snapshot - a received one is restored before anything after it is applied', () => {
    const bench = memberOfThree()
    const append = { type: 'append', from: 'b', to: 'a', term: 2 } as const
    bench.receive({ ...append, prevIndex: 1, prevTerm: 1, commit: 2, entries: [command(2, 2)] })
    bench.finishWrite()
    // This takes so long that the snapshot and what follows it are both ready when it is over.
    expect(bench.applies.map((apply) => apply.entries.map(({ index }) => index))).toEqual([[1]])
    bench.receive(snapshotMessage(snapshotAt(10, 2), 2))
    bench.receive({ ...append, prevIndex: 10, prevTerm: 2, commit: 11, entries: [command(11, 2)] })
    while (bench.writes.length > 0) bench.finishWrite()
    expect(bench.restores).toEqual([])
    bench.finishApply()
    expect(bench.restores.map(({ snapshot }) => snapshot.index)).toEqual([10])
    expect(bench.applies).toEqual([])
    bench.finishRestore()
    expect(bench.applies.map((apply) => apply.entries.map(({ index }) => index))).toEqual([[11]])
    bench.finishApply()
    expect(bench.driver.status()).toMatchObject({ applied: 11, snapshot: { index: 10 } })
    expect(bench.fatal).toEqual([])
  })
})
