import { describe, expect, it } from 'vitest'
import { error, resultsOf, type Statement, stmt, TestEngine, write } from './support.ts'

function engineWith(...statements: string[]): TestEngine {
  const engine = new TestEngine()
  for (const result of engine.execute(...statements)) expect(result.kind).toBe('write')
  return engine
}

function transaction(engine: TestEngine, ...statements: Statement[]): readonly unknown[] {
  return engine.apply(statements, { transaction: true })
}

const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, x)'

describe('sql transactions', () => {
  it('all or nothing - an error undoes everything and ends the list', () => {
    const engine = engineWith(TABLE)
    expect(
      transaction(
        engine,
        'INSERT INTO t (id) VALUES (1)',
        'CREATE TABLE u (x)',
        'INSERT INTO t (id) VALUES (1)',
        'INSERT INTO t (id) VALUES (2)',
      ),
    ).toEqual([write(1, 1), write(1, 1), error('UNIQUE constraint failed: t.id')])
    expect(engine.rows('SELECT name FROM sqlite_schema')).toEqual([['t']])
    expect(engine.value('SELECT count(*) FROM t')).toBe(0)
  })

  it.each([
    ['does not compile', 'INSERT INTO nope VALUES (1)', 'no such table: nope'],
    ['is refused', 'BEGIN', /^BEGIN is not supported/],
    ['lacks a parameter', 'INSERT INTO t (x) VALUES (?)', /^not enough args/],
    ['fails in the middle of a string', 'DELETE FROM t; INSERT INTO nope VALUES (1)', 'no such table: nope'],
    ['cannot run in a transaction', 'VACUUM', 'cannot VACUUM from within a transaction'],
    ['has changed some rows already', 'INSERT OR FAIL INTO t VALUES (8, 1), (8, 2)', /^UNIQUE/],
    ['has rolled back itself', 'INSERT OR ROLLBACK INTO t VALUES (7, 1)', /^UNIQUE/],
    ['fails with RETURNING', 'INSERT INTO t VALUES (7, 1) RETURNING *', /^UNIQUE/],
  ])('all or nothing - a statement that %s aborts it, in every mode', (_, sql, message) => {
    for (const mode of ['execute', 'request'] as const) {
      const engine = engineWith(TABLE, 'INSERT INTO t (id) VALUES (99)')
      const results = engine.apply(['INSERT INTO t (id) VALUES (7)', sql, 'SELECT 1'], {
        mode,
        transaction: true,
      })
      expect(results).toMatchObject([write(7, 1), { kind: 'error', message: expect.stringMatching(message) }])
      expect(engine.rows('SELECT id FROM t')).toEqual([[99]])
      expect(engine.execute('INSERT INTO t (id) VALUES (1)')).toEqual([write(1, 1)])
    }
  })

  it('all or nothing - everything is there when nothing fails', () => {
    const engine = engineWith(TABLE)
    const results = engine.apply(
      [
        'INSERT INTO t (x) VALUES (5)',
        'SELECT x FROM t',
        '',
        'CREATE INDEX i ON t (x)',
        'PRAGMA user_version = 3',
      ],
      { mode: 'request', transaction: true },
    )
    expect(results).toMatchObject([write(1, 1), { values: [[5]] }, write(1, 1), write(1, 1)])
    expect(engine.value('PRAGMA user_version')).toBe(3)
    expect(engine.apply([], { transaction: true })).toEqual([])
    expect(engine.apply(['', ''], { transaction: true })).toEqual([])
  })

  it('standing alone - OR ROLLBACK and RAISE(ROLLBACK) undo their own statement only', () => {
    const engine = engineWith(
      TABLE,
      'CREATE TABLE u (x)',
      "CREATE TRIGGER r AFTER INSERT ON u WHEN new.x = 2 BEGIN SELECT raise(ROLLBACK, 'not two'); END",
    )
    expect(
      engine.execute(
        'INSERT INTO t (id) VALUES (1)',
        'INSERT OR ROLLBACK INTO t (id) VALUES (2), (1)',
        'INSERT INTO u VALUES (1), (2)',
        'INSERT INTO u VALUES (3)',
      ),
    ).toEqual([write(1, 1), error('UNIQUE constraint failed: t.id'), error('not two'), write(1, 1)])
    expect(engine.rows('SELECT id FROM t')).toEqual([[1]])
    expect(engine.rows('SELECT x FROM u')).toEqual([[3]])
  })

  it('standing alone - OR FAIL keeps what it did before it failed', () => {
    const engine = engineWith(TABLE)
    expect(engine.execute('INSERT OR FAIL INTO t (id) VALUES (1), (2), (1), (3)')).toEqual([
      error('UNIQUE constraint failed: t.id'),
    ])
    expect(engine.rows('SELECT id FROM t')).toEqual([[1], [2]])
  })

  it('items - one does not undo another, whatever it does', () => {
    const engine = new TestEngine()
    const item = (index: number, transactional: boolean, ...sql: string[]) => ({
      index,
      wantResults: true,
      command: {
        namespace: index === 3 ? 'other' : 'default',
        mode: 'execute' as const,
        statements: sql.map((text) => stmt(text)),
        transaction: transactional,
        timeMs: 0,
        seed: index,
      },
    })
    const results = engine.engine.apply([
      item(1, false, TABLE),
      item(2, true, 'INSERT INTO t VALUES (1, 1)'),
      item(3, false, TABLE, 'INSERT INTO t VALUES (1, 3)'),
      item(4, false, 'INSERT OR ROLLBACK INTO t VALUES (2, 4), (1, 4)'),
      item(5, true, 'INSERT INTO t VALUES (3, 5)', 'INSERT OR ROLLBACK INTO t VALUES (1, 5)'),
      item(6, false, 'INSERT INTO t VALUES (4, 6)', 'VACUUM'),
    ])
    expect(results.map((outcome) => resultsOf(outcome).map(({ kind }) => kind))).toEqual([
      ['write'],
      ['write'],
      ['write', 'write'],
      ['error'],
      ['write', 'error'],
      ['write', 'write'],
    ])
    expect(engine.rows('SELECT * FROM t')).toEqual([
      [1, 1],
      [4, 6],
    ])
    expect(engine.engine.query('other', [stmt('SELECT * FROM t')])).toMatchObject([{ values: [[1, 3]] }])
  })

  it('items - nothing comes back where nobody waits', () => {
    const engine = engineWith(TABLE)
    const command = {
      namespace: 'default',
      mode: 'request' as const,
      statements: [stmt('INSERT INTO t (x) VALUES (1) RETURNING *'), stmt('SELECT * FROM t')],
      transaction: false,
      timeMs: 0,
      seed: 0,
    }
    expect(engine.engine.apply([{ index: 1, command, wantResults: false }])).toEqual([
      { kind: 'done', index: 1, result: [] },
    ])
    expect(engine.value('SELECT count(*) FROM t')).toBe(1)
  })
})

