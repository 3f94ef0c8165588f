import { afterEach, describe, expect, it } from 'vitest'
import { OUTCOME_LIMITS, silentLogger } from '../../../src/base/index.ts'
import {
  createSqlMachine,
  type SqlApplyItem,
  type SqlMachine,
  type SqlMachineInit,
} from '../../../src/sql/index.ts'
import { SQL_PATTERN_BYTES_MAX } from '../../../src/sql/limits.ts'
import { recordingLogger } from '../cli/recording-logger.ts'
import {
  resultsOf,
  rewritten,
  type SqlOutcome,
  statementsOf,
  stmt,
  TestEngine,
  tag,
  timeless,
  timelessOutcome,
  write,
} from './support.ts'

const machines: SqlMachine[] = []

function create(init: SqlMachineInit = {}): SqlMachine {
  const machine = createSqlMachine({ logger: silentLogger }, init)
  machines.push(machine)
  return machine
}

async function started(init: SqlMachineInit = {}): Promise<SqlMachine> {
  const machine = create(init)
  await machine.start()
  return machine
}

afterEach(async () => {
  await Promise.all(machines.splice(0).map((machine) => machine.stop()))
})

function item(index: number, ...sql: string[]): SqlApplyItem {
  const command = {
    namespace: 'default',
    mode: 'request' as const,
    statements: statementsOf(sql),
    transaction: false,
    timeMs: 0,
    seed: index,
  }
  return { index, command, wantResults: true }
}

async function bytesOf(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const list: Uint8Array[] = []
  for await (const chunk of chunks) list.push(chunk)
  return Buffer.concat(list)
}

async function captureBytes(machine: SqlMachine): Promise<Buffer> {
  const capture = await machine.capture()
  const bytes = await bytesOf(capture.chunks())
  capture.release()
  return bytes
}

const FAILED = expect.objectContaining({ code: 'SQL_ENGINE_FAILED' })
const NOT_RUNNING = expect.objectContaining({ code: 'SQL_NOT_RUNNING' })
const worker = (name: string): URL => new URL(`./${name}.ts`, import.meta.url)

describe('sql machine', () => {
  it('patterns that recurse deeply are matched, or refused, but end no replica', async () => {
    const machine = await started()
    for (const [operator, wildcard] of [
      ['LIKE', '%'],
      ['GLOB', '*'],
    ]) {
      const match = (count: number): string =>
        `SELECT '${'a'.repeat(count)}' ${operator} '${`${wildcard}a`.repeat(count)}b' AS matches`
      const outcomes = await machine.apply([item(1, match(SQL_PATTERN_BYTES_MAX / 2 - 1), match(24_000))])
      expect(resultsOf(outcomes[0])).toMatchObject([
        { kind: 'rows', values: [[0]] },
        { kind: 'error', message: 'LIKE or GLOB pattern too complex' },
      ])
    }
  })

  it('reads what was applied and answered before', async () => {
    const machine = await started()
    const applied = await machine.apply([
      item(1, 'CREATE TABLE t (x)'),
      item(2, 'INSERT INTO t VALUES (1) RETURNING x'),
    ])
    const read = machine.query('default', [
      stmt('SELECT count(*) FROM t'),
      stmt('SELECT ?', [2n ** 63n - 1n]),
    ])
    const later = machine.apply([{ ...item(3, 'DELETE FROM t WHERE x = 2'), wantResults: false }])
    const classified = machine.classify(
      'default',
      statementsOf(['SELECT * FROM t', 'DELETE FROM t', 'SELECT * FROM u']),
    )
    expect(applied.map((outcome) => resultsOf(outcome).map(timeless))).toEqual([
      [write(0, 0)],
      [{ kind: 'rows', columns: ['x'], types: ['integer'], values: [[1]] }],
    ])
    expect(await read).toMatchObject([{ values: [[1]] }, { values: [[2n ** 63n - 1n]] }])
    expect(await later).toEqual([{ kind: 'done', index: 3, result: [] }])
    expect(await classified).toEqual([true, false, false])
  })

  it('large blobs come and go', async () => {
    const machine = await started()
    const blob = new Uint8Array(300_000).fill(5)
    const [result] = await machine.query('default', [stmt('SELECT ?, ?', [blob, blob.subarray(0, 3)])])
    expect(result).toMatchObject({ values: [[blob, Uint8Array.of(5, 5, 5)]] })
    expect(blob).toHaveLength(300_000)
  })

  it('tells about itself', async () => {
    const machine = await started()
    await machine.apply([item(1, 'CREATE TABLE t (x)')])
    const { sqliteVersion, compileOptions, namespaces } = await machine.stats()
    expect(sqliteVersion).toMatch(/^3\.\d+\.\d+$/)
    expect(compileOptions).toContain('THREADSAFE=0')
    expect(namespaces).toEqual([{ name: 'default', sizeBytes: 8192 }])
  })

  it('enforces foreign keys if told to', async () => {
    const machine = await started({ foreignKeys: true })
    const sql = [
      'CREATE TABLE p (id INTEGER PRIMARY KEY)',
      'CREATE TABLE c (p REFERENCES p)',
      'INSERT INTO c VALUES (1)',
    ]
    const [outcome] = await machine.apply([item(1, ...sql)])
    expect(resultsOf(outcome)[2]).toEqual({ kind: 'error', message: 'FOREIGN KEY constraint failed' })
  })

  it('refuses what is too large, before it is sent', async () => {
    const machine = await started({ limits: { statementsMax: 2, textBytesMax: 20 } })
    const tooLarge = expect.objectContaining({ code: 'SQL_TOO_LARGE' })
    await expect(machine.query('default', statementsOf(['', '', '']))).rejects.toEqual(tooLarge)
    await expect(machine.classify('default', [stmt('x'.repeat(21))])).rejects.toEqual(tooLarge)
    await expect(machine.query('default', [stmt('SELECT 1')])).resolves.toHaveLength(1)
  })
})

