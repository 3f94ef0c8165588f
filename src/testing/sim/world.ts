/**
 * A whole cluster on virtual time, decided by one seed: the real core, driver, log store and state
 * machines over a simulated clock, network and disks, under faults, with clients whose every answer is
 * checked.
 *
 * A run has two phases. First faults strike while the invariants are checked after every event. Then
 * everything heals, and the cluster must become whole again within a bounded time: every node what it
 * is meant to be, and all of them equal.
 */
import { createPrng, type Prng } from '../../base/index.ts'
import type { Applied, Member } from '../../raft/index.ts'
import { Checks } from './checks.ts'
import { Clients } from './clients.ts'
import { Coverage } from './coverage.ts'
import { EventQueue } from './event-queue.ts'
import { expectedFailure } from './expected-failure.ts'
import { type Ambush, FAULT_NAMES, FAULTS, type FaultName, type FaultSite } from './faults.ts'
import { Network } from './network.ts'
import { DISK_LATENCY_MAX_US, SimNode } from './node.ts'
import { Operator } from './operator.ts'
import { drawPlan, type PlannedFault, type WorldPlan } from './plan.ts'
import type { CrashPoint, MachineKind, SimProcess } from './process.ts'
import { Recovery } from './recovery.ts'
import { TraceHash } from './trace-hash.ts'
import { Violation } from './violation.ts'
import type { Workload } from './workload.ts'
import { KvWorkload } from './workload-kv.ts'
import { LogWorkload } from './workload-log.ts'
import { SqlWorkload } from './workload-sql.ts'

export interface WorldInit {
  readonly seed: number
  /** Members at the beginning, 1 to 9. */
  readonly nodes: number
  /** Virtual milliseconds of faults. @default 15_000 */
  readonly faultPhaseMs?: number
  /** @default all of them */
  readonly faults?: readonly FaultName[]
  /** Of the faults planned, those that happen, by number. @default all of them */
  readonly onlyFaults?: readonly number[]
  /** @default 4 */
  readonly clients?: number
  /** How many operations the clients begin at most, all together. @default no limit */
  readonly operations?: number
  /** @default drawn by the seed */
  readonly machines?: MachineKind
  /**
   * For tests of the checks: `no-sync` has disks that say "done" too early, `lost-write` a state
   * machine that now and then forgets a write it acknowledged.
   * @default nothing is broken
   */
  readonly broken?: 'no-sync' | 'lost-write'
  /** Called for every event worth telling, in order. */
  readonly trace?: (line: string) => void
}

export interface WorldReport {
  readonly seed: number
  readonly machines: MachineKind
  readonly events: number
  /** Virtual milliseconds. */
  readonly simulatedMs: number
  /** Fingerprint of everything that happened; equal for equal runs. */
  readonly traceHash: string
  readonly acknowledged: number
  readonly committedIndex: number
  /** Histories that no checker could decide within its budget. */
  readonly undecided: number
  /** How often each fault and each path of the protocol happened. */
  readonly happened: Readonly<Record<string, number>>
}

const LIVENESS_LIMIT_US = 40_000_000
/** How often is looked whether something has come about. */
const LOOK_US = 10_000
const CLIENTS = 4

export class World implements FaultSite {
  readonly events = new EventQueue()
  readonly network: Network
  readonly operator: Operator
  readonly nodes: SimNode[] = []
  readonly #init: WorldInit
  readonly #plan: WorldPlan
  readonly #prng: Prng
  readonly #coverage = new Coverage()
  readonly #checks: Checks
  readonly #hash = new TraceHash()
  readonly #workloads: readonly Workload[]
  readonly #clients: Clients
  readonly #acknowledged: Applied[] = []
  #maxAcknowledged = 0
  #healing = false
  /** A fault waiting for somebody to come past, and until when it waits. */
  #ambush: (Ambush & { readonly until: number }) | undefined

