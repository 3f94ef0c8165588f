/**
 * How a node finds back to its cluster. Raft needs to know where the members are and whom to let in;
 * while a node is away both may change, down to its own membership. So a node that is started with
 * addresses to join asks once more to be a member, which mends its address, its vote and its removal;
 * one without says where it is if that has changed. One that hears of no leader asks the members it knows:
 *
 *   answer                                         then
 *   these are the members                          it lets these in until its log knows better
 *   (confirmed by a quorum) ... and you are none   it was removed: it says so, and campaigns no more,
 *                                                  until a leader turns to it after all
 *   your cluster was recovered without you         it says so, and takes part in nothing any more: with
 *                                                  others that are left over it could found a second one
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import { type JoinClientComponents, type JoinResponse, requestJoin } from '../p2p/index.ts'
import type { Member, RaftDriver } from '../raft/index.ts'
import type { Credentials } from './authorization.ts'
import type { Cluster } from './cluster-service.ts'
import type { Consensus } from './consensus.ts'
import type { JoinAddresses } from './join-addresses.ts'
import { askOnce, isHopeless } from './join-cluster.ts'
import type { Detached } from './types.ts'

const POLL_MS = 20
const CHANGE_TIMEOUT_MS = 10_000

/** Members asked at one time; the next round asks the next ones. */
const ASKED_MAX = 8

/** A node that knows that it was removed asks this many times less often. */
const REMOVED_PAUSE_FACTOR = 5

export interface ContactComponents {
  readonly network: JoinClientComponents
  readonly driver: RaftDriver
  readonly consensus: Consensus
  readonly cluster: Cluster
  readonly logger: Logger
}

export interface ContactInit {
  /** This node as it is now; its address may be newer than the one that the cluster knows. */
  readonly self: Member
  readonly clusterId: string
  readonly secret: string
  /** `host:port` of members from the configuration, asked when those that are known do not help. */
  readonly joinAddresses: JoinAddresses
  readonly joinIntervalMs: number
  readonly joinCredentials: Credentials | undefined
  readonly electionTimeoutMs: number
  /** For messages: where this node keeps its data. */
  readonly dataDir: string
  readonly signal: AbortSignal
}

type Answer = Extract<JoinResponse, { type: 'accepted' }>

export class Contact {
  readonly #components: ContactComponents
  readonly #init: ContactInit
  #round = 0
  /** It is asking to be a member again, so that it may not be one is no news. */
  #rejoining = false
  readonly #answered = Promise.withResolvers<void>()
  #reported: Detached['reason'] | undefined
  /** Addresses at which another cluster answered. */
  readonly #warned = new Set<string>()

  constructor(components: ContactComponents, init: ContactInit) {
    this.#components = components
    this.#init = init
  }

  /**
   * Tells the cluster what has changed about this node: as its leader, or through whomever it knows.
   * `rejoin`: asks to be a member also if it knows of no change. Ends once the cluster knows.
   */
  async announce({ rejoin }: { readonly rejoin: boolean }): Promise<void> {
    this.#rejoining = rejoin
    if (!rejoin) this.#answered.resolve()
    await this.#announce(rejoin)
    this.#answered.resolve()
    this.#rejoining = false
  }

  /** Resolves once the cluster has answered whether this node is a member as it is; at once if it does not ask. */
  get answered(): Promise<void> {
    return this.#answered.promise
  }

  async #announce(rejoin: boolean): Promise<void> {
    const { signal, joinIntervalMs } = this.#init
    let due = rejoin
    while (!signal.aborted && (due || this.#hasMoved())) {
      try {
        await this.#tell(rejoin)
        this.#answered.resolve()
        due = false
        await this.#untilKnown(rejoin)
      } catch (error) {
        const fields = { error: errorMessage(error) }
        if (isHopeless(error) || isRefused(error)) {
          this.#components.logger.warn(fields, 'the cluster does not take this node as it is')
          return
        }
        this.#components.logger.debug(fields, 'the cluster does not know yet that this node is back')
        await this.#untilLeader(joinIntervalMs)
      }
    }
  }

