import { describe, expect, test } from 'vitest'
import { judge, pairRatios, quantile, summarize } from '../../../bench/report/statistics.ts'
import type { Row, Target } from '../../../bench/types.ts'

function row(samples: Row['samples'], more: Partial<Row> = {}): Row {
  return { id: 'row', label: 'row', unit: '/s', better: 'higher', samples, ...more }
}

describe('statistics', () => {
  test('quantile - interpolates between samples, whatever their order', () => {
    expect(quantile([4, 1, 3, 2], 0.5)).toBe(2.5)
    expect(quantile([5], 0.99)).toBe(5)
    expect(quantile([0, 100], 0.99)).toBe(99)
    expect(quantile([], 0.5)).toBeNaN()
  })

  test('summary - is the median and the range', () => {
    expect(summarize([3, 1, 2])).toEqual({ median: 2, low: 1, high: 3 })
  })

  test('ratios - are of samples of one pair; one without its partner does not count', () => {
    expect(pairRatios(row({ debros: [10, 30, 50], etcd: [5, 10] }), 'etcd')).toEqual([2, 3])
    expect(pairRatios(row({ debros: [10] }), 'etcd')).toEqual([])
  })
})

describe('targets', () => {
  const toEtcd: Target = { of: { ratioTo: 'etcd' }, statistic: 'median', at: 'least', bound: 2 }
  const p99: Target = { of: 'debros', statistic: 'p99', at: 'most', bound: 100 }

  test('ratio - the median of the pairs decides, not the ratio of the medians', () => {
    const samples = { debros: [10, 40, 90], etcd: [10, 20, 30] }
    expect(judge(row(samples), toEtcd)).toEqual({ measured: 2, met: true })
    expect(judge(row({ ...samples, debros: [10, 39, 90] }), toEtcd)).toEqual({ measured: 1.95, met: false })
  })

  test('value - at most', () => {
    expect(judge(row({ debros: [0, 100] }), p99)).toEqual({ measured: 99, met: true })
    expect(judge(row({ debros: [0, 200] }), { ...p99, statistic: 'max' })).toEqual({
      measured: 200,
      met: false,
    })
  })

  test('nothing measured - is neither met nor missed, and says why', () => {
    expect(judge(row({ debros: [1] }), toEtcd)).toEqual({ measured: undefined, why: 'etcd was not measured' })
    expect(judge(row({}, { notMeasured: 'needs root' }), p99)).toEqual({
      measured: undefined,
      why: 'needs root',
    })
  })
})
