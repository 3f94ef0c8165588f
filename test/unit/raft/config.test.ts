import { describe, expect, test } from 'vitest'
import { AssertionError } from '../../../src/base/index.ts'
import {
  type ConfigChange,
  changeConfig,
  initialConfig,
  isVoter,
  leaveJoint,
  MEMBERS_MAX,
  replicas,
} from '../../../src/raft/core/config.ts'
import type { ClusterConfig } from '../../../src/raft/core/types.ts'
import { config, member } from './entries.ts'

const abc = config(['a', 'b', 'c'])

function changed(current: ClusterConfig, ...changes: ConfigChange[]): ClusterConfig {
  const result = changeConfig(current, changes)
  if (!result.ok) throw new Error(result.reason)
  return result.config
}

function refusal(current: ClusterConfig, ...changes: ConfigChange[]): string {
  const result = changeConfig(current, changes)
  return result.ok ? 'accepted' : result.reason
}

const ids = ({ members }: ClusterConfig): string[] => members.map(({ id }) => id)

describe('first configuration', () => {
  test('config - founders vote or learn as they wish, in one order everywhere', () => {
    const founded = initialConfig([member('c'), member('a'), member('b', false)])
    expect(founded).toEqual(initialConfig([member('b', false), member('a'), member('c')]))
    expect(founded).toMatchObject({ voters: ['a', 'c'], outgoing: [], learners: ['b'] })
    expect(ids(founded)).toEqual(['a', 'b', 'c'])
  })
})

describe('adding', () => {
  test('config - a cluster has at most so many members', () => {
    const full = config(Array.from({ length: MEMBERS_MAX }, (_, i) => `n${i}`))
    expect(refusal(full, { type: 'add', member: member('one-more') })).toContain(`at most ${MEMBERS_MAX}`)
    expect(refusal(full, { type: 'remove', id: 'n0' }, { type: 'add', member: member('one-more') })).toBe(
      'accepted',
    )
  })

  test('config - a new node starts as a learner, whatever it wishes to be', () => {
    for (const wish of [true, false]) {
      const next = changed(abc, { type: 'add', member: member('d', wish) })
      expect(next).toMatchObject({ voters: ['a', 'b', 'c'], outgoing: [], learners: ['d'] })
      expect(next.members).toContainEqual(member('d', wish))
    }
  })

  test('config - adding a known node changes its address and leaves its vote alone', () => {
    const moved = { ...member('b'), address: 'elsewhere:4001' }
    const next = changed(abc, { type: 'add', member: moved })
    expect(next).toMatchObject({ voters: ['a', 'b', 'c'], learners: [] })
    expect(next.members).toContainEqual(moved)
    expect(next.members).toHaveLength(3)
  })

  test('config - a key belongs to one node, and a node keeps its key', () => {
    const stolen = { ...member('d'), peerId: 'peer-a' }
    expect(refusal(abc, { type: 'add', member: stolen })).toContain('already belongs to node a')
    const replaced = { ...member('b'), peerId: 'peer-new' }
    expect(refusal(abc, { type: 'add', member: replaced })).toContain('another key')
  })

  test('config - a node and its key are taken until its removal is over', () => {
    const heir = { ...member('d'), peerId: 'peer-a' }
    const replacement = { ...member('a'), peerId: 'peer-new' }
    const remove = { type: 'remove', id: 'a' } as const
    expect(refusal(abc, remove, { type: 'add', member: heir })).toContain('already belongs to node a')
    // It would inherit what the old disk acknowledged.
    expect(refusal(abc, remove, { type: 'add', member: replacement })).toContain('another key')
    const without = changed(abc, remove)
    expect(changed(without, { type: 'add', member: heir })).toMatchObject({ learners: ['d'] })
    expect(changed(without, { type: 'add', member: replacement })).toMatchObject({ learners: ['a'] })
  })
})

