/** Worlds that are broken on purpose: the checks must notice, and shrinking must keep what they noticed. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { type Failure, runWorld, shrink, type WorldInit } from '../../src/testing/sim/index.ts'

async function failureOf(init: WorldInit): Promise<Failure> {
  const outcome = await runWorld(init)
  if ('report' in outcome) throw new Error('nothing was found in this world')
  return outcome.failure
}

describe('checks', () => {
  test('sim - disks that say "done" before they have synced lose what was promised (B24)', async () => {
    const world: WorldInit = { seed: 1, nodes: 3, faults: ['power-loss'], broken: 'no-sync' }
    // Nothing is wrong as long as the power stays.
    expect(await runWorld({ ...world, faults: ['crash', 'partition', 'loss'] })).toHaveProperty('report')
    const { invariant } = await failureOf(world)
    expect(['monotonic term', 'one vote per term', 'leader completeness', 'starts again']).toContain(
      invariant,
    )
  })

  test('sim - a write that is acknowledged and never made shows in what clients see', async () => {
    const { invariant, message } = await failureOf({
      seed: 2,
      nodes: 3,
      machines: 'kv',
      broken: 'lost-write',
    })
    expect(invariant).toBe('key-value history')
    expect(message).toMatch(/no order has a place for/)
  })

  test('sim - it shows in SQL, too', async () => {
    const { message } = await failureOf({ seed: 3, nodes: 3, machines: 'sql', broken: 'lost-write' })
    expect(message).toMatch(/history|answers make sense/)
  })
})

describe('shrinking', () => {
  test('sim - a failing run gets smaller, and fails in the same way when it is run again', async () => {
    const world: WorldInit = { seed: 2, nodes: 5, machines: 'kv', broken: 'lost-write' }
    const failure = await failureOf(world)
    const shrunk = await shrink({ world, failure, runsMax: 60 })
    expect(shrunk.failure.invariant).toBe(failure.invariant)
    expect(shrunk.world.onlyFaults?.length).toBeLessThan(failure.faults.length / 2)
    expect(shrunk.world.nodes).toBeLessThan(world.nodes)
    expect(shrunk.runs).toBeLessThanOrEqual(60)
    expect(await failureOf(shrunk.world)).toEqual(shrunk.failure)
  })

  test('sim - it ends when it is told to', async () => {
    const world: WorldInit = { seed: 2, nodes: 3, machines: 'kv', broken: 'lost-write' }
    const failure = await failureOf(world)
    const shrunk = await shrink({ world, failure, isOver: () => true })
    expect(shrunk).toMatchObject({ runs: 0, failure })
  })
})

const MAIN = join(import.meta.dirname, 'main.ts')

/** `npm run sim -- <options>`. */
async function sim(...options: string[]): Promise<string> {
  const flags = ['--experimental-transform-types', '--disable-warning=ExperimentalWarning']
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, MAIN, ...options])
  return stdout
}

describe('command', () => {
  test('sim - the number of threads changes nothing but the time', async () => {
    const hashes: (string | undefined)[] = []
    for (const jobs of ['1', '2']) {
      const text = await sim('--seeds', '6', '--nodes', '3', '--duration', '3000', '--jobs', jobs)
      hashes.push(/run hash +(\w+)/.exec(text)?.[1])
      expect(text).toMatch(/violations +0/)
    }
    expect(hashes[0]).toMatch(/^[0-9a-f]{8}$/)
    expect(hashes[1]).toBe(hashes[0])
  }, 60_000)

  test('sim - one seed is replayed, alone and with some of its faults only', async () => {
    const all = JSON.parse(await sim('--seed', '4', '--nodes', '3', '--duration', '3000'))
    const some = JSON.parse(await sim('--seed', '4', '--nodes', '3', '--duration', '3000', '--only', 'none'))
    const struck = (report: { happened: Record<string, number> }): string[] =>
      Object.keys(report.happened).filter((what) => what.startsWith('fault: '))
    expect(struck(all).length).toBeGreaterThan(0)
    expect(struck(some)).toEqual([])
  }, 60_000)
})
