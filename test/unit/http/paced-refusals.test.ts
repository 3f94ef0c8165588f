import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { PacedRefusals } from '../../../src/http/paced-refusals.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('paced refusals - few are told at once, many in their order and at a bounded rate', async () => {
  const refusals = new PacedRefusals(1_000)
  const told: number[] = []
  const refuse = (number: number) => void refusals.turn().then(() => told.push(number))
  for (let i = 0; i < 5; i++) refuse(i)
  await vi.advanceTimersByTimeAsync(0)
  expect(told).toEqual([0, 1, 2, 3, 4])

  await vi.advanceTimersByTimeAsync(1_000)
  for (let i = 5; i < 105; i++) refuse(i)
  await vi.advanceTimersByTimeAsync(50)
  expect(told.length).toBeGreaterThanOrEqual(5 + 50)
  expect(told.length).toBeLessThanOrEqual(5 + 60)
  await vi.advanceTimersByTimeAsync(60)
  expect(told).toEqual(Array.from({ length: 105 }, (_, i) => i))

  await vi.advanceTimersByTimeAsync(10)
  expect(vi.getTimerCount()).toBe(0)
})
