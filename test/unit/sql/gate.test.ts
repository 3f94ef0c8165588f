import { describe, expect, it } from 'vitest'
import { analyzeSql, findDisallowedPragma } from '../../../src/sql/gate.ts'

const TRIGGER = `CREATE TRIGGER t AFTER INSERT ON a BEGIN
  UPDATE b SET x = CASE WHEN 1 THEN 2 END; DELETE FROM c WHERE s = '; END;';
END`

function segmentsOf(sql: string): string[] {
  return analyzeSql(sql).segments.map((segment) => segment.sql)
}

describe('sql gate', () => {
  it.each([
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1;', ['SELECT 1;']],
    ['SELECT 1; SELECT 2', ['SELECT 1;', ' SELECT 2']],
    [';; SELECT 1 ;;', [' SELECT 1 ;']],
    ['SELECT \';\'; SELECT ";"', ["SELECT ';';", ' SELECT ";"']],
    ['SELECT 1; -- done', ['SELECT 1;']],
    ['-- ; \nSELECT 1 /* ; */', ['-- ; \nSELECT 1 /* ; */']],
    ['', []],
    [' ; -- x\n /* y */', []],
    [`${TRIGGER}; SELECT 1`, [`${TRIGGER};`, ' SELECT 1']],
    [`EXPLAIN ${TRIGGER}; SELECT 1`, [`EXPLAIN ${TRIGGER};`, ' SELECT 1']],
    ['CREATE TABLE trigger_log (x); SELECT 1', ['CREATE TABLE trigger_log (x);', ' SELECT 1']],
  ])('statements of %j', (sql, expected) => {
    expect(segmentsOf(sql)).toEqual(expected)
  })

  it.each([
    ['SELECT 1', 'select', 'read', false],
    ['values (1)', 'values', 'read', false],
    ['INSERT INTO t VALUES (1)', 'insert', 'write', false],
    ['REPLACE INTO t VALUES (1)', 'replace', 'write', false],
    ['UPDATE t SET x = 1', 'update', 'write', false],
    ['DELETE FROM t', 'delete', 'write', false],
    ['WITH a AS (SELECT 1) SELECT * FROM a', 'with', 'ask', false],
    ['CREATE TABLE t (x)', 'create', 'write', true],
    ['ANALYZE', 'analyze', 'write', true],
    ['VACUUM', 'vacuum', 'write', true],
    ['PRAGMA table_info(t)', 'pragma', 'read', false],
    ['PRAGMA user_version = 3', 'pragma', 'write', true],
    ['EXPLAIN DROP TABLE t', 'drop', 'read', true],
    ['EXPLAIN DELETE FROM sqlite_stat1', 'delete', 'read', false],
    ['EXPLAIN QUERY PLAN SELECT 1', 'select', 'read', false],
    ['DELETE FROM sqlite_stat1', 'delete', 'write', true],
    ['WITH a AS (SELECT 1) DELETE FROM "SQLITE_STAT1"', 'with', 'ask', true],
    ['nonsense', 'nonsense', 'ask', false],
  ])('%s - %s: %s, reshapes %s', (sql, verb, effect, reshapes) => {
    const { segments, refusal } = analyzeSql(sql)
    expect(refusal).toBeUndefined()
    expect(segments).toMatchObject([{ verb, effect, reshapes, explain: sql.startsWith('EXPLAIN') }])
  })

  it.each([
    'BEGIN',
    'begin immediate transaction',
    'COMMIT',
    'END TRANSACTION',
    'ROLLBACK',
    'ROLLBACK TO x',
    'SAVEPOINT x',
    'RELEASE x',
    '/* hi */ BEGIN',
    'SELECT 1; COMMIT',
    'EXPLAIN BEGIN',
    `${TRIGGER}; END`,
  ])('transactions - %j is refused with a hint', (sql) => {
    expect(analyzeSql(sql).refusal).toMatch(/is not supported: use the transaction option/)
  })

  it.each([
    ["ATTACH 'x' AS y", /^ATTACH is not supported/],
    ['DETACH y', /^DETACH is not supported/],
    ["VACUUM INTO 'x'", /^VACUUM INTO/],
    ["VACUUM main INTO 'x'", /^VACUUM INTO/],
    ['CREATE TEMP TABLE t (x)', /^temporary objects/],
    ['create temporary view v AS SELECT 1', /^temporary objects/],
    ['CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN SELECT 1; END', /^temporary objects/],
    ['CREATE TABLE temp.t (x)', /^temporary objects/],
    ['CREATE TABLE IF NOT EXISTS "TEMP" . t (x)', /^temporary objects/],
    ['CREATE UNIQUE INDEX temp.i ON t (x)', /^temporary objects/],
    ['CREATE VIRTUAL TABLE temp.t USING fts4(x)', /^temporary objects/],
    ["SELECT load_extension('x')", /^load_extension/],
    ['SELECT "load_extension" (\'x\')', /^load_extension/],
    ["SELECT fts3_tokenizer('simple', ?)", /fts3_tokenizer\(\) are not supported/],
    ['CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM sqlite_stat1; END', /statistics/],
    ['SELECT 1 \0; PRAGMA foreign_keys = 1', /NUL/],
  ])('outside the replicated state - %j is refused', (sql, reason) => {
    expect(analyzeSql(sql).refusal).toMatch(reason)
  })

  it.each([
    'SELECT temp FROM t',
    'SELECT temp.x FROM t AS temp',
    'CREATE TABLE temp (x)',
    "INSERT INTO t VALUES ('BEGIN'), ('load_extension(')",
    'SELECT load_extension FROM t',
    'SELECT "begin" FROM "commit"',
    'CREATE TABLE t AS SELECT 1 AS into_x',
    'SELECT * FROM sqlite_stat1',
  ])('words in other places - %j passes', (sql) => {
    expect(analyzeSql(sql).refusal).toBeUndefined()
  })

  it.each([
    'foreign_keys = ON',
    'foreign_keys(1)',
    'main.foreign_keys = 0',
    '"foreign_keys" = 1',
    'case_sensitive_like = 1',
    'writable_schema = 1',
    'cache_spill = 0',
    'temp_store = 1',
    'encoding = "UTF-16"',
    'page_size = 512',
    'recursive_triggers = 1',
    'optimize',
    'analysis_limit = 10',
    'incremental_vacuum',
    'shrink_memory',
    'data_version',
    'no_such_pragma',
  ])('pragmas - %s is refused, behind EXPLAIN, too', (pragma) => {
    expect(analyzeSql(`PRAGMA ${pragma}`).refusal).toMatch(/^PRAGMA \w+ is not supported/)
    expect(analyzeSql(`EXPLAIN PRAGMA ${pragma}`).refusal).toMatch(/^PRAGMA/)
    expect(analyzeSql(`SELECT 1; /* x */ pragma ${pragma};`).refusal).toMatch(/^PRAGMA/)
  })

  it.each([
    'foreign_keys',
    'main.journal_mode',
    'table_info(t)',
    "table_info = 't'",
    'main.index_list(t)',
    'integrity_check',
    'quick_check(3)',
    'user_version',
    'user_version = 7',
    'application_id = -1',
  ])('pragmas - %s passes', (pragma) => {
    expect(analyzeSql(`PRAGMA ${pragma}`).refusal).toBeUndefined()
  })

  it.each([
    "SELECT * FROM pragma_cache_size('100')",
    'SELECT * FROM "pragma_journal_mode"',
    "SELECT * FROM 'pragma_optimize'",
    'CREATE VIEW v AS SELECT * FROM pragma_optimize',
    'INSERT INTO t SELECT * FROM pragma_data_version',
    'SELECT * FROM pragma_page_size(512)',
    'SELECT * FROM pragma_page_size WHERE arg = 512',
    'SELECT * FROM pragma_page_size JOIN t USING ("Arg")',
  ])('pragma tables - %s is refused', (sql) => {
    expect(analyzeSql(sql).refusal).toMatch(/^pragma_/)
  })

  it.each([
    "SELECT * FROM pragma_table_info('t')",
    'SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()',
    'SELECT page_size FROM pragma_page_size',
    'SELECT pragma_note FROM t',
    'SELECT arg FROM t',
  ])('pragma tables - %s passes', (sql) => {
    expect(analyzeSql(sql).refusal).toBeUndefined()
  })

  it.each([
    ['PRAGMA journal_mode = DELETE', 'journal_mode'],
    ['PRAGMA journal_mode(delete)', 'journal_mode'],
    ['-- hello\nPRAGMA main.synchronous=1', 'synchronous'],
    ['SELECT 1; pragma query_only = 1', 'query_only'],
    ['PRAGMA wal_autocheckpoint=1', 'wal_autocheckpoint'],
    ['PRAGMA wal_checkpoint', 'wal_checkpoint'],
    ['PRAGMA wal_checkpoint(FULL)', 'wal_checkpoint'],
    ['EXPLAIN PRAGMA journal_mode=wal', 'journal_mode'],
    ['PRAGMA journal_mode', undefined],
    ['PRAGMA synchronous', undefined],
    ['PRAGMA foreign_keys = 1', undefined],
    ["SELECT 'PRAGMA journal_mode = DELETE'", undefined],
    ['-- PRAGMA journal_mode = DELETE', undefined],
  ])("rqlite's disallowed pragmas - %j", (sql, expected) => {
    expect(findDisallowedPragma([{ sql: 'SELECT 1' }, { sql }])).toBe(expected)
  })
})
