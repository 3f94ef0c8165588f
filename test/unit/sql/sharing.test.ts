/** Plain writes that come together share a transaction; the property test says that nobody can tell. */
import { describe, expect, it } from 'vitest'
import { AnalysisCache } from '../../../src/sql/analysis-cache.ts'
import {
  type SqlApplyItem,
  SqlEngine,
  type SqlEngineInit,
  type SqliteBinary,
  type SqlStatement,
} from '../../../src/sql/index.ts'
import { Sharing, type SharingItem } from '../../../src/sql/sharing.ts'
import { stockFile } from '../../stock-sqlite.ts'
import { binary, captureOf, resultsOf, stmt, tag, timeless } from './support.ts'

/** What reads from a file, and what writes to one. */
const FILE_CALL = 'iiiij'
/** The beginning of a journal. */
const JOURNAL_MAGIC = Buffer.from('d9d505f920a163d7', 'hex')

/** Counts instances and what they do with their files. */
class WatchedBinary implements SqliteBinary {
  instances = 0
  fileCalls = 0
  /** Journals are written in a way that we do not know. */
  readonly #hidesJournals: boolean

  constructor({ hidesJournals = false } = {}) {
    this.#hidesJournals = hidesJournals
  }

  instantiate(): ReturnType<SqliteBinary['instantiate']> {
    this.instances++
    const instance = binary.instantiate()
    const { api, memory } = instance
    const addFunction: typeof api.addFunction = (callback, signature) => {
      if (signature !== FILE_CALL) return api.addFunction(callback, signature)
      const watched = (...values: never[]): number | undefined => {
        this.fileCalls++
        const at = Number(values[1])
        const start = memory.bytes.subarray(at, at + JOURNAL_MAGIC.length)
        if (this.#hidesJournals && JOURNAL_MAGIC.equals(start)) start.fill(0)
        return callback(...values)
      }
      return api.addFunction(watched, signature)
    }
    return { ...instance, api: { ...api, addFunction } }
  }
}

const SET_UP = [
  'CREATE TABLE t (id INTEGER PRIMARY KEY, u UNIQUE, r DEFAULT (random()), filling)',
  'CREATE TABLE child (parent REFERENCES t (id) DEFERRABLE INITIALLY DEFERRED)',
]

interface BatchesInit extends SqlEngineInit {
  readonly binary?: SqliteBinary
  /** Instead of an empty database. */
  readonly file?: Uint8Array
}

class Batches {
  readonly engine: SqlEngine
  #index = 0

