/**
 * A whole cluster on virtual time, decided by one seed: the real core, driver and log store over a
 * simulated clock, network and disk, under faults, with clients whose every answer is checked.
 *
 * A run has two phases. First faults happen at random while the safety invariants are checked after
 * every event. Then everything heals, and the cluster must become whole again within a bounded time.
 */
import { createPrng, type DebrosError, type Prng } from '../../base/index.ts'
import {
  type ClusterConfig,
  type Member,
  type Message,
  type NodeId,
  resolveRaftSettings,
} from '../../raft/index.ts'
import { Checks, Violation } from './checks.ts'
import { EventQueue } from './event-queue.ts'
import { drawFault } from './faults.ts'
import type { MachineState } from './machine.ts'
import { SimNode } from './node.ts'

export interface WorldInit {
  readonly seed: number
  /** 1 to 9. */
  readonly nodes: number
  /** Virtual milliseconds of faults. @default 15_000 */
  readonly faultPhaseMs?: number
  /** Called for every event worth telling, in order. */
  readonly trace?: (line: string) => void
}

export interface WorldReport {
  readonly seed: number
  readonly events: number
  /** Virtual milliseconds. */
  readonly simulatedMs: number
  /** Fingerprint of everything that happened; equal for equal runs. */
  readonly traceHash: string
  readonly acknowledged: number
  readonly committedIndex: number
  /** How often each fault and each path of the protocol happened. */
  readonly happened: Readonly<Record<string, number>>
}

const CLIENTS = 4
const CLIENT_TIMEOUT_MS = 3_000
const LIVENESS_LIMIT_MS = 30_000

export class World {
  readonly events = new EventQueue()
  readonly checks = new Checks()
  readonly prng: Prng
  readonly nodes: SimNode[] = []
  /** Blocked directions, as `from>to`. */
  readonly blocked = new Set<string>()
  lossRate = 0
  duplicateRate = 0
  delaySpikeRate = 0
  /** False once the healing phase began. */
  faultsAllowed = true
  readonly happened: Record<string, number> = {}
  readonly #init: WorldInit
  #hash = 0x811c9dc5
  #values = 0
  #acknowledged: { readonly index: number; readonly term: number }[] = []
  #maxAcknowledgedIndex = 0

  constructor(init: WorldInit) {
    this.#init = init
    this.prng = createPrng(init.seed)
    const settings = resolveRaftSettings({
      tickMs: 50,
      heartbeatMs: 100,
      electionTimeoutMs: 500,
      crashHintMs: 100,
      snapshotEntries: this.prng.between(20, 120),
      trailingEntries: this.prng.between(0, 40),
      inflightMessagesMax: this.prng.between(1, 32),
      applyEntriesMax: this.prng.between(1, 64),
      promoteLagEntries: 10,
      outcomeWaitMs: 1000,
    })
    for (let i = 1; i <= init.nodes; i++) {
      const member: Member = { id: `n${i}`, peerId: `p${i}`, address: `host${i}:1`, voter: true }
      this.nodes.push(
        new SimNode(member, settings, {
          events: this.events,
          checks: this.checks,
          prng: this.prng.fork(),
          send: (message, from) => this.#send(message, from),
          sendSnapshot: (message, state, done) => this.#sendSnapshot(message, state, done),
          onLeader: (node, term) => this.#onLeader(node, term),
        }),
      )
    }
  }

