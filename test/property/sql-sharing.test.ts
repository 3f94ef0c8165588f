/** Commands that share a transaction do what they do one by one, wherever a log is cut into batches. */
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RequestOutcome } from '../../src/base/index.ts'
import { type SqlApplyItem, SqlEngine, type SqlEngineInit, type SqlResult } from '../../src/sql/index.ts'
import { stockFile } from '../stock-sqlite.ts'
import { binary, captureOf, digestOf, restoreInto, stmt } from '../unit/sql/support.ts'

const SCHEMA = [
  'CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, v, at DEFAULT CURRENT_TIMESTAMP, r DEFAULT (random()))',
  'CREATE INDEX tv ON t (v)',
  'CREATE TABLE a (id INTEGER PRIMARY KEY AUTOINCREMENT, n INTEGER NOT NULL CHECK (n <> 7)) STRICT',
  'CREATE TABLE log (what, old, new)',
  "CREATE TRIGGER tu AFTER UPDATE ON t BEGIN INSERT INTO log VALUES ('update', old.v, new.v); END",
  "CREATE TRIGGER ad BEFORE DELETE ON a WHEN old.n = 5 BEGIN SELECT RAISE(ROLLBACK, 'five stays'); END",
  'CREATE TABLE child (parent REFERENCES a (id) DEFERRABLE INITIALLY DEFERRED)',
]

/** Databases that the same begins in: where foreign keys are enforced, or pages given back, a commit has work to do. */
const PLACES = {
  plain: { foreignKeys: false, file: undefined },
  keys: { foreignKeys: true, file: undefined },
  vacuumed: { foreignKeys: false, file: stockFile(SCHEMA.join(';'), 'PRAGMA auto_vacuum = FULL') },
}
type Place = (typeof PLACES)[keyof typeof PLACES]
const place = fc.oneof(
  { weight: 8, arbitrary: fc.constant(PLACES.plain) },
  { weight: 1, arbitrary: fc.constant(PLACES.keys) },
  { weight: 1, arbitrary: fc.constant(PLACES.vacuumed) },
)

const small = fc.integer({ min: 0, max: 12 })
/** Some fill overflow pages; SQLite's page has 4 KiB. */
const content = fc.oneof(
  fc.constantFrom('', 'x', null, 1.5),
  fc.integer({ min: 1, max: 40_000 }).map((length) => 'y'.repeat(length)),
  fc.integer({ min: 1, max: 9_000 }).map((length) => new Uint8Array(length).fill(length)),
)
const plain = fc.oneof(
  fc.tuple(content).map((values) => stmt('INSERT INTO t (v) VALUES (?)', values)),
  fc
    .tuple(content, content)
    .map((values) => stmt('INSERT INTO t (v) VALUES (?), (?) RETURNING id, r', values)),
  fc.tuple(small, content).map((values) => stmt('INSERT OR REPLACE INTO t (u, v) VALUES (?, ?)', values)),
  fc.tuple(small, content).map((values) => stmt('INSERT OR IGNORE INTO t (u, v) VALUES (?, ?)', values)),
  fc
    .tuple(small, content)
    .map((values) =>
      stmt('INSERT INTO t (u, v) VALUES (?, ?) ON CONFLICT (u) DO UPDATE SET v = excluded.v', values),
    ),
  fc.tuple(content, small).map((values) => stmt('UPDATE t SET v = ? WHERE id % 5 = ?', values)),
  fc.tuple(small).map((values) => stmt('DELETE FROM t WHERE id % 13 = ?', values)),
  fc.constantFrom(
    stmt('DELETE FROM t'),
    stmt('INSERT INTO log SELECT last_insert_rowid(), changes(), total_changes()'),
    stmt('UPDATE t SET u = NULL; DELETE FROM t WHERE id > 20'),
    stmt('INSERT INTO log VALUES (random(), hex(randomblob(8)), CURRENT_TIMESTAMP)'),
    stmt('INSERT INTO t (id) VALUES (9223372036854775807)'),
    stmt('REPLACE INTO t (id, v) SELECT id + 3, v FROM t LIMIT 4'),
    stmt(''),
    stmt('-- nothing'),
  ),
  fc.integer({ min: 8, max: 1000 }).map((n) => stmt('INSERT INTO a (n) VALUES (?)', [n])),
  fc.tuple(small).map((values) => stmt('INSERT INTO child VALUES (?)', values)),
)
/** May fail, or is not to be shared. */
const other = fc.oneof(
  fc.tuple(small, content).map((values) => stmt('INSERT INTO t (u, v) VALUES (?, ?)', values)),
  fc.tuple(small).map((values) => stmt('UPDATE t SET u = ?', values)),
  fc
    .tuple(small)
    .map((values) => stmt('INSERT OR FAIL INTO t (u, v) SELECT id, v FROM t WHERE id > ?', values)),
  fc.tuple(small).map((values) => stmt('INSERT OR ROLLBACK INTO t (u) VALUES (?), (99), (99)', values)),
  fc.constantFrom(
    stmt('INSERT INTO a (n) VALUES (7)'),
    stmt("INSERT INTO a (n) VALUES (8), ('text'), (9)"),
    stmt('INSERT INTO a (n) VALUES (5)'),
    stmt('DELETE FROM a'),
    stmt('UPDATE t SET v = abs(-9223372036854775807 - (id > 1))'),
    stmt('INSERT INTO t (v) VALUES (?)'),
    stmt('INSERT INTO missing VALUES (1)'),
    stmt('SELECT count(*) FROM t'),
    stmt('CREATE TABLE IF NOT EXISTS more (x)'),
    stmt('INSERT INTO more VALUES (1)'),
    stmt('DROP TABLE IF EXISTS more'),
    stmt('CREATE VIRTUAL TABLE IF NOT EXISTS f USING fts4 (words)'),
    stmt("INSERT INTO f VALUES ('one two')"),
    stmt('DROP TABLE IF EXISTS f'),
    stmt('VACUUM'),
    stmt('BEGIN'),
  ),
)
const statement = fc.oneof({ weight: 14, arbitrary: plain }, { weight: 1, arbitrary: other })

