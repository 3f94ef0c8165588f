/** The queue of writes over a database that answers what a test says. */
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Counters, DebrosError, type Outcome, silentLogger } from '../../../src/base/index.ts'
import { WRITE_QUEUE_BYTES_MAX } from '../../../src/node/defaults.ts'
import type { ResolvedWriteQueue } from '../../../src/node/init.ts'
import { QueuedWrites } from '../../../src/node/queued-writes.ts'
import type { DatabaseResponse, StatementInput, WriteOptions } from '../../../src/node/types.ts'
import { bytesOf } from '../../../src/node/write-batch.ts'
import { DEFAULT_SQL_LIMITS, type SqlResult } from '../../../src/sql/index.ts'

const NEVER_MS = 1_000_000
const OK: SqlResult = { kind: 'write', lastInsertId: 0, rowsAffected: 0, time: 0 }
const FAILED: SqlResult = { kind: 'error', message: 'no such table: t' }

function failure(code: string, outcome: Outcome, retryable = outcome === 'not-applied'): DebrosError {
  return new DebrosError(code, code, { outcome, retryable })
}

interface Attempt {
  readonly write: number
  readonly sql: readonly string[]
  readonly options: WriteOptions
}

type Answer = (attempt: Attempt) => readonly SqlResult[] | Promise<readonly SqlResult[]>

function queue(init: Partial<ResolvedWriteQueue> = {}) {
  const counters = new Counters()
  const attempts: Attempt[] = []
  let writes = 0
  const state: { answer: Answer } = { answer: ({ sql }) => sql.map(() => OK) }
  const database = {
    repeatable(statements: readonly StatementInput[], options: WriteOptions = {}) {
      const write = ++writes
      const sql = statements.map((statement) => (typeof statement === 'string' ? statement : statement.sql))
      if (sql.includes('bad')) throw failure('SQL_DISALLOWED_PRAGMA', 'not-applied', false)
      return {
        attempt: async ({ signal }: { signal?: AbortSignal | undefined }): Promise<DatabaseResponse> => {
          signal?.throwIfAborted()
          const attempt = { write, sql, options }
          attempts.push(attempt)
          return { results: await state.answer(attempt), raftIndex: 1, servedBy: '' }
        },
      }
    },
  }
  const queued = new QueuedWrites(
    { database, counters, logger: silentLogger },
    {
      ...{ capacity: 100, batchSize: 10, timeoutMs: NEVER_MS, transaction: false },
      ...init,
    },
  )
  onTestFinished(() => queued.stop(0))
  const put = (sql: string, options = {}) => queued.enqueue([sql], options)
  return { queued, counters, attempts, state, put, batches: () => attempts.map(({ sql }) => sql) }
}

