/** Rows as text, in the modes of the shell. */
import { NumberText } from '../../base/index.ts'
import { displayWidth, visible } from './display.ts'
import type { Rows } from './result.ts'

export const MODES = ['column', 'csv', 'json', 'line'] as const
export type Mode = (typeof MODES)[number]

export interface RenderOptions {
  /** For a terminal: control characters are made visible. */
  readonly terminal: boolean
  /** How a column's name is coloured. */
  readonly heading: (text: string) => string
}

const RENDERERS: Readonly<Record<Mode, (rows: Rows, options: RenderOptions) => Iterable<string>>> = {
  column: renderColumns,
  csv: renderCsv,
  json: renderJson,
  line: renderLines,
}

/** In pieces of whole lines. */
export function renderRows(rows: Rows, mode: Mode, options: RenderOptions): Iterable<string> {
  return RENDERERS[mode](rows, options)
}

/** A value for people: NULL by its name, arrays (BLOBs as bytes) as JSON. */
function cellText(value: unknown, terminal: boolean): string {
  if (typeof value === 'string') return terminal ? visible(value) : value
  if (value === null || value === undefined) return 'NULL'
  return jsonText(value)
}

/** Exact numbers are written as they came. */
function jsonText(value: unknown): string {
  if (value instanceof NumberText) return value.text
  if (Array.isArray(value)) return `[${value.map(jsonText).join(',')}]`
  return JSON.stringify(value ?? null)
}

/**
 * A frame of `+`, `-` and `|`, as rqlite's shell draws it. Cells of several lines, such as those of
 * `.schema`, stay inside of it.
 */
function* renderColumns({ columns, rows }: Rows, { terminal, heading }: RenderOptions): Generator<string> {
  if (columns.length === 0) return
  const linesOf = (value: unknown): string[] => cellText(value, terminal).split('\n')
  const cells = [columns, ...rows].map((row) => columns.map((_, i) => linesOf(row[i])))
  const widths = columns.map(() => 0)
  for (const row of cells)
    row.forEach((lines, i) => {
      for (const line of lines) widths[i] = Math.max(widths[i] as number, displayWidth(line))
    })
  const border = `+${widths.map((width) => '-'.repeat(width + 2)).join('+')}+\n`
  yield border
  for (const [position, row] of cells.entries()) {
    const height = Math.max(...row.map((lines) => lines.length))
    let text = ''
    for (let line = 0; line < height; line++) {
      text += '|'
      for (const [i, lines] of row.entries()) {
        const cell = lines[line] ?? ''
        const padded = ` ${cell}${' '.repeat((widths[i] as number) - displayWidth(cell))} `
        text += `${position === 0 ? heading(padded) : padded}|`
      }
      text += '\n'
    }
    yield text + border
  }
}

/** RFC 4180 with a header; NULL is nothing, an empty text is `""`. */
function* renderCsv({ columns, rows }: Rows): Generator<string> {
  if (columns.length === 0) return
  yield `${columns.map(csvField).join(',')}\n`
  for (const row of rows) yield `${columns.map((_, i) => csvField(row[i])).join(',')}\n`
}

function csvField(value: unknown): string {
  if (value === null || value === undefined) return ''
  const text = typeof value === 'string' ? value : jsonText(value)
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** An array of objects, one a line. Columns of the same name are numbered, as SQLite does in a subquery. */
function* renderJson({ columns, rows }: Rows): Generator<string> {
  const keys = distinct(columns).map((name) => JSON.stringify(name))
  if (rows.length === 0) yield '[]\n'
  for (const [at, row] of rows.entries()) {
    const members = keys.map((key, i) => `${key}:${jsonText(row[i])}`)
    yield `${at === 0 ? '[' : ''}{${members.join(',')}}${at === rows.length - 1 ? ']' : ','}\n`
  }
}

function distinct(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let free = name
    for (let number = 1; taken.has(free); number++) free = `${name}:${number}`
    taken.add(free)
    return free
  })
}

/** `name = value`, a line each, and an empty one between rows. */
function* renderLines({ columns, rows }: Rows, { terminal, heading }: RenderOptions): Generator<string> {
  const names = columns.map((name) => cellText(name, terminal))
  const width = Math.max(0, ...names.map(displayWidth))
  for (const [at, row] of rows.entries()) {
    const lines = names.map((name, i) => {
      const indent = ' '.repeat(width - displayWidth(name))
      return `${indent}${heading(name)} = ${cellText(row[i], terminal)}\n`
    })
    yield `${at === 0 ? '' : '\n'}${lines.join('')}`
  }
}
