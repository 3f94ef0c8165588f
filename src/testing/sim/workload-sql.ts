/**
 * Three objects in SQL: a counter whose additions count exactly once, lists that transactions append to
 * and read, and a set whose every row also holds what differs where machines are not deterministic.
 */
import type { Prng } from '../../base/index.ts'
import type { SqlParameter, SqlResult, SqlStatement, SqlValue } from '../../sql/index.ts'
import {
  type CounterInput,
  type CounterOutput,
  checkCounter,
  checkListAppend,
  checkSet,
  HistoryRecorder,
  type ListAppendInput,
  type ListAppendOutput,
  type OpenOperation,
  type SetInput,
  type SetOutput,
} from '../checkers/index.ts'
import type { WriteBody } from './requests.ts'
import {
  type ClientOperation,
  judged,
  type ReadOperation,
  unexpected,
  type Workload,
  type WriteOperation,
} from './workload.ts'

const NAMESPACE = 'default'
const LISTS = ['x', 'y', 'z']

export class SqlWorkload implements Workload {
  readonly setup = writeBody(
    [
      statement('CREATE TABLE IF NOT EXISTS counter (id INTEGER PRIMARY KEY, n INTEGER NOT NULL)'),
      statement('INSERT OR IGNORE INTO counter VALUES (1, 0)'),
      statement('CREATE TABLE IF NOT EXISTS lists (id INTEGER PRIMARY KEY, list TEXT, value INTEGER)'),
      statement(
        'CREATE TABLE IF NOT EXISTS elements (element TEXT PRIMARY KEY, at TEXT DEFAULT CURRENT_TIMESTAMP, draw INTEGER)',
      ),
    ],
    'execute',
  )
  readonly #counter: HistoryRecorder<CounterInput, CounterOutput>
  readonly #lists: HistoryRecorder<ListAppendInput, ListAppendOutput>
  readonly #set: HistoryRecorder<SetInput, SetOutput>
  #values = 0

  constructor(now: () => number) {
    this.#counter = new HistoryRecorder({ now })
    this.#lists = new HistoryRecorder({ now })
    this.#set = new HistoryRecorder({ now })
  }

  draw(client: string, prng: Prng): ClientOperation {
    switch (prng.between(0, 7)) {
      case 0:
        return this.#add(client, prng.between(1, 5))
      case 1:
        return this.#readCounter(client)
      case 2:
      case 3:
        return this.#append(client, prng)
      case 4:
        return this.#readList(client, prng.pick(LISTS))
      case 5:
        return this.#insert(client)
      default:
        return this.#readSet(client)
    }
  }

  drawLast(client: string): readonly ReadOperation[] {
    return [
      this.#readCounter(client),
      this.#readSet(client),
      ...LISTS.map((list) => this.#readList(`${client} ${list}`, list)),
    ]
  }

  judge(): number {
    return (
      judged('counter history', checkCounter(this.#counter.history())) +
      judged('list-append history', checkListAppend(this.#lists.history())) +
      judged('set history', checkSet(this.#set.history()))
    )
  }

  #add(client: string, amount: number): WriteOperation {
    const body = writeBody([statement('UPDATE counter SET n = n + ?', amount)], 'execute')
    return write(this.#counter.invoke(client, { type: 'add', amount }), body, () => null)
  }

  #readCounter(client: string): ReadOperation {
    const open = this.#counter.invoke(client, { type: 'read' })
    return read(open, [statement('SELECT n FROM counter')], ([rows]) => Number(rows?.[0]?.[0]))
  }

  /** Appends to one list or two and reads them, in one transaction. */
  #append(client: string, prng: Prng): WriteOperation {
    const lists = prng.chance(0.5) ? [prng.pick(LISTS)] : LISTS.filter(() => prng.chance(0.6))
    const steps: ListAppendInput = (lists.length > 0 ? lists : LISTS).flatMap((key) => [
      { type: 'append', key, value: ++this.#values },
      { type: 'read', key },
    ])
    const statements = steps.map((step) =>
      step.type === 'append'
        ? statement('INSERT INTO lists (list, value) VALUES (?, ?)', step.key, step.value)
        : listOf(step.key),
    )
    return write(this.#lists.invoke(client, steps), writeBody(statements, 'request'), (results) =>
      steps.map((step, i) => (step.type === 'append' ? null : column(rowsOf(results[i])).map(Number))),
    )
  }

  #readList(client: string, key: string): ReadOperation {
    const open = this.#lists.invoke(client, [{ type: 'read', key }])
    return read(open, [listOf(key)], ([rows = []]) => [column(rows).map(Number)])
  }

  #insert(client: string): WriteOperation {
    const element = `${client}.${++this.#values}`
    const body = writeBody(
      [statement('INSERT INTO elements (element, draw) VALUES (?, random())', element)],
      'execute',
    )
    return write(this.#set.invoke(client, { type: 'add', element }), body, () => null)
  }

  #readSet(client: string): ReadOperation {
    const open = this.#set.invoke(client, { type: 'read' })
    return read(open, [statement('SELECT element FROM elements')], ([rows = []]) => column(rows).map(String))
  }
}

type Rows = readonly (readonly SqlValue[])[]

function statement(sql: string, ...positional: SqlParameter[]): SqlStatement {
  return { sql, positional, named: {} }
}

function listOf(list: string): SqlStatement {
  return statement('SELECT value FROM lists WHERE list = ? ORDER BY id', list)
}

function writeBody(statements: readonly SqlStatement[], mode: 'execute' | 'request'): WriteBody {
  return { kind: 'sql', sql: { namespace: NAMESPACE, mode, statements, transaction: true } }
}

function write<Output>(
  open: OpenOperation<Output>,
  body: WriteBody,
  outputOf: (results: readonly SqlResult[]) => Output,
): WriteOperation {
  return {
    type: 'write',
    body,
    ok: (answer) => {
      if (answer.kind === 'forgotten') {
        open.unknown()
        return
      }
      if (answer.kind !== 'sql' || answer.results.some(({ kind }) => kind === 'error')) unexpected(answer)
      open.ok(outputOf(answer.results))
    },
    fail: () => open.fail(),
    unknown: () => open.unknown(),
  }
}

function read<Output>(
  open: OpenOperation<Output>,
  statements: readonly SqlStatement[],
  outputOf: (results: readonly Rows[]) => Output,
): ReadOperation {
  return {
    type: 'read',
    read: async ({ sql }) => outputOf((await sql.query(NAMESPACE, statements)).map(rowsOf)),
    ok: (value) => open.ok(value as Output), // what `read` resolves with
    fail: () => open.fail(),
  }
}

function rowsOf(result: SqlResult | undefined): Rows {
  return result?.kind === 'rows' ? result.values : unexpected(result)
}

function column(rows: Rows): SqlValue[] {
  return rows.map(([value]) => value as SqlValue) // every query here has one column
}
