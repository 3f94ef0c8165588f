/** Which tables change capture watches, and what it knows of them. */
import { describe, expect, it } from 'vitest'
import { NAMESPACE, restoreInto, type Statement, TestEngine } from './support.ts'

const SETTINGS = { serviceId: '', rowIdsOnly: false, tableFilter: '' }

function inShort(engine: TestEngine): string[] {
  return engine.engine.changes(0, { bytesMax: 1e9, messagesMax: 1e9 }).messages.flatMap(({ events }) => {
    const list = JSON.parse(Buffer.from(events).toString()) as Record<string, unknown>[]
    return list.map(({ op, table, before, after }) => `${op} ${table} ${JSON.stringify(before ?? after)}`)
  })
}

function capturing(...schema: Statement[]): TestEngine {
  const engine = new TestEngine()
  engine.execute(...schema)
  engine.engine.configureChanges(SETTINGS, 1)
  return engine
}

/** The file of a database, in which one text stands for another of the same length. */
function patchedFile(schema: readonly string[], from: Buffer, to: Buffer): Buffer {
  const source = new TestEngine()
  source.execute(...schema)
  const capture = source.engine.captureDatabase(NAMESPACE)
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  capture.release()
  const file = Buffer.concat(chunks)
  for (let at = file.indexOf(from); at >= 0; at = file.indexOf(from, at + 1)) to.copy(file, at)
  return file
}

function load(engine: TestEngine, data: Uint8Array): void {
  const where = { loadId: 'l'.repeat(16), namespace: NAMESPACE, timeMs: 0, offset: 0 }
  engine.engine.apply([
    {
      index: 2,
      wantResults: true,
      command: { mode: 'load', step: 'commit', ...where, data, content: 'file', seed: 1 },
    },
  ])
}

describe('watched tables', () => {
  // What fails here fails on every replica, and again when the log is replayed.
  it('are not those of a file with names that no statement can make or spell', () => {
    const latin1 = Buffer.from('caf\xe9', 'latin1')
    const schema = ['CREATE TABLE t (x)']
    for (const [table, from, to] of [
      ['CREATE TABLE abcdef_foo (x)', Buffer.from('abcdef_foo'), Buffer.from('SQLite_foo')],
      ['CREATE TABLE "cafe" (x)', Buffer.from('cafe'), latin1],
      ['CREATE TABLE c (y, "cafe" UNIQUE)', Buffer.from('cafe'), latin1],
    ] as const) {
      const engine = capturing()
      load(engine, patchedFile([...schema, table], from, to))
      expect(engine.execute('INSERT INTO t VALUES (1)')).toMatchObject([{ kind: 'write' }])
      if (table.includes(' c ')) {
        expect(engine.execute('INSERT INTO c (y) VALUES (2)', 'DELETE FROM c')).toMatchObject([
          { kind: 'write', rowsAffected: 1 },
          { kind: 'write', rowsAffected: 1 },
        ])
      }
      expect(inShort(engine).slice(1)).toEqual(['INSERT t {"x":1}'])
      const other = new TestEngine()
      restoreInto(other.engine, engine.capture())
      expect(other.execute('INSERT INTO t VALUES (2)')).toMatchObject([{ kind: 'write' }])
    }
  })

  it('are found where tables have the names of those that SQLite tells them by', () => {
    const names = ['table_list', 'table_info', 'table_xinfo', 'index_list', 'index_info', 'index_xinfo']
    const engine = capturing('CREATE TABLE t (x UNIQUE)', ...names.map((n) => `CREATE TABLE pragma_${n} (a)`))
    const insert = 'INSERT OR REPLACE INTO t VALUES (1) RETURNING x'
    const qualified = { mode: 'request', qualifyColumns: true, transaction: true } as const
    for (const wantResults of [true, false]) engine.apply([insert], { ...qualified, wantResults })
    expect(engine.apply([insert], qualified)).toMatchObject([{ columns: ['t.x'] }])
    const replaced = ['DELETE t {"x":1}', 'INSERT t {"x":1}']
    expect(inShort(engine)).toEqual(['INSERT t {"x":1}', ...replaced, ...replaced])
  })

  it('are known with their indexes, when these come and go in the middle of a request', () => {
    const engine = capturing('CREATE TABLE t (x)', 'INSERT INTO t VALUES (1)')
    engine.apply(
      [
        'CREATE UNIQUE INDEX i ON t (x)',
        'INSERT OR REPLACE INTO t VALUES (1)',
        'DROP INDEX i',
        'INSERT OR REPLACE INTO t VALUES (1)',
        'CREATE INDEX i ON t (x)',
      ],
      { transaction: true },
    )
    engine.execute('DELETE FROM t', 'INSERT INTO t VALUES (5)')
    expect(inShort(engine)).toEqual([
      'DELETE t {"x":1}',
      'INSERT t {"x":1}',
      'INSERT t {"x":1}',
      'DELETE t {"x":1}',
      'DELETE t {"x":1}',
      'INSERT t {"x":5}',
    ])
  })
})
