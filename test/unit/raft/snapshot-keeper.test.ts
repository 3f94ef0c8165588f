/** What stays of the log behind a snapshot: enough for followers that answer, within bounds. */
import { expect, test } from 'vitest'
import { createPrng, silentLogger } from '../../../src/base/index.ts'
import { RaftCore } from '../../../src/raft/core/core.ts'
import type { Callback, Message, NodeId, Ready, SnapshotMeta } from '../../../src/raft/index.ts'
import { type RaftSettings, resolveRaftSettings } from '../../../src/raft/index.ts'
import { coreSettings } from '../../../src/raft/settings.ts'
import { SnapshotKeeper } from '../../../src/raft/snapshot-keeper.ts'
import { config, configEntry } from './entries.ts'

/** Of an entry's data; it counts 32 bytes more. */
const DATA_BYTES = 68
const ENTRY_BYTES = DATA_BYTES + 32
const SETTINGS = resolveRaftSettings({
  tickMs: 20,
  heartbeatMs: 20,
  electionTimeoutMs: 100,
  snapshotEntries: 50,
  snapshotBytes: 40 * ENTRY_BYTES,
  trailingEntries: 10,
  trailingBytes: 10 * ENTRY_BYTES,
  catchUpBytes: 30 * ENTRY_BYTES,
  catchUpMs: 200,
})

/** A leader over followers b and c, of which b has everything at once and c what the test lets it have. */
class Bench {
  readonly core: RaftCore
  readonly keeper: SnapshotKeeper
  readonly saved: { readonly snapshot: SnapshotMeta; readonly done: Callback<number> }[] = []
  /** Snapshots that c was to be sent. */
  readonly sentSnapshots: number[] = []
  #cAnswers = true

  constructor({ id = 'a', settings = SETTINGS }: { id?: NodeId; settings?: RaftSettings } = {}) {
    this.core = new RaftCore({
      settings: coreSettings('a', undefined, settings),
      prng: createPrng(1),
      hardState: { term: 1, vote: undefined },
      snapshot: undefined,
      entries: [configEntry(1, 1, config(['a', 'b', 'c']))],
    })
    this.keeper = new SnapshotKeeper(
      {
        snapshots: { save: (snapshot, _, done) => this.saved.push({ snapshot, done }), retain: () => {} },
        logger: silentLogger,
      },
      { id, settings, onSaved: () => {} },
    )
    this.keeper.begin(this.core)
    while (this.core.role !== 'leader') this.tick()
    this.tick()
  }

  /** c is cut off: it gets nothing, and nothing is heard of it. */
  silence(): void {
    this.#cAnswers = false
  }

  /** c is back. */
  speak(): void {
    this.#cAnswers = true
  }

  tick(count = 1): void {
    for (let i = 0; i < count; i++) {
      this.core.tick()
      this.settle()
    }
  }

  propose(count: number): void {
    for (let i = 0; i < count; i++) this.core.propose(new Uint8Array(DATA_BYTES))
    this.settle()
  }

  settle(): void {
    while (this.core.hasReady()) this.#handle(this.core.ready())
  }

