import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { Backoff } from '../../../src/p2p/backoff.ts'
import { ChunkQueue } from '../../../src/p2p/chunk-queue.ts'
import { MemberTable } from '../../../src/p2p/index.ts'
import { IncomingMessage } from '../../../src/p2p/rpc-messages.ts'
import { PeerWarnings } from '../../../src/p2p/warnings.ts'
import { collect } from './support.ts'

test('backoff - doubles up to its limit, each wait shortened by up to a half, and begins anew', () => {
  const randoms = [0, 0, 0, 0, 0.5, 0.999]
  const backoff = new Backoff({ delayMs: 50, delayMaxMs: 300, random: () => randoms.shift() ?? 0 })
  expect([backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([50, 100, 200, 300])
  expect(backoff.next()).toBe(225)
  expect(backoff.next()).toBeCloseTo(150, 0)
  backoff.reset()
  expect(backoff.next()).toBe(50)
})

test('chunk queue - chunks come out in order, and are counted as taken when the reader moves on', async () => {
  const taken: number[] = []
  const queue = new ChunkQueue({ onTaken: (chunk) => taken.push(chunk[0] ?? -1) })
  const reader = queue[Symbol.asyncIterator]()
  queue.push(Uint8Array.of(1))
  expect((await reader.next()).value).toEqual(Uint8Array.of(1))
  expect(taken).toEqual([])
  const second = reader.next()
  queue.push(Uint8Array.of(2))
  queue.end()
  queue.push(Uint8Array.of(3))
  expect((await second).value).toEqual(Uint8Array.of(2))
  expect(taken).toEqual([1])
  expect(await reader.next()).toEqual({ value: undefined, done: true })
  expect(taken).toEqual([1, 2])
})

test('chunk queue - after a failure the reader gets the error, not what was left', async () => {
  const queue = new ChunkQueue({ onTaken: () => {} })
  queue.push(Uint8Array.of(1))
  queue.fail(new Error('lost'))
  queue.end()
  await expect(collect(queue)).rejects.toThrow('lost')
  const waiting = new ChunkQueue({ onTaken: () => {} })
  const all = collect(waiting)
  waiting.fail(new Error('lost'))
  await expect(all).rejects.toThrow('lost')
})

test('rpc messages - parts that do not add up are malformed', () => {
  const malformed = expect.objectContaining({ code: 'WIRE_MALFORMED' })
  const message = new IncomingMessage(10)
  expect(message.add(Buffer.alloc(4, 1))).toBeUndefined()
  expect(() => message.add(Buffer.alloc(7))).toThrow(malformed)
  expect(() => new IncomingMessage(10).add(Buffer.of())).toThrow(malformed)
  expect(() => new IncomingMessage(1_000_000).add(Buffer.alloc(256 * 1024 + 1))).toThrow(malformed)
  const whole = new IncomingMessage(5)
  whole.add(Buffer.from('he'))
  expect(Buffer.from(whole.add(Buffer.from('llo')) ?? []).toString()).toBe('hello')
  expect(new IncomingMessage(0).add(Buffer.of())).toHaveLength(0)
})

test('rpc messages - nothing is kept of the parts they come in', () => {
  const message = new IncomingMessage(3)
  const part = Buffer.from('a')
  message.add(part)
  part.fill(0)
  expect(Buffer.from(message.add(Buffer.from('bc')) ?? []).toString()).toBe('abc')
})

test('members - are found by key and by id, and replaced as a whole', () => {
  const table = new MemberTable()
  const a = { id: 'a', peerId: 'pa', address: 'h:1' }
  const b = { id: 'b', peerId: 'pb', address: 'h:2' }
  table.replace([a, b])
  expect([table.byId('a'), table.byPeerId('pb'), table.has('pa'), table.has('a')]).toEqual([
    a,
    b,
    true,
    false,
  ])
  table.replace([b])
  expect([table.byId('a'), table.has('pa')]).toEqual([undefined, false])
  expect(table.list()).toEqual([b])
})

test('peer warnings - one a minute per peer and message; the others are for debugging', () => {
  const lines: string[] = []
  const logger = {
    ...silentLogger,
    warn: (fields: object, message: string) => lines.push(`warn ${message} ${JSON.stringify(fields)}`),
    debug: (_fields: object, message: string) => lines.push(`debug ${message}`),
  }
  const warnings = new PeerWarnings({ logger })
  warnings.warn('p', { why: 1 }, 'refused')
  warnings.warn('p', { why: 2 }, 'refused')
  warnings.warn('q', { why: 3 }, 'refused')
  warnings.warn('p', { why: 4 }, 'reset')
  expect(lines).toEqual([
    'warn refused {"peerId":"p","why":1}',
    'debug refused',
    'warn refused {"peerId":"q","why":3}',
    'warn reset {"peerId":"p","why":4}',
  ])
})
