import { describe, expect, test } from 'vitest'
import { DebrosError, type Outcome } from '../../../src/base/index.ts'
import { Router } from '../../../src/node/router.ts'

const LEADER = { id: 'b', peerId: 'pb', address: 'b:1' }
const LIMITS = { timeoutMs: 10_000 }

function failure(code: string, outcome: Outcome): DebrosError {
  return new DebrosError(code, code, { outcome, retryable: outcome === 'not-applied' })
}

/** A router whose leader, another node, gives these answers in turn; the last one for ever. */
function routerTo(answers: readonly (DebrosError | string)[], leaderWaitMs = 5_000) {
  let calls = 0
  const router = new Router(
    { rpc: { handle: () => {}, call: async () => new Uint8Array(0) }, leader: () => LEADER },
    { selfId: 'a', leaderWaitMs },
  )
  const route = (idempotent: boolean, limits: { timeoutMs: number; signal?: AbortSignal } = LIMITS) =>
    router.route(
      {
        idempotent,
        local: async () => 'local',
        remote: async () => {
          const answer = answers[Math.min(calls++, answers.length - 1)]
          if (answer instanceof DebrosError) throw answer
          return answer
        },
      },
      limits,
    )
  return { route, calls: () => calls }
}

describe('router', () => {
  test.each([
    'RAFT_NO_LEADER',
    'RAFT_NOT_LEADER',
    'RAFT_TRANSFERRING',
    'RAFT_PROPOSAL_DROPPED',
    'PEER_UNREACHABLE',
  ])('retry - a write that certainly did not happen (%s) is made again', async (code) => {
    const { route, calls } = routerTo([failure(code, 'not-applied'), failure(code, 'not-applied'), 'done'])
    expect(await route(false)).toBe('done')
    expect(calls()).toBe(3)
  })

  test('retry - a write whose answer was lost is never made again, and is called unknown', async () => {
    const { route, calls } = routerTo([failure('PEER_CALL_LOST', 'unknown'), 'twice'])
    await expect(route(false)).rejects.toMatchObject({ code: 'RAFT_LEADERSHIP_LOST', outcome: 'unknown' })
    expect(calls()).toBe(1)
  })

  test('retry - a read whose answer was lost is made again', async () => {
    const { route } = routerTo([failure('PEER_CALL_LOST', 'unknown'), 'read'])
    expect(await route(true)).toBe('read')
  })

  test('timeout - of the call to the leader: unknown for a write, nothing done for a read', async () => {
    const lost = failure('PEER_CALL_TIMEOUT', 'unknown')
    await expect(routerTo([lost]).route(false)).rejects.toMatchObject({
      code: 'CALL_TIMEOUT',
      outcome: 'unknown',
    })
    await expect(routerTo([lost]).route(true)).rejects.toMatchObject({ outcome: 'not-applied' })
  })

  test('errors - of the request itself are passed on at once', async () => {
    const { route, calls } = routerTo([failure('RAFT_ENTRY_TOO_LARGE', 'not-applied'), 'done'])
    await expect(route(false)).rejects.toMatchObject({ code: 'RAFT_ENTRY_TOO_LARGE' })
    expect(calls()).toBe(1)
  })

  test('patience - no leader for too long is RAFT_NO_LEADER, with what was met as its cause', async () => {
    const { route } = routerTo([failure('PEER_UNREACHABLE', 'not-applied')], 30)
    await expect(route(false)).rejects.toMatchObject({
      code: 'RAFT_NO_LEADER',
      outcome: 'not-applied',
      retryable: true,
      cause: { code: 'PEER_UNREACHABLE' },
    })
  })

  test('abort - while waiting for the next attempt ends it, with nothing done', async () => {
    const { route } = routerTo([failure('RAFT_NO_LEADER', 'not-applied')])
    const controller = new AbortController()
    const routed = route(false, { ...LIMITS, signal: controller.signal })
    setImmediate(() => controller.abort())
    await expect(routed).rejects.toMatchObject({ code: 'CALL_ABORTED', outcome: 'not-applied' })
  })
})