const step = fc.record({
  statements: fc.array(statement, { minLength: 1, maxLength: 4 }),
  transaction: fc.boolean(),
  mode: fc.constantFrom('execute' as const, 'request' as const),
  namespace: fc.constantFrom('n', 'n', 'n', 'm'),
  timeMs: fc.integer({ min: 0, max: 4_000 }),
  seed: fc.nat(0xffff_ffff),
  // Now and then there is a request that was there before, or one that may be forgotten.
  request: fc.option(fc.record({ name: fc.nat(60), since: fc.nat(6) }), { nil: undefined }),
  stepsMax: fc.constantFrom(0, 0, 400_000_000, 400_000_000, 1_000_000, 500),
})

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never

function itemsOf(steps: readonly Step[], { file }: Place): SqlApplyItem[] {
  const items = steps.map(({ request, ...command }, i) => ({
    index: i + 3,
    wantResults: true,
    command,
    request: request && {
      id: `request ${request.name}`.padEnd(16),
      since: request.since,
      timeMs: command.timeMs,
    },
  }))
  const setUp = ['n', 'm'].map((namespace, i) => begin(namespace, i + 1, file))
  return [...setUp, ...items]
}

function begin(namespace: string, index: number, file: Buffer | undefined): SqlApplyItem {
  const common = { namespace, timeMs: 0, seed: 0 }
  const load = {
    mode: 'load',
    step: 'commit',
    content: 'file',
    offset: 0,
    loadId: '1234567890123456',
  } as const
  const schema = { mode: 'execute', transaction: false, statements: SCHEMA.map((sql) => stmt(sql)) } as const
  const command = file === undefined ? { ...common, ...schema } : { ...common, ...load, data: file }
  return { index, wantResults: true, command }
}

/** Batches that end before the items at these positions. */
function cut(items: readonly SqlApplyItem[], sizes: readonly number[]): SqlApplyItem[][] {
  const batches: SqlApplyItem[][] = []
  for (let at = 0, turn = 0; at < items.length; turn++) {
    const size = sizes[turn % sizes.length] as number // there is one
    batches.push(items.slice(at, at + size))
    at += size
  }
  return batches
}

function withoutTime(outcome: RequestOutcome<readonly SqlResult[]>): unknown {
  if (outcome.kind !== 'done') return outcome
  return { ...outcome, result: outcome.result.map((each) => ('time' in each ? { ...each, time: 0 } : each)) }
}

function applied(
  batches: readonly (readonly SqlApplyItem[])[],
  init: SqlEngineInit,
): { readonly engine: SqlEngine; readonly outcomes: unknown[] } {
  const engine = new SqlEngine({ binary }, init)
  return { engine, outcomes: batches.flatMap((batch) => engine.apply(batch).map(withoutTime)) }
}

const limits = fc.record({
  countMax: fc.constantFrom(3, 100_000),
  bytesMax: fc.constant(1_000_000),
  outcomeBytesMax: fc.constantFrom(50, 16_384),
  ageMaxMs: fc.constantFrom(1_000, 1_000_000),
})

describe('sql commands that share a transaction', () => {
  it('leave what they leave one by one, and tell the same', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(
        fc.array(step, { minLength: 2, maxLength: 40, size: 'max' }),
        fc.array(sizes, { minLength: 2, maxLength: 2 }),
        limits,
        place,
        (steps, cuts, outcomeLimits, place) => {
          const init = { outcomeLimits, foreignKeys: place.foreignKeys }
          const items = itemsOf(steps, place)
          const alone = applied(cut(items, [1]), init)
          const state = captureOf(alone.engine)
          for (const sizes of cuts) {
            const batched = applied(cut(items, sizes), init)
            if (!isDeepStrictEqual(batched.outcomes, alone.outcomes)) {
              expect(batched.outcomes).toEqual(alone.outcomes) // which is slow
            }
            expect(captureOf(batched.engine).equals(state)).toBe(true)
          }
          const restored = new SqlEngine({ binary }, init)
          restoreInto(restored, state)
          expect(digestOf(alone.engine)).toBe(digestOf(restored))
        },
      ),
      { numRuns: 30 },
    )
  })
})
