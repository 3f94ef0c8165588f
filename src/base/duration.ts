/**
 * Durations as Go writes them: signed decimals with a unit, put together at will (`300ms`, `1.5h`,
 * `2m30s`, `0`). Source: the Go standard library, `time.ParseDuration` and `Duration.String`.
 */

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3, // U+00B5
  μs: 1e-3, // U+03BC
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

const DURATION = /^[-+]?(?:0|(?:(?:\d+(?:\.\d*)?|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)$/
const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/g

/** Go keeps a duration in 64 bits of nanoseconds; what does not fit is refused there too. */
const DURATION_MAX_MS = 9_223_372_036_854

/** Milliseconds, or undefined if `text` is not a duration. */
export function parseDuration(text: string): number | undefined {
  if (!DURATION.test(text)) return undefined
  let ms = 0
  for (const [, digits, unit] of text.matchAll(PART))
    ms += Number(digits) * (UNIT_MS[unit ?? ''] ?? Number.NaN)
  if (!(ms <= DURATION_MAX_MS)) return undefined
  return text.startsWith('-') ? -ms : ms
}

/** The shortest usual form: `100ms`, `1.5s`, `1m0s`, `24h0m0s`; `0s` for nothing. */
export function formatDuration(ms: number): string {
  if (ms === 0) return '0s'
  const sign = ms < 0 ? '-' : ''
  const size = Math.abs(ms)
  if (size < 1e-3) return `${sign}${decimal(size * 1e6)}ns`
  if (size < 1) return `${sign}${decimal(size * 1e3)}µs`
  if (size < 1_000) return `${sign}${decimal(size)}ms`
  const hours = Math.floor(size / 3_600_000)
  const minutes = Math.floor((size % 3_600_000) / 60_000)
  const seconds = `${decimal((size % 60_000) / 1_000)}s`
  if (hours > 0) return `${sign}${hours}h${minutes}m${seconds}`
  return minutes > 0 ? `${sign}${minutes}m${seconds}` : `${sign}${seconds}`
}

/** At most nine decimals, none of them a trailing zero. */
function decimal(value: number): string {
  return String(Number(value.toFixed(9)))
}
