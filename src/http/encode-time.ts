/** Dates as rqlite's SQLite driver understands them, written as RFC 3339. */

/** Beyond this an integer counts milliseconds since the epoch, up to it seconds. */
const SECONDS_MAX = 1_000_000_000_000

/** Undefined where the year has no four digits: such a number is hardly a date. */
export function epochToRfc3339(value: number | bigint): string | undefined {
  const ms = value > SECONDS_MAX || value < -SECONDS_MAX ? Number(value) : Number(value) * 1_000
  const date = new Date(ms)
  const year = date.getUTCFullYear()
  if (!(year >= 0 && year <= 9999)) return undefined
  const [whole = '', fraction = ''] = date.toISOString().slice(0, -1).split('.')
  return `${whole}${shortFraction(fraction)}Z`
}

const DATE = /^(\d{4})-(\d\d)-(\d\d)(?:[ T](\d\d):(\d\d)(?::(\d\d)(?:\.(\d+))?([-+]\d\d:\d\d)?)?)?Z?$/

/**
 * `YYYY-MM-DD`, with `HH:MM`, seconds, a fraction and an offset if there are any. Undefined for other
 * text, which rqlite turns into the year 1; we leave it as it is.
 */
export function textToRfc3339(text: string): string | undefined {
  const match = DATE.exec(text)
  if (!match) return undefined
  const [
    ,
    year = '',
    month = '',
    day = '',
    hour = '00',
    minute = '00',
    second = '00',
    fraction = '',
    offset = '',
  ] = match
  const lastDay = new Date(Date.UTC(2000 + (Number(year) % 400), Number(month), 0)).getUTCDate()
  const valid =
    inRange(month, 1, 12) &&
    inRange(day, 1, lastDay) &&
    inRange(hour, 0, 23) &&
    inRange(minute, 0, 59) &&
    inRange(second, 0, 59) &&
    (offset === '' || (inRange(offset.slice(1, 3), 0, 23) && inRange(offset.slice(4), 0, 59)))
  if (!valid) return undefined
  const zone = offset === '' || /^[-+]00:00$/.test(offset) ? 'Z' : offset
  return `${year}-${month}-${day}T${hour}:${minute}:${second}${shortFraction(fraction.slice(0, 9))}${zone}`
}

function inRange(digits: string, from: number, to: number): boolean {
  const value = Number(digits)
  return value >= from && value <= to
}

function shortFraction(digits: string): string {
  const kept = digits.replace(/0+$/, '')
  return kept === '' ? '' : `.${kept}`
}
