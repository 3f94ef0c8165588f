import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { serve } from './serve.ts'

// Contract 2.4; acceptance row 64.
describe('POST /snapshot', () => {
  test('taken - an empty 200, counted', async () => {
    const { ask, node, counters } = await serve()
    expect(await ask('POST', '/snapshot')).toMatchObject({ status: 200, body: '' })
    expect(node.asked).toEqual([{ trailingEntries: undefined, timeoutMs: undefined }])
    expect(counters.get('http', 'user_snapshots')).toBe(1)
  })

  test('nothing new - an empty 204, counted too', async () => {
    const { ask, node, counters } = await serve()
    node.snapshot = async () => ({ taken: false })
    expect(await ask('POST', '/snapshot')).toMatchObject({ status: 204, body: '' })
    expect(counters.get('http', 'user_snapshots')).toBe(1)
  })

  test.each([
    ['trailing_logs=1', { trailingEntries: 1, timeoutMs: undefined }],
    ['trailing_logs=0', { trailingEntries: undefined, timeoutMs: undefined }],
    ['trailing_logs=-5', { trailingEntries: undefined, timeoutMs: undefined }],
    ['trailing_logs=%2B7', { trailingEntries: 7, timeoutMs: undefined }],
    ['trailing_logs=9223372036854775807', { trailingEntries: Number.MAX_SAFE_INTEGER, timeoutMs: undefined }],
    ['timeout=2s', { trailingEntries: undefined, timeoutMs: 2_000 }],
  ])('parameters - %s', async (query, asked) => {
    const { ask, node } = await serve()
    await ask('POST', `/snapshot?${query}`)
    expect(node.asked).toEqual([asked])
  })

  test('a failure is a 500 that says so', async () => {
    const { ask, node, counters } = await serve()
    node.snapshot = async () => {
      throw new DebrosError('RAFT_STORAGE_FAILED', 'no space left')
    }
    expect(await ask('POST', '/snapshot')).toMatchObject({ status: 500, body: 'no space left\n' })
    expect(counters.get('http', 'user_snapshots')).toBe(0)
  })

  test('only POST, and only that path', async () => {
    const { ask } = await serve()
    expect((await ask('GET', '/snapshot')).status).toBe(405)
    expect((await ask('POST', '/snapshots')).status).toBe(404)
  })
})

describe('POST /reap', () => {
  test('tells how many snapshots it deleted', async () => {
    const { ask, node, counters } = await serve()
    node.reap = async () => ({ snapshots: 2 })
    const answer = await ask('POST', '/reap')
    expect(answer).toMatchObject({ status: 200, body: '{"snapshots_reaped":2,"wals_checkpointed":0}' })
    expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
    expect(counters.get('http', 'user_reaps')).toBe(1)
  })

  test('a failure is a 500 that says so', async () => {
    const { ask, node } = await serve()
    node.reap = async () => {
      throw new DebrosError('RAFT_STORAGE_FAILED', 'the directory is gone')
    }
    expect(await ask('POST', '/reap')).toMatchObject({ status: 500, body: 'the directory is gone\n' })
  })

  test('before the node is open - a 503', async () => {
    const { ask } = await serve({ open: false })
    expect((await ask('POST', '/reap')).status).toBe(503)
    expect((await ask('POST', '/snapshot')).status).toBe(503)
  })
})
