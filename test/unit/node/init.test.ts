import { expect, test } from 'vitest'
import { MemoryDataDir, type NodeInit } from '../../../src/node/index.ts'
import { resolveNodeInit } from '../../../src/node/init.ts'

const resolve = (init: Partial<NodeInit>) => resolveNodeInit({ dataDir: new MemoryDataDir(), ...init })
const expectation = { bootstrapExpect: 3, joinAddresses: ['127.0.0.1:7001', '127.0.0.1:7002'] }

test('node init - clustering is off unless asked for', () => {
  expect(resolve({})).toMatchObject({
    bootstrapExpect: 0,
    bootstrapExpectTimeoutMs: 120_000,
    removeOnShutdown: false,
    stepdownOnShutdown: true,
    reapNodeTimeoutMs: 0,
    reapReadOnlyNodeTimeoutMs: 0,
  })
  expect(resolve(expectation)).toMatchObject({ bootstrapExpect: 3 })
})

test.each([
  ['a learner', { ...expectation, voter: false }, 'a learner cannot take part'],
  ['no addresses', { bootstrapExpect: 3 }, 'needs the addresses'],
  ['a part of a node', { ...expectation, bootstrapExpect: 1.5 }, 'whole number'],
  ['less than nobody', { ...expectation, bootstrapExpect: -1 }, 'whole number'],
  ['no time', { ...expectation, bootstrapExpectTimeoutMs: 0 }, 'more than 0'],
  ['a negative silence', { reapNodeTimeoutMs: -1 }, 'must not be negative'],
  ['a negative silence of learners', { reapReadOnlyNodeTimeoutMs: Number.NaN }, 'must not be negative'],
] as const)('node init - founding and reaping refuse %s', (_, init, message) => {
  expect(() => resolve(init)).toThrow(expect.objectContaining({ code: 'NODE_INIT_INVALID' }))
  expect(() => resolve(init)).toThrow(message)
})

test('node init - a backup is restored by a node that founds a cluster', () => {
  const autoRestore = { directory: '/b', name: 'db', timeoutMs: 1, continueOnFailure: false }
  expect(resolve({ autoRestore }).autoRestore).toEqual(autoRestore)
  expect(() => resolve({ autoRestore, joinAddresses: ['127.0.0.1:7001'] })).toThrow(/restore a backup/)
})

test('node init - changes are sent by nodes that can lead', () => {
  expect(resolve({ changeCapture: 'off' }).changeCapture).toBe('off')
  expect(() => resolve({ changeCapture: 'off', voter: false, joinAddresses: ['127.0.0.1:7001'] })).toThrow(
    /never leads/,
  )
})
