import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type DocumentOptions, encodeDocument, encodeFailure } from '../../../src/http/encode-document.ts'
import { indentJson } from '../../../src/http/json-text.ts'
import type { SqlResult, SqlValue } from '../../../src/sql/index.ts'
import { rowsResult, writeResult } from './fake-node.ts'

function encode(results: readonly SqlResult[], options: Partial<DocumentOptions> = {}): string {
  const all = {
    mode: 'query',
    associative: false,
    timings: false,
    blobArray: false,
    raftIndex: undefined,
    time: 0.125,
  } as const
  return [...encodeDocument(results, { ...all, ...options })].join('')
}

/** The only value of a one-row, one-column result. */
function value(type: string, sqlValue: SqlValue, options: Partial<DocumentOptions> = {}): string {
  const document = encode([rowsResult(['v'], [type], [[sqlValue]])], options)
  return document.slice(
    '{"results":[{"columns":["v"],"types":["'.length + type.length + '"],"values":[['.length,
    -']]}]}'.length,
  )
}

describe('response documents', () => {
  // Contract 1.6; acceptance rows 16 to 21.
  test.each<[string, SqlResult[], string]>([
    ['nothing', [], '{"results":[]}'],
    ['an insert', [writeResult(1, 1)], '{"results":[{"last_insert_id":1,"rows_affected":1}]}'],
    ['a table made on a fresh node', [writeResult(0, 0)], '{"results":[{}]}'],
    ['an update without match', [writeResult(7, 0)], '{"results":[{"last_insert_id":7}]}'],
    [
      'a large id',
      [writeResult(2n ** 63n - 1n, 1)],
      '{"results":[{"last_insert_id":9223372036854775807,"rows_affected":1}]}',
    ],
    [
      'rows',
      [
        rowsResult(
          ['id', 'name'],
          ['integer', 'text'],
          [
            [1, 'fiona'],
            [2, null],
          ],
        ),
      ],
      '{"results":[{"columns":["id","name"],"types":["integer","text"],"values":[[1,"fiona"],[2,null]]}]}',
    ],
    [
      'no rows',
      [rowsResult(['id'], ['integer'], [])],
      '{"results":[{"columns":["id"],"types":["integer"]}]}',
    ],
    ['rows without columns', [rowsResult([], [], [])], '{"results":[{}]}'],
    ['an empty statement', [{ kind: 'empty', time: 1 }], '{"results":[{}]}'],
    [
      'an error',
      [{ kind: 'error', message: 'near "x": syntax' }],
      '{"results":[{"error":"near \\"x\\": syntax"}]}',
    ],
    [
      'several',
      [writeResult(0, 0), { kind: 'error', message: 'e' }, writeResult(1, 1)],
      '{"results":[{},{"error":"e"},{"last_insert_id":1,"rows_affected":1}]}',
    ],
  ])('plain - %s', (_, results, text) => {
    expect(encode(results)).toBe(text)
  })

  // Acceptance rows 28 and 29.
  test('timings - a time for each result and for the whole, in the order of the contract', () => {
    const results = [
      writeResult(1, 1),
      rowsResult(['a'], [''], [[null]]),
      { kind: 'empty', time: 2 },
      { kind: 'error', message: 'e' },
    ] as const
    expect(encode(results, { timings: true, raftIndex: 42 })).toBe(
      '{"results":[{"last_insert_id":1,"rows_affected":1,"time":0.5},{"columns":["a"],"types":[""],"values":[[null]],"time":0.25},{"time":2},{"error":"e"}],"time":0.125,"raft_index":42}',
    )
  })

  test('raft_index - left out when there is none', () => {
    expect(encode([], { raftIndex: 0 })).toBe('{"results":[]}')
  })

  test('failure - a top-level error and no results', () => {
    expect(encodeFailure('stale read')).toBe('{"results":[],"error":"stale read"}')
  })

  // Contract 1.7; acceptance row 26.
  test.each<[string, DocumentOptions['mode'], SqlResult, string]>([
    [
      'rows',
      'query',
      rowsResult(['id', 'name'], ['integer', 'text'], [[1, 'fiona']]),
      '{"types":{"id":"integer","name":"text"},"rows":[{"id":1,"name":"fiona"}]}',
    ],
    ['no rows', 'query', rowsResult(['id'], ['integer'], []), '{"types":{"id":"integer"},"rows":[]}'],
    ['no columns', 'query', rowsResult([], [], []), '{"rows":[]}'],
    [
      'keys in byte order',
      'query',
      rowsResult(['b', 'B', 'é', 'a'], ['', '', '', ''], [[1, 2, 3, 4]]),
      '{"types":{"B":"","a":"","b":"","é":""},"rows":[{"B":2,"a":4,"b":1,"é":3}]}',
    ],
    [
      'the last of equal names',
      'query',
      rowsResult(['a', 'a'], ['integer', 'text'], [[1, 'x']]),
      '{"types":{"a":"text"},"rows":[{"a":"x"}]}',
    ],
    ['a write', 'execute', writeResult(99, 1), '{"last_insert_id":99,"rows_affected":1,"rows":null}'],
    ['a table made', 'request', writeResult(0, 0), '{"rows":null}'],
    ['a comment in execute', 'execute', { kind: 'empty', time: 0 }, '{"rows":null}'],
    ['a comment in query', 'query', { kind: 'empty', time: 0 }, '{"rows":[]}'],
    ['an error in query', 'query', { kind: 'error', message: 'e' }, '{"rows":[],"error":"e"}'],
    ['an error in execute', 'execute', { kind: 'error', message: 'e' }, '{"error":"e"}'],
    ['an error in request', 'request', { kind: 'error', message: 'e' }, '{"error":"e"}'],
  ])('associative - %s', (_, mode, result, text) => {
    expect(encode([result], { mode, associative: true })).toBe(`{"results":[${text}]}`)
  })

  test('associative - time stands before the rows of a write', () => {
    expect(encode([writeResult(1, 1)], { mode: 'execute', associative: true, timings: true })).toBe(
      '{"results":[{"last_insert_id":1,"rows_affected":1,"time":0.5,"rows":null}],"time":0.125}',
    )
  })

  test('pieces - a large result comes in several, and is the same text', () => {
    const values = Array.from({ length: 20_000 }, (_, i): SqlValue[] => [i, `name ${i}`])
    for (const associative of [false, true]) {
      const result = rowsResult(['id', 'name'], ['integer', 'text'], values)
      const options = {
        mode: 'query',
        associative,
        timings: false,
        blobArray: false,
        raftIndex: undefined,
        time: 0,
      } as const
      const pieces = [...encodeDocument([result, result], options)]
      expect(pieces.length).toBeGreaterThan(10)
      expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThan(256 * 1024)
      const [first, second] = JSON.parse(pieces.join('')).results
      expect(first).toEqual(second)
      expect(associative ? first.rows[19_999] : first.values[19_999]).toEqual(
        associative ? { id: 19_999, name: 'name 19999' } : [19_999, 'name 19999'],
      )
    }
  })
})

