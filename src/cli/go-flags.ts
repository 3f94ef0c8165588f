/**
 * Command lines as Go's `flag` package reads them: `-name value`, `-name=value`, one dash or two,
 * booleans bare or as `-name=false`, and nothing after the first argument that is no flag.
 * Source: the Go standard library, `flag.FlagSet.Parse` and the package's value types.
 */
import { DebrosError, parseDuration } from '../base/index.ts'

export type GoFlagKind = 'string' | 'bool' | 'int' | 'uint' | 'duration'

export type GoFlagValue = string | boolean | number

export interface GoFlag {
  readonly name: string
  readonly kind: GoFlagKind
  /** Of a duration, milliseconds. */
  readonly fallback: GoFlagValue
  readonly usage: string
}

export interface GoCommandLine {
  /** What was given; of a flag that was given twice, the last. Durations in milliseconds. */
  readonly given: ReadonlyMap<string, GoFlagValue>
  /** What follows the flags. */
  readonly rest: readonly string[]
  /** `-h` or `-help` was met; nothing after it was looked at. */
  readonly help: boolean
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** Go's 64-bit integers, as far as a number here holds them exactly. */
const INTEGER = /^[-+]?(?:0[xX][\da-fA-F]+|0[bB][01]+|0[oO]?[0-7]*|[1-9]\d*)$/

/** Throws `COMMAND_LINE_INVALID`, worded as Go words it. */
export function parseGoFlags(flags: ReadonlyMap<string, GoFlag>, args: readonly string[]): GoCommandLine {
  const given = new Map<string, GoFlagValue>()
  let i = 0
  for (; i < args.length; i++) {
    const arg = args[i] as string
    if (arg.length < 2 || !arg.startsWith('-')) break
    if (arg === '--') {
      i++
      break
    }
    const { name, value } = split(arg)
    const flag = flags.get(name)
    if (flag === undefined) {
      if (name === 'h' || name === 'help') return { given, rest: args.slice(i + 1), help: true }
      throw invalid(`flag provided but not defined: -${name}`)
    }
    if (flag.kind === 'bool') {
      given.set(name, value === undefined ? true : parseBool(flag, value))
      continue
    }
    const text = value ?? args[++i]
    if (text === undefined) throw invalid(`flag needs an argument: -${name}`)
    given.set(name, parseValue(flag, text))
  }
  return { given, rest: args.slice(i), help: false }
}

function split(arg: string): { readonly name: string; readonly value: string | undefined } {
  const text = arg.slice(arg.startsWith('--') ? 2 : 1)
  if (text.startsWith('-') || text.startsWith('=')) throw invalid(`bad flag syntax: ${arg}`)
  const equals = text.indexOf('=')
  if (equals < 0) return { name: text, value: undefined }
  return { name: text.slice(0, equals), value: text.slice(equals + 1) }
}

function parseBool({ name }: GoFlag, text: string): boolean {
  if (TRUE.has(text)) return true
  if (FALSE.has(text)) return false
  throw invalid(`invalid boolean value ${JSON.stringify(text)} for -${name}: parse error`)
}

function parseValue({ name, kind }: GoFlag, text: string): GoFlagValue {
  const refuse = (why: string) => invalid(`invalid value ${JSON.stringify(text)} for flag -${name}: ${why}`)
  if (kind === 'string') return text
  if (kind === 'duration') {
    const ms = parseDuration(text)
    if (ms === undefined) throw refuse('parse error')
    return ms
  }
  if (!INTEGER.test(text) || (kind === 'uint' && /^[-+]/.test(text))) throw refuse('parse error')
  const value = integerOf(text)
  if (!Number.isSafeInteger(value)) throw refuse('value out of range')
  return value
}

function integerOf(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1
  const digits = text.replace(/^[-+]/, '')
  // A leading zero alone means octal to Go.
  return sign * Number(/^0\d/.test(digits) ? `0o${digits.slice(1)}` : digits)
}

function invalid(message: string): DebrosError {
  return new DebrosError('COMMAND_LINE_INVALID', message)
}
