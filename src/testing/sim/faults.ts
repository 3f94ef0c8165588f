/** What can go wrong in a simulated world, and how it ends. Every fault heals by itself. */
import type { Prng } from '../../base/index.ts'
import { entryIndexOf } from './disk.ts'
import type { EventQueue } from './event-queue.ts'
import type { Network, Pair } from './network.ts'
import { DISK_LATENCY_MAX_US, type SimNode } from './node.ts'
import type { Intent, Operator } from './operator.ts'
import type { CrashPoint } from './process.ts'

export type FaultName =
  | 'loss'
  | 'delay'
  | 'duplicates'
  | 'partition'
  | 'isolate-leader'
  | 'one-way'
  | 'bridge'
  | 'crash'
  | 'crash-leader'
  | 'crash-all'
  | 'crash-point'
  | 'pause'
  | 'power-loss'
  | 'power-loss-all'
  | 'slow-disk'
  | 'stalled-disk'
  | 'disk-full'
  | 'write-error'
  | 'damage-log'
  | 'damage-snapshot'
  | 'clock-jump'
  | 'transfer'
  | 'replace'
  | 'remove'
  | 'several'
  | 'learner'
  | 'rival-change'
  | 'spare'

export interface Ambush {
  readonly point: CrashPoint
  /** The machine dies, or only the process. */
  readonly power: boolean
  /** From coming past to dying. */
  readonly delayUs: number
  readonly forUs: number
  readonly times: number
}

/** What a fault may touch. */
export interface FaultSite {
  readonly events: EventQueue
  readonly network: Network
  readonly operator: Operator
  readonly nodes: readonly SimNode[]
  leader(): SimNode | undefined
  /** The process dies, and its system closes its connections. */
  crash(node: SimNode): void
  /** The machine dies; nobody is told. */
  losePower(node: SimNode): void
  restart(node: SimNode): void
  /** Whoever comes past `point` within the time dies there; and the next, until so many have died. */
  lieInWait(ambush: Ambush): void
  happened(what: string): void
}

export interface Fault {
  readonly name: FaultName
  /** How often, in proportion to the others. */
  readonly weight: number
  /** `prng` is the fault's own. */
  readonly happen: (site: FaultSite, prng: Prng) => void
}

export const FAULTS: readonly Fault[] = [
  { name: 'loss', weight: 3, happen: loss },
  { name: 'delay', weight: 3, happen: delay },
  { name: 'duplicates', weight: 2, happen: duplicates },
  { name: 'partition', weight: 3, happen: partition },
  { name: 'isolate-leader', weight: 3, happen: isolateLeader },
  { name: 'one-way', weight: 3, happen: oneWay },
  { name: 'bridge', weight: 2, happen: bridge },
  { name: 'crash', weight: 4, happen: (site, prng) => die(site, prng, prng.pick(site.nodes), false) },
  { name: 'crash-leader', weight: 3, happen: crashLeader },
  { name: 'crash-all', weight: 1, happen: (site, prng) => dieAll(site, prng, false) },
  { name: 'crash-point', weight: 4, happen: crashPoint },
  { name: 'pause', weight: 3, happen: pause },
  { name: 'power-loss', weight: 3, happen: (site, prng) => die(site, prng, prng.pick(site.nodes), true) },
  { name: 'power-loss-all', weight: 1, happen: (site, prng) => dieAll(site, prng, true) },
  { name: 'slow-disk', weight: 2, happen: slowDisk },
  { name: 'stalled-disk', weight: 1, happen: stalledDisk },
  { name: 'disk-full', weight: 1, happen: diskFull },
  { name: 'write-error', weight: 1, happen: writeError },
  { name: 'damage-log', weight: 2, happen: damageLog },
  { name: 'damage-snapshot', weight: 2, happen: damageSnapshot },
  { name: 'clock-jump', weight: 2, happen: clockJump },
  { name: 'transfer', weight: 2, happen: transfer },
  { name: 'replace', weight: 1, happen: replace },
  { name: 'remove', weight: 1, happen: remove },
  { name: 'several', weight: 1, happen: several },
  { name: 'learner', weight: 1, happen: learner },
  { name: 'rival-change', weight: 1, happen: rivalChange },
  { name: 'spare', weight: 1, happen: spare },
]

export const FAULT_NAMES: readonly FaultName[] = FAULTS.map(({ name }) => name)

function afterAWhile(site: FaultSite, prng: Prng, maxMs: number, heal: () => void): void {
  site.events.schedule(prng.between(50_000, maxMs * 1000), heal)
}

