import { expect, test } from 'vitest'
import { Counters, silentLogger } from '../../../src/base/index.ts'
import { Admission, type AdmissionComponents } from '../../../src/node/admission.ts'
import { createAuthorizer } from '../../../src/node/credentials-file.ts'
import type { JoinRequest } from '../../../src/p2p/index.ts'
import type { ConfigChange } from '../../../src/raft/index.ts'

const authorizer = createAuthorizer(
  JSON.stringify([
    { username: 'voter', password: 'right', perms: ['join'] },
    { username: 'reader', password: 'right', perms: ['join-read-only'] },
  ]),
)

const REPLICA = { id: 'r', peerId: 'key of r', address: 'r:1', voter: false }

/** A leader whose read replica `r` asks again, to be what `as` says. */
function leader(): { ask: (as: Partial<JoinRequest>) => Promise<unknown>; changes: ConfigChange[] } {
  const changes: ConfigChange[] = []
  const config = {
    members: [{ id: 'n', peerId: 'key of n', address: 'n:1', voter: true }, REPLICA],
    ...{ voters: ['n'], learners: ['r'] },
  }
  const consensus = {
    ...{ isLeader: true, config, status: { config, progress: new Map() }, hears: () => false },
    changeMembership: async (wanted: readonly ConfigChange[]) => changes.push(...wanted),
  }
  const components = {
    ...{ consensus, authorizer, counters: new Counters(), logger: silentLogger },
    checkLeaving: async () => {},
    // What is not here is not asked of a leader.
  } as unknown as AdmissionComponents
  const admission = new Admission(components, { clusterId: 'c', ancestors: [] })
  const { id: nodeId, peerId, address, voter } = REPLICA
  return { ask: (as) => admission.admit({ nodeId, peerId, address, voter, clusterId: 'c', ...as }), changes }
}

test('admission - a read replica becomes a voter only with the right to join as one', async () => {
  const { ask, changes } = leader()
  const as = (username: string) => ({ voter: true, credentials: { username, password: 'right' } })
  for (const asked of [{ voter: true }, as('reader')]) {
    await expect(ask(asked)).rejects.toMatchObject({ code: 'JOIN_NOT_AUTHORIZED' })
  }
  expect(changes).toEqual([])
  await ask(as('voter'))
  expect(changes).toEqual([{ type: 'add', member: { ...REPLICA, voter: true } }])
})

test('admission - a member says itself where it is, and needs no right for it', async () => {
  const { ask, changes } = leader()
  await ask({ address: 'r:2' })
  expect(changes).toEqual([{ type: 'add', member: { ...REPLICA, address: 'r:2' } }])
})
