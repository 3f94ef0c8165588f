import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { temporaryDirectory } from '../temporary-directory.ts'
import { type Asked, type FakeAnswer, fakeServer, shell } from './fake-server.ts'

const ROWS = { columns: ['id', 'name'], types: ['integer', 'text'], values: [[1, 'fiona']], time: 0.0001 }
const TABLE = '+----+-------+\n| id | name  |\n+----+-------+\n| 1  | fiona |\n+----+-------+\n'

function json(document: unknown): FakeAnswer {
  return { body: JSON.stringify(document) }
}

/** What the server is asked, without headers. */
function brief(asked: readonly Asked[]): string[] {
  return asked.map(({ method, url, body }) => `${method} ${url}${body === '' ? '' : ` ${body}`}`)
}

describe('a run', () => {
  test('welcome, an end without a farewell word, exit code 0', async () => {
    const { port } = await fakeServer(() => [])
    expect(await shell(port, [])).toMatchObject({
      code: 0,
      all: `Welcome to the debros shell.\nEnter ".help" for usage hints.\nConnected to http://127.0.0.1:${port} running version 10\nbye~\n`,
    })
  })

  test.each(['.quit', '.EXIT', 'quit', 'Exit', 'exit;', '  quit  '])('%s - ends it', async (word) => {
    const { port, asked } = await fakeServer(() => [ROWS])
    const { code, all } = await shell(port, [word, 'SELECT 1'])
    expect([code, all.endsWith('version 10\nbye~\n'), asked]).toEqual([0, true, []])
  })

  test('nobody there - is said, and all', async () => {
    expect(await shell(1, ['SELECT 1'])).toMatchObject({
      code: 0,
      all: 'ERR! cannot reach 127.0.0.1:1: connection refused\n',
    })
    expect(await shell(1, ['SELECT 1'], ['--bail'])).toMatchObject({ code: 1 })
  })

  test('something else there - is said, and all', async () => {
    const { port } = await fakeServer(() => ({ status: 404 }))
    const { out } = await shell(port, ['SELECT 1'], ['-P', 'elsewhere'])
    expect(out).toBe(`ERR! 127.0.0.1:${port} has no such API under this prefix\n`)
  })

  test('a missing certificate - is said, and all', async () => {
    const { all } = await shell(1, [], ['-s', 'https', '-c', '/nowhere/ca.pem'])
    expect(all).toMatch(/^ERR! \/nowhere\/ca.pem: no such file or directory\n$/)
  })
})