describe('changing voters', () => {
  const withLearners = config(['a', 'b', 'c'], [], ['d', 'e'])

  test('config - one voter more or less needs no joint configuration', () => {
    expect(changed(withLearners, { type: 'promote', id: 'd' })).toMatchObject({
      voters: ['a', 'b', 'c', 'd'],
      outgoing: [],
      learners: ['e'],
    })
    expect(changed(abc, { type: 'remove', id: 'b' })).toMatchObject({ voters: ['a', 'c'], outgoing: [] })
    expect(changed(abc, { type: 'demote', id: 'b' })).toMatchObject({
      voters: ['a', 'c'],
      outgoing: [],
      learners: ['b'],
    })
  })

  test('config - several voters are changed through a joint configuration', () => {
    const joint = changed(
      withLearners,
      { type: 'promote', id: 'd' },
      { type: 'promote', id: 'e' },
      { type: 'remove', id: 'b' },
      { type: 'demote', id: 'c' },
    )
    expect(joint).toMatchObject({ voters: ['a', 'd', 'e'], outgoing: ['a', 'b', 'c'], learners: ['c'] })
    expect(ids(joint)).toEqual(['a', 'b', 'c', 'd', 'e'])
    expect(leaveJoint(joint)).toMatchObject({ voters: ['a', 'd', 'e'], outgoing: [], learners: ['c'] })
    expect(ids(leaveJoint(joint))).toEqual(['a', 'c', 'd', 'e'])
  })

  test('config - exchanging one voter for another changes two, and is joint', () => {
    const joint = changed(withLearners, { type: 'promote', id: 'd' }, { type: 'remove', id: 'a' })
    expect(joint.outgoing).toEqual(['a', 'b', 'c'])
  })

  test('config - changes that cancel out leave the voters alone', () => {
    const next = changed(abc, { type: 'demote', id: 'a' }, { type: 'promote', id: 'a' })
    expect(next).toEqual(abc)
  })

  test('config - a demoted node stays a learner, a promoted one stays a voter', () => {
    const demoted = changed(abc, { type: 'demote', id: 'a' })
    expect(demoted.members).toContainEqual(member('a', false))
    const promoted = changed(withLearners, { type: 'promote', id: 'd' })
    expect(promoted.members).toContainEqual(member('d', true))
  })

  test('config - what makes no sense is refused with a reason', () => {
    for (const type of ['promote', 'demote', 'remove'] as const) {
      expect(refusal(abc, { type, id: 'x' })).toBe('node x is not in the cluster')
    }
    expect(refusal(config(['a']), { type: 'remove', id: 'a' })).toContain('last voter')
    expect(refusal(config(['a'], [], ['b']), { type: 'demote', id: 'a' })).toContain('last voter')
  })

  test('config - nothing is changed while a change is under way', () => {
    const joint = config(['a', 'd'], ['a', 'b', 'c'])
    expect(refusal(joint, { type: 'remove', id: 'a' })).toContain('still under way')
  })

  test('config - the configuration that is changed stays as it is', () => {
    const before = structuredClone(abc)
    changed(abc, { type: 'add', member: member('d') }, { type: 'remove', id: 'a' })
    expect(abc).toEqual(before)
  })
})

describe('roles', () => {
  test('config - both halves of a joint configuration vote, learners do not', () => {
    const joint = config(['a', 'd'], ['a', 'b'], ['b', 'c'])
    expect(['a', 'b', 'c', 'd', 'x'].filter((id) => isVoter(joint, id))).toEqual(['a', 'b', 'd'])
  })

  test('config - every replica is listed once', () => {
    const joint = config(['a', 'd'], ['a', 'b'], ['b', 'c'])
    expect(replicas(joint).sort()).toEqual(['a', 'b', 'c', 'd'])
  })

  test('config - only a joint configuration can be left', () => {
    expect(() => leaveJoint(abc)).toThrow(AssertionError)
  })
})
