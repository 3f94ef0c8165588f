import { describe, expect, test, vi } from 'vitest'
import { Counters, silentLogger } from '../../../src/base/index.ts'
import { Maintenance, type MaintenanceIntervals } from '../../../src/node/maintenance.ts'
import type { DatabaseService } from '../../../src/node/types.ts'

class Fixture {
  leads = true
  index = 1
  failure: string | undefined
  readonly executed: string[] = []
  readonly counters = new Counters()
  readonly maintenance: Maintenance

  constructor(intervals: MaintenanceIntervals) {
    this.maintenance = new Maintenance(
      {
        database: { execute: this.#execute },
        isLeader: () => this.leads,
        namespaces: async () => ['default', 'other'],
        dbAppliedIndex: () => this.index,
        counters: this.counters,
        logger: silentLogger,
      },
      intervals,
    )
    this.maintenance.start()
  }

  readonly #execute: DatabaseService['execute'] = async ([statement], { namespace } = {}) => {
    this.executed.push(`${namespace}: ${statement}`)
    this.index += 1
    const result =
      this.failure === undefined
        ? ({ kind: 'write', lastInsertId: 0n, rowsAffected: 0n } as const)
        : ({ kind: 'error', message: this.failure } as const)
    return { results: [result as never], raftIndex: this.index, servedBy: '' }
  }

  count(name: string): number {
    return this.counters.get('store', name)
  }
}

describe('maintenance', () => {
  test('the leader cleans up every namespace, and again only after something was written', async () => {
    const fixture = new Fixture({ vacuumMs: 2 })
    await vi.waitFor(() => expect(fixture.count('num_auto_vacuums')).toBe(1))
    expect(fixture.executed).toEqual(['default: VACUUM', 'other: VACUUM'])
    // Several intervals in which nobody writes.
    const idle = new Fixture({ optimizeMs: 2 })
    await vi.waitFor(() => expect(idle.count('num_auto_optimizes')).toBe(1))
    for (let i = 0; i < 3; i++) {
      idle.index += 1
      await vi.waitFor(() => expect(idle.count('num_auto_optimizes')).toBe(i + 2))
    }
    expect(fixture.executed).toHaveLength(2)
    expect(idle.executed).toHaveLength(8)
    expect(idle.executed[0]).toBe('default: ANALYZE')
    await Promise.all([fixture.maintenance.stop(), idle.maintenance.stop()])
  })

  test('followers leave it to the leader', async () => {
    const fixture = new Fixture({ vacuumMs: 2 })
    fixture.leads = false
    const leader = new Fixture({ vacuumMs: 2 })
    await vi.waitFor(() => expect(leader.count('num_auto_vacuums')).toBe(1))
    expect(fixture.executed).toEqual([])
    await Promise.all([fixture.maintenance.stop(), leader.maintenance.stop()])
  })

  test('a failure is counted, and tried again', async () => {
    const fixture = new Fixture({ vacuumMs: 2 })
    fixture.failure = 'disk I/O error'
    await vi.waitFor(() => expect(fixture.count('num_auto_vacuums_failed')).toBeGreaterThan(1))
    expect(fixture.count('num_auto_vacuums')).toBe(0)
    await fixture.maintenance.stop()
  })

  test('off - nothing, and its counters are there', async () => {
    const fixture = new Fixture({})
    expect(fixture.counters.toJSON()).toEqual({
      store: {
        num_auto_vacuums: 0,
        num_auto_vacuums_failed: 0,
        num_auto_optimizes: 0,
        num_auto_optimizes_failed: 0,
      },
    })
    await fixture.maintenance.stop()
  })
})