describe('statements', () => {
  test('rows, writes and failures', async () => {
    const results = [
      ROWS,
      {},
      { rows_affected: 1, last_insert_id: 7 },
      { rows_affected: 2 },
      { error: 'no such table: bar' },
    ]
    const { port, asked } = await fakeServer(() => [results.shift()])
    const lines = [
      'SELECT * FROM foo',
      'CREATE TABLE t (v)',
      'INSERT INTO foo VALUES (1);',
      'DELETE FROM foo',
      'SELECT * FROM bar',
    ]
    const { code, out } = await shell(port, lines)
    expect(out).toBe(`${TABLE}0 row affected\n1 row affected\n2 rows affected\nError: no such table: bar\n`)
    expect(code).toBe(0)
    expect(brief(asked)).toEqual(lines.map((line) => `POST /db/request ["${line}"]`))
  })

  test('settings - change what is asked and shown', async () => {
    const { port, asked } = await fakeServer(({ body }) => [
      body.includes('SELECT') ? ROWS : { rows_affected: 3, last_insert_id: 9, time: 0.0123456 },
    ])
    const { out } = await shell(port, [
      '.timer on',
      '.CHANGES On',
      '.blobarray on',
      '.forcewrites on',
      'UPDATE foo SET v = 1',
      'SELECT 1',
      '.timer',
    ])
    expect(out).toBe(
      `3 rows affected (0.012346 sec)\nlast insert ID: 9\n${TABLE}Run Time: 0.000100 seconds\non\n`,
    )
    expect(brief(asked)).toEqual([
      'POST /db/execute?timings=&blob_array= ["UPDATE foo SET v = 1"]',
      'POST /db/execute?timings=&blob_array= ["SELECT 1"]',
    ])
  })

  test('several on a line - one after the other, up to the first failure', async () => {
    const results = [ROWS, { error: 'oh' }, ROWS]
    const { port, asked } = await fakeServer(() => [results.shift()])
    const { out } = await shell(port, ['SELECT 1; SELECT 2; SELECT 3', 'SELECT 4'])
    expect(out).toBe(`${TABLE}Error: oh\n${TABLE}`)
    expect(asked.map(({ body }) => body)).toEqual(['["SELECT 1;"]', '["SELECT 2;"]', '["SELECT 4"]'])
  })

  test('several lines - while something is open; what is open at the end is sent all the same', async () => {
    const { port, asked } = await fakeServer(() => [{}])
    await shell(port, ['CREATE TABLE t (', '.v,', "'quit'", ');', "SELECT 'open"])
    expect(asked.map(({ body }) => JSON.parse(body))).toEqual([
      ["CREATE TABLE t (\n.v,\n'quit'\n);"],
      ["SELECT 'open"],
    ])
  })

  test.each<[string, FakeAnswer | unknown[], string]>([
    ['the whole request failed', json({ results: [], error: 'leader not found' }), 'leader not found'],
    ['no result', [], 'unexpected results length: 0'],
    [
      'a status',
      { status: 503, body: 'leader not found\n' },
      'server responded with 503 Service Unavailable: leader not found',
    ],
    ['no permission', { status: 401 }, 'unauthorized'],
    ['no JSON', { body: '<html>' }, 'the server answered something other than JSON'],
    ['a broken answer', { body: '{"results":[', breaks: true }, 'the answer broke off: connection lost'],
  ])('%s - is no failure of SQL, and the next is tried', async (_, answer, message) => {
    const { port } = await fakeServer(({ body }) => (body.includes('SELECT 1') ? answer : [{}]))
    const { code, out } = await shell(port, ['SELECT 1', 'SELECT 2'])
    expect([code, out]).toEqual([0, `ERR! ${message}\n0 row affected\n`])
  })

  test('no permission for both - reads and writes go where the one is enough', async () => {
    const { port, asked } = await fakeServer(({ url }) => (url === '/db/request' ? { status: 401 } : [{}]))
    const { out } = await shell(port, ['select 1', 'DELETE FROM t', '.forcewrites on', 'SELECT 2'])
    expect(out).toBe('0 row affected\n'.repeat(3))
    expect(brief(asked)).toEqual([
      'POST /db/request ["select 1"]',
      'POST /db/query ["select 1"]',
      'POST /db/request ["DELETE FROM t"]',
      'POST /db/execute ["DELETE FROM t"]',
      'POST /db/execute ["SELECT 2"]',
    ])
  })

  test('a name of its own - for each, if the server says that it minds it', async () => {
    for (const http of [{ idempotent_writes: true }, {}]) {
      const { port, asked } = await fakeServer(() => [{}], { http })
      await shell(port, ['DELETE FROM t', 'DELETE FROM t', '.tables'])
      const keys = asked.map(({ headers }) => headers['idempotency-key'])
      expect(new Set(keys).size).toBe('idempotent_writes' in http ? 3 : 1)
      expect(keys[2]).toBeUndefined()
    }
  })

  test('--bail - ends at the first failure, with exit code 1', async () => {
    const { port, asked } = await fakeServer(() => [{ error: 'oh' }])
    const { code, out } = await shell(port, ['SELECT 1', 'SELECT 2'], ['-b'])
    expect([code, out, asked.length]).toEqual([1, 'Error: oh\n', 1])
  })
})

describe('transactions', () => {
  test('BEGIN to COMMIT - one request', async () => {
    const { port, asked } = await fakeServer(() => [{ rows_affected: 1 }, ROWS])
    const { out } = await shell(port, ['BEGIN', 'INSERT INTO t VALUES (1)', 'SELECT 1;', 'COMMIT;'])
    expect(out).toBe(`1 row affected\n${TABLE}`)
    expect(brief(asked)).toEqual(['POST /db/request?transaction= ["INSERT INTO t VALUES (1)","SELECT 1;"]'])
  })

  test('a failure - is shown where it happened', async () => {
    const { port } = await fakeServer(() => [{ rows_affected: 1 }, { error: 'oh' }])
    const { out } = await shell(port, ['BEGIN; INSERT INTO t VALUES (1); SELECT 1; SELECT 2; END'])
    expect(out).toBe('1 row affected\nError: oh\n')
  })

  test('ROLLBACK, nothing in it, and no end - ask for nothing', async () => {
    const { port, asked } = await fakeServer(() => [])
    const { out } = await shell(port, [
      'begin immediate; DELETE FROM t; rollback',
      'BEGIN; COMMIT',
      'BEGIN',
      'BEGIN',
      'DELETE FROM t',
    ])
    expect(out).toBe(
      'ERR! cannot start a transaction within a transaction\nERR! the input ended before COMMIT: nothing of the transaction was done\n',
    )
    expect(asked).toEqual([])
  })
})

