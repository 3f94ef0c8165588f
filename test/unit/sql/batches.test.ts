import { expect, test } from 'vitest'
import { type SqlApplyItem, SqlEngine } from '../../../src/sql/index.ts'
import { binary, stmt } from './support.ts'

/** Entries from index 1 on, one statement each. */
function entriesOf(statements: readonly string[]): SqlApplyItem[] {
  return statements.map((sql, i) => ({
    index: i + 1,
    wantResults: false,
    command: {
      namespace: 'n',
      mode: 'execute',
      transaction: false,
      statements: [stmt(sql)],
      timeMs: 0,
      seed: i,
    },
  }))
}

function capturedBy(engine: SqlEngine): Buffer {
  const capture = engine.capture()
  const chunks: Uint8Array[] = []
  for (let chunk = capture.next(); chunk !== undefined; chunk = capture.next()) chunks.push(chunk)
  capture.release()
  return Buffer.concat(chunks)
}

test('sql batches - how a log is cut, and where a connection was lost, leaves no trace in the file', () => {
  const entries = entriesOf([
    'CREATE TABLE t (v)',
    'INSERT INTO t VALUES (1)',
    'INSERT INTO t VALUES (random())',
    'DELETE FROM t WHERE v = 1',
  ])
  const applied = (batches: readonly (readonly SqlApplyItem[])[], losesConnections = false): Buffer => {
    const engine = new SqlEngine({ binary })
    for (const batch of batches) {
      if (losesConnections) engine.dropSessions()
      engine.apply(batch)
    }
    return capturedBy(engine)
  }
  const each = entries.map((entry) => [entry])
  const oneByOne = applied(each)
  expect(applied([entries]).equals(oneByOne)).toBe(true)
  expect(applied([entries.slice(0, 1), entries.slice(1)]).equals(oneByOne)).toBe(true)
  expect(applied(each, true).equals(oneByOne)).toBe(true)
})
