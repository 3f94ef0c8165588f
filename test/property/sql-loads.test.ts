/**
 * Loads on their way are replicated state: a replica that starts anew from captures, in the middle of
 * whatever is being loaded, answers and ends as one that never stopped.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type SqlApplyItem, SqlEngine, type SqlLoad } from '../../src/sql/index.ts'
import {
  binary,
  captureOf,
  digestOf,
  NAMESPACE,
  restoreInto,
  stmt,
  TestEngine,
  TIME_MS,
  tag,
  timelessOutcome,
} from '../unit/sql/support.ts'

const FILE = imageOfSomething()
const TEXT = Buffer.from(
  "BEGIN; CREATE TABLE IF NOT EXISTS x (v, r DEFAULT (random())); INSERT INTO x (v) VALUES ('żółw'); COMMIT;",
)
const PIECE_BYTES = 3_000

function imageOfSomething(): Buffer {
  const source = new TestEngine()
  source.execute(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, v)',
    "INSERT INTO t (v) VALUES ('a'), ('b')",
    'CREATE INDEX i ON t (v)',
  )
  const { engine } = source
  const capture = engine.captureDatabase(NAMESPACE)
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  capture.release()
  return Buffer.concat(chunks)
}

type Action =
  | {
      readonly kind: 'piece'
      readonly load: number
      readonly content: 'file' | 'text'
      readonly skip: number
      readonly isCommit: boolean
    }
  | { readonly kind: 'abort'; readonly load: number }
  | { readonly kind: 'write' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'restart' }

const loadNumber = fc.nat({ max: 5 })
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constant('piece' as const),
      load: loadNumber,
      content: fc.constantFrom('file' as const, 'text' as const),
      // Mostly the piece that is due; sometimes one that was, or is not yet.
      skip: fc.oneof(
        { weight: 8, arbitrary: fc.constant(0) },
        { weight: 1, arbitrary: fc.constantFrom(-1, 1) },
      ),
      isCommit: fc.boolean(),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('abort' as const), load: loadNumber }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'write' as const }) },
  { weight: 1, arbitrary: fc.constant({ kind: 'wait' as const }) },
  { weight: 3, arbitrary: fc.constant({ kind: 'restart' as const }) },
)

/** Makes items of actions, as a node that loads would: it knows how far each of its loads has come. */
function* itemsOf(actions: readonly Action[]): Generator<SqlApplyItem | 'restart'> {
  const offsets = new Map<string, number>()
  let timeMs = TIME_MS
  for (const [i, each] of actions.entries()) {
    const index = i + 1
    if (each.kind === 'restart') {
      yield 'restart'
    } else if (each.kind === 'wait') {
      timeMs += 10 * 60_000
    } else if (each.kind === 'write') {
      const statements = [stmt('CREATE TABLE IF NOT EXISTS w (v)'), stmt('INSERT INTO w VALUES (random())')]
      const command = {
        namespace: NAMESPACE,
        mode: 'execute' as const,
        statements,
        transaction: false,
        timeMs,
        seed: index,
      }
      yield { index, command, request: tag(`write ${index}`), wantResults: true }
    } else {
      const loadId = `load ${each.load}`.padEnd(16)
      if (each.kind === 'abort') {
        offsets.delete(loadId)
        yield {
          index,
          command: { mode: 'load', step: 'abort', loadId, namespace: NAMESPACE, timeMs },
          wantResults: true,
        }
        continue
      }
      const whole = each.content === 'file' ? FILE : TEXT
      const due = offsets.get(loadId) ?? 0
      const offset = Math.max(0, due + each.skip * PIECE_BYTES)
      const common = { mode: 'load' as const, loadId, namespace: NAMESPACE, timeMs, offset }
      const isLast = each.isCommit || offset + PIECE_BYTES >= whole.length
      const command: SqlLoad = isLast
        ? { ...common, step: 'commit', data: whole.subarray(offset), content: each.content, seed: index }
        : { ...common, step: 'stage', data: whole.subarray(offset, offset + PIECE_BYTES) }
      if (isLast) offsets.delete(loadId)
      else if (each.skip === 0) offsets.set(loadId, offset + PIECE_BYTES)
      yield { index, command, request: isLast ? tag(`commit ${index}`) : undefined, wantResults: true }
    }
  }
}

describe('sql loads', () => {
  it('a replica that restarts from captures at any time ends as one that does not', {
    timeout: 120_000,
  }, () => {
    // To make engines takes the longest by far; a restore leaves nothing of what was.
    const [steady, restarting] = [new SqlEngine({ binary }), new SqlEngine({ binary })]
    const emptiness = captureOf(steady)
    fc.assert(
      fc.property(fc.array(action, { minLength: 5, maxLength: 30 }), (actions) => {
        for (const engine of [steady, restarting]) restoreInto(engine, emptiness)
        for (const item of itemsOf(actions)) {
          if (item === 'restart') {
            const capture = captureOf(restarting)
            expect(digestOf(restarting)).toBe(digestOf(steady))
            restoreInto(restarting, capture)
            expect(captureOf(restarting).equals(capture)).toBe(true)
          } else {
            const [one, other] = [steady, restarting].map((engine) =>
              engine.apply([item]).map(timelessOutcome),
            )
            expect(other).toEqual(one)
          }
        }
        expect(captureOf(restarting).equals(captureOf(steady))).toBe(true)
        expect(digestOf(restarting)).toBe(digestOf(steady))
      }),
      { numRuns: 25 },
    )
  })
})
