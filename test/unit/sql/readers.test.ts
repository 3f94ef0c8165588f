/** Threads that read: what they see, and what becomes of them. */
import { EventEmitter } from 'node:events'
import type { Worker } from 'node:worker_threads'
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import {
  createSqlMachine,
  type SqlApplyItem,
  SqlEngine,
  type SqlMachine,
  type SqlMachineInit,
} from '../../../src/sql/index.ts'
import type { Publication } from '../../../src/sql/publication.ts'
import { ReadEngine } from '../../../src/sql/read-engine.ts'
import { ReadFlags } from '../../../src/sql/read-flags.ts'
import { ReaderHost } from '../../../src/sql/reader-host.ts'
import { CONTROL, PIECES_MAX, type ReaderMessage } from '../../../src/sql/reader-protocol.ts'
import { type Read, ReaderThread } from '../../../src/sql/reader-thread.ts'
import { binary, NAMESPACE, resultsOf, statementsOf, stmt, TestEngine, timeless } from './support.ts'

const ENDLESS = 'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r'

function item(index: number, ...sql: string[]): SqlApplyItem {
  const command = {
    ...{ namespace: NAMESPACE, mode: 'request' as const, statements: statementsOf(sql) },
    ...{ transaction: false, timeMs: 0, seed: index },
  }
  return { index, command, wantResults: true }
}

describe('read engine', () => {
  /** A writer and a reader that follows it. */
  function pair() {
    const writer = new SqlEngine({ binary, isShared: true })
    const reader = new ReadEngine(binary, { foreignKeys: false, timeBudgetMs: 0 })
    let index = 0
    const publish = (): void => {
      const publication = writer.publish()
      if (publication !== undefined) reader.follow([publication])
    }
    const write = (...sql: string[]) => {
      const [outcome] = writer.apply([item(++index, ...sql)], { newest: 0, inUse: [] })
      publish()
      return resultsOf(outcome)
    }
    const both = (sql: string) => {
      const [there, here] = [writer, reader].map((engine) =>
        engine.query(NAMESPACE, [stmt(sql)]).map(timeless),
      )
      expect(here).toEqual(there)
      return here
    }
    return { writer, reader, write, both, publish }
  }

  it('sees each version, whatever it has in its cache', () => {
    const { write, both } = pair()
    both('SELECT 1')
    write('CREATE TABLE t (id INTEGER PRIMARY KEY, x)')
    for (let round = 0; round < 20; round++) {
      write(`INSERT INTO t (x) SELECT hex(randomblob(500)) FROM (VALUES (1), (2), (3))`)
      both('SELECT * FROM t')
      write('UPDATE t SET x = upper(x) || id WHERE id % 3 = 0')
      both('SELECT count(*), sum(length(x)) FROM t')
      both('SELECT last_insert_rowid(), changes(), total_changes()')
    }
    write('DELETE FROM t WHERE id > 3', 'VACUUM')
    both('SELECT * FROM t')
  })

  it('sees other schemas, with statements that it has compiled before', () => {
    const { write, both } = pair()
    write('CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)')
    both('SELECT * FROM t')
    write('ALTER TABLE t ADD COLUMN b DEFAULT 7')
    both('SELECT * FROM t')
    write('DROP TABLE t', 'CREATE VIEW t AS SELECT 5 AS z')
    both('SELECT * FROM t')
    write('DROP VIEW t')
    both('SELECT * FROM t')
  })

  it('sees what full-text search finds', () => {
    const { write, both } = pair()
    write('CREATE VIRTUAL TABLE f USING fts4(x)')
    for (const word of ['one', 'two', 'three', 'one two']) {
      write(`INSERT INTO f VALUES ('${word}')`)
      both("SELECT rowid, x FROM f WHERE f MATCH 'two'")
    }
    write("INSERT INTO f (f) VALUES ('optimize')", "DELETE FROM f WHERE x = 'two'")
    both("SELECT rowid, x FROM f WHERE f MATCH 'two'")
  })

  it('goes over versions whose memory was used again', () => {
    const { writer, reader, write, both } = pair()
    write('CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)')
    both('SELECT * FROM t')
    const publications: Publication[] = []
    for (let i = 100; i < 110; i++) {
      // Nobody is at an older version than the last one.
      const readers = { newest: publications.at(-1)?.version ?? 1, inUse: [] }
      writer.apply([item(i, `CREATE TABLE t${i} (x)`, `UPDATE t SET a = hex(randomblob(9000))`)], readers)
      publications.push(writer.publish() as Publication)
    }
    reader.follow(publications)
    both('SELECT * FROM t')
    both('PRAGMA integrity_check')
    both('SELECT name, sql FROM sqlite_schema')
  })

  it('knows nothing of what is not published', () => {
    const { writer, reader, write, publish } = pair()
    write('CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)')
    const count = () => reader.query(NAMESPACE, [stmt('SELECT count(*), max(a) FROM t')])
    const before = count().map(timeless)
    for (let i = 100; i < 110; i++) {
      writer.apply([item(i, `UPDATE t SET a = ${i}`, `INSERT INTO t VALUES (${i})`)], {
        newest: 0,
        inUse: [],
      })
      expect(count().map(timeless)).toEqual(before)
    }
    publish()
    expect(count()).toMatchObject([{ values: [[11, 109]] }])
  })

  it('follows a restore and a replaced database', () => {
    const { writer, both, write, publish } = pair()
    write('CREATE TABLE t (a)', 'INSERT INTO t VALUES (1)')
    both('SELECT * FROM t')
    const other = new TestEngine()
    other.execute('CREATE TABLE u (a, b)', 'INSERT INTO u VALUES (2, 3)')
    const restore = writer.restore()
    restore.push(other.capture())
    restore.finish()
    publish()
    both('SELECT * FROM t')
    both('SELECT * FROM u')
  })

  it('carries out a read with the time and the seed that it is given', () => {
    const { reader } = pair()
    const read = (seed: number) =>
      reader.query(NAMESPACE, [stmt("SELECT random(), datetime('now')")], { seed, timeMs: 0 }).map(timeless)
    expect(read(1)).toEqual(read(1))
    expect(read(1)).not.toEqual(read(2))
    expect(read(1)).toMatchObject([{ values: [[expect.anything(), '1970-01-01 00:00:00']] }])
  })

  it('ends what takes more than its time, and says which limit that is', () => {
    const reader = new ReadEngine(binary, { foreignKeys: false, timeBudgetMs: 30 })
    const message = expect.stringMatching(/0\.03 s .*database\.read_timeout/)
    const tooLong = expect.objectContaining({ code: 'SQL_READ_TIMEOUT', outcome: 'not-applied', message })
    expect(() => reader.query(NAMESPACE, [stmt(ENDLESS)])).toThrow(tooLong)
    expect(reader.query(NAMESPACE, [stmt('SELECT 1')])).toMatchObject([{ values: [[1]] }])
    const deadlineMs = Number(process.hrtime.bigint()) / 1e6 + 10
    expect(reader.query(NAMESPACE, [stmt(ENDLESS)], { deadlineMs })).toEqual([
      { kind: 'error', message: 'query timeout' },
    ])
  })
})

