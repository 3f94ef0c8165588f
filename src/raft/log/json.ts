/** Strict reading of small JSON documents: exactly the fields expected, each of its type. */

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export function encodeJson(value: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(value))
}

/** Throws on invalid UTF-8 and invalid JSON. */
export function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(decoder.decode(bytes))
}

/** An object with exactly the fields named. */
export function readObject<K extends string>(
  value: unknown,
  name: string,
  fields: readonly K[],
): Readonly<Record<K, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${name} is not an object`)
  }
  const unexpected = Object.keys(value).find((key) => !(fields as readonly string[]).includes(key))
  if (unexpected !== undefined) throw new Error(`${name} has an unknown field "${unexpected}"`)
  const missing = fields.find((field) => !Object.hasOwn(value, field))
  if (missing !== undefined) throw new Error(`${name} lacks the field "${missing}"`)
  // The two checks above make the keys exactly `fields`.
  return value as Readonly<Record<K, unknown>>
}

export function readList<T>(
  value: unknown,
  name: string,
  readItem: (item: unknown, name: string) => T,
): readonly T[] {
  if (!Array.isArray(value)) throw new Error(`${name} is not a list`)
  return value.map((item, i) => readItem(item, `${name}[${i}]`))
}

export function readString(value: unknown, name: string): string {
  if (typeof value !== 'string') throw new Error(`${name} is not a string`)
  return value
}

export function readBoolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw new Error(`${name} is not true or false`)
  return value
}
