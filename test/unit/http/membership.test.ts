import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { serve } from './serve.ts'

const json = { 'content-type': 'application/json' }
const other = { id: 'node2', address: '10.0.0.2:7001' }

test.each([
  ['POST', '/leader'],
  ['DELETE', '/remove'],
])('%s %s - a body that names no node but much else is not read', async (method, url) => {
  const { ask, node } = await serve({ limits: { lingerMs: 50 } })
  const body = `{"id":"node2"${' '.repeat(64 * 1024)}}`
  expect(await ask(method, url, { body, headers: json })).toMatchObject({ status: 413 })
  expect(node.asked).toEqual([])
})

// Contract 4.8; acceptance row 70.
describe('POST /leader', () => {
  test.each<[string, string, Record<string, string>, string | undefined]>([
    ['no body', '', {}, undefined],
    ['an id', '{"id":"node3"}', json, 'node3'],
    ['an empty id', '{"id":""}', json, undefined],
    ['null', '{"id":null}', json, undefined],
    ['no id', '{}', json, undefined],
    ['JSON that is not declared', '{"id":"node3"}', {}, undefined],
    [
      'JSON declared with more',
      '{"id":"node3"}',
      { 'content-type': 'application/json; charset=utf-8' },
      undefined,
    ],
  ])('target - %s', async (_, body, headers, transferTo) => {
    const { ask, node } = await serve()
    expect(await ask('POST', '/leader?wait', { body, headers })).toMatchObject({ status: 200, body: '' })
    expect(node.asked).toEqual([{ transferTo, timeoutMs: 30_000 }])
  })

  test('timeout - is handed on', async () => {
    const { ask, node } = await serve()
    await ask('POST', '/leader?wait&timeout=2s')
    expect(node.asked).toEqual([{ transferTo: undefined, timeoutMs: 2_000 }])
  })

  test.each(['{', '[]', '"node3"', '7', '{"id":7}'])('target - %s is a 400', async (body) => {
    const { ask, node } = await serve()
    const answer = await ask('POST', '/leader?wait', { body, headers: json })
    expect(answer).toMatchObject({ status: 400, body: expect.stringMatching(/^invalid JSON: ./) })
    expect(node.asked).toEqual([])
  })

  test('wait - answers once it is done, and says who was the leader', async () => {
    const { ask, node } = await serve()
    const done = Promise.withResolvers<void>()
    node.transfer = () => done.promise.then(() => ({ leader: 'node3', servedBy: '10.0.0.2:7001' }))
    let answered = false
    const answer = ask('POST', '/leader?wait').finally(() => {
      answered = true
    })
    // Another request that takes its turn meanwhile.
    await ask('GET', '/readyz?noleader')
    expect(answered).toBe(false)
    done.resolve()
    expect((await answer).headers['x-rqlite-served-by']).toBe('10.0.0.2:7001')
  })

  test('wait - a failure is a 500 that says so', async () => {
    const { ask, node } = await serve()
    node.transfer = async () => {
      throw new DebrosError('NODE_UNKNOWN', 'node not found in cluster')
    }
    expect(await ask('POST', '/leader?wait')).toMatchObject({
      status: 500,
      body: 'stepdown: node not found in cluster\n',
    })
  })

  test('no leader - 503', async () => {
    const { ask, node } = await serve()
    node.transfer = async () => {
      throw new DebrosError('RAFT_NO_LEADER', 'leader not found', { retryable: true })
    }
    node.leader = undefined
    for (const url of ['/leader?wait', '/leader']) {
      expect(await ask('POST', url)).toMatchObject({ status: 503, body: 'leader not found\n' })
    }
  })

  test('without wait - answers at once, also where it fails later', async () => {
    const { ask, node } = await serve()
    const failed = Promise.withResolvers<never>()
    node.transfer = () => failed.promise
    expect(await ask('POST', '/leader')).toMatchObject({ status: 200, body: '' })
    failed.reject(new DebrosError('RAFT_TRANSFER_FAILED', 'too slow', { retryable: true }))
    expect((await ask('GET', '/readyz?noleader')).status).toBe(200)
    expect(node.asked).toHaveLength(1)
  })

  test.each([
    ['node1', 'stepdown: node node1 is the leader already\n'],
    ['nobody', 'stepdown: node not found in cluster\n'],
  ])('without wait - %s as target is told', async (id, body) => {
    const { ask, node } = await serve()
    const answer = await ask('POST', '/leader', { body: JSON.stringify({ id }), headers: json })
    expect(answer).toMatchObject({ status: 500, body })
    expect(node.asked).toEqual([])
  })
})

