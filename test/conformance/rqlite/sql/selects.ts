/** SELECTs: joins, aggregates, windows, common table expressions, compounds, with an order that is total. */
import type { Prng } from '../../../../src/base/index.ts'
import { expression, leaf, type Scope } from './expressions.ts'
import type { Schema, Table } from './schema.ts'
import type { Piece } from './values.ts'

const JOINS = ['JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN', 'CROSS JOIN', ',']
const AGGREGATES = ['count', 'sum', 'avg', 'min', 'max', 'total']
const WINDOWS = ['row_number()', 'rank()', 'dense_rank()', 'ntile(3)', 'percent_rank()', 'cume_dist()']
const FRAMES = [
  '',
  ' ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING',
  ' GROUPS 1 PRECEDING',
  ' ROWS UNBOUNDED PRECEDING EXCLUDE CURRENT ROW',
]

export class Selects {
  readonly #random: Prng
  readonly #schema: Schema

  constructor(random: Prng, schema: Schema) {
    this.#random = random
    this.#schema = schema
  }

  any(): Piece[] {
    switch (this.#random.between(0, 12)) {
      case 0:
      case 1:
        return this.#aggregate()
      case 2:
        return this.#window()
      case 3:
        return this.#recursive()
      case 4:
        return this.#compound()
      case 5:
      case 6:
      case 7:
        return this.#join()
      case 8:
        return this.#json()
      case 9:
        return this.#search()
      default:
        return this.#simple()
    }
  }

  scopeOf(table: Table, alias?: string): Scope {
    const prefix = alias === undefined ? '' : `${alias}.`
    return {
      random: this.#random,
      columns: table.columns.map(({ name }) => prefix + name),
      subquery: () => this.one(),
    }
  }

  /** One value. */
  one(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const scope: Scope = { random: this.#random, columns: table.columns.map(({ name }) => `s.${name}`) }
    return [`SELECT ${this.#random.pick(AGGREGATES)}(`, ...expression(scope, 1), `) FROM ${table.name} AS s`]
  }

  where(scope: Scope): Piece[] {
    return this.#random.chance(0.7) ? [' WHERE ', ...expression(scope, 2)] : []
  }

  #simple(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const scope = this.scopeOf(table)
    const distinct = this.#random.chance(0.2) ? 'DISTINCT ' : ''
    const results = this.#random.chance(0.2)
      ? { pieces: ['*'], count: table.columns.length }
      : this.#results(scope)
    const limit = this.#random.chance(0.3)
      ? ` LIMIT ${this.#random.between(0, 6)} OFFSET ${this.#random.between(0, 3)}`
      : ''
    return [
      `SELECT ${distinct}`,
      ...results.pieces,
      ` FROM ${table.name}`,
      ...this.where(scope),
      order(results.count),
      limit,
    ]
  }

