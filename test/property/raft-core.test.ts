/**
 * Whole clusters of bare cores under random schedules: messages are lost, doubled and reordered,
 * nodes crash between write and disk, links fail, the log is compacted, the membership changes. The
 * oracle of the scripts checks every step; afterwards everything is healed, and the cluster has to
 * agree and to take a write. A failure prints the shortest schedule that still fails.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ConfigChange } from '../../src/raft/core/config.ts'
import type { CoreSettings } from '../../src/raft/core/state.ts'
import type { Message, NodeId } from '../../src/raft/core/types.ts'
import { Cluster, member } from '../datadriven/cluster.ts'
import type { Node } from '../datadriven/node.ts'

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

const FOUNDERS: readonly NodeId[] = ['1', '2', '3']
const JOINERS: readonly NodeId[] = ['4', '5']
const IDS = [...FOUNDERS, ...JOINERS]

/** Rounds of a tick and delivering everything, in which a healed cluster has to agree. */
const ROUNDS_MAX = 200

type Step =
  | { kind: 'tick'; id: NodeId; count: number }
  | { kind: 'tick-all'; count: number }
  /** Messages by their place in flight, modulo their number. */
  | { kind: 'deliver' | 'drop' | 'duplicate'; place: number }
  | { kind: 'deliver-to'; id: NodeId }
  | { kind: 'stabilize' }
  /** At whoever believes to lead. */
  | { kind: 'propose'; count: number }
  | { kind: 'transfer'; to: NodeId }
  | { kind: 'change'; changes: readonly ConfigChange[] }
  | { kind: 'read' | 'crash' | 'restart' | 'persist' | 'apply'; id: NodeId }
  | { kind: 'slow'; id: NodeId; disk: boolean; machine: boolean }
  | { kind: 'compact'; id: NodeId; trailing: number }
  | { kind: 'cut' | 'connection-lost'; id: NodeId; to: NodeId }
  | { kind: 'heal' }

const id = fc.constantFrom(...IDS)
const place = fc.nat(50)

const change: fc.Arbitrary<ConfigChange> = fc.oneof(
  fc.record({ type: fc.constant('add' as const), member: id.map((of) => member(of, true)) }),
  fc.record({ type: fc.constantFrom('promote', 'demote', 'remove'), id }),
)

function kind<K extends string>(...kinds: K[]): fc.Arbitrary<K> {
  return fc.constantFrom(...kinds)
}

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind('tick'), id, count: fc.integer({ min: 1, max: 14 }) }) },
  { weight: 6, arbitrary: fc.record({ kind: kind('tick-all'), count: fc.integer({ min: 1, max: 4 }) }) },
  { weight: 10, arbitrary: fc.record({ kind: kind('deliver-to'), id }) },
  { weight: 10, arbitrary: fc.record({ kind: kind('deliver'), place }) },
  { weight: 6, arbitrary: fc.record({ kind: kind('drop', 'duplicate'), place }) },
  { weight: 6, arbitrary: fc.record({ kind: kind('stabilize') }) },
  { weight: 10, arbitrary: fc.record({ kind: kind('propose'), count: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('read'), id }) },
  { weight: 4, arbitrary: fc.record({ kind: kind('persist', 'apply'), id }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('slow'), id, disk: fc.boolean(), machine: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('crash', 'restart', 'restart'), id }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('compact'), id, trailing: fc.nat(2) }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('cut', 'connection-lost'), id, to: id }) },
  { weight: 3, arbitrary: fc.record({ kind: kind('heal') }) },
  { weight: 1, arbitrary: fc.record({ kind: kind('transfer'), to: id }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: kind('change'), changes: fc.array(change, { minLength: 1, maxLength: 3 }) }),
  },
)

/** Plays a schedule; steps that are impossible at their time are skipped. */
class Play {
  readonly cluster = new Cluster()
  #reads = 0
  #writes = 0

  constructor() {
    this.cluster.found(
      FOUNDERS.map((of) => member(of, true)),
      SETTINGS,
    )
    for (const of of JOINERS) this.cluster.addNode({ id: of, ...SETTINGS }).start()
    this.run({ kind: 'tick', id: '1', count: 2 * SETTINGS.electionTicks })
    this.run({ kind: 'stabilize' })
  }

  run(step: Step): void {
    this.#do(step)
    for (const { from, to } of this.cluster.takeLostSnapshots())
      this.cluster.snapshotEnded(from, to, 'interrupted')
    this.check()
  }

  /** The oracle threw already if something was unsafe; an assertion of the core stops its node. */
  check(): void {
    expect(this.cluster.takeTrace().filter((line) => line.includes(' STOPS: '))).toEqual([])
  }

