/** The counting functions against naive twins that list every majority. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type ConfigChange, changeConfig, isJoint, leaveJoint } from '../../src/raft/core/config.ts'
import { quorumIndex, voteResult } from '../../src/raft/core/quorum.ts'
import type { ClusterConfig, NodeId } from '../../src/raft/core/types.ts'

const IDS: readonly NodeId[] = ['a', 'b', 'c', 'd', 'e', 'f']

function subsets<T>(items: readonly T[]): T[][] {
  let all: T[][] = [[]]
  for (const item of items) all = [...all, ...all.map((set) => [...set, item])]
  return all
}

/** Every set of nodes that makes a quorum, the long way round. */
function quorums(config: ClusterConfig): NodeId[][] {
  const isMajority = (half: readonly NodeId[], set: readonly NodeId[]): boolean =>
    half.length === 0 || 2 * half.filter((id) => set.includes(id)).length > half.length
  return subsets(IDS).filter((set) => isMajority(config.voters, set) && isMajority(config.outgoing, set))
}

/** A configuration without or with a second half; learners take what is left. */
const anyConfig: fc.Arbitrary<ClusterConfig> = fc
  .record({
    voters: fc.subarray([...IDS], { minLength: 1 }),
    outgoing: fc.subarray([...IDS]),
    learners: fc.subarray([...IDS]),
  })
  .map(({ voters, outgoing, learners }) => ({
    voters,
    outgoing,
    learners: learners.filter((id) => !voters.includes(id)),
    members: IDS.map((id) => ({ id, peerId: `peer-${id}`, address: `${id}:1`, voter: voters.includes(id) })),
  }))

test('raft quorum - the quorum index is what the best quorum has reached', () => {
  const values = fc.array(fc.nat(8), { minLength: IDS.length, maxLength: IDS.length })
  fc.assert(
    fc.property(anyConfig, values, (config, reached) => {
      const of = (id: NodeId): number => reached[IDS.indexOf(id)] ?? 0
      const best = Math.max(...quorums(config).map((quorum) => Math.min(...quorum.map(of))))
      expect(quorumIndex(config, of)).toBe(best)
    }),
    { numRuns: 500 },
  )
})

test('raft quorum - a vote is won or lost when no further answer can change it', () => {
  const answers = fc.array(fc.constantFrom(true, false, undefined), {
    minLength: IDS.length,
    maxLength: IDS.length,
  })
  fc.assert(
    fc.property(anyConfig, answers, (config, given) => {
      const votes = new Map(IDS.flatMap((id, i) => (given[i] === undefined ? [] : [[id, given[i]] as const])))
      const open = IDS.filter((id) => !votes.has(id))
      const ends = subsets(open).map((yes) =>
        quorums(config).some((quorum) => quorum.every((id) => votes.get(id) === true || yes.includes(id))),
      )
      const expected = ends.every((won) => won) ? 'won' : ends.some((won) => won) ? 'pending' : 'lost'
      expect(voteResult(config, votes)).toBe(expected)
    }),
    { numRuns: 500 },
  )
})

const anyChange: fc.Arbitrary<ConfigChange> = fc.oneof(
  fc.record({ type: fc.constantFrom('promote', 'demote', 'remove'), id: fc.constantFrom(...IDS) }),
  fc.record({
    type: fc.constant('add' as const),
    member: fc.record({
      id: fc.constantFrom(...IDS),
      peerId: fc.constantFrom(...IDS.map((id) => `peer-${id}`)),
      address: fc.constantFrom('here:1', 'there:1'),
      voter: fc.boolean(),
    }),
  }),
)

/**
 * Every replica is a member, each once, with a key of its own (a joint configuration may still name a
 * learner that is leaving); nobody votes and learns at once.
 */
function expectWellFormed(config: ClusterConfig): void {
  const replicas = [...new Set([...config.voters, ...config.outgoing, ...config.learners])].sort()
  const members = config.members.map((m) => m.id)
  expect(isJoint(config) ? members.filter((id) => replicas.includes(id)) : members).toEqual(replicas)
  expect(new Set(config.members.map((m) => m.peerId)).size).toBe(config.members.length)
  expect(config.voters.filter((id) => config.learners.includes(id))).toEqual([])
  expect(config.voters.length).toBeGreaterThan(0)
}

/**
 * The safety argument of membership changes (Raft §6): any quorum before a step and any quorum after
 * it have a node in common, so that two leaders can never be elected, or two entries committed, apart.
 */
function expectOverlap(before: ClusterConfig, after: ClusterConfig): void {
  const later = quorums(after)
  const apart = quorums(before).find((one) => later.some((other) => !other.some((id) => one.includes(id))))
  expect(apart, 'a quorum of the old configuration without a node of some new one').toBeUndefined()
}

test('raft config - quorums overlap at every step of any change', () => {
  const founders = fc.subarray([...IDS], { minLength: 1 })
  fc.assert(
    fc.property(
      founders,
      fc.array(fc.array(anyChange, { maxLength: 4 }), { maxLength: 6 }),
      (voters, steps) => {
        let current: ClusterConfig = {
          voters,
          outgoing: [],
          learners: [],
          members: voters.map((id) => ({ id, peerId: `peer-${id}`, address: 'here:1', voter: true })),
        }
        for (const changes of steps) {
          const result = changeConfig(current, changes)
          if (!result.ok) continue
          expectWellFormed(result.config)
          expectOverlap(current, result.config)
          current = result.config
          if (!isJoint(current)) continue
          const left = leaveJoint(current)
          expectWellFormed(left)
          expectOverlap(current, left)
          current = left
        }
      },
    ),
    { numRuns: 3_000 },
  )
})
