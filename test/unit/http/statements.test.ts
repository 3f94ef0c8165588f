import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseStatements } from '../../../src/http/statements.ts'

/** The parameters of `["...", <json>]`. */
function bound(json: string) {
  const [statement] = parseStatements(`[["INSERT", ${json}]]`)
  return statement!
}

describe('request bodies', () => {
  // Acceptance row 8.
  test('forms - strings, arrays and both in one body', () => {
    expect(parseStatements('["SELECT 1", ["SELECT 2"], ["SELECT ?, ?", 1, "x"]]')).toEqual([
      { sql: 'SELECT 1', positional: [], named: {} },
      { sql: 'SELECT 2', positional: [], named: {} },
      { sql: 'SELECT ?, ?', positional: [1, 'x'], named: {} },
    ])
  })

  // Acceptance row 9.
  test.each([
    ['', 'invalid JSON body'],
    ['nonsense', 'invalid JSON body'],
    ['["SELECT 1"', 'invalid JSON body'],
    ['["SELECT 1]', 'invalid JSON body'],
    ['[1', 'invalid JSON body'],
    ['\uFEFF["SELECT 1"]', 'invalid JSON body'],
    ['{}', 'invalid request'],
    ['"SELECT 1"', 'invalid request'],
    ['null', 'invalid request'],
    ['[[]]', 'invalid request'],
    ['[1]', 'invalid request'],
    ['[null]', 'invalid request'],
    ['[{"sql":"SELECT 1"}]', 'invalid request'],
    ['[[1, "SELECT 1"]]', 'invalid request'],
    ['[1.0]', 'invalid request'],
    ['[]', 'no statements'],
    ['[] x', 'no statements'],
    ['[["S", 1e999]]', 'invalid number 1e999'],
    ['[["S", {"a": -1e999}]]', 'invalid number -1e999'],
    ['[["S", {"a": {"b": 1}}]]', 'unsupported type: object'],
  ])('errors - %s is refused: %s', (body, message) => {
    expect(() => parseStatements(body)).toThrow(expect.objectContaining({ status: 400, message }))
  })

  test.each([
    '["a\\"]", ["b]", "\\\\"]] trailing',
    '["a\\"]", ["b]", "\\\\"]]]]',
    '["a\\"]", ["b]", "\\\\"]]{"x":1.0}',
  ])('trailing - what follows the array is ignored: %s', (body) => {
    expect(parseStatements(body)).toEqual([
      { sql: 'a"]', positional: [], named: {} },
      { sql: 'b]', positional: ['\\'], named: {} },
    ])
  })

  // Acceptance rows 10 and 11, contract 1.5.
  test.each([
    ['0', 0],
    ['-0', 0],
    ['42', 42],
    ['9007199254740991', 9_007_199_254_740_991],
    ['9007199254740993', 9_007_199_254_740_993n],
    ['-9007199254740993', -9_007_199_254_740_993n],
    ['1676555296046783000', 1_676_555_296_046_783_000n],
    ['9223372036854775807', 2n ** 63n - 1n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775808', { real: 2 ** 63 }],
    ['-9223372036854775809', { real: -(2 ** 63) }],
    ['123456789012345678901234567890', { real: 1.2345678901234568e29 }],
    ['1.0', { real: 1 }],
    ['-1.000', { real: -1 }],
    ['1e3', { real: 1_000 }],
    ['1E+2', { real: 100 }],
    ['0.00000000000000000000000001e26', { real: 1 }],
    ['0.99999999999999999999', { real: 1 }],
    ['123456789.000000001', { real: 123_456_789 }],
    ['9007199254740993.5', { real: 9_007_199_254_740_994 }],
    ['1.5', 1.5],
    ['-0.05', -0.05],
  ])('numbers - %s binds as %s', (json, value) => {
    const [parameter] = bound(json).positional
    expect(
      typeof parameter === 'object' && parameter ? parameter : Object.is(parameter, -0) ? '-0' : parameter,
    ).toEqual(value)
  })

  test('numbers - exactly the texts of 64-bit integers are INTEGER', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 65n), max: 2n ** 65n }), (integer) => {
        const [parameter] = bound(String(integer)).positional
        const fits = BigInt.asIntN(64, integer) === integer
        expect(typeof parameter === 'object').toBe(!fits)
        if (fits) expect(BigInt(parameter as number | bigint)).toBe(integer)
      }),
    )
  })

  test('numbers - keep their kind wherever they stand', () => {
    expect(
      parseStatements('[["a",1],\n["b",1.0],["c",{"x":1.0,"y":1}]]').map((s) => [
        s.positional,
        { ...s.named },
      ]),
    ).toEqual([
      [[1], {}],
      [[{ real: 1 }], {}],
      [[], { x: { real: 1 }, y: 1 }],
    ])
  })

  // Acceptance row 12.
  test('booleans and null - are passed on', () => {
    expect(bound('true, false, null').positional).toEqual([true, false, null])
  })

  // Acceptance row 13.
  test.each([
    ['"x\'0102ff\'"', [1, 2, 255]],
    ['" X\'\' "', []],
    ['[0, 128, 255]', [0, 128, 255]],
    ['[]', []],
  ])('blobs - %s', (json, bytes) => {
    expect(bound(json).positional).toEqual([new Uint8Array(bytes)])
  })

  test.each(["x'010203", "x'01020'", "x'0g'", "y'01'", "x'01'x"])('blobs - %j is text', (text) => {
    expect(bound(JSON.stringify(text)).positional).toEqual([text])
  })

  test.each(['[256]', '[-4]', '[1.5]', '[1.0]', '["1"]', '[[1]]', '[null]', '[true]', '[{}]', '[1e1]'])(
    'blobs - %s is refused',
    (json) => {
      expect(() => bound(json)).toThrow(
        expect.objectContaining({ status: 400, message: expect.stringMatching(/^unsupported type/) }),
      )
    },
  )

  // Acceptance row 14.
  test('named - objects give named parameters, mixed with positional ones', () => {
    const { positional, named } = bound('1, {"age": 20, "name": "fiona"}, 2, {"data": [1]}')
    expect(positional).toEqual([1, 2])
    expect({ ...named }).toEqual({ age: 20, name: 'fiona', data: new Uint8Array([1]) })
  })

  test('named - a name is only a name', () => {
    const { named } = bound('{"__proto__": 1, "constructor": 2}')
    expect(Object.keys(named)).toEqual(['__proto__', 'constructor'])
  })

  test('text - half a surrogate pair becomes the replacement character', () => {
    expect(parseStatements('["a\\ud800", ["b", "c\\udc00"]]')).toEqual([
      { sql: 'a\ufffd', positional: [], named: {} },
      { sql: 'b', positional: ['c\ufffd'], named: {} },
    ])
  })

  test('size - a long unfinished body is refused, not choked on', () => {
    expect(() => parseStatements(`["${'\\"'.repeat(5_000_000)}`)).toThrow('invalid JSON body')
    expect(() => parseStatements('['.repeat(5_000_000))).toThrow()
  })
})