describe('sql machine - requests', () => {
  const outcomeLimits = { ...OUTCOME_LIMITS, countMax: 3, outcomeBytesMax: 200 }
  const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => tag(name))
  const batches: SqlApplyItem[][] = [
    [item(1, 'CREATE TABLE t (x)'), { ...item(2, 'INSERT INTO t VALUES (1) RETURNING *'), request: a }],
    [{ ...item(3, 'INSERT INTO t VALUES (1)'), request: a }],
    [
      { ...item(4, `INSERT INTO t VALUES (zeroblob(100000)) RETURNING *`), request: b },
      { ...item(5, 'nonsense'), request: c, wantResults: false },
    ],
    [
      { ...item(6), request: b },
      { ...item(7), request: c },
    ],
    [
      { ...item(8, 'DELETE FROM t'), request: d },
      { ...item(9, 'DELETE FROM t'), request: a },
    ],
  ]

  it('have the outcomes that an engine gives them', async () => {
    const machine = await started({ outcomeLimits })
    const engine = new TestEngine({ outcomeLimits })
    const seen: SqlOutcome[] = []
    for (const items of batches) {
      const outcomes = (await machine.apply(items)).map(timelessOutcome)
      expect(outcomes).toEqual(engine.engine.apply(items).map(timelessOutcome))
      seen.push(...outcomes)
    }
    const kinds = ['done', 'done', 'done', 'done', 'done', 'done-before', 'done', 'done', 'forgotten']
    expect(seen.map(({ kind }) => kind)).toEqual(kinds)
    expect(resultsOf(seen[3])).toMatchObject([{ values: [[{ length: 100_000 }]] }])
    expect((await captureBytes(machine)).equals(engine.capture())).toBe(true)
    expect(await machine.digest()).toBe(engine.digest())
  })

  it('are remembered by a machine that was restored', async () => {
    const engine = new TestEngine({ outcomeLimits })
    const machine = await started({ outcomeLimits })
    for (const items of batches.slice(0, 3)) engine.engine.apply(items)
    await machine.apply(batches[0] ?? [])
    const bytes = engine.capture()
    async function* whole() {
      yield bytes
    }
    await machine.restore(whole())
    expect(await machine.digest()).toBe(engine.digest())
    for (const items of batches.slice(3)) {
      expect((await machine.apply(items)).map(timelessOutcome)).toEqual(
        engine.engine.apply(items).map(timelessOutcome),
      )
    }
    expect(await machine.digest()).toBe(engine.digest())
  })
})

describe('sql machine - digest', () => {
  it('is of the moment of the call, and holds up nothing that is called after it', async () => {
    const machine = await started()
    const engine = new TestEngine()
    const items = [item(1, 'CREATE TABLE t (x)', 'INSERT INTO t VALUES (zeroblob(3000000))')]
    await machine.apply(items)
    engine.engine.apply(items)
    const order: string[] = []
    const noted = <T>(name: string, promise: Promise<T>): Promise<T> => {
      promise.then(() => order.push(name))
      return promise
    }
    const digest = noted('digest', machine.digest())
    const read = noted('stats', machine.stats())
    const applied = noted('apply', machine.apply([item(2, 'DELETE FROM t')]))
    await read
    expect(await applied).toHaveLength(1)
    expect(await digest).toBe(engine.digest())
    expect(order.toSorted()).toEqual(['apply', 'digest', 'stats'])
    expect(order.at(-1)).toBe('digest')
    engine.engine.apply([item(2, 'DELETE FROM t')])
    expect(await machine.digest()).toBe(engine.digest())
  })

  it('is rejected if the machine stops meanwhile', async () => {
    const machine = await started()
    const digest = machine.digest()
    const stopping = machine.stop()
    await expect(digest).rejects.toEqual(NOT_RUNNING)
    await stopping
    await expect(machine.digest()).rejects.toEqual(NOT_RUNNING)
  })
})

