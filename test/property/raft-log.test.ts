/**
 * The log against a naive model: an array of entries, a disk that writes reach one after the other,
 * and every question answered by looking through them.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { entryBytes, RaftLog } from '../../src/raft/core/log.ts'
import type { ClusterConfig, Entry, SnapshotMeta } from '../../src/raft/core/types.ts'

const STEP_COUNT = 40

type Step =
  /** Entries at the end, as a leader adds them, in a term risen by `rise`. */
  | { kind: 'append'; count: number; rise: number; config: boolean }
  /** A follower's append that begins `back` entries before the end, with these terms above the last. */
  | { kind: 'merge'; back: number; rises: readonly number[]; config: boolean }
  | { kind: 'write' }
  /** Some of the writes under way are done, oldest first. */
  | { kind: 'persisted'; count: number }
  | { kind: 'commit'; ahead: number }
  | { kind: 'apply'; leave: number }
  | { kind: 'compact'; behind: number; keep: number }
  | { kind: 'install'; ahead: number; rise: number }

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('append' as const),
    count: fc.integer({ min: 1, max: 3 }),
    rise: fc.nat(1),
    config: fc.boolean(),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('merge' as const),
      back: fc.nat(5),
      rises: fc.array(fc.constantFrom(0, 0, 0, 1), { maxLength: 5 }),
      config: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.constant({ kind: 'write' as const }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('persisted' as const), count: fc.nat(2) }) },
  fc.record({ kind: fc.constant('commit' as const), ahead: fc.nat(4) }),
  fc.record({ kind: fc.constant('apply' as const), leave: fc.nat(2) }),
  fc.record({ kind: fc.constant('compact' as const), behind: fc.nat(2), keep: fc.nat(3) }),
  fc.record({
    kind: fc.constant('install' as const),
    ahead: fc.integer({ min: 1, max: 6 }),
    rise: fc.nat(1),
  }),
)

interface Write {
  readonly seq: number
  readonly snapshot: SnapshotMeta | undefined
  readonly entries: readonly Entry[]
}

/** Everything that ever was in the log stays in an array; what is compacted is only not looked at. */
class Model {
  /** Entry `i` at place `i - 1`; a hole where a snapshot skipped what was never here. */
  entries: (Entry | undefined)[] = []
  base = { index: 0, term: 0 }
  snapshot: SnapshotMeta | undefined
  commit = 0
  applied = 0
  handedOut = 0
  /** What is on disk: the very entries, told apart by identity and not by index and term. */
  disk = new Map<number, Entry>()
  /** False from a snapshot's arrival until it is on disk. */
  installed = true
  /** Places that changed since the last write. */
  unwritten = new Set<number>()
  snapshotUnwritten: SnapshotMeta | undefined
  /** Under way, oldest first. */
  writes: Write[] = []
  lastSeq = 0

  get last(): number {
    return Math.max(this.entries.length, this.base.index)
  }

  term(index: number): number | undefined {
    if (index === this.base.index) return this.base.term
    return index > this.base.index ? this.entries[index - 1]?.term : undefined
  }

  kept(): Entry[] {
    return this.entries.slice(this.base.index) as Entry[]
  }

  stable(): number {
    if (!this.installed) return 0
    let index = this.base.index
    while (index < this.last && this.disk.get(index + 1) === this.entries[index]) index++
    return index
  }

  put(entry: Entry): void {
    for (let i = entry.index; i <= this.entries.length; i++) this.unwritten.delete(i)
    this.entries.length = entry.index - 1
    this.entries.push(entry)
    this.unwritten.add(entry.index)
  }

  config(at: number): { index: number; config: ClusterConfig | undefined } {
    const found = this.kept().findLast((entry) => entry.kind === 'config' && entry.index <= at)
    if (found !== undefined) return { index: found.index, config: found.config }
    return { index: this.snapshot?.configIndex ?? 0, config: this.snapshot?.config }
  }

  finish(write: Write): void {
    if (write.snapshot !== undefined) {
      this.disk.clear()
      this.installed ||= write.snapshot === this.snapshot
    }
    const first = write.entries[0]?.index ?? Number.POSITIVE_INFINITY
    for (const index of [...this.disk.keys()]) if (index >= first) this.disk.delete(index)
    for (const entry of write.entries) this.disk.set(entry.index, entry)
  }
}

let configs = 0
function entry(index: number, term: number, isConfig: boolean): Entry {
  const config: ClusterConfig = { voters: [`n${++configs}`], outgoing: [], learners: [], members: [] }
  const data = new Uint8Array(isConfig ? 0 : (index * 7) % 5)
  return { index, term, kind: isConfig ? 'config' : 'command', data, config: isConfig ? config : undefined }
}