describe('sql VACUUM', () => {
  it('shrinks the file and keeps its contents', () => {
    const engine = engineWith('CREATE TABLE t (x)')
    engine.execute(
      stmt('INSERT INTO t VALUES (?)', [new Uint8Array(300_000)]),
      'DELETE FROM t',
      'INSERT INTO t VALUES (1)',
    )
    const [before] = engine.engine.stats().namespaces
    expect(engine.execute('VACUUM')).toEqual([write(1, 1)])
    const [after] = engine.engine.stats().namespaces
    expect(before?.sizeBytes).toBeGreaterThan(300_000)
    expect(after?.sizeBytes).toBe(8192)
    expect(engine.rows('SELECT x FROM t')).toEqual([[1]])
  })
})

describe('sql foreign keys', () => {
  const TABLES = [
    'CREATE TABLE parent (id INTEGER PRIMARY KEY)',
    'CREATE TABLE child (parent REFERENCES parent (id))',
    'CREATE TABLE later (parent REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)',
  ]

  it('are off unless asked for', () => {
    const engine = engineWith(...TABLES)
    expect(engine.execute('INSERT INTO child VALUES (1)')).toEqual([write(1, 1)])
    expect(engine.value('PRAGMA foreign_keys')).toBe(0)
  })

  it('are enforced, also by a connection that was opened anew', () => {
    const engine = new TestEngine({ foreignKeys: true })
    engine.execute(...TABLES)
    engine.engine.dropSessions()
    expect(engine.execute('INSERT INTO child VALUES (1)')).toEqual([error('FOREIGN KEY constraint failed')])
    expect(engine.value('PRAGMA foreign_keys')).toBe(1)
  })

  it('deferred ones are checked when the transaction ends, which then is undone', () => {
    const engine = new TestEngine({ foreignKeys: true })
    engine.execute(...TABLES)
    const insert = ['INSERT INTO later VALUES (1)', 'INSERT INTO parent VALUES (1)']
    expect(engine.execute(...insert)).toEqual([error('FOREIGN KEY constraint failed'), write(1, 1)])
    expect(transaction(engine, 'INSERT INTO parent VALUES (5)', 'INSERT INTO later VALUES (2)')).toEqual([
      write(5, 1),
      error('FOREIGN KEY constraint failed'),
    ])
    expect(engine.rows('SELECT id FROM parent')).toEqual([[1]])
    expect(transaction(engine, 'INSERT INTO later VALUES (3)', 'INSERT INTO parent VALUES (3)')).toEqual([
      write(1, 1),
      write(3, 1),
    ])
  })
})
