import { DebrosError } from './errors.ts'

/** No separator can be part of a name, so prefixes and topics built from names never overlap. */
const NAMESPACE_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/

export const DEFAULT_NAMESPACE = 'default'

export function isNamespace(name: string): boolean {
  return NAMESPACE_PATTERN.test(name)
}

/** Throws `NAMESPACE_INVALID` unless `name` fits the grammar `^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$`. */
export function checkNamespace(name: string): string {
  if (!isNamespace(name)) {
    throw new DebrosError(
      'NAMESPACE_INVALID',
      `invalid namespace ${JSON.stringify(name)}: use 1 to 63 letters, digits, "_" or "-", starting with a letter or digit`,
    )
  }
  return name
}
