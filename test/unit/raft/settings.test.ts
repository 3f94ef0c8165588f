import { expect, test } from 'vitest'
import { resolveRaftSettings } from '../../../src/raft/index.ts'
import { ENTRY_BYTES_MAX } from '../../../src/wire/index.ts'

test('settings - what is left out has its default', () => {
  expect(resolveRaftSettings({ heartbeatMs: 50 })).toEqual({ ...resolveRaftSettings({}), heartbeatMs: 50 })
})

test('settings - an entry may be as large as the network carries', () => {
  expect(resolveRaftSettings({}).entryBytesMax).toBe(ENTRY_BYTES_MAX)
  expect(resolveRaftSettings({ entryBytesMax: 1 }).entryBytesMax).toBe(1)
})

test.each([
  ['a time that is none', { tickMs: 0 }],
  ['a broken number', { applyEntriesMax: 1.5 }],
  ['less than nothing kept', { trailingEntries: -1 }],
  ['fewer than three heartbeats to an election', { heartbeatMs: 100, electionTimeoutMs: 299 }],
  ['a heartbeat within a tick', { heartbeatMs: 10, tickMs: 20 }],
  ['entries that the network would not carry', { entryBytesMax: ENTRY_BYTES_MAX + 1 }],
])('settings - refused: %s', (_, settings) => {
  expect(() => resolveRaftSettings(settings)).toThrow(
    expect.objectContaining({ code: 'RAFT_SETTINGS_INVALID' }),
  )
})
