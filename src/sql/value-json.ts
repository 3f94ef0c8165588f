/** Values on their way into a function, as JSON text: exact integers, blobs in base64. */
import type { SqliteInstance } from './sqlite-binary.ts'
import { VALUE } from './sqlite-layout.ts'

const INTEGER = 1
const REAL = 2
const TEXT = 3
const BLOB = 4

/** Bytes of a text or blob; others are small. */
export function bytesOf({ api }: SqliteInstance, value: number): number {
  const type = api._sqlite3_value_type(value)
  return type === TEXT || type === BLOB ? api._sqlite3_value_bytes(value) : 0
}

/** JSON knows no infinity; it is the string "Infinity" or "-Infinity", as in results. */
export function jsonOf({ api, memory }: SqliteInstance, value: number): string {
  switch (api._sqlite3_value_type(value)) {
    case INTEGER:
      // `sqlite3_value_int64` is not exported; the number is where a parameter's is.
      return String(memory.getInt64(value + VALUE.number))
    case REAL: {
      const real = api._sqlite3_value_double(value)
      return Number.isFinite(real) ? String(real) : `"${real}"`
    }
    case TEXT: {
      const from = api._sqlite3_value_text(value)
      const to = from + api._sqlite3_value_bytes(value)
      return JSON.stringify(memory.bytes.toString('utf8', from, to))
    }
    case BLOB: {
      const from = api._sqlite3_value_blob(value)
      const to = from + api._sqlite3_value_bytes(value)
      return `"${memory.bytes.toString('base64', from, to)}"`
    }
    default:
      return 'null'
  }
}
