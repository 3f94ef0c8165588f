/**
 * Whoever runs the cluster: takes nodes in and out, replaces what is broken, and never damages more
 * than the cluster can bear. Membership is changed through whichever node leads, again and again until
 * some leader has committed it.
 */
import { DebrosError, type Prng } from '../../base/index.ts'
import type { ConfigChange } from '../../raft/index.ts'
import type { Checks } from './checks.ts'
import type { EventQueue } from './event-queue.ts'
import type { Network } from './network.ts'
import type { SimNode } from './node.ts'

/** What a node is to be. */
export type Intent = 'voter' | 'learner' | 'out'

export interface OperatorComponents {
  readonly events: EventQueue
  readonly prng: Prng
  readonly checks: Checks
  readonly network: Network
  readonly nodes: readonly SimNode[]
  readonly leader: () => SimNode | undefined
  readonly crash: (node: SimNode) => void
  readonly restart: (node: SimNode) => void
  readonly happened: (what: string) => void
  readonly note: (line: () => string, ...numbers: number[]) => void
}

/** Longer than any message, and any pause of whoever sends it, may last. */
const QUIET_US = 5_000_000

export class Operator {
  readonly #components: OperatorComponents
  readonly #intents = new Map<SimNode, Intent>()
  /** Nodes being brought to where they are to be. */
  readonly #tended = new Set<SimNode>()
  /** Nodes being replaced, and what each is to be after that. */
  readonly #replaced = new Map<SimNode, Intent>()
  /** Nodes whose data is, or may soon be found to be, lost. */
  readonly #lost = new Set<SimNode>()
  #lastChange = -QUIET_US

  constructor(components: OperatorComponents) {
    this.#components = components
  }

  /** What a node is to be in the end. */
  intent(node: SimNode): Intent {
    return this.#replaced.get(node) ?? this.#intents.get(node) ?? 'out'
  }

  /** Is every node what it is to be, as far as anybody knows? */
  get idle(): boolean {
    return this.#tended.size === 0 && this.#replaced.size === 0
  }

  /** May nodes be taken in and out? Not while data is lost: the rest is needed to bring it back. */
  get mayChange(): boolean {
    this.#forgetMended()
    return this.#lost.size === 0
  }

  /** Says what a node is to be, and sees to it. */
  set(node: SimNode, intent: Intent): void {
    if (this.#replaced.has(node)) this.#replaced.set(node, intent)
    else this.#intents.set(node, intent)
    this.#tend(node)
  }

  /** The same for several nodes, beginning with one proposal for all of them. */
  setSeveral(intents: ReadonlyMap<SimNode, Intent>): void {
    const free = [...intents].filter(([node]) => !this.#replaced.has(node))
    for (const [node, intent] of free) this.#intents.set(node, intent)
    const leader = this.#components.leader()
    const changes = free.flatMap(([node]) => this.#changesFor(node))
    if (leader !== undefined && changes.length > 0) this.propose(leader, changes)
    for (const [node] of free) this.#tend(node)
  }

  /** It is so already. */
  found(node: SimNode): void {
    this.#intents.set(node, 'voter')
  }

  /** Proposes changes at `at`, who may or may not lead, as several operators at once would. */
  propose(at: SimNode, changes: readonly ConfigChange[]): void {
    const driver = at.running?.driver
    if (driver === undefined) return
    this.#lastChange = this.#components.events.now
    driver.changeMembership(changes, (error) => {
      const result = error instanceof DebrosError ? error.code : 'accepted'
      this.#components.happened(`membership change: ${result}`)
    })
  }

  #tend(node: SimNode): void {
    if (this.#tended.has(node)) return
    this.#tended.add(node)
    this.#tendLater(node)
  }

  #tendLater(node: SimNode): void {
    const { events, prng } = this.#components
    events.schedule(prng.between(50_000, 300_000), () => {
      const leader = this.#components.leader()
      const status = leader?.running?.driver.status()
      if (leader === undefined || status === undefined) {
        this.#tendLater(node)
        return
      }
      const changes = this.#changesFor(node)
      const settled = status.configIndex <= status.commit && status.config.outgoing.length === 0
      if (changes.length === 0 && settled) {
        this.#tended.delete(node)
        return
      }
      if (changes.length > 0) this.propose(leader, changes)
      this.#tendLater(node)
    })
  }

  /** What is left to do until the leader's membership says of the node what it is to be. */
  #changesFor(node: SimNode): ConfigChange[] {
    const intent = this.#intents.get(node) ?? 'out'
    const config = this.#components.leader()?.running?.driver.config
    const known = config?.members.find(({ id }) => id === node.id)
    if (intent === 'out') return known === undefined ? [] : [{ type: 'remove', id: node.id }]
    if (known !== undefined && known.peerId !== node.member.peerId) return [{ type: 'remove', id: node.id }]
    const voter = intent === 'voter'
    if (known === undefined || (voter && !known.voter))
      return [{ type: 'add', member: { ...node.member, voter } }]
    if (!voter && config?.learners.includes(node.id) === false) return [{ type: 'demote', id: node.id }]
    return []
  }

  /** Is it committed that the node is no member any more, and nothing on its way that makes it one? */
  isForgotten(node: SimNode): boolean {
    const status = this.#components.leader()?.running?.driver.status()
    const committed = this.#components.checks.config?.config
    return (
      status !== undefined &&
      status.configIndex <= status.commit &&
      !status.config.members.some(({ id }) => id === node.id) &&
      committed?.members.some(({ id }) => id === node.id) === false
    )
  }

  /**
   * Takes a node out, wipes it, and takes it in again under a new key: only once the others have
   * committed to forget what the old one had promised. It keeps what it is meant to be.
   */
  replace(node: SimNode): void {
    if (this.#replaced.has(node)) return
    this.#replaced.set(node, this.intent(node))
    this.#intents.set(node, 'out')
    this.#tend(node)
    this.#wipeOnceForgotten(node)
  }

  #wipeOnceForgotten(node: SimNode): void {
    const { events, prng, happened } = this.#components
    events.schedule(prng.between(50_000, 150_000), () => {
      if (!this.isForgotten(node)) {
        this.#wipeOnceForgotten(node)
        return
      }
      happened('node replaced')
      this.#wipe(node)
      const intent = this.intent(node)
      this.#replaced.delete(node)
      this.set(node, intent)
    })
  }

  #wipe(node: SimNode): void {
    const { note, crash, restart } = this.#components
    note(() => `${node.id} is wiped`, 3, node.number)
    crash(node)
    node.wipe()
    this.#lost.delete(node)
    restart(node)
  }

