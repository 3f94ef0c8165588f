/** Engines that read along, however far they fall behind, against what the writer saw at the same version. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { loadSqliteBinary, SqlEngine } from '../../src/sql/index.ts'
import type { Publication } from '../../src/sql/publication.ts'
import { ReadEngine } from '../../src/sql/read-engine.ts'

const binary = loadSqliteBinary()
const READERS = 2
const PROBES = [
  'SELECT * FROM t ORDER BY id',
  'SELECT name, sql FROM sqlite_schema',
  'PRAGMA integrity_check',
]

const WRITES: readonly ((i: number) => string)[] = [
  () => 'INSERT INTO t (x) VALUES (hex(randomblob(3000)))',
  () => 'UPDATE t SET x = hex(randomblob(2500)) WHERE id % 2 = 0',
  () => 'DELETE FROM t WHERE id % 3 = 0',
  (i) => `CREATE TABLE u${i} (a, b)`,
  (i) => `ALTER TABLE t ADD COLUMN c${i} DEFAULT ${i}`,
  () => 'VACUUM',
  (i) => `CREATE INDEX i${i} ON t (x)`,
]

const operation = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('write' as const), n: fc.nat(WRITES.length - 1) }) },
  fc.record({ kind: fc.constant('churn' as const), n: fc.constant(0) }),
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('begin' as const), n: fc.nat(READERS - 1) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('read' as const), n: fc.nat(READERS - 1) }) },
  fc.record({ kind: fc.constant('end' as const), n: fc.nat(READERS - 1) }),
)

interface Reader {
  readonly engine: ReadEngine
  backlog: Publication[]
  at: { readonly version: number; readonly expected: unknown } | undefined
}

type Queries = Pick<SqlEngine, 'query'> | Pick<ReadEngine, 'query'>

function probe(engine: Queries): unknown {
  const statements = PROBES.map((sql) => ({ sql, positional: [], named: {} }))
  return engine.query('n', statements).map((result) => (result.kind === 'rows' ? result.values : result))
}

/** Writes and publishes; knows what its readers are at. */
class World {
  readonly #writer = new SqlEngine({ binary, isShared: true })
  readonly #readers: Reader[] = Array.from({ length: READERS }, () => ({
    engine: new ReadEngine(binary, { foreignKeys: false, timeBudgetMs: 0 }),
    backlog: [],
    at: undefined,
  }))
  #newest = 0
  #index = 0

  write(sql: string): void {
    const command = {
      ...{ namespace: 'n', mode: 'execute' as const, statements: [{ sql, positional: [], named: {} }] },
      ...{ transaction: false, timeMs: 0, seed: ++this.#index },
    }
    const inUse = this.#readers.flatMap(({ at }) => (at === undefined ? [] : [at.version]))
    this.#writer.apply([{ index: this.#index, command, wantResults: false }], { newest: this.#newest, inUse })
    const publication = this.#writer.publish()
    if (publication === undefined) return
    this.#newest = publication.version
    for (const { backlog } of this.#readers) backlog.push(publication)
  }

  /** So many versions that memory of those that nobody is at is used again. */
  churn(): void {
    for (let round = 0; round < 20; round++) this.write('UPDATE t SET x = hex(randomblob(2000))')
  }

  begin(n: number): void {
    const reader = this.#readers[n] as Reader
    if (reader.at !== undefined) return
    reader.engine.follow(reader.backlog)
    reader.backlog = []
    reader.at = { version: this.#newest, expected: probe(this.#writer) }
  }

  read(n: number): void {
    const { engine, at } = this.#readers[n] as Reader
    if (at !== undefined) expect(probe(engine)).toEqual(at.expected)
  }

  end(n: number): void {
    this.read(n)
    ;(this.#readers[n] as Reader).at = undefined
  }
}

it('a reader sees the version it is at, as the writer saw it', { timeout: 60_000 }, () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40, size: 'max' }), (operations) => {
      const world = new World()
      world.write('CREATE TABLE t (id INTEGER PRIMARY KEY, x)')
      for (const [i, { kind, n }] of operations.entries()) {
        if (kind === 'write') world.write((WRITES[n] as (i: number) => string)(i))
        else if (kind === 'churn') world.churn()
        else world[kind](n)
      }
      for (let n = 0; n < READERS; n++) {
        world.end(n)
        world.begin(n)
        world.read(n)
      }
    }),
    { numRuns: 20 },
  )
})