describe('the schema', () => {
  test.each([
    ['.tables', 'SELECT name FROM sqlite_master WHERE type="table" ORDER BY name ASC', 'name'],
    ['.Indexes', 'SELECT sql FROM sqlite_master WHERE type="index"', 'sql'],
    ['.SCHEMA', 'SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rowid ASC', 'sql'],
  ])('%s - a read at the level that is set', async (command, sql, column) => {
    const { port, asked } = await fakeServer(() => [
      { columns: [column], types: ['text'], values: [['foo']] },
    ])
    const { out } = await shell(port, [command, '.consistency strong', command])
    const border = `+${'-'.repeat(column.length + 2)}+\n`
    expect(out).toBe(
      `${border}| ${column} |\n${border}| foo${' '.repeat(column.length - 3)} |\n${border}`.repeat(2),
    )
    const parameters = asked.map(({ url }) => new URLSearchParams(url.slice(url.indexOf('?'))))
    expect(parameters.map((one) => [one.get('level'), one.get('q')])).toEqual([
      ['weak', sql],
      ['strong', sql],
    ])
  })

  test('refused - is told as a failure of the command', async () => {
    const { port } = await fakeServer(() => [{ error: 'oh' }])
    expect((await shell(port, ['.tables'])).out).toBe('ERR! oh\n')
  })
})

describe('settings', () => {
  test('.show, .consistency, .mode - as they are at first', async () => {
    const { port } = await fakeServer(() => [])
    expect((await shell(port, ['.show', '.consistency', '.mode', '.changes'])).out).toBe(
      `
  blobarray: off
  changes: off
  consistency: weak
  forcewrites: off
  mode: column
  output: stdout
  timer: off
weak
column
off
`.slice(1),
    )
  })

  test.each([
    ['.consistency auto', "invalid consistency 'auto'. Use 'none', 'weak', 'linearizable', or 'strong'"],
    ['.mode table', "invalid mode 'table'. Use 'column', 'csv', 'json', or 'line'"],
    ['.timer maybe', "invalid option 'maybe'. Use 'on' or 'off' (default)"],
    ['.timer on off', 'too many arguments: on off'],
    ['.tables foo', '.tables takes no argument'],
    ['.nonsense', 'unknown command .nonsense; .help lists them'],
    ['.remove', 'please specify the ID of the node to remove'],
    ['.snapshot x', 'invalid trailing logs value: x'],
    ['.backup', 'please specify an output file for the backup'],
    ['.dump', 'please specify an output file for the SQL text'],
    ['.restore', 'please specify an input file to restore from'],
    ['.boot', 'please specify an input file to boot with'],
    ['.sysdump', 'please specify an output file for the diagnostics'],
    ['.read', 'please specify an input file to read from'],
  ])('%s - is refused', async (line, message) => {
    const { port, asked } = await fakeServer(() => [])
    expect((await shell(port, [line])).out).toBe(`ERR! ${message}\n`)
    expect(asked).toEqual([])
  })

  test('.mode - of rows', async () => {
    const { port } = await fakeServer(() => [ROWS])
    const { out } = await shell(port, [
      '.mode csv',
      'SELECT 1',
      '.mode JSON',
      'SELECT 1',
      '.mode line',
      'SELECT 1',
    ])
    expect(out).toBe('id,name\n1,fiona\n[{"id":1,"name":"fiona"}]\n  id = 1\nname = fiona\n')
  })

  test('.output - results into a file, failures not', async () => {
    const results = [ROWS, { error: 'oh' }, ROWS, ROWS]
    const { port } = await fakeServer(() => [results.shift()])
    const file = join(temporaryDirectory(), 'out file.csv')
    const { out } = await shell(port, [
      '.mode csv',
      `.output ${file}`,
      'SELECT 1',
      'SELECT 2',
      'SELECT 3',
      '.output',
      'SELECT 4',
    ])
    expect(out).toBe('Error: oh\nid,name\n1,fiona\n')
    expect(readFileSync(file, 'utf8')).toBe('id,name\n1,fiona\nid,name\n1,fiona\n')
  })

  test('.help - names every command', async () => {
    const { port } = await fakeServer(() => [])
    const { out } = await shell(port, ['.HELP'])
    // Contract section 6.
    for (const command of `.tables .indexes .schema .consistency .status .expvar .nodes .leader .ready .extensions
      .backup .dump .restore .boot .remove .snapshot .reap .stepdown .sysdump .read .mode .output .timer .changes
      .blobarray .forcewrites .show .help .quit .exit`.split(/\s+/))
      expect(out).toMatch(new RegExp(`^\\${command} `, 'm'))
    expect(out).toContain('Show')
  })
})

