/** Values in the three forms in which the run needs them: for a person, for SQLite, and for the HTTP API. */
import type { Prng } from '../../../../src/base/index.ts'

/** A piece of SQL text, or a value that is put there: as a parameter, or as a literal where there are none. */
export type Piece = string | Value

export interface Value {
  /** As a literal in SQL. */
  readonly sql: string
  /** As a parameter in the JSON of a request. */
  readonly json: string
}

export interface Statement {
  readonly pieces: readonly Piece[]
  /** Through `/db/query`: it changes nothing. */
  readonly reads: boolean
}

/** With literals in place of parameters: SQLite through sql.js cannot be given 64-bit integers otherwise. */
export function sqlOf({ pieces }: Statement): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : piece.sql)).join('')
}

/** An element of a request's array. */
export function jsonOf({ pieces }: Statement): string {
  const sql = pieces.map((piece) => (typeof piece === 'string' ? piece : '?')).join('')
  const values = pieces.filter((piece) => typeof piece !== 'string').map((value) => value.json)
  return values.length === 0 ? JSON.stringify(sql) : `[${[JSON.stringify(sql), ...values].join()}]`
}

const INTEGERS: readonly bigint[] = [
  0n,
  1n,
  -1n,
  2n,
  3n,
  7n,
  10n,
  42n,
  127n,
  128n,
  255n,
  256n,
  32_767n,
  65_536n,
  1n << 31n,
  (1n << 31n) - 1n,
  -(1n << 31n) - 1n,
  1n << 32n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 53n) + 1n,
  -(1n << 53n) - 1n,
  1_676_555_296_046_783_000n,
  -(1n << 62n),
  (1n << 63n) - 1n,
  -(1n << 63n),
  -(3n << 60n),
]

const REALS: readonly number[] = [
  0.5, -0.5, 1, -1, 2, 0.1, 1.5, 2.71, 1e-7, 1e21, -1e300, 5e-324, 1.7976931348623157e308, 123456.789,
]

const TEXTS: readonly string[] = [
  '',
  'a',
  'A',
  'b',
  'B',
  'abc',
  'ABC',
  ' abc',
  'abc  ',
  '1',
  '01',
  '1.0',
  '1e3',
  '-5',
  '0x10',
  ' 7 ',
  'null',
  'true',
  "O'Neill",
  '"quoted"',
  'a\nb',
  '%',
  '_',
  'a%b_c',
  'ümläut',
  'ÜMLÄUT',
  'こんにちは',
  '🙂',
  'x\u0301',
  '{"a":1}',
  '[1,2,3]',
  '2024-02-29',
  '2023-12-31 23:59:59',
]

const BLOBS: readonly string[] = ['', '00', 'ff', '0102ff', '616263', 'deadbeef', '00'.repeat(40)]

export const NULL: Value = { sql: 'NULL', json: 'null' }

export function integer(value: bigint): Value {
  return { sql: String(value), json: String(value) }
}

export function real(value: number): Value {
  const digits = String(value)
  const text = /[.e]/.test(digits) ? digits : `${digits}.0`
  return { sql: text, json: text }
}

export function text(value: string): Value {
  return { sql: `'${value.replaceAll("'", "''")}'`, json: JSON.stringify(value) }
}

function blob(hex: string): Value {
  const bytes = [...Buffer.from(hex, 'hex')]
  return {
    sql: `x'${hex}'`,
    json: bytes.length % 2 === 0 ? `[${bytes.join()}]` : JSON.stringify(`x'${hex}'`),
  }
}

/** Mostly small ones, so that rows meet. */
export function anyValue(random: Prng): Value {
  switch (random.between(0, 12)) {
    case 0:
      return NULL
    case 1:
      return random.pick([
        { sql: '1', json: 'true' },
        { sql: '0', json: 'false' },
      ])
    case 2:
    case 3:
      return real(random.pick(REALS))
    case 4:
    case 5:
    case 6:
      return text(random.pick(TEXTS))
    case 7:
      return blob(random.pick(BLOBS))
    case 8:
      return integer(random.pick(INTEGERS))
    default:
      return integer(BigInt(random.between(-5, 30)))
  }
}

export function textValue(random: Prng): Value {
  return text(random.pick(TEXTS))
}
