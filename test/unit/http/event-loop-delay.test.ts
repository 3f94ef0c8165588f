import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { EventLoopDelay } from '../../../src/http/event-loop-delay.ts'

/** Long enough for a timer of 10 ms to have had its turn: timers run in the order in which they are due. */
const TURNS_MS = 50

test('event loop delay - what kept the thread shows as the worst, once', async () => {
  const delay = new EventLoopDelay()
  expect(delay.take()).toEqual([])
  await sleep(TURNS_MS)
  const blockedMs = 80
  const until = performance.now() + blockedMs
  while (performance.now() < until);
  await sleep(TURNS_MS)
  const delays = delay.take()
  expect(delays.map(({ quantile }) => quantile)).toEqual([0.5, 0.99, 0.999, 1])
  // It may have been due for a while after the block began.
  expect(delays.at(-1)?.seconds).toBeGreaterThan((blockedMs - 15) / 1000)
  expect(delay.take()).toEqual([])
})
