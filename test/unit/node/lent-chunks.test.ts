import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { LentChunks } from '../../../src/node/lent-chunks.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

async function* three(): AsyncGenerator<Uint8Array> {
  for (const byte of [1, 2, 3]) yield Uint8Array.of(byte)
}

function lend(source: AsyncIterable<Uint8Array> = three()) {
  const release = vi.fn()
  const chunks = new LentChunks(source, { release, idleMs: 1_000, expired: () => new Error('too late') })
  return { chunks, release }
}

test('lent chunks - are given back once, when they are read to the end', async () => {
  const { chunks, release } = lend()
  const read: Uint8Array[] = []
  for await (const chunk of chunks) {
    expect(release).not.toHaveBeenCalled()
    read.push(chunk)
  }
  expect(Buffer.concat(read)).toEqual(Buffer.of(1, 2, 3))
  expect(await chunks.next()).toEqual({ done: true, value: undefined })
  await vi.advanceTimersByTimeAsync(5_000)
  expect(release).toHaveBeenCalledOnce()
})

test('lent chunks - are given back when the reader stops, also before it began', async () => {
  const begun = lend()
  for await (const _ of begun.chunks) break
  expect(begun.release).toHaveBeenCalledOnce()
  const unread = lend()
  await unread.chunks.return()
  expect(unread.release).toHaveBeenCalledOnce()
  expect(await unread.chunks.next()).toEqual({ done: true, value: undefined })
})

test('lent chunks - are given back when their source fails', async () => {
  const { chunks, release } = lend(
    (async function* () {
      yield Uint8Array.of(1)
      throw new Error('broken')
    })(),
  )
  await chunks.next()
  await expect(chunks.next()).rejects.toThrow('broken')
  expect(release).toHaveBeenCalledOnce()
})

test('lent chunks - nobody who asks for one is too late; who does not ask for long is', async () => {
  const { chunks, release } = lend()
  await vi.advanceTimersByTimeAsync(900)
  await chunks.next()
  await vi.advanceTimersByTimeAsync(900)
  expect(release).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(200)
  expect(release).toHaveBeenCalledOnce()
  await expect(chunks.next()).rejects.toThrow('too late')
})

test('lent chunks - a source that takes its time is waited for', async () => {
  const slow = Promise.withResolvers<void>()
  const { chunks, release } = lend(
    (async function* () {
      await slow.promise
      yield Uint8Array.of(7)
    })(),
  )
  const next = chunks.next()
  await vi.advanceTimersByTimeAsync(5_000)
  expect(release).not.toHaveBeenCalled()
  slow.resolve()
  expect(await next).toEqual({ done: false, value: Uint8Array.of(7) })
})