describe('sql machine - lifecycle', () => {
  it('calls before, during and after stop are rejected', async () => {
    const machine = create()
    await expect(machine.query('default', [])).rejects.toEqual(NOT_RUNNING)
    await machine.start()
    const pending = machine.query('default', [stmt('SELECT 1')])
    const stopped = machine.stop()
    await expect(pending).rejects.toEqual(NOT_RUNNING)
    await expect(machine.apply([])).rejects.toEqual(NOT_RUNNING)
    await stopped
    await expect(machine.stats()).rejects.toEqual(NOT_RUNNING)
  })

  it('start and stop are repeatable; a machine that is started is empty', async () => {
    const machine = create()
    await machine.stop()
    await Promise.all([machine.start(), machine.start()])
    await machine.apply([item(1, 'CREATE TABLE t (x)')])
    await machine.start()
    expect((await machine.stats()).namespaces).toHaveLength(1)
    await Promise.all([machine.stop(), machine.stop()])
    await machine.start()
    expect((await machine.stats()).namespaces).toEqual([])
  })

  it('a stop overtakes a start', async () => {
    const machine = create()
    const starting = machine.start()
    const stopping = machine.stop()
    await expect(starting).rejects.toEqual(NOT_RUNNING)
    await stopping
    const again = machine.start()
    const last = machine.stop()
    const final = machine.start()
    await expect(again).rejects.toEqual(NOT_RUNNING)
    await last
    await final
    expect((await machine.stats()).namespaces).toEqual([])
  })

  it('a runaway read does not keep it from stopping', async () => {
    const machine = await started()
    const forever = machine.query('default', [
      stmt('WITH RECURSIVE r (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM r) SELECT count(*) FROM r'),
    ])
    const rejected = expect(forever).rejects.toEqual(NOT_RUNNING)
    await machine.stop()
    await rejected
  })

  it('an engine that cannot start fails the start, which can be tried again', async () => {
    const machine = create({ worker: worker('broken-worker') })
    await expect(machine.start()).rejects.toThrow(/SQL worker failed: no engine today/)
    await expect(machine.query('default', [])).rejects.toThrow()
    await expect(machine.start()).rejects.toEqual(FAILED)
  })

  it('an engine that cannot share transactions says so when it starts', async () => {
    const logger = recordingLogger()
    const machine = createSqlMachine({ logger }, { worker: worker('unshared-worker') })
    machines.push(machine)
    await machine.start()
    expect(logger.lines).toContainEqual(
      expect.objectContaining({ message: expect.stringMatching(/cannot share transactions/) }),
    )
  })

  it('an engine that fails while applying - nothing is read of what it had done', async () => {
    const machine = await started()
    const text = 'x'.repeat(50_000)
    await machine.apply([item(1, 'CREATE TABLE t (x)', `INSERT INTO t VALUES ('${text}')`)])
    const capture = await captureBytes(machine)
    const page = capture.indexOf(text.slice(0, 1000))
    const damaged = rewritten(capture, (bytes) => bytes.fill(0x5a, page - 4096, page))
    await machine.restore(
      (async function* () {
        yield damaged
      })(),
    )
    await expect(machine.apply([item(2, 'UPDATE t SET x = 1')])).rejects.toEqual(FAILED)
    await expect(machine.query('default', [stmt('SELECT 1')])).rejects.toEqual(FAILED)
    await expect(machine.stats()).rejects.toEqual(FAILED)
  })

  it.each([
    ['exit', /ended with code 3/],
    ['throw', /the worker threw/],
  ])('a worker that dies (%s) rejects everything, until the machine is started anew', async (sql, reason) => {
    const machine = await started({ worker: worker('faulty-worker') })
    const pending = [
      machine.apply([item(1, sql)]),
      machine.query('default', [stmt('SELECT 1')]),
      machine.stats(),
    ]
    for (const result of await Promise.allSettled(pending)) {
      expect(result).toMatchObject({
        status: 'rejected',
        reason: { code: 'SQL_ENGINE_FAILED', outcome: 'unknown' },
      })
    }
    await expect(machine.stats()).rejects.toThrow(reason)
    await machine.stop()
    await machine.start()
    expect((await machine.stats()).namespaces).toEqual([])
  })
})

