import { expect, test } from 'vitest'
import { compareDigests } from '../../../src/node/integrity-report.ts'
import type { StateDigest } from '../../../src/node/state-digests.ts'

const A: StateDigest = { sql: 'a', kv: 'a' }
const OTHER_SQL: StateDigest = { sql: 'b', kv: 'a' }
const OTHER_KV: StateDigest = { sql: 'a', kv: 'b' }

function compare(digests: Record<string, StateDigest | undefined>) {
  const { agreeing, diverged, unchecked } = compareDigests(9, 0, new Map(Object.entries(digests)))
  return { agreeing, diverged, unchecked }
}

test.each([
  ['equal replicas', { a: A, b: A, c: A }, { agreeing: ['a', 'b', 'c'], diverged: [], unchecked: [] }],
  ['one alone', { a: A }, { agreeing: ['a'], diverged: [], unchecked: [] }],
  ['other SQL', { a: A, b: OTHER_SQL, c: A }, { agreeing: ['a', 'c'], diverged: ['b'], unchecked: [] }],
  ['other KV', { a: OTHER_KV, b: A, c: A }, { agreeing: ['b', 'c'], diverged: ['a'], unchecked: [] }],
  ['somebody away', { a: A, b: undefined, c: A }, { agreeing: ['a', 'c'], diverged: [], unchecked: ['b'] }],
  ['no majority of two', { a: A, b: OTHER_KV }, { agreeing: [], diverged: ['a', 'b'], unchecked: [] }],
  [
    'no majority of four',
    { a: A, b: A, c: OTHER_KV, d: OTHER_SQL },
    { agreeing: [], diverged: ['a', 'b', 'c', 'd'], unchecked: [] },
  ],
  ['nobody', { a: undefined }, { agreeing: [], diverged: [], unchecked: ['a'] }],
] as const)('integrity report - %s', (_name, digests, expected) => {
  expect(compare(digests)).toEqual(expected)
})