describe('batches', () => {
  test('limit - one request that takes all of it does not keep those behind it from being written', async () => {
    const { put, state, batches } = queue({ batchSize: 4 })
    const ended: SqlResult = { kind: 'error', message: 'execute timeout: a write may take so much' }
    state.answer = ({ sql }) => {
      const long = sql.indexOf('long')
      return sql.map((_, i) => (long >= 0 && i >= long ? ended : OK))
    }
    const writes = await Promise.all(['a', 'long', 'b', 'c'].map((sql) => put(sql)))
    for (const { written } of writes) await written
    expect(batches()).toEqual([
      ['a', 'long', 'b', 'c'],
      ['b', 'c'],
    ])
  })

  test('size - a full batch is written at once, in order', async () => {
    const { put, batches } = queue({ batchSize: 3 })
    const writes = await Promise.all(['a', 'b', 'c', 'd'].map((sql) => put(sql)))
    await writes[2]!.written
    expect(batches()).toEqual([['a', 'b', 'c']])
  })

  test('time - one that is not full is written after a while', async () => {
    const { put, batches, counters } = queue({ timeoutMs: 1 })
    await (await put('a')).written
    expect(batches()).toEqual([['a']])
    expect(counters.get('queue', 'num_timeout')).toBe(1)
  })

  test('marker - lets everything before it be written at once', async () => {
    const { queued, put, batches } = queue()
    await put('a')
    await put('b')
    const { written } = await queued.flush()
    await written
    expect(batches()).toEqual([['a', 'b']])
    await (await queued.flush()).written
    expect(batches()).toHaveLength(1)
  })

  test('numbers - rise by every request, and the status tells which are through', async () => {
    const { queued, put } = queue()
    expect(queued.status.sequenceNumber).toBe(0n)
    const first = await put('a')
    const second = await put('b')
    expect(second.sequenceNumber).toBe(first.sequenceNumber + 1n)
    expect(String(first.sequenceNumber)).toHaveLength(19)
    expect(queued.status).toMatchObject({ length: 2, sequenceNumber: 0n })
    const marker = await queued.flush()
    await marker.written
    expect(queued.status).toMatchObject({ length: 0, sequenceNumber: marker.sequenceNumber })
  })

  test('callers - a batch is of one caller and namespace; a named request goes alone', async () => {
    const { queued, put, attempts } = queue()
    const anna = { username: 'anna', password: '1' }
    await put('a')
    await put('b', { credentials: anna })
    await put('c', { credentials: { ...anna } })
    await put('d', { namespace: 'other' })
    await put('e', { namespace: 'other', requestId: 'x' })
    await put('f', { namespace: 'other' })
    await (await queued.flush()).written
    expect(attempts.map(({ sql, options }) => [sql.join(), options.credentials, options.namespace])).toEqual([
      ['a', undefined, undefined],
      ['b,c', anna, undefined],
      ['d', undefined, 'other'],
      ['e', undefined, 'other'],
      ['f', undefined, 'other'],
    ])
    expect(attempts[3]?.options.requestId).toBe('x')
  })

  test('size in bytes - large requests are not put together', async () => {
    const { queued, put, batches } = queue()
    const large = 'x'.repeat(600_000)
    await put(large)
    await put(large)
    await (await queued.flush()).written
    expect(batches()).toEqual([[large], [large]])
  })

  test('statements - no more go together than a request may have', async () => {
    const { queued, batches } = queue()
    const many = Array.from({ length: DEFAULT_SQL_LIMITS.statementsMax - 1 }, () => 'x')
    await queued.enqueue(many)
    await queued.enqueue(['y', 'z'])
    await (await queued.flush()).written
    expect(batches().map(({ length }) => length)).toEqual([many.length, 2])
  })
})