describe('reader host', () => {
  it('hands over a large result in pieces, as they are taken', () => {
    const control = new SharedArrayBuffer(CONTROL.words * 4)
    const words = new Int32Array(control)
    const rows: number[] = []
    let untaken = 0
    const post = (message: ReaderMessage) => {
      if (!('piece' in message)) return
      rows.push(message.piece.values.length)
      expect(++untaken).toBeLessThanOrEqual(PIECES_MAX)
      if (untaken < PIECES_MAX) return
      untaken--
      Atomics.add(words, CONTROL.taken, 1)
    }
    const engine = new ReadEngine(binary, { foreignKeys: false, timeBudgetMs: 0 })
    const host = new ReaderHost(engine, post, { readFlags: new ReadFlags().memory, control })
    const sql =
      'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT 200000) SELECT x FROM r'
    const request = { kind: 'query' as const, namespace: NAMESPACE, statements: [stmt(sql)], options: {} }
    host.handle({ first: 1, publications: [], reads: [{ id: 1, request }] })
    expect(rows.length).toBeGreaterThan(10)
    expect(Math.max(...rows)).toBeLessThan(20_000)
  })
})

describe('reader thread', () => {
  it('skips none of its reads, however many there were before', () => {
    const control = new SharedArrayBuffer(CONTROL.words * Int32Array.BYTES_PER_ELEMENT)
    const worker = Object.assign(new EventEmitter(), { postMessage: () => {} }) as unknown as Worker
    const thread = new ReaderThread(worker, control, { onReady: () => {}, onEnd: () => {} })
    const done = (through: number): void => {
      worker.emit('message', { responses: [], through })
    }
    done(0)
    const request = { kind: 'parse' as const, namespace: NAMESPACE, statements: [] }
    const read: Read = { id: 1, request, askedMs: 0, signal: undefined, settle: () => {}, isSettled: false }
    thread.give([read, read, read], 0, () => ({ version: 0, isReset: true, databases: [] }))
    done(2)

    const messages: ReaderMessage[] = []
    const init = { readFlags: new ReadFlags().memory, control, foreignKeys: false, timeBudgetMs: 0 }
    const host = new ReaderHost(new ReadEngine(binary, init), (message) => messages.push(message), init)
    const place = (2 + 2 ** 31 - 1) | 0
    host.handle({ first: place, publications: [], reads: [{ id: 7, request }] })
    expect(messages.at(-1)).toEqual({ responses: [{ id: 7, answer: [] }], through: place })

    expect(thread.withdraw()).toHaveLength(0)
    const last = new Int32Array(control)[CONTROL.skipThrough]
    done(2) // what is to be skipped stays so
    expect(new Int32Array(control)[CONTROL.skipThrough]).toBe(last)
  })
})

