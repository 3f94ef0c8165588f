import { expect, test } from 'vitest'
import { Counters, DebrosError, silentLogger } from '../../../src/base/index.ts'
import { Reaper } from '../../../src/node/reaper.ts'

/** A leader of itself, two voters and a learner, any of which may be silent. */
class Bench {
  isLeader = true
  term = 1
  readonly silent = new Set<string>()
  readonly counters = new Counters()
  readonly removed: string[] = []
  refuses = false
  nowMs = 0
  readonly members = ['self', 'v1', 'v2', 'l1']
  readonly reaper: Reaper

  constructor(nodeTimeoutMs: number, readOnlyNodeTimeoutMs: number) {
    const bench = this
    this.reaper = new Reaper(
      {
        consensus: {
          get isLeader() {
            return bench.isLeader
          },
          get status() {
            return { term: bench.term }
          },
          get config() {
            return { members: bench.members.map((id) => ({ id })), learners: ['l1'] }
          },
          hears: (id) => !bench.silent.has(id),
        },
        remove: async (id) => {
          if (bench.refuses) throw new DebrosError('RAFT_CONFIG_REJECTED', 'no majority would be left')
          bench.removed.push(id)
          bench.members.splice(bench.members.indexOf(id), 1)
        },
        counters: this.counters,
        logger: silentLogger,
      },
      { selfId: 'self', nodeTimeoutMs, readOnlyNodeTimeoutMs, now: () => bench.nowMs },
    )
  }

  async after(ms: number): Promise<readonly string[]> {
    this.nowMs += ms
    await this.reaper.check()
    return this.removed
  }

  get counts(): (number | undefined)[] {
    return [this.counters.get('store', 'nodes_reaped_ok'), this.counters.get('store', 'nodes_reaped_failed')]
  }
}

test('reaper - each role by its own time, and 0 is never', async () => {
  const bench = new Bench(1_000, 0)
  for (const id of ['v1', 'l1', 'self']) bench.silent.add(id)
  expect(await bench.after(0)).toEqual([])
  expect(await bench.after(999)).toEqual([])
  expect(await bench.after(1)).toEqual(['v1'])
  expect(await bench.after(1_000_000)).toEqual(['v1'])
  expect(bench.counts).toEqual([1, 0])

  const other = new Bench(0, 500)
  for (const id of ['v1', 'l1']) other.silent.add(id)
  await other.after(0)
  expect(await other.after(500)).toEqual(['l1'])
})

test('reaper - a sign of life, or another leader, begins the silence anew', async () => {
  const bench = new Bench(1_000, 0)
  bench.silent.add('v1')
  await bench.after(0)
  await bench.after(900)
  bench.silent.clear()
  await bench.after(50)
  bench.silent.add('v1')
  await bench.after(50)
  expect(await bench.after(900)).toEqual([])
  bench.isLeader = false
  await bench.after(50)
  bench.isLeader = true
  await bench.after(50)
  expect(await bench.after(999)).toEqual([])
  expect(await bench.after(1)).toEqual(['v1'])
})

test('reaper - one that led, did not, and leads again, begins anew, however fast', async () => {
  const bench = new Bench(1_000, 0)
  bench.silent.add('v1')
  await bench.after(0)
  await bench.after(999)
  bench.term = 3
  expect(await bench.after(1)).toEqual([])
  expect(await bench.after(999)).toEqual([])
  expect(await bench.after(1)).toEqual(['v1'])
})

test('reaper - one that left and joined again begins anew, heard of or not', async () => {
  const bench = new Bench(1_000, 0)
  bench.silent.add('v1')
  await bench.after(0)
  await bench.after(900)
  bench.members.splice(1, 1)
  await bench.after(50)
  bench.members.push('v1')
  expect(await bench.after(50)).toEqual([])
  expect(await bench.after(999)).toEqual([])
  expect(await bench.after(1)).toEqual(['v1'])
})

test('reaper - what cannot be removed is counted, and left alone for a while', async () => {
  const bench = new Bench(1_000, 0)
  bench.silent.add('v1')
  bench.refuses = true
  await bench.after(0)
  await bench.after(1_000)
  await bench.after(9_999)
  expect(bench.counts).toEqual([0, 1])
  bench.refuses = false
  expect(await bench.after(1)).toEqual(['v1'])
  expect(bench.counts).toEqual([1, 1])
})