  /** Runs both phases. Throws {@link Violation} (or what broke) at the first thing that must not be. */
  run(): WorldReport {
    const members = this.nodes.map((node) => node.member)
    const foundTogether = this.prng.chance(0.5)
    if (foundTogether) for (const node of this.nodes) node.start(members)
    else {
      this.nodes[0]?.start([members[0] as Member])
      for (const node of this.nodes.slice(1)) node.start(undefined)
      for (const node of this.nodes.slice(1)) this.#joinUntilMember(node)
    }
    for (let i = 0; i < CLIENTS; i++) this.#client(i)
    for (const node of this.nodes) this.#keepInTouch(node)
    this.#scheduleFault()
    const faultsEnd = (this.#init.faultPhaseMs ?? 15_000) * 1000
    while (this.events.now < faultsEnd && this.events.step());
    this.#heal()
    const limit = this.events.now + LIVENESS_LIMIT_MS * 1000
    while (!this.#whole()) {
      if (this.events.now > limit) throw new Violation('liveness', this.#describeUnwell())
      if (!this.events.step()) throw new Violation('liveness', 'nothing happens any more')
    }
    this.#checkAcknowledged()
    return {
      seed: this.#init.seed,
      events: this.events.count,
      simulatedMs: Math.round(this.events.now / 1000),
      traceHash: (this.#hash >>> 0).toString(16).padStart(8, '0'),
      acknowledged: this.#acknowledged.length,
      committedIndex: this.checks.committedIndex,
      happened: this.#counted(),
    }
  }

  count(what: string): void {
    this.happened[what] = (this.happened[what] ?? 0) + 1
  }

  note(line: () => string, ...numbers: number[]): void {
    for (const number of [this.events.now, ...numbers]) {
      this.#hash = Math.imul(this.#hash ^ (number & 0xffffffff), 0x01000193)
      this.#hash ^= this.#hash >>> 13
    }
    this.#init.trace?.(`${(this.events.now / 1000).toFixed(3).padStart(10)} ${line()}`)
  }

  #counted(): Record<string, number> {
    for (const node of this.nodes) {
      const status = node.driver?.status()
      this.happened['snapshot taken'] = (this.happened['snapshot taken'] ?? 0) + (status?.snapshotsTaken ?? 0)
      this.happened['snapshot installed'] =
        (this.happened['snapshot installed'] ?? 0) + (status?.snapshotsInstalled ?? 0)
    }
    return this.happened
  }

  leader(): SimNode | undefined {
    const leaders = this.nodes.filter(
      (node) => node.driver?.started && node.driver.status().role === 'leader',
    )
    return leaders.sort((a, b) => (b.driver?.status().term ?? 0) - (a.driver?.status().term ?? 0))[0]
  }

  #onLeader(node: SimNode, term: number): void {
    const driver = node.driver
    if (driver === undefined) return
    this.count('election won')
    this.note(() => `${node.id} leads term ${term}`, 1, term)
    this.checks.becameLeader(node.id, term, driver.status().firstIndex, (index) => driver.termAt(index))
  }

  #send(message: Message, from: SimNode): void {
    const copies = this.prng.chance(this.duplicateRate) ? 2 : 1
    for (let i = 0; i < copies; i++) {
      if (this.prng.chance(this.lossRate)) {
        this.count('message lost')
        continue
      }
      let delayUs = this.prng.between(100, 3_000)
      if (this.prng.chance(this.delaySpikeRate)) delayUs += this.prng.between(0, 800_000)
      // A connection is between two keys; what is on its way does not reach a successor of either.
      const toPeer = this.nodes.find((node) => node.id === message.to)?.member.peerId
      const fromPeer = from.member.peerId
      this.events.schedule(delayUs, () => this.#arrive(message, from, fromPeer, toPeer))
    }
  }

  #arrive(message: Message, from: SimNode, fromPeer: string, toPeer: string | undefined): void {
    if (this.blocked.has(`${message.from}>${message.to}`)) return
    const to = this.nodes.find((node) => node.id === message.to)
    if (to === undefined || !to.alive || !mutual(from, fromPeer, to, toPeer)) return
    this.note(
      () => describe(message),
      from.id.charCodeAt(1),
      to.id.charCodeAt(1),
      message.type.length,
      message.term,
    )
    to.deliver(message)
  }

