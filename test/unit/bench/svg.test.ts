import { describe, expect, test } from 'vitest'
import { renderPlot } from '../../../bench/report/svg/plot.ts'
import { scaleFor, scaleThrough } from '../../../bench/report/svg/scale.ts'
import { spreadLabels } from '../../../bench/report/svg/spread-labels.ts'
import type { Plot } from '../../../bench/types.ts'

const PIXELS = { from: 0, to: 100 }

describe('scales', () => {
  test('linear - begins at 0 and ends at a round number above the values', () => {
    const scale = scaleFor([30, 87], { label: '' }, PIXELS)
    expect(scale.ticks).toEqual([0, 20, 40, 60, 80, 100])
    expect([0, 50, 100].map((value) => scale.at(value))).toEqual([0, 50, 100])
  })

  test('linear - nothing but zeros has an axis, too', () => {
    expect(scaleFor([0, 0], { label: '' }, PIXELS).at(0)).toBe(0)
  })

  test('logarithmic - from the tick below the values to that above', () => {
    const scale = scaleFor([300, 9_000], { label: '', log: true }, PIXELS)
    expect(scale.ticks).toEqual([200, 500, 1_000, 2_000, 5_000, 10_000])
    expect(scale.at(200)).toBe(0)
    expect(scale.at(10_000)).toBeCloseTo(100)
  })

  test('logarithmic - one value, a power of ten, has room', () => {
    expect(scaleFor([100], { label: '', log: true }, PIXELS).ticks).toEqual([100, 200])
  })

  test('x - few values are their own ticks', () => {
    const scale = scaleThrough([64, 1, 16, 16], { label: '', log: true }, PIXELS)
    expect(scale.ticks).toEqual([1, 16, 64])
    expect(scale.at(16)).toBeCloseTo((100 * Math.log(16)) / Math.log(64))
  })
})

describe('labels', () => {
  test('those that do not touch stay; others move apart, and never out at the bottom', () => {
    expect(spreadLabels([10, 50], 15, 100)).toEqual([10, 50])
    expect(spreadLabels([50, 48], 15, 100)).toEqual([63, 48])
    expect(spreadLabels([95, 98, 99], 10, 100)).toEqual([80, 90, 100])
  })
})

describe('plots', () => {
  const plot: Plot = {
    name: 'plot',
    title: 'This & <that>',
    x: { label: 'clients', log: true },
    y: { label: 'writes/s' },
    marks: [{ y: 15, label: 'target' }],
    series: [
      {
        name: 'debros',
        system: 'debros',
        points: [
          { x: 1, y: 10, low: 9, high: 12 },
          { x: 64, y: 20 },
        ],
      },
      { name: 'etcd', system: 'etcd', points: [] },
    ],
  }

  test.each(['lines', 'bars'] as const)('%s - are well-formed, with all names and the axes', (kind) => {
    const svg = renderPlot({ ...plot, kind })
    for (const name of ['clients', 'writes/s', 'target', 'debros', '64'])
      expect(svg).toContain(`>${name}</text>`)
    expect(svg).toContain('>This &#38; &#60;that&#62;</text>')
    expect(svg).not.toMatch(/NaN|undefined|Infinity/)
    expect(unclosed(svg)).toEqual([])
  })

  test('series - have the colour of their system', () => {
    expect(renderPlot(plot)).toMatch(/<polyline [^>]*stroke="var\(--debros\)"/)
  })
})

/** Elements that are opened and not closed in turn. */
function unclosed(svg: string): string[] {
  const open: string[] = []
  for (const [, slash, name = '', self] of svg.matchAll(/<(\/?)([a-z]+)[^<>]*?(\/?)>/g)) {
    if (slash === '/') {
      if (open.at(-1) !== name) return [...open, `/${name}`]
      open.pop()
    } else if (self !== '/') open.push(name)
  }
  return open
}
