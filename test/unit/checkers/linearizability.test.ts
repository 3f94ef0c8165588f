import { describe, expect, test } from 'vitest'
import {
  casRegister,
  checkLinearizability,
  describeResult,
  growOnlySet,
  type History,
  kvMap,
  kvWords,
  type LinearizabilityOptions,
  type Model,
  type NotLinearizable,
  parseHistory,
  registerWords,
  setWords,
  type Value,
} from '../../../src/testing/checkers/index.ts'
import { isLinearizable } from './naive.ts'

/** The answer for a picture, after making sure that trying every order agrees. */
function verdict<State extends object | Value, Input, Output>(
  model: Model<State, Input, Output>,
  history: History<Input, Output>,
): string {
  const result = checkLinearizability(model, history)
  expect(result.verdict).toBe(isLinearizable(model, history) ? 'ok' : 'violated')
  return result.verdict
}

describe('register', () => {
  const verdictOf = (picture: string): string => verdict(casRegister, parseHistory(picture, registerWords))

  test.each([
    ['nothing at all', ''],
    ['nothing written yet', 'a: [r -]'],
    [
      'reads that overlap a write see the old and the new value',
      `
      a: [w 1]  [w 2              ]
      b:           [r 1]    [r 2]
      c:             [r 2]`,
    ],
    [
      'overlapping writes in the order that a later read demands',
      `
      a: [w 1       ]
      b:   [w 2   ]
      c:               [r 1]`,
    ],
    [
      'an unknown write that never happens',
      `
      a: [w 1] [w 2?
      b:              [r 1]  [r 1]`,
    ],
    [
      'an unknown write that happens much later, after its client went on',
      `
      a: [w 1] [w 2?   [r 1]   [w 3]
      b:                              [r 3] [r 2] [r 2]`,
    ],
    [
      'an unknown conditional write whose effect is seen',
      `
      a: [w 1] [cas 1 2?
      b:                   [r 1]  [r 2]`,
    ],
    [
      'a chain of unknown writes, each needing the one before',
      `
      a: [cas - 1?  [cas 1 2?  [cas 2 3?
      b:                                  [r -]  [r 3]`,
    ],
    [
      'two equal unknown writes that both happen',
      `
      a: [w 1? [w 1?
      b:              [r 1] [w 2] [r 1] [w 3]`,
    ],
    [
      'a failed write that nobody sees',
      `
      a: [w 1] [w 2!
      b:              [r 1]`,
    ],
    [
      'of two conditional writes one succeeds',
      `
      a: [w 1] [cas 1 2 yes]
      b:          [cas 1 3 no ]   [r 2]`,
    ],
    ['an end that meets a beginning overlaps', 'a: [w 1]\nb:    [r -]'],
  ])('linearizability - fine: %s', (_, picture) => {
    expect(verdictOf(picture)).toBe('ok')
  })

  test.each([
    [
      'a stale read after another client has read the newer value',
      `
      a: [w 1]  [w 2                    ]
      b:           [r 2]
      c:                    [r 1]`,
    ],
    ['a stale read after an acknowledged write', 'a: [w 1] [w 2]\nb:                [r 1]'],
    ['a value that nobody wrote', 'a: [w 1]\nb:            [r 2]'],
    ['a value from the future', 'a:        [w 1]\nb: [r 1]'],
    ['a failed write that is seen', 'a: [w 1] [w 2!\nb:              [r 2]'],
    [
      'an unknown write that is seen and then disappears',
      `
      a: [w 1] [w 2?
      b:              [r 2]  [r 1]`,
    ],
    [
      'an unknown write that takes effect twice',
      `
      a: [w 1? 
      b:        [r 1] [w 2] [r 1]  [w 3] [r 1]`,
    ],
    [
      'a conditional write that succeeded for two clients',
      `
      a: [w 1] [cas 1 2 yes]
      b:          [cas 1 3 yes ]`,
    ],
    ['a conditional write that failed though it matched', 'a: [w 1]  [cas 1 2 no]'],
    [
      'two clients that saw two writes in opposite orders',
      `
      a: [w 1                  ]
      b: [w 2                  ]
      c:   [r 1]  [r 2]
      d:   [r 2]  [r 1]`,
    ],
  ])('linearizability - caught: %s', (_, picture) => {
    expect(verdictOf(picture)).toBe('violated')
  })

  test('linearizability - the explanation names what does not fit and what does', () => {
    const history = parseHistory(
      `
      a: [w 1] [w 2]                    [w 9]
      b:               [w 3        ]
      c:                 [r 1]
      d:                        [r 2]`,
      registerWords,
    )
    const result = checkLinearizability(casRegister, history)
    if (result.verdict !== 'violated') throw new Error(describeResult(result))
    const [anomaly, ...others] = result.anomalies
    expect(others).toEqual([])
    expect(anomaly).toMatchObject({
      kind: 'not-linearizable',
      part: undefined,
      state: '2',
      blocked: { client: 'c', output: 1 },
      pending: [{ client: 'b' }],
      prefix: [
        { client: 'a', input: { value: 1 } },
        { client: 'a', input: { value: 2 } },
      ],
    })
    expect(describeResult(result)).toMatch(/no order has a place for c 25\.\.29 read = 1\./)
  })

  test('linearizability - the prefix is a linearization, and all that the blocked one had to wait for', () => {
    const history = parseHistory(
      `
      a: [w 1    ] [w 2?   [r 2]  [cas 2 3 yes]
      b:  [r - ]  [r 1]                           [r 2]`,
      registerWords,
    )
    const result = checkLinearizability(casRegister, history)
    const [anomaly] = result.verdict === 'violated' ? result.anomalies : []
    const { prefix, blocked } = anomaly as NotLinearizable
    expect(blocked).toMatchObject({ client: 'b', output: 2 })
    expect(new Set(prefix)).toEqual(new Set(history.filter((operation) => operation !== blocked)))
  })

  test('linearizability - too small a budget is undecided, never ok', () => {
    const picture = (last: number): string => `
      a: [w 1                ]
      b: [w 2                ]
      c: [w 3                ]
      d: [w 4                ]
      e:   [r 4] [r 1] [r 3]   [r ${last}]`
    const check = (last: number, options: LinearizabilityOptions): string =>
      checkLinearizability(casRegister, parseHistory(picture(last), registerWords), options).verdict
    for (const enough of [{}, { stepsMax: 1000 }, { bytesMax: 100_000 }]) {
      expect([check(2, enough), check(1, enough)]).toEqual(['ok', 'violated'])
    }
    for (const tooLittle of [{ stepsMax: 5 }, { bytesMax: 300 }]) {
      expect([check(2, tooLittle), check(1, tooLittle)]).toEqual(['undecided', 'undecided'])
    }
  })

  test('linearizability - a broken history is refused', () => {
    const [one] = parseHistory('a: [w 1]', registerWords)
    expect(() =>
      checkLinearizability(
        casRegister,
        [one, one].flatMap((each) => each ?? []),
      ),
    ).toThrow('still busy')
  })
})