describe('reader threads', () => {
  const machines: SqlMachine[] = []
  afterEach(async () => {
    await Promise.all(machines.splice(0).map((machine) => machine.stop()))
  })

  async function started(init: SqlMachineInit = {}): Promise<SqlMachine> {
    const machine = createSqlMachine({ logger: silentLogger }, init)
    machines.push(machine)
    await machine.start()
    await machine.apply([item(1, 'CREATE TABLE t (x)')])
    return machine
  }

  const read = (machine: SqlMachine, sql: string, signal?: AbortSignal) =>
    machine.query(NAMESPACE, [stmt(sql)], signal && { signal })
  const count = async (machine: SqlMachine) => (await read(machine, 'SELECT count(*) FROM t'))[0]
  const faulty = new URL('./faulty-worker.ts', import.meta.url)

  it('large results come whole, blobs and errors among them', async () => {
    const machine = await started()
    const sql = (rows: number, then = 'x') =>
      `WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r LIMIT ${rows}) SELECT x, ${then} FROM r`
    const statements = [
      sql(40_000),
      'SELECT 1',
      sql(20_000, "CASE x WHEN 19999 THEN json('no json') ELSE x END"),
      sql(5, 'zeroblob(100000 + x)'),
      sql(30_000, "'text'"),
    ]
    const results = (await machine.query(NAMESPACE, statementsOf(statements))).map(timeless)
    expect(results[2]).toMatchObject({ kind: 'error' })
    expect(results).toEqual(new TestEngine().query(...statements))
  })

  it('long reads hold up neither writes nor other reads, as long as there are threads', async () => {
    const machine = await started({ reads: { readersMax: 3 } })
    const abort = new AbortController()
    const reads = [1, 2].map(() => read(machine, ENDLESS, abort.signal))
    const ends = Promise.allSettled(reads)
    for (let i = 2; i < 20; i++) {
      await machine.apply([item(i, 'INSERT INTO t VALUES (1)')])
      expect(await count(machine)).toMatchObject({ values: [[i - 1]] })
    }
    abort.abort()
    for (const end of await ends) expect(end).toMatchObject({ reason: { code: 'CALL_ABORTED' } })
  })

  it('what waits behind a long read is read by another thread', async () => {
    const machine = await started({ reads: { readersMax: 2 } })
    const abort = new AbortController()
    const reads = [read(machine, ENDLESS, abort.signal), ...Array.from({ length: 300 }, () => count(machine))]
    await Promise.all(reads.slice(1))
    abort.abort()
    await expect(reads[0]).rejects.toMatchObject({ code: 'CALL_ABORTED' })
  })

  it('a read that takes too long ends with an error, and its thread goes on', async () => {
    const machine = await started({ reads: { readersMax: 1, readTimeoutMs: 100 } })
    await expect(read(machine, ENDLESS)).rejects.toMatchObject({ code: 'SQL_READ_TIMEOUT' })
    expect(await count(machine)).toMatchObject({ values: [[0]] })
  })

  it('a read that cannot be interrupted is ended with its thread, and another takes its place', async () => {
    // Long enough for those behind to be read by a thread that is made for them on a busy machine.
    const machine = await started({ worker: faulty, reads: { readersMax: 1, readTimeoutMs: 1_000 } })
    const hanging = read(machine, 'hang')
    const behind = [count(machine), count(machine)]
    await expect(hanging).rejects.toMatchObject({ code: 'SQL_READ_TIMEOUT', outcome: 'not-applied' })
    for (const result of await Promise.all(behind)) expect(result).toMatchObject({ values: [[0]] })
    await machine.apply([item(2, 'INSERT INTO t VALUES (1)')])
    expect(await count(machine)).toMatchObject({ values: [[1]] })
  })

  it('a read that nobody waits for is ended with its thread, too', async () => {
    const machine = await started({ worker: faulty, reads: { readersMax: 1, readTimeoutMs: 0 } })
    const hanging = read(machine, 'hang', AbortSignal.timeout(50))
    await expect(hanging).rejects.toMatchObject({ code: 'CALL_ABORTED' })
    expect(await count(machine)).toMatchObject({ values: [[0]] })
  })

  it.each(['exit', 'throw'])('a thread that dies (%s) fails the read it is at, and no other', async (sql) => {
    const machine = await started({ worker: faulty })
    const reads = [count(machine), read(machine, sql), count(machine), count(machine)]
    const [before, failed, ...behind] = await Promise.allSettled(reads)
    expect(failed).toMatchObject({ reason: { code: 'SQL_READ_FAILED', outcome: 'not-applied' } })
    for (const end of [before, ...behind]) expect(end).toMatchObject({ value: { values: [[0]] } })
    await machine.apply([item(2, 'INSERT INTO t VALUES (1)')])
    expect(await count(machine)).toMatchObject({ values: [[1]] })
  })
})
