/** Lines through the medians, over a band from the lowest to the highest sample. */
import type { Plot, Point, Series } from '../../types.ts'
import { element, text } from './elements.ts'
import type { Scale } from './scale.ts'
import { spreadLabels } from './spread-labels.ts'
import { AREA, colourOf } from './style.ts'

const LABEL_DISTANCE = 17

export function drawLines({ series }: Plot, x: Scale, y: Scale): string[] {
  const drawn = series.filter(({ points }) => points.length > 0)
  return [
    ...drawn.map((one) => spread(one, x, y)),
    ...drawn.flatMap((one) => lineAndPoints(one, x, y)),
    ...names(drawn, y),
  ]
}

function spread({ points, system }: Series, x: Scale, y: Scale): string {
  const edge = (point: Point, value: number | undefined): string => place(x, y, point.x, value ?? point.y)
  const outline = [
    ...points.map((point) => edge(point, point.high)),
    ...points.toReversed().map((point) => edge(point, point.low)),
  ]
  return element('polygon', { points: outline.join(' '), class: 'spread', fill: colourOf(system) })
}

function lineAndPoints({ points, system, dashed }: Series, x: Scale, y: Scale): string[] {
  const path = points.map((point) => place(x, y, point.x, point.y)).join(' ')
  const name = dashed === true ? 'line dashed' : 'line'
  const dots = points.map((point) =>
    element('circle', { cx: x.at(Number(point.x)), cy: y.at(point.y), r: 3.5, fill: colourOf(system) }),
  )
  return [element('polyline', { points: path, class: name, stroke: colourOf(system) }), ...dots]
}

/** At the end of its line each, rather than in a legend to go back and forth to. */
function names(series: readonly Series[], y: Scale): string[] {
  const wanted = series.map(({ points }) => y.at((points.at(-1) as Point).y) + 4)
  return spreadLabels(wanted, LABEL_DISTANCE, AREA.bottom).map((at, i) => {
    const { name, system } = series[i] as Series
    return text(name, { x: AREA.right + 10, y: at, class: 'name', style: `fill: ${colourOf(system)}` })
  })
}

function place(x: Scale, y: Scale, atX: number | string, atY: number): string {
  return `${x.at(Number(atX)).toFixed(1)},${y.at(atY).toFixed(1)}`
}
