/** A group of bars at every place of the x axis, each with its value and the spread of its samples. */
import type { Plot, Point, Series } from '../../types.ts'
import { formatNumber } from '../text.ts'
import { element, line, text } from './elements.ts'
import type { Scale } from './scale.ts'
import { AREA, colourOf } from './style.ts'

const GROUP_SHARE = 0.78
const LEGEND_LINE = 20

export function groupsOf({ series }: Plot): string[] {
  return [...new Set(series.flatMap(({ points }) => points.map(({ x }) => String(x))))]
}

export function groupCentre(groups: number, index: number): number {
  return AREA.left + ((AREA.right - AREA.left) * (index + 0.5)) / groups
}

export function drawBars(plot: Plot, y: Scale): string[] {
  const groups = groupsOf(plot)
  const width = ((AREA.right - AREA.left) / groups.length) * (GROUP_SHARE / plot.series.length)
  const bars = plot.series.flatMap((series, i) =>
    series.points.flatMap((point) => {
      const centre = groupCentre(groups.length, groups.indexOf(String(point.x)))
      const left = centre + (i - plot.series.length / 2) * width
      return bar(series, point, left, width * 0.9, y)
    }),
  )
  return [...bars, ...legend(plot.series)]
}

function bar({ system, dashed }: Series, point: Point, left: number, width: number, y: Scale): string[] {
  const top = y.at(point.y)
  const middle = left + width / 2
  const highest = y.at(point.high ?? point.y)
  const parts = [
    element('rect', {
      ...{ x: left, y: top, width, height: Math.max(AREA.bottom - top, 0), rx: 2 },
      ...{ fill: colourOf(system), opacity: dashed === true ? 0.55 : 1 },
    }),
    text(formatNumber(point.y), { x: middle, y: Math.min(top, highest) - 6, 'text-anchor': 'middle' }),
  ]
  if (point.low !== undefined && point.high !== undefined && point.low !== point.high) {
    parts.push(line(middle, y.at(point.low), middle, highest, { class: 'whisker' }))
  }
  return parts
}

function legend(series: readonly Series[]): string[] {
  return series.flatMap(({ name, system, dashed }, i) => {
    const y = AREA.top + 8 + i * LEGEND_LINE
    const opacity = dashed === true ? 0.55 : 1
    return [
      element('rect', {
        x: AREA.right + 14,
        y: y - 9,
        width: 11,
        height: 11,
        rx: 2,
        fill: colourOf(system),
        opacity,
      }),
      text(name, { x: AREA.right + 32, y: y + 1 }),
    ]
  })
}
