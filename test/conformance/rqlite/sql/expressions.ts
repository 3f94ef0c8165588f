/** Expressions over the columns at hand: operators, functions, subqueries, without chance and without the clock. */
import type { Prng } from '../../../../src/base/index.ts'
import { anyValue, type Piece, textValue } from './values.ts'

export interface Scope {
  readonly random: Prng
  /** Names of columns that may be used, qualified or not. */
  readonly columns: readonly string[]
  /** A whole SELECT of one value over something else, if there may be one. */
  readonly subquery?: () => Piece[]
}

const BINARY = [
  '+',
  '-',
  '*',
  '/',
  '%',
  '||',
  '&',
  '|',
  '<<',
  '>>',
  '=',
  '<>',
  '<',
  '<=',
  '>',
  '>=',
  'IS',
  'IS NOT',
  'AND',
  'OR',
]
const COLLATE = ['NOCASE', 'RTRIM', 'BINARY']
const CASTS = ['INTEGER', 'REAL', 'TEXT', 'BLOB', 'NUMERIC']

/** Name to the number of its arguments. */
const FUNCTIONS: readonly (readonly [string, number])[] = [
  ['abs', 1],
  ['length', 1],
  ['octet_length', 1],
  ['upper', 1],
  ['lower', 1],
  ['typeof', 1],
  ['hex', 1],
  ['quote', 1],
  ['trim', 1],
  ['ltrim', 2],
  ['rtrim', 2],
  ['substr', 3],
  ['instr', 2],
  ['replace', 3],
  ['coalesce', 2],
  ['ifnull', 2],
  ['nullif', 2],
  ['iif', 3],
  ['min', 2],
  ['max', 3],
  ['round', 1],
  ['round', 2],
  ['unicode', 1],
  ['char', 2],
  ['sign', 1],
  ['floor', 1],
  ['ceil', 1],
  ['sqrt', 1],
  ['exp', 1],
  ['ln', 1],
  ['pow', 2],
  ['mod', 2],
  ['trunc', 1],
  ['degrees', 1],
  ['json_valid', 1],
  ['json_type', 1],
  ['json_array', 2],
  ['json_quote', 1],
  ['concat_ws', 3],
  ['unhex', 1],
  ['glob', 2],
  ['like', 2],
  ['zeroblob', 1],
  ['likely', 1],
  ['soundex', 1],
]

const DATES = ['date', 'time', 'datetime', 'julianday', 'unixepoch']
const MODIFIERS = [
  "'+1 day'",
  "'start of month'",
  "'-3 hours'",
  "'weekday 0'",
  "'+1 month'",
  "'unixepoch'",
  "'subsec'",
  "'nonsense'",
]

export function expression(scope: Scope, depth = 2): Piece[] {
  const { random } = scope
  if (depth === 0 || random.chance(0.3)) return leaf(scope)
  const inner = (): Piece[] => expression(scope, depth - 1)
  switch (random.between(0, 15)) {
    case 0:
    case 1:
    case 2:
      return ['(', ...inner(), ` ${random.pick(BINARY)} `, ...inner(), ')']
    case 3:
      return [`${random.pick(['-', '+', '~', 'NOT '])}(`, ...inner(), ')']
    case 4:
    case 5:
    case 6:
      return call(scope, depth)
    case 7:
      return ['CAST(', ...inner(), ` AS ${random.pick(CASTS)})`]
    case 8:
      return ['CASE WHEN ', ...inner(), ' THEN ', ...inner(), ' ELSE ', ...inner(), ' END']
    case 9:
      return [
        '(',
        ...inner(),
        ` ${random.pick(['', 'NOT '])}IN (`,
        ...leaf(scope),
        ', ',
        ...leaf(scope),
        '))',
      ]
    case 10:
      return [
        '(',
        ...inner(),
        ` ${random.pick(['', 'NOT '])}BETWEEN `,
        ...leaf(scope),
        ' AND ',
        ...leaf(scope),
        ')',
      ]
    case 11:
      return ['(', ...inner(), ` ${random.pick(['LIKE', 'GLOB', 'NOT LIKE'])} `, textValue(random), ')']
    case 12:
      return ['(', ...inner(), ` COLLATE ${random.pick(COLLATE)})`]
    case 13:
      return date(scope)
    default:
      return scope.subquery === undefined
        ? ['(', ...inner(), random.pick([' IS NULL', ' NOTNULL', ' ISNULL']), ')']
        : random.chance(0.5)
          ? ['(', ...scope.subquery(), ')']
          : [`${random.pick(['', 'NOT '])}EXISTS (`, ...scope.subquery(), ')']
  }
}

export function leaf({ random, columns }: Scope): Piece[] {
  return columns.length > 0 && random.chance(0.6) ? [random.pick(columns)] : [anyValue(random)]
}

function call(scope: Scope, depth: number): Piece[] {
  const [name, count] = scope.random.pick(FUNCTIONS)
  // A blob as large as any number would take all memory.
  if (name === 'zeroblob') return [`zeroblob(${scope.random.between(0, 40)})`]
  const list = Array.from({ length: count }, () => expression(scope, depth - 1))
  return [`${name}(`, ...list.flatMap((pieces, i) => (i === 0 ? pieces : [', ', ...pieces])), ')']
}

/** Of a fixed time: what the clock says is another test's business. */
function date({ random }: Scope): Piece[] {
  const moment = random.pick<Piece>([
    "'2024-02-29 12:34:56.789'",
    "'1970-01-01'",
    '1700000000',
    '2460000.5',
    textValue(random),
  ])
  const modifiers = random.chance(0.5) ? `, ${random.pick(MODIFIERS)}` : ''
  if (random.chance(0.3)) return ["strftime('%Y-%m-%dT%H:%M:%f %j %w %s', ", moment, `${modifiers})`]
  if (random.chance(0.1)) return ["timediff('2024-03-01', ", moment, ')']
  return [`${random.pick(DATES)}(`, moment, `${modifiers})`]
}
