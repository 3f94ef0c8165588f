/** What change capture leaves out because it would be too much: no statement may end a replica by it. */
import { describe, expect, it } from 'vitest'
import { ReplacedRows } from '../../../src/sql/replaced-rows.ts'
import { TestEngine } from './support.ts'

function messagesOf(engine: TestEngine): string[] {
  const { messages } = engine.engine.changes(0, { bytesMax: 1e9, messagesMax: 1e9 })
  return messages.map(({ events }) => Buffer.from(events).toString())
}

function capturing(...schema: string[]): TestEngine {
  const engine = new TestEngine()
  engine.execute(...schema)
  engine.engine.configureChanges({ serviceId: '', rowIdsOnly: false, tableFilter: '' }, 1)
  return engine
}

describe('change capture', () => {
  // As JSON, each of these characters takes six, which is more than a string can hold.
  it('says that a change is missing that could not be told at all', { timeout: 60_000 }, () => {
    const engine = capturing('CREATE TABLE t (x, y)')
    const insert = "INSERT INTO t VALUES (replace(hex(zeroblob(45000000)), '0', char(1)), 1)"
    expect(engine.execute(insert)).toMatchObject([{ kind: 'write' }])
    expect(engine.execute('UPDATE t SET x = 1')).toMatchObject([{ kind: 'write' }])
    const missing = expect.stringContaining('the changes of this log entry are missing')
    expect(messagesOf(engine)).toEqual([missing, missing])
    engine.execute('UPDATE t SET x = 2')
    expect(messagesOf(engine)[2]).toContain('"op":"UPDATE"')
  })

  it('looks for replaced rows only where a table has not too many unique columns', () => {
    for (const [count, operations] of [
      [90, ['INSERT', 'DELETE', 'INSERT']],
      [110, ['INSERT', 'INSERT']],
    ] as const) {
      const columns = Array.from({ length: count }, (_, i) => `c${i} UNIQUE`)
      const engine = capturing(`CREATE TABLE w (${columns.join()})`)
      engine.execute('INSERT INTO w (c0) VALUES (1)')
      engine.execute('REPLACE INTO w (c0) VALUES (1)')
      const events = messagesOf(engine).flatMap((message) => JSON.parse(message) as { op: string }[])
      expect(events.map(({ op }) => op)).toEqual(operations)
    }
  })

  it('knows how much the rows take that wait to be replaced', () => {
    const rows = new ReplacedRows()
    rows.coming(1, 'INSERT', ['1', '"abc"'])
    rows.found({ rowId: '7', values: ['1', '"x"'], byRowId: true })
    const size = rows.size
    expect(size).toBeGreaterThan(200)
    // The same row again is one candidate; a row that never arrives goes with the one below it.
    rows.found({ rowId: '7', values: ['1', '"x"'], byRowId: true })
    expect(rows.size).toBe(size)
    rows.coming(1, 'INSERT', ['2', '"def"'])
    rows.found({ rowId: '8', values: ['2', '"y"'], byRowId: false })
    expect(rows.size).toBeGreaterThan(size)
    expect(rows.arrived(1, 'INSERT', '7', ['1', '"abc"'])).toHaveLength(1)
    expect(rows.size).toBe(0)
    rows.coming(1, 'INSERT', [])
    rows.clear()
    expect(rows.size).toBe(0)
  })
})