describe('diagnostics', () => {
  test('.status, .expvar - as a tree, or what is under a key', async () => {
    const { port, asked } = await fakeServer(({ url }) =>
      json(
        url === '/status'
          ? { build: { version: '1' }, store: { raft: { state: 'Leader', term: 3 } } }
          : { http: { queries: 1 } },
      ),
    )
    const { out } = await shell(port, [
      '.status',
      '.status build',
      '.status store.raft',
      '.status x',
      '.expvar',
    ])
    expect(out).toBe(
      `
build:
  version: 1
store:
  raft:
    state: Leader
    term: 3
build:
  version: 1
store.raft:
  state: Leader
  term: 3
ERR! there is no x; there are build, store
http:
  queries: 1
`.slice(1),
    )
    expect(asked.at(-1)?.url).toBe('/debug/vars')
  })

  const NODES = { b: { id: 'b', leader: true, voter: true }, a: { id: 'a', leader: false, voter: true } }

  test('.nodes, .leader - from the same list', async () => {
    const { port, asked } = await fakeServer(() => json(NODES))
    const { out } = await shell(port, ['.leader', '.nodes', '.nodes all'])
    const [a, b] = ['a', 'b'].map((id) => `${id}:\n  id: ${id}\n  leader: ${id === 'b'}\n  voter: true\n`)
    expect(out).toBe(`${b}${a}${b}${a}${b}`)
    expect(brief(asked)).toEqual(['GET /nodes', 'GET /nodes', 'GET /nodes?nonvoters='])
  })

  test('.leader - without one', async () => {
    const { port } = await fakeServer(() => json({ a: { leader: false } }))
    expect((await shell(port, ['.leader'])).out).toBe('ERR! no leader found\n')
  })

  test('.ready - by the status alone', async () => {
    const answers = [
      { body: '[+]node ok' },
      { status: 503, body: '[+]node ok\n[+]leader does not exist' },
      { status: 401 },
    ]
    const { port } = await fakeServer(() => answers.shift() ?? {})
    expect((await shell(port, ['.ready', '.ready', '.ready'])).out).toBe(
      'ready\nnot ready\nERR! unauthorized\n',
    )
  })

  test('.extensions - a name a line, or nothing', async () => {
    const answers = [{ names: ['a.so', 'b.so'] }, {}]
    const { port, asked } = await fakeServer(() => json(answers.shift()))
    expect((await shell(port, ['.extensions', '.extensions'])).out).toBe('a.so\nb.so\n')
    expect(asked[0]?.url).toBe('/status?key=extensions')
  })

  test('.sysdump - of all nodes, also where one does not answer', async () => {
    const server = await fakeServer(({ url }) =>
      url.startsWith('/nodes?nonvoters')
        ? json({
            a: { api_addr: `http://127.0.0.1:${server.port}` },
            b: { api_addr: 'http://127.0.0.1:1' },
            c: { reachable: false },
          })
        : url === '/readyz'
          ? { status: 503, body: 'not yet' }
          : { body: `of ${url}` },
    )
    const file = join(temporaryDirectory(), 'dump')
    expect((await shell(server.port, [`.sysdump ${file}`])).out).toBe('')
    const line = `\n${'='.repeat(41)}\nURL: http://127.0.0.1`
    const text = readFileSync(file, 'utf8')
    expect(text).toContain(`${line}:${server.port}/status?pretty\nStatus: 200 OK\n\nof /status?pretty`)
    expect(text).toContain(`${line}:${server.port}/readyz\nStatus: 503 Service Unavailable\n\nnot yet`)
    expect(text).toContain(`${line}:1/debug/vars\nStatus: connection refused\n`)
    expect(text.match(/^URL/gm)).toHaveLength(8)
  })
})

