/** Many databases share a bounded number of instances of SQLite, and nothing else shows it. */
import { describe, expect, it } from 'vitest'
import type { SqliteBinary } from '../../../src/sql/index.ts'
import { ReadEngine } from '../../../src/sql/read-engine.ts'
import { binary, captureOf, restoreInto, stmt, TestEngine, timeless } from './support.ts'

const SESSIONS_MAX = 3
const STATEMENTS = [
  'CREATE TABLE IF NOT EXISTS t (id INTEGER PRIMARY KEY, x)',
  'INSERT INTO t (x) VALUES (hex(randomblob(20))), (1)',
  'INSERT INTO t (x) VALUES (last_insert_rowid() || changes() || total_changes())',
]

/** Counts the instances that are made. */
function counted(): { readonly binary: SqliteBinary; made(): number } {
  let instances = 0
  const instantiate = () => {
    instances++
    return binary.instantiate()
  }
  return {
    binary: { instantiate },
    made: () => {
      const made = instances
      instances = 0
      return made
    },
  }
}

function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `n${i}`)
}

describe('open sessions', () => {
  it('an engine writes to as many databases as there are', () => {
    const { binary, made } = counted()
    const bounded = new TestEngine({ sessionsMax: SESSIONS_MAX }, { binary })
    const other = new TestEngine()
    const write = (names: readonly string[]): number => {
      made()
      for (const namespace of names) {
        const results = bounded.apply(STATEMENTS, { namespace })
        expect(other.apply(STATEMENTS, { namespace })).toEqual(results)
      }
      return made()
    }
    const names = namesOf(SESSIONS_MAX)
    expect(write(names)).toBe(SESSIONS_MAX)
    expect(write(names)).toBe(0)
    // The one more takes the place of the first, and the first that of the second.
    expect(write(['one more', 'n2', 'n0', 'n2', 'one more'])).toBe(2)
    expect(write([...names, ...namesOf(12)])).toBeGreaterThan(9)
    expect(captureOf(bounded.engine).equals(captureOf(other.engine))).toBe(true)
    expect(bounded.digest()).toBe(other.digest())
  })

  it('a reader follows databases that it has let go of', () => {
    const writer = new TestEngine({}, { isShared: true })
    const { binary, made } = counted()
    const reader = new ReadEngine(binary, { foreignKeys: false, timeBudgetMs: 0, sessionsMax: SESSIONS_MAX })
    const names = namesOf(2 * SESSIONS_MAX)
    const read = 'SELECT count(*), max(x), last_insert_rowid(), total_changes() FROM t'
    for (let round = 0; round < 3; round++) {
      for (const namespace of names) writer.apply(STATEMENTS, { namespace })
      if (round === 1) restoreInto(writer.engine, captureOf(writer.engine))
      const publication = writer.engine.publish()
      if (publication !== undefined) reader.follow([publication])
      made()
      for (const name of names) {
        const [there, here] = [writer.engine, reader].map((engine) =>
          engine.query(name, [stmt(read)]).map(timeless),
        )
        expect(here).toEqual(there)
      }
      expect(made()).toBe(names.length)
    }
  })
})
