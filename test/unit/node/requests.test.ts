import { describe, expect, test } from 'vitest'
import { freshRequestId, namedRequestId, settle, sinceFirst } from '../../../src/node/requests.ts'

const CONTENT = new Uint8Array([1, 2, 3])

describe('request ids', () => {
  test('fresh - 16 bytes, never the same', () => {
    const ids = new Set(Array.from({ length: 1_000 }, freshRequestId))
    expect(ids.size).toBe(1_000)
    for (const id of ids) expect(id).toMatch(/^[\0-\xff]{16}$/)
  })

  test('named - the same name, namespace and content make the same id, and nothing else does', () => {
    const id = namedRequestId('order-7', 'shop', CONTENT)
    expect(namedRequestId('order-7', 'shop', CONTENT)).toBe(id)
    expect(id).toMatch(/^[\0-\xff]{16}$/)
    const others = [
      namedRequestId('order-8', 'shop', CONTENT),
      namedRequestId('order-7', 'other', CONTENT),
      namedRequestId('order-7', 'shop', new Uint8Array([1, 2])),
      // Boundaries between the parts count.
      namedRequestId('porder-7', 'sho', CONTENT),
    ]
    expect(new Set([id, ...others]).size).toBe(5)
  })

  test.each(['', 'x'.repeat(257)])('named - a name of another length is refused', (name) => {
    expect(() => namedRequestId(name, 'shop', CONTENT)).toThrow(
      expect.objectContaining({ code: 'REQUEST_INVALID', outcome: 'not-applied' }),
    )
  })
})

test('settle - what was done is answered with the index of the first time', () => {
  expect(settle({ kind: 'done', index: 7, result: 'r' })).toMatchObject({ index: 7, result: 'r' })
  expect(() => settle({ kind: 'done-before', index: 7 })).toThrow(
    expect.objectContaining({ code: 'REQUEST_ANSWER_LOST', outcome: 'applied' }),
  )
  expect(() => settle({ kind: 'forgotten' })).toThrow(
    expect.objectContaining({ code: 'REQUEST_FORGOTTEN', outcome: 'not-applied', retryable: true }),
  )
})

test('since - the index moves on until something may have happened, and then stays', () => {
  let commit = 5
  const since = sinceFirst(() => commit)
  const attempts = [false, false, true, true, true].map((mayHaveHappened) => {
    commit++
    return since({ mayHaveHappened })
  })
  expect(attempts).toEqual([6, 7, 7, 7, 7])
})
