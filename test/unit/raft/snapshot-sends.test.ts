import { expect, test } from 'vitest'
import { DebrosError, silentLogger } from '../../../src/base/index.ts'
import type { Callback, Message, NodeId } from '../../../src/raft/index.ts'
import { SnapshotSends } from '../../../src/raft/snapshot-sends.ts'
import { ManualClock } from '../manual-clock.ts'

type SnapshotMessage = Extract<Message, { type: 'snapshot' }>

const config = { voters: ['a'], outgoing: [], learners: [], members: [] }

/** A core that wants what the test says, and transfers that end when the test says so. */
class Bench {
  readonly clock = new ManualClock()
  readonly sends: SnapshotSends
  /** Transfers under way, oldest first. */
  readonly running: { readonly message: SnapshotMessage; readonly done: Callback }[] = []
  readonly ended: string[] = []
  /** The index of the newest snapshot; undefined: nobody needs one any more. */
  index: number | undefined = 7
  term = 1

  constructor(snapshotSendsMax = 2) {
    this.sends = new SnapshotSends(
      {
        clock: this.clock,
        logger: silentLogger,
        transport: { sendSnapshot: (message, done) => this.running.push({ message, done }) },
      },
      {
        settings: { snapshotSendsMax, snapshotRetryMs: 100, snapshotRetryMaxMs: 500 },
        begin: (to) => {
          const { index, term } = this
          if (index === undefined) return undefined
          return { type: 'snapshot', from: 'a', to, term, snapshot: { index, term, config, configIndex: 1 } }
        },
        onUnreadable: () => {},
        onEnded: ({ to, term }, interrupted) =>
          this.ended.push(`${to} in term ${term}${interrupted ? ', interrupted' : ''}`),
      },
    )
  }

  get under(): string[] {
    return this.running.map(({ message }) => `${message.snapshot.index} to ${message.to}`)
  }

  end(to: NodeId, error?: Error): void {
    const at = this.running.findIndex(({ message }) => message.to === to)
    const [transfer] = this.running.splice(at, 1)
    transfer?.done(error)
  }
}

const failure = new Error('the stream broke')

test('snapshot sends - so many at a time, the others in the order they asked', () => {
  const bench = new Bench()
  for (const to of ['b', 'c', 'd', 'e']) bench.sends.request(to)
  expect(bench.under).toEqual(['7 to b', '7 to c'])
  bench.end('c')
  expect(bench.under).toEqual(['7 to b', '7 to d'])
  bench.end('b')
  bench.end('d')
  expect(bench.under).toEqual(['7 to e'])
  expect(bench.ended).toEqual(['c in term 1', 'b in term 1', 'd in term 1'])
})

test('snapshot sends - what is sent is decided when the turn comes', () => {
  const bench = new Bench(1)
  for (const to of ['b', 'c', 'd']) bench.sends.request(to)
  bench.index = 9
  bench.end('b')
  expect(bench.under).toEqual(['9 to c'])
  bench.index = undefined
  bench.end('c')
  expect(bench.under).toEqual([])
})

test('snapshot sends - asking twice before the turn comes is asking once', () => {
  const bench = new Bench(1)
  for (const to of ['b', 'c', 'd', 'c']) bench.sends.request(to)
  bench.end('b')
  bench.end('c')
  expect(bench.under).toEqual(['7 to d'])
  bench.end('d')
  expect(bench.under).toEqual([])
})

test('snapshot sends - after a failure the core hears of it a little later, ever later until one succeeds', async () => {
  const bench = new Bench()
  const failOnce = async (): Promise<number> => {
    const before = bench.ended.length
    bench.sends.request('b')
    bench.end('b', failure)
    let waitedMs = 0
    while (bench.ended.length === before) {
      expect(bench.running).toEqual([])
      await bench.clock.advance(1)
      waitedMs += 1
    }
    return waitedMs
  }
  expect([await failOnce(), await failOnce(), await failOnce()]).toEqual([100, 200, 400])
  expect([await failOnce(), await failOnce()]).toEqual([500, 500])
  bench.sends.request('b')
  bench.end('b')
  expect(await failOnce()).toBe(100)
})

test('snapshot sends - the core hears whether a part of it is kept', async () => {
  const bench = new Bench()
  for (const to of ['b', 'c']) bench.sends.request(to)
  bench.end('b', new DebrosError('SNAPSHOT_INTERRUPTED', 'the stream broke', { retryable: true }))
  bench.end('c', new DebrosError('SNAPSHOT_NOT_SENT', 'there is no room', { retryable: true }))
  await bench.clock.advance(100)
  expect(bench.ended).toEqual(['b in term 1, interrupted', 'c in term 1'])
})

test('snapshot sends - who fails does not keep the others waiting', () => {
  const bench = new Bench(1)
  for (const to of ['b', 'c']) bench.sends.request(to)
  bench.end('b', failure)
  expect(bench.under).toEqual(['7 to c'])
  expect(bench.ended).toEqual([])
})

test('snapshot sends - the failures of one follower are not held against another', async () => {
  const bench = new Bench()
  for (let i = 0; i < 4; i++) {
    bench.sends.request('b')
    bench.end('b', failure)
    await bench.clock.advance(500)
  }
  bench.sends.request('c')
  bench.end('c', failure)
  await bench.clock.advance(100)
  expect(bench.ended.at(-1)).toBe('c in term 1')
})

test('snapshot sends - a transfer of an earlier term ends before the next to the same follower begins', () => {
  const bench = new Bench()
  bench.sends.request('b')
  bench.term = 3
  bench.sends.request('b')
  bench.sends.request('c')
  expect(bench.under).toEqual(['7 to b', '7 to c'])
  bench.end('b', failure)
  expect(bench.running.map(({ message }) => [message.to, message.term])).toEqual([
    ['c', 3],
    ['b', 3],
  ])
  // The failure of the old one is nobody's concern.
  expect(bench.clock.waiting).toBe(0)
  bench.end('b')
  expect(bench.ended).toEqual(['b in term 3'])
})

test('snapshot sends - a new request makes the news of an old failure void', async () => {
  const bench = new Bench()
  bench.sends.request('b')
  bench.end('b', failure)
  bench.sends.request('b')
  expect(bench.under).toEqual(['7 to b'])
  await bench.clock.advance(10_000)
  expect(bench.ended).toEqual([])
})

test('snapshot sends - stopped, it begins nothing and tells nothing', async () => {
  const bench = new Bench(1)
  bench.sends.request('b')
  bench.end('b', failure)
  bench.sends.request('c')
  bench.sends.request('d')
  bench.sends.stop()
  expect(bench.clock.waiting).toBe(0)
  bench.end('c', failure)
  expect(bench.under).toEqual([])
  expect(bench.clock.waiting).toBe(0)
  expect(bench.ended).toEqual([])
})
