import { describe, expect, test } from 'vitest'
import { ChangeLog } from '../../../src/sql/change-log.ts'
import { ChangeRecorder } from '../../../src/sql/change-recorder.ts'
import { checkTableFilter, compileTableFilter } from '../../../src/sql/table-filter.ts'

const SETTINGS = { serviceId: 's', rowIdsOnly: false, tableFilter: '' }
const ALL = { bytesMax: 1e9, messagesMax: 1e9 }

function log(limits = { bytesMax: 1_000, messagesMax: 5 }): ChangeLog {
  const changes = new ChangeLog(limits)
  changes.configure(SETTINGS, 10)
  return changes
}

const events = (bytes: number) => ({ count: 1, events: new Uint8Array(bytes) })

function indexes(changes: ChangeLog, after = 0, limits = ALL): number[] {
  return changes.read(after, limits).messages.map(({ index }) => index)
}

describe('change log', () => {
  test('change log - gives back in order what was not delivered', () => {
    const changes = log()
    for (const index of [11, 12, 15]) changes.append(index, index * 100, 'n', events(10))
    expect(indexes(changes)).toEqual([11, 12, 15])
    expect(indexes(changes, 11)).toEqual([12, 15])
    changes.trim(12)
    expect(changes.read(0, ALL)).toMatchObject({ deliveredThrough: 12, waiting: 1, waitingBytes: 10 })
    changes.trim(11)
    expect(changes.read(0, ALL).deliveredThrough).toBe(12)
    expect(indexes(changes)).toEqual([15])
  })

  test('change log - reads within limits, but one at least', () => {
    const changes = log()
    for (const index of [11, 12, 13]) changes.append(index, 0, 'n', events(100))
    expect(indexes(changes, 0, { bytesMax: 1, messagesMax: 9 })).toEqual([11])
    expect(indexes(changes, 0, { bytesMax: 200, messagesMax: 9 })).toEqual([11, 12])
    expect(indexes(changes, 0, { bytesMax: 999, messagesMax: 2 })).toEqual([11, 12])
  })

  test('change log - what does not fit makes room at the front, and is said to be missing', () => {
    const changes = log()
    for (let index = 11; index <= 18; index++) changes.append(index, index, 'n', events(1))
    const { messages, waiting } = changes.read(0, ALL)
    expect(messages.map(({ index }) => index)).toEqual([13, 14, 15, 16, 17, 18])
    expect(waiting).toBe(6)
    expect(JSON.parse(Buffer.from(messages[0]?.events ?? []).toString())).toEqual([
      { error: expect.stringMatching(/^the changes of 3 log entries, from 11 to 13, are missing/) },
    ])
    changes.append(19, 19, 'n', events(999))
    expect(indexes(changes)).toEqual([17, 18, 19])
    const restored = new ChangeLog()
    restored.restore(changes.capture())
    expect(restored.read(0, ALL)).toEqual(changes.read(0, ALL))
    // Delivered with what it stands for.
    changes.trim(17)
    expect(indexes(changes)).toEqual([18, 19])
    expect(indexes(restored, 17)).toEqual([18, 19])
  })

  test('change log - stays small over many messages', () => {
    const changes = log({ bytesMax: 1e6, messagesMax: 1e6 })
    for (let index = 11; index < 20_000; index++) {
      changes.append(index, 0, 'n', events(1))
      if (index % 3 === 0) changes.trim(index - 2)
    }
    expect(indexes(changes)).toEqual([19_997, 19_998, 19_999])
  })

  test('change log - nothing is kept while it is off', () => {
    const changes = log()
    expect(changes.read(0, ALL).deliveredThrough).toBe(10)
    changes.append(11, 0, 'n', events(1))
    changes.configure({ ...SETTINGS, serviceId: 'other' }, 12)
    expect(changes.read(0, ALL)).toMatchObject({ deliveredThrough: 10, waiting: 1 })
    changes.configure(undefined, 13)
    changes.trim(14)
    expect(changes.watch).toBeUndefined()
    expect(changes.read(0, ALL)).toMatchObject({ settings: undefined, deliveredThrough: 0, waiting: 0 })
  })
})

describe('change recorder', () => {
  test('change recorder - an entry whose changes are too large says so', () => {
    const recorder = new ChangeRecorder(20)
    recorder.add('{"a":1}')
    const { mark } = recorder
    recorder.add('{"b":2}')
    recorder.undo(mark)
    recorder.add('{"c":3}')
    expect(Buffer.from(recorder.take()?.events ?? []).toString()).toBe('[{"a":1},{"c":3}]')
    recorder.add('{"d":4}')
    const error = 'the changes of this log entry are missing: they exceed 20 bytes'
    expect(JSON.parse(Buffer.from(recorder.take()?.events ?? []).toString())).toEqual([{ error }])
    recorder.clear()
    expect(recorder.take()).toBeUndefined()
  })
})

describe('table filter', () => {
  test.each([
    ['', 'anything', true],
    ['^a', 'ab', true],
    ['^a', 'ba', false],
    ['(?i)^A$', 'a', true],
    ['ö', 'blöd', true],
  ])('table filter - %j on %j', (filter, table, matches) => {
    expect(compileTableFilter(filter).test(table)).toBe(matches)
  })

  test('table filter - what is no expression is refused', () => {
    expect(checkTableFilter('(')).toMatch(/regular expression/)
    expect(checkTableFilter('(?i)x')).toBeUndefined()
  })
})