// Contract 3.5; acceptance row 71.
describe('DELETE /remove', () => {
  test('a member - is removed; the body needs no type', async () => {
    const { ask, node } = await serve()
    node.remove = async () => ({ removed: true, servedBy: '10.0.0.2:7001' })
    const answer = await ask('DELETE', '/remove?timeout=3s', { body: '{"id":"node3"}' })
    expect(answer).toMatchObject({ status: 200, body: '' })
    expect(answer.headers['x-rqlite-served-by']).toBe('10.0.0.2:7001')
    expect(node.asked).toEqual([{ remove: 'node3', timeoutMs: 3_000 }])
  })

  test('an unknown id - changes nothing, and is no failure', async () => {
    const { ask, node } = await serve()
    node.remove = async () => ({ removed: false, servedBy: '127.0.0.1:5001' })
    expect(await ask('DELETE', '/remove', { body: '{"id":"x"}' })).toMatchObject({ status: 200, body: '' })
  })

  test.each(['', '{', '[]', '"node3"', '{}', '{"id":3}', '{"id":"a","more":1}', '{"ID":"a"}'])(
    'body - %s is a 400 without a text',
    async (body) => {
      const { ask, node } = await serve()
      expect(await ask('DELETE', '/remove', { body })).toMatchObject({ status: 400, body: '\n' })
      expect(node.asked).toEqual([])
    },
  )

  test('a refusal - is a 500 with the reason', async () => {
    const { ask, node } = await serve()
    node.remove = async () => {
      throw new DebrosError('RAFT_CONFIG_REJECTED', 'the last voter cannot be removed')
    }
    expect(await ask('DELETE', '/remove', { body: '{"id":"node1"}' })).toMatchObject({
      status: 500,
      body: 'the last voter cannot be removed\n',
    })
  })

  test('no leader - 503', async () => {
    const { ask, node } = await serve()
    node.remove = async () => {
      throw new DebrosError('RAFT_NO_LEADER', 'leader not found', { retryable: true })
    }
    expect(await ask('DELETE', '/remove', { body: '{"id":"a"}' })).toMatchObject({
      status: 503,
      body: 'leader not found\n',
      headers: { 'retry-after': '1' },
    })
  })

  test('other methods - 405', async () => {
    const { ask } = await serve()
    expect(await ask('POST', '/remove', { body: '{"id":"a"}' })).toMatchObject({ status: 405, body: '' })
  })
})

// Contract 4.4; acceptance row 57.
describe('redirect', () => {
  test.each([
    ['POST', '/leader?redirect&wait', ''],
    ['POST', '/leader?redirect', ''],
    ['DELETE', '/remove?redirect&wait', '{"id":"a"}'],
  ])('%s %s - another node leads', async (method, url, body) => {
    const { ask, node } = await serve()
    node.leader = other
    const answer = await ask(method, url, { body })
    expect([answer.status, answer.headers.location]).toEqual([301, `http://10.0.0.2:5001${url}`])
    expect(node.asked).toEqual([])
  })

  test.each([
    ['POST', '/leader?redirect&wait'],
    ['DELETE', '/remove?redirect'],
  ])('%s %s - this node leads', async (method, url) => {
    const { ask, node } = await serve()
    expect((await ask(method, url, { body: '{"id":"a"}' })).status).toBe(200)
    expect(node.asked).toHaveLength(1)
  })

  test('nobody leads - 503', async () => {
    const { ask, node } = await serve()
    node.leader = undefined
    expect(await ask('DELETE', '/remove?redirect', { body: '{"id":"a"}' })).toMatchObject({ status: 503 })
  })
})

describe('before the node is open', () => {
  test.each([
    ['POST', '/leader'],
    ['DELETE', '/remove'],
  ])('%s %s - 503', async (method, url) => {
    const { ask } = await serve({ open: false })
    expect(await ask(method, url, { body: '{"id":"a"}' })).toMatchObject({
      status: 503,
      body: 'store not open\n',
    })
  })
})

describe('a node that is no member any more', () => {
  const detached = { reason: 'removed', message: 'this node was removed' } as const

  test('readyz - it is not ready, and why', async () => {
    const { ask, node } = await serve()
    Object.assign(node, { detached, ready: false, leader: undefined })
    expect(await ask('GET', '/readyz')).toMatchObject({
      status: 503,
      body: '[+]node ok\n[+]not a member: this node was removed',
    })
    expect(await ask('GET', '/readyz?noleader')).toMatchObject({ status: 200, body: '[+]node ok' })
  })

  test('status - tells it', async () => {
    const { ask, node } = await serve()
    expect((await ask('GET', '/status?key=store.detached')).body).toBe('{}')
    node.detached = detached
    expect((await ask('GET', '/status?key=store.detached')).body).toBe(JSON.stringify(detached))
  })
})