describe('failures', () => {
  test('no leader - the same write is tried again, and later ones wait for it', async () => {
    const { queued, put, state, attempts, counters } = queue({ batchSize: 1 })
    let failures = 2
    state.answer = ({ sql }) => {
      if (failures-- > 0) throw failure('RAFT_NO_LEADER', 'not-applied')
      return sql.map(() => OK)
    }
    await put('a')
    await put('b')
    await (await queued.flush()).written
    expect(attempts.map(({ sql }) => sql[0])).toEqual(['a', 'a', 'a', 'b'])
    expect(new Set(attempts.slice(0, 3).map(({ write }) => write)).size).toBe(1)
    expect(counters.get('queue', 'num_retries')).toBe(2)
  })

  test('lost answer - is asked for again', async () => {
    const { queued, put, state, attempts } = queue()
    let failures = 1
    state.answer = ({ sql }) => {
      if (failures-- > 0) throw failure('RAFT_LEADERSHIP_LOST', 'unknown')
      return sql.map(() => OK)
    }
    await put('a')
    await (await queued.flush()).written
    expect(attempts.map(({ sql }) => sql[0])).toEqual(['a', 'a'])
    expect(attempts[0]?.write).toBe(attempts[1]?.write)
  })

  test('refused batch - is taken apart; only what is refused by itself is given up', async () => {
    const { queued, put, state, batches, counters } = queue()
    state.answer = ({ sql }) => {
      if (sql.includes('huge')) throw failure('RAFT_ENTRY_TOO_LARGE', 'not-applied', false)
      return sql.map(() => OK)
    }
    const [a, huge, b] = await Promise.all(['a', 'huge', 'b'].map((sql) => put(sql)))
    await (await queued.flush()).written
    expect(batches()).toEqual([['a', 'huge', 'b'], ['a'], ['huge'], ['b']])
    await expect(huge!.written).rejects.toMatchObject({ code: 'RAFT_ENTRY_TOO_LARGE' })
    await Promise.all([a!.written, b!.written])
    expect(counters.get('queue', 'requests_dropped')).toBe(1)
  })

  test('a write that nobody can tell about any more - is given up, and holds up nothing', async () => {
    const { queued, put, state, batches } = queue({ batchSize: 1 })
    state.answer = ({ sql }) => {
      if (sql.includes('old')) throw failure('REQUEST_FORGOTTEN', 'unknown')
      return sql.map(() => OK)
    }
    const old = await put('old')
    await put('a')
    await (await queued.flush()).written
    await expect(old.written).rejects.toMatchObject({ code: 'REQUEST_FORGOTTEN' })
    expect(batches()).toEqual([['old'], ['a']])
  })

  test('a batch that nobody can tell about any more - is not taken apart: some of it would be written twice', async () => {
    const { queued, put, state, batches, counters } = queue()
    state.answer = () => {
      throw failure('REQUEST_FORGOTTEN', 'unknown')
    }
    const writes = await Promise.all(['a', 'b'].map((sql) => put(sql)))
    await (await queued.flush()).written.catch(() => {})
    for (const { written } of writes) {
      await expect(written).rejects.toMatchObject({ code: 'REQUEST_FORGOTTEN', outcome: 'unknown' })
    }
    expect(batches()).toEqual([['a', 'b']])
    expect(counters.get('queue', 'requests_dropped')).toBe(2)
  })

  test('applied before - is done', async () => {
    const { queued, put, state } = queue()
    state.answer = () => {
      throw failure('REQUEST_ANSWER_LOST', 'applied')
    }
    const write = await put('a')
    await queued.flush()
    await write.written
  })

  test('a defect - gives up the batch, not the queue', async () => {
    const { queued, put, state } = queue()
    state.answer = () => {
      throw new TypeError('broken')
    }
    const write = await put('a')
    await (await queued.flush()).written.catch(() => {})
    await expect(write.written).rejects.toMatchObject({ code: 'QUEUE_STOPPED', outcome: 'unknown' })
    state.answer = () => [OK]
    await put('b')
    await (await queued.flush()).written
  })

  test('statements - their errors are counted', async () => {
    const { queued, put, state, counters } = queue()
    state.answer = () => [OK, FAILED]
    await put('a')
    await put('b')
    await (await queued.flush()).written
    expect(counters.get('queue', 'statements_rx')).toBe(2)
    expect(counters.get('queue', 'statements_tx')).toBe(2)
    expect(counters.get('queue', 'statements_failed')).toBe(1)
  })

  test('transaction - a batch that was rolled back is taken apart', async () => {
    const { queued, put, state, attempts, counters } = queue({ transaction: true })
    state.answer = ({ sql }) => (sql.includes('wrong') ? [FAILED] : sql.map(() => OK))
    for (const sql of ['a', 'wrong', 'b']) await put(sql)
    await (await queued.flush()).written
    expect(attempts.map(({ sql }) => sql.join())).toEqual(['a,wrong,b', 'a', 'wrong', 'b'])
    expect(attempts.every(({ options }) => options.transaction)).toBe(true)
    expect(counters.get('queue', 'statements_failed')).toBe(1)
  })

  test('bad requests - are refused at the door', async () => {
    const { queued, put, batches } = queue()
    await expect(put('bad')).rejects.toMatchObject({ code: 'SQL_DISALLOWED_PRAGMA' })
    await (await queued.flush()).written
    expect(batches()).toEqual([])
  })
})

