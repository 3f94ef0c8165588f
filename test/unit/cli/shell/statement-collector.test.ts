import { describe, expect, test } from 'vitest'
import { StatementCollector } from '../../../../src/cli/shell/statement-collector.ts'

/** What each line makes ready: statements, or undefined while one is open. */
function collect(...lines: string[]): (readonly string[] | undefined)[] {
  const collector = new StatementCollector()
  return lines.map((line) => {
    collector.push(line)
    return collector.open ? undefined : collector.take()
  })
}

describe('statements of a line', () => {
  test.each<[string, string[]]>([
    ['SELECT 1', ['SELECT 1']],
    ['SELECT 1;', ['SELECT 1;']],
    ['  SELECT 1 ; SELECT 2', ['SELECT 1 ;', 'SELECT 2']],
    ['', []],
    [' ; ;; ', []],
    ['-- nothing', []],
    ['/* nothing */ ;', []],
    ['SELECT 1; -- done', ['SELECT 1;']],
    ['SELECT \';\', ";", `;`, [;]; SELECT 2', ['SELECT \';\', ";", `;`, [;];', 'SELECT 2']],
    ["SELECT 'it''s; one'", ["SELECT 'it''s; one'"]],
    ['SELECT 1 /* ; */ + 2; SELECT 3', ['SELECT 1 /* ; */ + 2;', 'SELECT 3']],
    ['SELECT 1 -- ; SELECT 2', ['SELECT 1 -- ; SELECT 2']],
    ['SELECT 1)); SELECT 2', ['SELECT 1));', 'SELECT 2']],
    ['SELECT (1; SELECT 2', ['SELECT (1;', 'SELECT 2']],
    ['SELECT 日本; SELECT ä', ['SELECT 日本;', 'SELECT ä']],
    [
      'CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT 1; END; SELECT 2',
      ['CREATE TRIGGER t AFTER INSERT ON a BEGIN DELETE FROM b; SELECT 1; END;', 'SELECT 2'],
    ],
    [
      'explain create temp trigger t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END',
      ['explain create temp trigger t AFTER INSERT ON a BEGIN SELECT CASE 1 WHEN 1 THEN 2 END; END'],
    ],
    ['CREATE TABLE trigger_log (a); SELECT 1', ['CREATE TABLE trigger_log (a);', 'SELECT 1']],
  ])('%s', (line, statements) => {
    expect(collect(line)).toEqual([statements])
  })
})

describe('several lines', () => {
  test.each<[string, string[]]>([
    ['parenthesis', ['CREATE TABLE t (', '  a, -- the (first', '  b', ')']],
    ['text', ["SELECT 'a", "b;' || ';", "c'"]],
    ['identifier', ['SELECT "a', 'b"']],
    ['comment', ['SELECT 1 /* one', 'two ; */ + 1']],
    ['trigger', ['CREATE TRIGGER t AFTER INSERT ON a', 'BEGIN', '  DELETE FROM b;', 'END']],
  ])('an open %s - goes on', (_, lines) => {
    expect(collect(...lines)).toEqual([...lines.slice(1).map(() => undefined), [lines.join('\n')]])
  })

  test('nothing open - each is its own', () => {
    expect(collect('SELECT 1', 'FROM t', '', 'SELECT 2;')).toEqual([
      ['SELECT 1'],
      ['FROM t'],
      [],
      ['SELECT 2;'],
    ])
  })

  test('an end within a line - the rest begins another', () => {
    expect(collect('SELECT (1,', '2); SELECT (3,', '4)')).toEqual([
      undefined,
      undefined,
      ['SELECT (1,\n2);', 'SELECT (3,\n4)'],
    ])
  })

  test('clear - forgets what is open', () => {
    const collector = new StatementCollector()
    collector.push("SELECT 1; SELECT 'open")
    expect([collector.open, collector.empty]).toEqual([true, false])
    collector.clear()
    expect([collector.open, collector.empty, collector.take()]).toEqual([false, true, []])
  })

  test('unfinished - what stands behind the last semicolon', () => {
    const collector = new StatementCollector()
    collector.push('SELECT 1; SELECT a')
    expect([collector.hasUnfinished, collector.unfinished]).toEqual([true, 'SELECT a'])
    collector.push('; -- done')
    expect([collector.hasUnfinished, collector.unfinished]).toEqual([false, ''])
  })

  test('too long - is refused, and forgotten', () => {
    const collector = new StatementCollector()
    collector.push('SELECT (')
    expect(() => collector.push(' '.repeat(64 * 1024 * 1024))).toThrow(
      'a statement of more than 64 Mi characters',
    )
    expect(collector.empty).toBe(true)
  })
})
