/** However statements are put together, they cannot get past the gate. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { loadSqliteBinary, SqlEngine, type SqlResult, type SqlStatement } from '../../src/sql/index.ts'

const NAMESPACE = 'n'

const KEYWORDS = `PRAGMA EXPLAIN QUERY PLAN BEGIN COMMIT END ROLLBACK SAVEPOINT RELEASE TEMP CREATE TABLE TRIGGER
  SELECT INSERT DELETE FROM INTO VALUES WITH AS ATTACH DETACH VACUUM WHERE CASE WHEN THEN AFTER ON a main temp x 1`
const PHRASES = [
  'foreign_keys = 1',
  'foreign_keys(1)',
  'journal_mode = off',
  'case_sensitive_like = 1',
  'recursive_triggers = 1',
  'query_only = 1',
  'writable_schema = 1',
  'PRAGMA cache_size = 7',
  'CREATE TRIGGER t AFTER INSERT ON a BEGIN',
  'SELECT 1',
  'INSERT INTO a VALUES (1)',
  'DELETE FROM a',
  "ATTACH 'f' AS g",
  'w AS (SELECT 1)',
  'SELECT * FROM',
  'pragma_cache_size(7)',
  "'pragma_journal_mode'('off')",
  'pragma_page_size',
  'arg = 512',
  '; END;',
]
const MARKS = [
  ';',
  ';',
  ';',
  ' ',
  '\n',
  '\t',
  '\v',
  '\ufeff',
  '\u00a0',
  'é',
  '\\',
  "'",
  '"',
  '`',
  '[',
  ']',
  '(',
  ')',
  ',',
  '.',
  '=',
  '--',
  '/*',
  '*/',
  '/**/',
  '/*/',
  '->>',
  '$a(',
  ':b',
  '@c',
  '?',
  '?1',
  '#',
  "x'00'",
  "X'zz",
  '1e5',
  '{',
  '\u0001',
]

const soup = fc
  .array(
    fc.tuple(
      fc.constantFrom(...KEYWORDS.split(/\s+/), ...PHRASES, ...PHRASES, ...MARKS),
      fc.constantFrom(' ', ' ', ''),
    ),
    {
      minLength: 1,
      maxLength: 10,
    },
  )
  .map((parts) => parts.flat().join(''))

function stmt(sql: string): SqlStatement {
  return { sql, positional: [1, 2, 3, 4], named: {} }
}

/** Everything a connection can be set to, and the one thing that can be stored in it. */
function settingsOf(engine: SqlEngine): Map<string, SqlResult> {
  const changing = [
    'application_id',
    'database_list', // `temp` shows once a temporary table was looked for
    'freelist_count',
    'page_count',
    'schema_version',
    'table_list',
    'user_version',
  ]
  const [list] = engine.query(NAMESPACE, [stmt('PRAGMA pragma_list')])
  if (list?.kind !== 'rows') throw new Error('no list of pragmas')
  const names = list.values.map(([name]) => String(name)).filter((name) => !changing.includes(name))
  const results = engine.query(
    NAMESPACE,
    names.map((name) => stmt(`PRAGMA ${name}`)),
  )
  return new Map(names.map((name, i) => [name, { ...(results[i] as SqlResult), time: 0 }]))
}

describe('sql gate', () => {
  it('no text leaves a connection changed, a transaction open, or statements unexamined', () => {
    const engine = new SqlEngine({ binary: loadSqliteBinary() })
    const apply = (sql: string, mode: 'execute' | 'request', transaction: boolean): readonly SqlResult[] => {
      const command = { namespace: NAMESPACE, mode, statements: [stmt(sql)], transaction, timeMs: 0, seed: 0 }
      const [outcome] = engine.apply([{ index: 1, command, wantResults: true }])
      return outcome?.kind === 'done' ? outcome.result : []
    }
    apply('CREATE TABLE a (x)', 'execute', false)
    const settings = settingsOf(engine)
    let ran = 0
    fc.assert(
      fc.property(soup, fc.constantFrom('execute', 'request', 'query'), fc.boolean(), (sql, mode, all) => {
        const results = mode === 'query' ? engine.query(NAMESPACE, [stmt(sql)]) : apply(sql, mode, all)
        for (const result of results) {
          if (result.kind !== 'error') ran++
          else
            expect(result.message).not.toMatch(
              all ? /cannot tell where/ : /cannot tell where|within a transaction$/,
            )
        }
        expect(settingsOf(engine)).toEqual(settings)
        expect(apply('SELECT 1', 'request', true)).toMatchObject([{ kind: 'rows' }])
      }),
      { numRuns: 600 },
    )
    expect(ran).toBeGreaterThan(0)
  })
})
