import { expect, test } from 'vitest'
import { Counters, silentLogger } from '../../../src/base/index.ts'
import { Admission, type AdmissionComponents } from '../../../src/node/admission.ts'
import type { Permission } from '../../../src/node/authorization.ts'
import type { JoinRequest } from '../../../src/p2p/index.ts'
import type { ConfigChange } from '../../../src/raft/index.ts'

/** A leader of itself and two voters, of which `n3` is silent, that lets in whoever shows a permission as name. */
function leader(): { admission: Admission; changes: ConfigChange[]; finish: () => void } {
  const members = ['n1', 'n2', 'n3'].map((id) => ({
    ...{ id, peerId: `key of ${id}`, address: `${id}:1`, voter: true },
  }))
  const changes: ConfigChange[] = []
  const change = Promise.withResolvers<void>()
  const config = { members, voters: members.map(({ id }) => id), learners: [] }
  const components = {
    consensus: {
      ...{ isLeader: true, config, status: { config, progress: new Map() } },
      hears: (id: string) => id !== 'n3',
      changeMembership: async (wanted: readonly ConfigChange[]) => {
        changes.push(...wanted)
        await change.promise
      },
    },
    authorizer: {
      allows: (credentials: { username: string } | undefined, permission: Permission) =>
        credentials?.username === permission,
    },
    ...{ counters: new Counters(), checkLeaving: async () => {}, logger: silentLogger },
    // What is not here is not used to let somebody in.
  } as unknown as AdmissionComponents
  const admission = new Admission(components, { clusterId: 'c', ancestors: [] })
  return { admission, changes, finish: () => change.resolve() }
}

const request = (nodeId: string, username: Permission, voter = true): JoinRequest => ({
  ...{ nodeId, peerId: `new key of ${nodeId}`, address: `${nodeId}:2`, voter, clusterId: undefined },
  credentials: { username, password: '' },
})

test('admission - a read replica does not take the place of a voter without the right to be one', async () => {
  const { admission, changes, finish } = leader()
  finish()
  await expect(admission.admit(request('n3', 'join-read-only', false))).rejects.toMatchObject({
    code: 'JOIN_NOT_AUTHORIZED',
  })
  expect(changes).toEqual([])
  await admission.admit(request('n3', 'join'))
  expect(changes.map(({ type }) => type)).toEqual(['remove', 'add'])
})

test('admission - one that has stopped asking before its turn came is not taken in', async () => {
  const { admission, changes, finish } = leader()
  const first = admission.admit(request('n4', 'join'))
  const gone = new AbortController()
  const second = admission.admit(request('n5', 'join'), gone.signal)
  gone.abort(new Error('stopped'))
  finish()
  await first
  await expect(second).rejects.toMatchObject({ code: 'CALL_ABORTED', outcome: 'not-applied' })
  expect(changes).toMatchObject([{ type: 'add', member: { id: 'n4' } }])
})
