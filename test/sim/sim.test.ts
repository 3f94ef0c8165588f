import { expect, test } from 'vitest'
import { runWorld, World, type WorldInit } from '../../src/testing/sim/index.ts'

test('simulation - nothing that must not be happens in a few hundred seeds with all faults', async () => {
  const happened: Record<string, number> = {}
  for (let seed = 1; seed <= 240; seed++) {
    const report = await new World({ seed, nodes: 1 + (seed % 7) }).run()
    for (const [what, count] of Object.entries(report.happened))
      happened[what] = (happened[what] ?? 0) + count
    expect(report.undecided, `seed ${seed}`).toBe(0)
  }
  // A path that never happened was not tested. `npm run sim` has the whole list, for longer runs.
  for (const what of [
    'snapshot installed',
    'snapshot transfer resumed',
    'leadership transferred',
    'joint membership left',
    'node replaced',
    'read at a follower',
    'damaged record found',
    'KV rebuilt: the system was restarted',
    'world with sql',
  ]) {
    expect(happened[what], what).toBeGreaterThan(0)
  }
}, 240_000)

test.each<WorldInit>([
  { seed: 7, nodes: 5, machines: 'fingerprint' },
  { seed: 8, nodes: 4, machines: 'kv' },
  { seed: 9, nodes: 3, machines: 'sql' },
])('simulation - a seed always gives the same run, with $machines', async (init) => {
  const run = async (): Promise<{ hash: string; lines: number; events: number }> => {
    let lines = 0
    const { traceHash, events } = await new World({ ...init, trace: () => lines++ }).run()
    return { hash: traceHash, lines, events }
  }
  const first = await run()
  expect(first.lines).toBeGreaterThan(1000)
  expect(await run()).toEqual(first)
})

test('simulation - faults left out of a plan leave the others as they are', async () => {
  const all = new World({ seed: 11, nodes: 5 }).plannedFaults
  const some = new World({ seed: 11, nodes: 5, onlyFaults: [1, 3, 4] }).plannedFaults
  expect(some).toEqual(all.filter(({ number }) => [1, 3, 4].includes(number)))
  const shorter = new World({ seed: 11, nodes: 5, faultPhaseMs: 5_000 }).plannedFaults
  expect(shorter).toEqual(all.filter(({ atUs }) => atUs < 5_000_000))
})

test('simulation - a world without faults loses no message and elects one leader', async () => {
  const outcome = await runWorld({ seed: 5, nodes: 5, faults: [] })
  expect(outcome).toMatchObject({ report: { happened: { 'election won': 1 } } })
  expect(outcome).not.toHaveProperty('report.happened.message lost')
})
