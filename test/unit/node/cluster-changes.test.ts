import { expect, test } from 'vitest'
import { DebrosError, silentLogger } from '../../../src/base/index.ts'
import { ALLOW_ALL } from '../../../src/node/authorization.ts'
import { ClusterChanges, type ClusterChangesComponents } from '../../../src/node/cluster-changes.ts'

/** Three voters as their leader `n1` sees them: `n3` takes no part in Raft, whether it answers calls or not. */
function leader(
  reachable: readonly string[],
  { isConfirmed = true } = {},
): { changes: ClusterChanges; removed: string[] } {
  const ids = ['n1', 'n2', 'n3']
  const removed: string[] = []
  const components = {
    consensus: {
      isLeader: true,
      config: { voters: ids, members: ids.map((id) => ({ id })) },
      hears: (id: string) => id !== 'n3',
      readIndex: async () => {
        if (isConfirmed) return 1
        throw new DebrosError('RAFT_NO_LEADER', 'no majority answers', { retryable: true })
      },
      changeMembership: async ([{ id }]: readonly [{ id: string }]) => removed.push(id),
    },
    nodes: async () => ids.map((id) => ({ id, reachable: reachable.includes(id) })),
    rpc: { handle: () => {} },
    ...{ authorizer: ALLOW_ALL, logger: silentLogger },
    // What is not here is not used for a removal by the leader itself.
  } as unknown as ClusterChangesComponents
  return { changes: new ClusterChanges(components, { selfId: 'n1', servedBy: () => 'n1' }), removed }
}

test('reaping - only one that does not answer either is removed', async () => {
  const gone = leader(['n1', 'n2'])
  expect(await gone.changes.removeSilent('n3', { timeoutMs: 1_000 })).toBe(true)
  expect(gone.removed).toEqual(['n3'])
  const there = leader(['n1', 'n2', 'n3'])
  await expect(there.changes.removeSilent('n3', { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: 'RAFT_CONFIG_REJECTED',
    retryable: true,
  })
  expect(there.removed).toEqual([])
})

test('reaping - not by a leader that no majority of all there are confirms', async () => {
  const deposed = leader(['n1', 'n2'], { isConfirmed: false })
  await expect(deposed.changes.removeSilent('n3', { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: 'RAFT_NO_LEADER',
  })
  expect(deposed.removed).toEqual([])
})

test('reaping - not if no majority that answers would be left', async () => {
  // The leader has heard of n2 not long ago, but it does not answer any more.
  const alone = leader(['n1'])
  await expect(alone.changes.removeSilent('n3', { timeoutMs: 1_000 })).rejects.toMatchObject({
    code: 'RAFT_CONFIG_REJECTED',
    message: expect.stringContaining('no majority would be left'),
  })
  expect(alone.removed).toEqual([])
})
