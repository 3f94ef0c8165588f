/** Reads that nobody waits for any more end, wherever they stand. */
import { afterEach, describe, expect, it } from 'vitest'
import { silentLogger } from '../../../src/base/index.ts'
import { createSqlMachine, type SqlMachine } from '../../../src/sql/index.ts'
import { flagReader, READ_FLAGS, ReadFlags } from '../../../src/sql/read-flags.ts'
import { NAMESPACE, stmt, TestEngine, timeless } from './support.ts'

const ENDLESS = 'WITH RECURSIVE r (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM r) SELECT max(x) FROM r'
const ABORTED = { code: 'CALL_ABORTED', outcome: 'not-applied' }
const ONE = { kind: 'rows', columns: ['1'], types: ['integer'], values: [[1]] }

describe('engine', () => {
  it('ends a read when it is abandoned on the way, and begins nothing after it', () => {
    const { engine } = new TestEngine()
    let asked = 0
    const isAbandoned = () => ++asked > 20
    const read = () =>
      engine.query(NAMESPACE, [stmt('SELECT 1'), stmt(ENDLESS), stmt(ENDLESS)], { isAbandoned })
    expect(read).toThrow(expect.objectContaining(ABORTED))
    expect(asked).toBeLessThan(30)
    expect(engine.query(NAMESPACE, [stmt('SELECT 1')]).map(timeless)).toEqual([ONE])
  })

  it('does not begin what is abandoned already', () => {
    const { engine } = new TestEngine()
    let asked = 0
    const isAbandoned = () => ++asked > 0
    expect(() => engine.query(NAMESPACE, [stmt(ENDLESS)], { isAbandoned })).toThrow(
      expect.objectContaining(ABORTED),
    )
    expect(asked).toBe(1)
  })

  it('answers what is not abandoned as ever, and forgets to ask for what comes next', () => {
    const { engine } = new TestEngine()
    let abandoned = false
    const results = engine.query(NAMESPACE, [stmt('SELECT 1')], { isAbandoned: () => abandoned })
    expect(results.map(timeless)).toEqual([ONE])
    abandoned = true
    expect(engine.query(NAMESPACE, [stmt('SELECT 1')]).map(timeless)).toEqual([ONE])
  })

  it('a deadline counts as well', () => {
    const { engine } = new TestEngine()
    const soon = Number(process.hrtime.bigint()) / 1e6 + 20
    const options = { isAbandoned: () => false, deadlineMs: soon }
    expect(engine.query(NAMESPACE, [stmt(ENDLESS)], options)).toEqual([
      { kind: 'error', message: 'query timeout' },
    ])
  })
})

describe('machine', () => {
  const machines: SqlMachine[] = []
  afterEach(async () => {
    await Promise.all(machines.splice(0).map((machine) => machine.stop()))
  })

  async function started(): Promise<SqlMachine> {
    const machine = createSqlMachine({ logger: silentLogger })
    machines.push(machine)
    await machine.start()
    return machine
  }

  it('goes on with what comes after reads that were given up', async () => {
    const machine = await started()
    for (let round = 0; round < 3; round++) {
      const abort = new AbortController()
      const endless = Array.from({ length: 3 }, () =>
        machine.query(NAMESPACE, [stmt(ENDLESS)], { signal: abort.signal }),
      )
      const ends = Promise.allSettled(endless)
      const other = machine.query(NAMESPACE, [stmt('SELECT 1')], { signal: new AbortController().signal })
      // Given up while they wait for their turn, and while the first of them runs.
      if (round > 0) setTimeout(() => abort.abort(), 20)
      else queueMicrotask(() => abort.abort())
      expect((await other).map(timeless)).toEqual([ONE])
      for (const end of await ends) expect(end).toMatchObject({ status: 'rejected', reason: ABORTED })
    }
  })

  it('does not begin what was given up before', async () => {
    const machine = await started()
    const reading = machine.query(NAMESPACE, [stmt(ENDLESS)], { signal: AbortSignal.abort() })
    await expect(reading).rejects.toMatchObject(ABORTED)
  })
})

describe('flags', () => {
  it('are down when they are taken, are taken once, and are used again', () => {
    const flags = new ReadFlags()
    const isRaised = flagReader(flags.memory)
    const all = Array.from({ length: READ_FLAGS }, () => flags.take())
    expect(new Set(all).size).toBe(READ_FLAGS)
    expect(flags.take()).toBeUndefined()
    flags.raise(3)
    expect([isRaised(3), isRaised(4)]).toEqual([true, false])
    flags.give(3)
    expect(flags.take()).toBe(3)
    expect(isRaised(3)).toBe(false)
  })
})
