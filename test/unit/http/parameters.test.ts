import { describe, expect, test } from 'vitest'
import { Parameters } from '../../../src/http/parameters.ts'

describe('query parameters', () => {
  // Contract 1.4; acceptance row 2.
  test.each([
    ['timeout=abc', 'timeout is not a valid duration'],
    ['timeout=', 'timeout is not a valid duration'],
    ['timeout=5', 'timeout is not a valid duration'],
    ['freshness=1', 'freshness is not a valid duration'],
    ['db_timeout=x', 'db_timeout is not a valid duration'],
    ['linearizable_timeout=1y', 'linearizable_timeout is not a valid duration'],
    ['retries=two', 'retries is not a valid integer'],
    ['retries=1.5', 'retries is not a valid integer'],
    ['retries=9223372036854775808', 'retries is not a valid integer'],
    ['trailing_logs=', 'trailing_logs is not a valid integer'],
    ['freshness_strict', 'freshness_strict requires freshness'],
    ['q=', 'query parameter not set'],
    ['q', 'query parameter not set'],
    ['q=%zz', 'invalid URL escape "%zz"'],
    ['q=%', 'invalid URL escape "%"'],
    ['a=1;b=2', 'invalid semicolon separator in query'],
  ])('validation - %s is refused: %s', (query, message) => {
    expect(() => Parameters.parse(query)).toThrow(expect.objectContaining({ status: 400, message }))
  })

  test.each([
    '',
    '&&',
    'unknown=%F0%9F%98%80',
    'retries=-3&retries=x',
    'freshness_strict&freshness=1s',
    'q=%ff',
  ])('validation - %j is accepted', (query) => {
    expect(() => Parameters.parse(query)).not.toThrow()
  })

  // Acceptance row 3.
  test.each(['pretty', 'pretty=', 'pretty=false', 'a=b&pretty=0'])('booleans - %s is true', (query) => {
    expect(Parameters.parse(query).has('pretty')).toBe(true)
  })

  test('names - are case-sensitive, and the first of a repeated one counts', () => {
    const parameters = Parameters.parse('Pretty&key=a&key=b')
    expect(parameters.has('pretty')).toBe(false)
    expect(parameters.get('key')).toBe('a')
  })

  test('decoding - plus is a blank and escapes are bytes', () => {
    expect(Parameters.parse('q=SELECT+%22%C3%A9%22%2B1').get('q')).toBe('SELECT "é"+1')
  })

  // Acceptance row 48.
  test.each([
    ['', 'weak'],
    ['level=', 'weak'],
    ['level=NONE', 'none'],
    ['level=Strong', 'strong'],
    ['level=linearizable', 'linearizable'],
    ['level=aUTO', 'auto'],
    ['level=weak', 'weak'],
    ['level=stronk', 'weak'],
  ])('level - %j means %s', (query, level) => {
    expect(Parameters.parse(query).level).toBe(level)
  })

  test.each([
    ['', { timeoutMs: 30_000, linearizableTimeoutMs: 10_000, freshnessMs: 0 }],
    [
      'timeout=1.5s&linearizable_timeout=20ms&freshness=2m',
      { timeoutMs: 1_500, linearizableTimeoutMs: 20, freshnessMs: 120_000 },
    ],
    [
      'timeout=0&linearizable_timeout=-1s&freshness=-1s',
      { timeoutMs: 30_000, linearizableTimeoutMs: 10_000, freshnessMs: 0 },
    ],
    [
      'timeout=1000h&linearizable_timeout=1000h', // a timer set for so long would end at once
      { timeoutMs: 2 ** 31 - 1, linearizableTimeoutMs: 2 ** 31 - 1 },
    ],
  ])('durations - %j', (query, expected) => {
    expect(Parameters.parse(query)).toMatchObject(expected)
  })

  test('timeout - of other requests is only what was given', () => {
    expect(Parameters.parse('timeout=2s').givenTimeout).toEqual({ timeoutMs: 2_000 })
    expect(Parameters.parse('timeout=1000h').givenTimeout).toEqual({ timeoutMs: 2 ** 31 - 1 })
    expect(Parameters.parse('').givenTimeout).toEqual({})
    expect(Parameters.parse('timeout=0').givenTimeout).toEqual({})
  })
})
