import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../../src/node/clock.ts'

const DAY_MS = 24 * 60 * 60 * 1000

afterEach(() => {
  vi.useRealTimers()
})

test('clock - setting the wall clock does not move it', () => {
  vi.useFakeTimers({ toFake: ['Date'] })
  vi.setSystemTime(10 * DAY_MS)
  const started = systemClock.now()
  vi.setSystemTime(20 * DAY_MS)
  const later = systemClock.now()
  vi.setSystemTime(0)
  const last = systemClock.now()
  expect(later - started).toBeLessThan(DAY_MS)
  expect(later).toBeGreaterThanOrEqual(started)
  expect(last).toBeGreaterThanOrEqual(later)
})
