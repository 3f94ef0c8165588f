import { DebrosError } from '../base/index.ts'
import { NAME_LENGTH_MAX } from './limits.ts'

/**
 * What arrived does not follow the protocol: nothing after it on the same stream can be trusted. Code
 * `WIRE_MALFORMED`.
 */
export function malformed(what: string, cause?: unknown): DebrosError {
  return new DebrosError('WIRE_MALFORMED', `malformed data: ${what}`, { cause })
}

/** Runs a generated decoder; whatever it throws becomes `WIRE_MALFORMED`. */
export function decodeFrame<T>(name: string, decode: () => T): T {
  try {
    return decode()
  } catch (error) {
    throw malformed(`not a ${name}`, error)
  }
}

/** A decoded whole number: neither negative nor beyond what a JavaScript number holds exactly. */
export function checkInteger(value: number, name: string): number {
  if (!Number.isSafeInteger(value) || value < 0) throw malformed(`${name} is ${value}`)
  return value
}

/** A decoded id, address or other name: present, and not too long. */
export function checkName(value: string, name: string): string {
  if (value.length === 0 || value.length > NAME_LENGTH_MAX) {
    throw malformed(`${name} has ${value.length} characters`)
  }
  return value
}

/** A message that protobuf calls optional and we do not. */
export function checkPresent<T>(value: T | undefined, name: string): T {
  if (value === undefined) throw malformed(`${name} is missing`)
  return value
}
