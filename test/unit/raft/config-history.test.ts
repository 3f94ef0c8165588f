import { expect, test } from 'vitest'
import { AssertionError } from '../../../src/base/index.ts'
import { ConfigHistory } from '../../../src/raft/core/config.ts'
import { config } from './entries.ts'

const first = config(['a'])
const second = config(['a', 'b'])
const third = config(['b', 'c'])

/** The configurations of entries 1, 5 and 9. */
function history(): ConfigHistory {
  const configs = new ConfigHistory(1, first)
  configs.append(5, second)
  configs.append(9, third)
  return configs
}

test('config history - the last configuration in the log is in force', () => {
  expect(history().current).toBe(third)
  expect(history().currentIndex).toBe(9)
})

test.each([
  [1, 1, first],
  [4, 1, first],
  [5, 5, second],
  [8, 5, second],
  [9, 9, third],
  [99, 9, third],
])('config history - at index %i entry %i is in force', (at, index, inForce) => {
  expect(history().at(at)).toEqual({ index, config: inForce })
})

test('config history - before the first configuration none is known', () => {
  expect(() => history().at(0)).toThrow(AssertionError)
})

test('config history - truncation rolls back to the one before', () => {
  const configs = history()
  configs.truncateFrom(10)
  expect(configs.current).toBe(third)
  configs.truncateFrom(6)
  expect(configs.current).toBe(second)
  configs.truncateFrom(2)
  expect(configs.current).toBe(first)
  expect(configs.currentIndex).toBe(1)
})

test('config history - the base configuration cannot be truncated', () => {
  expect(() => history().truncateFrom(1)).toThrow(AssertionError)
})

test('config history - configurations come in the order of the log', () => {
  expect(() => history().append(9, first)).toThrow(AssertionError)
})

test('config history - compaction keeps the configuration in force at its index', () => {
  const configs = history()
  configs.compactTo(7)
  expect(configs.at(7)).toEqual({ index: 5, config: second })
  expect(configs.current).toBe(third)
  expect(() => configs.at(4)).toThrow(AssertionError)
})

test('config history - a snapshot replaces everything', () => {
  const configs = history()
  configs.reset(20, first)
  expect(configs.current).toBe(first)
  expect(configs.currentIndex).toBe(20)
  expect(() => configs.at(19)).toThrow(AssertionError)
})

test('config history - members are known from the committed configuration on', () => {
  const known = (commit: number): string[] =>
    history()
      .membersSince(commit)
      .map(({ id }) => id)
      .sort()
  // Nobody is shut out by a removal that may still be rolled back.
  expect(known(4)).toEqual(['a', 'b', 'c'])
  expect(known(5)).toEqual(['a', 'b', 'c'])
  expect(known(9)).toEqual(['b', 'c'])
})