  constructor({ binary: own = binary, file, ...init }: BatchesInit = {}) {
    this.engine = new SqlEngine({ binary: own }, init)
    if (file !== undefined) this.engine.apply([loadOf(file, ++this.#index)])
    this.apply(SET_UP.map((sql) => stmt(sql)))
  }

  /** Each statement is a command of its own; all are one batch. */
  apply(statements: readonly SqlStatement[]): unknown[] {
    const items = statements.map((statement) => itemOf(statement, ++this.#index))
    return this.engine.apply(items).map((outcome) => resultsOf(outcome).map(timeless)[0])
  }
}

function loadOf(data: Uint8Array, index: number): SqlApplyItem {
  const place = { namespace: 'n', loadId: '1234567890123456', offset: 0, timeMs: 0, seed: 0 }
  return {
    index,
    command: { mode: 'load', step: 'commit', content: 'file', data, ...place },
    wantResults: true,
  }
}

function itemOf(statement: SqlStatement, index: number): SharingItem {
  const command = {
    namespace: 'n',
    mode: 'execute' as const,
    transaction: false,
    statements: [statement],
    timeMs: 0,
    seed: index,
  }
  return { index, command, request: tag(`${index}`), wantResults: true }
}

function inserts(count: number, from = 0): SqlStatement[] {
  return Array.from({ length: count }, (_, i) => stmt('INSERT INTO t (u) VALUES (?)', [from + i]))
}

/** File calls for each of some inserts that come together. */
function fileCallsPerInsert(together: number): number {
  const watched = new WatchedBinary()
  const batches = new Batches({ binary: watched })
  batches.apply(inserts(1, -1))
  const before = watched.fileCalls
  for (let at = 0; at < 60; at += together) batches.apply(inserts(together, at))
  return (watched.fileCalls - before) / 60
}

/** What each command leaves must be what it leaves alone. */
const ALIKE: [name: string, init: BatchesInit, sqls: string[]][] = [
  [
    'counts what happened, and not what was undone',
    {},
    ['INSERT INTO t (id) VALUES (7)', 'DELETE FROM t WHERE id < 9', 'INSERT INTO t (id) VALUES (1), (1)'],
  ],
  [
    'draws what it would draw alone',
    {},
    ['INSERT INTO t (id) VALUES (1), (2)', 'INSERT INTO t (id) VALUES (3), (4)'],
  ],
  [
    'checks foreign keys when each is done',
    { foreignKeys: true },
    ['INSERT INTO child VALUES (7)', 'INSERT INTO t (id) VALUES (7)'],
  ],
  [
    'gives back pages when each is done',
    { file: stockFile('CREATE TABLE x (y)', 'PRAGMA auto_vacuum = FULL') },
    [
      "INSERT INTO t (id, filling) VALUES (1, zeroblob(20000)), (2, zeroblob(9000)), (3, 'x')",
      'DELETE FROM t WHERE id = 1',
      'INSERT INTO t (id, filling) VALUES (4, zeroblob(9000))',
    ],
  ],
]

describe('sql sharing', () => {
  it('writes what many commands change once', () => {
    expect(fileCallsPerInsert(60)).toBeLessThan(fileCallsPerInsert(1) / 5)
  })

  it('leaves alone the one that fails, and shares what comes before and after it', () => {
    const watched = new WatchedBinary()
    const batches = new Batches({ binary: watched })
    batches.apply(inserts(1, 39))
    const { instances, fileCalls } = watched
    const results = batches.apply(inserts(80))
    expect(results.map((result) => (result as { kind: string }).kind)).toEqual([
      ...Array(39).fill('write'),
      'error',
      ...Array(40).fill('write'),
    ])
    expect(watched.instances).toBe(instances)
    expect(watched.fileCalls - fileCalls).toBeLessThan((fileCallsPerInsert(1) * 80) / 3)
  })

  it.each(ALIKE)('%s', (_, init, sqls) => {
    const statements = sqls.map((sql) => stmt(sql))
    const [together, alone] = [new Batches(init), new Batches(init)]
    expect(together.apply(statements)).toEqual(statements.flatMap((statement) => alone.apply([statement])))
    expect(captureOf(together.engine).equals(captureOf(alone.engine))).toBe(true)
  })

  it('tries seldom where most fail, and always again where they no longer do', () => {
    const sharing = new Sharing(new AnalysisCache(), true)
    const items = inserts(20).map((statement, i) => itemOf(statement, i))
    const triesIn = (batches: number, succeed: boolean): number => {
      let tries = 0
      for (let i = 0; i < batches; i++) {
        if (!('together' in sharing.take(items, 0))) continue
        tries++
        if (succeed) sharing.succeeded(items)
        else sharing.failed([])
      }
      return tries
    }
    expect(triesIn(400, false)).toBeLessThan(10)
    triesIn(400, true)
    expect(triesIn(100, true)).toBe(100)
    sharing.failed([]) // after many that succeeded
    expect(triesIn(1, true)).toBe(1)
  })

  it('shares nothing with a build of SQLite that draws in a way we do not know', () => {
    const unknown = new Batches({ binary: new WatchedBinary({ hidesJournals: true }) })
    const known = new Batches()
    expect([unknown.engine.sharesTransactions, known.engine.sharesTransactions]).toEqual([false, true])
    const alone = new Batches({ binary: new WatchedBinary({ hidesJournals: true }) })
    unknown.apply(inserts(10))
    for (const insert of inserts(10)) alone.apply([insert])
    expect(captureOf(unknown.engine).equals(captureOf(alone.engine))).toBe(true)
  })
})
