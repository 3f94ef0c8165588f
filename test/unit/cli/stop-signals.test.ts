import { EventEmitter } from 'node:events'
import { describe, expect, test, vi } from 'vitest'
import { watchStopSignals, watchUncaught } from '../../../src/cli/stop-signals.ts'

class FakeProcess extends EventEmitter {
  readonly exits: number[] = []
  connected = false
  exit(code: number): void {
    this.exits.push(code)
  }
}

describe('stop signals', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])('%s - asks to stop, and the second time ends at once', (name, code) => {
    const source = new FakeProcess()
    const onSecond = vi.fn()
    using stop = watchStopSignals(source, onSecond)
    expect(stop.signal.aborted).toBe(false)
    source.emit(name)
    expect([stop.signal.aborted, source.exits]).toEqual([true, []])
    expect(onSecond).not.toHaveBeenCalled()
    source.emit(name)
    expect(source.exits).toEqual([code])
    expect(onSecond).toHaveBeenCalledOnce()
  })

  test('a parent that goes away - asks to stop, once or twice', () => {
    const source = new FakeProcess()
    source.connected = true
    using stop = watchStopSignals(source)
    source.emit('disconnect')
    source.emit('disconnect')
    expect([stop.signal.aborted, source.exits]).toEqual([true, []])
  })

  test('afterwards - nothing is left behind', () => {
    const source = new FakeProcess()
    source.connected = true
    watchStopSignals(source)[Symbol.dispose]()
    watchUncaught(source, async () => {})[Symbol.dispose]()
    expect(source.eventNames()).toEqual([])
  })

  test.each(['uncaughtException', 'unhandledRejection'])(
    '%s - is reported, and ends the process',
    async (event) => {
      const source = new FakeProcess()
      const reported: unknown[] = []
      using _watch = watchUncaught(source, async (error) => void reported.push(error))
      const error = new Error('bug')
      source.emit(event, error)
      await vi.waitFor(() => expect(source.exits).toEqual([1]))
      expect(reported).toEqual([error])
    },
  )
})
