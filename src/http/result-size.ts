import type { SqlResult, SqlValue } from '../sql/index.ts'

/** As SQL counts it, about what a value takes in memory besides its text or bytes. */
const VALUE_BYTES = 8
/** What a row takes besides its values; of small ones that is the most. */
const ROW_BYTES = 48

/** About what results take in memory, in bytes. */
export function resultBytes(results: readonly SqlResult[]): number {
  let bytes = 0
  for (const result of results) {
    if (result.kind !== 'rows') continue
    bytes += ROW_BYTES * result.values.length
    for (let i = 0; i < result.values.length; i++)
      for (const value of result.values[i] ?? []) bytes += VALUE_BYTES + lengthOf(value)
  }
  return bytes
}

function lengthOf(value: SqlValue): number {
  if (typeof value === 'string') return value.length
  return value instanceof Uint8Array ? value.byteLength : 0
}
