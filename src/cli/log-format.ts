/** One line of JSON log as a line for people: `12:34:56.789 INFO  RAFT became leader term=3`. */
import { styleText } from 'node:util'
import type { Style } from './io.ts'

const LEVELS: Readonly<Record<number, { readonly label: string; readonly style: Style }>> = {
  20: { label: 'DEBUG', style: 'gray' },
  30: { label: 'INFO ', style: 'green' },
  40: { label: 'WARN ', style: 'yellow' },
  50: { label: 'ERROR', style: 'red' },
}

const COMPONENT_STYLES: Readonly<Record<string, Style>> = {
  NODE: 'blueBright',
  RAFT: 'magenta',
  SQL: 'cyan',
  KV: 'cyanBright',
  P2P: 'yellowBright',
  HTTP: 'blue',
}

/** `line` is what pino writes, with its line feed; so is the result. */
export function formatLogLine(line: string, colors: boolean): string {
  const { level, time, component, msg, ...fields } = JSON.parse(line) as Record<string, unknown> // pino's own JSON
  const paint = (style: Style, text: string) =>
    colors ? styleText(style, text, { validateStream: false }) : text
  const { label, style } = LEVELS[Number(level)] ?? { label: 'OTHER', style: 'white' as const }
  const name = typeof component === 'string' ? component.toUpperCase() : 'NODE'
  const parts = [
    paint('gray', timeOfDay(Number(time))),
    paint(style, label),
    paint(COMPONENT_STYLES[name] ?? 'white', name.padEnd(4)),
    printable(String(msg)),
    ...Object.entries(fields).map(([key, value]) => paint('gray', `${key}=`) + formatValue(value)),
  ]
  // Stacks are there on request only, and are worth their lines.
  const stacks = Object.values(fields).flatMap((value) =>
    isError(value) && value.stack ? [value.stack] : [],
  )
  return `${[parts.join(' '), ...stacks].join('\n')}\n`
}

function timeOfDay(ms: number): string {
  const date = new Date(ms)
  const two = (value: number) => String(value).padStart(2, '0')
  const clock = [date.getHours(), date.getMinutes(), date.getSeconds()].map(two).join(':')
  return `${clock}.${String(date.getMilliseconds()).padStart(3, '0')}`
}

/** Plain where that is clear, quoted where it is not. Errors show their message, their code and cause. */
function formatValue(value: unknown): string {
  if (typeof value === 'string') return /^[^\s"=\p{Cc}]+$/u.test(value) ? value : quoted(value)
  if (!isError(value)) return quoted(value)
  const { code, message, cause } = value
  const head = quoted(code === undefined ? message : `${code}: ${message}`)
  return cause === undefined ? head : `${head} cause=${formatValue(cause)}`
}

interface LoggedError {
  readonly message: string
  readonly code?: string
  readonly cause?: unknown
  readonly stack?: string
}

function isError(value: unknown): value is LoggedError {
  return (
    typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string'
  )
}

/** As JSON, which leaves some control characters as they are. */
function quoted(value: unknown): string {
  return printable(String(JSON.stringify(value)))
}

/** Control characters could rewrite what stands above them on a terminal. */
function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) =>
    character === '\n' ? ' ' : `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
