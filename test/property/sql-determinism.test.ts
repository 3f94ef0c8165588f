/**
 * Replicas that apply the same commands end byte for byte the same and answer the same, whatever else
 * happens to them: restarts from a snapshot, lost connections, local reads, digests, other batches, instances of
 * SQLite that have taken much memory.
 */
import { setImmediate as turn } from 'node:timers/promises'
import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { RequestOutcome } from '../../src/base/index.ts'
import {
  loadSqliteBinary,
  type SqlApplyItem,
  SqlEngine,
  type SqliteBinary,
  type SqlParameter,
  type SqlResult,
  type SqlStatement,
} from '../../src/sql/index.ts'

const binary = loadSqliteBinary()

/** Instances that take more memory than is certain to be the same everywhere. None of it is ever used. */
const large: SqliteBinary = {
  instantiate: () => {
    const instance = binary.instantiate()
    instance.api._malloc(1024 * 1024 * 1024)
    return instance
  },
}

const SCHEMA = [
  `CREATE TABLE a (id INTEGER PRIMARY KEY, x UNIQUE, y DEFAULT (random()), z DEFAULT CURRENT_TIMESTAMP)`,
  `CREATE TABLE b (id INTEGER PRIMARY KEY AUTOINCREMENT, x TEXT, y DEFAULT (randomblob(8)),
     a REFERENCES a (id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED)`,
  `CREATE TABLE c (x PRIMARY KEY, y, z AS (x || '!') STORED) WITHOUT ROWID`,
  `CREATE VIRTUAL TABLE f USING fts4(x)`,
]

const TRIGGER = `CREATE TRIGGER IF NOT EXISTS g AFTER INSERT ON a BEGIN
  INSERT INTO b (x, a) VALUES (random() || '-' || last_insert_rowid(), new.id);
  SELECT CASE new.x WHEN 5 THEN raise(ROLLBACK, 'rollback') WHEN 3 THEN raise(FAIL, 'fail')
    WHEN 2 THEN raise(ABORT, 'abort') END;
END`

const id = fc.integer({ min: 1, max: 12 })
const value: fc.Arbitrary<SqlParameter> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(1, 2, 3, 5, 'x', 'yy', null, true) },
  fc.constantFrom(2n ** 60n, 9223372036854775807n, 1.5),
  fc.constant({ real: 2 }),
  fc.integer({ min: 1, max: 6000 }).map((length) => 'z'.repeat(length)),
  fc.integer({ min: 0, max: 5000 }).map((length) => new Uint8Array(length).fill(length)),
)

function stmt(sql: string, ...positional: SqlParameter[]): SqlStatement {
  return { sql, positional, named: {} }
}

const pick = <T>(...choices: T[]): fc.Arbitrary<T> => fc.constantFrom(...choices)
const fixed = (...choices: string[]): fc.Arbitrary<SqlStatement> => pick(...choices).map((sql) => stmt(sql))

