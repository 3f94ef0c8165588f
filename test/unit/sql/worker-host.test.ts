/** In which order the worker answers. The turns of its event loop are taken by hand. */
import { describe, expect, it, vi } from 'vitest'
import { packItems } from '../../../src/sql/apply-batch.ts'
import { SQL_DIGESTS_MAX } from '../../../src/sql/limits.ts'
import type { Request, ResponseTo } from '../../../src/sql/protocol.ts'
import { WorkerHost } from '../../../src/sql/worker-host.ts'
import { NAMESPACE, stmt, TestEngine } from './support.ts'

const STATS: Request = { kind: 'stats' }

function insert(index: number): Request {
  const command = {
    namespace: NAMESPACE,
    mode: 'execute' as const,
    statements: [stmt('INSERT INTO t VALUES (1)')],
    transaction: false,
    timeMs: 0,
    seed: index,
  }
  return {
    kind: 'apply',
    items: packItems([{ index, command, wantResults: false }]),
    readers: { newest: 0, inUse: [] },
  }
}

/** A worker with a database that takes several steps to digest. */
class TestHost {
  readonly engine = new TestEngine()
  readonly answered: ResponseTo[] = []
  readonly #scheduled: (() => void)[] = []
  readonly #host = new WorkerHost(
    this.engine.engine,
    (responses) => {
      for (const response of responses) if ('id' in response) this.answered.push(response)
    },
    {
      later: (run) => this.#scheduled.push(run),
    },
  )
  #lastId = 0

  constructor() {
    this.engine.execute('CREATE TABLE t (x)', 'INSERT INTO t VALUES (zeroblob(4000000))')
  }

  get ids(): number[] {
    return this.answered.map(({ id }) => id)
  }

  /** Numbers them from 1 on. */
  handle(...requests: Request[]): void {
    this.#host.handle(requests.map((request) => ({ id: ++this.#lastId, request })))
  }

  /** False if there is nothing to do. */
  turn(): boolean {
    const run = this.#scheduled.shift()
    run?.()
    return run !== undefined
  }

  settle(): void {
    while (this.turn());
  }

  answer(id: number): unknown {
    const response = this.answered.find((each) => each.id === id)
    if (response === undefined) throw new Error(`no answer to ${id}`)
    return 'answer' in response ? response.answer : response.failure
  }
}

const DIGEST: Request = { kind: 'digest' }

describe('sql worker - digests', () => {
  it('holds nothing up that comes later, in the same message or while it is computed', () => {
    const host = new TestHost()
    host.handle(DIGEST, STATS, insert(10))
    expect(host.ids).toEqual([2, 3])
    host.turn()
    host.handle(STATS)
    expect(host.ids).toEqual([2, 3, 4])
    host.turn()
    host.handle(insert(11), STATS)
    expect(host.ids).toEqual([2, 3, 4, 5, 6])
    host.settle()
    expect(host.ids).toEqual([2, 3, 4, 5, 6, 1])
    expect(host.turn()).toBe(false)
  })

  it('is of the state at its place among the calls', () => {
    const host = new TestHost()
    const before = host.engine.digest()
    host.handle(DIGEST, insert(10), DIGEST, insert(11))
    const after = host.engine.digest()
    host.handle(STATS, DIGEST)
    host.settle()
    expect(host.answer(1)).toBe(before)
    expect(host.answer(6)).toBe(after)
    expect(new Set([1, 3, 6].map((id) => host.answer(id))).size).toBe(3)
    expect(host.ids.filter((id) => [1, 3, 6].includes(id))).toEqual([1, 3, 6])
  })

  it('is shared by all who ask while the state is the same', () => {
    const host = new TestHost()
    const begin = vi.spyOn(host.engine.engine, 'digest')
    host.handle(...Array.from({ length: 2 * SQL_DIGESTS_MAX }, () => DIGEST))
    host.turn()
    host.handle(STATS, DIGEST)
    expect(begin).toHaveBeenCalledTimes(1)
    host.settle()
    const expected = host.engine.digest()
    const ids = host.ids.filter((id) => id !== 2 * SQL_DIGESTS_MAX + 1)
    expect(ids).toHaveLength(2 * SQL_DIGESTS_MAX + 1)
    for (const id of ids) expect(host.answer(id)).toBe(expected)
  })

  it('can be asked for again when it is done', () => {
    const host = new TestHost()
    for (const id of [1, 2]) {
      host.handle(DIGEST)
      host.settle()
      expect(host.answer(id)).toBe(host.engine.digest())
    }
  })

  it('a restore makes it another state', () => {
    const host = new TestHost()
    const before = host.engine.digest()
    const empty = new TestEngine()
    host.handle(DIGEST, { kind: 'restore-begin' }, { kind: 'restore-push', chunk: empty.capture() })
    host.handle({ kind: 'restore-finish' }, DIGEST)
    host.settle()
    expect([host.answer(1), host.answer(5)]).toEqual([before, empty.digest()])
  })

  it('of too many states at a time is refused, until one is done', () => {
    const host = new TestHost()
    const busy = { code: 'SQL_BUSY', retryable: true, outcome: 'not-applied' }
    for (let i = 0; i < SQL_DIGESTS_MAX; i++) host.handle(DIGEST, insert(10 + i))
    host.handle(DIGEST)
    const refused = 2 * SQL_DIGESTS_MAX + 1
    expect(host.answer(refused)).toMatchObject(busy)
    while (!host.ids.includes(1)) host.turn()
    host.handle(DIGEST)
    host.settle()
    expect(host.answer(refused + 1)).toBe(host.engine.digest())
  })

  it('that fails is answered as such, and the next one is computed', () => {
    const host = new TestHost()
    const release = vi.fn()
    vi.spyOn(host.engine.engine, 'digest').mockReturnValueOnce({
      step: () => {
        throw new Error('out of luck')
      },
      release,
    })
    host.handle(DIGEST, insert(10), DIGEST)
    host.settle()
    expect(host.answer(1)).toMatchObject({ code: 'SQL_ENGINE_FAILED', message: 'out of luck' })
    expect(release).toHaveBeenCalledOnce()
    expect(host.answer(3)).toBe(host.engine.digest())
  })
})
