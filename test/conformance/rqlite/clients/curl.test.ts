/** The lines with which people get to know rqlite, pasted one after the other, and what they print. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { useCluster } from '../harness/cluster.ts'
import { curl } from '../harness/curl.ts'

const suite = useCluster()

/** Address of the leader and of a follower, as one would type it. */
let leader = ''
let follower = ''

beforeAll(async () => {
  leader = new URL((await suite.cluster.leader()).url).host
  follower = new URL((await suite.cluster.follower()).url).host
})

/** Seconds differ from run to run. */
function withoutTimes(text: string): string {
  return text.replaceAll(/("time": ?)[\d.e-]+/g, '$1T')
}

const FOO = `{
    "results": [
        {
            "columns": [
                "id",
                "name",
                "age"
            ],
            "types": [
                "integer",
                "text",
                "integer"
            ],
            "values": [
                [
                    1,
                    "fiona",
                    20
                ]
            ],
            "time": T
        }
    ],
    "time": T
}`

// In order, as the lines of a tour: each goes on where the last one ended.
describe('curl', { timeout: 120_000 }, () => {
  test('create a table', async () => {
    const line = `-XPOST 'http://${leader}/db/execute?pretty&timings' -H "Content-Type: application/json" -d '[
      "CREATE TABLE foo (id INTEGER NOT NULL PRIMARY KEY, name TEXT, age INTEGER)"
    ]'`
    expect(withoutTimes(await curl(line))).toBe(
      '{\n    "results": [\n        {\n            "time": T\n        }\n    ],\n    "time": T\n}',
    )
  })

  test('insert a row', async () => {
    const line = `-XPOST '${leader}/db/execute?pretty&timings' -H "Content-Type: application/json" -d '[
      "INSERT INTO foo(name, age) VALUES(\\"fiona\\", 20)"
    ]'`
    expect(withoutTimes(await curl(line))).toBe(`{
    "results": [
        {
            "last_insert_id": 1,
            "rows_affected": 1,
            "time": T
        }
    ],
    "time": T
}`)
  })

  test('query by GET and by POST', async () => {
    expect(
      withoutTimes(
        await curl(`-G '${leader}/db/query?pretty&timings' --data-urlencode 'q=SELECT * FROM foo'`),
      ),
    ).toBe(FOO)
    expect(
      withoutTimes(
        await curl(
          `-XPOST '${leader}/db/query?pretty&timings' -H "Content-Type: application/json" -d '["SELECT * FROM foo"]'`,
        ),
      ),
    ).toBe(FOO)
  })

  test('a body without a type, through any node', async () => {
    expect(
      withoutTimes(await curl(`-XPOST '${follower}/db/query?pretty&timings' -d '["SELECT * FROM foo"]'`)),
    ).toBe(FOO)
  })

  test('associative', async () => {
    expect(
      await curl(`-G '${leader}/db/query?pretty&associative' --data-urlencode 'q=SELECT * FROM foo'`),
    ).toBe(`{
    "results": [
        {
            "types": {
                "age": "integer",
                "id": "integer",
                "name": "text"
            },
            "rows": [
                {
                    "age": 20,
                    "id": 1,
                    "name": "fiona"
                }
            ]
        }
    ]
}`)
  })

  test('parameters by position and by name', async () => {
    expect(
      await curl(
        `-XPOST '${leader}/db/execute' -d '[["INSERT INTO foo(name, age) VALUES(?, ?)", "declan", 30]]'`,
      ),
    ).toBe('{"results":[{"last_insert_id":2,"rows_affected":1}]}')
    expect(
      await curl(
        `-XPOST '${follower}/db/execute' -d '[["INSERT INTO foo(name, age) VALUES(:name, :age)", {"name": "sinead", "age": 40}]]'`,
      ),
    ).toBe('{"results":[{"last_insert_id":3,"rows_affected":1}]}')
    expect(
      await curl(
        `-XPOST '${leader}/db/query' -d '[["SELECT name FROM foo WHERE age > ?", 25], ["SELECT name FROM foo WHERE age=:age", {"age": 20}]]'`,
      ),
    ).toBe(
      '{"results":[{"columns":["name"],"types":["text"],"values":[["declan"],["sinead"]]},{"columns":["name"],"types":["text"],"values":[["fiona"]]}]}',
    )
  })

  test('a transaction', async () => {
    expect(
      await curl(
        `-XPOST '${leader}/db/execute?transaction' -d '["INSERT INTO foo(id, name) VALUES(4, \\"a\\")", "INSERT INTO foo(id, name) VALUES(4, \\"b\\")", "INSERT INTO foo(id, name) VALUES(5, \\"c\\")"]'`,
      ),
    ).toBe(
      '{"results":[{"last_insert_id":4,"rows_affected":1},{"error":"UNIQUE constraint failed: foo.id"}]}',
    )
    expect(await curl(`-G '${leader}/db/query' --data-urlencode 'q=SELECT count(*) FROM foo'`)).toBe(
      '{"results":[{"columns":["count(*)"],"types":["integer"],"values":[[3]]}]}',
    )
  })

  test('reads and writes in one request', async () => {
    expect(
      await curl(
        `-XPOST '${leader}/db/request' -d '["INSERT INTO foo(id, name) VALUES(4, \\"a\\")", ["SELECT name FROM foo WHERE id = ?", 4], "DELETE FROM foo WHERE id = 4"]'`,
      ),
    ).toBe(
      '{"results":[{"last_insert_id":4,"rows_affected":1},{"columns":["name"],"types":["text"],"values":[["a"]]},{"last_insert_id":4,"rows_affected":1}]}',
    )
  })

  test('errors', async () => {
    expect(await curl(`-XPOST '${leader}/db/execute' -d '["nonsense"]'`)).toBe(
      '{"results":[{"error":"near \\"nonsense\\": syntax error"}]}',
    )
    expect(await curl(`-XPOST '${leader}/db/execute' -d 'nonsense'`)).toBe('invalid JSON body\n')
  })

  test('levels and freshness', async () => {
    const expected = '{"results":[{"columns":["name"],"types":["text"],"values":[["fiona"]]}]}'
    await suite.cluster.processes.converged()
    for (const parameters of [
      'level=none',
      'level=weak',
      'level=linearizable',
      'level=strong',
      'level=auto',
      'level=none&freshness=10s',
    ]) {
      expect(
        await curl(
          `-G '${follower}/db/query?${parameters}' --data-urlencode 'q=SELECT name FROM foo WHERE id = 1'`,
        ),
        parameters,
      ).toBe(expected)
    }
  })

  test('follow a redirect', async () => {
    const line = `-L -G '${follower}/db/query?redirect&level=strong' --data-urlencode 'q=SELECT count(*) FROM foo'`
    expect(await curl(line)).toBe('{"results":[{"columns":["count(*)"],"types":["integer"],"values":[[3]]}]}')
  })

  test('readyz, nodes, status, leader', async () => {
    expect(await curl(`${leader}/readyz`)).toBe('[+]node ok\n[+]leader ok\n[+]store ok\n[+]db ok')
    expect(await curl(`'${follower}/readyz?sync&timeout=10s'`)).toBe(
      '[+]node ok\n[+]leader ok\n[+]store ok\n[+]sync ok\n[+]db ok',
    )
    expect(await curl(`'${leader}/readyz?noleader'`)).toBe('[+]node ok')
    const nodes = JSON.parse(await curl(`'${leader}/nodes?pretty'`))
    expect(Object.keys(nodes)).toEqual(['node1', 'node2', 'node3'])
    expect(JSON.parse(await curl(`'${leader}/status?pretty'`))).toHaveProperty('store.leader.node_id')
    expect(JSON.parse(await curl(`${follower}/leader`))).toMatchObject({
      leader: true,
      api_addr: `http://${leader}`,
    })
  })

  test('a queued write, and one that waits', async () => {
    expect(
      await curl(`-XPOST '${leader}/db/execute?queue' -d '["INSERT INTO foo(name) VALUES(\\"queued\\")"]'`),
    ).toMatch(/^\{"results":\[\],"sequence_number":\d+\}$/)
    expect(await curl(`-XPOST '${leader}/db/execute?queue&wait&timeout=10s' -d '[]'`)).toMatch(
      /"sequence_number":\d+\}$/,
    )
    expect(
      await curl(`-G '${leader}/db/query' --data-urlencode 'q=SELECT count(*) FROM foo WHERE name="queued"'`),
    ).toBe('{"results":[{"columns":["count(*)"],"types":["integer"],"values":[[1]]}]}')
  })

  test('back up, and restore from it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'debros-curl-'))
    try {
      const [binary, text] = [join(directory, 'bak.sqlite3'), join(directory, 'bak.sql')]
      await curl(`-s -XGET '${follower}/db/backup' -o ${binary}`)
      await curl(`-s -XGET '${follower}/db/backup?fmt=sql' -o ${text}`)
      expect((await readFile(text, 'utf8')).split('\n').slice(0, 2)).toEqual([
        'PRAGMA foreign_keys=OFF;',
        'BEGIN TRANSACTION;',
      ])
      await curl(`-XPOST '${leader}/db/execute' -d '["DROP TABLE foo"]'`)
      const restore = `-XPOST '${follower}/db/load' -H "Content-type: application/octet-stream" --data-binary @${binary}`
      expect(await curl(restore)).toBe('{"results":[]}')
      const count = `-G '${leader}/db/query' --data-urlencode 'q=SELECT count(*) FROM foo'`
      const four = '{"results":[{"columns":["count(*)"],"types":["integer"],"values":[[4]]}]}'
      expect(await curl(count)).toBe(four)
      await curl(`-XPOST '${leader}/db/execute' -d '["DROP TABLE foo"]'`)
      const load = `-XPOST '${leader}/db/load' -H "Content-type: text/plain" --data-binary @${text}`
      expect(await curl(load)).toBe('{"results":[{"last_insert_id":4,"rows_affected":1}]}')
      expect(await curl(count)).toBe(four)
    } finally {
      await rm(directory, { recursive: true, force: true })
    }
  })
})
