import { describe, expect, test } from 'vitest'
import { majorityIndex, quorumIndex, voteResult } from '../../../src/raft/core/quorum.ts'
import { config } from './entries.ts'

/** What each node has reached, in the order of the ids a, b, c... */
function reached(...values: number[]): (id: string) => number {
  return (id) => values[id.charCodeAt(0) - 'a'.charCodeAt(0)] ?? 0
}

describe('majority index', () => {
  test.each([
    [['a'], [7], 7],
    [['a', 'b'], [7, 5], 5],
    [['a', 'b', 'c'], [7, 5, 3], 5],
    [['a', 'b', 'c', 'd'], [7, 5, 3, 1], 3],
    [['a', 'b', 'c', 'd', 'e'], [1, 9, 3, 7, 5], 5],
    [['a', 'b', 'c'], [0, 0, 9], 0],
    [['b', 'c'], [9, 1, 2], 1],
  ])('quorum - of %j with %j a majority reached %i', (ids, values, index) => {
    expect(majorityIndex(ids, reached(...values))).toBe(index)
  })

  test('quorum - an empty half never holds anything back', () => {
    expect(majorityIndex([], reached())).toBe(Number.POSITIVE_INFINITY)
  })
})

describe('quorum index', () => {
  test('quorum - a joint configuration needs both halves', () => {
    const joint = config(['a', 'd', 'e'], ['a', 'b', 'c'])
    expect(quorumIndex(joint, reached(9, 8, 7, 2, 1))).toBe(2)
    expect(quorumIndex(joint, reached(9, 2, 1, 8, 7))).toBe(2)
    expect(quorumIndex(joint, reached(9, 8, 1, 7, 1))).toBe(7)
  })

  test('quorum - learners do not count', () => {
    expect(quorumIndex(config(['a', 'b'], [], ['c', 'd']), reached(5, 1, 9, 9))).toBe(1)
  })
})

describe('vote result', () => {
  const granted = (ids: string): [string, boolean][] => [...ids].map((id) => [id, true])
  const refused = (ids: string): [string, boolean][] => [...ids].map((id) => [id, false])
  const three = config(['a', 'b', 'c'])
  const four = config(['a', 'b', 'c', 'd'])
  const joint = config(['a', 'd', 'e'], ['a', 'b', 'c'])

  test.each([
    ['nobody answered', three, [], 'pending'],
    ['one of three', three, granted('a'), 'pending'],
    ['two of three', three, granted('ab'), 'won'],
    ['one each', three, [...granted('a'), ...refused('b')], 'pending'],
    ['two refusals of three', three, [...granted('a'), ...refused('bc')], 'lost'],
    ['two of four', four, granted('ab'), 'pending'],
    ['a tie', four, [...granted('ab'), ...refused('cd')], 'lost'],
    ['three of four', four, granted('abc'), 'won'],
    ['the old half only', joint, granted('abc'), 'pending'],
    ['the new half only', joint, granted('ade'), 'pending'],
    ['both halves', joint, granted('abd'), 'won'],
    ['one half lost', joint, [...granted('abc'), ...refused('de')], 'lost'],
    ['votes of strangers', three, [...granted('a'), ...granted('xyz')], 'pending'],
  ] as const)('quorum - %s', (_, membership, votes, result) => {
    expect(voteResult(membership, new Map(votes))).toBe(result)
  })
})