function loss(site: FaultSite, prng: Prng): void {
  site.network.lossRate = prng.between(1, 30) / 100
  afterAWhile(site, prng, 3_000, () => {
    site.network.lossRate = 0
  })
}

function delay(site: FaultSite, prng: Prng): void {
  site.network.delaySpikeRate = prng.between(5, 50) / 100
  afterAWhile(site, prng, 3_000, () => {
    site.network.delaySpikeRate = 0
  })
}

function duplicates(site: FaultSite, prng: Prng): void {
  site.network.duplicateRate = prng.between(5, 40) / 100
  afterAWhile(site, prng, 3_000, () => {
    site.network.duplicateRate = 0
  })
}

function block(site: FaultSite, prng: Prng, pairs: readonly Pair[]): void {
  afterAWhile(site, prng, 4_000, site.network.block(pairs))
}

function bothWays(as: readonly SimNode[], bs: readonly SimNode[]): Pair[] {
  return as.flatMap((a) =>
    bs.flatMap((b): Pair[] => [
      [a, b],
      [b, a],
    ]),
  )
}

function partition(site: FaultSite, prng: Prng): void {
  const side = site.nodes.filter(() => prng.chance(0.5))
  block(
    site,
    prng,
    bothWays(
      side,
      site.nodes.filter((node) => !side.includes(node)),
    ),
  )
}

function isolateLeader(site: FaultSite, prng: Prng): void {
  const leader = site.leader()
  if (leader === undefined) return
  block(
    site,
    prng,
    bothWays(
      [leader],
      site.nodes.filter((node) => node !== leader),
    ),
  )
}

function oneWay(site: FaultSite, prng: Prng): void {
  const [from, to] = [prng.pick(site.nodes), prng.pick(site.nodes)]
  if (from !== to) block(site, prng, [[from, to]])
}

/** Two halves that only one node can both see. */
function bridge(site: FaultSite, prng: Prng): void {
  const middle = prng.pick(site.nodes)
  const others = site.nodes.filter((node) => node !== middle)
  const half = Math.floor(others.length / 2)
  block(site, prng, bothWays(others.slice(0, half), others.slice(half)))
}

function die(site: FaultSite, prng: Prng, node: SimNode, power: boolean): void {
  if (power) site.losePower(node)
  else site.crash(node)
  afterAWhile(site, prng, 3_000, () => site.restart(node))
}

function crashLeader(site: FaultSite, prng: Prng): void {
  const leader = site.leader()
  if (leader !== undefined) die(site, prng, leader, prng.chance(0.3))
}

function dieAll(site: FaultSite, prng: Prng, power: boolean): void {
  for (const node of site.nodes) die(site, prng, node, power)
}

const CRASH_POINTS: readonly CrashPoint[] = [
  'write',
  'compact',
  'snapshot-save',
  'restore',
  'start',
  'elected',
  'elected',
]

function crashPoint(site: FaultSite, prng: Prng): void {
  const point = prng.pick(CRASH_POINTS)
  const elected = point === 'elected'
  site.lieInWait({
    point,
    power: prng.chance(0.5),
    delayUs: prng.between(0, 20_000),
    forUs: elected ? 6_000_000 : 3_000_000,
    // Leader after leader dies with entries that nobody else has: figure 8 of the Raft paper.
    times: elected ? prng.between(1, 5) : 1,
  })
  // So that there is something to start or to restore, or somebody to elect.
  if (point === 'start' || point === 'restore') die(site, prng, prng.pick(site.nodes), prng.chance(0.5))
  if (elected) crashLeader(site, prng)
}

function pause(site: FaultSite, prng: Prng): void {
  const { process } = prng.pick(site.nodes)
  if (process !== undefined) process.pausedUntil = site.events.now + prng.between(50_000, 3_000_000)
}

function slowDisk(site: FaultSite, prng: Prng): void {
  const node = prng.pick(site.nodes)
  node.diskLatencyMaxUs = 300_000
  afterAWhile(site, prng, 3_000, () => {
    node.diskLatencyMaxUs = DISK_LATENCY_MAX_US
  })
}

function stalledDisk(site: FaultSite, prng: Prng): void {
  prng.pick(site.nodes).diskStalledUntil = site.events.now + prng.between(500_000, 5_000_000)
}

function diskFull(site: FaultSite, prng: Prng): void {
  const node = prng.pick(site.nodes)
  node.diskFull = true
  afterAWhile(site, prng, 3_000, () => {
    node.diskFull = false
  })
}

