/** GET and POST /db/sql; section 1.11 of the contract, acceptance row 44. */
import { expect, test } from 'vitest'
import { serve } from './serve.ts'

test('sql - tells each statement as it was and as it would be logged, and runs nothing', async () => {
  const { ask, post, node } = await serve()
  const answer = await ask('GET', '/db/sql?q=SELECT+random()')
  expect([answer.status, answer.body]).toEqual([
    200,
    '{"results":[{"original":"SELECT random()","rewritten":"SELECT random()"}]}',
  ])
  expect(answer.headers['content-type']).toBe('application/json; charset=utf-8')
  const { status, body } = await post('/db/sql', ['SELECT 1', ['blah', 2]])
  expect([status, body]).toEqual([
    200,
    '{"results":[{"original":"SELECT 1","rewritten":"SELECT 1"},' +
      '{"original":"blah","error":"near \\"blah\\": syntax error"}]}',
  ])
  expect(node.calls).toEqual([])
})

test('sql - timings and pretty', async () => {
  const { ask } = await serve()
  expect((await ask('GET', '/db/sql?q=a&timings')).body).toMatch(/,"time":[\d.e-]+\}$/)
  expect((await ask('GET', '/db/sql?q=a&pretty')).body).toContain('{\n    "results": [\n        {\n')
})

test('sql - without a statement is a 400', async () => {
  const { ask, post } = await serve()
  const nothing = await ask('GET', '/db/sql')
  expect([nothing.status, nothing.body]).toEqual([400, 'query not specified\n'])
  expect((await ask('GET', '/db/sql?q=')).body).toBe('query parameter not set\n')
  expect((await post('/db/sql', [])).body).toBe('no statements\n')
  expect((await ask('POST', '/db/sql', { body: '[' })).body).toBe('invalid JSON body\n')
})

test('sql - needs no leader, but an open node', async () => {
  const { ask, node } = await serve()
  node.leader = undefined
  expect((await ask('GET', '/db/sql?q=a&level=strong')).status).toBe(200)
  const closed = await serve({ open: false })
  expect((await closed.ask('GET', '/db/sql?q=a')).body).toBe('{"results":[],"error":"store not open"}')
})
