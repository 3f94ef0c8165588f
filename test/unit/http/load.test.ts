import net from 'node:net'
import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { collect } from '../../chunks.ts'
import { writeResult } from './fake-node.ts'
import { serve } from './serve.ts'

const other = { id: 'node2', address: '10.0.0.2:7001' }
const file = Buffer.concat([Buffer.from('SQLite format 3\0'), Buffer.alloc(500_000, 7)])

// Contract 2.2; acceptance rows 61 and 62.
describe('POST /db/load', () => {
  test('a file - is handed on as it comes, and answered with no results', async () => {
    const { ask, node } = await serve()
    let loaded: Buffer = Buffer.alloc(0)
    node.load = async ({ source }) => {
      loaded = await collect(source)
      return node.response([])
    }
    const answer = await ask('POST', '/db/load', {
      body: file,
      headers: { 'content-type': 'application/octet-stream' },
    })
    expect(answer).toMatchObject({ status: 200, body: '{"results":[]}' })
    expect(answer.headers).toMatchObject({
      'content-type': 'application/json; charset=utf-8',
      'x-rqlite-served-by': '127.0.0.1:5001',
    })
    expect(loaded.equals(file)).toBe(true)
    expect(node.loads).toMatchObject([{ method: 'load', options: { timeoutMs: 30_000, bytesMax: 2 ** 31 } }])
  })

  test('a text - one result, of its last statement', async () => {
    const { ask, node } = await serve()
    node.load = async ({ source }) => {
      await collect(source)
      return node.response([writeResult(1, 1)])
    }
    expect((await ask('POST', '/db/load', { body: 'BEGIN; ' })).body).toBe(
      '{"results":[{"last_insert_id":1,"rows_affected":1}]}',
    )
    const timed = await ask('POST', '/db/load?timings&pretty', { body: 'BEGIN; ' })
    expect(JSON.parse(timed.body)).toEqual({
      results: [{ last_insert_id: 1, rows_affected: 1, time: 0.5 }],
      time: expect.any(Number),
    })
    node.load = async ({ source }) => {
      await collect(source)
      return node.response([{ kind: 'error', message: 'near "x": syntax error' }])
    }
    expect(await ask('POST', '/db/load', { body: 'x' })).toMatchObject({
      status: 200,
      body: '{"results":[{"error":"near \\"x\\": syntax error"}]}',
    })
  })

  test('a body larger than others may be - up to a limit of its own', async () => {
    const { ask, node } = await serve({ limits: { bodyBytesMax: 1_000, loadBytesMax: 600_000 } })
    expect((await ask('POST', '/db/load', { body: file })).status).toBe(200)
    const large = Buffer.concat([file, file])
    const declared = await ask('POST', '/db/load', {
      body: large,
      headers: { 'content-length': large.length },
    })
    expect(declared).toMatchObject({
      status: 413,
      body: 'request body too large: the limit is 600000 bytes\n',
    })
    expect(
      (await ask('POST', '/db/load', { body: large, headers: { 'transfer-encoding': 'chunked' } })).status,
    ).toBe(413)
    expect((await ask('POST', '/db/execute', { body: file })).status).toBe(413)
    expect(node.loads[0]?.options.bytesMax).toBe(600_000)
  })

  test.each<[DebrosError, number, string]>([
    [new DebrosError('SQL_IMAGE_INVALID', 'it is cut off'), 400, 'it is cut off\n'],
    [new DebrosError('LOAD_INVALID', 'neither'), 400, 'neither\n'],
    [new DebrosError('LOAD_TOO_LARGE', 'too large'), 413, 'too large\n'],
    [new DebrosError('LOAD_FAILED', 'the load failed', { retryable: true }), 500, 'the load failed\n'],
    [new DebrosError('LOAD_FAILED', 'nobody knows', { outcome: 'unknown' }), 500, 'nobody knows\n'],
    [new DebrosError('SCRATCH_BUSY', 'busy', { retryable: true }), 503, 'busy\n'],
    [new DebrosError('RAFT_NO_LEADER', 'x', { retryable: true }), 503, 'leader not found\n'],
    [
      new DebrosError('RAFT_LEADERSHIP_LOST', 'x', { outcome: 'unknown' }),
      200,
      '{"results":[],"error":"leadership lost while committing log"}',
    ],
  ])('%s is %d', async (error, status, body) => {
    const { ask, node } = await serve()
    node.load = async ({ source }) => {
      await collect(source)
      throw error
    }
    expect(await ask('POST', '/db/load', { body: file })).toMatchObject({ status, body })
  })

  test('a failure before the body has come to its end - is answered, and ends the connection', async () => {
    const { ask, node } = await serve()
    node.load = async ({ source }) => {
      for await (const _ of source) throw new DebrosError('SCRATCH_BUSY', 'busy', { retryable: true })
      throw new Error('no body')
    }
    const answer = await ask('POST', '/db/load', { body: Buffer.alloc(8_000_000) })
    expect(answer).toMatchObject({ status: 503, body: 'busy\n' })
    expect(answer.headers).toMatchObject({ connection: 'close', 'retry-after': '1' })
  })

  test('a body of which nothing more comes - 408; one that breaks off ends the load', async () => {
    const { port, node } = await serve({ limits: { bodyIdleTimeoutMs: 50 } })
    const ends: unknown[] = []
    node.load = async ({ source }) => {
      try {
        await collect(source)
      } catch (error) {
        ends.push(error)
        throw error
      }
      return node.response([])
    }
    const head = 'POST /db/load HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nSQLite'
    const answer = await new Promise<string>((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => socket.write(head))
      let text = ''
      socket.on('data', (chunk) => {
        text += chunk.toString()
      })
      socket.on('close', () => resolve(text))
    })
    expect(answer).toMatch(/^HTTP\/1\.1 408 [\s\S]*request timeout\n$/)
    expect(ends).toMatchObject([{ status: 408 }])
  })

  test('redirect, other methods, no store', async () => {
    const { ask, node } = await serve()
    node.leader = other
    const answer = await ask('POST', '/db/load?redirect', { body: file })
    expect(answer).toMatchObject({ status: 301, body: '' })
    expect(answer.headers.location).toBe('http://10.0.0.2:5001/db/load?redirect')
    expect(node.loads).toEqual([])
    expect((await ask('GET', '/db/load')).status).toBe(405)
    const closed = await serve({ open: false })
    expect(await closed.ask('POST', '/db/load', { body: 'x' })).toMatchObject({
      status: 503,
      body: 'store not open\n',
    })
  })
})

// Contract 2.3; acceptance row 63.
describe('POST /boot', () => {
  test('success is empty, and is followed by a snapshot', async () => {
    const { ask, node } = await serve()
    expect(await ask('POST', '/boot', { body: file })).toMatchObject({ status: 200, body: '' })
    expect(node.loads).toMatchObject([{ method: 'boot' }])
    expect(node.asked).toHaveLength(1)
  })

  test.each<[string, string, number]>([
    ['BOOT_REFUSED', 'not leader', 503],
    ['BOOT_REFUSED', 'not single-node', 503],
    ['LOAD_INVALID', 'invalid SQLite data', 400],
  ])('%s: %s is %d', async (code, message, status) => {
    const { ask, node } = await serve()
    node.load = async () => {
      throw new DebrosError(code, message)
    }
    expect(await ask('POST', '/boot', { body: 'x' })).toMatchObject({ status, body: `${message}\n` })
    expect((await ask('POST', '/boots', { body: 'x' })).status).toBe(404)
  })
})
