import { describe, expect, test } from 'vitest'
import type { SqlRequest } from '../../../src/node/codec/sql-codec.ts'
import { WriteLimit } from '../../../src/node/write-limit.ts'
import type { SqlResult } from '../../../src/sql/index.ts'

const REQUEST: SqlRequest = {
  namespace: 'n',
  mode: 'execute',
  transaction: false,
  statements: [],
  stepsMax: 0,
}
const ENDED: SqlResult = { kind: 'error', message: 'execute timeout' }
const EXPLAINED =
  "execute timeout: a write may take 400000000 of SQLite's instructions unless it asks for more with db_timeout (see database.write_timeout)"

describe('write limit', () => {
  test('a write without one - gets it, and is told which it was', () => {
    const limit = new WriteLimit(10_000)
    for (const mode of ['execute', 'request'] as const) {
      expect(limit.limited({ ...REQUEST, mode }).stepsMax).toBe(400_000_000)
      expect(limit.explained({ ...REQUEST, mode }, [ENDED])).toEqual([{ ...ENDED, message: EXPLAINED }])
    }
  })

  test('reads, and writes with a limit of their own - are left as they are', () => {
    const limit = new WriteLimit(10_000)
    for (const request of [
      { ...REQUEST, mode: 'query' as const },
      { ...REQUEST, stepsMax: 7 },
    ]) {
      expect(limit.limited(request)).toBe(request)
      expect(limit.explained(request, [ENDED])).toEqual([ENDED])
    }
  })

  test('other results - are left as they are', () => {
    const results: SqlResult[] = [
      { kind: 'error', message: 'no such table: execute timeout' },
      { kind: 'empty', time: 0 },
    ]
    expect(new WriteLimit(10_000).explained(REQUEST, results)).toEqual(results)
  })

  test('0 - there is none', () => {
    expect(new WriteLimit(0).limited(REQUEST)).toBe(REQUEST)
  })
})
