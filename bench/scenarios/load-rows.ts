/** What the results of load are as rows and lines. */
import type { Latency, LoadResult } from '../load/types.ts'
import { quantile, summarize } from '../report/statistics.ts'
import { samplesOf, type Turns } from '../turns.ts'
import type { Row, Series, SystemName, Target } from '../types.ts'

/** A generator that takes so much of a core may be what limits, rather than the system. */
const GENERATOR_BUSY = 0.85

export interface LoadRowInit {
  readonly id: string
  readonly label: string
  readonly target?: Target
  /** What a request counts for, such as its rows. @default 1 */
  readonly each?: number
}

/** Requests (or what they count for) a second. */
export function rateRow({ id, label, target, each = 1 }: LoadRowInit, turns: Turns<LoadResult>): Row {
  return {
    id,
    label,
    unit: '/s',
    better: 'higher',
    samples: samplesOf(turns, ({ perSecond }) => perSecond * each),
    ...(target !== undefined && { target }),
    cpu: cpuOf(turns, each),
    details: Object.fromEntries([...turns].map(([system, results]) => [system, describeLoad(results)])),
  }
}

/** Latencies of the sample in the middle, the worst of all, and what went wrong. */
export function describeLoad(results: readonly LoadResult[]): string {
  const middle = [...results].sort((a, b) => a.perSecond - b.perSecond)[Math.floor(results.length / 2)]
  if (middle === undefined) return 'no samples'
  const worst = Math.max(...results.map(({ latency }) => latency.max))
  const busy = middle.generatorCpuSeconds / middle.seconds
  const limit = busy > GENERATOR_BUSY ? `, load generator at ${(100 * busy).toFixed(0)} % of a core` : ''
  const text = `${describeLatency(middle.latency)}, max ${worst.toFixed(0)} ms${limit}`
  const errors = new Map<string, number>()
  for (const result of results) {
    for (const [what, count] of Object.entries(result.errors))
      errors.set(what, (errors.get(what) ?? 0) + count)
  }
  return errors.size === 0
    ? text
    : `${text}, FAILED: ${[...errors].map(([what, n]) => `${n} x ${what}`).join(', ')}`
}

/** Where nobody counts it there is none. */
function cpuOf(turns: Turns<LoadResult>, each: number): NonNullable<Row['cpu']> {
  const counted = [...turns].filter(([, results]) =>
    results.every(({ cpuMicroseconds }) => cpuMicroseconds !== undefined),
  )
  return samplesOf(new Map(counted), ({ cpuMicroseconds = 0 }) => cpuMicroseconds / each)
}

function describeLatency({ p50, p99 }: Latency): string {
  return `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(1)} ms`
}

/** A line for each system through the medians of these rows, at these places of the x axis. */
export function seriesOf(rows: readonly Row[], xs: readonly (number | string)[], suffix = ''): Series[] {
  const systems = new Set(rows.flatMap((row) => Object.keys(row.samples) as SystemName[]))
  return [...systems].map((system) => ({
    name: `${system}${suffix}`,
    system,
    dashed: suffix !== '',
    points: rows.flatMap((row, i) => {
      const samples = row.samples[system]
      if (samples === undefined || samples.length === 0) return []
      const { median, low, high } = summarize(samples)
      return [{ x: xs[i] as number | string, y: median, low, high }]
    }),
  }))
}

/** Half of the requests took less than the one line, all but one in a hundred less than the other. */
export function latencySeries(all: readonly Turns<LoadResult>[], xs: readonly number[]): Series[] {
  const systems = [...new Set(all.flatMap((turns) => [...turns.keys()]))]
  return systems.flatMap((system) =>
    (['p50', 'p99'] as const).map((name) => ({
      name: `${system} ${name}`,
      system,
      dashed: name === 'p99',
      points: all.flatMap((turns, i) => {
        const samples = (turns.get(system) ?? []).map(({ latency }) => latency[name])
        return samples.length === 0 ? [] : [{ x: xs[i] as number, y: quantile(samples, 0.5) }]
      }),
    })),
  )
}
