import fc from 'fast-check'
import { expect, test } from 'vitest'
import { GatheredBody } from '../../../src/http/gathered-body.ts'

test('gathered body - is what came, however it was cut', () => {
  const size = fc.oneof(fc.nat(10), fc.nat(40_000))
  fc.assert(
    fc.property(fc.array(size, { maxLength: 20 }), (sizes) => {
      const body = new GatheredBody()
      const pieces = sizes.map((length, i) => Buffer.alloc(length, i + 1))
      for (const piece of pieces) body.add(piece)
      expect(Buffer.compare(body.whole(), Buffer.concat(pieces))).toBe(0)
    }),
  )
})

test('gathered body - one piece is not copied', () => {
  const body = new GatheredBody()
  const piece = Buffer.from('[]')
  body.add(piece)
  expect(body.whole()).toBe(piece)
})

test('gathered body - single bytes make few buffers', () => {
  const body = new GatheredBody()
  for (let i = 0; i < 100_000; i++) body.add(Buffer.from([i]))
  expect(body.parts).toBeLessThan(10)
  expect(body.whole()).toHaveLength(100_000)
})
