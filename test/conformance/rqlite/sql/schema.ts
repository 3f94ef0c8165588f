/** What the generator believes to be in the database. It need not be right: errors are compared, too. */
import type { Prng } from '../../../../src/base/index.ts'

export interface Column {
  readonly name: string
  /** As declared; none of those that the HTTP API shows in another form (boolean, date, ...). */
  readonly type: string
}

export interface Table {
  readonly name: string
  readonly columns: readonly Column[]
  readonly kind: 'table' | 'view' | 'search'
  readonly hasRowid: boolean
}

const TYPES = ['INTEGER', 'INTEGER', 'INT', 'TEXT', 'TEXT', 'VARCHAR(20)', 'REAL', 'NUMERIC', 'BLOB', '']
const STRICT_TYPES = ['INTEGER', 'INT', 'TEXT', 'REAL', 'BLOB', 'ANY']
const COLLATIONS = ['', '', '', ' COLLATE NOCASE', ' COLLATE RTRIM', ' COLLATE BINARY']

export class Schema {
  readonly tables: Table[] = []
  readonly indexes: string[] = []
  readonly triggers: string[] = []
  readonly #prefix: string
  #count = 0

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  newName(letter: string): string {
    return `${this.#prefix}${letter}${this.#count++}`
  }

  /** Something to read from; made up if there is nothing yet. */
  anySource(random: Prng): Table {
    return this.tables.length === 0 ? this.missing : random.pick(this.tables)
  }

  anyTable(random: Prng): Table {
    const tables = this.tables.filter(({ kind }) => kind === 'table')
    return tables.length === 0 ? this.missing : random.pick(tables)
  }

  remove(name: string): void {
    const at = this.tables.findIndex((table) => table.name === name)
    if (at >= 0) this.tables.splice(at, 1)
  }

  replace(table: Table, by: Table): void {
    const at = this.tables.indexOf(table)
    if (at >= 0) this.tables[at] = by
  }

  get missing(): Table {
    return {
      name: `${this.#prefix}missing`,
      columns: [{ name: 'c0', type: '' }],
      kind: 'table',
      hasRowid: true,
    }
  }
}

/** The text of a CREATE TABLE, and the table. */
export function newTable(random: Prng, name: string, literal: () => string): { sql: string; table: Table } {
  const strict = random.chance(0.15)
  const withoutRowid = random.chance(0.15)
  const columns: Column[] = []
  const definitions: string[] = []
  const count = random.between(2, 6)
  const keyed = random.chance(0.75)
  for (let i = 0; i < count; i++) {
    const column = { name: `c${i}`, type: random.pick(strict ? STRICT_TYPES : TYPES) }
    if (i === 0 && (keyed || withoutRowid)) {
      const type = random.chance(0.7) ? 'INTEGER' : column.type
      const autoincrement = type === 'INTEGER' && !withoutRowid && random.chance(0.3) ? ' AUTOINCREMENT' : ''
      const descending = autoincrement === '' && random.chance(0.1) ? ' DESC' : ''
      columns.push({ name: column.name, type })
      definitions.push(`c0 ${type} PRIMARY KEY${descending}${autoincrement}`)
      continue
    }
    columns.push(column)
    definitions.push(`${column.name} ${column.type}${constraints(random, column.name, i, literal)}`)
  }
  if (count > 3 && random.chance(0.2)) definitions.push(`UNIQUE (c1, c2)${onConflict(random)}`)
  if (random.chance(0.15)) definitions.push(`CHECK (c1 IS NOT ${literal()})`)
  const options = [...(strict ? ['STRICT'] : []), ...(withoutRowid ? ['WITHOUT ROWID'] : [])].join(', ')
  return {
    sql: `CREATE TABLE ${random.chance(0.2) ? 'IF NOT EXISTS ' : ''}${name} (${definitions.join(', ')}) ${options}`,
    table: { name, columns, kind: 'table', hasRowid: !withoutRowid },
  }
}

function constraints(random: Prng, name: string, i: number, literal: () => string): string {
  let text = ''
  if (random.chance(0.15)) text += ` NOT NULL${onConflict(random)}`
  if (random.chance(0.12)) text += ` UNIQUE${onConflict(random)}`
  if (random.chance(0.2)) text += ` DEFAULT (${literal()})`
  if (random.chance(0.1)) text += ` CHECK (typeof(${name}) <> 'blob')`
  text += random.pick(COLLATIONS)
  if (i > 1 && random.chance(0.1)) {
    const stored = random.chance(0.5) ? 'STORED' : 'VIRTUAL'
    return ` AS (${random.pick(['c1 || c1', 'length(c1)', 'upper(c1)', 'c1 + 1', 'typeof(c1)'])}) ${stored}`
  }
  return text
}

export function onConflict(random: Prng): string {
  return random.chance(0.2)
    ? ` ON CONFLICT ${random.pick(['IGNORE', 'REPLACE', 'FAIL', 'ABORT', 'ROLLBACK'])}`
    : ''
}
