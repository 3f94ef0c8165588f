/** Request bodies into statements: which JSON value binds as what. */
import { NumberText, parseJson } from '../base/index.ts'
import type { SqlParameter, SqlStatement } from '../sql/index.ts'
import { badRequest } from './reply.ts'

const [SPACE, QUOTE, DELETE] = [0x20, 0x27, 0x7f]

const NO_NAMES: SqlStatement['named'] = Object.freeze(Object.create(null))

/** The one statement of a text body or of `q`. */
export function plainStatement(sql: string): SqlStatement {
  return { sql: sql.toWellFormed(), positional: [], named: {} }
}

/**
 * A JSON array of statements: each a string, or an array of a string and its parameters. Throws a 400
 * with rqlite's texts.
 */
export function parseStatements(text: string): SqlStatement[] {
  let document: unknown
  try {
    document = parseJson(text)
  } catch {
    throw badRequest('invalid JSON body')
  }
  if (!Array.isArray(document)) throw badRequest('invalid request')
  if (document.length === 0) throw badRequest('no statements')
  return document.map(parseStatement)
}

function parseStatement(element: unknown): SqlStatement {
  if (typeof element === 'string') return plainStatement(element)
  if (!Array.isArray(element)) throw badRequest('invalid request')
  const [sql] = element as readonly unknown[]
  if (typeof sql !== 'string') throw badRequest('invalid request')
  const positional: SqlParameter[] = []
  let named: Record<string, SqlParameter> | undefined
  for (let i = 1; i < element.length; i++) {
    const parameter: unknown = element[i]
    if (!isObject(parameter)) {
      positional.push(toParameter(parameter))
      continue
    }
    // Without a prototype, so that no name a caller picks means anything but itself.
    named ??= Object.create(null) as Record<string, SqlParameter>
    for (const [name, value] of Object.entries(parameter)) named[name] = toParameter(value)
  }
  return { sql: sql.toWellFormed(), positional, named: named ?? NO_NAMES }
}

function toParameter(value: unknown): SqlParameter {
  if (value === null || typeof value === 'boolean') return value
  // A number that is no NumberText came through unharmed, but for the sign of -0, which no INTEGER has.
  if (typeof value === 'number') return value === 0 ? 0 : value
  if (value instanceof NumberText) return toNumber(value.text)
  if (typeof value === 'string') return hexBlob(value) ?? value.toWellFormed()
  if (Array.isArray(value)) return toBlob(value)
  throw badRequest('unsupported type: object')
}

/** Text that is a signed 64-bit integer binds as INTEGER, exactly; any other number as REAL. */
export function toNumber(text: string): SqlParameter {
  if (/^-?\d{1,19}$/.test(text)) {
    const integer = BigInt(text)
    if (BigInt.asIntN(64, integer) === integer) {
      const number = Number(integer)
      return Number.isSafeInteger(number) ? number : integer
    }
  }
  const real = Number(text)
  if (!Number.isFinite(real))
    throw badRequest(`invalid number ${text.length > 64 ? `${text.slice(0, 64)}...` : text}`)
  return { real }
}

/** `x'..'` with an even number of hex digits, as SQL writes a blob. */
export function hexBlob(text: string): Uint8Array | undefined {
  const last = text.charCodeAt(text.length - 1)
  if (last > SPACE && last < DELETE && last !== QUOTE) return undefined // as a rule, and told much faster
  if (text.length < 3 || !/^\s*[xX]'(?:[0-9a-fA-F]{2})*'\s*$/.test(text)) return undefined
  const trimmed = text.trim()
  return new Uint8Array(Buffer.from(trimmed.slice(2, -1), 'hex'))
}

function toBlob(items: readonly unknown[]): Uint8Array {
  const bytes = new Uint8Array(items.length)
  items.forEach((item, i) => {
    const byte = item instanceof NumberText && /^\d{1,3}$/.test(item.text) ? Number(item.text) : item
    if (typeof byte !== 'number' || !Number.isInteger(byte) || byte < 0 || byte > 255) {
      throw badRequest('unsupported type: array of anything but integers from 0 to 255')
    }
    bytes[i] = byte
  })
  return bytes
}

function isObject(value: unknown): value is Record<string, unknown> {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberText)
  )
}