const write: fc.Arbitrary<SqlStatement> = fc.oneof(
  value.map((x) => stmt('INSERT INTO a (x) VALUES (?)', x)),
  value.map((x) => stmt('INSERT INTO a (x) VALUES (?) RETURNING *', x)),
  fc
    .tuple(pick('ROLLBACK', 'FAIL', 'IGNORE', 'REPLACE', 'ABORT'), id, value, id, value)
    .map(([or, i, x, j, y]) => stmt(`INSERT OR ${or} INTO a (id, x) VALUES (?, ?), (?, ?)`, i, x, j, y)),
  fc.tuple(id, value).map(([i, x]) => ({
    sql: `INSERT INTO a (id, x) VALUES (:i, :x)
      ON CONFLICT (id) DO UPDATE SET x = excluded.x || last_insert_rowid(), y = changes()`,
    positional: [],
    named: { i, x },
  })),
  fc.tuple(value, pick(null, 1, 2, 99)).map(([x, a]) => stmt('INSERT INTO b (x, a) VALUES (?, ?)', x, a)),
  fc.tuple(value, value).map(([x, y]) => stmt('INSERT OR REPLACE INTO c (x, y) VALUES (?, ?)', x, y)),
  value.map((x) => stmt('INSERT INTO a (id, x) VALUES (9223372036854775807, ?)', x)),
  fc.integer({ min: 1, max: 300 }).map((rows) =>
    stmt(
      `WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r LIMIT ?)
         INSERT INTO b (x, y) SELECT i, randomblob(300) FROM r`,
      rows,
    ),
  ),
  fc
    .integer({ min: 1, max: 9999 })
    .map((n) =>
      stmt('INSERT INTO f (x) VALUES (?)', Array.from({ length: 600 }, (_, i) => `w${i * n}`).join(' ')),
    ),
  fc
    .tuple(pick('a', 'b', 'c'), value, id)
    .map(([t, x, i]) => stmt(`UPDATE ${t} SET x = ? WHERE x > ?`, x, i)),
  pick('a', 'b', 'c', 'f').map((t) => stmt(`DELETE FROM ${t} WHERE random() % 2`)),
  pick('a', 'b', 'c', 'f').map((t) => stmt(`DELETE FROM ${t}`)),
  id.map((i) => stmt('DELETE FROM a WHERE id < ?', i)),
  fixed(
    'INSERT INTO b (id, x) VALUES (9223372036854775807, total_changes())',
    'INSERT OR IGNORE INTO c (x, y) SELECT random(), x FROM a ORDER BY random() LIMIT 5',
    'INSERT INTO b (x) SELECT a.x FROM a JOIN b ON b.a = a.id JOIN c ON c.y = a.x',
    "INSERT INTO b (x) VALUES (datetime('now', 'localtime') || julianday('now'))",
    "INSERT INTO f (x) VALUES ('one two')",
    "INSERT INTO f (x) VALUES ('two ' || random())",
    "INSERT INTO f (f) VALUES ('optimize')",
    "INSERT INTO f (f) VALUES ('merge=2,2')",
    "INSERT INTO f (f) VALUES ('automerge=2')",
    'INSERT INTO b (x) VALUES (abs(-9223372036854775808))',
    'INSERT INTO a (x) VALUES (7); DELETE FROM b; INSERT INTO nope VALUES (1); DELETE FROM a',
    'CREATE TABLE IF NOT EXISTS d (x); INSERT INTO d VALUES (random()); DROP TABLE d; SELECT changes()',
    'INSERT INTO b (x) SELECT name FROM pragma_table_list',
    'INSERT INTO b (x) SELECT sql FROM sqlite_temp_schema',
    'BEGIN',
    'nonsense',
  ),
)

const ddl = fc.oneof(
  { weight: 3, arbitrary: fixed(TRIGGER) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(pick('i', 'j'), pick('a', 'b', 'c'))
      .map(([i, t]) => stmt(`CREATE INDEX IF NOT EXISTS ${i}${t} ON ${t} (y, x)`)),
  },
  id.map((i) => stmt(`PRAGMA user_version = ${i}`)),
  id.map((i) => stmt(`ALTER TABLE a ADD COLUMN n${i} DEFAULT 7`)),
  fixed(
    'ANALYZE',
    'DELETE FROM sqlite_stat1',
    "UPDATE sqlite_stat1 SET stat = '1000000 1'",
    'VACUUM',
    'REINDEX',
    'DROP TRIGGER IF EXISTS g',
    'DROP INDEX IF EXISTS ia',
    'ALTER TABLE b RENAME TO b2',
    'ALTER TABLE b2 RENAME TO b',
    'DROP TABLE c',
    SCHEMA[2] as string,
    'CREATE VIEW IF NOT EXISTS v AS SELECT a.x, b.y FROM a LEFT JOIN b ON b.a = a.id',
    'DROP VIEW IF EXISTS v',
    'CREATE UNIQUE INDEX IF NOT EXISTS u ON b (x COLLATE NOCASE)',
    'DROP INDEX IF EXISTS u',
    'CREATE TABLE IF NOT EXISTS pragma_table_xinfo (x)',
    'CREATE TABLE IF NOT EXISTS pragma_table_list (x)',
    'DROP TRIGGER IF EXISTS sys_row_change_1_insert',
  ),
)

