import { describe, expect, test } from 'vitest'
import {
  bankWords,
  type CheckResult,
  checkBank,
  checkCounter,
  checkSet,
  counterWords,
  describeResult,
  parseHistory,
  setWords,
} from '../../../src/testing/checkers/index.ts'

/** `ok`, `undecided`, or the kinds of anomalies. */
function summary(result: CheckResult): string {
  return result.verdict === 'violated' ? result.anomalies.map(({ kind }) => kind).join(' ') : result.verdict
}

describe('bank', () => {
  const initial = { a: 10, b: 10, c: 0 }
  const check = (picture: string, options: object = {}): string =>
    summary(checkBank(parseHistory(picture, bankWords), { initial, ...options }))

  test.each([
    ['nothing', ''],
    [
      'a transfer that overlaps a read',
      'x: [move a b 5       ]\ny:   [all a 10 b 10 c 0]  [all a 5 b 15 c 0]',
    ],
    ['a transfer that failed', 'x: [move a b 5!  [all a 10 b 10 c 0]'],
    ['a transfer to the same account', 'x: [move a a 5]  [all a 10 b 10 c 0]'],
    [
      'some of the unknown transfers',
      'x: [move a b 5? [move b c 3? [move a c 2? [all a 5 b 15 c 0] [all a 3 b 15 c 2]',
    ],
  ])('bank - fine: %s', (_, picture) => {
    expect(check(picture)).toBe('ok')
  })

  test.each([
    ['money made', 'wrong-total impossible-balance', 'x: [all a 11 b 10 c 0]'],
    ['half a transfer', 'wrong-total', 'x: [move a b 5       ]\ny: [all a 5 b 10 c 0]  [all a 5 b 15 c 0]'],
    ['an account overdrawn', 'negative-balance', 'x: [move c a 1]  [all a 11 b 10 c -1]'],
    ['an account missing', 'wrong-accounts', 'x: [all a 10 b 10]'],
    ['an account too many', 'wrong-accounts', 'x: [all a 10 b 10 c 0 d 0]'],
    [
      'an acknowledged transfer gone',
      'impossible-balance impossible-balance',
      'x: [move a b 5]  [all a 10 b 10 c 0]',
    ],
    ['a transfer done twice', 'impossible-balance impossible-balance', 'x: [move a b 5]  [all a 0 b 20 c 0]'],
    [
      'a failed transfer done',
      'impossible-balance impossible-balance',
      'x: [move a b 5!  [all a 5 b 15 c 0]',
    ],
    [
      'a part of an unknown transfer, which no account by itself gives away',
      'wrong-end',
      'x: [move a b 5? [move b c 3?  [all a 8 b 12 c 0]',
    ],
  ])('bank - caught: %s', (_, expected, picture) => {
    expect(check(picture)).toBe(expected)
  })

  test('bank - overdrawing can be allowed', () => {
    expect(check('x: [move c a 1]  [all a 11 b 10 c -1]', { mayBeNegative: true })).toBe('ok')
  })

  test('bank - acknowledged transfers that nobody looked at are undecided, and so is too small a budget', () => {
    expect(check('x: [all a 10 b 10 c 0] [move a b 5]')).toBe('undecided')
    const many = 'x: [move a b 1? [move b c 2? [move a c 4? [move c b 3? [all a 8 b 12 c 0]'
    expect(check(many, { sumsMax: 3 })).toBe('undecided')
    expect(check(many, { sumsMax: 100 })).toBe('wrong-end')
  })

  test('bank - a transfer between unknown accounts is a broken workload', () => {
    expect(() => check('x: [move a z 1] [all a 10 b 10 c 0]')).toThrow('no account')
  })
})

