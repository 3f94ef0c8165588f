import { getEventListeners } from 'node:events'
import { setImmediate, setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { DebrosError, type Outcome } from '../../../src/base/index.ts'
import { type Attempt, type Routed, type RoutedKind, Router } from '../../../src/node/router.ts'

const LEADER = { id: 'b', peerId: 'pb', address: 'b:1' }
const LIMITS = { timeoutMs: 10_000 }

function failure(code: string, outcome: Outcome): DebrosError {
  return new DebrosError(code, code, { outcome, retryable: outcome === 'not-applied' })
}

/** A router whose leader, another node, gives these answers in turn; the last one for ever. */
function routerTo(answers: readonly (DebrosError | string)[], leaderWaitMs = 5_000) {
  let calls = 0
  const attempts: Attempt[] = []
  const router = new Router(
    { rpc: { handle: () => {}, call: async () => new Uint8Array(0) }, leader: () => LEADER },
    { selfId: 'a', leaderWaitMs },
  )
  const route = (kind: RoutedKind, limits: { timeoutMs: number; signal?: AbortSignal } = LIMITS) =>
    router.route(
      {
        kind,
        local: async () => 'local',
        remote: async (_leader, attempt) => {
          attempts.push(attempt)
          const answer = answers[Math.min(calls++, answers.length - 1)]
          if (answer instanceof DebrosError) throw answer
          return answer
        },
      },
      limits,
    )
  return { router, route, calls: () => calls, attempts }
}

/** What the repetition of a write may end with. */
const LAST_FAILURES = [
  ['RAFT_NO_LEADER', 'not-applied'],
  ['PEER_CALL_LOST', 'unknown'],
  ['RAFT_BUSY', 'not-applied'],
  ['REQUEST_FORGOTTEN', 'not-applied'],
] as const

describe('router', () => {
  test.each([
    'RAFT_NO_LEADER',
    'RAFT_NOT_LEADER',
    'RAFT_TRANSFERRING',
    'RAFT_PROPOSAL_DROPPED',
    'PEER_UNREACHABLE',
  ])('retry - a write that certainly did not happen (%s) is made again', async (code) => {
    const { route, calls } = routerTo([failure(code, 'not-applied'), failure(code, 'not-applied'), 'done'])
    expect(await route('write')).toBe('done')
    expect(calls()).toBe(3)
  })

  test.each(['PEER_CALL_LOST', 'RAFT_LEADERSHIP_LOST', 'RAFT_STOPPED', 'RPC_BUSY'])(
    'retry - a write whose answer was lost (%s) is made again, and known to be a repetition',
    async (code) => {
      const { route, attempts } = routerTo([
        failure('RAFT_NO_LEADER', 'not-applied'),
        failure(code, 'unknown'),
        failure('RAFT_NOT_LEADER', 'not-applied'),
        'done',
      ])
      expect(await route('write')).toBe('done')
      expect(attempts.map(({ mayHaveHappened }) => mayHaveHappened)).toEqual([false, false, true, true])
    },
  )

  test.each(LAST_FAILURES)('retry - what may have happened stays unknown after %s', async (code, outcome) => {
    const { route } = routerTo([failure('PEER_CALL_LOST', 'unknown'), failure(code, outcome)], 100)
    await expect(route('write')).rejects.toMatchObject({ code: 'RAFT_LEADERSHIP_LOST', outcome: 'unknown' })
  })

  test('retry - a write that was applied, though its answer is gone, is not made again', async () => {
    const { route, calls } = routerTo([failure('REQUEST_ANSWER_LOST', 'applied')])
    await expect(route('write')).rejects.toMatchObject({ code: 'REQUEST_ANSWER_LOST', outcome: 'applied' })
    expect(calls()).toBe(1)
  })

  test('retry - a first attempt taken for an old request is made again', async () => {
    const { route } = routerTo([failure('REQUEST_FORGOTTEN', 'not-applied'), 'done'])
    expect(await route('write')).toBe('done')
  })

  test('retry - this node being stopped is no reason to try again', async () => {
    let calls = 0
    const router = new Router(
      { rpc: { handle: () => {}, call: async () => new Uint8Array(0) }, leader: () => LEADER },
      { selfId: LEADER.id, leaderWaitMs: 5_000 },
    )
    const local = async (): Promise<string> => {
      calls++
      throw failure('RAFT_STOPPED', 'unknown')
    }
    const routed = router.route({ kind: 'write', local, remote: async () => 'remote' }, LIMITS)
    await expect(routed).rejects.toMatchObject({ code: 'RAFT_STOPPED', outcome: 'unknown' })
    expect(calls).toBe(1)
  })

  test('retry - what must not happen twice is not made again once it may have happened', async () => {
    const refused = failure('RAFT_NOT_LEADER', 'not-applied')
    const { route, calls } = routerTo([refused, failure('PEER_CALL_LOST', 'unknown'), 'twice'])
    await expect(route('once')).rejects.toMatchObject({ code: 'RAFT_LEADERSHIP_LOST', outcome: 'unknown' })
    expect(calls()).toBe(2)
  })

  test('retry - a read whose answer was lost is made again', async () => {
    const { route } = routerTo([failure('PEER_CALL_LOST', 'unknown'), 'read'])
    expect(await route('read')).toBe('read')
  })

  test('timeout - of the call to the leader: unknown for a write, nothing done for a read', async () => {
    const lost = failure('PEER_CALL_TIMEOUT', 'unknown')
    await expect(routerTo([lost]).route('write')).rejects.toMatchObject({
      code: 'CALL_TIMEOUT',
      outcome: 'unknown',
    })
    await expect(routerTo([lost]).route('read')).rejects.toMatchObject({ outcome: 'not-applied' })
  })

  test('errors - of the request itself are passed on at once', async () => {
    const { route, calls } = routerTo([failure('RAFT_ENTRY_TOO_LARGE', 'not-applied'), 'done'])
    await expect(route('write')).rejects.toMatchObject({ code: 'RAFT_ENTRY_TOO_LARGE' })
    expect(calls()).toBe(1)
  })

  test('patience - no leader for too long is RAFT_NO_LEADER, with what was met as its cause', async () => {
    const { route } = routerTo([failure('PEER_UNREACHABLE', 'not-applied')], 30)
    await expect(route('write')).rejects.toMatchObject({
      code: 'RAFT_NO_LEADER',
      outcome: 'not-applied',
      retryable: true,
      cause: { code: 'PEER_UNREACHABLE' },
    })
  })

  test('patience - where there has been no leader for long, a request fails at once', async () => {
    let leader: typeof LEADER | undefined
    const router = new Router(
      { rpc: { handle: () => {}, call: async () => new Uint8Array(0) }, leader: () => leader },
      { selfId: 'a', leaderWaitMs: 30 },
    )
    const attempts = async (): Promise<number> => {
      let count = 0
      const run = async (): Promise<void> => {
        count++
        throw failure('RAFT_NO_LEADER', 'not-applied')
      }
      await expect(router.attempt(run, LIMITS, 'read')).rejects.toMatchObject({ code: 'RAFT_NO_LEADER' })
      return count
    }
    expect(await attempts()).toBeGreaterThan(1)
    await expect.poll(attempts).toBe(1)
    // Once there was another, its loss may be waited for again.
    leader = LEADER
    router.leaderChanged()
    leader = undefined
    router.leaderChanged()
    expect(await attempts()).toBeGreaterThan(1)
  })

  test('patience - the first leader to be lost is waited for, however long ago this node was started', async () => {
    let leader: typeof LEADER | undefined = LEADER
    const router = new Router(
      { rpc: { handle: () => {}, call: async () => new Uint8Array(0) }, leader: () => leader },
      { selfId: 'a', leaderWaitMs: 1_000 },
    )
    await sleep(1_100)
    leader = undefined
    router.leaderChanged()
    let attempts = 0
    const run = async (): Promise<string> => {
      if (++attempts > 1) return 'done'
      throw failure('RAFT_NO_LEADER', 'not-applied')
    }
    expect(await router.attempt(run, LIMITS, 'read')).toBe('done')
  })

  test('patience - another leader ends the wait for the next attempt', async () => {
    const { router, route, calls } = routerTo([failure('RAFT_NO_LEADER', 'not-applied'), 'done'])
    const routed = route('write')
    while (calls() === 0) await setImmediate()
    // Far more often than the pauses between attempts would allow in all the time there is.
    for (let i = 0; calls() === 1; i++) {
      router.leaderChanged()
      await setImmediate()
      expect(i).toBeLessThan(10)
    }
    expect(await routed).toBe('done')
  })

  test('patience - a leader that another one has succeeded is not waited for', async () => {
    let leader = LEADER
    const asked: string[] = []
    const router = new Router(
      { rpc: { handle: () => {}, call: async () => new Uint8Array(0) }, leader: () => leader },
      { selfId: 'a', leaderWaitMs: 5_000 },
    )
    const remote: Routed<string>['remote'] = async ({ peerId }, { signal }) => {
      asked.push(peerId)
      if (peerId === 'pc') return 'done'
      return await new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(new Error('given up')))
      })
    }
    const routed = router.route({ kind: 'write', local: async () => 'local', remote }, LIMITS)
    while (asked.length === 0) await setImmediate()
    router.leaderChanged() // it still leads
    leader = { id: 'c', peerId: 'pc', address: 'c:1' }
    router.leaderChanged()
    expect(await routed).toBe('done')
    expect(asked).toEqual(['pb', 'pc'])
  })

  test('abort - while waiting for the next attempt ends it, with nothing done', async () => {
    const { route } = routerTo([failure('RAFT_NO_LEADER', 'not-applied')])
    const controller = new AbortController()
    const routed = route('write', { ...LIMITS, signal: controller.signal })
    controller.abort()
    await expect(routed).rejects.toMatchObject({ code: 'CALL_ABORTED', outcome: 'not-applied' })
  })

  test('abort - a call to another node is told why, at once or from its beginning', async () => {
    const reason = new Error('the connection is gone')
    for (const when of ['before', 'while it waits'] as const) {
      const caller = new AbortController()
      const { router } = routerTo([])
      if (when === 'before') caller.abort(reason)
      const routed = router.route<string>(
        {
          kind: 'write',
          local: async () => 'local',
          remote: async (_leader, { signal }) => {
            if (when !== 'before') setTimeout(() => caller.abort(reason), 0)
            while (signal?.aborted === false) await setImmediate()
            throw signal?.reason
          },
        },
        { ...LIMITS, signal: caller.signal },
      )
      await expect(routed).rejects.toBe(reason)
      expect(getEventListeners(caller.signal, 'abort')).toEqual([])
    }
  })

  test('abort - a signal that outlives the call keeps nothing of it', async () => {
    const caller = new AbortController()
    const listeners: number[] = []
    const { router } = routerTo([])
    const remote: Routed<string>['remote'] = async () => {
      listeners.push(getEventListeners(caller.signal, 'abort').length)
      return 'done'
    }
    const request = { kind: 'write', local: async () => 'local', remote } as const
    await router.route(request, { ...LIMITS, signal: caller.signal })
    expect(listeners).toEqual([1])
    expect(getEventListeners(caller.signal, 'abort')).toEqual([])
  })
})
