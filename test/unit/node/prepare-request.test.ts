import { describe, expect, test } from 'vitest'
import { sqlRequestToWire } from '../../../src/node/codec/sql-codec.ts'
import { checkEntrySize, prepare } from '../../../src/node/prepare-request.ts'
import { SqlRequest } from '../../../src/wire/index.ts'

describe('prepared requests', () => {
  test('size - is checked to the byte', () => {
    const { request } = prepare(
      'execute',
      [{ sql: 'INSERT INTO t VALUES (?)', positional: ['é'.repeat(500)] }],
      {},
    )
    const bytes = SqlRequest.encode(sqlRequestToWire(request)).length
    checkEntrySize(request, bytes)
    expect(() => checkEntrySize(request, bytes - 1)).toThrow(`takes ${bytes} bytes`)
  })

  test('time limit - becomes instructions, never none of them', () => {
    const stepsOf = (executionTimeoutMs: number) =>
      prepare('execute', ['a'], { executionTimeoutMs }).request.stepsMax
    expect([0, 1e-6, 1, 2.5, 1e300].map(stepsOf)).toEqual([0, 1, 40_000, 100_000, Number.MAX_SAFE_INTEGER])
  })

  test('name - stands for one request with this content', () => {
    const idOf = (sql: string, executionTimeoutMs = 0) =>
      prepare('execute', [sql], { requestId: 'x', executionTimeoutMs }).requestId
    expect(idOf('a')).toBe(idOf('a'))
    expect(new Set([idOf('a'), idOf('b'), idOf('a', 5)]).size).toBe(3)
  })

  test('refusals - a disallowed pragma, too much SQL', () => {
    expect(() => prepare('query', ['SELECT 1; PRAGMA synchronous = 1'], {})).toThrow('disallowed pragma')
    expect(() => prepare('query', Array(10_001).fill('SELECT 1'), {})).toThrow('statements')
  })

  const values = [
    null,
    true,
    1,
    -0,
    Number.NaN,
    2 ** 70,
    2n ** 63n - 1n,
    -(2n ** 63n),
    '',
    new Uint8Array(),
    { real: 1 },
  ]
  test('parameters - may be every SQL value', () => {
    const named = Object.fromEntries(values.map((value, i) => [`p${i}`, value]))
    const { statements } = prepare('execute', [{ sql: 'a', positional: values, named }], {}).request
    expect(statements).toEqual([{ sql: 'a', positional: values, named }])
  })

  const others = [
    undefined,
    2n ** 63n,
    -(2n ** 63n) - 1n,
    new Date(),
    [1],
    {},
    { real: '1' },
    Symbol('s'),
    () => 1,
  ]
  test.each(others.map((value) => [typeof value, value]))(
    'parameters - no other value: %s',
    (_type, value) => {
      const refused = { code: 'REQUEST_INVALID', outcome: 'not-applied', retryable: false }
      const other = value as string // what callers may do that are not TypeScript
      for (const statement of [
        { sql: 'a', positional: [1, other] },
        { sql: 'a', named: { x: 1, y: other } },
      ]) {
        expect(() => prepare('execute', ['b', statement], {})).toThrow(expect.objectContaining(refused))
      }
      expect(() => prepare('query', [{ sql: 'a', positional: 'x' as never }], {})).toThrow('must be an array')
    },
  )
})
