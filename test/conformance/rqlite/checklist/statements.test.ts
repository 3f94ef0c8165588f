/** Which statements do what at which endpoint, alone and among others. */
import { describe, expect } from 'vitest'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

/** A new table with one row, `1`. */
async function table(name: string): Promise<void> {
  const leader = await suite.cluster.leader()
  await leader.execute([
    `CREATE TABLE ${name} (id INTEGER PRIMARY KEY, v TEXT)`,
    `INSERT INTO ${name} VALUES(1, 'one')`,
  ])
}

async function ids(name: string): Promise<unknown[]> {
  const leader = await suite.cluster.leader()
  return (await leader.rows(`SELECT id FROM ${name} ORDER BY id`)).flat()
}

const UNIQUE = '{"error":"UNIQUE constraint failed: NAME.id"}'

describe('statements', () => {
  row(31, 'an error neither stops nor undoes the others', async () => {
    await table('alone')
    const leader = await suite.cluster.leader()
    for (const [i, call] of [leader.execute.bind(leader), leader.request.bind(leader)].entries()) {
      const [a, b] = [10 * (i + 1), 10 * (i + 1) + 1]
      expect(
        await call([
          `INSERT INTO alone VALUES(${a}, '')`,
          'INSERT INTO alone VALUES(1, NULL)',
          'nonsense',
          `INSERT INTO alone VALUES(${b}, '')`,
        ]),
      ).toBe(
        `{"results":[{"last_insert_id":${a},"rows_affected":1},${UNIQUE.replace('NAME', 'alone')},{"error":"near \\"nonsense\\": syntax error"},{"last_insert_id":${b},"rows_affected":1}]}`,
      )
    }
    expect(await ids('alone')).toEqual([1, 10, 11, 20, 21])
    expect(await leader.query(['SELECT missing', 'SELECT 1'])).toBe(
      '{"results":[{"error":"no such column: missing"},{"columns":["1"],"types":["integer"],"values":[[1]]}]}',
    )
  })

  row(32, 'everything is rolled back, and the list ends at the error', async () => {
    await table('together')
    for (const node of suite.cluster.nodes) {
      for (const path of ['execute', 'request'] as const) {
        expect(
          await node[path](
            [
              "INSERT INTO together VALUES(2, 'two')",
              'INSERT INTO together VALUES(1, NULL)',
              "INSERT INTO together VALUES(3, 'three')",
            ],
            'transaction',
          ),
        ).toBe(`{"results":[{"last_insert_id":2,"rows_affected":1},${UNIQUE.replace('NAME', 'together')}]}`)
        // rqlite lets a request that could not be prepared pass, and commits the rest.
        expect(await node[path](["INSERT INTO together VALUES(2, 'two')", 'nonsense'], 'transaction')).toBe(
          '{"results":[{"last_insert_id":2,"rows_affected":1},{"error":"near \\"nonsense\\": syntax error"}]}',
        )
        expect(
          await node[path](
            ['INSERT INTO together VALUES(2, NULL)', 'INSERT INTO together VALUES(1, NULL) RETURNING id'],
            'transaction',
          ),
        ).toContain(UNIQUE.replace('NAME', 'together'))
      }
    }
    expect(await ids('together')).toEqual([1])
  })

  row(32, 'without an error everything is kept', async () => {
    await table('kept')
    const leader = await suite.cluster.leader()
    await leader.execute(
      ["INSERT INTO kept VALUES(2, 'two')", "INSERT INTO kept VALUES(3, 'three')"],
      'transaction',
    )
    await leader.request(["INSERT INTO kept VALUES(4, 'four')", 'SELECT count(*) FROM kept'], 'transaction')
    expect(await ids('kept')).toEqual([1, 2, 3, 4])
  })

  row(33, 'it is an error, and nothing is changed', async () => {
    await table('shielded')
    const writes = [
      "INSERT INTO shielded VALUES(2, '')",
      'UPDATE shielded SET id = 5',
      'DELETE FROM shielded',
      'CREATE TABLE t2 (v)',
      'DROP TABLE shielded',
      'WITH x AS (SELECT 1) DELETE FROM shielded',
      "INSERT INTO shielded VALUES(3, '') RETURNING id",
    ]
    for (const node of suite.cluster.nodes) {
      for (const level of ['none', 'weak', 'linearizable', 'strong']) {
        for (const sql of writes) {
          expect(await node.query([sql], `level=${level}`), `${sql} at ${level}`).toBe(
            '{"results":[{"error":"attempt to change database via query operation"}]}',
          )
        }
      }
    }
    expect(await ids('shielded')).toEqual([1])
  })

  row(34, 'neither rows nor an error', async () => {
    await table('looked_at')
    const leader = await suite.cluster.leader()
    const sticky = '{"results":[{"last_insert_id":1,"rows_affected":1}]}'
    expect(await leader.execute(['SELECT * FROM looked_at'])).toBe(sticky)
    expect(await leader.execute(['EXPLAIN SELECT * FROM looked_at'])).toBe(sticky)
    expect(await leader.execute(['PRAGMA table_info(looked_at)'])).toBe(sticky)
  })

  row(35, 'rows, without the members of a write', async () => {
    await table('returned')
    const leader = await suite.cluster.leader()
    expect(await leader.execute(["INSERT INTO returned VALUES(2, 'two') RETURNING id, v"])).toBe(
      '{"results":[{"columns":["id","v"],"types":["integer","text"],"values":[[2,"two"]]}]}',
    )
    expect(await leader.request(['UPDATE returned SET v = upper(v) RETURNING v'])).toBe(
      '{"results":[{"columns":["v"],"types":["text"],"values":[["ONE"],["TWO"]]}]}',
    )
    expect(await leader.execute(['DELETE FROM returned WHERE id = 9 RETURNING id'])).toBe(
      '{"results":[{"columns":["id"],"types":["integer"]}]}',
    )
    expect(
      await leader.execute([['INSERT INTO returned(v) VALUES(?) RETURNING id', 'three']], 'associative'),
    ).toBe('{"results":[{"types":{"id":"integer"},"rows":[{"id":3}]}]}')
    // rqlite misses these for want of a blank.
    expect(await leader.execute(['DELETE FROM returned WHERE id = 3 RETURNING*'])).toContain(
      '"values":[[3,"three"]]',
    )
    expect(await leader.execute(['DELETE FROM returned WHERE id = 2 RETURNING\nid'])).toContain(
      '"values":[[2]]',
    )
    expect(await ids('returned')).toEqual([1])
  })

  row(36, 'rows, and nothing is written', async () => {
    await table('explained')
    const leader = await suite.cluster.leader()
    const plan = await leader.query(["EXPLAIN INSERT INTO explained VALUES(2, '')"])
    expect(plan).toContain('"columns":["addr","opcode","p1","p2","p3","p4","p5","comment"]')
    expect(plan).toContain('"Insert"')
    expect(await leader.query(['EXPLAIN QUERY PLAN SELECT * FROM explained'])).toMatch(
      /"columns":\["id","parent","notused","detail"\].*"SCAN explained"/,
    )
    expect(await leader.request(["EXPLAIN INSERT INTO explained VALUES(2, '')"])).toContain('"opcode"')
    expect(await ids('explained')).toEqual([1])
  })

  row(37, 'the whole request fails, on all three endpoints', async () => {
    await table('whole')
    const forbidden = [
      'PRAGMA journal_mode = delete',
      'pragma JOURNAL_MODE=wal',
      '  PRAGMA main.journal_mode = off',
      'PRAGMA wal_autocheckpoint = 0',
      'PRAGMA wal_checkpoint',
      'PRAGMA wal_checkpoint(TRUNCATE)',
      'PRAGMA synchronous = OFF',
      'PRAGMA query_only = 1',
      // These escape rqlite.
      'PRAGMA journal_mode(delete)',
      '/* leading */ PRAGMA synchronous = OFF',
    ]
    for (const node of suite.cluster.nodes) {
      for (const sql of forbidden) {
        for (const path of ['execute', 'query', 'request'] as const) {
          expect(await node[path]([sql]), `${path} ${sql}`).toBe('{"results":[],"error":"disallowed pragma"}')
        }
      }
    }
    const leader = await suite.cluster.leader()
    expect(await leader.execute(["INSERT INTO whole VALUES(2, '')", 'PRAGMA synchronous = OFF'])).toBe(
      '{"results":[],"error":"disallowed pragma"}',
    )
    expect(await ids('whole')).toEqual([1])
    for (const sql of ['PRAGMA journal_mode', 'PRAGMA synchronous', 'PRAGMA wal_autocheckpoint']) {
      expect(await leader.query([sql]), sql).toContain('"columns"')
    }
  })

  row(38, 'all run, and the result is that of the last', async () => {
    await table('many')
    const leader = await suite.cluster.leader()
    expect(
      await leader.execute([
        "INSERT INTO many VALUES(2, 'a'); INSERT INTO many VALUES(3, 'b'); UPDATE many SET v = 'c'",
      ]),
    ).toBe('{"results":[{"last_insert_id":3,"rows_affected":3}]}')
    expect(
      await leader.execute([
        ['INSERT INTO many VALUES(?, ?); INSERT INTO many VALUES(?, ?);', 4, 'd', 5, 'e'],
      ]),
    ).toBe('{"results":[{"last_insert_id":5,"rows_affected":1}]}')
    expect(await ids('many')).toEqual([1, 2, 3, 4, 5])
    expect(
      await leader.execute([
        "INSERT INTO many VALUES(6, ''); INSERT INTO many VALUES(1, ''); INSERT INTO many VALUES(7, '')",
      ]),
    ).toBe(`{"results":[${UNIQUE.replace('NAME', 'many')}]}`)
    expect(await ids('many')).not.toContain(7)
  })

  row(39, 'they are told verbatim', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute([
      'CREATE TABLE strict (id INTEGER PRIMARY KEY, c TEXT NOT NULL, u UNIQUE, d BLOB, CHECK (id < 100)) STRICT',
      'CREATE TABLE texts (id INTEGER PRIMARY KEY, c TEXT NOT NULL, u UNIQUE, CHECK (id < 100))',
      'CREATE TABLE typed (data BLOB) STRICT',
      "INSERT INTO texts VALUES(1, 'a', 'b')",
    ])
    const errors: Readonly<Record<string, string>> = {
      blah: 'near "blah": syntax error',
      SELECT: 'incomplete input',
      'INSERT INTO bar VALUES(1)': 'no such table: bar',
      'UPDATE texts SET xxx = 1': 'no such column: xxx',
      'INSERT INTO texts(c) VALUES(rot13(1))': 'no such function: rot13',
      "INSERT INTO texts VALUES(1, 'a', 'c')": 'UNIQUE constraint failed: texts.id',
      "INSERT INTO texts VALUES(2, 'a', 'b')": 'UNIQUE constraint failed: texts.u',
      'INSERT INTO texts VALUES(2, NULL, 1)': 'NOT NULL constraint failed: texts.c',
      "INSERT INTO texts VALUES(100, 'a', 2)": 'CHECK constraint failed: id < 100',
      'INSERT INTO texts VALUES(1)': 'table texts has 3 columns but 1 values were supplied',
      'CREATE TABLE texts (v)': 'table texts already exists',
      "INSERT INTO typed VALUES('text')": 'cannot store TEXT value in BLOB column typed.data',
      'CREATE TABLE strict2 (u UNKNOWN) STRICT': 'unknown datatype for strict2.u: "UNKNOWN"',
      'DROP INDEX missing': 'no such index: missing',
      'SELECT * FROM texts': '',
    }
    for (const [sql, error] of Object.entries(errors)) {
      for (const path of ['execute', 'request'] as const) {
        const text = await leader[path]([sql])
        if (error !== '')
          expect(text, `${path} ${sql}`).toBe(`{"results":[{"error":${JSON.stringify(error)}}]}`)
        else expect(text).not.toContain('error')
      }
    }
    for (const [sql, error] of [
      ['blah', 'near "blah": syntax error'],
      ['SELECT', 'incomplete input'],
      ['SELECT * FROM bar', 'no such table: bar'],
      ['SELECT xxx FROM texts', 'no such column: xxx'],
      ['SELECT rot13(1)', 'no such function: rot13'],
      ['CREATE TABLE texts (v)', 'table texts already exists'],
    ] as const) {
      for (const node of suite.cluster.nodes) {
        expect(await node.query([sql]), sql).toBe(`{"results":[{"error":${JSON.stringify(error)}}]}`)
      }
    }
  })

  row(39, 'foreign keys are off, as they are with rqlite, on every node', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute(['CREATE TABLE child (id INTEGER PRIMARY KEY, parent REFERENCES nowhere(id))'])
    expect(await leader.execute(['INSERT INTO child VALUES(1, 42)'])).not.toContain('error')
  })

  row(40, 'are accepted', async () => {
    await table('quoted')
    const leader = await suite.cluster.leader()
    expect(await leader.execute(['INSERT INTO quoted(v) VALUES("fiona")'])).toBe(
      '{"results":[{"last_insert_id":2,"rows_affected":1}]}',
    )
    expect(await leader.query(['SELECT id FROM quoted WHERE v="fiona"'])).toContain('"values":[[2]]')
    expect(
      await leader.query(['SELECT name FROM sqlite_master WHERE type="table" AND name="quoted"']),
    ).toContain('[["quoted"]]')
  })
})