describe('the cluster', () => {
  test('.remove, .stepdown, .snapshot - silent when done', async () => {
    const { port, asked } = await fakeServer(({ url }) => ({
      status: url === '/snapshot?trailing_logs=5' ? 204 : 200,
    }))
    const { out } = await shell(port, [
      '.remove node 2',
      '.remove "node 2"',
      '.stepdown',
      '.stepdown n3',
      '.snapshot',
      '.snapshot 5',
    ])
    expect(out).toBe('ERR! too many arguments: node 2\n')
    expect(brief(asked)).toEqual([
      'DELETE /remove {"id":"node 2"}',
      'POST /leader?wait=true',
      'POST /leader?wait=true {"id":"n3"}',
      'POST /snapshot?trailing_logs=0',
      'POST /snapshot?trailing_logs=5',
    ])
  })

  test('.reap - says how much', async () => {
    const { port, asked } = await fakeServer(() => json({ snapshots_reaped: 2, wals_checkpointed: 1 }))
    expect((await shell(port, ['.reap'])).out).toBe('snapshots reaped: 2, WALs checkpointed: 1\n')
    expect(brief(asked)).toEqual(['POST /reap'])
  })

  test.each(['.remove x', '.stepdown', '.snapshot', '.reap', '.nodes', '.tables'])(
    '%s - refused by the server',
    async (line) => {
      const { port } = await fakeServer(() => ({ status: 500, body: 'no\n' }))
      expect((await shell(port, [line])).out).toBe(
        'ERR! server responded with 500 Internal Server Error: no\n',
      )
    },
  )
})

describe('.read', () => {
  test('statements of one line and of several, comments, commands', async () => {
    const { port, asked } = await fakeServer(() => [{}])
    const file = join(temporaryDirectory(), 'x.sql')
    const statements = [
      'SELECT 1',
      'SELECT *\nFROM t\nWHERE v > 1;',
      'CREATE TABLE t (\n  v\n)\nSTRICT',
      'INSERT INTO t (v)\nSELECT 1',
      'CREATE VIEW w AS\nSELECT 1;',
      'WITH x AS (SELECT 1)\nSELECT * FROM x',
      'UPDATE t SET v = 1 WHERE\n  v = 2',
    ]
    writeFileSync(file, `-- first\n\n${statements.join('\n\n-- next\n')}\n.mode json\nSELECT 2`)
    const { out } = await shell(port, [`.read ${file}`, '.mode'])
    expect(asked.map(({ body }) => JSON.parse(body)[0])).toEqual([...statements, 'SELECT 2'])
    expect(out).toBe(`${'0 row affected\n'.repeat(8)}json\n`)
  })

  test('failures - go on with the next; the end of the file is not the end of the shell', async () => {
    const results = [{ error: 'oh' }, {}, {}]
    const { port } = await fakeServer(() => [results.shift()])
    const file = join(temporaryDirectory(), 'x.sql')
    writeFileSync(file, 'SELECT 1;\nSELECT 2;\n')
    const { out } = await shell(port, [`.read ${file}`, '.read /nowhere', 'SELECT 3'])
    expect(out).toMatch(
      /^Error: oh\n0 row affected\nERR! \/nowhere: no such file or directory\n0 row affected\n$/,
    )
  })

  test('with --bail - the first failure in it ends the shell', async () => {
    const { port, asked } = await fakeServer(() => [{ error: 'oh' }])
    const file = join(temporaryDirectory(), 'x.sql')
    writeFileSync(file, 'SELECT 1;\nSELECT 2;\n')
    expect(await shell(port, [`.read ${file}`, 'SELECT 3'], ['--bail'])).toMatchObject({
      code: 1,
      out: 'Error: oh\n',
    })
    expect(asked).toHaveLength(1)
  })

  test('itself - comes to an end', async () => {
    const { port } = await fakeServer(() => [{}])
    const file = join(temporaryDirectory(), 'x.sql')
    writeFileSync(file, `.read ${file}\n`)
    const { out } = await shell(port, [`.read ${file}`])
    expect(out).toBe(`ERR! ${file} is read by too many files that read each other\n`)
  })

  test('.quit in it - ends the shell', async () => {
    const { port, asked } = await fakeServer(() => [{}])
    const file = join(temporaryDirectory(), 'x.sql')
    writeFileSync(file, 'quit\nSELECT 1\n')
    await shell(port, [`.read ${file}`, 'SELECT 2'])
    expect(asked).toEqual([])
  })
})