describe('sql machine - snapshots', () => {
  async function filled(): Promise<SqlMachine> {
    const machine = await started()
    await machine.apply([item(1, 'CREATE TABLE t (x)', 'INSERT INTO t VALUES (zeroblob(3000000))')])
    return machine
  }

  it('a capture is of the moment of the call and equals that of an engine', async () => {
    const machine = await filled()
    const capturing = machine.capture()
    const applying = machine.apply([item(2, 'DELETE FROM t')])
    const capture = await capturing
    await applying
    const chunks: Uint8Array[] = []
    for await (const chunk of capture.chunks()) chunks.push(chunk)
    capture.release()
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThanOrEqual(64 * 1024)
    const engine = new TestEngine()
    engine.engine.apply([item(1, 'CREATE TABLE t (x)', 'INSERT INTO t VALUES (zeroblob(3000000))')])
    expect(Buffer.concat(chunks).equals(engine.capture())).toBe(true)
  })

  it('a capture can be left unread, or half read', async () => {
    const machine = await filled()
    const unread = await machine.capture()
    unread.release()
    const half = await machine.capture()
    for await (const chunk of half.chunks()) {
      expect(chunk).toHaveLength(64 * 1024)
      break
    }
    half.release()
    expect((await machine.stats()).namespaces).toHaveLength(1)
  })

  it('a restore replaces everything; calls made meanwhile see what was restored', async () => {
    const source = await filled()
    const bytes = await captureBytes(source)
    const target = await started()
    await target.apply([item(1, 'CREATE TABLE other (x)')])
    const { promise: gate, resolve: open } = Promise.withResolvers<void>()
    async function* chunks() {
      yield bytes.subarray(0, 100_000)
      await gate
      for (let from = 100_000; from < bytes.length; from += 10_000) yield bytes.subarray(from, from + 10_000)
    }
    const before = target.query('default', [stmt('SELECT count(*) FROM other')])
    const restoring = target.restore(chunks())
    const during = target.query('default', [stmt('SELECT length(x) FROM t')])
    const applied = target.apply([item(2, 'INSERT INTO t VALUES (2)')])
    expect(await before).toMatchObject([{ values: [[0]] }])
    open()
    await restoring
    expect(await during).toMatchObject([{ values: [[3_000_000]] }])
    expect(resultsOf((await applied)[0]).map(timeless)).toEqual([write(2, 1)])
    await source.apply([item(2, 'INSERT INTO t VALUES (2)')])
    expect((await captureBytes(target)).equals(await captureBytes(source))).toBe(true)
  })

  it('a restore that fails changes nothing, whoever is to blame', async () => {
    const machine = await filled()
    const bytes = await captureBytes(machine)
    async function* damaged() {
      yield bytes.subarray(0, 70_000)
      yield bytes.subarray(70_001)
    }
    async function* broken() {
      yield bytes.subarray(0, 70_000)
      throw new Error('the disk broke')
    }
    const invalid = machine.restore(damaged())
    const failing = machine.restore(broken())
    await expect(invalid).rejects.toMatchObject({ code: 'SQL_SNAPSHOT_INVALID' })
    await expect(failing).rejects.toThrow('the disk broke')
    expect((await captureBytes(machine)).equals(bytes)).toBe(true)
    async function* whole() {
      yield bytes
    }
    await machine.restore(whole())
    expect((await captureBytes(machine)).equals(bytes)).toBe(true)
  })

  it('a restore asks for chunks as the worker takes them', async () => {
    const machine = await filled()
    const bytes = await captureBytes(machine)
    let asked = 0
    async function* endless() {
      yield bytes.subarray(0, bytes.length - 1)
      // The worker can tell that this is too much as soon as it sees it.
      for (; asked < 1000; asked++) yield new Uint8Array(64 * 1024)
    }
    await expect(machine.restore(endless())).rejects.toMatchObject({ code: 'SQL_SNAPSHOT_INVALID' })
    expect(asked).toBeLessThan(100)
  })

  it('a stop ends a restore and a capture', async () => {
    const machine = await filled()
    const capture = await machine.capture()
    const { promise: never } = Promise.withResolvers<void>()
    async function* chunks() {
      yield new Uint8Array(0)
      await Promise.race([never, machine.stop()])
      yield new Uint8Array(1)
    }
    await expect(machine.restore(chunks())).rejects.toEqual(NOT_RUNNING)
    await expect(bytesOf(capture.chunks())).rejects.toEqual(NOT_RUNNING)
    capture.release()
  })
})
