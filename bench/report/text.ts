/** Numbers and cells, as the table on the terminal and the document have them. */
import type { Row, SystemName, Target } from '../types.ts'
import { judge, pairRatios, summarize } from './statistics.ts'

/** Three digits that count; more where the number has them before the point. */
export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return '-'
  if (Math.abs(value) >= 999.5) return Math.round(value).toLocaleString('en-US')
  if (Math.abs(value) >= 100 || value === 0) return value.toFixed(0)
  return value.toPrecision(Math.abs(value) < 1 ? 2 : 3)
}

export function formatSamples(samples: readonly number[] | undefined, unit: string): string {
  if (samples === undefined || samples.length === 0) return '-'
  const { median, low, high } = summarize(samples)
  const text = `${formatNumber(median)}${unit === '' || unit.startsWith('/') ? unit : ` ${unit}`}`
  return samples.length === 1 ? text : `${text} (${formatNumber(low)}-${formatNumber(high)})`
}

export function formatRatio(row: Pick<Row, 'samples'>, peer: SystemName): string {
  // Nothing is no multiple of nothing.
  const ratios = pairRatios(row, peer).filter(Number.isFinite)
  if (ratios.length === 0) return '-'
  const { median, low, high } = summarize(ratios)
  return ratios.length === 1
    ? median.toFixed(2)
    : `${median.toFixed(2)} (${low.toFixed(2)}-${high.toFixed(2)})`
}

/** What a request costs, beside what it costs the peers: `390 us, 2.1 x etcd`. */
export function formatCpu({ cpu = {} }: Row, peers: readonly SystemName[]): string {
  if (cpu.debros === undefined || cpu.debros.length === 0) return ''
  const ratios = peers
    .filter((peer) => (cpu[peer] ?? []).length > 0)
    .map((peer) => `, ${summarize(pairRatios({ samples: cpu }, peer)).median.toFixed(2)} x ${peer}`)
  return `${formatNumber(summarize(cpu.debros).median)} us${ratios.join('')}`
}

/** `>= 1.4 x etcd`, `p99 <= 10 ms`. */
export function formatTarget(target: Target, unit: string): string {
  const statistic = target.statistic === 'median' ? '' : `${target.statistic} `
  const sign = target.at === 'least' ? '>=' : '<='
  const bound =
    target.of === 'debros'
      ? `${target.bound.toLocaleString('en-US')}${unit.startsWith('/') ? unit : ` ${unit}`}`.trimEnd()
      : `${target.bound} x ${target.of.ratioTo}`
  return `${statistic}${sign} ${bound}`
}

/** What a target is compared with: `0.93 x etcd`, `17.2 ms`; nothing if there are no samples. */
export function formatMeasured(row: Row, target: Target): string {
  const { measured } = judge(row, target)
  if (measured === undefined) return ''
  const number = formatNumber(measured)
  if (target.of !== 'debros') return `${number} x ${target.of.ratioTo}`
  return row.unit.startsWith('/') ? `${number}${row.unit}` : `${number} ${row.unit}`.trimEnd()
}

/** `met`, `missed`, or why neither can be said; nothing for a row without a target. */
export function formatJudgement(row: Row): string {
  if (row.target === undefined) return ''
  const judgement = judge(row, row.target)
  if (judgement.measured === undefined) return `not measured: ${judgement.why}`
  return judgement.met ? 'met' : 'missed'
}