describe('counter', () => {
  const check = (picture: string, initial?: number): string =>
    summary(checkCounter(parseHistory(picture, counterWords), initial))

  test.each([
    ['a read during an addition', 'a: [add 1       ]\nb:   [read 0]\nc:   [read 1]     [read 1]'],
    ['unknown additions, of which some count', 'a: [add 1? [add 2? [add 4? [read 0] [read 2] [read 6]'],
    ['a failed addition', 'a: [add 1! [read 0]'],
    ['taking away', 'a: [add 5] [add -3? [read 5] [read 2] [add 1] [read 3]'],
  ])('counter - fine: %s', (_, picture) => {
    expect(check(picture)).toBe('ok')
  })

  test.each([
    ['an acknowledged addition lost', 'too-low', 'a: [add 1] [read 0]'],
    ['an addition counted twice', 'too-high', 'a: [add 1] [read 2]'],
    ['an unknown addition counted twice', 'too-high', 'a: [add 1? [read 2]'],
    ['a failed addition counted', 'too-high', 'a: [add 1! [read 1]'],
    ['an addition counted before it began', 'too-high', 'a:           [add 1] [read 1]\nb: [read 1]'],
    [
      'an unknown addition seen and gone',
      'backwards',
      'a: [add 1? [read 1]\nb:                       [read 0]',
    ],
    ['less than the most that was seen', 'backwards', 'a: [add 1? [add 2? [read 1] [read 3] [read 2]'],
    ['too much taken away', 'too-low', 'a: [add 5] [add -3? [read 1]'],
    ['something taken away that is back', 'too-high', 'a: [add 5] [add -3] [read 5]'],
  ])('counter - caught: %s', (_, expected, picture) => {
    expect(check(picture)).toBe(expected)
  })

  test('counter - begins where it is told to', () => {
    expect([check('a: [read 7]', 7), check('a: [read 7]')]).toEqual(['ok', 'too-high'])
  })

  test('counter - acknowledged additions that nobody looked at are undecided', () => {
    expect(check('a: [read 0] [add 1]')).toBe('undecided')
  })
})

describe('set', () => {
  const check = (picture: string): string => summary(checkSet(parseHistory(picture, setWords)))

  test.each([
    ['seen during its addition, or not', 'a: [add x        ]\nb:   [all x]\nc:   [all]         [all x]'],
    ['unknown and never seen', 'a: [add x? [all]'],
    ['unknown and seen late', 'a: [add x? [all] [all x] [all x]'],
    ['failed and absent', 'a: [add x! [all]'],
  ])('set - fine: %s', (_, picture) => {
    expect(check(picture)).toBe('ok')
  })

  test.each([
    ['acknowledged and absent', 'lost', 'a: [add x] [all]'],
    ['acknowledged, present, and absent', 'lost', 'a: [add x] [all x] [all] [all]'],
    ['unknown, seen, and gone', 'vanished', 'a: [add x? [all x] [all]'],
    [
      'seen before its acknowledgement, and then not',
      'vanished',
      'a: [add x              ] [all x]\nb:  [all x] [all]',
    ],
    ['failed and present', 'failed-present', 'a: [add x! [all x]'],
    ['present before it was added', 'phantom', 'a:         [add x]  [all x]\nb: [all x]'],
    ['present though never added', 'phantom', 'a: [all x]'],
    ['twice', 'duplicate', 'a: [add x? [all x x]'],
  ])('set - caught: %s', (_, expected, picture) => {
    expect(check(picture)).toContain(expected)
  })

  test('set - acknowledged elements that nobody looked for are undecided', () => {
    expect(check('a: [all] [add x]')).toBe('undecided')
  })

  test('set - an element added twice is a broken workload', () => {
    expect(() => check('a: [add x] [add x]')).toThrow('more than once')
  })

  test('set - results read as text', () => {
    const result = checkSet(parseHistory('a: [add x] [all]\nb: [add y] [all]', setWords))
    expect(describeResult(result, 1).split('\n')).toEqual([
      'lost: x was acknowledged and is missing from a later read',
      '    a 3..9 add x',
      '    a 11..15 read = []',
      'and 1 more',
    ])
    expect(describeResult({ verdict: 'ok' })).toBe('ok')
    expect(describeResult({ verdict: 'undecided', reason: 'why' })).toBe('undecided: why')
  })
})