const read = fixed(
  'SELECT * FROM a ORDER BY random()',
  'SELECT * FROM a, b LIMIT 3',
  'SELECT total_changes(), changes(), last_insert_rowid(), random(), CURRENT_TIME',
  "SELECT * FROM f WHERE f MATCH 'two'",
  'SELECT optimize(f) FROM f LIMIT 1',
  'SELECT page_count, freelist_count FROM pragma_page_count, pragma_freelist_count',
  'WITH r AS (SELECT max(x) AS x FROM a) SELECT * FROM r',
  'PRAGMA integrity_check',
  'EXPLAIN QUERY PLAN SELECT * FROM a, b, c WHERE a.x = b.x AND b.y = c.y',
  'EXPLAIN CREATE INDEX k ON b (x)',
  'SELECT * FROM sqlite_temp_schema',
)

const statement = fc.oneof(
  { weight: 12, arbitrary: write },
  { weight: 3, arbitrary: ddl },
  { weight: 2, arbitrary: read },
)

/** What a local read may be asked: anything. */
const question = fc.oneof(
  statement,
  statement.map((asked) => ({ ...asked, sql: `EXPLAIN ${asked.sql}` })),
  statement.map((asked) => ({ ...asked, sql: `explain query plan ${asked.sql}` })),
)

const command = fc.record({
  namespace: fc.constant('n'),
  mode: fc.constantFrom(
    'execute' as const,
    'execute' as const,
    'request' as const,
    'request' as const,
    'query' as const,
  ),
  transaction: fc.boolean(),
  statements: fc.array(statement, { minLength: 1, maxLength: 4 }),
  timeMs: fc.integer({ min: 0, max: 4e12 }),
  seed: fc.integer({ min: 0, max: 0xffff_ffff }),
  // Often enough for all, or for none of it, or for half.
  stepsMax: fc.oneof(
    fc.constantFrom(0, 1_000_000),
    fc.integer({ min: 1, max: 60 }),
    fc.integer({ min: 1, max: 3_000 }),
  ),
  qualifyColumns: fc.boolean(),
})

/** What is captured from an entry on, if that changes there. */
const capture = fc.oneof(
  { weight: 8, arbitrary: fc.constant('as before' as const) },
  { weight: 1, arbitrary: fc.constant('nothing' as const) },
  {
    weight: 2,
    arbitrary: fc.record({
      serviceId: fc.constant(''),
      rowIdsOnly: fc.boolean(),
      tableFilter: fc.constantFrom('', '(?i)^[AC]'),
    }),
  },
)

const disturbance = fc.oneof(
  { weight: 3, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant('lose the connection' as const) },
  { weight: 1, arbitrary: fc.constant('restart from a snapshot' as const) },
  { weight: 1, arbitrary: fc.constant('compute a digest' as const) },
  { weight: 3, arbitrary: fc.array(question, { minLength: 1, maxLength: 4 }) },
)

/** Attempts at one of a few requests, so that some are repeated; or at nothing that could be. */
const request = fc.option(
  fc.integer({ min: 0, max: 20 }).map((i) => ({ id: `request ${i}`.padEnd(16), since: 0, timeMs: 0 })),
  { nil: undefined },
)

type Disturbance =
  | undefined
  | 'lose the connection'
  | 'restart from a snapshot'
  | 'compute a digest'
  | SqlStatement[]

function disturb(engine: SqlEngine, what: Disturbance): void {
  if (what === 'lose the connection') engine.dropSessions()
  else if (what === 'restart from a snapshot') restoreInto(engine, capturedBy(engine))
  else if (what === 'compute a digest') digestOf(engine)
  else if (what !== undefined) {
    engine.query('n', what)
    engine.classify('n', what)
  }
}

function capturedBy(engine: SqlEngine): Buffer {
  const capture = engine.capture()
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  capture.release()
  return Buffer.concat(chunks)
}

function restoreInto(engine: SqlEngine, bytes: Uint8Array): void {
  const restore = engine.restore()
  restore.push(bytes)
  restore.finish()
}

function digestOf(engine: SqlEngine): string {
  const digest = engine.digest()
  let hex = digest.step()
  while (hex === undefined) hex = digest.step()
  digest.release()
  return hex
}

function withoutTime(outcome: RequestOutcome<readonly SqlResult[]> | undefined): unknown {
  if (outcome?.kind !== 'done') return outcome
  const result = outcome.result.map((each) => ('time' in each ? { ...each, time: 0 } : each))
  return { ...outcome, result }
}