describe('room', () => {
  /** A queue whose writes wait until they are let through. */
  function blocked(init: Partial<ResolvedWriteQueue>) {
    const parts = queue(init)
    const gate = Promise.withResolvers<void>()
    parts.state.answer = async ({ sql }) => {
      await gate.promise
      return sql.map(() => OK)
    }
    return { ...parts, open: () => gate.resolve() }
  }

  test('full - callers wait in their order', async () => {
    const { queued, put, batches, open } = blocked({ capacity: 2, batchSize: 10 })
    await put('a')
    await put('b')
    const later = ['c', 'd', 'e'].map((sql) => put(sql))
    await setImmediate()
    expect(queued.status.length).toBe(2)
    open()
    const numbers = (await Promise.all(later)).map(({ sequenceNumber }) => sequenceNumber)
    expect(numbers).toEqual(numbers.toSorted())
    await (await queued.flush()).written
    expect(batches().flat()).toEqual(['a', 'b', 'c', 'd', 'e'])
  })

  test('full in bytes - a small request does not overtake a large one that waits', async () => {
    const { queued, put, batches, open } = blocked({})
    const half = (name: string): string => name.repeat(WRITE_QUEUE_BYTES_MAX / 2)
    const large = [half('a'), half('b'), half('c')]
    await put(large[0] as string)
    const second = put(large[1] as string)
    const third = put(large[2] as string)
    const small = put('small')
    await setImmediate()
    expect(queued.status.length).toBe(1)
    open()
    await Promise.all([second, third, small])
    await (await queued.flush()).written
    expect(batches().map(([sql = '']) => sql[0])).toEqual(['a', 'b', 'c', 's'])
  })

  test('full in bytes - many small statements take more memory than text', async () => {
    const { queued, open } = blocked({ capacity: 1_000 })
    const many = Array(10_000).fill(';')
    const writes = Array.from({ length: 50 }, () => queued.enqueue(many))
    await setImmediate()
    expect(queued.status.length * 10_000 * 256).toBeLessThan(WRITE_QUEUE_BYTES_MAX + 10_000 * 512)
    open()
    await Promise.all(writes)
  })

  test('full - a caller may want to wait for longer than a timer can run', async () => {
    const { put, open } = blocked({ capacity: 1 })
    await put('a')
    const second = put('b', { timeoutMs: 2 ** 40 })
    await sleep(10) // a timer set for that long ends after one millisecond
    open()
    await expect(second).resolves.toMatchObject({ sequenceNumber: expect.any(BigInt) })
  })

  test('full - not for longer than the caller wants', async () => {
    const { put, batches, queued, open } = blocked({ capacity: 1 })
    await put('a')
    await expect(put('b', { timeoutMs: 1 })).rejects.toMatchObject({ code: 'QUEUE_FULL', retryable: true })
    const abort = new AbortController()
    const aborted = put('c', { signal: abort.signal })
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'CALL_ABORTED', outcome: 'not-applied' })
    open()
    await (await queued.flush()).written
    expect(batches()).toEqual([['a']])
  })
})

describe('stop', () => {
  test('graceful - writes what is queued, and refuses more', async () => {
    const { queued, put, batches } = queue()
    await put('a')
    await put('b')
    await queued.stop(NEVER_MS)
    expect(batches()).toEqual([['a', 'b']])
    await expect(put('c')).rejects.toMatchObject({ code: 'QUEUE_STOPPED' })
    await queued.stop(NEVER_MS)
  })

  test('graceful - batch after batch, until all is written', async () => {
    const { queued, put, batches } = queue({ batchSize: 2 })
    const writes = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((sql) => put(sql)))
    await queued.stop(NEVER_MS)
    expect(batches()).toEqual([['a', 'b'], ['c', 'd'], ['e']])
    expect(queued.status.length).toBe(0)
    await Promise.all(writes.map(({ written }) => written))
  })

  test('without time - gives up what is left, and says so', async () => {
    const { queued, put, state, counters } = queue()
    state.answer = () => {
      throw failure('RAFT_NO_LEADER', 'not-applied')
    }
    const write = await put('a')
    const waiting = queue({ capacity: 1 })
    await queued.stop(0)
    await expect(write.written).rejects.toMatchObject({ code: 'QUEUE_STOPPED' })
    expect(counters.get('queue', 'requests_dropped')).toBe(1)
    await waiting.queued.stop(0)
  })
})

test('bytes - are no fewer than a log entry takes for them', () => {
  expect(
    bytesOf(['SELECT 1', { sql: 'x', positional: [1, 'é', new Uint8Array(9)], named: { n: null } }]),
  ).toBe(16 + 9 + 24 + 18 + 25 + 1 + 24)
})