  #hasMoved(): boolean {
    const known = this.#known()
    return known !== undefined && known.address !== this.#init.self.address
  }

  /** A new leader is worth another attempt at once. */
  async #untilLeader(atMostMs: number): Promise<void> {
    const { driver } = this.#components
    const { signal } = this.#init
    const deadlineMs = performance.now() + atMostMs
    const before = driver.leader
    do {
      await sleep(POLL_MS, undefined, { signal }).catch(() => {})
      if (driver.leader !== undefined && driver.leader !== before) return
    } while (!signal.aborted && performance.now() < deadlineMs)
  }

  /** Until the log here names this node as it is, or that takes so long that something must have gone wrong. */
  async #untilKnown(rejoin: boolean): Promise<void> {
    const { signal, electionTimeoutMs } = this.#init
    const deadlineMs = performance.now() + 2 * electionTimeoutMs
    const isBehind = () => this.#hasMoved() || (rejoin && this.#known() === undefined)
    while (!signal.aborted && isBehind() && performance.now() < deadlineMs) {
      await sleep(POLL_MS, undefined, { signal }).catch(() => {})
    }
  }

  async #tell(rejoin: boolean): Promise<void> {
    const { consensus } = this.#components
    const { self } = this.#init
    const known = this.#known()
    // Without an address to join it is not asked for what it says of its vote.
    const member = rejoin || known === undefined ? self : { ...self, voter: known.voter }
    if (consensus.isLeader) await this.#changeSelf(member, known)
    else await this.#askAnybody(member, rejoin)
  }

  async #changeSelf(member: Member, known: Member | undefined): Promise<void> {
    const { consensus } = this.#components
    const limits = { timeoutMs: CHANGE_TIMEOUT_MS, signal: this.#init.signal }
    if (!member.voter) {
      // Without a vote it cannot lead; the next leader takes it.
      await consensus.transferLeadership(undefined, limits)
      throw new DebrosError('RAFT_NOT_LEADER', 'it has just handed over', { retryable: true })
    }
    if (known?.address === member.address && known.voter) return
    await consensus.changeMembership([{ type: 'add', member }], limits)
  }

  /** Unless it is to `rejoin`, one that was removed meanwhile does not ask. */
  async #askAnybody(member: Member, rejoin: boolean): Promise<void> {
    const { network, driver } = this.#components
    const { clusterId, secret, signal, joinCredentials: credentials } = this.#init
    const { id: nodeId, address, voter } = member
    const request = { nodeId, address, voter, clusterId, ...(credentials && { credentials }) }
    let failure: unknown = new Error('there is nobody to ask')
    const leader = driver.config.members.find(({ id }) => id === driver.leader)?.address
    const others = await this.#whom()
    for (const asked of new Set(leader === undefined ? others : [leader, ...others])) {
      try {
        if (!rejoin && !(await this.#isStillIn(asked))) return
        const { members } = await askOnce(network, { secret, signal, request }, asked)
        if (driver.leader === undefined) driver.learnMembers(members)
        return
      } catch (error) {
        failure = error
        if (signal.aborted || isHopeless(error) || isRefused(error)) break
      }
    }
    throw failure
  }

  async #isStillIn(asked: string): Promise<boolean> {
    const { members, confirmed } = await this.#lookUp(asked, () => {})
    return confirmed !== true || this.#isIn(members)
  }

  /** Runs until the signal aborts. `now`: does not wait for a silence before it asks for the first time. */
  async keepInTouch({ now }: { readonly now: boolean }): Promise<void> {
    const { driver } = this.#components
    const { signal } = this.#init
    if (!now) await this.#pause()
    while (!signal.aborted) {
      if (driver.leader !== undefined) this.#reattached()
      else if (this.#knowsOfRemoval()) this.#detach('removed')
      else await this.#ask()
      await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    const { electionTimeoutMs, signal } = this.#init
    const pauseMs = 2 * electionTimeoutMs * (this.#components.driver.retired ? REMOVED_PAUSE_FACTOR : 1)
    await sleep(pauseMs, undefined, { signal }).catch(() => {})
  }

  #known(): Member | undefined {
    return this.#components.driver.config.members.find(({ id }) => id === this.#init.self.id)
  }

  #others(): Member[] {
    return this.#components.driver.config.members.filter(({ id }) => id !== this.#init.self.id)
  }

  /** A leader that removed itself has it in its own log. */
  #knowsOfRemoval(): boolean {
    const { driver } = this.#components
    return driver.config.members.length > 0 && driver.configCommitted && !this.#isIn(driver.config.members)
  }

  /** A node of the same name with another key is another node. */
  #isIn(members: readonly Member[]): boolean {
    const { id, peerId } = this.#init.self
    return members.some((member) => member.id === id && member.peerId === peerId)
  }

  async #ask(): Promise<void> {
    const { driver } = this.#components
    let answer: Answer | undefined
    let superseded: Error | undefined
    const asked = (await this.#whom()).map(async (address) => {
      let by: string | undefined
      try {
        const given = await this.#lookUp(address, (peerId) => {
          by = peerId
        })
        if (answer?.confirmed !== true) answer = given
      } catch (error) {
        if (isRecovered(error) && this.#hasKeyOfMember(by)) superseded = error
        else this.#couldNotLearn(address, error)
      }
    })
    await Promise.all(asked)
    if (this.#init.signal.aborted || driver.leader !== undefined) return
    if (answer !== undefined) driver.learnMembers(answer.members)
    // Where somebody leads, the recovery was that of other nodes, and a mistake.
    if (answer?.confirmed === true && !this.#isIn(answer.members)) this.#detach('removed')
    else if (answer?.confirmed !== true && superseded !== undefined)
      this.#detach('superseded', superseded.message)
  }

  /** Where to ask: some of those that are known, each time others, and where it was told to join. */
  async #whom(): Promise<string[]> {
    const others = this.#others().map(({ address }) => address)
    const from = others.length === 0 ? 0 : (this.#round++ * ASKED_MAX) % others.length
    const members = [...others.slice(from), ...others.slice(0, from)].slice(0, ASKED_MAX)
    const { joinAddresses, self } = this.#init
    return [...new Set([...members, ...(await joinAddresses.now())])].filter(
      (address) => address !== self.address,
    )
  }

  /** Only a member's word for a recovery counts: it has the key that it had in the old cluster. */
  #hasKeyOfMember(peerId: string | undefined): boolean {
    return this.#others().some((member) => member.peerId === peerId)
  }

  /** That nobody answers may pass; that another cluster does is a mistake to mend. */
  #couldNotLearn(address: string, error: unknown): void {
    const fields = { asked: address, error: errorMessage(error) }
    const message = 'could not learn who the members are'
    const isOther = error instanceof DebrosError && error.code.startsWith('JOIN_CLUSTER_')
    if (isOther && !this.#warned.has(address)) this.#components.logger.warn(fields, message)
    else this.#components.logger.debug(fields, message)
    if (isOther) this.#warned.add(address)
  }

  async #lookUp(asked: string, onAsked: (peerId: string) => void): Promise<Answer> {
    const { self, clusterId, secret, electionTimeoutMs, signal } = this.#init
    const { id: nodeId, address, voter } = self
    const request = { nodeId, address, voter, clusterId, lookup: true }
    const options = { secret, request, timeoutMs: 2 * electionTimeoutMs, signal, onAsked }
    return await requestJoin(this.#components.network, { address: asked, ...options })
  }

  #detach(reason: Detached['reason'], why?: string): void {
    if (reason === 'removed' && this.#rejoining) return
    const { driver, cluster, logger } = this.#components
    const { clusterId, dataDir } = this.#init
    driver.retire(reason === 'removed' ? 'until-called' : 'deaf')
    if (!driver.retired) return
    const message =
      reason === 'removed'
        ? 'this node was removed from its cluster. To let it join again, stop it and start it with the address of a ' +
          `member to join; otherwise stop it for good. Its data is in ${dataDir}`
        : `${why ?? 'this cluster was recovered without this node'}. If the recovery was the mistake, stop the recovered ` +
          'nodes and restart this one'
    cluster.detach({ reason, message })
    if (this.#reported === reason) return
    this.#reported = reason
    logger.error({ clusterId }, message)
  }

  #reattached(): void {
    if (this.#reported === undefined) return
    this.#reported = undefined
    this.#components.logger.info({ leader: this.#components.driver.leader }, 'this node is a member again')
  }
}

function isRecovered(error: unknown): error is DebrosError {
  return error instanceof DebrosError && error.code === 'JOIN_CLUSTER_RECOVERED'
}

function isRefused(error: unknown): boolean {
  return error instanceof DebrosError && error.code === 'JOIN_NOT_AUTHORIZED'
}
