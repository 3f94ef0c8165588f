import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { JoinAddresses } from '../../../src/node/join-addresses.ts'

function addresses(given: readonly string[], discover?: () => Promise<readonly string[]>): JoinAddresses {
  return new JoinAddresses({ logger: silentLogger }, { given, discover })
}

test('addresses to join - those given', async () => {
  expect(addresses([]).exist).toBe(false)
  expect(addresses(['a:1']).exist).toBe(true)
  expect(await addresses(['a:1', 'b:1']).now()).toEqual(['a:1', 'b:1'])
})

test('addresses to join - and those that are found, each time anew', async () => {
  let found = ['a:1', 'b:1']
  const both = addresses(['a:1'], async () => found)
  expect(await both.now()).toEqual(['a:1', 'b:1'])
  found = ['c:1']
  expect(await both.now()).toEqual(['a:1', 'c:1'])
  expect(addresses([], async () => []).exist).toBe(true)
})

test('addresses to join - a failure is told once, until it passes or changes', async () => {
  const told: unknown[] = []
  const logger = { ...silentLogger, warn: (fields: { error?: unknown }) => void told.push(fields.error) }
  const failures = ['a', 'a', 'b', undefined, 'b']
  const discover = async () => {
    const failure = failures.shift()
    if (failure !== undefined) throw new Error(failure)
    return []
  }
  const flaky = new JoinAddresses({ logger }, { given: [], discover })
  for (let i = 0; i < 5; i++) await flaky.now()
  expect(told).toEqual(['a', 'b', 'b'])
})

test('addresses to join - what cannot be found is none, this time', async () => {
  const failing = addresses(['a:1'], () => Promise.reject(new Error('ENOTFOUND')))
  expect(await failing.now()).toEqual(['a:1'])
})
