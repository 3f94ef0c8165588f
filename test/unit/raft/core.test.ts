import { describe, expect, test } from 'vitest'
import { AssertionError, createPrng } from '../../../src/base/index.ts'
import { RaftCore } from '../../../src/raft/core/core.ts'
import type { CoreSettings } from '../../../src/raft/core/state.ts'
import type { Entry, Message } from '../../../src/raft/core/types.ts'
import { Cluster } from '../../datadriven/cluster.ts'
import { command, commands, config, member } from './entries.ts'

const SETTINGS: Omit<CoreSettings, 'id'> = {
  electionTicks: 10,
  heartbeatTicks: 2,
  crashHintTicks: 2,
  appendBytesMax: 100,
  inflightMessagesMax: 3,
  inflightBytesMax: 200,
  commitNoticeTicks: 0,
  uncommittedBytesMax: 500,
}

const SNAPSHOT = { index: 10, term: 3, config: config(['a', 'b', 'c']), configIndex: 1 }

/** Node `a`, which has snapshot 10 of term 3, and these entries in front of and behind it. */
function follower(entries: readonly Entry[] = []): RaftCore {
  return new RaftCore({
    settings: { id: 'a', ...SETTINGS },
    prng: createPrng(1),
    hardState: { term: 3, vote: undefined },
    snapshot: SNAPSHOT,
    entries,
  })
}

/** From `b`, which leads in term 5. */
function append(prevIndex: number, prevTerm: number, ...terms: number[]): Message {
  const entries = commands(terms, prevIndex + 1)
  return { type: 'append', from: 'b', to: 'a', term: 5, prevIndex, prevTerm, commit: 0, entries }
}

describe('a leader whose log is not the one that was committed here', () => {
  const trailing = commands([3, 3, 3], 9)
  test.each<[string, readonly Entry[], Message]>([
    ['another entry where the snapshot stands', [], append(9, 3, 5)],
    ['a later term before the snapshot, where the log is gone', [], append(6, 3, 5)],
    ['a later term at the entry before those it sends', [], append(7, 4, 4)],
    ['a later term before the first entry kept', trailing, append(6, 3, 4)],
    ['another entry among those kept', trailing, append(8, 3, 4)],
    ['a snapshot of another term', [], { ...header(), type: 'snapshot', snapshot: { ...SNAPSHOT, term: 2 } }],
  ])('core - %s: the follower stops', (_, entries, message) => {
    expect(() => follower(entries).step(message)).toThrow(AssertionError)
  })

  test.each<[string, readonly Entry[], Message]>([
    ['entries from before the snapshot and beyond', [], append(8, 3, 3, 3, 5)],
    ['the entry after the snapshot', [], append(10, 3, 5)],
    ['entries of earlier terms before the first kept', trailing, append(5, 2, 2, 3, 3, 3, 3)],
    [
      'a later snapshot',
      [],
      { ...header(), type: 'snapshot', snapshot: { ...SNAPSHOT, index: 20, term: 5 } },
    ],
    ['the same snapshot', [], { ...header(), type: 'snapshot', snapshot: SNAPSHOT }],
  ])('core - %s: nothing is wrong', (_, entries, message) => {
    const core = follower(entries)
    core.step(message)
    expect(core.ready().messagesAfterPersist).toMatchObject([{ type: 'append-response', reject: false }])
  })

  test('core - an uncommitted entry is replaced as ever', () => {
    const core = follower([command(11, 3)])
    core.step(append(10, 3, 5))
    expect(core.termAt(11)).toBe(5)
  })
})

function header() {
  return { from: 'b', to: 'a', term: 5 } as const
}

/** Nodes 1, 2 and 3, led by 1. */
function ledCluster(): Cluster {
  const cluster = new Cluster()
  cluster.found(
    ['1', '2', '3'].map((id) => member(id)),
    SETTINGS,
  )
  ticks(cluster, '1', 2 * SETTINGS.electionTicks)
  cluster.stabilize()
  expect(cluster.node('1').core?.role).toBe('leader')
  return cluster
}

function ticks(cluster: Cluster, id: string, count: number): void {
  for (let i = 0; i < count; i++) cluster.node(id).input((core) => core.tick())
}

describe('who answers', () => {
  test('core - right after check-quorum a leader still knows who answered before it', () => {
    const cluster = ledCluster()
    const { core } = cluster.node('1')
    for (let i = 0; i < SETTINGS.electionTicks; i++) {
      // In the last period 3 says nothing.
      if (i === 0) cluster.cut('3', '1')
      ticks(cluster, '1', 1)
      cluster.stabilize()
    }
    const heard = () =>
      [...(core?.status().progress ?? [])].map(([id, progress]) => [id, progress.heardLately])
    ticks(cluster, '1', SETTINGS.electionTicks)
    expect(heard()).toEqual([
      ['2', true],
      ['3', false],
    ])
  })

  test('core - right after check-quorum the lead can be handed over', () => {
    // In one of these ticks everybody's answers are counted and forgotten.
    for (let count = 1; count <= SETTINGS.electionTicks; count++) {
      const cluster = ledCluster()
      ticks(cluster, '1', count)
      let handedOver = false
      cluster.node('1').input((core) => {
        handedOver = core.transferLeadership()
      })
      expect([count, handedOver]).toEqual([count, true])
    }
  })
})

describe('standing down', () => {
  test('core - a leader gives up its lead, and the others elect another', () => {
    const cluster = ledCluster()
    cluster.node('1').input((core) => core.standDown())
    expect(cluster.node('1').core).toMatchObject({ role: 'follower', leader: undefined, term: 2 })
    ticks(cluster, '2', 2 * SETTINGS.electionTicks)
    ticks(cluster, '3', SETTINGS.electionTicks)
    ticks(cluster, '2', 2 * SETTINGS.electionTicks)
    cluster.stabilize()
    expect(cluster.node('2').core?.role).toBe('leader')
  })

  test('core - an election under way is given up: votes that still arrive change nothing', () => {
    const cluster = ledCluster()
    ticks(cluster, '3', 2 * SETTINGS.electionTicks)
    expect(cluster.node('3').core?.role).toBe('pre-candidate')
    cluster.node('3').input((core) => core.standDown())
    cluster
      .node('3')
      .input((core) =>
        core.step({ type: 'pre-vote-response', from: '2', to: '3', term: core.term + 1, granted: true }),
      )
    expect(cluster.node('3').core).toMatchObject({ role: 'follower', term: 2 })
  })
})
