/** INSERT, UPDATE, DELETE and everything that changes the schema. */
import type { Prng } from '../../../../src/base/index.ts'
import { expression } from './expressions.ts'
import { newTable, type Schema, type Table } from './schema.ts'
import type { Selects } from './selects.ts'
import { anyValue, type Piece } from './values.ts'

const CONFLICTS = ['', '', '', '', ' OR IGNORE', ' OR REPLACE', ' OR FAIL', ' OR ABORT', ' OR ROLLBACK']

export class Writes {
  readonly #random: Prng
  readonly #schema: Schema
  readonly #selects: Selects

  constructor(random: Prng, schema: Schema, selects: Selects) {
    this.#random = random
    this.#schema = schema
    this.#selects = selects
  }

  rows(): Piece[] {
    switch (this.#random.between(0, 10)) {
      case 0:
      case 1:
        return this.#update()
      case 2:
        return this.#delete()
      case 3:
        return this.#upsert()
      case 4:
        return this.#insertSelect()
      case 5:
        return this.#search()
      default:
        return this.#insert()
    }
  }

  #insert(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const columns = table.columns.filter(() => this.#random.chance(0.9))
    const names = (columns.length > 0 ? columns : table.columns).map(({ name }) => name)
    const count = this.#random.between(1, 4)
    const rows = Array.from({ length: count }, (_, i): Piece[] => [
      i === 0 ? '(' : ', (',
      ...list(names.map(() => [this.#value()])),
      ')',
    ])
    return [
      `INSERT${this.#random.pick(CONFLICTS)} INTO ${table.name}(${names.join()}) VALUES `,
      ...rows.flat(),
      ...this.#returning(table, 0.15),
    ]
  }

  #value(): Piece {
    // What SQLite keeps per connection is the same everywhere, too.
    if (this.#random.chance(0.03)) return this.#random.pick(['last_insert_rowid()', 'changes()'])
    return anyValue(this.#random)
  }

  #insertSelect(): Piece[] {
    const [table, source] = [this.#schema.anyTable(this.#random), this.#schema.anySource(this.#random)]
    const scope = this.#selects.scopeOf(source)
    const names = table.columns.map(({ name }) => name)
    const order = source.columns.map(({ name }) => name).join()
    return [
      `INSERT${this.#random.pick(CONFLICTS)} INTO ${table.name}(${names.join()}) SELECT `,
      ...list(names.map(() => expression(scope, 1))),
      ` FROM ${source.name}`,
      ...this.#selects.where(scope),
      ` ORDER BY ${order} LIMIT 20`,
    ]
  }

  #upsert(): Piece[] {
    const table = this.#schema.anyTable(this.#random)
    const names = table.columns.map(({ name }) => name)
    const target = this.#random.chance(0.8)
      ? `(${this.#random.chance(0.8) ? 'c0' : this.#random.pick(names)})`
      : ''
    const column = this.#random.pick(names)
    const action: Piece[] = this.#random.chance(0.3)
      ? ['NOTHING']
      : [
          `UPDATE SET ${column} = `,
          ...this.#excluded(column),
          ...(this.#random.chance(0.3) ? [' WHERE ', ...expression(this.#selects.scopeOf(table), 1)] : []),
        ]
    return [
      `INSERT INTO ${table.name}(${names.join()}) VALUES (`,
      ...list(names.map(() => [this.#value()])),
      `) ON CONFLICT ${target} DO `,
      ...action,
      ...this.#returning(table, 0.2),
    ]
  }

  #excluded(column: string): Piece[] {
    return this.#random.chance(0.5) ? [`excluded.${column}`] : [`${column} || `, anyValue(this.#random)]
  }

  #update(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const scope = this.#selects.scopeOf(table, table.name)
    const { name } = this.#random.pick(table.columns)
    if (this.#random.chance(0.15)) {
      const source = this.#schema.anyTable(this.#random)
      const from = source.columns.map((column) => column.name)
      return [
        `UPDATE ${table.name} SET ${name} = f.v FROM (SELECT c0 AS k, max(${this.#random.pick(from)}) AS v FROM ${source.name} GROUP BY c0) AS f WHERE ${table.name}.c0 = f.k`,
      ]
    }
    return [
      `UPDATE${this.#random.pick(CONFLICTS)} ${table.name} SET ${name} = `,
      ...expression(scope, 2),
      ...this.#selects.where(scope),
      ...this.#returning(table, 0.1),
    ]
  }

  #delete(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const scope = this.#selects.scopeOf(table)
    return [
      `DELETE FROM ${table.name} WHERE `,
      ...expression(scope, 1),
      ' AND ',
      ...expression(scope, 1),
      ...this.#returning(table, 0.15),
    ]
  }

  #search(): Piece[] {
    const table = this.#schema.tables.find(({ kind }) => kind === 'search')
    if (table === undefined) return this.#insert()
    if (this.#random.chance(0.2))
      return [`DELETE FROM ${table.name} WHERE docid = ${this.#random.between(1, 8)}`]
    return [
      `INSERT INTO ${table.name}(c0, c1) VALUES (`,
      anyValue(this.#random),
      ', ',
      anyValue(this.#random),
      ')',
    ]
  }

  #returning(table: Table, chance: number): Piece[] {
    if (!this.#random.chance(chance)) return []
    if (this.#random.chance(0.3)) return [' RETURNING *']
    return [
      ' RETURNING c0, ',
      ...expression({ random: this.#random, columns: table.columns.map(({ name }) => name) }, 1),
      ' AS r',
    ]
  }

  schema(): Piece[] {
    const random = this.#random
    if (this.#schema.tables.length < 2) return this.#createTable()
    switch (random.between(0, 14)) {
      case 0:
      case 1:
        return this.#schema.tables.length < 8 ? this.#createTable() : this.#drop()
      case 2:
      case 3:
      case 4:
        return this.#createIndex()
      case 5:
        return this.#createView()
      case 6:
      case 7:
      case 8:
        return this.#createTrigger()
      case 9:
      case 10:
        return this.#alter()
      case 11:
        return this.#createSearch()
      case 12:
        return [`${random.pick(['ANALYZE', 'REINDEX'])} ${this.#schema.anyTable(random).name}`]
      default:
        return random.chance(0.3)
          ? this.#drop()
          : [`DROP INDEX IF EXISTS ${random.pick([...this.#schema.indexes, 'none'])}`]
    }
  }

  #createTable(): Piece[] {
    const { sql, table } = newTable(this.#random, this.#schema.newName('t'), () => anyValue(this.#random).sql)
    this.#schema.tables.push(table)
    return [sql]
  }

  #createIndex(): Piece[] {
    const table = this.#schema.anyTable(this.#random)
    const name = this.#schema.newName('i')
    this.#schema.indexes.push(name)
    const term = (): string => {
      const column = this.#random.pick(table.columns).name
      return this.#random.pick([
        column,
        column,
        `${column} DESC`,
        `${column} COLLATE NOCASE`,
        `lower(${column})`,
        `${column} || 'x'`,
      ])
    }
    const terms = Array.from({ length: this.#random.between(1, 3) }, term).join()
    const where = this.#random.chance(0.2)
      ? ` WHERE ${this.#random.pick(table.columns).name} IS NOT NULL`
      : ''
    return [
      `CREATE ${this.#random.chance(0.2) ? 'UNIQUE ' : ''}INDEX ${name} ON ${table.name}(${terms})${where}`,
    ]
  }

  #createView(): Piece[] {
    const table = this.#schema.anyTable(this.#random)
    const name = this.#schema.newName('v')
    const columns = [
      { name: 'c0', type: '' },
      { name: 'c1', type: '' },
    ]
    this.#schema.tables.push({ name, columns, kind: 'view', hasRowid: false })
    const { name: column } = this.#random.pick(table.columns)
    return [
      `CREATE VIEW ${name}(c0, c1) AS SELECT c0, ${this.#random.pick([column, `upper(${column})`, `count(*) OVER (PARTITION BY ${column})`])} FROM ${table.name}`,
    ]
  }

  #createTrigger(): Piece[] {
    const table = this.#schema.anySource(this.#random)
    const name = this.#schema.newName('g')
    this.#schema.triggers.push(name)
    const event = this.#random.pick(['INSERT', 'UPDATE', 'DELETE'])
    const row = event === 'DELETE' ? 'old' : 'new'
    const when = table.kind === 'view' ? 'INSTEAD OF' : this.#random.pick(['BEFORE', 'AFTER'])
    const condition = this.#random.chance(0.3) ? ` WHEN ${row}.c1 IS NOT ${anyValue(this.#random).sql}` : ''
    return [
      `CREATE TRIGGER ${name} ${when} ${event} ON ${table.name}${condition} BEGIN ${this.#triggered(row)}; END`,
    ]
  }

  #triggered(row: string): string {
    const target = this.#schema.anyTable(this.#random)
    const { name } = this.#random.pick(target.columns)
    return this.#random.pick([
      `INSERT OR IGNORE INTO ${target.name}(${name}) VALUES (${row}.c1)`,
      `UPDATE ${target.name} SET ${name} = ${row}.c1 WHERE c0 = ${row}.c0 + 1`,
      `DELETE FROM ${target.name} WHERE c0 = ${row}.c0 - 7`,
      `SELECT CASE WHEN ${row}.c1 = 'abc' THEN RAISE(${this.#random.pick(['IGNORE', "ABORT, 'not abc'", "FAIL, 'no abc'", "ROLLBACK, 'never abc'"])}) END`,
    ])
  }

  #createSearch(): Piece[] {
    const name = this.#schema.newName('f')
    if (!this.#schema.tables.some(({ kind }) => kind === 'search')) {
      this.#schema.tables.push({
        name,
        columns: [
          { name: 'c0', type: '' },
          { name: 'c1', type: '' },
        ],
        kind: 'search',
        hasRowid: true,
      })
    }
    return [`CREATE VIRTUAL TABLE ${name} USING fts4(c0, c1)`]
  }