  /**
   * May this node's data be damaged? Only where enough whole voters remain that everything committed
   * survives and the broken one can be voted out, whichever of the memberships around comes in force.
   * A run that is stuck after that is a bug.
   */
  mayDamage(node: SimNode): boolean {
    this.#forgetMended()
    if (this.#lost.has(node)) return false
    const { events, nodes, checks } = this.#components
    const committed = checks.config
    const settled =
      committed !== undefined &&
      committed.config.outgoing.length === 0 &&
      this.#tended.size === 0 &&
      events.now - this.#lastChange > QUIET_US &&
      nodes.every(
        (other) =>
          other.mirror.lastConfig <= committed.index &&
          (other.running?.driver.status().configIndex ?? 0) <= committed.index,
      )
    if (!settled) return false
    const { voters } = committed.config
    const lost = [...this.#lost, node].filter(({ id }) => voters.includes(id)).length
    return 2 * (voters.length - lost) > voters.length
  }

  damaged(node: SimNode): void {
    this.#lost.add(node)
  }

  /** A damaged node was found out, and is down. */
  foundDamaged(node: SimNode): void {
    const { happened, note } = this.#components
    happened('damaged record found')
    note(() => `${node.id} is damaged and refuses`, 10, node.number)
    node.outOfService = true
    this.#lost.add(node)
    this.replace(node)
  }

  /** Damage that was overwritten before anybody read it, and nodes that are whole voters again. */
  #forgetMended(): void {
    for (const node of this.#lost) {
      if (!node.damaged && !node.outOfService && !this.#replaced.has(node)) this.#lost.delete(node)
    }
  }

  /**
   * A node that hears of no leader asks a member it knows who the members are now; or, if it joined the
   * cluster, any node, since it was started with their addresses.
   */
  keepInTouch(node: SimNode): void {
    const { events, prng, network, nodes, happened } = this.#components
    events.schedule(prng.between(800_000, 1_200_000), () => {
      this.keepInTouch(node)
      const driver = node.running?.driver
      if (driver === undefined || driver.leader !== undefined) return
      const known = driver.config.members
      const reachable = nodes.filter(
        (other) =>
          other !== node &&
          other.running !== undefined &&
          (node.joined || known.some((member) => member.id === other.id)) &&
          !network.isBlocked(node, other) &&
          !network.isBlocked(other, node),
      )
      if (reachable.length === 0) return
      const asked = prng.pick(reachable)
      const leader = nodes.find((other) => other.id === asked.running?.driver.leader)
      const members = (leader ?? asked).running?.driver.config.members ?? []
      happened('members looked up')
      if (members.length > 0) driver.learnMembers(members)
    })
  }
}
