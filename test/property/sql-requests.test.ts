/**
 * Requests that are attempted any number of times are carried out once, and whoever asks is told the same:
 * by replicas that wait for results and by those that do not, in whichever batches they apply, restored or
 * not.
 */
import { setImmediate as turn } from 'node:timers/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { OutcomeLimits, RequestOutcome, RequestTag } from '../../src/base/index.ts'
import {
  loadSqliteBinary,
  type SqlApplyItem,
  SqlEngine,
  type SqlResult,
  type SqlStatement,
} from '../../src/sql/index.ts'

const binary = loadSqliteBinary()

const LIMITS: OutcomeLimits = { countMax: 5, bytesMax: 1e9, outcomeBytesMax: 120, ageMaxMs: 1000 }

type Outcome = RequestOutcome<readonly SqlResult[]>

/** What attempts do besides noting that they did: `?` is about how many bytes of results they cause. */
const STATEMENTS = [
  'SELECT zeroblob(?)',
  "SELECT value, zeroblob(? / 5) FROM json_each('[1,2,3,4,5]')",
  'INSERT INTO other VALUES (zeroblob(?)) RETURNING *',
  'INSERT INTO other VALUES (zeroblob(?))',
  "SELECT zeroblob(? / 5), abs(-9223372036854775807 - (value = 4)) FROM json_each('[1,2,3,4,5]')",
  'INSERT INTO nope VALUES (?)',
]

const attempt = fc.record({
  /** Which request it is an attempt at. */
  request: fc.integer({ min: 0, max: 12 }),
  mode: fc.constantFrom('execute' as const, 'request' as const),
  transaction: fc.boolean(),
  statements: fc.array(fc.tuple(fc.constantFrom(...STATEMENTS), fc.integer({ min: 0, max: 130 })), {
    maxLength: 3,
  }),
  /** The clock moves on by this much, or back. */
  laterMs: fc.integer({ min: -300, max: 500 }),
  /** How far behind the leader whoever asks is at the first attempt. */
  lag: fc.integer({ min: 0, max: 3 }),
  isWanted: fc.boolean(),
  /** What happens to one replica before this: it is restored from a snapshot, or computes a digest. */
  disturbance: fc.constantFrom('restore', 'digest', undefined, undefined, undefined),
  /** Whether another replica ends its batch before this. */
  endsBatch: fc.boolean(),
})

const SET_UP = stmt('CREATE TABLE done (request, at); CREATE TABLE other (x)')
const FIRST_INDEX = 2

function stmt(sql: string, ...positional: number[]): SqlStatement {
  return { sql, positional, named: {} }
}

function item(
  index: number,
  statements: readonly SqlStatement[],
  rest: Partial<SqlApplyItem> & object,
): SqlApplyItem {
  const command = {
    namespace: 'n',
    mode: 'execute' as const,
    transaction: false,
    statements,
    timeMs: 0,
    seed: index,
  }
  return { index, wantResults: true, command, ...rest }
}

function withoutTime(outcome: Outcome | undefined): Outcome | undefined {
  if (outcome?.kind !== 'done') return outcome
  const result = outcome.result.map((each) => ('time' in each ? { ...each, time: 0 } : each))
  return { ...outcome, result }
}

function captured(engine: SqlEngine): Buffer {
  const capture = engine.capture()
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  capture.release()
  return Buffer.concat(chunks)
}

function digestOf(engine: SqlEngine): string {
  const digest = engine.digest()
  let hex = digest.step()
  while (hex === undefined) hex = digest.step()
  digest.release()
  return hex
}

function restored(engine: SqlEngine): SqlEngine {
  const other = newEngine()
  const restore = other.restore()
  restore.push(captured(engine))
  restore.finish()
  return other
}

function newEngine(): SqlEngine {
  return new SqlEngine({ binary }, { outcomeLimits: LIMITS })
}

/** Which requests are remembered, as a list that is searched. */
class Model {
  #remembered: { tag: RequestTag; index: number }[] = []
  #forgottenThrough = 0

