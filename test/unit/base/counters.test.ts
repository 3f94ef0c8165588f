import { describe, expect, test } from 'vitest'
import { Counters } from '../../../src/base/index.ts'

describe('counters', () => {
  test('what was declared is there before anything was counted', () => {
    const counters = new Counters()
    counters.declare('store', ['num_snapshots', 'num_restores'])
    counters.add('store', 'num_snapshots')
    counters.add('store', 'num_snapshots', 2)
    counters.declare('store', ['num_snapshots'])
    expect(JSON.stringify(counters)).toBe('{"store":{"num_snapshots":3,"num_restores":0}}')
  })

  test('what nobody counted is 0', () => {
    expect(new Counters().get('http', 'executions')).toBe(0)
  })
})
