import { describe, expect, test } from 'vitest'
import { Consensus, limitsOf } from '../../../src/node/consensus.ts'
import type { RaftDriver } from '../../../src/raft/index.ts'

/** A driver that takes every call and never answers. */
const silent = { propose: () => {}, changeMembership: () => {}, readIndex: () => {} }
// Only what is called has to be there.
const consensus = new Consensus(silent as unknown as RaftDriver)

const DATA = new Uint8Array(1)
const UNKNOWN = { outcome: 'unknown', retryable: false }
const NOTHING_DONE = { outcome: 'not-applied' }

describe('consensus', () => {
  test('timeout - of a write: it may still be applied; of a read: nothing was done', async () => {
    const limits = { timeoutMs: 1 }
    const timeout = { code: 'CALL_TIMEOUT' }
    await expect(consensus.propose(DATA, limits)).rejects.toMatchObject({ ...timeout, ...UNKNOWN })
    await expect(consensus.changeMembership([], limits)).rejects.toMatchObject({ ...timeout, ...UNKNOWN })
    await expect(consensus.readIndex(limits)).rejects.toMatchObject({
      ...timeout,
      ...NOTHING_DONE,
      retryable: true,
    })
  })

  test('timeout - longer than a timer can run is as long as it can', () => {
    expect(limitsOf({ timeoutMs: 2 ** 40 })).toMatchObject({ timeoutMs: 2 ** 31 - 1 })
  })

  test('abort - the same', async () => {
    const controller = new AbortController()
    const limits = { timeoutMs: 60_000, signal: controller.signal }
    const calls = [consensus.propose(DATA, limits), consensus.readIndex(limits)]
    controller.abort(new Error('the caller went away'))
    const [write, read] = await Promise.allSettled(calls)
    const aborted = { code: 'CALL_ABORTED', cause: new Error('the caller went away') }
    expect(write).toMatchObject({ reason: { ...aborted, ...UNKNOWN } })
    expect(read).toMatchObject({ reason: { ...aborted, ...NOTHING_DONE } })
  })
})
