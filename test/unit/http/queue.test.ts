/** POST /db/execute?queue; section 1.9 of the contract, acceptance rows 45 to 47. */
import { expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { serve } from './serve.ts'

const NUMBER = '1764284400000000001'

test('queued write - is answered by exactly two members, the number with all its digits', async () => {
  const { post, node } = await serve()
  const answer = await post('/db/execute?queue', ['INSERT 1', ['INSERT ?', 2]])
  expect([answer.status, answer.body]).toEqual([200, `{"results":[],"sequence_number":${NUMBER}}`])
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  expect(node.queued.map(({ statements }) => statements)).toEqual([
    [
      { sql: 'INSERT 1', positional: [], named: {} },
      { sql: 'INSERT ?', positional: [2], named: {} },
    ],
  ])
  expect(node.calls).toEqual([])
})

test('queued write - pretty and timings', async () => {
  const { post } = await serve()
  const pretty = await post('/db/execute?queue&pretty', ['a'])
  expect(pretty.body).toBe(`{\n    "results": [],\n    "sequence_number": ${NUMBER}\n}`)
  expect((await post('/db/execute?queue&timings', ['a'])).body).toMatch(
    /^\{"results":\[\],"time":[\d.e-]+,"sequence_number":\d{19}\}$/,
  )
})

test('wait - answers once the write is through', async () => {
  const { post, node } = await serve()
  const through = Promise.withResolvers<void>()
  node.written = () => through.promise
  let isAnswered = false
  const answer = post('/db/execute?queue&wait', ['a']).finally(() => {
    isAnswered = true
  })
  await expect.poll(() => node.queued.length).toBe(1)
  expect((await post('/db/execute?queue', ['b'])).status).toBe(200)
  expect(isAnswered).toBe(false)
  through.resolve()
  expect((await answer).body).toBe(`{"results":[],"sequence_number":${NUMBER}}`)
})

test('wait - 408 if that takes too long', async () => {
  const { post, node } = await serve()
  node.written = () => new Promise(() => {})
  const answer = await post('/db/execute?queue&wait&timeout=5ms', ['a'])
  expect([answer.status, answer.body]).toEqual([408, 'queue wait timeout\n'])
})

test('wait - a write that was given up, and may have been applied, is a document with an error', async () => {
  const { post, node } = await serve()
  node.written = async () => {
    throw new DebrosError('QUEUE_STOPPED', 'a queued write was given up', { outcome: 'unknown' })
  }
  const answer = await post('/db/execute?queue&wait', ['a'])
  expect([answer.status, answer.body]).toEqual([200, '{"results":[],"error":"a queued write was given up"}'])
})

test.each(['[]', '', ' [ ] '])('flush marker - %j with wait queues nothing but a place', async (body) => {
  const { ask, node } = await serve()
  const answer = await ask('POST', '/db/execute?queue&wait', { body })
  expect([answer.status, answer.body]).toEqual([200, `{"results":[],"sequence_number":${NUMBER}}`])
  expect(node.queued.map(({ statements }) => statements)).toEqual([[]])
})

test.each([
  ['[]', 'no statements'],
  ['', 'invalid JSON body'],
  ['["a"', 'invalid JSON body'],
  ['[1]', 'invalid request'],
])('bad body - %j is a 400', async (body, message) => {
  const { ask, node } = await serve()
  const answer = await ask('POST', '/db/execute?queue', { body })
  expect([answer.status, answer.body]).toEqual([400, `${message}\n`])
  expect(node.queued).toEqual([])
})

test('text body - is none in the queue', async () => {
  const { ask, node } = await serve()
  const headers = { 'content-type': 'text/plain' }
  const answer = await ask('POST', '/db/execute?queue', { body: 'INSERT 1', headers })
  expect([answer.status, answer.body]).toEqual([400, 'invalid JSON body\n'])
  expect(node.queued).toEqual([])
})

test('no leader - 503, unless it does not matter', async () => {
  const { post, node } = await serve()
  node.leader = undefined
  const refused = await post('/db/execute?queue', ['a'])
  expect([refused.status, refused.body]).toEqual([503, 'leader not found\n'])
  expect((await post('/db/execute?queue&noleader', ['a'])).status).toBe(200)
  expect(node.queued).toHaveLength(1)
})

test('refusals - what is wrong with the request, and a full queue', async () => {
  const { post, node } = await serve()
  node.refusal = new DebrosError('SQL_DISALLOWED_PRAGMA', 'disallowed pragma: synchronous')
  const pragma = await post('/db/execute?queue', ['PRAGMA synchronous = 1'])
  expect([pragma.status, pragma.body]).toEqual([200, '{"results":[],"error":"disallowed pragma"}'])
  node.refusal = new DebrosError('QUEUE_FULL', 'no room', { retryable: true })
  const full = await post('/db/execute?queue', ['a'])
  expect([full.status, full.body]).toEqual([503, 'timed out enqueuing operation\n'])
})

test('before the node is open - as everything else', async () => {
  const { post } = await serve({ open: false })
  expect((await post('/db/execute?queue', ['a'])).body).toBe('{"results":[],"error":"store not open"}')
})

test('status - shows the queue', async () => {
  const { ask } = await serve()
  const queue = (await ask('GET', '/status?key=http.queue')).body
  expect(queue).toBe(
    '{"_default":{"max_size":1024,"batch_size":128,"timeout":"50ms","length":0,"sequence_number":1764284400000000007}}',
  )
})