  #handle(ready: Ready): void {
    if (ready.seq > 0) this.core.persisted(ready.seq)
    const last = ready.committed.at(-1)
    if (last !== undefined) this.core.applied(last.index)
    for (const message of [...ready.messages, ...ready.messagesAfterPersist]) this.#answer(message)
  }

  #answer(message: Message): void {
    const header = { from: message.to, to: 'a', term: message.term }
    if (message.to === 'c' && !this.#cAnswers) return
    if (message.type === 'pre-vote') this.core.step({ ...header, type: 'pre-vote-response', granted: true })
    if (message.type === 'vote') this.core.step({ ...header, type: 'vote-response', granted: true })
    if (message.type === 'heartbeat')
      this.core.step({ ...header, type: 'heartbeat-response', round: message.round })
    if (message.type === 'snapshot') this.sentSnapshots.push(message.snapshot.index)
    // c's answers to entries are the test's.
    if (message.type === 'append' && message.to === 'b') {
      this.acknowledge('b', message.prevIndex + message.entries.length)
    }
  }

  acknowledge(from: NodeId, index: number): void {
    const { term } = this.core
    const answer = { from, to: 'a', term, index, reject: false, hintIndex: 0, hintTerm: 0 }
    this.core.step({ ...answer, type: 'append-response' })
  }

  /** c refuses what it was sent: it has nothing after 2, and what it lacks is compacted away. */
  refuseAll(): void {
    this.refuse(this.core.appliedIndex)
  }

  refuse(index: number): void {
    const { term } = this.core
    const answer = { from: 'c', to: 'a', term, index, reject: true, hintIndex: 2, hintTerm: 2 }
    this.core.step({ ...answer, type: 'append-response' })
    this.settle()
  }

  due(nowMs = 0): boolean {
    return this.keeper.due(this.core, nowMs)
  }

  /** Takes a snapshot of all that is applied and compacts; returns the first entry left. */
  compact(writtenBytes = 0): number {
    this.keeper.began()
    this.keeper.save(this.core.snapshotMeta(this.core.appliedIndex), { chunks: empty, release: () => {} })
    this.saved.shift()?.done(undefined, writtenBytes)
    const compaction = this.keeper.takeCompaction(this.core)
    if (compaction === undefined) throw new Error('there is nothing to compact')
    this.core.compact(compaction.snapshot, compaction.through)
    this.keeper.compacted(true)
    return this.core.status().firstIndex
  }
}

async function* empty(): AsyncGenerator<Uint8Array> {}

test('snapshot keeper - when all are up to date, the trailing entries stay', () => {
  const bench = new Bench()
  bench.propose(58)
  bench.acknowledge('c', 60)
  expect(bench.core.appliedIndex).toBe(60)
  expect(bench.compact()).toBe(51)
})

test('snapshot keeper - what a follower that answers still lacks stays', () => {
  const bench = new Bench()
  bench.propose(58)
  bench.acknowledge('c', 40)
  expect(bench.compact()).toBe(41)
})

test('snapshot keeper - but no more than the bound, however long it takes', () => {
  const bench = new Bench()
  bench.acknowledge('c', 2)
  for (let round = 1; round <= 10; round++) {
    bench.propose(58)
    bench.tick()
    const { lastIndex } = bench.core.status()
    expect(bench.compact()).toBe(lastIndex - 30 + 1)
  }
})

test('snapshot keeper - a follower that is silent for too long holds nothing', () => {
  const bench = new Bench()
  bench.propose(58)
  bench.acknowledge('c', 40)
  bench.silence()
  // 200 ms are two election timeouts of five ticks each; one more may begin with its last sign of life.
  bench.tick(10)
  expect(bench.compact()).toBe(41)
  bench.tick(10)
  bench.propose(1)
  expect(bench.compact()).toBe(52)
  // From its first sign of life on it counts again, and holds what comes after the snapshot it needs.
  bench.speak()
  bench.tick(1)
  bench.refuseAll()
  expect(bench.sentSnapshots).toEqual([61])
  bench.propose(30)
  expect(bench.compact()).toBe(62)
})

test('snapshot keeper - while a follower is sent a snapshot, what comes after that stays', () => {
  const bench = new Bench()
  bench.acknowledge('c', 2)
  bench.propose(58)
  bench.compact()
  bench.refuseAll()
  expect(bench.sentSnapshots).toEqual([60])
  for (let round = 0; round < 5; round++) {
    bench.propose(5)
    bench.tick()
    expect(bench.compact()).toBeLessThanOrEqual(61)
  }
  // It arrived: c finds all that was written meanwhile.
  bench.core.snapshotEnded('c', false)
  bench.acknowledge('c', 60)
  bench.settle()
  bench.acknowledge('c', 85)
  bench.settle()
  expect(bench.core.status().progress.get('c')).toMatchObject({ match: 85, state: 'replicate' })
  expect(bench.sentSnapshots).toEqual([60])
})

