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
