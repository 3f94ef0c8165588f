import { describe, expect, test } from 'vitest'
import {
  checkListAppend,
  describeResult,
  type ListAppendHistory,
  listAppendWords,
  parseHistory,
} from '../../../src/testing/checkers/index.ts'
import { isLinearizable, lists, untimed } from './naive.ts'

const parse = (picture: string): ListAppendHistory => parseHistory(picture, listAppendWords)

/** Kinds found, after making sure that trying every order agrees on whether there is anything to find. */
function kinds(history: ListAppendHistory, realtime = true): string[] {
  const result = checkListAppend(history, { realtime })
  const isSerializable = isLinearizable(lists, realtime ? history : untimed(history))
  expect(result.verdict, describeResult(result)).toBe(isSerializable ? 'ok' : 'violated')
  return result.verdict === 'violated' ? result.anomalies.map(({ kind }) => kind) : []
}

describe('list-append', () => {
  test.each([
    ['nothing', ''],
    ['one after another', 'a: [a x 1; r x 1] [r x 1; a x 2; a x 3; r x 1 2 3] [r x 1 2 3; r y]'],
    ['a failed append that nobody sees', 'a: [a x 1] [a x 2!\nb:                   [r x 1]'],
    ['an unknown append that nobody sees', 'a: [a x 1] [a x 2?\nb:                   [r x 1]'],
    ['an unknown append seen late', 'a: [a x 1] [a x 2?\nb:                   [r x 1] [r x 1 2]'],
    [
      'overlapping reads before and after',
      'a: [a x 1; a y 1         ]\nb:   [r x; r y]\nc:   [r x 1; r y 1]',
    ],
  ])('list-append - fine: %s', (_, picture) => {
    expect(kinds(parse(picture))).toEqual([])
  })

  test.each([
    [
      'G0: appends of two transactions interleaved',
      ['G0'],
      `
      a: [a x 1; a y 1]
      b: [a x 2; a y 2]
      c:                 [r x 1 2] [r y 2 1]`,
    ],
    [
      'G1a: a read of what failed',
      ['G1a'],
      `
      a: [a x 1!
      b:          [r x 1]`,
    ],
    [
      'G1b: a read between two appends of one transaction',
      ['G1b', 'G-single'],
      `
      a: [a x 1; a x 2]
      b: [r x 1       ]
      c:                 [r x 1 2]`,
    ],
    [
      'G1c: two transactions that each read the other',
      ['G1c'],
      `
      a: [a x 1; r y 1]
      b: [a y 1; r x 1]`,
    ],
    [
      'G-single: a lost update, both having read the same',
      ['G-single'],
      `
      a: [r x; a x 1]
      b: [r x; a x 2]
      c:               [r x 1 2]`,
    ],
    [
      'G-single: half of another transaction (read skew)',
      ['G-single'],
      `
      a: [a x 1; a y 1]
      b: [r x 1; r y  ]
      c:                 [r y 1]`,
    ],
    [
      'G-single: half of an unknown transaction, the other half never read',
      ['G-single'],
      `
      a: [a x 1; a y 1?
      b: [r x 1; r y  ]`,
    ],
    [
      'G2: write skew',
      ['G2'],
      `
      a: [r x; r y; a x 1]
      b: [r x; r y; a y 1]
      c:                    [r x 1; r y 1]`,
    ],
    [
      'G2: write skew whose appends nobody has read yet',
      ['G2'],
      `
      a: [r y; a x 1]
      b: [r x; a y 1]`,
    ],
    [
      'G2: a long fork, two readers that saw two appends in opposite orders',
      ['G2'],
      `
      a: [a x 1         ]
      b: [a y 1         ]
      c: [r x 1; r y    ]
      d: [r x  ; r y 1  ]
      e:                   [r x 1; r y 1]`,
    ],
    [
      'two lists of which neither continues the other',
      ['incompatible-order'],
      'a: [a x 1]\nb: [a x 2]\nc: [r x 1]\nd: [r x 2]',
    ],
    ['a value twice', ['duplicate'], 'a: [a x 1] [r x 1 1]'],
    ['a value out of nothing', ['phantom'], 'a: [a x 1] [r x 1 7]'],
    ['a transaction that forgets what it appended', ['internal'], 'a: [r x; a x 1; r x]'],
    ['a read that cannot be repeated', ['internal', 'G-single'], 'a: [r x; r x 1]\nb: [a x 1    ]'],
  ])('list-append - caught: %s', (_, expected, picture) => {
    const history = parse(picture)
    expect(kinds(history)).toEqual(expected)
    expect(kinds(history, false)).toEqual(expected)
  })

  test.each([
    ['a stale read', ['G-single-realtime'], 'a: [a x 1] [a x 2]\nb:                    [r x 1]  [r x 1 2]'],
    ['a read from the future', ['G1c-realtime'], 'a:          [a x 1]\nb: [r x 1]'],
    ['appends in the wrong order', ['G0-realtime'], 'a: [a x 1] [a x 2]\nb:                    [r x 2 1]'],
    ['an append that is gone', ['lost-append', 'G-single-realtime'], 'a: [a x 1] [r x]'],
    [
      'opposite orders of unrelated appends that are over one after the other',
      ['G-single-realtime'],
      `
      a: [a x 1]
      b:          [a y 1]
      c: [r x  ; r y 1  ]
      d:                   [r x 1; r y 1]`,
    ],
    [
      'two reads that are stale only together',
      ['G2-realtime'],
      `
      a: [a y 1]
      b:            [r x  ]
      c: [r y; a x 1    ]
      d:                     [r x 1; r y 1]`,
    ],
  ])('list-append - caught by real time alone: %s', (_, expected, picture) => {
    const history = parse(picture)
    expect(kinds(history)).toEqual(expected)
    expect(kinds(history, false)).toEqual([])
  })

  test('list-append - tangles apart are reported apart, each by its shortest cycle', () => {
    const result = checkListAppend(
      parse(`
      a: [a x 1; a y 1]    [r p; a q 1]
      b: [a x 2; a y 2]    [r q; a p 1]
      c:                                  [r x 1 2; r y 2 1] [r p 1; r q 1]`),
    )
    const anomalies = result.verdict === 'violated' ? result.anomalies : []
    expect(anomalies.map(({ kind, operations }) => [kind, operations.length])).toEqual([
      ['G0', 2],
      ['G2', 2],
    ])
  })

  test('list-append - the explanation gives the reason for each step of the cycle', () => {
    const result = checkListAppend(
      parse(`
      a: [r x; a x 1]
      b: [r x; a x 2]
      c:               [r x 1 2]`),
    )
    expect(describeResult(result)).toContain(
      'G-single: T1 < T2 < T1: T1 read x before T2 appended 1 (rw); T2 appended 1 to x and T1 appended 2 after it (ww)',
    )
  })

  test('list-append - a value appended twice is a broken workload', () => {
    expect(() => checkListAppend(parse('a: [a x 1] [a x 1]'))).toThrow('more than once')
  })
})
