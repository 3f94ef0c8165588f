import { expect, test } from 'vitest'
import { BytePacer } from '../../../src/p2p/byte-pacer.ts'
import { ManualClock } from '../manual-clock.ts'

const NEVER = new AbortController().signal

/** Takes chunk after chunk, and counts what it got. */
function stream(pacer: BytePacer, chunkBytes: number): { readonly bytes: number } {
  const taken = { bytes: 0 }
  const run = async (): Promise<void> => {
    for (;;) {
      await pacer.take(chunkBytes, NEVER)
      taken.bytes += chunkBytes
    }
  }
  void run()
  return taken
}

test('byte pacer - a burst goes at once, then bytes come at the rate', async () => {
  const clock = new ManualClock()
  const pacer = new BytePacer({ clock }, { bytesPerSecond: 1_000, burstBytes: 500 })
  const taken = stream(pacer, 100)
  await clock.advance(0)
  expect(taken.bytes).toBe(500)
  for (const [ms, bytes] of [
    [99, 500],
    [1, 600],
    [100, 700],
    [10_000, 10_700],
  ] as const) {
    await clock.advance(ms)
    expect(taken.bytes).toBe(bytes)
  }
})

test('byte pacer - all who take share the rate, in turns', async () => {
  const clock = new ManualClock()
  const pacer = new BytePacer({ clock }, { bytesPerSecond: 10_000, burstBytes: 100 })
  const streams = [stream(pacer, 100), stream(pacer, 100), stream(pacer, 100)]
  await clock.advance(10_000)
  expect(streams.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(100_100)
  for (const { bytes } of streams) expect(Math.abs(bytes - 100_100 / 3)).toBeLessThanOrEqual(100)
})

test('byte pacer - a pause earns a burst and no more', async () => {
  const clock = new ManualClock()
  const pacer = new BytePacer({ clock }, { bytesPerSecond: 1_000, burstBytes: 500 })
  await clock.advance(60_000)
  const taken = stream(pacer, 100)
  await clock.advance(0)
  expect(taken.bytes).toBe(500)
  await clock.advance(1_000)
  expect(taken.bytes).toBe(1_500)
})

test('byte pacer - a late timer costs no speed', async () => {
  // As timers of a busy process are: late, each by up to a burst.
  const clock = new ManualClock()
  const late = { ...manual(clock), after: (ms: number, run: () => void) => clock.after(ms + 50, run) }
  const pacer = new BytePacer({ clock: late }, { bytesPerSecond: 1_000, burstBytes: 100 })
  const taken = stream(pacer, 10)
  await clock.advance(100_000)
  expect(taken.bytes).toBeGreaterThan(99_000)
  expect(taken.bytes).toBeLessThanOrEqual(100_100)
})

test('byte pacer - more than a burst is possible: it waits until there was time for it', async () => {
  const clock = new ManualClock()
  const pacer = new BytePacer({ clock }, { bytesPerSecond: 1_000, burstBytes: 100 })
  const taken = stream(pacer, 2_100)
  await clock.advance(1_999)
  expect(taken.bytes).toBe(0)
  await clock.advance(1)
  expect(taken.bytes).toBe(2_100)
})

test('byte pacer - without a limit nobody waits for time, but everybody for a turn', async () => {
  const clock = new ManualClock()
  const pacer = new BytePacer({ clock }, { bytesPerSecond: 0, burstBytes: 1 })
  let taken = 0
  for (let i = 0; i < 3; i++) void pacer.take(1_000_000, NEVER).then(() => taken++)
  await new Promise((resolve) => setImmediate(resolve))
  expect(taken).toBe(0)
  await clock.settle()
  expect(taken).toBe(3)
  expect(clock.waiting).toBe(0)
})

test('byte pacer - an abort ends the wait and gives the bytes back', async () => {
  const clock = new ManualClock()
  const pacer = new BytePacer({ clock }, { bytesPerSecond: 1_000, burstBytes: 100 })
  const reason = new Error('given up')
  const abort = new AbortController()
  const refused = expect(pacer.take(5_000, abort.signal)).rejects.toBe(reason)
  abort.abort(reason)
  await refused
  expect(clock.waiting).toBe(0)
  const aborted = expect(pacer.take(5_000, abort.signal)).rejects.toBe(reason)
  await clock.settle()
  await aborted
  let done = false
  void pacer.take(100, NEVER).then(() => {
    done = true
  })
  await clock.settle()
  expect(done).toBe(true)
})

function manual(clock: ManualClock) {
  return {
    now: () => clock.now(),
    every: (ms: number, run: () => void) => clock.every(ms, run),
    defer: (run: () => void) => clock.defer(run),
  }
}