describe('large values', () => {
  const bytes = Uint8Array.from({ length: 200_001 }, (_, i) => i * 7)
  const texts = [
    'x'.repeat(48 * 1024),
    'é"\\\n'.repeat(40_000),
    'a🎉'.repeat(50_000),
    `a${'🎉'.repeat(50_000)}`,
    '\uD800'.repeat(60_000),
  ]
  const all = [...texts, bytes, bytes.subarray(1, 150_000), 1, 'small']
  const columns = all.map((_, i) => `c${i}`)

  test.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])(
    'come in pieces of bounded length, and read as whole ones do - associative %s, blob_array %s',
    (associative, blobArray) => {
      const result = rowsResult(
        columns,
        columns.map(() => ''),
        [all, all],
      )
      const options = {
        mode: 'query',
        associative,
        timings: false,
        blobArray,
        raftIndex: undefined,
        time: 0,
      } as const
      const expected = all.map((item) =>
        typeof item === 'string'
          ? item
          : item instanceof Uint8Array
            ? blobArray
              ? [...item]
              : Buffer.from(item).toString('base64')
            : item,
      )
      const row = associative ? Object.fromEntries(columns.map((name, i) => [name, expected[i]])) : expected
      const document = [...encodeDocument([result], options)]
      const [read] = JSON.parse(document.join('')).results
      expect(associative ? read.rows : read.values).toEqual([row, row])
      const pretty = [...indentJson(encodeDocument([result], options))]
      expect(pretty.join('')).toBe(JSON.stringify(JSON.parse(document.join('')), undefined, 4))
      for (const piece of [...document, ...pretty]) expect(piece.length).toBeLessThan(1024 * 1024)
    },
  )

  test('a blob that indentation makes too long for a string is no more in memory than its pieces', () => {
    const value = new Uint8Array(20_000_000)
    const result = rowsResult(['b'], ['blob'], [[value]])
    const options = {
      mode: 'query',
      associative: false,
      timings: false,
      blobArray: true,
      raftIndex: undefined,
      time: 0,
    } as const
    let length = 0
    for (const piece of indentJson(encodeDocument([result], options))) length += piece.length
    expect(length).toBeGreaterThan(2 ** 29) // no string is longer
  })
})

