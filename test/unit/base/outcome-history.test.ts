import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  decodeRememberedOutcome,
  encodeRememberedOutcome,
  OutcomeHistory,
  type OutcomeLimits,
  type RememberedOutcome,
  type RequestTag,
} from '../../../src/base/index.ts'

const LIMITS: OutcomeLimits = { countMax: 3, bytesMax: 10_000, outcomeBytesMax: 8, ageMaxMs: 1_000 }

function tag(name: string, since = 0, timeMs = 0): RequestTag {
  return { id: name.padEnd(16, '.'), since, timeMs }
}

function bytes(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Its outcomes after a way through bytes. */
function readBack(history: OutcomeHistory): RememberedOutcome[] {
  return [...history.entries()].map((remembered) => {
    const decoded = decodeRememberedOutcome(encodeRememberedOutcome(remembered))
    if (decoded === undefined) throw new Error('an outcome that was just encoded is cut off')
    return decoded.remembered
  })
}

describe('outcome history', () => {
  test('a request made again gets its first outcome', () => {
    const history = new OutcomeHistory(LIMITS)
    expect(history.recall(tag('a'))).toEqual({ kind: 'new' })
    history.remember(tag('a'), 7, bytes('done'))
    expect(history.recall(tag('a', 99))).toEqual({
      kind: 'known',
      remembered: { id: tag('a').id, index: 7, timeMs: 0, outcome: bytes('done') },
    })
  })

  test('a request that nobody can remember any more is not taken for a new one', () => {
    const history = new OutcomeHistory(LIMITS)
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) history.remember(tag(name), 10 + i, bytes(name))
    expect(history.forgottenThrough).toBe(10)
    expect(history.recall(tag('a', 9))).toEqual({ kind: 'forgotten' })
    expect(history.recall(tag('x', 9))).toEqual({ kind: 'forgotten' })
    expect(history.recall(tag('x', 10))).toEqual({ kind: 'new' })
    expect(history.recall(tag('b', 9)).kind).toBe('known')
  })

  test('an outcome too large to keep is still known to exist', () => {
    const history = new OutcomeHistory(LIMITS)
    history.remember(tag('a'), 7, bytes('more than eight'))
    expect(history.recall(tag('a'))).toMatchObject({
      kind: 'known',
      remembered: { index: 7, outcome: undefined },
    })
  })

  test('outcomes grow too old by the clock of the newest request, which may go back', () => {
    const history = new OutcomeHistory(LIMITS)
    history.remember(tag('a', 0, 5_000), 1, bytes(''))
    history.remember(tag('b', 0, 5_500), 2, bytes(''))
    expect(history.remember(tag('c', 0, 6_200), 3, bytes('')).forgotten.map(({ index }) => index)).toEqual([
      1,
    ])
    // A leader whose clock is ahead makes the others forget early, but only once.
    expect(history.remember(tag('d', 0, 90_000), 4, bytes('')).forgotten).toHaveLength(2)
    expect(history.remember(tag('e', 0, 6_300), 5, bytes('')).forgotten).toHaveLength(0)
    expect(history.recall(tag('e')).kind).toBe('known')
  })

  test('the bytes of all outcomes together are bounded', () => {
    const history = new OutcomeHistory({ ...LIMITS, countMax: 100, bytesMax: 150 })
    history.remember(tag('a'), 1, bytes('12345678'))
    history.remember(tag('b'), 2, bytes('12345678'))
    expect(history.size).toBe(2)
    history.remember(tag('c'), 3, bytes('12345678'))
    expect(history.size).toBe(2)
  })

  test('however many come and go, the newest are remembered, and each is forgotten once', () => {
    const history = new OutcomeHistory(LIMITS)
    for (let index = 1; index <= 500; index++) {
      if (index === 200) history.load([...history.entries()], history.forgottenThrough)
      const { forgotten } = history.remember(tag(`${index}`), index, bytes('x'))
      expect(forgotten.map((each) => each.index)).toEqual(index > LIMITS.countMax ? [index - 3] : [])
      const kept = [index - 2, index - 1, index].filter((each) => each > 0)
      expect([...history.entries()].map((each) => each.index)).toEqual(kept)
    }
    expect(history.remember(tag('later', 0, 9_000), 501, bytes('')).forgotten).toHaveLength(3)
    expect([...history.entries()].map((each) => each.index)).toEqual([501])
    history.clear()
    expect(history.remember(tag('anew', 0, 99_000), 502, bytes('')).forgotten).toEqual([])
  })

  test('a history read back remembers and forgets the same', () => {
    const request = fc.record({ timeMs: fc.nat(3_000), outcome: fc.uint8Array({ maxLength: 12 }) })
    fc.assert(
      fc.property(
        fc.array(request, { maxLength: 20 }),
        fc.array(request, { maxLength: 10 }),
        (before, after) => {
          const original = new OutcomeHistory(LIMITS)
          for (const [i, { timeMs, outcome }] of before.entries()) {
            original.remember(tag(`${i}`, 0, timeMs), i + 1, outcome)
          }
          const copy = new OutcomeHistory(LIMITS)
          copy.load(readBack(original), original.forgottenThrough)
          for (const [i, { timeMs, outcome }] of after.entries()) {
            const index = before.length + i + 1
            const remembered = original.remember(tag(`${index}!`, 0, timeMs), index, outcome)
            expect(copy.remember(tag(`${index}!`, 0, timeMs), index, outcome)).toEqual(remembered)
          }
          expect([...copy.entries()]).toEqual([...original.entries()])
          expect(copy.forgottenThrough).toBe(original.forgottenThrough)
        },
      ),
    )
  })

  test('what was tried can be taken back: nobody can tell that it was', () => {
    const step = fc.record({ length: fc.nat(12), timeMs: fc.nat(3_000) })
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 8 }),
        fc.array(step, { maxLength: 8 }),
        fc.array(step, { maxLength: 8 }),
        (before, tried, after) => {
          const [history, twin] = [new OutcomeHistory(LIMITS), new OutcomeHistory(LIMITS)]
          let index = 0
          const remember = (to: OutcomeHistory, { length, timeMs }: (typeof before)[number]): void => {
            to.remember(tag(`${index}`, 0, timeMs), index, new Uint8Array(length))
          }
          for (const each of before) {
            index++
            for (const to of [history, twin]) remember(to, each)
          }
          history.try()
          for (const each of tried) {
            index++
            remember(history, each)
          }
          history.takeBack()
          index -= tried.length
          for (const each of [undefined, ...after]) {
            index++
            if (each !== undefined) for (const to of [history, twin]) remember(to, each)
            expect([...history.entries()]).toEqual([...twin.entries()])
            expect(history.forgottenThrough).toBe(twin.forgottenThrough)
            expect(history.size).toBe(twin.size)
          }
        },
      ),
    )
  })

  test('bytes cut off anywhere are no outcome', () => {
    const history = new OutcomeHistory(LIMITS)
    history.remember(tag('a'), 1, bytes('one'))
    const [remembered] = history.entries()
    const encoded = encodeRememberedOutcome(remembered as RememberedOutcome)
    for (let length = 0; length < encoded.length; length++) {
      expect(decodeRememberedOutcome(encoded.subarray(0, length))).toBeUndefined()
    }
    expect(decodeRememberedOutcome(new Uint8Array([...encoded, 0]))?.byteLength).toBe(encoded.length)
  })
})