test('snapshot keeper - what is kept for a follower does not make the next snapshot due', () => {
  const bench = new Bench()
  bench.acknowledge('c', 2)
  bench.propose(58)
  expect(bench.due()).toBe(true)
  bench.compact()
  expect(bench.core.logBytes).toBe(30 * ENTRY_BYTES)
  bench.propose(39)
  expect(bench.due()).toBe(false)
  bench.propose(1)
  expect(bench.due()).toBe(true)
})

test('snapshot keeper - none is due while the last one still has to cut the log', () => {
  const bench = new Bench()
  bench.propose(58)
  bench.acknowledge('c', 60)
  bench.keeper.began()
  bench.keeper.save(bench.core.snapshotMeta(60), { chunks: empty, release: () => {} })
  bench.propose(5)
  bench.acknowledge('c', 65)
  bench.saved.shift()?.done(undefined, 0)
  const compaction = bench.keeper.takeCompaction(bench.core)
  // The log is as long as ever, and what is to stay of it is not.
  expect(bench.core.logBytes).toBeGreaterThan(60 * ENTRY_BYTES)
  expect(bench.due()).toBe(false)
  bench.core.compact(bench.core.snapshotMeta(60), compaction?.through ?? 0)
  bench.keeper.compacted(true)
  expect(bench.due()).toBe(false)
  bench.propose(35)
  expect(bench.due()).toBe(true)
})

test('snapshot keeper - once nothing happens any more, what would have to be replayed is put into one', () => {
  const bench = new Bench({
    settings: resolveRaftSettings({ ...SETTINGS, snapshotEntries: 1e9, snapshotBytes: 1e9 }),
  })
  const propose = (bytes: number) => {
    for (let i = 0; i < bytes; i += ENTRY_BYTES) bench.propose(1)
    bench.acknowledge('c', bench.core.appliedIndex)
  }
  propose(1024 * 1024)
  expect(bench.due(1_000)).toBe(false)
  expect(bench.due(3_000)).toBe(false)
  propose(1)
  expect(bench.due(6_000)).toBe(false)
  expect(bench.due(8_000)).toBe(false)
  expect(bench.due(11_001)).toBe(true)
  bench.compact()
  // That little is replayed at once.
  propose(512 * 1024)
  expect(bench.due(12_000)).toBe(false)
  expect(bench.due(60_000)).toBe(false)
})

const LARGE_BYTES = 64 * 1024 * 1024

/** How many entries a member applies between two snapshots that write so much, applying one at a time. */
function entriesBetween(writtenBytes: number, settings: Partial<RaftSettings>, id: NodeId = 'a'): number {
  const bench = new Bench({ id, settings: resolveRaftSettings({ ...SETTINGS, ...settings }) })
  bench.propose(58)
  bench.acknowledge('c', 60)
  bench.compact(writtenBytes)
  for (let entries = 1; ; entries++) {
    bench.propose(1)
    bench.acknowledge('c', bench.core.appliedIndex)
    if (bench.due()) return entries
  }
}

test('snapshot keeper - a costly snapshot waits until the log has grown by as much', () => {
  const settings = { snapshotEntriesMax: 1e9, snapshotBytesMax: LARGE_BYTES }
  expect(entriesBetween(1024, { ...settings, snapshotEntries: 20 })).toBe(20)
  const bytes = entriesBetween(10 * 1024 * 1024, { ...settings, snapshotEntries: 20 }) * ENTRY_BYTES
  expect(bytes).toBeGreaterThan(5 * 1024 * 1024)
  expect(bytes).toBeLessThan(10.1 * 1024 * 1024)
})

