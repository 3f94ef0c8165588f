import { describe, expect, test } from 'vitest'
import { renderDocument } from '../../../bench/report/document.ts'
import { titleOf } from '../../../bench/report/notes.ts'
import { mergeScenarios, renderReport } from '../../../bench/report/store.ts'
import { renderScenario } from '../../../bench/report/table.ts'
import { formatNumber, formatSamples } from '../../../bench/report/text.ts'
import type { Report, ScenarioReport } from '../../../bench/report/types.ts'
import type { Scenario } from '../../../bench/types.ts'

const MACHINE = {
  cpu: 'a processor',
  cores: 2,
  memoryMiB: 4_096,
  kernel: 'Linux 6',
  node: 'v24',
  fileSystem: 'ext4',
  fdatasync: { p50: 0.1, p99: 0.3 },
  loadAverage: 0,
  busyBefore: 0.01,
}

const WRITES: ScenarioReport = {
  name: 'writes',
  title: 'Writes: one row',
  method: 'How it is done.',
  measuredAt: '2026-11-28T04:00:00.000Z',
  tookSeconds: 10,
  options: { seconds: 2, warmUpSeconds: 1, pairs: 2, clients: [64], short: true },
  machine: MACHINE,
  versions: { debros: '0.1.0 (abc)', etcd: '3.4' },
  missing: { rqlite: 'no rqlited was given' },
  rows: [
    {
      id: 'leader-64',
      label: '64 clients',
      unit: '/s',
      better: 'higher',
      samples: { debros: [1_000, 3_000], etcd: [1_000, 1_000] },
      target: { of: { ratioTo: 'etcd' }, statistic: 'median', at: 'least', bound: 2.5 },
      cpu: { debros: [300, 500], etcd: [200, 200] },
      details: { debros: 'p50 1 ms' },
    },
    {
      id: 'dropped',
      label: 'packets dropped',
      unit: 's',
      better: 'lower',
      samples: {},
      notMeasured: 'needs root',
    },
  ],
  plots: [{ name: 'writes', title: 'Plot', x: { label: 'x' }, y: { label: 'y' }, series: [] }],
}

const FAILOVER: Scenario = {
  name: 'failover',
  title: 'Failover',
  method: 'Kills.',
  targets: ['median <= 0.3 s'],
  systems: ['debros'],
  short: false,
  run: () => Promise.resolve({ rows: [] }),
}

const NOTE = { file: '20-few.md', title: titleOf('# 20. Fewer messages\n\n# Not this\n') as string }

describe('numbers', () => {
  test.each([
    [12_345.6, '12,346'],
    [999.5, '1,000'],
    [123.4, '123'],
    [12.34, '12.3'],
    [0.0789, '0.079'],
    [0, '0'],
    [Number.NaN, '-'],
  ])('%d is written %s', (value, text) => expect(formatNumber(value)).toBe(text))

  test('samples - the median, and the range if there are several', () => {
    expect(formatSamples([3, 1, 2], 'ms')).toBe('2.00 ms (1.00-3.00)')
    expect(formatSamples([1_500], '/s')).toBe('1,500/s')
    expect(formatSamples([], '/s')).toBe('-')
  })
})

describe('reports', () => {
  test('terminal - what was measured, against what, and what was not', () => {
    const text = renderScenario({ ...WRITES, failure: 'no leader' })
    expect(text).toMatch(
      /64 clients +2,000\/s \(1,000-3,000\) +1,000\/s \(1,000-1,000\) +2\.00 \(1\.00-3\.00\) +400 us, 2\.00 x etcd +>= 2\.5 x etcd +missed +p50 1 ms/,
    )
    expect(text).toMatch(/packets dropped .*not measured: needs root/)
    expect(text).toContain('rqlite: not measured: no rqlited was given')
    expect(text).toContain('ENDED EARLY: no leader')
  })

  test('document - has every target, measured or not', () => {
    const text = renderDocument({ format: 1, scenarios: [WRITES] }, [FAILOVER], [NOTE])
    expect(text).toContain(
      '| [Writes](#writes-one-row): 64 clients | >= 2.5 x etcd | 2.00 x etcd | **missed** |',
    )
    expect(text).toContain('| Failover | median <= 0.3 s |  | not measured |')
    expect(text).toContain('![Plot](../bench/results/writes.svg)')
    expect(text).toContain('| packets dropped | not measured: needs root |')
    expect(text).toContain('rqlite: not measured: no rqlited was given.')
    expect(text).toContain('`npm run bench -- writes --short --seconds 2 --pairs 2 --clients 64`')
    expect(text).toContain('- [Fewer messages](performance/20-few.md)')
    expect(text).toContain('a processor, 2 cores, 4 GiB, ext4, Linux 6, Node v24')
  })

  test('kept results - have as many digits as were measured, and come out the same again', () => {
    const rows = [{ ...WRITES.rows[0]!, samples: { debros: [1234.56789, 0.000123456, 1_234_567] } }]
    const text = renderReport({ format: 1, scenarios: [{ ...WRITES, rows }] })
    const kept = JSON.parse(text) as Report
    expect(kept.scenarios[0]?.rows[0]?.samples.debros).toEqual([1234.6, 0.00012346, 1_234_567])
    expect(renderReport(kept)).toBe(text)
  })

  test('merging - a scenario that is measured again replaces its own results alone', () => {
    const kept = {
      format: 1,
      scenarios: [{ ...WRITES, name: 'reads' }, WRITES, { ...WRITES, name: 'gone' }],
    } as const
    const again = { ...WRITES, tookSeconds: 99 }
    const { scenarios } = mergeScenarios(kept, [again], ['writes', 'reads', 'failover'])
    expect(scenarios.map(({ name, tookSeconds }) => [name, tookSeconds])).toEqual([
      ['writes', 99],
      ['reads', 10],
    ])
  })
})