  #alter(): Piece[] {
    const table = this.#schema.anyTable(this.#random)
    const column = this.#random.pick(table.columns)
    switch (this.#random.between(0, 4)) {
      case 0: {
        const name = this.#schema.newName('t')
        this.#schema.replace(table, { ...table, name })
        return [`ALTER TABLE ${table.name} RENAME TO ${name}`]
      }
      case 1: {
        const name = `c${table.columns.length}`
        this.#schema.replace(table, { ...table, columns: [...table.columns, { name, type: 'TEXT' }] })
        return [
          `ALTER TABLE ${table.name} ADD COLUMN ${name} TEXT${this.#random.chance(0.5) ? ` DEFAULT ${anyValue(this.#random).sql}` : ''}`,
        ]
      }
      case 2:
        if (table.columns.length < 4)
          return [`ALTER TABLE ${table.name} RENAME COLUMN ${column.name} TO ${column.name}`]
        this.#schema.replace(table, { ...table, columns: table.columns.slice(0, -1) })
        return [`ALTER TABLE ${table.name} DROP COLUMN ${table.columns.at(-1)?.name}`]
      default:
        return [`ALTER TABLE ${table.name} RENAME COLUMN ${column.name} TO ${column.name}`]
    }
  }

  #drop(): Piece[] {
    const { name, kind } = this.#schema.anySource(this.#random)
    if (this.#random.chance(0.7))
      return [`DROP TRIGGER ${this.#random.pick([...this.#schema.triggers, 'none'])}`]
    this.#schema.remove(name)
    return [`DROP ${kind === 'view' ? 'VIEW' : 'TABLE'} ${name}`]
  }
}

function list(items: readonly (readonly Piece[])[]): Piece[] {
  return items.flatMap((pieces, i) => (i === 0 ? pieces : [', ', ...pieces]))
}