test('snapshot keeper - but not for more entries than are replayed while it is restored, or more than may be', () => {
  const byCost = entriesBetween(LARGE_BYTES, { snapshotEntries: 20, snapshotEntriesMax: 20 })
  expect(byCost).toBeGreaterThanOrEqual(LARGE_BYTES / 4096 / 2)
  expect(byCost).toBeLessThanOrEqual(LARGE_BYTES / 4096)
  const byCount = entriesBetween(10 * 1024 * 1024, { snapshotEntries: 20, snapshotEntriesMax: 6_000 })
  expect(byCount).toBeGreaterThanOrEqual(3_000)
  expect(byCount).toBeLessThanOrEqual(6_000)
})

test('snapshot keeper - nor for more bytes', () => {
  const settings = { snapshotEntries: 20, snapshotBytes: ENTRY_BYTES, snapshotBytesMax: 200 * ENTRY_BYTES }
  const entries = entriesBetween(LARGE_BYTES, settings)
  expect(entries).toBeGreaterThanOrEqual(100)
  expect(entries).toBeLessThanOrEqual(200)
})

test('snapshot keeper - no bound is below what was asked for', () => {
  const settings = { snapshotEntries: 20_000, snapshotEntriesMax: 10, snapshotBytes: 1e9 }
  expect(entriesBetween(LARGE_BYTES, settings)).toBe(20_000)
})

test('snapshot keeper - members take their costly snapshots at different moments', () => {
  const settings = { snapshotEntries: 20, snapshotEntriesMax: 200 }
  const moments = ['n1', 'n2', 'n3'].map((id) => entriesBetween(LARGE_BYTES, settings, id))
  expect(new Set(moments).size).toBe(3)
  expect(new Set(['n1', 'n2', 'n3'].map((id) => entriesBetween(0, settings, id)))).toEqual(new Set([20]))
})

test('snapshot transfer - one that had to wait begins with the newest snapshot, if it is still needed', () => {
  const bench = new Bench()
  bench.acknowledge('c', 2)
  bench.propose(58)
  bench.compact()
  expect(bench.core.beginSnapshot('c')).toBeUndefined()
  bench.refuseAll()
  bench.propose(40)
  expect(bench.compact()).toBe(71)
  expect(bench.core.beginSnapshot('c')).toMatchObject({ to: 'c', snapshot: { index: 100 } })
  // From now on, what comes after that one is what c needs.
  bench.propose(20)
  expect(bench.compact()).toBe(101)
  bench.acknowledge('c', 100)
  expect(bench.core.beginSnapshot('c')).toBeUndefined()
  expect(bench.core.beginSnapshot('nobody')).toBeUndefined()
})

test.each([
  { how: 'broke off', interrupted: true, next: 60 },
  { how: 'failed', interrupted: false, next: 80 },
])('snapshot transfer - after one that $how, snapshot $next is sent', ({ interrupted, next }) => {
  const bench = new Bench()
  bench.acknowledge('c', 2)
  bench.propose(58)
  bench.compact()
  bench.refuseAll()
  bench.propose(20)
  expect(bench.compact()).toBe(61)
  expect(bench.core.snapshotsInUse).toMatchObject([{ index: 60 }])
  bench.core.snapshotEnded('c', interrupted)
  expect(bench.core.snapshotsInUse).toMatchObject(interrupted ? [{ index: 60 }] : [])
  bench.tick(2)
  // It is asked for what follows on the snapshot, in case it has it.
  bench.refuse(60)
  expect(bench.sentSnapshots).toEqual([60, next])
  expect(bench.core.beginSnapshot('c')).toMatchObject({ snapshot: { index: next } })
  expect(bench.core.snapshotsInUse).toMatchObject([{ index: next }, ...(interrupted ? [{ index: 60 }] : [])])
})

test('snapshot transfer - one that broke off is given up when the log does not lead on from it', () => {
  const bench = new Bench()
  bench.acknowledge('c', 2)
  bench.propose(58)
  bench.compact()
  bench.refuseAll()
  bench.core.snapshotEnded('c', true)
  bench.propose(40)
  expect(bench.compact()).toBe(71)
  expect(bench.core.snapshotsInUse).toEqual([])
  bench.tick(2)
  expect(bench.sentSnapshots).toEqual([60, 100])
})
