import { expect, test } from 'vitest'
import { paced } from '../../../src/base/index.ts'

const PACE = { parts: 4, usingIsWork: true }

/** A clock that only work and pauses move. */
class Time {
  nowMs = 0
  readonly pauses: number[] = []
  readonly components = {
    now: () => this.nowMs,
    sleep: async (ms: number) => {
      this.pauses.push(ms)
      this.nowMs += ms
    },
  }
}

async function* numbers(count: number, onMade: () => void): AsyncGenerator<number> {
  for (let i = 0; i < count; i++) {
    onMade()
    yield i
  }
}

test('paced - making and using chunks takes its part of the time and no more', async () => {
  const time = new Time()
  const seen: number[] = []
  let workedMs = 0
  const work = (ms: number): void => {
    workedMs += ms
    time.nowMs += ms
  }
  const chunks = paced(
    numbers(100, () => work(1)),
    PACE,
    time.components,
  )
  for await (const chunk of chunks) {
    work(1) // counts as well
    seen.push(chunk)
  }
  expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i))
  expect(workedMs).toBe(200)
  expect(time.nowMs).toBe(800)
})

test('paced - time in which chunks are only waited for is a pause', async () => {
  const time = new Time()
  const chunks = paced(
    numbers(3, () => {
      time.nowMs += 5
    }),
    { parts: 4, usingIsWork: false },
    time.components,
  )
  let usedMs = 0
  for await (const _ of chunks) {
    time.nowMs += usedMs
    usedMs += 10
  }
  expect(time.pauses).toEqual([15, 5])
})

test('paced - little chunks share a turn', async () => {
  const time = new Time()
  const chunks = paced(
    numbers(100, () => {}),
    PACE,
    time.components,
  )
  for await (const _ of chunks) time.nowMs += 0.5
  expect(time.pauses.length).toBeLessThan(20)
})

test('paced - a turn that was kept waiting for long delays the next one only so long', async () => {
  const time = new Time()
  const chunks = paced(
    numbers(3, () => {}),
    PACE,
    time.components,
  )
  for await (const _ of chunks) time.nowMs += 60_000
  expect(time.pauses).toEqual([250, 250, 250])
})

test('paced - whoever stops taking chunks ends their source, and a failure of it is passed on', async () => {
  let ended = false
  async function* source(): AsyncGenerator<number> {
    try {
      yield 1
      throw new Error('broken')
    } finally {
      ended = true
    }
  }
  for await (const _ of paced(source(), PACE)) break
  expect(ended).toBe(true)
  const all = async (): Promise<void> => {
    for await (const _ of paced(source(), PACE));
  }
  await expect(all()).rejects.toThrow('broken')
})
