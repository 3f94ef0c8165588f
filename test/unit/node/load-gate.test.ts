/** The gate before a server that takes a millisecond for each request, one after the other. */
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DebrosError } from '../../../src/base/index.ts'
import { LoadGate } from '../../../src/node/load-gate.ts'

const INIT = {
  ...{ waitMs: 100, intervalMs: 100, inFlightMin: 16, stallMs: 1_000 },
  pause: () => Promise.resolve(),
}
const BUSY = expect.objectContaining({ code: 'RAFT_BUSY', outcome: 'not-applied', retryable: true })

/** Time goes on by steps of a millisecond, in each of which `perMs` requests can be served. */
function server(perMs = 1, latencyMs = 0) {
  let now = 0
  const gate = new LoadGate(INIT, () => now)
  const waiting: { readonly at: number; readonly done: () => void }[] = []
  const served: number[] = []
  let refused = 0
  let isStalled = false
  let credit = 0
  const ask = (): void => {
    const at = now
    gate
      .run(() => new Promise<void>((done) => waiting.push({ at, done })))
      .then(
        () => served.push(now - at),
        (error) => {
          expect(error).toEqual(BUSY)
          refused++
        },
      )
  }
  /** Requests come evenly. */
  const run = async (ms: number, comingPerMs: number): Promise<void> => {
    let coming = 0
    for (const end = now + ms; now < end; ) {
      now++
      credit = isStalled ? 0 : Math.min(credit + perMs, perMs + 1)
      while (credit >= 1 && waiting[0] !== undefined && waiting[0].at + latencyMs < now) {
        waiting.shift()?.done()
        credit--
      }
      for (let i = 0; i < 4; i++) await undefined // what is done is counted before the time goes on
      for (coming += comingPerMs; coming >= 1; coming--) ask()
    }
  }
  const take = () => {
    const taken = { served: served.splice(0), refused }
    refused = 0
    return taken
  }
  return {
    gate,
    ask,
    run,
    take,
    inFlight: () => waiting.length,
    stall: (stalled: boolean) => {
      isStalled = stalled
    },
  }
}

const worst = (latencies: readonly number[]): number => Math.max(...latencies)

describe('load gate', () => {
  test('what can be done is let in', async () => {
    const { run, take } = server()
    await run(3_000, 0.95)
    expect(take().refused).toBe(0)
  })

  test('a burst is let in, and what comes after it', async () => {
    const { ask, run, take } = server(10)
    await run(1_000, 1)
    for (let i = 0; i < 900; i++) ask()
    await run(1_000, 1)
    expect(take().refused).toBe(0)
  })

  test.each([2, 4])('%d times what can be done - what is let in waits for a bounded time', async (times) => {
    const { run, take } = server()
    await run(1_000, 0.5)
    await run(2_000, times) // what came before it showed waits for longer
    take()
    await run(5_000, times)
    const { served, refused } = take()
    expect(worst(served)).toBeLessThan(3 * INIT.waitMs)
    expect(served.length).toBeGreaterThan(4_900)
    expect(refused).toBeGreaterThan((times - 1) * 4_500)
  })

  test('once less comes, nothing is refused any more', async () => {
    const { run, take } = server()
    await run(1_000, 0.5)
    await run(3_000, 4)
    await run(300, 0.5)
    take()
    await run(2_000, 0.9)
    expect(take().refused).toBe(0)
  })

  test('what takes long by itself is no queue', async () => {
    const { run, take } = server(10, 300)
    await run(5_000, 5)
    expect(take().refused).toBe(0)
  })

  test('a server that does nothing at all - no more is let in, until it goes on', async () => {
    const { run, take, stall, inFlight } = server(10)
    await run(1_000, 1)
    stall(true)
    await run(10_000, 1)
    expect(inFlight()).toBeLessThan(1_300)
    expect(take().refused).toBeGreaterThan(8_000)
    stall(false)
    await run(500, 1)
    take()
    await run(1_000, 1)
    expect(take().refused).toBe(0)
  })

  test('the least is let in whatever it waits for', async () => {
    const { run, take, inFlight, ask } = server(0.01)
    for (let i = 0; i < INIT.inFlightMin; i++) ask()
    await run(500, 0)
    expect(take().refused).toBe(0)
    expect(inFlight()).toBeGreaterThan(0)
  })

  test('what another node refuses is a sign, too', async () => {
    let now = 0
    const gate = new LoadGate(INIT, () => now)
    const pending: Promise<unknown>[] = []
    const refuse = (): Promise<never> => Promise.reject(new DebrosError('RAFT_BUSY', 'there'))
    for (let i = 0; i < 200; i++) {
      now++
      pending.push(gate.run(refuse).catch(() => {}))
      pending.push(gate.run(() => Promise.resolve()))
      await undefined
    }
    await Promise.all(pending)
    for (let i = 0; i < 150; i++) gate.run(() => new Promise(() => {})).catch(() => {})
    await expect(gate.run(() => Promise.resolve())).rejects.toEqual(BUSY)
  })

  test('who asks again and again in the same turn - leaves time for the work', async () => {
    const { pause: _, ...limits } = INIT
    const gate = new LoadGate({ ...limits, inFlightMin: 1, stallMs: 0, intervalMs: 0 })
    let isDone = false
    const work = gate.run(async () => {
      await setImmediate()
      isDone = true
    })
    while (!isDone) await gate.run(async () => {}).catch(() => {})
    await work
  })

  test('what fails says nothing about the wait', async () => {
    const { gate, run, take } = server()
    await run(1_000, 0.5)
    await run(2_000, 4)
    take()
    for (let i = 0; i < 10; i++) {
      await gate.run(() => Promise.reject(new DebrosError('SQL_TOO_LARGE', ''))).catch(() => {})
      await run(300, 4)
    }
    expect(worst(take().served)).toBeLessThan(3 * INIT.waitMs)
  })
})
