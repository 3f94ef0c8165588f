import { expect, test, vi } from 'vitest'
import { Cleanup, connect, heartbeat, linked, rounds, startNode, until } from './support.ts'

test('cheap records - no exception is made for what a socket brings', async () => {
  await using cleanup = new Cleanup()
  const [a, b] = [await startNode(cleanup, 'a'), await startNode(cleanup, 'b')]
  connect(a, b)
  await linked(a, b)
  let made = 0
  const counting = (error: RangeError): RangeError => {
    made++
    return error
  }
  vi.stubGlobal(
    'RangeError',
    new Proxy(RangeError, {
      apply: (target, self, args) => counting(Reflect.apply(target, self, args)),
      construct: (target, args) => counting(Reflect.construct(target, args)),
    }),
  )
  cleanup.add(() => void vi.unstubAllGlobals())
  const messages = 50
  for (let round = 1; round <= messages; round++) {
    a.transport.send(heartbeat(a, b, round))
    await until(() => rounds(b.received).includes(round))
  }
  // Some are made while the nodes get to know each other; with each message there was one.
  expect(made).toBeLessThan(messages / 2)
})