/** Does one step to both, as far as it is possible now. */
function run(step: Step, log: RaftLog, model: Model): void {
  switch (step.kind) {
    case 'append': {
      const term = Math.max(1, (model.term(model.last) ?? 0) + step.rise)
      const added = Array.from({ length: step.count }, (_, i) => {
        return entry(model.last + 1 + i, term, step.config && i === 0)
      })
      log.append(added)
      for (const one of added) model.put(one)
      return
    }
    case 'merge': {
      const previous = Math.max(model.commit, model.last - step.back)
      let term = Math.max(1, model.term(previous) ?? 1)
      const received = step.rises.map((rise, i) => {
        term += rise
        return entry(previous + 1 + i, term, step.config && i === 1)
      })
      log.merge(received)
      const differs = received.findIndex((one) => model.term(one.index) !== one.term)
      if (differs !== -1) for (const one of received.slice(differs)) model.put(one)
      return
    }
    case 'write': {
      const seq = ++model.lastSeq
      const write = { seq, ...log.takeUnwritten(seq) }
      expect(write.snapshot).toBe(model.snapshotUnwritten)
      expect(write.entries).toEqual(model.kept().filter((one) => model.unwritten.has(one.index)))
      model.snapshotUnwritten = undefined
      model.unwritten.clear()
      model.writes.push(write)
      return
    }
    case 'persisted': {
      const done = model.writes.splice(0, step.count)
      for (const write of done) model.finish(write)
      const seq = done.at(-1)?.seq
      if (seq !== undefined) log.persisted(seq)
      return
    }
    case 'commit':
      model.commit = Math.min(model.last, model.commit + step.ahead)
      log.commitTo(model.commit)
      return
    case 'apply': {
      const end = Math.max(model.handedOut, Math.min(model.commit, model.stable()))
      expect(log.takeCommitted()).toEqual(model.entries.slice(model.handedOut, end))
      model.handedOut = end
      model.applied = Math.max(model.applied, end - step.leave)
      log.appliedTo(model.applied)
      return
    }
    case 'compact': {
      const index = model.applied - step.behind
      if (index <= model.base.index || index < (model.snapshot?.index ?? 0)) return
      const meta = log.metaAt(index)
      expect(meta.term).toBe(model.term(index))
      expect(meta.configIndex).toBe(model.config(index).index)
      const through = Math.max(model.base.index, index - step.keep)
      log.compact(meta, through)
      model.base = { index: through, term: model.term(through) as number }
      if (meta.index > (model.snapshot?.index ?? 0)) model.snapshot = meta
      return
    }
    case 'install': {
      const index = model.commit + step.ahead
      const term = Math.max(1, (model.term(model.last) ?? 1) + step.rise)
      const { config } = entry(index, term, true)
      const meta: SnapshotMeta = { index, term, config: config as ClusterConfig, configIndex: index }
      log.reset(meta)
      model.base = { index, term }
      model.entries = new Array<Entry | undefined>(index).fill(undefined)
      model.snapshot = meta
      model.snapshotUnwritten = meta
      model.installed = false
      model.commit = model.applied = model.handedOut = index
      model.unwritten.clear()
      return
    }
  }
}

function expectSame(log: RaftLog, model: Model): void {
  const { base, last } = model
  expect({
    firstIndex: log.firstIndex,
    lastIndex: log.lastIndex,
    lastTerm: log.lastTerm,
    commit: log.commit,
    applied: log.applied,
    stable: log.stable,
    count: log.count,
    bytes: log.bytes,
    unwritten: log.hasUnwritten(),
    committed: log.hasCommitted(),
    snapshot: log.snapshot?.index,
    config: log.configs.currentIndex,
  }).toEqual({
    firstIndex: base.index + 1,
    lastIndex: last,
    lastTerm: model.term(last),
    commit: model.commit,
    applied: model.applied,
    stable: model.stable(),
    count: last - base.index,
    bytes: model.kept().reduce((sum, one) => sum + entryBytes(one), 0),
    unwritten: model.unwritten.size > 0 || model.snapshotUnwritten !== undefined,
    committed: model.handedOut < Math.min(model.commit, model.stable()),
    snapshot: model.snapshot?.index,
    config: model.config(last).index,
  })
  for (let index = Math.max(0, base.index - 1); index <= last + 1; index++) {
    expect(log.term(index), `term of ${index}`).toBe(model.term(index))
    expect(log.entry(index), `entry ${index}`).toBe(index > base.index ? model.entries[index - 1] : undefined)
  }
}

/** The last place up to `index` whose term is not above `term`, or the base. */
function expectAgreement(log: RaftLog, model: Model, index: number, term: number): void {
  const places = Array.from({ length: model.last - model.base.index }, (_, i) => model.base.index + 1 + i)
  const agreed = places.findLast((at) => at <= index && (model.term(at) as number) <= term)
  const at = agreed ?? model.base.index
  expect(log.agreementBefore(index, term)).toEqual({ index: at, term: model.term(at) })
}

test('raft log - behaves like an array and a disk, whatever is done to it', () => {
  const question = fc.tuple(fc.nat(20), fc.nat(8))
  fc.assert(
    fc.property(fc.array(step, { maxLength: STEP_COUNT, size: 'max' }), question, (steps, [index, term]) => {
      const log = new RaftLog(undefined, [])
      const model = new Model()
      for (const one of steps) {
        run(one, log, model)
        expectSame(log, model)
        expectAgreement(log, model, index, term)
        const upToDate = term > log.lastTerm || (term === log.lastTerm && index >= log.lastIndex)
        expect(log.isUpToDate(index, term)).toBe(upToDate)
      }
    }),
    { numRuns: 400 },
  )
})
