import { describe, expect, it } from 'vitest'
import { checkSqlSize } from '../../../src/sql/index.ts'
import { SQL_DATABASE_BYTES_MAX } from '../../../src/sql/limits.ts'
import { TestEngine } from './support.ts'

describe('sql limits', () => {
  const TOO_LARGE = expect.objectContaining({ code: 'SQL_TOO_LARGE', outcome: 'not-applied' })
  const limits = { statementsMax: 3, textBytesMax: 10 }

  it('statements', () => {
    const statement = { sql: '' }
    expect(() => checkSqlSize([statement, statement, statement], limits)).not.toThrow()
    expect(() => checkSqlSize([statement, statement, statement, statement], limits)).toThrow(TOO_LARGE)
  })

  it('text - in bytes of all statements together', () => {
    expect(() => checkSqlSize([{ sql: '12345' }, { sql: '67890' }], limits)).not.toThrow()
    expect(() => checkSqlSize([{ sql: '12345' }, { sql: '67890x' }], limits)).toThrow(TOO_LARGE)
    expect(() => checkSqlSize([{ sql: 'ééééé' }], limits)).not.toThrow()
    expect(() => checkSqlSize([{ sql: 'ééééé1' }], limits)).toThrow(TOO_LARGE)
  })

  it('defaults are generous', () => {
    expect(() => checkSqlSize([{ sql: 'x'.repeat(4 * 1024 * 1024) }])).not.toThrow()
    expect(() => checkSqlSize([{ sql: 'x'.repeat(4 * 1024 * 1024 + 1) }])).toThrow(TOO_LARGE)
    expect(() => checkSqlSize(new Array(10_001).fill({ sql: '' }))).toThrow(TOO_LARGE)
  })

  it('database - has a size at which it is full, which no client can change', () => {
    const engine = new TestEngine()
    const pages = { kind: 'rows', values: [[SQL_DATABASE_BYTES_MAX / 4096]] }
    expect(engine.query('PRAGMA max_page_count')[0]).toMatchObject(pages)
    expect(engine.execute('PRAGMA max_page_count = 10')[0]).toMatchObject({ kind: 'error' })
    expect(engine.query('PRAGMA max_page_count')[0]).toMatchObject(pages)
  })
})
