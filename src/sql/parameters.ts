/**
 * What statements are given. A program that calls us need not be TypeScript, and what is no SQL value must not get
 * into the log: there it would be another value, or nothing that can be read.
 */
import { DebrosError } from '../base/index.ts'
import type { SqlStatement } from './types.ts'

const ALLOWED = 'null, a boolean, a number, a bigint of 64 bits, a string, a Uint8Array, or { real: number }'

/** Throws `REQUEST_INVALID`. */
export function checkParameters(statements: readonly SqlStatement[]): void {
  for (const [at, { positional, named }] of statements.entries()) {
    if (!Array.isArray(positional))
      throw invalid(`the positional parameters of statement ${at + 1}`, 'an array')
    for (const [i, value] of positional.entries()) {
      if (!isParameter(value)) throw invalid(`parameter ${i + 1} of statement ${at + 1}`, ALLOWED)
    }
    for (const name in named) {
      if (!isParameter(named[name])) throw invalid(`parameter "${name}" of statement ${at + 1}`, ALLOWED)
    }
  }
}

function isParameter(value: unknown): boolean {
  switch (typeof value) {
    case 'string':
    case 'number':
    case 'boolean':
      return true
    case 'bigint':
      return BigInt.asIntN(64, value) === value
    case 'object':
      return value === null || value instanceof Uint8Array || isReal(value)
    default:
      return false
  }
}

function isReal(value: object): boolean {
  return 'real' in value && typeof value.real === 'number'
}

function invalid(what: string, expected: string): DebrosError {
  return new DebrosError('REQUEST_INVALID', `${what} must be ${expected}`)
}