/** So that more than a few commands find something. */
const setUp: SqlApplyItem = {
  index: 1,
  wantResults: false,
  command: {
    namespace: 'n',
    mode: 'execute',
    transaction: false,
    statements: [...SCHEMA, "INSERT INTO a (x) VALUES ('p'), ('q'), (11)", TRIGGER].map((sql) => stmt(sql)),
    timeMs: 0,
    seed: 1,
  },
}

describe('sql determinism', () => {
  it('replicas that apply the same commands stay the same, whatever else happens to them', async () => {
    const step = fc.record({ command, request, disturbance, capture })
    const program = fc.array(step, { minLength: 1, maxLength: 30, size: 'max' })
    await fc.assert(
      fc.asyncProperty(program, fc.boolean(), fc.boolean(), async (steps, foreignKeys, captures) => {
        await turn() // lets go of the engines of the run before
        let clock = 0
        const [plain, disturbed, batched] = [0, 1, 2].map(
          (i) => new SqlEngine({ binary, now: () => i * 1e12 + clock++ }, { foreignKeys }),
        ) as [SqlEngine, SqlEngine, SqlEngine]
        const engines = [plain, disturbed, batched]
        const items = steps.map((each, i) => ({
          index: i + 2,
          command: each.command,
          request: each.request,
          wantResults: true,
        }))

        const settings = { serviceId: '', rowIdsOnly: false, tableFilter: '' }
        if (captures) for (const engine of engines) engine.configureChanges(settings, 1)
        const configure = (engine: SqlEngine, i: number): void => {
          const wanted = steps[i]?.capture ?? 'as before'
          if (wanted !== 'as before') {
            engine.configureChanges(wanted === 'nothing' ? undefined : wanted, i + 1)
          }
        }

        plain.apply([setUp])
        const expected = items.map((item, i) => {
          configure(plain, i)
          return withoutTime(plain.apply([item])[0])
        })
        disturbed.apply([setUp])
        for (const [i, item] of items.entries()) {
          disturb(disturbed, steps[i]?.disturbance)
          configure(disturbed, i)
          const results = withoutTime(disturbed.apply([item])[0])
          if (!isDeepStrictEqual(results, expected[i])) expect(results).toEqual(expected[i]) // which is slow
        }
        // Nobody waits for these, which must not change what they do.
        let batch = [setUp]
        for (const [i, item] of items.entries()) {
          if (steps[i]?.capture !== 'as before') {
            batched.apply(batch)
            batch = []
            configure(batched, i)
          }
          batch.push({ ...item, wantResults: i % 4 === 0 })
        }
        batched.apply(batch)

        const state = capturedBy(plain)
        expect(capturedBy(disturbed).equals(state)).toBe(true)
        expect(capturedBy(batched).equals(state)).toBe(true)

        const restored = new SqlEngine({ binary }, { foreignKeys })
        restoreInto(restored, state)
        const digest = digestOf(restored)
        for (const engine of engines) expect(digestOf(engine)).toBe(digest)
      }),
      { numRuns: 30 },
    )
  })

  it('what is carried out again, in an instance of its own, comes to the same', async () => {
    const step = fc.record({ command, request })
    await fc.assert(
      fc.asyncProperty(
        fc.array(step, { maxLength: 10, size: 'max' }),
        fc.boolean(),
        async (steps, captures) => {
          await turn()
          const [plain, careful] = [binary, large].map((build) => new SqlEngine({ binary: build })) as [
            SqlEngine,
            SqlEngine,
          ]
          const settings = { serviceId: '', rowIdsOnly: false, tableFilter: '' }
          const items = steps.map((each, i) => ({ index: i + 2, ...each, wantResults: true }))
          const [expected, results] = [plain, careful].map((engine) => {
            if (captures) engine.configureChanges(settings, 1)
            return [setUp, ...items].map((item) => withoutTime(engine.apply([item])[0]))
          })
          expect(results).toEqual(expected)
          expect(capturedBy(careful).equals(capturedBy(plain))).toBe(true)
        },
      ),
      { numRuns: 10 },
    )
  })
})
