import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { ALLOW_ALL } from '../../../src/node/authorization.ts'
import { Founding, type Heard } from '../../../src/node/founding.ts'
import type { FoundingRecord } from '../../../src/raft/index.ts'

interface Bench {
  readonly founding: Founding
  readonly asked: string[]
  stored: FoundingRecord | undefined
}

/** A node `b` that waits with `answers`, by address, of those it can reach. */
function bench(
  answers: Record<string, Heard>,
  given: readonly string[],
  { expect: expected = 2, stored }: { expect?: number; stored?: FoundingRecord } = {},
): Bench {
  const asked: string[] = []
  const store: Pick<Bench, 'stored'> = { stored }
  const signal = new AbortController().signal
  const founding = new Founding(
    {
      store: {
        readFounding: async () => store.stored,
        writeFounding: async (record) => {
          store.stored = record
        },
      },
      ask: async (address) => {
        asked.push(address)
        const answer = answers[address]
        if (answer === undefined) throw new Error('nobody there')
        return answer
      },
      join: async () => await Promise.reject(new Error('not asked for')),
      authorizer: ALLOW_ALL,
      logger: silentLogger,
    },
    {
      self: { id: 'b', peerId: 'key of b', address: 'b:1', voter: true },
      ...{ addresses: async () => given, expect: expected, timeoutMs: 5, roundMs: 1, signal },
      pause: async () => await new Promise((resolve) => setTimeout(resolve, 1)),
      newId: () => 'new',
    },
  )
  return {
    founding,
    asked,
    get stored() {
      return store.stored
    },
  }
}

const waits = (name: string, foundingId?: string): Heard => ({
  peerId: `key of ${name}`,
  waiting: { type: 'waiting', nodeId: name, foundingId, member: false },
})

const claim = (name: string, foundingId: string) => ({
  ...{ nodeId: name, peerId: `key of ${name}`, address: `${name}:1`, voter: true, clusterId: undefined },
  ...{ founding: 'claim' as const, foundingId },
})

test('founding - a claim that arrives after a later one of the same node takes nothing from that', async () => {
  const { founding } = bench({}, [])
  expect(await founding.answer(claim('a', 'second'))).toMatchObject({ foundingId: 'second' })
  expect(await founding.answer(claim('a', 'first'))).toMatchObject({ foundingId: 'second' })
  expect(await founding.answer(claim('c', 'third'))).toMatchObject({ foundingId: 'second' })
})

test('founding - after a restart it finds the founder that it has consented to, wherever that is', async () => {
  const stored = { clusterId: 'c', founder: 'key of a', address: 'a:1' }
  const b = bench({ 'a:1': waits('a', 'c') }, ['c:1'], { stored })
  await b.founding.open()
  await expect(b.founding.run()).rejects.toMatchObject({ code: 'BOOTSTRAP_TIMEOUT' })
  expect(b.asked).toContain('a:1')
  expect(b.stored).toEqual(stored)
})

test('founding - one that is not among the addresses given needs a majority of those that are', async () => {
  const b = bench({ 'a:1': waits('a') }, ['a:1', 'c:1'])
  await expect(b.founding.run()).rejects.toMatchObject({ code: 'BOOTSTRAP_TIMEOUT' })
  expect(b.stored).toBeUndefined()
})

test('founding - an address that leads to itself is its own', async () => {
  const alone = bench({ 'b.example:1': waits('b') }, ['b.example:1'], { expect: 1 })
  expect(await alone.founding.run()).toEqual({ type: 'founds', clusterId: 'new' })
})

test('founding - without any address given, it founds nothing', async () => {
  const b = bench({}, [], { expect: 1 })
  await expect(b.founding.run()).rejects.toMatchObject({ code: 'BOOTSTRAP_TIMEOUT' })
})
