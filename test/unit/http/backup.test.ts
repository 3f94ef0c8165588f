import http from 'node:http'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { backupOf } from './fake-node.ts'
import { serve } from './serve.ts'

const other = { id: 'node2', address: '10.0.0.2:7001' }

// Contract 2.1; acceptance rows 59 and 60.
describe('GET /db/backup', () => {
  test('the body is the file, as it is', async () => {
    const { ask, node } = await serve()
    const file = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 251))
    node.backup = async () => backupOf([file.subarray(0, 100_000), file.subarray(100_000)])
    const answer = await ask('GET', '/db/backup')
    expect(answer.status).toBe(200)
    expect(answer.headers).toMatchObject({
      'content-type': 'application/octet-stream',
      'x-rqlite-served-by': '127.0.0.1:5001',
    })
    expect(answer.bytes.equals(file)).toBe(true)
    expect(node.backups).toMatchObject([{ format: 'binary', local: false, timeoutMs: 30_000 }])
  })

  test('compress - is a gzip file, not an encoding of the transfer', async () => {
    const { ask } = await serve()
    const answer = await ask('GET', '/db/backup?compress')
    expect(answer.headers).toMatchObject({ 'content-type': 'application/octet-stream' })
    expect(answer.headers).not.toHaveProperty('content-encoding')
    expect(gunzipSync(answer.bytes).toString()).toBe('SQLite format 3\0 and so on')
  })

  test.each([
    ['', { format: 'binary', local: false }],
    ['?fmt=binary', { format: 'binary' }],
    ['?fmt=nonsense', { format: 'binary' }],
    ['?fmt=delete', { format: 'delete' }],
    ['?vacuum', { format: 'binary', vacuum: true }],
    ['?fmt=sql', { format: 'sql', vacuum: false }],
    ['?fmt=sql&tables=', { format: 'sql' }],
    ['?fmt=sql&tables=foo,%20bar,,', { format: 'sql', tables: ['foo', 'bar'] }],
    ['?fmt=DELETE&noleader&timeout=2s', { format: 'delete', local: true, timeoutMs: 2_000 }],
  ])('parameters - %s', async (query, options) => {
    const { ask, node } = await serve()
    expect((await ask('GET', `/db/backup${query}`)).status).toBe(200)
    expect(node.backups).toMatchObject([options])
  })

  test('SQL text - says so, and comes as it is', async () => {
    const { ask, node } = await serve()
    node.backup = async () => backupOf([Buffer.from('BEGIN TRANSACTION;\n'), Buffer.from('COMMIT;\n')])
    const answer = await ask('GET', '/db/backup?fmt=sql')
    expect(answer.headers['content-type']).toBe('application/sql')
    expect(answer.body).toBe('BEGIN TRANSACTION;\nCOMMIT;\n')
    expect((await ask('GET', '/db/backup?fmt=sql&compress')).headers['content-type']).toBe('application/sql')
  })

  test('redirect - 301 from a follower, unless its own data is wanted', async () => {
    const { ask, node } = await serve()
    node.leader = other
    const answer = await ask('GET', '/db/backup?redirect&fmt=delete')
    expect(answer).toMatchObject({ status: 301, body: '' })
    expect(answer.headers.location).toBe('http://10.0.0.2:5001/db/backup?redirect&fmt=delete')
    expect((await ask('GET', '/db/backup?redirect&noleader')).status).toBe(200)
    node.leader = { id: 'node1', address: '127.0.0.1:7001' }
    expect((await ask('GET', '/db/backup?redirect')).status).toBe(200)
    expect(node.backups.map(({ local }) => local)).toEqual([true, false])
  })

  test('no leader, or no room for one more - 503', async () => {
    const { ask, node } = await serve()
    node.backup = async () => {
      throw new DebrosError('RAFT_NO_LEADER', 'leader not found', { retryable: true })
    }
    expect(await ask('GET', '/db/backup')).toMatchObject({ status: 503, body: 'leader not found\n' })
    node.backup = async () => {
      throw new DebrosError('BACKUP_INVALID', 'invalid backup format')
    }
    expect(await ask('GET', '/db/backup?fmt=sql&vacuum')).toMatchObject({
      status: 400,
      body: 'invalid backup format\n',
    })
    node.backup = async () => {
      throw new DebrosError('BACKUP_BUSY', 'too many backups', { retryable: true })
    }
    const answer = await ask('GET', '/db/backup')
    expect(answer).toMatchObject({ status: 503, body: 'too many backups\n' })
    expect(answer.headers['retry-after']).toBe('1')
  })

  test('before the store is open - 503; other methods - 405', async () => {
    const { ask } = await serve({ open: false })
    expect(await ask('GET', '/db/backup')).toMatchObject({ status: 503, body: 'store not open\n' })
    expect((await ask('POST', '/db/backup')).status).toBe(405)
  })

  test.each(['', '?compress'])('a backup that fails at once is a 500 %s', async (query) => {
    const { ask, node } = await serve()
    node.backup = async () =>
      backupOf({
        [Symbol.asyncIterator]: () => ({
          next: () => Promise.reject(new DebrosError('SQL_SCRATCH_FAILED', 'the dump failed')),
        }),
      })
    expect(await ask('GET', `/db/backup${query}`)).toMatchObject({ status: 500, body: 'the dump failed\n' })
  })

  test.each(['', '?compress'])('a backup that fails half-way is cut off %s', async (query) => {
    const { ask, node } = await serve()
    node.backup = async () =>
      backupOf(
        (async function* () {
          for (let i = 0; i < 64; i++) yield Buffer.alloc(64 * 1024, i)
          throw new Error('the engine failed')
        })(),
      )
    await expect(ask('GET', `/db/backup${query}`)).rejects.toThrow(/aborted|hang up|RESET/)
  })

  test.each(['', '?compress'])('a caller that leaves gives the copy back %s', async (query) => {
    const { node, port } = await serve()
    const released = Promise.withResolvers<void>()
    node.backup = async () =>
      backupOf(
        (async function* () {
          try {
            for (;;) yield crypto.getRandomValues(Buffer.alloc(64 * 1024))
          } finally {
            released.resolve()
          }
        })(),
      )
    const request = http.get(
      { host: '127.0.0.1', port, path: `/db/backup${query}`, agent: false },
      (response) => {
        response.once('data', () => request.destroy())
        response.on('error', () => {})
      },
    )
    request.on('error', () => {})
    await released.promise
  })
})