  /** The index at which the request was or is now carried out; undefined if nobody knows any more. */
  attempt(tag: RequestTag, index: number): number | undefined {
    const known = this.#remembered.find(({ tag: { id } }) => id === tag.id)
    if (known !== undefined) return known.index
    if (tag.since < this.#forgottenThrough) return undefined
    this.#remembered.push({ tag, index })
    for (;;) {
      const [oldest] = this.#remembered
      if (oldest === undefined) return index
      const isTooOld = oldest.tag.timeMs < tag.timeMs - LIMITS.ageMaxMs
      if (!isTooOld && this.#remembered.length <= LIMITS.countMax) return index
      this.#remembered.shift()
      this.#forgottenThrough = oldest.index
    }
  }
}

describe('sql requests', () => {
  it('are carried out once, and all replicas say so', async () => {
    const seen = new Set<string>()
    await fc.assert(
      fc.asyncProperty(fc.array(attempt, { minLength: 1, maxLength: 40, size: 'max' }), async (attempts) => {
        await turn() // lets go of the engines of the run before
        let clockMs = 10_000
        const sinceOf = new Map<number, number>()
        const items = attempts.map((each, i) => {
          const index = i + FIRST_INDEX
          clockMs += each.laterMs
          const since = sinceOf.get(each.request) ?? Math.max(0, index - 1 - each.lag)
          sinceOf.set(each.request, since)
          const id = `request ${each.request}`.padEnd(16)
          const statements = [
            stmt('INSERT INTO done VALUES (?, ?)', each.request, index),
            ...each.statements.map(([sql, bytes]) => stmt(sql, bytes)),
          ]
          const { mode, transaction } = each
          const command = { namespace: 'n', mode, transaction, statements, timeMs: 0, seed: index }
          return item(index, [], { command, request: { id, since, timeMs: clockMs } })
        })

        const [plain, batched] = [newEngine(), newEngine()]
        let disturbed = newEngine()
        const setUp = item(1, [SET_UP], {})
        for (const engine of [plain, batched, disturbed]) engine.apply([setUp])
        const model = new Model()
        const first = new Map<string, Outcome>()
        let batch: SqlApplyItem[] = []
        for (const [i, each] of items.entries()) {
          const tag = each.request as RequestTag // all have one
          const isWanted = attempts[i]?.isWanted ?? false
          const outcome = withoutTime(plain.apply([each])[0]) as Outcome
          seen.add(outcome.kind)

          const index = model.attempt(tag, each.index)
          if (index === undefined) expect(outcome).toEqual({ kind: 'forgotten' })
          else if (index === each.index) {
            expect(outcome).toMatchObject({ kind: 'done', index })
            first.set(tag.id, outcome)
          } else if (outcome.kind === 'done') expect(outcome).toEqual(first.get(tag.id))
          else expect(outcome).toEqual({ kind: 'done-before', index })

          if (attempts[i]?.disturbance === 'restore') disturbed = restored(disturbed)
          if (attempts[i]?.disturbance === 'digest') expect(digestOf(disturbed)).toMatch(/^[0-9a-f]{64}$/)
          const told = withoutTime(disturbed.apply([{ ...each, wantResults: isWanted }])[0])
          expect(told).toEqual(outcome.kind === 'done' && !isWanted ? { ...outcome, result: [] } : outcome)

          if (attempts[i]?.endsBatch) {
            batched.apply(batch)
            batch = []
          }
          batch.push({ ...each, wantResults: false })
        }
        batched.apply(batch)

        const [done] = plain.query('n', [stmt('SELECT request FROM done')])
        if (done?.kind !== 'rows') throw new Error('nothing noted')
        expect(new Set(done.values.flat()).size).toBe(done.values.length)

        const state = captured(plain)
        const digest = digestOf(plain)
        for (const engine of [batched, disturbed, restored(plain)]) {
          expect(captured(engine).equals(state)).toBe(true)
          expect(digestOf(engine)).toBe(digest)
        }
      }),
      { numRuns: 25 },
    )
    // Otherwise the programs are not what they should be.
    expect([...seen].sort()).toEqual(['done', 'done-before', 'forgotten'])
  })
})
