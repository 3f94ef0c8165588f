import { describe, expect, test } from 'vitest'
import { emptyDatabase } from '../../../src/sql/database-image.ts'
import { restoreInto, type Statement, stmt, TestEngine } from './support.ts'

const SETTINGS = { serviceId: '', rowIdsOnly: false, tableFilter: '' }
const ALL = { bytesMax: 1e9, messagesMax: 1e9 }

function capturing(settings: Partial<typeof SETTINGS> = {}, ...schema: Statement[]): TestEngine {
  const engine = new TestEngine()
  engine.execute(...schema)
  engine.engine.configureChanges({ ...SETTINGS, ...settings }, 1)
  return engine
}

interface Told {
  readonly index: number
  readonly namespace: string
  readonly events: readonly Record<string, unknown>[]
}

function told(engine: TestEngine, after = 0): Told[] {
  return engine.engine.changes(after, ALL).messages.map(({ index, namespace, events }) => ({
    index,
    namespace,
    events: JSON.parse(Buffer.from(events).toString()) as Told['events'],
  }))
}

/** The events of the newest message, which must be of the newest entry. */
function events(engine: TestEngine, index: number): Told['events'] {
  return told(engine).find((message) => message.index === index)?.events ?? []
}

const TABLE = 'CREATE TABLE t (id INTEGER PRIMARY KEY, x)'