describe('map', () => {
  const history = (picture: string) => parseHistory(picture, kvWords)

  test.each([
    ['keys are apart', 'a: [put x 1] [put y 2]\nb:                        [get x 1] [get y 2] [get z -]'],
    ['deleted and back', 'a: [put x 1] [del x] [get x -] [cas x - 2 yes] [get x 2] [cas x 1 3 no]'],
    [
      'a deletion of nothing that then finds something',
      'a: [del x        ]\nb:   [put x 1]\nc:                  [get x -]',
    ],
  ])('linearizability - fine: %s', (_, picture) => {
    expect(verdict(kvMap, history(picture))).toBe('ok')
  })

  test.each([
    ['a value of another key', 'a: [put x 1] [get y 1]'],
    ['a deletion undone', 'a: [put x 1] [del x] [get x -] [get x 1]'],
    ['a condition on what is gone', 'a: [put x 1] [del x] [cas x 1 2 yes]'],
  ])('linearizability - caught: %s', (_, picture) => {
    expect(verdict(kvMap, history(picture))).toBe('violated')
  })

  test('linearizability - each key that is wrong is named', () => {
    const result = checkLinearizability(
      kvMap,
      history('a: [put x 1] [get x -] [put y 1] [get y 1] [put z 1] [get z 2]'),
    )
    const anomalies = result.verdict === 'violated' ? result.anomalies : []
    expect(anomalies.map(({ part }) => part)).toEqual(['x', 'z'])
  })
})

describe('set', () => {
  const history = (picture: string) => parseHistory(picture, setWords)

  test.each([
    ['all that was added', 'a: [add x] [add y?\nb:                  [all x] [has y no] [all x y]'],
    ['added twice', 'a: [add x] [add x] [all x]'],
  ])('linearizability - fine: %s', (_, picture) => {
    expect(verdict(growOnlySet, history(picture))).toBe('ok')
  })

  test.each([
    ['lost', 'a: [add x] [all]'],
    ['gone again', 'a: [add x?\nb:           [has x yes] [has x no]'],
    ['twice in one read', 'a: [add x] [all x x]'],
    ['twice in one read instead of another', 'a: [add x] [add y] [all x x]'],
    [
      'two elements seen in opposite orders, though each by itself is fine',
      `
      a: [add x        ]
      b: [add y        ]
      c:   [all x]
      d:   [all y]`,
    ],
  ])('linearizability - caught: %s', (_, picture) => {
    expect(verdict(growOnlySet, history(picture))).toBe('violated')
  })

  test('linearizability - without reads of the whole, elements are judged apart', () => {
    const result = checkLinearizability(growOnlySet, history('a: [add x] [has x no] [add y] [has y yes]'))
    expect(result).toMatchObject({ verdict: 'violated', anomalies: [{ part: 'x' }] })
  })
})
