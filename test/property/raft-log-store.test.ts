/**
 * A log store on a disk that crashes between calls and inside them, against a model: what is found
 * after a crash is exactly what the calls that were called back had written.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Entry, LogStore, SnapshotMeta } from '../../src/raft/index.ts'
import { createLogStore, createMemoryStore, MemoryDisk } from '../../src/raft/log/index.ts'
import { bare, command, snapshotAt } from '../conformance/log-store.ts'

type Step =
  /** Appends `count` entries after cutting `cut` of those no snapshot covers, in a term risen by `rise`. */
  | { kind: 'append'; cut: number; count: number; rise: number }
  | { kind: 'vote'; rise: number }
  | { kind: 'install'; ahead: number; count: number }
  | { kind: 'compact'; covered: number; kept: number }

interface Model {
  readonly term: number
  readonly vote: string | undefined
  readonly snapshot: SnapshotMeta | undefined
  readonly entries: readonly Entry[]
}

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('append'),
      cut: fc.nat(4),
      count: fc.integer({ min: 1, max: 5 }),
      rise: fc.nat(1),
    }),
  },
  fc.record({ kind: fc.constant('vote'), rise: fc.nat(2) }),
  fc.record({ kind: fc.constant('install'), ahead: fc.integer({ min: 1, max: 9 }), count: fc.nat(2) }),
  fc.record({ kind: fc.constant('compact'), covered: fc.nat(9), kept: fc.nat(3) }),
) as fc.Arbitrary<Step> // fc.constant widens the literals

const lastIndex = (model: Model) => model.entries.at(-1)?.index ?? model.snapshot?.index ?? 0
const entriesFrom = (from: number, count: number, term: number) =>
  Array.from({ length: count }, (_, i) => command(from + i, term))

/** The model after a step, and the call that makes the store follow. */
function plan(
  model: Model,
  step: Step,
): { next: Model; call(log: LogStore, done: (error?: Error) => void): void } {
  const last = lastIndex(model)
  if (step.kind === 'append') {
    const cut = Math.min(step.cut, last - (model.snapshot?.index ?? 0), model.entries.length)
    // What is cut is replaced by a later term, as a leader would.
    const term = Math.max(1, model.term + (cut > 0 ? Math.max(1, step.rise) : step.rise))
    const added = entriesFrom(last - cut + 1, step.count, term)
    const vote = term > model.term ? undefined : model.vote
    const hardState = term > model.term ? { term, vote } : undefined
    const entries = [...model.entries.slice(0, model.entries.length - cut), ...added]
    return {
      next: { ...model, term, vote, entries },
      call: (log, done) => log.write({ hardState, snapshot: undefined, entries: added }, done),
    }
  }
  if (step.kind === 'vote') {
    const term = Math.max(1, model.term + step.rise)
    const vote = term === model.term ? (model.vote ?? 'b') : 'a'
    return {
      next: { ...model, term, vote },
      call: (log, done) => log.write({ hardState: { term, vote }, snapshot: undefined, entries: [] }, done),
    }
  }
  if (step.kind === 'install') {
    const snapshot = snapshotAt(last + step.ahead, model.term)
    const entries = entriesFrom(snapshot.index + 1, step.count, model.term)
    return {
      next: { ...model, snapshot, entries },
      call: (log, done) => log.write({ hardState: undefined, snapshot, entries }, done),
    }
  }
  const index = Math.min(last, (model.snapshot?.index ?? 0) + step.covered)
  const term = model.entries.find((entry) => entry.index === index)?.term ?? model.snapshot?.term ?? 0
  const snapshot = model.snapshot?.index === index ? model.snapshot : snapshotAt(index, term)
  const through = Math.max(0, index - step.kept)
  return {
    next: { ...model, snapshot, entries: model.entries.filter((entry) => entry.index > through) },
    call: (log, done) => log.compact(snapshot, through, done),
  }
}

function shown(model: Model) {
  const { snapshot } = model
  return {
    hardState: model.term === 0 ? undefined : { term: model.term, vote: model.vote },
    snapshot,
    entries: bare(model.entries),
  }
}

/** A store whose disk does one thing each time it is asked to. */
class SlowDisk {
  readonly disk = new MemoryDisk()
  waiting: (() => void)[] = []

  open(): LogStore {
    this.waiting = []
    const store = createMemoryStore({ disk: this.disk, defer: (run) => this.waiting.push(run) })
    return createLogStore({ store }, { groupId: 0 })
  }

  /** Does up to `steps` things. */
  run(steps = Number.POSITIVE_INFINITY): void {
    for (let i = 0; i < steps && this.waiting.length > 0; i++) this.waiting.shift()?.()
  }
}

function loaded(slow: SlowDisk): { log: LogStore; stored: unknown } {
  const log = slow.open()
  let stored: unknown = 'nothing was called back'
  log.load((error, found) => {
    stored = error ?? (found && { ...found, entries: bare(found.entries) })
  })
  slow.run()
  return { log, stored }
}

describe('log store', () => {
  it('crash - a restart finds exactly what was acknowledged', () => {
    const steps = fc.array(fc.record({ step, crash: fc.option(fc.nat(1)) }), { maxLength: 30 })
    fc.assert(
      fc.property(steps, (sequence) => {
        const slow = new SlowDisk()
        let { log } = loaded(slow)
        let model: Model = { term: 0, vote: undefined, snapshot: undefined, entries: [] }
        let touched = false
        for (const { step, crash } of sequence) {
          const { next, call } = plan(model, step)
          let finished = false
          call(log, (error) => {
            expect(error).toBeUndefined()
            finished = true
          })
          slow.run(crash ?? undefined)
          if (crash === null || finished) {
            expect(finished).toBe(true)
            model = next
            touched = true
          }
          if (crash === null) continue
          slow.disk.crash()
          const restarted = loaded(slow)
          log = restarted.log
          expect(restarted.stored).toEqual(touched ? shown(model) : undefined)
        }
        expect(loaded(slow).stored).toEqual(touched ? shown(model) : undefined)
      }),
      { numRuns: 500 },
    )
  })
})
