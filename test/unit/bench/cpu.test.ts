import { expect, test } from 'vitest'
import { ticksIn } from '../../../bench/cpu.ts'

test('cpu - user and system time, whatever the process calls itself', () => {
  const rest = 'S 1 10 10 0 -1 4194304 100 0 0 0 123 45 0 0 20 0 11 0 5000 1000 200'
  expect(ticksIn(`10 (node) ${rest}`)).toBe(168)
  expect(ticksIn(`10 (a) b ) (c) ${rest}`)).toBe(168)
})
