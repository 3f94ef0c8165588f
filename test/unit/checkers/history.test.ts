import { describe, expect, test } from 'vitest'
import {
  assertWellFormed,
  describeOperation,
  type History,
  HistoryRecorder,
  historyProblems,
  parseHistory,
  precedes,
  registerWords,
} from '../../../src/testing/checkers/index.ts'

describe('history', () => {
  const ok = { client: 'a', invokedAt: 1, completedAt: 2, kind: 'ok', input: 'x', output: 1 } as const

  test.each<[string, History<unknown, unknown>]>([
    ['no time of invocation', [{ ...ok, invokedAt: Number.NaN }]],
    ['no time of completion', [{ ...ok, completedAt: Number.POSITIVE_INFINITY }]],
    ['an end before its beginning', [{ ...ok, completedAt: 0 }]],
    ['an answer that says nothing', [{ ...ok, output: undefined }]],
    ['two at a time', [ok, { ...ok, invokedAt: 1.5 }]],
    ['one after another that never ended', [{ client: 'a', invokedAt: 0, kind: 'unknown', input: 'x' }, ok]],
  ])('history - not well-formed: %s', (_, history) => {
    expect(historyProblems(history)).toHaveLength(1)
    expect(() => assertWellFormed(history)).toThrow('not a history')
  })

  test('history - well-formed: one after another, several clients, unknown ones left open', () => {
    const next = { ...ok, invokedAt: 2, completedAt: 3 }
    const open = { client: 'b', invokedAt: 0, kind: 'unknown', input: 'x' } as const
    const instant = { ...ok, invokedAt: 2, completedAt: 2 }
    expect(historyProblems([next, ok, open, instant])).toEqual([])
  })

  test('history - what ends when another begins overlaps with it, and the unknown never ends', () => {
    expect(precedes(ok, { ...ok, invokedAt: 2 })).toBe(false)
    expect(precedes(ok, { ...ok, invokedAt: 2.1 })).toBe(true)
    expect(precedes({ ...ok, kind: 'unknown' }, { ...ok, invokedAt: 5 })).toBe(false)
  })
})

describe('notation', () => {
  test('notation - columns are times, and the last character is the outcome', () => {
    const history = parseHistory(
      `
      a: [w 1 ] [r ?
      b:   [cas 1 x yes] [w 2!
      `,
      registerWords,
    )
    const at = { a: 9, b: 11 }
    expect(history).toEqual([
      {
        client: 'a',
        kind: 'ok',
        invokedAt: at.a,
        completedAt: at.a + 5,
        input: { type: 'write', value: 1 },
        output: null,
      },
      { client: 'a', kind: 'unknown', invokedAt: at.a + 7, completedAt: at.a + 10, input: { type: 'read' } },
      {
        client: 'b',
        kind: 'ok',
        invokedAt: at.b,
        completedAt: at.b + 12,
        input: { type: 'cas', expected: 1, value: 'x' },
        output: true,
      },
      {
        client: 'b',
        kind: 'fail',
        invokedAt: at.b + 14,
        completedAt: at.b + 18,
        input: { type: 'write', value: 2 },
      },
    ])
    expect(history.map(describeOperation)).toEqual([
      'a 9..14 write 1',
      'a 16..19 read (unknown)',
      'b 11..23 cas 1 x = true',
      'b 25..29 write 2 (fail)',
    ])
  })

  test.each(['a [w 1]', 'a: [w 1', 'a: w 1 [r 1]', 'a: [x 1]'])('notation - refused: %s', (picture) => {
    expect(() => parseHistory(picture, registerWords)).toThrow(SyntaxError)
  })
})

describe('recorder', () => {
  test('recorder - writes down each ending, and what is still open as unknown', () => {
    const recorder = new HistoryRecorder<string, number>()
    const first = recorder.invoke('a', 'x')
    const second = recorder.invoke('b', 'y')
    first.ok(1)
    const third = recorder.invoke('a', 'z')
    second.fail()
    third.unknown()
    recorder.invoke('b', 'w')
    expect(recorder.history()).toEqual([
      { client: 'a', kind: 'ok', invokedAt: 0, completedAt: 2, input: 'x', output: 1 },
      { client: 'b', kind: 'fail', invokedAt: 1, completedAt: 4, input: 'y' },
      { client: 'a', kind: 'unknown', invokedAt: 3, completedAt: 5, input: 'z' },
      { client: 'b', kind: 'unknown', invokedAt: 6, input: 'w' },
    ])
    expect(() => first.fail()).toThrow('ended twice')
  })

  test.each([0, 1_700_000_000_000, -5])(
    'recorder - order survives a clock that stands or jumps (%d)',
    (time) => {
      let now = time
      const recorder = new HistoryRecorder<string, null>({ now: () => now })
      for (let i = 0; i < 100; i++) {
        const one = recorder.invoke('a', 'x')
        if (i === 50) now -= 10
        one.ok(null)
      }
      const times = recorder.history().flatMap(({ invokedAt, completedAt }) => [invokedAt, completedAt ?? 0])
      expect(times[0]).toBe(time)
      for (const [i, at] of times.slice(1).entries()) expect(at).toBeGreaterThan(times[i] ?? 0)
    },
  )
})