  #join(): Piece[] {
    const [left, right] = [this.#schema.anySource(this.#random), this.#schema.anySource(this.#random)]
    const scope: Scope = {
      random: this.#random,
      columns: [
        ...left.columns.map(({ name }) => `a.${name}`),
        ...right.columns.map(({ name }) => `b.${name}`),
      ],
      subquery: () => this.one(),
    }
    const join = this.#random.pick(JOINS)
    const on: Piece[] =
      join === ',' || join === 'CROSS JOIN'
        ? []
        : this.#random.chance(0.2)
          ? [' USING (c0)']
          : [' ON a.c0 = b.', this.#column(right)]
    const results = this.#results(scope)
    return [
      'SELECT ',
      ...results.pieces,
      ` FROM ${left.name} AS a ${join} ${right.name} AS b`,
      ...on,
      ...this.where(scope),
      order(results.count),
      ' LIMIT 50',
    ]
  }

  #aggregate(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const scope = this.scopeOf(table)
    const group = this.#column(table)
    const filter: Piece[] = this.#random.chance(0.3) ? [' FILTER (WHERE ', ...expression(scope, 1), ')'] : []
    const distinct = this.#random.chance(0.2) ? 'DISTINCT ' : ''
    const list = `group_concat(${this.#column(table)}, '|' ORDER BY ${table.columns.map(({ name }) => name).join()})`
    const having: Piece[] = this.#random.chance(0.3)
      ? [' HAVING count(*) > ', ...leaf({ random: this.#random, columns: [] })]
      : []
    return [
      `SELECT ${group} AS r0, count(*) AS r1, ${this.#random.pick(AGGREGATES)}(${distinct}`,
      ...expression(scope, 1),
      ')',
      ...filter,
      ` AS r2, ${list} AS r3`,
      ` FROM ${table.name}`,
      ...this.where(scope),
      ` GROUP BY ${group}`,
      ...having,
      order(4),
    ]
  }

  #window(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const all = table.columns.map(({ name }) => name).join()
    const column = this.#column(table)
    const [name, frame] = this.#random.chance(0.5)
      ? [this.#random.pick(WINDOWS), '']
      : [
          this.#random.pick([
            `sum(${column})`,
            `count(${column})`,
            `max(${column})`,
            `lag(${column}) `,
            `first_value(${column})`,
            `nth_value(${column}, 2)`,
          ]),
          this.#random.pick(FRAMES),
        ]
    const partition = this.#random.chance(0.5) ? `PARTITION BY ${this.#column(table)} ` : ''
    return [
      `SELECT ${all}, ${name} OVER (${partition}ORDER BY ${all}${frame}) AS w FROM ${table.name}`,
      order(table.columns.length + 1),
    ]
  }

  #recursive(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const steps = this.#random.between(1, 30)
    return [
      `WITH RECURSIVE n(i, v) AS (SELECT 1, `,
      ...leaf({ random: this.#random, columns: [] }),
      ` UNION ALL SELECT i + 1, v || i FROM n WHERE i < ${steps}),`,
      ` k AS ${this.#random.pick(['', 'MATERIALIZED ', 'NOT MATERIALIZED '])}(SELECT * FROM ${table.name})`,
      ` SELECT i, v, (SELECT count(*) FROM k WHERE k.${this.#column(table)} >= i) AS c FROM n ORDER BY i`,
    ]
  }

  #compound(): Piece[] {
    const part = (): Piece[] => {
      const table = this.#schema.anySource(this.#random)
      return [
        'SELECT ',
        ...expression(this.scopeOf(table), 1),
        ' AS r0, ',
        ...expression(this.scopeOf(table), 1),
        ` AS r1 FROM ${table.name}`,
      ]
    }
    const operator = this.#random.pick(['UNION', 'UNION ALL', 'INTERSECT', 'EXCEPT'])
    return [...part(), ` ${operator} `, ...part(), order(2)]
  }

  #json(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const object = table.columns.map(({ name }) => `'${name}', quote(${name})`).join()
    return this.#random.chance(0.5)
      ? [`SELECT json_object(${object}) AS r0 FROM ${table.name}`, order(1)]
      : [
          `SELECT key, value, type FROM json_each(json_array(`,
          ...leaf({ random: this.#random, columns: [] }),
          `, 1.5, 'x', NULL))`,
          order(3),
        ]
  }

  #search(): Piece[] {
    const table = this.#schema.tables.find(({ kind }) => kind === 'search')
    if (table === undefined) return this.#simple()
    const word = this.#random.pick(['abc', 'a*', 'b OR a', '"a b"', 'null', 'ümläut'])
    return [
      `SELECT c0, snippet(${table.name}) AS r1 FROM ${table.name} WHERE ${table.name} MATCH '${word}'`,
      order(2),
    ]
  }

  #results(scope: Scope): { pieces: Piece[]; count: number } {
    const count = this.#random.between(1, 4)
    const list = Array.from({ length: count }, (_, i): Piece[] => [
      ...(i > 0 ? [', '] : []),
      ...expression(scope, 2),
      ` AS r${i}`,
    ])
    return { pieces: list.flat(), count }
  }

  #column(table: Table): string {
    return this.#random.pick(table.columns).name
  }
}

/** By every column, and by its type, as 1 and 1.0 are equal. */
function order(count: number): string {
  return ` ORDER BY ${Array.from({ length: count }, (_, i) => i + 1).join()}`
}
