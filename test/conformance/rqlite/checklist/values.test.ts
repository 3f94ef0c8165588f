/** How values are encoded, and what their columns are said to be. */
import { describe, expect } from 'vitest'
import { documentOf } from '../harness/api.ts'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

/** `types` and `values` as JSON text. */
async function typed(sql: string, parameters = ''): Promise<string> {
  const text = await suite.cluster.nodes[0]!.query([sql], parameters)
  return /"types":(.*)\}\]\}$/.exec(text)?.[1] ?? text
}

describe('values', () => {
  row(22, 'the declared type is lower-cased, and otherwise as it was written', async () => {
    await suite.cluster.nodes[0]!.execute([
      'CREATE TABLE declared (a INTEGER PRIMARY KEY, b VARCHAR(36), c Numeric, d JSON, e int, f FOO, g, h DOUBLE PRECISION)',
    ])
    expect(await typed('SELECT * FROM declared')).toBe(
      '["integer","varchar(36)","numeric","json","int","foo","","double precision"]',
    )
    expect(await typed('SELECT * FROM sqlite_master WHERE 0')).toBe('["text","text","text","int","text"]')
  })

  row(
    22,
    'that of an expression comes from the first row, and is empty for NULL or without one',
    async () => {
      const values: Readonly<Record<string, string>> = {
        'SELECT 1': '["integer"],"values":[[1]]',
        'SELECT 1.5': '["real"],"values":[[1.5]]',
        "SELECT 'a'": '["text"],"values":[["a"]]',
        'SELECT NULL': '[""],"values":[[null]]',
        'SELECT count(*) FROM declared': '["integer"],"values":[[0]]',
        'SELECT avg(v) FROM (SELECT 1 AS v UNION ALL SELECT 2)': '["real"],"values":[[1.5]]',
        'SELECT 1 WHERE 0': '[""]',
        'SELECT NULL UNION ALL SELECT 1': '[""],"values":[[null],[1]]',
        'SELECT 1 UNION ALL SELECT 2.5': '["integer"],"values":[[1],[2.5]]',
        'SELECT sum(a) FROM declared': '[""],"values":[[null]]',
      }
      for (const [sql, expected] of Object.entries(values)) expect(await typed(sql), sql).toBe(expected)
    },
  )

  row(22, 'PRAGMA table_info', async () => {
    await suite.cluster.nodes[0]!.execute(['CREATE TABLE informed (id INTEGER PRIMARY KEY, name TEXT)'])
    expect(await suite.cluster.nodes[0]!.query(['PRAGMA table_info("informed")'])).toBe(
      '{"results":[{"columns":["cid","name","type","notnull","dflt_value","pk"],"types":["integer","text","text","integer","","integer"],"values":[[0,"id","INTEGER",0,null,1],[1,"name","TEXT",0,null,0]]}]}',
    )
  })

  row(22, 'whole REALs have no fraction; small and large ones have exponents', async () => {
    const reals: Readonly<Record<string, string>> = {
      'SELECT 1.0': '1',
      'SELECT -0.0': '0',
      'SELECT 0.1': '0.1',
      'SELECT 1e21': '1e+21',
      'SELECT 1e20': '100000000000000000000',
      'SELECT 1e-6': '0.000001',
      'SELECT 1e-7': '1e-7',
      'SELECT 1.7976931348623157e308': '1.7976931348623157e+308',
      // Not representable in JSON: rqlite fails the whole response; here it is the text that protocol buffers use.
      'SELECT 9e999': '"Infinity"',
      'SELECT -9e999': '"-Infinity"',
    }
    for (const [sql, expected] of Object.entries(reals)) {
      expect(await typed(sql), sql).toBe(`["real"],"values":[[${expected}]]`)
    }
  })

  row(22, 'text of any script survives', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute(['CREATE TABLE scripts (id INTEGER PRIMARY KEY, v TEXT)'])
    const texts = [
      'こんにちは',
      'ümläut',
      '🙂👍',
      'a\nb\t"c"\\',
      '<a>&</a>',
      '\u2028\u2029',
      "O'Neill",
      '\u0001',
    ]
    for (const text of texts) await node!.execute([['INSERT INTO scripts(v) VALUES(?)', text]])
    expect((await node!.rows('SELECT v FROM scripts ORDER BY id')).map(([v]) => v)).toEqual(texts)
    expect(await node!.rows("SELECT id FROM scripts WHERE v = 'こんにちは'")).toEqual([[1]])
    expect(await node!.query([['SELECT v FROM scripts WHERE v = ?', '🙂👍']])).toContain('[["🙂👍"]]')
  })

  row(23, 'integers of a column declared exactly so are true or false', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute([
      'CREATE TABLE truth (id INTEGER PRIMARY KEY, a BOOLEAN, b boolean, c BOOL)',
      'INSERT INTO truth VALUES(1, 1, 0, 1)',
      'INSERT INTO truth VALUES(2, -1, 7, 0)',
      'INSERT INTO truth VALUES(3, NULL, true, false)',
    ])
    expect(await typed('SELECT a, b, c FROM truth ORDER BY id')).toBe(
      '["boolean","boolean","bool"],"values":[[true,false,1],[false,true,0],[null,true,0]]',
    )
    expect(await typed('SELECT a AS x FROM truth WHERE id = 1', 'level=strong')).toBe(
      '["boolean"],"values":[[true]]',
    )
  })

  row(24, 'integers and texts are RFC 3339', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute([
      'CREATE TABLE days (id INTEGER PRIMARY KEY, a DATE, b DATETIME, c timestamp, d TEXT)',
    ])
    const stored: readonly (readonly [string, string])[] = [
      ["'2004-02-14'", '"2004-02-14T00:00:00Z"'],
      ["'2021-10-22 19:39:32.016087'", '"2021-10-22T19:39:32.016087Z"'],
      ["'2021-10-22T19:39:32Z'", '"2021-10-22T19:39:32Z"'],
      ["'2021-10-22 19:39:32+02:00'", '"2021-10-22T19:39:32+02:00"'],
      ["'2021-10-22 19:39'", '"2021-10-22T19:39:00Z"'],
      ['0', '"1970-01-01T00:00:00Z"'],
      ['1609459200', '"2021-01-01T00:00:00Z"'],
      ['1609459200123', '"2021-01-01T00:00:00.123Z"'],
      ['1.5', '1.5'],
      ['NULL', 'null'],
      // rqlite makes the year 1 of it, which helps nobody.
      ["'no date'", '"no date"'],
    ]
    for (const [sql, json] of stored) {
      await node!.execute([`INSERT OR REPLACE INTO days VALUES(1, ${sql}, ${sql}, ${sql}, ${sql})`])
      const plain = sql.startsWith("'")
        ? JSON.stringify(sql.slice(1, -1))
        : sql === 'NULL'
          ? 'null'
          : `"${sql}"`
      expect(await typed('SELECT a, b, c, d FROM days'), sql).toBe(
        `["date","datetime","timestamp","text"],"values":[[${json},${json},${json},${plain}]]`,
      )
    }
  })

  row(25, 'it is base64, or an array of bytes with blob_array', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute(['CREATE TABLE bytes (v BLOB, w)', "INSERT INTO bytes VALUES(x'deadbeef', x'00')"])
    await node!.execute([['INSERT INTO bytes VALUES(?, ?)', "x''", 'x']])
    expect(await typed('SELECT v FROM bytes')).toBe('["blob"],"values":[["3q2+7w=="],[""]]')
    expect(await typed('SELECT v FROM bytes', 'blob_array')).toBe(
      '["blob"],"values":[[[222,173,190,239]],[[]]]',
    )
    expect(await typed('SELECT v FROM bytes', 'blob_array&level=strong')).toContain('[[222,173,190,239]]')
    const associative = documentOf(
      await node!.query(['SELECT v FROM bytes LIMIT 1'], 'associative&blob_array'),
    )
    expect(associative.results[0]).toEqual({ types: { v: 'blob' }, rows: [{ v: [222, 173, 190, 239] }] })
  })

  row(25, 'one of no declared type is base64 as well', async () => {
    // rqlite takes such bytes for text and garbles what is none.
    expect(await typed("SELECT x'53514C697465'")).toBe('["blob"],"values":[["U1FMaXRl"]]')
    expect(await typed("SELECT x'ff'", 'blob_array')).toBe('["blob"],"values":[[[255]]]')
  })
})