describe('changes', () => {
  test('changes - an entry is a message with the rows it changed', () => {
    const engine = capturing({}, TABLE)
    engine.execute("INSERT INTO t (x) VALUES ('a'), ('b')")
    engine.execute("UPDATE t SET x = 'c', id = 9 WHERE id = 2", 'DELETE FROM t WHERE id = 1')
    expect(told(engine)).toEqual([
      {
        index: 2,
        namespace: 'default',
        events: [
          { op: 'INSERT', table: 't', new_row_id: 1, after: { id: 1, x: 'a' } },
          { op: 'INSERT', table: 't', new_row_id: 2, after: { id: 2, x: 'b' } },
        ],
      },
      {
        index: 3,
        namespace: 'default',
        events: [
          {
            op: 'UPDATE',
            table: 't',
            new_row_id: 9,
            old_row_id: 2,
            before: { id: 2, x: 'b' },
            after: { id: 9, x: 'c' },
          },
          { op: 'DELETE', table: 't', old_row_id: 1, before: { id: 1, x: 'a' } },
        ],
      },
    ])
  })

  test('changes - none for what changes no row', () => {
    const engine = capturing({}, TABLE)
    engine.execute(
      'CREATE TABLE u (x)',
      'CREATE INDEX i ON u (x)',
      'UPDATE t SET x = 1',
      'SELECT 1',
      'nonsense',
    )
    engine.request('SELECT 1')
    engine.execute('INSERT INTO t (id) VALUES (1)', 'DROP TABLE t')
    expect(told(engine).map(({ index }) => index)).toEqual([4])
    engine.apply(['DELETE FROM u'], { mode: 'query' })
    expect(told(engine)).toHaveLength(1)
  })

  test('changes - values are told exactly', () => {
    const engine = capturing({}, 'CREATE TABLE v (a, b, c, d, e, f, "g""h", i REAL)')
    engine.execute(
      stmt('INSERT INTO v VALUES (?, ?, ?, ?, ?, ?, ?, ?)', [
        9223372036854775807n,
        -9223372036854775808n,
        1.5,
        new Uint8Array([0, 255, 1]),
        null,
        'tëxt\0"\n',
        { real: Number.POSITIVE_INFINITY },
        3,
      ]),
    )
    const text = Buffer.from(engine.engine.changes(0, ALL).messages[0]?.events ?? []).toString()
    expect(text).toBe(
      '[{"op":"INSERT","table":"v","new_row_id":1,"after":{"a":9223372036854775807,' +
        '"b":-9223372036854775808,"c":1.5,"d":"AP8B","e":null,"f":"tëxt\\u0000\\"\\n","g\\"h":"Infinity","i":3}}]',
    )
  })

  test('changes - every table, however it is made', () => {
    const columns = Array.from({ length: 250 }, (_, i) => `c${i}`)
    const engine = capturing(
      {},
      'CREATE TABLE w (k PRIMARY KEY, v) WITHOUT ROWID',
      'CREATE TABLE g (a, b AS (a + 1), c AS (a + 2) STORED)',
      'CREATE TABLE r (rowid, _rowid_, x)',
      'CREATE TABLE "odd "" name" (x)',
      'CREATE VIRTUAL TABLE f USING fts4(x)',
      'CREATE TABLE o (rowid, _rowid_, oid)',
      `CREATE TABLE wide (${columns.join()})`,
      'CREATE TABLE auto (id INTEGER PRIMARY KEY AUTOINCREMENT)',
    )
    engine.execute(
      "INSERT INTO w VALUES ('k', 1)",
      'INSERT INTO g VALUES (1)',
      'INSERT INTO r VALUES (5, 6, 7)',
      'INSERT INTO "odd "" name" VALUES (1)',
      "INSERT INTO f VALUES ('text')",
      'INSERT INTO o VALUES (1, 2, 3)',
      'INSERT INTO auto DEFAULT VALUES',
    )
    expect(events(engine, 2)).toEqual([
      { op: 'INSERT', table: 'w', after: { k: 'k', v: 1 } },
      { op: 'INSERT', table: 'g', new_row_id: 1, after: { a: 1 } },
      { op: 'INSERT', table: 'r', new_row_id: 1, after: { rowid: 5, _rowid_: 6, x: 7 } },
      { op: 'INSERT', table: 'odd " name', new_row_id: 1, after: { x: 1 } },
      { op: 'INSERT', table: 'o', after: { rowid: 1, _rowid_: 2, oid: 3 } },
      { op: 'INSERT', table: 'auto', new_row_id: 1, after: { id: 1 } },
    ])
    engine.execute(`INSERT INTO wide VALUES (${columns.map((_, i) => i).join()})`, 'UPDATE wide SET c249 = 0')
    const row = Object.fromEntries(columns.map((column, i) => [column, i]))
    expect(events(engine, 3)).toEqual([
      { op: 'INSERT', table: 'wide', new_row_id: 1, after: row },
      { op: 'UPDATE', table: 'wide', new_row_id: 1, old_row_id: 1, before: row, after: { ...row, c249: 0 } },
    ])
  })

  test('changes - rows that triggers and foreign keys change', () => {
    const engine = new TestEngine({ foreignKeys: true })
    engine.execute(
      TABLE,
      'CREATE TABLE child (t REFERENCES t (id) ON DELETE CASCADE)',
      'CREATE TABLE log (x)',
      'CREATE TRIGGER l AFTER INSERT ON t BEGIN INSERT INTO log VALUES (new.id); END',
    )
    engine.engine.configureChanges(SETTINGS, 1)
    engine.execute('INSERT INTO t (id) VALUES (1)', 'INSERT INTO child VALUES (1)')
    engine.execute('DELETE FROM t')
    const inShort = told(engine).map((message) => message.events.map(({ op, table }) => `${op} ${table}`))
    expect(inShort).toEqual([
      ['INSERT t', 'INSERT log', 'INSERT child'],
      ['DELETE child', 'DELETE t'],
    ])
  })

  test('changes - what is undone is not told', () => {
    const engine = capturing({}, 'CREATE TABLE u (x UNIQUE)', 'CREATE TABLE c (x CHECK (x < 5))')
    engine.execute('INSERT INTO u VALUES (1), (2), (1)', 'INSERT OR IGNORE INTO u VALUES (7), (7), (8)')
    expect(events(engine, 2).map(({ after }) => after)).toEqual([{ x: 7 }, { x: 8 }])
    engine.apply(['INSERT INTO u VALUES (20)', 'INSERT INTO u VALUES (7)'], { transaction: true })
    engine.execute('INSERT OR ROLLBACK INTO u VALUES (30), (7)')
    expect(told(engine).map(({ index }) => index)).toEqual([2])
    // With FAIL, what was done before the error stays.
    engine.execute('INSERT OR FAIL INTO u VALUES (40), (41), (7), (42)')
    expect(events(engine, 5).map(({ after }) => after)).toEqual([{ x: 40 }, { x: 41 }])
    // A string of statements that fails in the middle.
    engine.execute('INSERT INTO u VALUES (50); INSERT INTO c VALUES (1), (9); INSERT INTO u VALUES (51)')
    expect(events(engine, 6).map(({ after }) => after)).toEqual([{ x: 50 }])
    expect(engine.rows('SELECT x FROM u ORDER BY x').flat()).toEqual([7, 8, 40, 41, 50])
  })

  test('changes - rows that others replace are deleted first', () => {
    const engine = capturing(
      {},
      TABLE,
      'CREATE TABLE u (x COLLATE NOCASE UNIQUE, y UNIQUE)',
      'CREATE TABLE w (k PRIMARY KEY, v UNIQUE) WITHOUT ROWID',
      'CREATE TABLE r (x UNIQUE ON CONFLICT REPLACE)',
    )
    engine.execute(
      "INSERT INTO t VALUES (1, 'a')",
      "INSERT INTO u VALUES ('p', 1), ('q', 2)",
      "INSERT INTO w VALUES ('k', 1), ('l', 2)",
      'INSERT INTO r VALUES (1)',
    )
    const inShort = (index: number): unknown[] =>
      events(engine, index).map(({ op, before, after }) => [
        op,
        ...Object.values({ ...(before ?? after ?? {}) }),
      ])
    engine.execute("REPLACE INTO t VALUES (1, 'b')", "INSERT OR REPLACE INTO t (x) VALUES ('c')")
    expect(inShort(3)).toEqual([
      ['DELETE', 1, 'a'],
      ['INSERT', 1, 'b'],
      ['INSERT', 2, 'c'],
    ])
    engine.execute("REPLACE INTO u VALUES ('P', 2)")
    expect(inShort(4)).toEqual([
      ['DELETE', 'p', 1],
      ['DELETE', 'q', 2],
      ['INSERT', 'P', 2],
    ])
    engine.execute("UPDATE OR REPLACE w SET v = 2 WHERE k = 'k'")
    expect(inShort(5)).toEqual([
      ['DELETE', 'l', 2],
      ['UPDATE', 'k', 1],
    ])
    engine.execute('INSERT INTO r VALUES (1)', 'INSERT OR IGNORE INTO t VALUES (1, 9), (7, 9)')
    expect(inShort(6)).toEqual([
      ['DELETE', 1],
      ['INSERT', 1],
      ['INSERT', 7, 9],
    ])
  })

  test('changes - a deferred foreign key undoes all', () => {
    const engine = new TestEngine({ foreignKeys: true })
    engine.execute(TABLE, 'CREATE TABLE child (t REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)')
    engine.engine.configureChanges(SETTINGS, 1)
    engine.execute('INSERT INTO child VALUES (1)')
    engine.apply(['INSERT INTO t (id) VALUES (2)', 'INSERT INTO child VALUES (1)'], { transaction: true })
    expect(told(engine)).toEqual([])
  })

  test('changes - a limit that ends a statement leaves nothing of it, and one that does not changes nothing', () => {
    const engine = new TestEngine({ foreignKeys: true })
    engine.execute(TABLE, 'CREATE TABLE child (t REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)')
    engine.engine.configureChanges(SETTINGS, 1)
    const endless = 'WITH RECURSIVE r (x) AS (SELECT 10 UNION ALL SELECT x + 1 FROM r) SELECT x, 0 FROM r'
    const limited = ['INSERT INTO t (id) VALUES (1), (2)', `INSERT INTO t ${endless}`]
    const results = engine.apply(limited, { stepsMax: 20_000 })
    expect(results).toMatchObject([{ kind: 'write' }, { kind: 'error', message: 'execute timeout' }])
    expect(events(engine, 2).map(({ new_row_id }) => new_row_id)).toEqual([1, 2])
    engine.apply(['DELETE FROM t', `INSERT INTO t ${endless}`], { stepsMax: 20_000, transaction: true })
    // It is the commit that fails: the statement had done its work. Few enough steps to be counted at once.
    engine.apply(['INSERT INTO child VALUES (7), (8)'], { stepsMax: 100_000 })
    expect(told(engine).map(({ index }) => index)).toEqual([2])
    expect(engine.rows('SELECT (SELECT count(*) FROM t), (SELECT count(*) FROM child)')).toEqual([[2, 0]])
  })

  test('changes - a schema that changes in the middle', () => {
    const engine = capturing({}, TABLE)
    for (const transaction of [false, true]) {
      const name = transaction ? 'in_one' : 'one_by_one'
      engine.apply(
        [
          `CREATE TABLE ${name} (a, b)`,
          `INSERT INTO ${name} VALUES (1, 2)`,
          `ALTER TABLE ${name} DROP COLUMN a`,
          `INSERT INTO ${name} VALUES (3)`,
          `ALTER TABLE ${name} RENAME COLUMN b TO c`,
          `ALTER TABLE ${name} RENAME TO ${name}2`,
          `INSERT INTO ${name}2 VALUES (4)`,
          `DROP TABLE ${name}2`,
          'INSERT INTO t (x) VALUES (5)',
        ],
        { transaction },
      )
      const found = events(engine, transaction ? 3 : 2)
      expect(found.map(({ table, after }) => [table, after])).toEqual([
        [name, { a: 1, b: 2 }],
        [name, { b: 3 }],
        [`${name}2`, { c: 4 }],
        ['t', { id: transaction ? 2 : 1, x: 5 }],
      ])
    }
    // A schema change that is undone leaves the watch in place.
    engine.apply(['ALTER TABLE t ADD COLUMN y', 'INSERT INTO t (y) VALUES (1)', 'nonsense'], {
      transaction: true,
    })
    engine.execute('INSERT INTO t (x) VALUES (6)', 'CREATE TABLE t (x)', 'INSERT INTO t (x) VALUES (7)')
    expect(events(engine, 5).map(({ after }) => after)).toEqual([
      { id: 3, x: 6 },
      { id: 4, x: 7 },
    ])
  })

  test('changes - row ids only, and some tables only', () => {
    const engine = capturing(
      { rowIdsOnly: true, tableFilter: '^a' },
      'CREATE TABLE ab (x)',
      'CREATE TABLE ba (x)',
    )
    engine.execute('INSERT INTO ab VALUES (1)', 'INSERT INTO ba VALUES (1)', 'UPDATE ab SET x = 2, rowid = 5')
    expect(events(engine, 2)).toEqual([
      { op: 'INSERT', table: 'ab', new_row_id: 1 },
      { op: 'UPDATE', table: 'ab', new_row_id: 5, old_row_id: 1 },
    ])
  })

  test('changes - a repeated request is not told again', () => {
    const engine = capturing({}, TABLE)
    const request = { id: 'r'.repeat(16), since: 0, timeMs: 0 }
    engine.apply(['INSERT INTO t (x) VALUES (1)'], { request })
    engine.apply(['INSERT INTO t (x) VALUES (1)'], { request })
    expect(told(engine).map(({ index }) => index)).toEqual([2])
  })

  test('changes - leave what statements tell as it is', () => {
    const tell = 'SELECT last_insert_rowid(), changes(), total_changes()'
    const statements = [
      'INSERT INTO t (x) VALUES (1), (2)',
      'UPDATE t SET x = total_changes() + changes()',
      'INSERT INTO t (x) VALUES (total_changes()) RETURNING *',
      'CREATE TABLE n (x)',
      'DELETE FROM t WHERE id = 1 RETURNING id',
      'INSERT INTO t (x) SELECT x FROM t',
      'DELETE FROM t',
    ].flatMap((sql) => [sql, tell])
    const plain = new TestEngine()
    plain.execute(TABLE)
    expect(capturing({}, TABLE).request(...statements)).toEqual(plain.request(...statements))
  })

  test('changes - begin and end where they are told to', () => {
    const engine = capturing({}, TABLE)
    engine.execute('INSERT INTO t (x) VALUES (1)')
    engine.engine.configureChanges({ ...SETTINGS, rowIdsOnly: true }, 2)
    engine.execute('INSERT INTO t (x) VALUES (2)')
    expect(told(engine).map((message) => message.events)).toEqual([
      [{ op: 'INSERT', table: 't', new_row_id: 1, after: { id: 1, x: 1 } }],
      [{ op: 'INSERT', table: 't', new_row_id: 2 }],
    ])
    engine.engine.configureChanges(undefined, 3)
    engine.execute('INSERT INTO t (x) VALUES (3)')
    expect(engine.engine.changes(0, ALL)).toEqual({
      settings: undefined,
      deliveredThrough: 0,
      messages: [],
      waiting: 0,
      waitingBytes: 0,
    })
    expect(engine.rows('SELECT * FROM sqlite_temp_schema')).toEqual([])
  })

  test('changes - in every namespace', () => {
    const engine = capturing()
    engine.apply(['CREATE TABLE t (x)', 'INSERT INTO t VALUES (1)'], { namespace: 'other' })
    expect(told(engine)).toMatchObject([{ namespace: 'other', events: [{ table: 't', after: { x: 1 } }] }])
  })

  test('changes - are part of a snapshot, and of the digest', () => {
    const engine = capturing({}, TABLE)
    engine.execute('INSERT INTO t (x) VALUES (1)')
    engine.execute('INSERT INTO t (x) VALUES (2)')
    engine.engine.trimChanges(2)
    const other = new TestEngine()
    restoreInto(other.engine, engine.capture())
    expect(other.engine.changes(0, ALL)).toEqual(engine.engine.changes(0, ALL))
    expect(other.engine.changes(0, ALL)).toMatchObject({
      settings: SETTINGS,
      deliveredThrough: 2,
      waiting: 1,
    })
    expect(other.capture().equals(engine.capture())).toBe(true)
    expect(other.digest()).toBe(engine.digest())
    other.engine.trimChanges(3)
    expect(other.digest()).not.toBe(engine.digest())
  })

  test('changes - off again, a state is what it was for older versions', () => {
    const engine = new TestEngine()
    engine.execute(TABLE)
    const before = engine.capture()
    expect(before.subarray(0, 8).toString()).toBe('DBSQ0002')
    engine.engine.configureChanges(SETTINGS, 1)
    expect(engine.capture().subarray(0, 8).toString()).toBe('DBSQ0003')
    engine.engine.configureChanges(undefined, 1)
    expect(engine.capture().equals(before)).toBe(true)
  })

  test('changes - a loaded text tells its rows, a loaded file that all is another', () => {
    const engine = capturing({}, TABLE)
    const load = (content: 'file' | 'text', data: Uint8Array, index: number): void => {
      const command = {
        mode: 'load',
        step: 'commit',
        ...{ loadId: 'l'.repeat(16), namespace: 'default', timeMs: 0 },
        ...{ offset: 0, data, content, seed: 7 },
      } as const
      engine.engine.apply([{ index, command, wantResults: true }])
    }
    const dump = `BEGIN; CREATE TABLE u (a, b); INSERT INTO u VALUES (1, 2);
      ALTER TABLE u DROP COLUMN a; INSERT INTO u VALUES (3); DROP TABLE t; COMMIT;`
    load('text', Buffer.from(dump), 10)
    expect(events(engine, 10).map(({ table, after }) => [table, after])).toEqual([
      ['u', { a: 1, b: 2 }],
      ['u', { b: 3 }],
    ])
    load('text', Buffer.from('INSERT INTO u VALUES (4); nonsense'), 11)
    expect(events(engine, 11)).toEqual([])
    load('file', emptyDatabase(), 12)
    expect(events(engine, 12)).toEqual([{ error: 'the whole database was replaced: read it anew' }])
    expect(engine.rows('SELECT name FROM sqlite_schema')).toEqual([])
  })

  test('changes - nobody else can tell of any', () => {
    const engine = capturing({}, TABLE)
    expect(engine.execute("SELECT sys_row_change(0, 0, NULL, 1, 'forged')")).toMatchObject([
      { kind: 'error' },
    ])
    expect(
      engine.execute('CREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT "SYS_ROW_CHANGE" (0, 0, 1, 2); END'),
    ).toMatchObject([{ kind: 'error' }])
    expect(told(engine)).toEqual([])
  })
})