  #do(step: Step): void {
    const { cluster } = this
    const node = 'id' in step ? cluster.node(step.id) : undefined
    switch (step.kind) {
      case 'deliver':
        this.#ended(this.#pick(step.place, (selection) => cluster.deliver(selection)))
        return
      case 'drop':
        this.#ended(this.#pick(step.place, (selection) => cluster.drop(selection)))
        return
      case 'duplicate':
        this.#pick(step.place, (selection) => cluster.duplicate(selection))
        return
      case 'deliver-to':
        if (cluster.inFlightTo(step.id) > 0) {
          this.#ended(cluster.deliver({ from: '*', to: step.id, type: undefined, place: undefined }))
        }
        return
      case 'stabilize':
        cluster.stabilize()
        return
      case 'heal':
        cluster.heal()
        return
      case 'cut':
        cluster.cut(step.id, step.to)
        return
      case 'tick-all':
        for (const each of this.#up()) {
          for (let i = 0; i < step.count; i++) each.input((core) => core.tick())
        }
        return
      case 'propose':
        for (const leader of this.#leaders()) for (let i = 0; i < step.count; i++) this.write(leader)
        return
      case 'transfer':
        for (const leader of this.#leaders()) leader.input((core) => core.transferLeadership(step.to))
        return
      case 'change':
        for (const leader of this.#leaders()) leader.input((core) => core.proposeConfigChange(step.changes))
        return
      case 'restart':
        node?.crash()
        node?.start()
        return
      default:
        if (node?.core !== undefined) this.#doAt(node, step)
    }
  }

  #doAt(node: Node, step: Step): void {
    switch (step.kind) {
      case 'tick':
        for (let i = 0; i < step.count; i++) node.input((core) => core.tick())
        return
      case 'read':
        node.read([++this.#reads])
        return
      case 'crash':
        node.crash()
        return
      case 'persist':
        if (node.pendingWrites > 0) node.persist(1)
        return
      case 'apply':
        node.applyNow()
        return
      case 'slow':
        node.slowDisk = step.disk
        node.slowMachine = step.machine
        if (!step.disk && node.pendingWrites > 0) node.persist(node.pendingWrites)
        if (!step.machine) node.applyNow()
        return
      case 'compact':
        if (node.canCompact) node.compact(step.trailing)
        return
      case 'connection-lost':
        if (step.id !== step.to) node.input((core) => core.connectionLost(step.to))
        return
    }
  }

  #up(): Node[] {
    return [...this.cluster.nodes.values()].filter(({ core }) => core !== undefined)
  }

  #leaders(): Node[] {
    return this.#up().filter(({ core }) => core?.role === 'leader')
  }

  write(node: Node): void {
    const data = new TextEncoder().encode(`w${++this.#writes}`)
    node.input((core) => core.propose(data))
  }

  #pick<T>(
    place: number,
    run: (selection: { from: string; to: string; type: undefined; place: number }) => T,
  ): T | undefined {
    const count = this.cluster.inFlightCount
    return count === 0 ? undefined : run({ from: '*', to: '*', type: undefined, place: 1 + (place % count) })
  }

  /** Snapshot transfers that ended, well or not, are reported to their senders. */
  #ended(messages: readonly Message[] | undefined): void {
    for (const { type, from, to } of messages ?? []) {
      // Whether it arrived is for the receiver to say; the sender only hears that it is over.
      if (type === 'snapshot') this.cluster.snapshotArrived(from, to)
    }
  }

  /** Ends all faults, and returns the leader that everybody who counts follows, caught up. */
  settle(): Node {
    const { cluster } = this
    cluster.heal()
    for (const node of cluster.nodes.values()) {
      if (node.core === undefined) node.start()
      node.slowDisk = false
      node.slowMachine = false
      if (node.pendingWrites > 0) node.persist(node.pendingWrites)
      node.applyNow()
    }
    cluster.stabilize()
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const leader = this.#agreed()
      if (leader !== undefined) return leader
      for (const node of cluster.nodes.values()) node.input((core) => core.tick())
      cluster.stabilize()
      this.check()
    }
    throw new Error(`no agreement after ${ROUNDS_MAX} rounds`)
  }

  #agreed(): Node | undefined {
    const nodes = [...this.cluster.nodes.values()]
    const leader = nodes.find((node) => node.core?.role === 'leader')
    if (leader === undefined) return undefined
    const { commit, lastIndex, term, config, transferTarget } = leader.status()
    if (commit < lastIndex || config.outgoing.length > 0 || transferTarget !== undefined) return undefined
    const replicas = new Set([...config.voters, ...config.outgoing, ...config.learners])
    const agree = nodes
      .filter((node) => replicas.has(node.id))
      .every((node) => {
        const status = node.status()
        return status.term === term && status.applied === lastIndex && status.lastIndex === lastIndex
      })
    return agree ? leader : undefined
  }
}

test('raft core - safe under any schedule, and live after it', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const play = new Play()
      for (const one of steps) play.run(one)
      const leader = play.settle()
      const before = leader.machineIndex
      play.write(leader)
      play.cluster.stabilize()
      play.check()
      expect(leader.machineIndex).toBe(before + 1)
    }),
    { numRuns: 150 },
  )
})
