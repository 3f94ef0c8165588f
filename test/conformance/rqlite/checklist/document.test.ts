/** The response document, byte by byte: members, their order, and what is left out. */
import { describe, expect } from 'vitest'
import { documentOf } from '../harness/api.ts'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

const NAMES = 'CREATE TABLE names (id INTEGER NOT NULL PRIMARY KEY, name TEXT)'

describe('document', () => {
  // The first of this file: what it says holds until something is inserted.
  row(20, 'it is {} before anything is inserted, and tells the old id and count afterwards', async () => {
    for (const node of suite.cluster.nodes) {
      expect(await node.execute(['CREATE TABLE IF NOT EXISTS fresh (v)'])).toBe('{"results":[{}]}')
    }
    const leader = await suite.cluster.leader()
    expect(await leader.execute(['INSERT INTO fresh VALUES(1)'])).toBe(
      '{"results":[{"last_insert_id":1,"rows_affected":1}]}',
    )
    const sticky = '{"results":[{"last_insert_id":1,"rows_affected":1}]}'
    expect(await leader.execute(['CREATE TABLE other (v)'])).toBe(sticky)
    expect(await leader.execute(['CREATE INDEX others ON other(v)'])).toBe(sticky)
    expect(await leader.request(['DROP TABLE other'])).toBe(sticky)
    expect(await (await suite.cluster.follower()).execute(['DROP TABLE fresh'])).toBe(sticky)
  })

  row(16, 'is always there, and first', async () => {
    const [node] = suite.cluster.nodes
    expect((await node!.ask('/db/query')).text).toBe('{"results":[]}')
    expect(await node!.execute([''])).toBe('{"results":[]}')
    expect(await node!.query(['PRAGMA journal_mode=delete'])).toBe(
      '{"results":[],"error":"disallowed pragma"}',
    )
    const keys = Object.keys(documentOf(await node!.query(['SELECT 1'], 'timings')))
    expect(keys).toEqual(['results', 'time'])
  })

  row(17, 'they are omitted, and error is never an empty text', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute(['CREATE TABLE quiet (v)'])
    const texts = [
      await node!.execute(['UPDATE quiet SET v = 1']),
      await node!.query(['SELECT * FROM quiet']),
      await node!.request(['SELECT * FROM quiet', 'DELETE FROM quiet']),
    ]
    for (const text of texts) {
      expect(text).not.toContain('"error"')
      expect(text).not.toContain('"rows_affected"')
      expect(text).not.toContain('"time"')
      expect(text).not.toContain('raft_index')
      expect(text).not.toContain('sequence_number')
    }
  })

  row(18, 'columns and types stay, values do not', async () => {
    const [node] = suite.cluster.nodes
    await node!.execute(['CREATE TABLE nobody (id INTEGER PRIMARY KEY, name TEXT)'])
    const expected = '{"results":[{"columns":["id","name"],"types":["integer","text"]}]}'
    for (const level of ['weak', 'linearizable', 'strong']) {
      expect(await node!.query(['SELECT * FROM nobody'], `level=${level}`)).toBe(expected)
      expect(await node!.request(['SELECT * FROM nobody'], `level=${level}`)).toBe(expected)
    }
  })

  row(19, 'rows, writes and errors of one request', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute([NAMES])
    expect(
      await leader.execute([
        'INSERT INTO names(name) VALUES("fiona")',
        'INSERT INTO names(name) VALUES("declan")',
      ]),
    ).toBe('{"results":[{"last_insert_id":1,"rows_affected":1},{"last_insert_id":2,"rows_affected":1}]}')
    const document =
      '{"results":[{"columns":["id","name"],"types":["integer","text"],"values":[[1,"fiona"],[2,"declan"]]}]}'
    for (const node of suite.cluster.nodes) {
      for (const level of ['weak', 'linearizable', 'strong']) {
        expect(await node.query(['SELECT * FROM names'], `level=${level}`)).toBe(document)
      }
    }
    expect(
      await leader.request([
        'SELECT name FROM names WHERE id = 1',
        'INSERT INTO names(name) VALUES("x")',
        'nonsense',
      ]),
    ).toBe(
      '{"results":[{"columns":["name"],"types":["text"],"values":[["fiona"]]},{"last_insert_id":3,"rows_affected":1},{"error":"near \\"nonsense\\": syntax error"}]}',
    )
    expect(await leader.execute(['DELETE FROM names WHERE id = 3'])).toBe(
      '{"results":[{"last_insert_id":3,"rows_affected":1}]}',
    )
  })

  row(19, 'with timings and raft_index, in the order of the contract', async () => {
    const leader = await suite.cluster.leader()
    const text = await leader.request(
      ['INSERT INTO names(name) VALUES("y")', 'SELECT 1'],
      'timings&raft_index',
    )
    expect(text).toMatch(
      /^\{"results":\[\{"last_insert_id":\d+,"rows_affected":1,"time":[\d.e-]+\},\{"columns":\["1"\],"types":\["integer"\],"values":\[\[1\]\],"time":[\d.e-]+\}\],"time":[\d.e-]+,"raft_index":\d+\}$/,
    )
    await leader.execute(['DELETE FROM names WHERE name = "y"'])
  })

  row(21, 'no rows_affected, and the old id', async () => {
    const leader = await suite.cluster.leader()
    await leader.execute([
      'CREATE TABLE untouched (id INTEGER PRIMARY KEY, v)',
      'INSERT INTO untouched VALUES(7, 1)',
    ])
    expect(await leader.execute(['UPDATE untouched SET v = 2 WHERE id = 8'])).toBe(
      '{"results":[{"last_insert_id":7}]}',
    )
    expect(await leader.execute(['UPDATE untouched SET v = 2 WHERE id = 7'])).toBe(
      '{"results":[{"last_insert_id":7,"rows_affected":1}]}',
    )
  })

  row(26, 'rows are objects, their keys in byte order, the last of a name for all', async () => {
    const leader = await suite.cluster.leader()
    expect(await leader.query(['SELECT id, name FROM names'], 'associative')).toBe(
      '{"results":[{"types":{"id":"integer","name":"text"},"rows":[{"id":1,"name":"fiona"},{"id":2,"name":"declan"}]}]}',
    )
    expect(await leader.query(['SELECT id, name FROM names WHERE id = 9'], 'associative')).toBe(
      '{"results":[{"types":{"id":"integer","name":"text"},"rows":[]}]}',
    )
    expect(
      await leader.query(['SELECT 1 AS b, 2 AS a, 3 AS "10", 4 AS B, 5 AS "9", 6 AS a'], 'associative'),
    ).toContain('"rows":[{"10":3,"9":5,"B":4,"a":6,"b":1}]')
  })

  row(26, 'writes carry rows:null', async () => {
    const leader = await suite.cluster.leader()
    expect(await leader.execute(['INSERT INTO names VALUES(99, "z")'], 'associative')).toBe(
      '{"results":[{"last_insert_id":99,"rows_affected":1,"rows":null}]}',
    )
    expect(await leader.request(['DELETE FROM names WHERE id = 99'], 'associative')).toBe(
      '{"results":[{"last_insert_id":99,"rows_affected":1,"rows":null}]}',
    )
  })

  row(26, 'errors carry empty rows from query, and stand alone from execute and request', async () => {
    const leader = await suite.cluster.leader()
    const error = '"error":"no such table: nowhere"'
    expect(await leader.query(['SELECT * FROM nowhere'], 'associative')).toBe(
      `{"results":[{"rows":[],${error}}]}`,
    )
    expect(await leader.execute(['INSERT INTO nowhere VALUES(1)'], 'associative')).toBe(
      `{"results":[{${error}}]}`,
    )
    expect(await leader.request(['SELECT * FROM nowhere'], 'associative')).toBe(`{"results":[{${error}}]}`)
  })

  row(27, 'indents by four spaces, without a newline at the end', async () => {
    const leader = await suite.cluster.leader()
    expect(await leader.query(['SELECT * FROM names'], 'pretty')).toBe(`{
    "results": [
        {
            "columns": [
                "id",
                "name"
            ],
            "types": [
                "integer",
                "text"
            ],
            "values": [
                [
                    1,
                    "fiona"
                ],
                [
                    2,
                    "declan"
                ]
            ]
        }
    ]
}`)
    expect(await leader.query(['SELECT * FROM names WHERE id = 1'], 'pretty&associative')).toBe(`{
    "results": [
        {
            "types": {
                "id": "integer",
                "name": "text"
            },
            "rows": [
                {
                    "id": 1,
                    "name": "fiona"
                }
            ]
        }
    ]
}`)
    expect(await leader.execute([''], 'pretty')).toBe('{\n    "results": []\n}')
    for (const path of ['/status', '/nodes', '/leader']) {
      const { text } = await leader.ask(`${path}?pretty`)
      expect(text).toBe(JSON.stringify(JSON.parse(text), undefined, 4))
    }
  })

  row(28, 'adds time to every result and at the top; without it there is none', async () => {
    const leader = await suite.cluster.leader()
    const statements = ['SELECT 1', 'SELECT * FROM names']
    for (const [text, count] of [
      [await leader.query(statements, 'timings'), 2],
      [await leader.request([...statements, 'DELETE FROM names WHERE id = -1'], 'timings'), 3],
      [await leader.execute(['DELETE FROM names WHERE id = -1'], 'timings'), 1],
      [await leader.query(statements, 'timings&associative'), 2],
    ] as const) {
      const { results, time } = documentOf(text)
      expect(results).toHaveLength(count)
      for (const result of [...results, { time }]) expect(result.time).toEqual(expect.any(Number))
    }
    expect(await leader.query(statements)).not.toContain('"time"')
  })

  row(29, 'comes with writes and strong reads only', async () => {
    for (const node of suite.cluster.nodes) {
      const before = documentOf(
        await node.execute(['DELETE FROM names WHERE id = -1'], 'raft_index'),
      ).raft_index
      expect(before).toBeGreaterThan(0)
      const strong = documentOf(await node.query(['SELECT 1'], 'raft_index&level=strong')).raft_index
      expect(strong).toBeGreaterThan(before!)
      for (const level of ['none', 'weak', 'linearizable', 'auto']) {
        expect(await node.query(['SELECT 1'], `raft_index&level=${level}`), level).not.toContain('raft_index')
      }
    }
  })

  row(30, 'an empty one is skipped without an entry; of a comment there is {}', async () => {
    const leader = await suite.cluster.leader()
    const one = '{"columns":["1"],"types":["integer"],"values":[[1]]}'
    expect(await leader.query(['', 'SELECT 1', ''])).toBe(`{"results":[${one}]}`)
    expect(await leader.request([''])).toBe('{"results":[]}')
    for (const empty of ['-- nothing', '/* nothing */', ';', ' ', '\n;\n']) {
      expect(await leader.query([empty, 'SELECT 1']), empty).toBe(`{"results":[{},${one}]}`)
      expect(await leader.request([empty, 'SELECT 1']), empty).toBe(`{"results":[{},${one}]}`)
      expect(await leader.execute([empty]), empty).toBe('{"results":[{}]}')
    }
  })
})
