import { expect, test } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { ALLOW_ALL, type Authorizer } from '../../../src/node/authorization.ts'
import { Founding, type FoundingQuestion, type Heard } from '../../../src/node/founding.ts'
import type { FoundingRecord } from '../../../src/raft/index.ts'

/** Nobody is to give up. */
const LONG_MS = 60_000

interface Bench {
  readonly founding: Founding
  readonly asked: string[]
  /** Ids of the foundings that it asked others to consent to. */
  readonly claimed: string[]
  /** Everything it has written down, in order. */
  readonly written: (FoundingRecord | undefined)[]
  stored: FoundingRecord | undefined
}

interface BenchInit {
  readonly expect?: number
  readonly stored?: FoundingRecord
  /** What is answered to a claim. @default as to any other question */
  readonly onClaim?: (address: string, foundingId: string) => Promise<Heard>
  readonly authorizer?: Authorizer
  /** @default so little that it gives up after a few rounds */
  readonly timeoutMs?: number
}

/** A node `b` that waits with `answers`, by address, of those it can reach. */
function bench(
  answers: Record<string, Heard>,
  given: readonly string[],
  { expect: expected = 2, stored, onClaim, authorizer = ALLOW_ALL, timeoutMs = 5 }: BenchInit = {},
): Bench {
  const asked: string[] = []
  const claimed: string[] = []
  const written: (FoundingRecord | undefined)[] = []
  let ids = 0
  const store: Pick<Bench, 'stored'> = { stored }
  const signal = new AbortController().signal
  const founding = new Founding(
    {
      store: {
        readFounding: async () => store.stored,
        writeFounding: async (record) => {
          store.stored = record
          written.push(record)
        },
      },
      ask: async (address, question: FoundingQuestion) => {
        asked.push(address)
        if (question.founding === 'claim') {
          claimed.push(question.foundingId)
          if (onClaim !== undefined) return await onClaim(address, question.foundingId)
        }
        const answer = answers[address]
        if (answer === undefined) throw new Error('nobody there')
        return answer
      },
      join: async () => await Promise.reject(new Error('it has no leader')),
      authorizer,
      logger: silentLogger,
    },
    {
      self: { id: 'b', peerId: 'key of b', address: 'b:1', voter: true },
      ...{ addresses: async () => given, expect: expected, timeoutMs, roundMs: 1, signal },
      pause: async () => await new Promise((resolve) => setTimeout(resolve, 1)),
      newId: () => `new${++ids}`,
    },
  )
  return {
    founding,
    asked,
    claimed,
    written,
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

test('founding - a majority of those given is not enough where more are expected', async () => {
  const b = bench({ 'c:1': waits('c') }, ['b:1', 'c:1', 'd:1'], {
    expect: 3,
    onClaim: async (_, foundingId) => waits('c', foundingId),
  })
  await expect(b.founding.run()).rejects.toMatchObject({ code: 'BOOTSTRAP_TIMEOUT' })
  expect(b.written).toEqual([])
})

test('founding - an address that leads to itself is its own', async () => {
  const alone = bench({ 'b.example:1': waits('b') }, ['b.example:1'], { expect: 1 })
  expect(await alone.founding.run()).toEqual({ type: 'founds', clusterId: 'new1' })
  // A node that crashes from here on founds this very cluster when it is back.
  expect(alone.stored).toEqual({ clusterId: 'new1', founder: 'key of b', address: 'b:1' })
})

test('founding - a member that does not take it in is named, with why, and nothing is founded beside it', async () => {
  const member: Heard = {
    peerId: 'key of a',
    waiting: { type: 'waiting', nodeId: 'a', foundingId: 'c', member: true },
  }
  const b = bench({ 'a:1': member, 'c:1': waits('c') }, ['a:1', 'b:1', 'c:1'])
  const message = expect.stringContaining(
    '. a is a member of a cluster already, but that did not take this node in: it has no leader',
  )
  await expect(b.founding.run()).rejects.toMatchObject({ code: 'BOOTSTRAP_TIMEOUT', message })
  expect(b.stored).toBeUndefined()
})

test('founding - without any address given, it founds nothing', async () => {
  const b = bench({}, [], { expect: 1 })
  await expect(b.founding.run()).rejects.toMatchObject({ code: 'BOOTSTRAP_TIMEOUT' })
})

test('founding - while it claims one itself, it consents to no other', async () => {
  const b = bench({ 'c:1': waits('c') }, ['b:1', 'c:1'], {
    timeoutMs: LONG_MS,
    onClaim: async (_, foundingId) => {
      expect(await b.founding.answer(claim('d', 'third'))).toMatchObject({ foundingId })
      return waits('c', foundingId)
    },
  })
  expect(await b.founding.run()).toEqual({ type: 'founds', clusterId: 'new1' })
  expect(b.written).toEqual([{ clusterId: 'new1', founder: 'key of b', address: 'b:1' }])
})

test('founding - an id that not enough have consented to is never claimed again', async () => {
  const b = bench({ 'c:1': waits('c') }, ['b:1', 'c:1'], {
    timeoutMs: LONG_MS,
    onClaim: async (_, foundingId) => waits('c', b.claimed.length < 3 ? 'another' : foundingId),
  })
  expect(await b.founding.run()).toEqual({ type: 'founds', clusterId: 'new3' })
  expect(b.claimed).toEqual(['new1', 'new2', 'new3'])
})

test('founding - one node at two addresses consents once', async () => {
  let isOneNode = true
  const b = bench({ 'c:1': waits('c'), 'd:1': waits('d') }, ['b:1', 'c:1', 'd:1'], {
    ...{ expect: 3, timeoutMs: LONG_MS },
    onClaim: async (address, foundingId) => {
      if (foundingId !== 'new1') isOneNode = false
      return waits(isOneNode ? 'c' : (address[0] as string), foundingId)
    },
  })
  expect(await b.founding.run()).toEqual({ type: 'founds', clusterId: 'new2' })
})

test('founding - the lowest name claims it, and the next one only after a while', async () => {
  const b = bench({ 'a:1': waits('a') }, ['a:1', 'b:1'], {
    timeoutMs: LONG_MS,
    onClaim: async (_, foundingId) => waits('a', foundingId),
  })
  expect(await b.founding.run()).toEqual({ type: 'founds', clusterId: 'new1' })
  const rounds = b.asked.length - b.claimed.length
  expect(rounds).toBeGreaterThan(3)
})

test('founding - what it had consented to is taken back on disk, too, once its founder says so', async () => {
  const stored = { clusterId: 'c', founder: 'key of c', address: 'c:1' }
  const b = bench({ 'c:1': waits('c') }, ['b:1', 'c:1'], {
    ...{ stored, timeoutMs: LONG_MS },
    onClaim: async (_, foundingId) => waits('c', foundingId),
  })
  await b.founding.open()
  expect(await b.founding.run()).toEqual({ type: 'founds', clusterId: 'new1' })
  expect(b.written).toEqual([undefined, { clusterId: 'new1', founder: 'key of b', address: 'b:1' }])
})

test('founding - whoever may not join is told nothing, and gets no consent', async () => {
  const b = bench({}, [], { authorizer: { ...ALLOW_ALL, allows: () => false } })
  await expect(b.founding.answer(claim('a', 'first'))).rejects.toMatchObject({ code: 'JOIN_NOT_AUTHORIZED' })
  expect(b.written).toEqual([])
})
