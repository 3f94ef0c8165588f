/**
 * Keys in the database: `ns::<namespace>::` and the caller's bytes. No namespace has a `:` in its
 * name, so no prefix begins another and none can be reached from outside. What the machine keeps
 * for itself begins with `meta::`, which sorts before every namespace.
 */
import { assert, DebrosError } from '../base/index.ts'
import { getUint64, putUint64 } from './stored-value.ts'

const encoder = new TextEncoder()

export const APPLIED_KEY = encoder.encode('meta::applied')
export const RESTORING_KEY = encoder.encode('meta::restoring')
export const BOOT_KEY = encoder.encode('meta::boot')
/** Everything up to this index was forgotten; absent while nothing was. */
export const FORGOTTEN_KEY = encoder.encode('meta::history::forgotten')

export interface KeyRange {
  readonly gte: Uint8Array
  readonly lt: Uint8Array
}

/** Every key of every namespace. */
export const ALL_NAMESPACES: KeyRange = prefixRange(encoder.encode('ns::'))
/** The history of outcomes. Part of the replicated state, like the namespaces. */
export const HISTORY: KeyRange = prefixRange(encoder.encode('meta::history::'))

const OUTCOME_PREFIX = encoder.encode('meta::history::outcome::')

/** Where the outcome of the request carried out at `index` is: they are in the order of the log. */
export function outcomeKey(index: number): Uint8Array {
  const position = new Uint8Array(8)
  putUint64(position, index)
  return concat(OUTCOME_PREFIX, position)
}

/** The index of an {@link outcomeKey}; undefined if it is none. */
export function outcomeIndex(key: Uint8Array): number | undefined {
  const { byteLength } = OUTCOME_PREFIX
  if (key.byteLength !== byteLength + 8) return undefined
  if (Buffer.compare(key.subarray(0, byteLength), OUTCOME_PREFIX) !== 0) return undefined
  return getUint64(key.subarray(byteLength))
}

/**
 * What may stand between the separators: the grammar of namespaces, and names beginning with `_`,
 * which are ours. Part of the format: every replica must agree on it for ever.
 */
const STORABLE_NAMESPACE = /^[A-Za-z0-9_][A-Za-z0-9_-]{0,62}$/

export function isStorableNamespace(namespace: string): boolean {
  return STORABLE_NAMESPACE.test(namespace)
}

/** Throws `NAMESPACE_INVALID` for a name no namespace can have. */
export function namespacePrefix(namespace: string): Uint8Array {
  if (!isStorableNamespace(namespace)) {
    throw new DebrosError('NAMESPACE_INVALID', `invalid namespace ${JSON.stringify(namespace)}`)
  }
  return encoder.encode(`ns::${namespace}::`)
}

const SEPARATOR = 0x3a

/** Is this the key of some namespace, as {@link namespacePrefix} makes them? */
export function isNamespacedKey(key: Uint8Array): boolean {
  if (Buffer.compare(key.subarray(0, 4), ALL_NAMESPACES.gte) !== 0) return false
  const end = key.indexOf(SEPARATOR, 4)
  if (end === -1 || key[end + 1] !== SEPARATOR) return false
  return isStorableNamespace(Buffer.from(key.subarray(4, end)).toString('latin1'))
}

export function isInRange(key: Uint8Array, { gte, lt }: KeyRange): boolean {
  return Buffer.compare(key, gte) >= 0 && Buffer.compare(key, lt) < 0
}

export function concat(prefix: Uint8Array, rest: Uint8Array): Uint8Array {
  const joined = new Uint8Array(prefix.byteLength + rest.byteLength)
  joined.set(prefix)
  joined.set(rest, prefix.byteLength)
  return joined
}

/** All keys that begin with `prefix`, which must have a byte below 0xff. */
export function prefixRange(prefix: Uint8Array): KeyRange {
  // The first key behind them: the last byte that can grow does, and what follows it goes.
  const last = prefix.findLastIndex((byte) => byte < 0xff)
  assert(last !== -1, 'something comes behind the prefix')
  const end = prefix.slice(0, last + 1)
  end[last] = (prefix[last] as number) + 1 // `last` is a position in it
  return { gte: prefix, lt: end }
}

/** The bytes as a string with one unit per byte, to be looked up in a map. */
export function textOf(key: Uint8Array): string {
  return Buffer.from(key.buffer, key.byteOffset, key.byteLength).toString('latin1')
}
