import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { Deadline, Deadlines } from '../../../src/http/deadlines.ts'

describe('deadlines', () => {
  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  test('expire - each after its time, but for those that were over before', () => {
    const deadlines = new Deadlines(100)
    const expired: string[] = []
    const add = (name: string): Deadline => {
      const deadline = new Deadline(() => expired.push(name))
      deadlines.add(deadline)
      return deadline
    }
    add('a')
    vi.advanceTimersByTime(40)
    const over = add('b')
    add('c')
    deadlines.delete(over)
    vi.advanceTimersByTime(60)
    expect(expired).toEqual(['a'])
    vi.advanceTimersByTime(40)
    expect(expired).toEqual(['a', 'c'])
    add('d')
    vi.advanceTimersByTime(100)
    expect(expired).toEqual(['a', 'c', 'd'])
    expect(vi.getTimerCount()).toBe(0)
  })
})
