/**
 * Statements that need more than the 2 GiB an instance of SQLite can have. Here most of it is taken from the
 * beginning, by memory that is never touched, so that little is enough to need more.
 */
import { describe, expect, it, vi } from 'vitest'
import type { SqliteBinary, SqlLoad } from '../../../src/sql/index.ts'
import type { SqliteInstance } from '../../../src/sql/sqlite-binary.ts'
import { binary, error, NAMESPACE, TestEngine, TIME_MS, tag, write } from './support.ts'

const MIB = 1024 * 1024
/** What is left of an instance. */
const LEFT_BYTES = 40 * MIB

function take(instance: SqliteInstance): void {
  const bytes = 2 * 1024 * MIB - instance.memory.size - LEFT_BYTES
  if (instance.api._malloc(bytes) === 0) throw new Error(`there are no ${bytes} bytes to take`)
}

/** Makes instances that have little memory from the beginning, or once it is asked for. */
class Scarce implements SqliteBinary {
  readonly made: SqliteInstance[] = []
  readonly #always: boolean

  constructor(always: boolean) {
    this.#always = always
  }

  instantiate(): SqliteInstance {
    const instance = binary.instantiate()
    if (this.#always) take(instance)
    this.made.push(instance)
    return instance
  }
}

const OUT_OF_MEMORY = error('out of memory: SQLite can have 2 GiB')
/** Takes about 60 MiB. */
const LARGE = 'INSERT INTO t SELECT length(x) FROM (SELECT hex(zeroblob(15000000)) AS x ORDER BY 1)'

function withTable(build: SqliteBinary): TestEngine {
  const engine = new TestEngine({}, { binary: build })
  engine.execute('CREATE TABLE t (x)')
  return engine
}

describe('sql out of memory', () => {
  it('an instance that was used - another one may have it', () => {
    const scarce = new Scarce(false)
    const engine = withTable(scarce)
    const [instance] = scarce.made.slice(-1)
    take(instance as SqliteInstance)
    expect(engine.execute('INSERT INTO t VALUES (1)', LARGE)).toEqual([write(1, 1), write(2, 1)])
    expect(engine.rows('SELECT x FROM t')).toEqual([[1], [30_000_000]])

    const free = withTable(binary)
    free.execute('INSERT INTO t VALUES (1)', LARGE)
    expect(engine.digest()).toBe(free.digest())
  })

  it('none can have it - the statement fails, those around it do not', () => {
    const engine = withTable(new Scarce(true))
    expect(engine.execute('INSERT INTO t VALUES (1)', LARGE, 'INSERT INTO t VALUES (2)')).toEqual([
      write(1, 1),
      OUT_OF_MEMORY,
      write(2, 1),
    ])
    expect(engine.rows('SELECT x FROM t')).toEqual([[1], [2]])
    expect(engine.execute('SELECT total_changes()')).toMatchObject([{ kind: 'write' }])
  })

  it('in a transaction - it is undone to the last statement', () => {
    const engine = withTable(new Scarce(true))
    const results = engine.apply(['INSERT INTO t VALUES (1)', LARGE, 'INSERT INTO t VALUES (2)'], {
      transaction: true,
    })
    expect(results).toEqual([write(1, 1), OUT_OF_MEMORY])
    expect(engine.rows('SELECT x FROM t')).toEqual([])
    expect(engine.value('PRAGMA integrity_check')).toBe('ok')
  })

  it('replicas agree, whatever they have done before, and whoever waits for the rows', () => {
    const used = withTable(new Scarce(true))
    const restarted = withTable(new Scarce(true))
    const rows = 'SELECT hex(zeroblob(30000000)), hex(zeroblob(30000000))'
    for (const [i, engine] of [used, restarted].entries()) {
      for (let n = 0; n < 5; n++) {
        if (i === 0) engine.query('SELECT * FROM t', 'SELECT hex(zeroblob(5000000))')
        else engine.engine.dropSessions()
        const options = { mode: 'request', request: tag(`request ${n}`), wantResults: i === 0 } as const
        engine.attempt([`INSERT INTO t VALUES (${n})`, rows, LARGE], options)
      }
    }
    expect(restarted.capture().equals(used.capture())).toBe(true)
  })

  it('is remembered with the request', () => {
    const engine = withTable(new Scarce(true))
    const options = { request: tag('once') }
    expect(engine.apply([LARGE, 'INSERT INTO t VALUES (1)'], options)).toEqual([OUT_OF_MEMORY, write(1, 1)])
    expect(engine.apply([LARGE, 'INSERT INTO t VALUES (1)'], options)).toEqual([OUT_OF_MEMORY, write(1, 1)])
    expect(engine.rows('SELECT x FROM t')).toEqual([[1]])
  })

  it('what was undone is not told to those who wait for changes', () => {
    const engine = withTable(new Scarce(true))
    engine.engine.configureChanges({ serviceId: '', rowIdsOnly: false, tableFilter: '' }, 1)
    engine.execute('INSERT INTO t VALUES (1)', `INSERT INTO t VALUES (7), (8); ${LARGE}`)
    const { messages } = engine.engine.changes(0, { messagesMax: 10, bytesMax: MIB })
    expect(messages.map(({ count }) => count)).toEqual([1])
  })

  it('a text that is loaded - changes nothing', () => {
    const engine = withTable(new Scarce(true))
    const load: SqlLoad = {
      mode: 'load',
      step: 'commit',
      loadId: 'load'.padEnd(16, '.'),
      namespace: NAMESPACE,
      timeMs: TIME_MS,
      offset: 0,
      data: Buffer.from(`INSERT INTO t VALUES (1); ${LARGE};`),
      content: 'text',
      seed: 7,
    }
    const [outcome] = engine.engine.apply([{ index: 100, command: load, wantResults: true }])
    expect(outcome).toMatchObject({ kind: 'done', result: [OUT_OF_MEMORY] })
    expect(engine.rows('SELECT x FROM t')).toEqual([])
    expect(engine.execute('INSERT INTO t VALUES (2)')).toEqual([write(1, 1)])
  })

  it('a read - fails, and the next one does not', () => {
    const engine = withTable(new Scarce(true))
    const read = 'SELECT length(x) FROM (SELECT hex(zeroblob(15000000)) AS x ORDER BY 1)'
    expect(engine.query(read, 'SELECT 1')).toMatchObject([{ kind: 'error' }, { kind: 'rows' }])
  })

  it('the system refuses it - is fatal, for another replica may have it', () => {
    const scarce = new Scarce(true)
    const engine = withTable(scarce)
    engine.engine.dropSessions()
    const instantiate = scarce.instantiate.bind(scarce)
    scarce.instantiate = () => {
      const instance = instantiate()
      vi.spyOn(instance.memory, 'canGrowToMaximum').mockReturnValue(false)
      return instance
    }
    expect(() => engine.execute(LARGE)).toThrow('the system refuses memory to SQLite')
  })
})