  constructor(init: WorldInit) {
    this.#init = init
    this.#plan = drawPlan({
      seed: init.seed,
      machines: init.machines ?? 'drawn',
      faultPhaseMs: this.#faultPhaseMs,
      faults: init.faults ?? FAULT_NAMES,
      only: init.onlyFaults && new Set(init.onlyFaults),
    })
    this.#prng = createPrng(init.seed ^ 0x5eed)
    this.#checks = new Checks({ onConfig: (config, before) => this.#coverage.config(config, before) })
    const { events, happened, note } = this.#parts()
    this.network = new Network({ events, happened, note, prng: this.#prng.fork() })
    const nodesPrng = this.#prng.fork()
    this.operator = new Operator({
      events,
      happened,
      note,
      prng: this.#prng.fork(),
      checks: this.#checks,
      network: this.network,
      nodes: this.nodes,
      leader: () => this.leader(),
      crash: (node) => this.crash(node),
      restart: (node) => this.restart(node),
    })
    this.#workloads = workloadsFor(this.#plan.machines, () => events.now)
    this.#clients = new Clients(
      {
        events,
        happened,
        note,
        network: this.network,
        nodes: this.nodes,
        leader: () => this.leader(),
        acknowledged: (applied, process) => this.#wasAcknowledged(applied, process),
        mustSee: () => this.#maxAcknowledged,
      },
      {
        seed: this.#prng.nextUint32(),
        workloads: this.#workloads,
        operations: init.operations ?? Number.POSITIVE_INFINITY,
      },
    )
    for (let number = 1; number <= init.nodes + this.#plan.spares; number++) {
      this.#addNode(number, nodesPrng.fork())
    }
  }

  /** Faults that strike, or would have if the run had not ended before. */
  get plannedFaults(): readonly PlannedFault[] {
    return this.#plan.faults
  }

  get #faultPhaseMs(): number {
    return this.#init.faultPhaseMs ?? 15_000
  }

  #parts() {
    return {
      events: this.events,
      happened: (what: string) => this.happened(what),
      note: (line: () => string, ...numbers: number[]) => this.#note(line, ...numbers),
    }
  }

  #addNode(number: number, prng: Prng): void {
    const member: Member = { id: `n${number}`, peerId: `p${number}`, address: `host${number}:1`, voter: true }
    const { settings, machines, snapshotChunkBytes } = this.#plan
    const node = new SimNode(
      {
        ...this.#parts(),
        prng,
        checks: this.#checks,
        send: (message, from) => {
          this.#coverage.sent(message, from, this.events.now)
          this.network.send(message, from)
        },
        sendSnapshot: (message, from, done) => this.network.sendSnapshot(message, from, done),
        onLeader: (process, term) => this.#onLeader(process, term),
        onFailed: (process, error) => this.#onFailed(process, error),
        onPoint: (process, point) => this.#onPoint(process, point),
      },
      {
        member,
        number: number - 1,
        settings,
        machines,
        snapshotChunkBytes,
        syncs: this.#init.broken !== 'no-sync',
        forgets: this.#init.broken === 'lost-write',
      },
    )
    this.nodes.push(node)
    this.network.add(node)
  }

  /** Runs both phases, once. Rejects with a {@link Violation} (or what broke) at the first thing that must not be. */
  async run(): Promise<WorldReport> {
    this.#begin()
    await this.#runUntil(this.#faultPhaseMs * 1000)
    this.#heal()
    const limit = this.events.now + LIVENESS_LIMIT_US
    const recovery = new Recovery({
      events: this.events,
      nodes: this.nodes,
      operator: this.operator,
      leader: () => this.leader(),
    })
    while (!recovery.isOver) {
      if (this.events.now > limit)
        throw new Violation('liveness', recovery.describe(LIVENESS_LIMIT_US / 1000))
      await this.#runUntil(this.events.now + LOOK_US)
    }
    await this.#checkEqual()
    await this.#readAll(limit)
    const undecided = this.#judge()
    return {
      seed: this.#init.seed,
      machines: this.#plan.machines,
      events: this.events.count,
      simulatedMs: Math.round(this.events.now / 1000),
      traceHash: this.#hash.text,
      acknowledged: this.#acknowledged.length,
      committedIndex: this.#checks.committedIndex,
      undecided,
      happened: this.#coverage.counts,
    }
  }

  async #runUntil(time: number): Promise<void> {
    const { events } = this
    while (events.now < time) {
      if (!events.step()) throw new Violation('liveness', 'nothing happens any more')
      // Most events touch no promise, and need no turn of the event loop.
      if (events.stirred) await events.settle()
    }
  }

  #begin(): void {
    this.happened(`world with ${this.#plan.machines}`)
    const members = this.nodes.slice(0, this.#init.nodes)
    const [first, ...others] = members as [SimNode, ...SimNode[]]
    if (this.#plan.foundTogether) {
      for (const node of members) {
        this.operator.found(node)
        node.start(members.map(({ member }) => member))
      }
    } else {
      this.operator.found(first)
      first.start([first.member])
      for (const node of others) this.operator.set(node, 'voter')
    }
    for (const node of this.nodes) {
      node.joined = node.process === undefined
      node.start()
      this.operator.keepInTouch(node)
    }
    this.#clients.start(this.#init.clients ?? CLIENTS)
    for (const fault of this.#plan.faults) this.events.schedule(fault.atUs, () => this.#strike(fault))
  }

  #strike({ name, number, seed }: PlannedFault): void {
    const fault = FAULTS.find((fault) => fault.name === name)
    this.happened(`fault: ${name}`)
    this.#note(() => `fault ${number}: ${name}`, 9, number)
    fault?.happen(this, createPrng(seed))
  }

  #heal(): void {
    this.#healing = true
    this.#note(() => 'everything heals', 6)
    this.network.heal()
    this.#clients.stop()
    for (const node of this.nodes) {
      node.diskLatencyMaxUs = DISK_LATENCY_MAX_US
      node.diskStalledUntil = 0
      node.diskFull = false
      node.writeFailsOnce = false
      if (node.process !== undefined) node.process.pausedUntil = 0
      this.restart(node)
    }
    const members = this.nodes.slice(0, this.#init.nodes)
    for (const node of members) this.operator.set(node, 'voter')
    for (const node of this.nodes.slice(members.length)) this.operator.set(node, this.operator.intent(node))
  }

  /** A fault's, and the operator's, view of it. */
  happened(what: string): void {
    this.#coverage.count(what)
  }

  #note(line: () => string, ...numbers: number[]): void {
    this.#hash.add(this.events.now, numbers)
    this.#init.trace?.(`${(this.events.now / 1000).toFixed(3).padStart(10)} ${line()}`)
  }

  /** Of all that believe to lead, the one with the highest term. */
  leader(): SimNode | undefined {
    let leader: SimProcess | undefined
    for (const { running } of this.nodes) {
      if (running === undefined || running.driver.role !== 'leader') continue
      if (leader === undefined || running.ledTerm > leader.ledTerm) leader = running
    }
    return leader?.node
  }

  #onLeader(process: SimProcess, term: number): void {
    const { driver, id } = process
    process.ledTerm = term
    this.happened('election won')
    this.#note(() => `${id} leads term ${term}`, 1, process.node.number, term)
    this.#checks.becameLeader(id, term, driver.status().firstIndex, (index) => driver.termAt(index))
  }

  crash(node: SimNode): void {
    const { process } = node
    if (process === undefined) return
    this.#note(() => `${node.id} crashes`, 4, node.number)
    this.#die(node, () => node.kill())
    // The system closes a dead process's connections; some of the others notice at once.
    for (const other of this.nodes) {
      if (other === node || this.network.isBlocked(node, other) || this.#prng.chance(0.3)) continue
      this.events.schedule(this.#prng.between(100, 20_000), () => other.running?.connectionLost(node.id))
    }
  }

  losePower(node: SimNode): void {
    this.#note(() => `${node.id} loses power`, 11, node.number)
    this.happened('power lost')
    this.#die(node, () => node.losePower())
  }

  #die(node: SimNode, end: () => void): void {
    const { process } = node
    end()
    if (process !== undefined) this.network.died(process)
  }

  restart(node: SimNode): void {
    if (node.process !== undefined || node.outOfService) return
    this.#note(() => `${node.id} starts`, 5, node.number)
    node.start()
  }

  lieInWait(ambush: Ambush): void {
    this.#ambush = { ...ambush, until: this.events.now + ambush.forUs }
  }

  #onPoint({ node }: SimProcess, point: CrashPoint): void {
    const ambush = this.#ambush
    if (ambush?.point !== point || this.#healing) return
    this.#ambush = ambush.times > 1 ? { ...ambush, times: ambush.times - 1 } : undefined
    if (this.events.now > ambush.until) {
      this.#ambush = undefined
      return
    }
    this.happened(`struck down at: ${point}`)
    this.events.schedule(ambush.delayUs, () => {
      if (ambush.power) this.losePower(node)
      else this.crash(node)
    })
    this.events.schedule(ambush.delayUs + this.#prng.between(50_000, 3_000_000), () => this.restart(node))
  }

  /** A process ended itself: rightly, if its disk failed it. */
  #onFailed(process: SimProcess, error: Error): void {
    if (error instanceof Violation) throw error
    const { node } = process
    const cause = expectedFailure(error, node)
    if (cause === undefined) throw new Violation('no fatal error', `${node.id}: ${error.stack}`)
    this.#note(() => `${node.id} stops: ${error.message}`, 12, node.number)
    this.happened(cause === 'damage' ? 'damaged record found' : 'stopped by its disk')
    this.crash(node)
    if (cause === 'damage') this.operator.foundDamaged(node)
    else this.events.schedule(this.#prng.between(100_000, 2_000_000), () => this.restart(node))
  }

  #wasAcknowledged({ index, term, result }: Applied, process: SimProcess): void {
    this.#note(() => `write at ${index} acknowledged by ${process.id}`, 7, index)
    const { config } = process.driver
    this.#checks.acknowledged(index, term, config, (id) => (this.network.node(id) as SimNode).mirror)
    this.#acknowledged.push({ index, term, result })
    this.#maxAcknowledged = Math.max(this.#maxAcknowledged, index)
  }

  /** Replicas at the same index hold the same, byte for byte. */
  async #checkEqual(): Promise<void> {
    const members = this.nodes.filter((node) => this.operator.intent(node) !== 'out')
    for (const node of members) {
      const { machine } = node.running as SimProcess // the world is whole
      this.#checks.captured(node.id, 'the end', new TraceHash().addText(await machine.digest()).value)
    }
  }

  async #readAll(limit: number): Promise<void> {
    let done = false
    this.#clients.readAll(this.#prng.fork(), () => {
      done = true
    })
    while (!done) {
      if (this.events.now > limit + LIVENESS_LIMIT_US)
        throw new Violation('liveness', 'reads are not answered')
      await this.#runUntil(this.events.now + LOOK_US)
    }
  }

  #judge(): number {
    for (const { index, term } of this.#acknowledged) {
      if (this.#checks.termOfCommitted(index) !== term) {
        throw new Violation('no acknowledged write is lost', `entry ${index} of term ${term}`)
      }
    }
    return this.#workloads.reduce((sum, workload) => sum + workload.judge(), 0)
  }
}

function workloadsFor(machines: MachineKind, now: () => number): Workload[] {
  switch (machines) {
    case 'fingerprint':
      return [new LogWorkload()]
    case 'kv':
      return [new KvWorkload(now)]
    case 'sql':
      return [new KvWorkload(now), new SqlWorkload(now)]
  }
}