function writeError(site: FaultSite, prng: Prng): void {
  prng.pick(site.nodes).writeFailsOnce = true
}

/** A bit rots in the log: in an entry, or in what is kept beside the entries. It shows at the next start. */
function damageLog(site: FaultSite, prng: Prng): void {
  const entries = prng.chance(0.7)
  damage(site, prng, (node) => node.disk.damage((key) => (entryIndexOf(key) !== undefined) === entries))
}

function damageSnapshot(site: FaultSite, prng: Prng): void {
  damage(site, prng, (node) => node.files.damage((name) => name.endsWith('.snap')))
}

function damage(site: FaultSite, prng: Prng, happen: (node: SimNode) => boolean): void {
  const candidates = site.nodes.filter((node) => site.operator.mayDamage(node))
  if (candidates.length === 0) return
  const node = prng.pick(candidates)
  if (!happen(node)) return
  site.operator.damaged(node)
  site.happened('damage done')
  if (prng.chance(0.7)) die(site, prng, node, prng.chance(0.5))
}

const DAY_MS = 86_400_000

function clockJump(site: FaultSite, prng: Prng): void {
  prng.pick(site.nodes).wallOffsetMs = prng.between(-DAY_MS, DAY_MS)
}

function transfer(site: FaultSite, prng: Prng): void {
  const leader = site.leader()
  const target = prng.chance(0.5) ? undefined : prng.pick(site.nodes).id
  leader?.running?.driver.transferLeadership(target, (error) => {
    site.happened(error === undefined ? 'leadership transferred' : 'leadership transfer failed')
  })
}

function voters(site: FaultSite): SimNode[] {
  return site.nodes.filter((node) => site.operator.intent(node) === 'voter')
}

/** A node in good order loses its disk, and says goodbye first. */
function replace(site: FaultSite, prng: Prng): void {
  if (!site.operator.mayChange || voters(site).length < 3) return
  const node = prng.pick(site.nodes)
  if (site.operator.intent(node) !== 'out') site.operator.replace(node)
}

/** A node leaves, and comes back with what it has, or without. */
function remove(site: FaultSite, prng: Prng): void {
  if (!site.operator.mayChange || voters(site).length < 2) return
  const node = prng.pick(voters(site))
  site.operator.set(node, 'out')
  if (prng.chance(0.5)) {
    afterAWhile(site, prng, 2_000, () => {
      if (site.operator.intent(node) === 'out' && site.operator.isForgotten(node)) site.crash(node)
    })
  }
  afterAWhile(site, prng, 8_000, () => {
    if (!site.operator.mayChange) return
    site.restart(node)
    site.operator.set(node, 'voter')
  })
}

/** Some leave, some enter, some gain or lose their vote, all in one change. */
function several(site: FaultSite, prng: Prng): void {
  if (!site.operator.mayChange) return
  const intents = new Map<SimNode, Intent>()
  const before = voters(site)
  let left = before.length
  for (const node of site.nodes) {
    if (!prng.chance(0.5)) continue
    const isVoter = before.includes(node)
    if (isVoter && left === 1) continue
    if (isVoter) left--
    intents.set(node, isVoter ? prng.pick(['out', 'learner']) : 'voter')
  }
  site.operator.setSeveral(intents)
  afterAWhile(site, prng, 6_000, () => {
    if (!site.operator.mayChange) return
    for (const node of intents.keys()) site.operator.set(node, 'voter')
  })
}

function learner(site: FaultSite, prng: Prng): void {
  if (!site.operator.mayChange || voters(site).length < 2) return
  const node = prng.pick(voters(site))
  site.operator.set(node, 'learner')
  afterAWhile(site, prng, 6_000, () => {
    if (site.operator.mayChange) site.operator.set(node, 'voter')
  })
}

/** Everybody who believes to lead is asked for something else at the same time. */
function rivalChange(site: FaultSite, prng: Prng): void {
  if (!site.operator.mayChange || voters(site).length < 3) return
  for (const node of site.nodes) {
    if (node.running?.driver.role !== 'leader') continue
    const other = prng.pick(voters(site))
    site.operator.propose(node, [{ type: prng.chance(0.5) ? 'remove' : 'demote', id: other.id }])
    site.operator.set(other, 'voter')
  }
}

function spare(site: FaultSite, prng: Prng): void {
  const outside = site.nodes.filter((node) => site.operator.intent(node) === 'out')
  if (!site.operator.mayChange || outside.length === 0) return
  site.operator.set(prng.pick(outside), prng.chance(0.7) ? 'voter' : 'learner')
}
