/** What a parameter in JSON binds as, and how it comes back. */
import { describe, expect } from 'vitest'
import { useCluster } from '../harness/cluster.ts'
import { row } from '../harness/rows.ts'

const suite = useCluster()

/** What `parameter`, as JSON text, is to SQLite, and how it is answered. */
async function bound(parameter: string): Promise<string> {
  const text = await suite.cluster.nodes[0]!.query(`[["SELECT typeof(?1), ?1", ${parameter}]]`)
  return /"values":\[\[(.*)\]\]/.exec(text)?.[1] ?? text
}

describe('binding', () => {
  row(8, 'all are accepted', async () => {
    const [node] = suite.cluster.nodes
    expect(
      await node!.execute('["CREATE TABLE forms (id INTEGER PRIMARY KEY, name TEXT, age INTEGER)"]'),
    ).toBe('{"results":[{}]}')
    expect(
      await node!.execute(
        '["INSERT INTO forms(name, age) VALUES(\'a\', 1)", "INSERT INTO forms(name, age) VALUES(\'b\', 2)"]',
      ),
    ).toBe('{"results":[{"last_insert_id":1,"rows_affected":1},{"last_insert_id":2,"rows_affected":1}]}')
    expect(
      await node!.execute(
        '[["INSERT INTO forms(name, age) VALUES(?, ?)", "c", 3], ["INSERT INTO forms(name) VALUES(\'d\')"]]',
      ),
    ).toBe('{"results":[{"last_insert_id":3,"rows_affected":1},{"last_insert_id":4,"rows_affected":1}]}')
    expect(
      await node!.request(
        '["SELECT count(*) FROM forms", ["SELECT name FROM forms WHERE age > ?", 2], ["INSERT INTO forms(name) VALUES(?)", "e"]]',
      ),
    ).toBe(
      '{"results":[{"columns":["count(*)"],"types":["integer"],"values":[[4]]},{"columns":["name"],"types":["text"],"values":[["c"]]},{"last_insert_id":5,"rows_affected":1}]}',
    )
  })

  row(10, 'they are exact over the whole range', async () => {
    const [node] = suite.cluster.nodes
    const integers = [
      '0',
      '-1',
      '2147483648',
      '1676555296046783000',
      '9007199254740993',
      '-9007199254740993',
      '9223372036854775807',
      '-9223372036854775808',
    ]
    for (const integer of integers) {
      expect(await bound(integer)).toBe(`"integer",${integer}`)
      expect(
        await node!.query(
          `["SELECT ${integer === '-9223372036854775808' ? '-9223372036854775807 - 1' : integer}"]`,
        ),
      ).toContain(`"values":[[${integer}]]`)
    }
    await node!.execute('["CREATE TABLE wide (v INTEGER)"]')
    for (const integer of integers) await node!.execute(`[["INSERT INTO wide VALUES(?)", ${integer}]]`)
    for (const level of ['none', 'weak', 'linearizable', 'strong']) {
      const leader = await suite.cluster.leader()
      expect(await leader.query('["SELECT v FROM wide ORDER BY rowid"]', `level=${level}`)).toBe(
        `{"results":[{"columns":["v"],"types":["integer"],"values":[${integers.map((v) => `[${v}]`).join(',')}]}]}`,
      )
    }
  })

  row(10, 'a number beyond it is a REAL, and one out of range of those is refused', async () => {
    expect(await bound('9223372036854775808')).toBe('"real",9223372036854776000')
    const answer = await suite.cluster.nodes[0]!.post('/db/query', '[["SELECT ?", 1e400]]')
    expect(answer).toMatchObject({ status: 400, text: 'invalid number 1e400\n' })
  })

  row(11, 'it binds as REAL, and is returned as 1', async () => {
    expect(await bound('1.0')).toBe('"real",1')
    expect(await bound('1e3')).toBe('"real",1000')
    expect(await bound('0.1')).toBe('"real",0.1')
    expect(await bound('-2.5e-7')).toBe('"real",-2.5e-7')
  })

  row(12, 'they bind as 1, 0 and NULL', async () => {
    expect(await bound('true')).toBe('"integer",1')
    expect(await bound('false')).toBe('"integer",0')
    expect(await bound('null')).toBe('"null",null')
  })

  row(13, "an x'..' string and an array of bytes are BLOBs", async () => {
    for (const blob of [`"x'0102ff'"`, `"X'0102FF'"`, `"  x'0102ff' "`, '[1,2,255]']) {
      expect(await bound(blob), blob).toBe('"blob","AQL/"')
    }
    expect(await bound('[]')).toBe('"blob",""')
    expect(await bound(`"x''"`)).toBe('"blob",""')
    for (const text of [`x'010203`, `x'0g'`, `x'123'`, `y'0102'`, `x'0102' x`]) {
      expect(await bound(JSON.stringify(text))).toBe(`"text",${JSON.stringify(text)}`)
    }
  })

  row(13, 'anything but bytes in an array is 400', async () => {
    const [node] = suite.cluster.nodes
    for (const parameter of ['[256]', '[-4]', '[1.5]', '["a"]', '[null]', '[[1]]', '{"n":{"a":1}}']) {
      for (const path of ['/db/execute', '/db/query', '/db/request']) {
        const answer = await node!.post(path, `[["SELECT ?", ${parameter}]]`)
        expect(answer.status, parameter).toBe(400)
        expect(answer.text, parameter).toMatch(/^unsupported type/)
      }
    }
  })

  row(14, 'key n matches :n, @n and $n', async () => {
    const [node] = suite.cluster.nodes
    for (const prefix of [':', '@', '$']) {
      expect(
        await node!.query(`[["SELECT ${prefix}name, ${prefix}age", {"age": 20, "name": "fiona"}]]`),
      ).toContain('"values":[["fiona",20]]')
    }
    await node!.execute('["CREATE TABLE people (name TEXT, age INTEGER)"]')
    expect(
      await node!.execute('[["INSERT INTO people VALUES(:name, :age)", {"name": "fiona", "age": 20}]]'),
    ).toBe('{"results":[{"last_insert_id":1,"rows_affected":1}]}')
    expect(
      await node!.request(
        '[["SELECT age FROM people WHERE name = @name", {"name": "fiona"}]]',
        'associative',
      ),
    ).toBe('{"results":[{"types":{"age":"integer"},"rows":[{"age":20}]}]}')
  })

  row(14, 'they may be mixed with positional ones; one that matches nothing is ignored', async () => {
    const [node] = suite.cluster.nodes
    expect(await node!.query('[["SELECT ?, :n", 1, {"n": 2, "other": 3}]]')).toContain('"values":[[1,2]]')
  })

  row(15, 'the error says how many are wanted and how many there are', async () => {
    const [node] = suite.cluster.nodes
    const expected = '{"results":[{"error":"not enough args to execute query: want 2 got 1"}]}'
    const body = '[["SELECT ?, ?", 1]]'
    expect(await node!.query(body)).toBe(expected)
    expect(await node!.request(body)).toBe(expected)
    expect(await node!.execute(body)).toBe(expected)
    expect(await node!.query('["SELECT ?"]')).toContain('want 1 got 0')
    expect(await node!.query('[["SELECT ?", 1, 2, 3]]')).toContain('"values":[[1]]')
  })
})
