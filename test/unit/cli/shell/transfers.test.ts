import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { describeProgress } from '../../../../src/cli/shell/progress.ts'
import { temporaryDirectory } from '../temporary-directory.ts'
import { type FakeAnswer, fakeServer, STATUS, shell } from './fake-server.ts'

const MAIN = fileURLToPath(new URL('../../../../src/cli/main.ts', import.meta.url))
const PAGE_BYTES = 4096

/** What looks like a SQLite file of so many pages. */
function sqliteFile(pages = 2): Buffer {
  const file = Buffer.alloc(pages * PAGE_BYTES)
  file.write('SQLite format 3\0', 'latin1')
  file.writeUInt16BE(PAGE_BYTES, 16)
  for (const counter of [24, 92]) file.writeUInt32BE(7, counter)
  file.writeUInt32BE(pages, 28)
  return file
}

const DUMP = 'PRAGMA foreign_keys=OFF;\nBEGIN TRANSACTION;\nCREATE TABLE foo (name text);\nCOMMIT;\n'

describe('.backup and .dump', () => {
  test('a file - holds what came', async () => {
    const file = sqliteFile()
    const { port, asked } = await fakeServer(({ url }) => ({ body: url.includes('fmt=sql') ? DUMP : file }))
    const dir = temporaryDirectory()
    const { out } = await shell(port, [
      `.backup ${dir}/my backup.db`,
      `.dump "${dir}/d 1.sql"`,
      `.dump ${dir}/d2.sql foo, bar`,
    ])
    expect(out).toBe(
      'backup file written successfully\nSQL text file written successfully\nSQL text file written successfully\n',
    )
    expect(asked.map(({ url }) => url)).toEqual([
      '/db/backup',
      '/db/backup?fmt=sql',
      '/db/backup?fmt=sql&tables=foo,bar',
    ])
    expect(readFileSync(join(dir, 'my backup.db')).equals(file)).toBe(true)
    expect(readdirSync(dir).sort()).toEqual(['d 1.sql', 'd2.sql', 'my backup.db'])
  })

  test.each<[string, FakeAnswer, RegExp]>([
    [
      'broken off',
      { body: sqliteFile().subarray(0, PAGE_BYTES), breaks: true },
      /^ERR! the answer broke off: /,
    ],
    [
      'short of a page',
      { body: sqliteFile().subarray(0, PAGE_BYTES) },
      /is no whole SQLite file: 4096 of 8192 bytes/,
    ],
    ['cut within a page', { body: sqliteFile().subarray(0, 5_000) }, /5000 bytes end within a page/],
    ['something else', { body: 'not a database' }, /is no SQLite file/],
    ['nothing', {}, /is no SQLite file/],
    [
      'refused',
      { status: 503, body: 'leader not found' },
      /^ERR! server responded with 503 .*leader not found/,
    ],
  ])('%s - leaves the file before as it was, and nothing else', async (_, answer, message) => {
    const { port } = await fakeServer(() => answer)
    const dir = temporaryDirectory()
    writeFileSync(join(dir, 'b.db'), 'yesterday')
    expect((await shell(port, [`.backup ${dir}/b.db`])).out).toMatch(message)
    expect(readdirSync(dir)).toEqual(['b.db'])
    expect(readFileSync(join(dir, 'b.db'), 'utf8')).toBe('yesterday')
  })

  test('a shell that is told to stop - leaves nothing, and exit code 1', async () => {
    const { port } = await fakeServer(() => ({ body: sqliteFile(), hangs: true }))
    const dir = temporaryDirectory()
    const child = spawn(process.execPath, [MAIN, 'shell', '-p', String(port)], {
      stdio: ['pipe', 'ignore', 'inherit'],
    })
    child.stdin.write(`.backup ${dir}/b.db\n`)
    await expect.poll(() => readdirSync(dir), { timeout: 20_000 }).toHaveLength(1)
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([1, null])
    expect(readdirSync(dir)).toEqual([])
  })

  test('half a dump - is refused', async () => {
    const { port } = await fakeServer(() => ({ body: DUMP.slice(0, 60) }))
    const dir = temporaryDirectory()
    expect((await shell(port, [`.dump ${dir}/d.sql`])).out).toMatch(/is no whole dump/)
    expect(readdirSync(dir)).toEqual([])
  })

  test('over a file - keeps its mode, and a link to it', async () => {
    const { port } = await fakeServer(() => ({ body: sqliteFile() }))
    const dir = temporaryDirectory()
    writeFileSync(join(dir, 'b.db'), 'yesterday', { mode: 0o600 })
    symlinkSync('b.db', join(dir, 'link'))
    await shell(port, [`.backup ${dir}/link`])
    expect(readdirSync(dir).sort()).toEqual(['b.db', 'link'])
    expect(statSync(join(dir, 'b.db'))).toMatchObject({ size: 2 * PAGE_BYTES, mode: 0o100600 })
  })

  test('a device - is written into, not replaced', async () => {
    const { port } = await fakeServer(() => ({ body: sqliteFile() }))
    expect((await shell(port, ['.backup /dev/null'])).out).toBe('backup file written successfully\n')
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true)
  })
})

