/** The list of mutants itself; that each is caught is what `npm run mutants` proves. */
import { describe, expect, test } from 'vitest'
import { applyEdits } from '../mutants/apply.ts'
import { BUGS, BUGS_COUNT, MUTANTS } from '../mutants/bugs.ts'
import { catcherExists, findGaps } from '../mutants/gaps.ts'
import { edit, script, unit } from '../mutants/mutant.ts'

describe('this tree', () => {
  test('mutants - every bug of the list is put in or explained, every edit applies, every catcher is there', () => {
    expect(findGaps()).toEqual([])
  })

  test('mutants - there are some for nearly every bug', () => {
    expect(BUGS).toHaveLength(BUGS_COUNT)
    expect(MUTANTS.length).toBeGreaterThan(100)
    expect(BUGS.filter(({ mutants }) => mutants.length === 0).map(({ id }) => id)).toEqual(['B35'])
  })
})

describe('the checks themselves', () => {
  const apply = (source: string, ...edits: (readonly [string, string])[]): string | undefined =>
    applyEdits(
      edits.map(([find, replace]) => edit('a.ts', find, replace)),
      () => source,
    ).get('a.ts')

  test('mutants - edits are made where they belong, and what they bring in is not edited again', () => {
    expect(apply('one two three', ['two', '2 one'], ['one', '1'])).toBe('1 2 one three')
    expect(apply('a $& b', ['$&', '$1'])).toBe('a $1 b')
  })

  test.each([
    ['is not there', 'one', 'three'],
    ['is there twice', 'one two one', 'one'],
  ])('mutants - a text that %s is an error', (_, source, find) => {
    expect(() => apply(source, [find, 'x'])).toThrow(/times, not once/)
  })

  test('mutants - edits that overlap are an error', () => {
    expect(() => apply('one two', ['one t', 'x'], ['two', 'y'])).toThrow(/overlap/)
  })

  test.each([
    [script('election-basic'), true],
    [script('election-nobody-wrote'), false],
    [unit('unit/raft/quorum', 'quorum - learners do not count'), true],
    // One of a `test.each`, one of a contract that the file only calls, one of a test that takes options.
    [unit('unit/raft/log', 'log - of 3/2, a log ending in 4/2 is up to date: true'), true],
    [unit('unit/raft-log/log-store', 'compact - keeps what is asked to be kept'), true],
    [unit('cluster/survival', 'processes - a write through any node is seen on every node'), true],
    [unit('unit/raft/quorum', 'quorum - learners do count'), false],
    [unit('unit/raft/nowhere', 'quorum - learners do not count'), false],
  ])('mutants - %o exists: %s', (catcher, exists) => {
    expect(catcherExists(catcher)).toBe(exists)
  })
})
