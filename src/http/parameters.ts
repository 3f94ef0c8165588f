/** Query parameters, with the checks and texts of rqlite's API. Validated as a whole before anything else happens. */
import { unescape as percentDecode } from 'node:querystring'
import { parseDuration, TIMER_MS_MAX } from '../base/index.ts'
import type { ReadLevel } from '../node/index.ts'
import { DEFAULT_LINEARIZABLE_TIMEOUT_MS, DEFAULT_TIMEOUT_MS } from './defaults.ts'
import { badRequest } from './reply.ts'

const DURATIONS = ['timeout', 'freshness', 'db_timeout', 'linearizable_timeout'] as const
const INTEGERS = ['retries', 'trailing_logs'] as const
const LEVELS: ReadonlySet<string> = new Set(['none', 'weak', 'linearizable', 'strong', 'auto'])

type DurationName = (typeof DURATIONS)[number]

/** Names are case-sensitive, the first of a repeated one counts, unknown ones are ignored. */
export class Parameters {
  readonly #values: ReadonlyMap<string, string>
  readonly #durationsMs: ReadonlyMap<DurationName, number>

  private constructor(values: ReadonlyMap<string, string>, durationsMs: ReadonlyMap<DurationName, number>) {
    this.#values = values
    this.#durationsMs = durationsMs
  }

  /** `query` is what follows the `?`, undecoded. Throws a 400. */
  static parse(query: string): Parameters {
    if (query === '') return NO_PARAMETERS
    const values = parseQuery(query)
    const durationsMs = new Map<DurationName, number>()
    for (const name of DURATIONS) {
      const text = values.get(name)
      if (text === undefined) continue
      const ms = parseDuration(text)
      if (ms === undefined) throw badRequest(`${name} is not a valid duration`)
      durationsMs.set(name, ms)
    }
    for (const name of INTEGERS) {
      const text = values.get(name)
      if (text !== undefined && !isInt64(text)) throw badRequest(`${name} is not a valid integer`)
    }
    if (values.has('freshness_strict') && !values.has('freshness')) {
      throw badRequest('freshness_strict requires freshness')
    }
    if (values.get('q') === '') throw badRequest('query parameter not set')
    return new Parameters(values, durationsMs)
  }

  static none(): Parameters {
    return new Parameters(new Map(), new Map())
  }

  /** Boolean parameters are true by presence: `pretty=false` is true. */
  has(name: string): boolean {
    return this.#values.has(name)
  }

  get(name: string): string | undefined {
    return this.#values.get(name)
  }

  /** Anything that is no level means `weak`. */
  get level(): ReadLevel {
    const level = this.#values.get('level')?.toLowerCase()
    return level !== undefined && LEVELS.has(level) ? (level as ReadLevel) : 'weak' // it is in the set
  }

  /** How long to wait for the answer of a database. Zero and less mean the default. */
  get timeoutMs(): number {
    return Math.min(this.#positive('timeout', DEFAULT_TIMEOUT_MS), TIMER_MS_MAX)
  }

  /** The same for what is no database request: only what was asked for, the node knows better otherwise. */
  get givenTimeout(): { readonly timeoutMs?: number } {
    return this.#positive('timeout', 0) > 0 ? { timeoutMs: this.timeoutMs } : {}
  }

  get linearizableTimeoutMs(): number {
    return Math.min(this.#positive('linearizable_timeout', DEFAULT_LINEARIZABLE_TIMEOUT_MS), TIMER_MS_MAX)
  }

  /** Log entries to keep behind a snapshot; 0: as configured. */
  get trailingLogs(): number {
    return Math.min(Math.max(0, Number(this.#values.get('trailing_logs') ?? 0)), Number.MAX_SAFE_INTEGER)
  }

  /** 0: no limit. */
  get freshnessMs(): number {
    return this.#positive('freshness', 0)
  }

  /** 0: no limit. */
  get executionTimeoutMs(): number {
    return this.#positive('db_timeout', 0)
  }

  #positive(name: DurationName, fallback: number): number {
    const ms = this.#durationsMs.get(name) ?? 0
    return ms > 0 ? ms : fallback
  }
}

const NO_PARAMETERS = Parameters.none()

/** As Go's `url.ParseQuery`: `+` is a blank, a semicolon or a broken escape is an error. */
function parseQuery(query: string): Map<string, string> {
  const values = new Map<string, string>()
  for (const pair of query.split('&')) {
    if (pair === '') continue
    if (pair.includes(';')) throw badRequest('invalid semicolon separator in query')
    const equals = pair.indexOf('=')
    const name = decode(equals < 0 ? pair : pair.slice(0, equals))
    const value = equals < 0 ? '' : decode(pair.slice(equals + 1))
    if (!values.has(name)) values.set(name, value)
  }
  return values
}

function decode(text: string): string {
  const broken = /%(?![0-9A-Fa-f]{2}).{0,2}/.exec(text)
  if (broken) throw badRequest(`invalid URL escape ${JSON.stringify(broken[0])}`)
  return percentDecode(text.replaceAll('+', ' '))
}

function isInt64(text: string): boolean {
  if (!/^[-+]?\d{1,19}$/.test(text)) return false
  const value = BigInt(text.replace('+', ''))
  return BigInt.asIntN(64, value) === value
}
