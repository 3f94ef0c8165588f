/** A plot of a report as an SVG file that stands on its own. */
import type { Plot } from '../../types.ts'
import { drawBars, groupCentre, groupsOf } from './bars.ts'
import { element, line, text } from './elements.ts'
import { drawLines } from './lines.ts'
import { type Scale, scaleFor, scaleThrough } from './scale.ts'
import { AREA, HEIGHT, STYLE, WIDTH } from './style.ts'

export function renderPlot(plot: Plot): string {
  const points = plot.series.flatMap((series) => series.points)
  const values = points.flatMap(({ y, low, high }) => [y, low ?? y, high ?? y])
  const marks = (plot.marks ?? []).map((mark) => mark.y)
  const y = scaleFor([...values, ...marks], plot.y, { from: AREA.bottom, to: AREA.top })
  const body = plot.kind === 'bars' ? bars(plot, y) : lines(plot, y)
  const content = [
    element('title', {}, plot.title.replace(/[&<]/g, ' ')),
    element('style', {}, STYLE),
    element('rect', { width: WIDTH, height: HEIGHT, rx: 6, class: 'paper' }),
    text(plot.title, { x: 20, y: 30, class: 'title' }),
    ...yAxis(plot, y),
    ...body,
    ...drawMarks(plot, y),
  ]
  const root = { xmlns: 'http://www.w3.org/2000/svg', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: 'img' }
  return `${element('svg', root, `\n${content.join('\n')}\n`)}\n`
}

function lines(plot: Plot, y: Scale): string[] {
  const xs = plot.series.flatMap((series) => series.points.map((point) => Number(point.x)))
  const x = scaleThrough(xs, plot.x, { from: AREA.left + 16, to: AREA.right - 8 })
  const ticks = x.ticks.map((tick) => ({ at: x.at(tick), label: formatTick(tick) }))
  return [...xAxis(plot, ticks), ...drawLines(plot, x, y)]
}

function bars(plot: Plot, y: Scale): string[] {
  const groups = groupsOf(plot)
  const ticks = groups.map((label, i) => ({ at: groupCentre(groups.length, i), label }))
  return [...drawBars(plot, y), ...xAxis(plot, ticks)]
}

interface Tick {
  readonly at: number
  readonly label: string
}

function xAxis(plot: Plot, ticks: readonly Tick[]): string[] {
  const middle = (AREA.left + AREA.right) / 2
  return [
    line(AREA.left, AREA.bottom, AREA.right, AREA.bottom, { class: 'axis' }),
    ...ticks.map(({ at, label }) => text(label, { x: at, y: AREA.bottom + 20, 'text-anchor': 'middle' })),
    text(plot.x.label, { x: middle, y: AREA.bottom + 42, 'text-anchor': 'middle' }),
  ]
}

function yAxis(plot: Plot, y: Scale): string[] {
  return [
    text(plot.y.label, { x: 20, y: AREA.top - 20 }),
    ...y.ticks.flatMap((tick) => [
      line(AREA.left, y.at(tick), AREA.right, y.at(tick), { class: 'grid' }),
      text(formatTick(tick), { x: AREA.left - 8, y: y.at(tick) + 4, 'text-anchor': 'end' }),
    ]),
  ]
}

function drawMarks({ marks = [] }: Plot, y: Scale): string[] {
  return marks.flatMap(({ y: value, label }) => [
    line(AREA.left, y.at(value), AREA.right, y.at(value), { class: 'mark' }),
    text(label, { x: AREA.right + 10, y: y.at(value) + 4 }),
  ])
}

/** 20000 is 20k: short enough for an axis. */
function formatTick(value: number): string {
  if (value >= 1e6) return `${shortest(value / 1e6)}M`
  return value >= 1e3 ? `${shortest(value / 1e3)}k` : shortest(value)
}

function shortest(value: number): string {
  return String(Number(value.toPrecision(4)))
}