describe('.restore and .boot', () => {
  function written(content: string | Buffer): string {
    const file = join(temporaryDirectory(), 'in file')
    writeFileSync(file, content)
    return file
  }

  test('a SQLite file - as it is', async () => {
    const file = sqliteFile()
    const { port, asked } = await fakeServer(({ url }) =>
      url === '/status' ? { body: JSON.stringify(STATUS) } : { body: '{"results":[]}' },
    )
    const { out } = await shell(port, [`.restore ${written(file)}`, `.restore ${written(gzipSync(file))}`])
    expect(out).toBe('Database restored successfully.\n'.repeat(2))
    expect(asked.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'GET /status',
      'POST /db/load',
      'GET /status',
      'POST /db/load',
    ])
    for (const { body, headers } of [asked[1]!, asked[3]!]) {
      expect(body).toBe(file.toString())
      expect(headers['content-type']).toBe('application/octet-stream')
    }
  })

  test.each([
    [{ db_conf: { fk_constraints: false } }, 'OFF'],
    [{ db_conf: { fk_constraints: true } }, 'ON'],
    [{ sqlite3: { pragmas: { rw: { foreign_keys: '1' } } } }, 'ON'],
    [{}, 'OFF'],
  ])('SQL text, store %j - foreign keys are left %s', async (store, state) => {
    const { port, asked } = await fakeServer(({ url }) =>
      url === '/status' ? { body: JSON.stringify({ store }) } : [{ last_insert_id: 3, rows_affected: 1 }],
    )
    const { out } = await shell(port, [`.restore ${written(DUMP)}`])
    expect(out).toBe('last inserted ID: 3\nrows affected: 1\nDatabase restored successfully.\n')
    expect(asked[1]).toMatchObject({ body: `${DUMP}\nPRAGMA foreign_keys=${state};` })
    expect(asked[1]?.headers['content-type']).toBe('text/plain')
  })

  test.each<[string, string | Buffer, FakeAnswer | unknown[], string]>([
    ['no results', DUMP, [], 'ERR! unexpected results length: 0\n'],
    ['failed SQL', DUMP, [{ error: 'near "x": syntax error' }], 'Error: near "x": syntax error\n'],
    [
      'a status',
      sqliteFile(),
      { status: 500, body: 'bad' },
      'ERR! server responded with 500 Internal Server Error: bad\n',
    ],
    ['an error', sqliteFile(), { body: '{"results":[],"error":"oh"}' }, 'ERR! oh\n'],
  ])('%s - is told', async (_, content, answer, out) => {
    const { port } = await fakeServer(({ url }) =>
      url === '/status' ? { body: JSON.stringify(STATUS) } : answer,
    )
    expect((await shell(port, [`.restore ${written(content)}`])).out).toBe(out)
  })

  test.each<[string, string | Buffer, RegExp]>([
    ['half a file', sqliteFile().subarray(0, PAGE_BYTES), /is no whole SQLite file/],
    ['an empty file', '', /is empty/],
    ['half a gzip', gzipSync(sqliteFile(300)).subarray(0, 200), /unexpected end of file/],
  ])('%s - is not restored', async (_, content, message) => {
    const { port, asked } = await fakeServer(() => ({ body: JSON.stringify(STATUS) }))
    expect((await shell(port, [`.restore ${written(content)}`, '.restore /nowhere'])).out).toMatch(message)
    // A body that ends early is no request.
    expect(asked.map(({ url }) => url)).toEqual(['/status', '/status'])
  })

  test('a server without a store - is not what one restores to', async () => {
    const { port, asked } = await fakeServer(() => ({ body: '{}' }))
    const message = 'ERR! unexpected server response: store status not found\n'
    expect((await shell(port, [`.restore ${written(DUMP)}`, `.boot ${written(sqliteFile())}`])).out).toBe(
      message.repeat(2),
    )
    expect(asked).toHaveLength(2)
  })

  test('.boot - a SQLite file only', async () => {
    const file = sqliteFile()
    const { port, asked } = await fakeServer(({ url }) =>
      url === '/status' ? { body: JSON.stringify(STATUS) } : {},
    )
    const text = written(DUMP)
    expect((await shell(port, [`.boot ${written(file)}`, `.boot ${text}`])).out).toBe(
      `Node booted successfully.\nERR! ${text} is not a valid SQLite file\n`,
    )
    expect(asked[1]).toMatchObject({ method: 'POST', url: '/boot', body: file.toString() })
  })

  test('.boot refused - with the reason', async () => {
    const { port } = await fakeServer(({ url }) =>
      url === '/status' ? { body: JSON.stringify(STATUS) } : { status: 503, body: 'not single-node\n' },
    )
    expect((await shell(port, [`.boot ${written(sqliteFile())}`])).out).toBe(
      'ERR! boot failed, status code: 503 Service Unavailable, not single-node\n',
    )
  })
})

test('progress - how much, of how much, how fast', () => {
  expect(describeProgress(512, undefined, 1_000)).toBe('512 B  512 B/s')
  expect(describeProgress(3 * 2 ** 20, 6 * 2 ** 20, 500)).toBe(
    '[##########..........] 50%  3.0 MiB of 6.0 MiB  6.0 MiB/s',
  )
  expect(describeProgress(2 ** 31, 2 ** 30, 1_000)).toBe(
    '[####################] 100%  2.0 GiB of 1.0 GiB  2.0 GiB/s',
  )
})