  #sendSnapshot(
    message: Message & { type: 'snapshot' },
    state: MachineState,
    done: (ok: boolean) => void,
  ): void {
    const durationUs = this.prng.between(5_000, 500_000)
    this.events.schedule(durationUs, () => {
      const to = this.nodes.find((node) => node.id === message.to)
      const broken =
        this.blocked.has(`${message.from}>${message.to}`) ||
        to === undefined ||
        !to.alive ||
        this.prng.chance(0.1)
      this.note(() => `${describe(message)} ${broken ? 'broken' : 'arrived'}`, 2, message.snapshot.index)
      if (!broken) to?.deliver(message, state)
      this.count(broken ? 'snapshot transfer broken' : 'snapshot transfer')
      done(!broken)
    })
  }

  /** Asks the leader, again and again, to take `node` in; some leader commits it in the end. */
  #joinUntilMember(node: SimNode): void {
    this.events.schedule(this.prng.between(50_000, 300_000), () => {
      const driver = this.leader()?.driver
      const status = driver?.status()
      const known = status?.config.members.some((member) => member.peerId === node.member.peerId)
      if (known === true && status !== undefined && status.configIndex <= status.commit) return
      if (known === false) {
        driver?.changeMembership([{ type: 'add', member: node.member }], () => {})
        this.count('node added')
      }
      this.#joinUntilMember(node)
    })
  }

  /** A node that hears of no leader asks a member it knows who the members are now (see node.ts). */
  #keepInTouch(node: SimNode): void {
    this.events.schedule(this.prng.between(800_000, 1_200_000), () => {
      this.#keepInTouch(node)
      if (!node.driver?.started || node.driver.leader !== undefined) return
      const known = node.driver.config.members
      const reachable = this.nodes.filter(
        (other) =>
          other !== node &&
          other.alive &&
          known.some((member) => member.id === other.id) &&
          !this.blocked.has(`${node.id}>${other.id}`) &&
          !this.blocked.has(`${other.id}>${node.id}`),
      )
      if (reachable.length === 0) return
      const asked = this.prng.pick(reachable)
      const leader = this.nodes.find((other) => other.id === asked.driver?.leader && other.alive)
      this.count('members looked up')
      node.lookUp(leader ?? asked)
    })
  }

  /** A node loses its disk. It may only come back once the others have committed to forget it. */
  replace(node: SimNode): void {
    const driver = this.leader()?.driver
    if (driver === undefined || this.leader() === node) return
    driver.changeMembership([{ type: 'remove', id: node.id }], () => {})
    this.#wipeOnceForgotten(node, 40)
  }

  #wipeOnceForgotten(node: SimNode, attempts: number): void {
    this.events.schedule(100_000, () => {
      const status = this.leader()?.driver?.status()
      const forgotten =
        status !== undefined &&
        status.configIndex <= status.commit &&
        !status.config.members.some((member) => member.id === node.id)
      if (forgotten) {
        this.count('node replaced')
        this.note(() => `${node.id} was removed, is wiped and joins again`, 3)
        node.crash()
        node.wipe()
        node.start(undefined)
        this.#joinUntilMember(node)
      } else if (attempts > 0) {
        this.#wipeOnceForgotten(node, attempts - 1)
      } else {
        // It may still be removed later, without a disk to lose; then it just joins again.
        this.#joinUntilMember(node)
      }
    })
  }

  /** The system closes a dead process's connections; some of the others notice at once. */
  crash(node: SimNode): void {
    this.note(() => `${node.id} crashes`, 4, node.id.charCodeAt(1))
    node.crash()
    for (const other of this.nodes) {
      if (other === node || this.blocked.has(`${node.id}>${other.id}`) || this.prng.chance(0.3)) continue
      this.events.schedule(this.prng.between(100, 20_000), () => other.driver?.connectionLost(node.id))
    }
  }

  restart(node: SimNode): void {
    if (node.alive) return
    this.note(() => `${node.id} starts`, 5, node.id.charCodeAt(1))
    node.start(undefined)
  }

  #scheduleFault(): void {
    this.events.schedule(this.prng.between(100_000, 1_200_000), () => {
      if (!this.faultsAllowed) return
      drawFault(this)
      this.#scheduleFault()
    })
  }

  #heal(): void {
    this.faultsAllowed = false
    this.note(() => 'everything heals', 6)
    this.blocked.clear()
    this.lossRate = 0
    this.duplicateRate = 0
    this.delaySpikeRate = 0
    for (const node of this.nodes) {
      node.slowDisk = false
      node.pausedUntil = 0
      this.restart(node)
    }
  }

  /** One leader, every member at the same place, and a write that was made after the healing. */
  #whole(): boolean {
    if (this.#healedWrite === undefined) {
      this.#healedWrite = 'trying'
      this.#tryHealedWrite()
    }
    const leader = this.leader()
    if (leader === undefined || this.#healedWrite !== 'done') return false
    const status = leader.driver?.status()
    if (status === undefined || status.config.outgoing.length > 0) return false
    if (status.config.voters.length !== this.nodes.length) return false
    const state = leader.machine?.state
    return this.nodes.every((node) => node.machine?.state.chain === state?.chain)
  }

  #healedWrite: 'trying' | 'done' | undefined

  #tryHealedWrite(): void {
    const again = (): void => {
      this.events.schedule(50_000, () => this.#tryHealedWrite())
    }
    const driver = this.leader()?.driver
    if (driver === undefined) {
      again()
      return
    }
    driver.propose(this.#nextValue(), (error) => {
      if (error !== undefined) again()
      else this.#healedWrite = 'done'
    })
  }

  #describeUnwell(): string {
    const nodes = this.nodes.map((node) => {
      const status = node.driver?.started ? node.driver.status() : undefined
      if (status === undefined) return `${node.id} down`
      const { role, term, commit, lastIndex, config } = status
      return `${node.id} ${role} t${term} c${commit} l${lastIndex} a${node.machine?.state.index} voters ${config.voters}/${config.outgoing}/${config.learners}`
    })
    return `not whole ${LIVENESS_LIMIT_MS} ms after healing (write ${this.#healedWrite}): ${nodes.join('; ')}`
  }

  #nextValue(): Uint8Array {
    return new TextEncoder().encode(`v${++this.#values}`)
  }

  /** A client that writes and reads, one operation at a time, at nodes drawn at random. */
  #client(number: number): void {
    this.events.schedule(this.prng.between(1_000, 60_000), () => {
      if (!this.faultsAllowed) return
      const node = this.prng.chance(0.6) ? this.leader() : this.prng.pick(this.nodes)
      let settled = false
      const next = (): void => {
        if (settled) return
        settled = true
        this.#client(number)
      }
      this.events.schedule(CLIENT_TIMEOUT_MS * 1000, next)
      if (node?.driver === undefined || !node.driver.started) next()
      else if (this.prng.chance(0.7)) this.#write(node, next)
      else this.#read(node, next)
    })
  }

  #write(node: SimNode, next: () => void): void {
    node.driver?.propose(this.#nextValue(), (error, applied) => {
      if (error === undefined) {
        const { index, term } = applied
        this.note(() => `write at ${index} acknowledged by ${node.id}`, 7, index)
        const config = node.driver?.status().config as ClusterConfig
        this.checks.acknowledged(index, term, config, (id) => this.#mirrorOf(id))
        this.#acknowledged.push({ index, term })
        this.#maxAcknowledgedIndex = Math.max(this.#maxAcknowledgedIndex, index)
      } else {
        // Only drivers' own errors get here.
        this.count(`write failed: ${(error as DebrosError).code}`)
      }
      next()
    })
  }

  #mirrorOf(id: NodeId): SimNode['mirror'] {
    return (this.nodes.find((node) => node.id === id) as SimNode).mirror
  }

  /** A linearizable read: whatever was acknowledged before it began must be in the state it sees. */
  #read(node: SimNode, next: () => void): void {
    const mustSee = this.#maxAcknowledgedIndex
    node.driver?.readIndex((error) => {
      if (error === undefined) {
        const seen = node.machine?.state.index ?? 0
        this.note(() => `read at ${node.id} sees ${seen}`, 8, seen)
        this.count(node === this.leader() ? 'read at the leader' : 'read at a follower')
        if (seen < mustSee) {
          throw new Violation(
            'linearizable read',
            `${node.id} reads at ${seen}; ${mustSee} was acknowledged before`,
          )
        }
      }
      next()
    })
  }

  #checkAcknowledged(): void {
    for (const { index, term } of this.#acknowledged) {
      if (this.checks.termOfCommitted(index) !== term) {
        throw new Violation('no acknowledged write is lost', `entry ${index} of term ${term}`)
      }
    }
  }

  pickSome(): NodeId[] {
    return this.nodes.filter(() => this.prng.chance(0.5)).map((node) => node.id)
  }
}

function mutual(from: SimNode, fromPeer: string, to: SimNode, toPeer: string | undefined): boolean {
  return toPeer === to.member.peerId && from.knows(to.id, toPeer) && to.knows(from.id, fromPeer)
}

function describe(message: Message): string {
  const details =
    message.type === 'append'
      ? ` prev ${message.prevIndex}/${message.prevTerm} +${message.entries.length} commit ${message.commit}`
      : message.type === 'append-response'
        ? ` ${message.reject ? 'reject' : 'ok'} ${message.index}`
        : ''
  return `${message.from}>${message.to} ${message.type} t${message.term}${details}`
}