describe('values', () => {
  // Contract 1.8; acceptance rows 10, 11, 23 to 25.
  test.each<[string, SqlValue, string]>([
    ['integer', null, 'null'],
    ['integer', 0, '0'],
    ['integer', -5, '-5'],
    ['integer', 9_007_199_254_740_991, '9007199254740991'],
    ['integer', 2n ** 63n - 1n, '9223372036854775807'],
    ['integer', -(2n ** 63n), '-9223372036854775808'],
    ['real', 1.5, '1.5'],
    ['real', 0.1 + 0.2, '0.30000000000000004'],
    ['real', -0, '0'],
    ['real', 1e21, '1e+21'],
    ['real', 1e-7, '1e-7'],
    ['real', Number.POSITIVE_INFINITY, '"Infinity"'],
    ['real', Number.NEGATIVE_INFINITY, '"-Infinity"'],
    ['text', 'a"b\\c\n\u0001', '"a\\"b\\\\c\\n\\u0001"'],
    ['text', 'é🎉', '"é🎉"'],
    ['text', '', '""'],
    ['blob', new Uint8Array([222, 173, 190, 239]), '"3q2+7w=="'],
    ['text', new TextEncoder().encode('SQLite'), '"U1FMaXRl"'],
    ['', new Uint8Array(), '""'],
    ['boolean', 1, 'true'],
    ['boolean', 2, 'true'],
    ['boolean', 0, 'false'],
    ['boolean', -1, 'false'],
    ['boolean', null, 'null'],
    ['boolean', 'yes', '"yes"'],
    ['boolean', 0.5, '0.5'],
    ['bool', 1, '1'],
    ['varchar(36)', 'x', '"x"'],
  ])('plain - %s %s is %s', (type, sqlValue, json) => {
    expect(value(type, sqlValue)).toBe(json)
  })

  test('blob_array - bytes as numbers, of a part of a buffer too', () => {
    const bytes = new Uint8Array([0, 222, 173, 0]).subarray(1, 3)
    expect(value('blob', bytes, { blobArray: true })).toBe('[222,173]')
    expect(value('blob', bytes)).toBe('"3q0="')
    expect(value('date', bytes, { blobArray: true })).toBe('[222,173]')
    expect(value('blob', new Uint8Array(), { blobArray: true })).toBe('[]')
  })

  // Acceptance row 24.
  test.each<[SqlValue, string]>([
    [0, '"1970-01-01T00:00:00Z"'],
    [1_076_716_800, '"2004-02-14T00:00:00Z"'],
    [-1, '"1969-12-31T23:59:59Z"'],
    [1_000_000_000_001, '"2001-09-09T01:46:40.001Z"'],
    [1_634_931_572_100, '"2021-10-22T19:39:32.1Z"'],
    [1_634_931_572_000n, '"2021-10-22T19:39:32Z"'],
    ['2004-02-14', '"2004-02-14T00:00:00Z"'],
    ['2004-02-14Z', '"2004-02-14T00:00:00Z"'],
    ['2004-02-29 23:59', '"2004-02-29T23:59:00Z"'],
    ['2021-10-22 19:39:32.016087', '"2021-10-22T19:39:32.016087Z"'],
    ['2021-10-22T19:39:32.100', '"2021-10-22T19:39:32.1Z"'],
    ['2021-10-22T19:39:32.1234567899', '"2021-10-22T19:39:32.123456789Z"'],
    ['2021-10-22T19:39:32+05:30', '"2021-10-22T19:39:32+05:30"'],
    ['2021-10-22 19:39:32.5-00:00', '"2021-10-22T19:39:32.5Z"'],
    // No date: the value as it is.
    [1.5, '1.5'],
    [null, 'null'],
    [9_007_199_254_740_991, '9007199254740991'],
    [-999_999_999_999, '-999999999999'],
    ['yesterday', '"yesterday"'],
    ['2021-02-29', '"2021-02-29"'],
    ['1900-02-29', '"1900-02-29"'],
    ['2021-13-01', '"2021-13-01"'],
    ['2021-10-22 24:00', '"2021-10-22 24:00"'],
    ['2021-10-22T19:39:32+99:00', '"2021-10-22T19:39:32+99:00"'],
  ])('dates - %s is %s', (sqlValue, json) => {
    for (const type of ['date', 'datetime', 'timestamp']) expect(value(type, sqlValue)).toBe(json)
  })

  test('dates - the year 2000 and its like have a 29th of February', () => {
    expect(value('date', '2000-02-29')).toBe('"2000-02-29T00:00:00Z"')
    expect(value('date', '0000-02-29')).toBe('"0000-02-29T00:00:00Z"')
  })
})

describe('pretty', () => {
  // Acceptance row 27: as JSON.stringify indents, in whatever pieces the text comes.
  test('indent - equals the usual indentation by four', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (json) => {
        const tokens = JSON.stringify(json).match(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^"[\]{},:]+/g) ?? []
        expect([...indentJson(tokens)].join('')).toBe(JSON.stringify(json, undefined, 4))
        expect([...indentJson([JSON.stringify(json)])].join('')).toBe(JSON.stringify(json, undefined, 4))
        const torn = JSON.stringify(json).match(/\\u....|\\.|./gs) ?? []
        expect([...indentJson(torn)].join('')).toBe(JSON.stringify(json, undefined, 4))
      }),
    )
  })
})
