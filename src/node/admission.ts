/** The leader's side of joining: what a proven request means for the membership. */
import { setTimeout as sleep } from 'node:timers/promises'
import { type Counters, DebrosError, type Logger } from '../base/index.ts'
import type { JoinRequest, JoinResponse, PeerAddress } from '../p2p/index.ts'
import type { ConfigChange, Member } from '../raft/index.ts'
import type { Authorizer } from './authorization.ts'
import { type Consensus, callAborted, type Limits } from './consensus.ts'

/** How long a change of the membership may take, others that are under way included. */
const CHANGE_TIMEOUT_MS = 10_000
const CHANGE_RETRY_MS = 20

/** How long a leader tries to confirm that it leads before it answers a lookup without. */
const CONFIRM_TIMEOUT_MS = 1_000

export interface AdmissionComponents {
  readonly consensus: Consensus
  readonly authorizer: Authorizer
  readonly counters: Counters
  /** Refuses what would leave the cluster without a majority of voters that answer. */
  readonly checkLeaving: (id: string, limits: Limits) => Promise<void>
  readonly logger: Logger
}

export interface AdmissionInit {
  readonly clusterId: string
  /** Ids the cluster had before recoveries by hand gave it new ones. */
  readonly ancestors: readonly string[]
}

/** Decides what a request to join means. */
export class Admission {
  readonly #components: AdmissionComponents
  readonly #init: AdmissionInit
  /** One change at a time; requests wait for each other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(components: AdmissionComponents, init: AdmissionInit) {
    this.#components = components
    this.#init = init
    components.counters.declare('cluster', ['num_join_req'])
    components.counters.declare('store', ['num_ignored_joins', 'num_removed_before_joins'])
  }

  /** `signal`: nobody waits for the answer any more; what has not begun by then is not done. */
  admit(request: JoinRequest, signal?: AbortSignal): Promise<JoinResponse> {
    if (request.lookup === true) return this.#lookUp(request)
    const answer = this.#last.then(() => {
      // It may have left by now; taking it in would make a member of one that is gone.
      if (signal?.aborted === true) throw callAborted('not-applied', signal.reason)
      return this.#decide(request)
    })
    this.#last = answer.catch(() => {})
    return answer
  }

  /** The leader's list if it can be had, else our own: better than what a node knows that knows no leader. */
  async #lookUp(request: JoinRequest): Promise<JoinResponse> {
    this.#checkCluster(request)
    const { consensus } = this.#components
    const leader = consensus.isLeader ? undefined : this.#leader()
    if (leader !== undefined) return { type: 'redirect', leader }
    const confirmed = await this.#isCertain()
    return { ...this.#accepted(), confirmed }
  }

  /** A deposed leader that has not noticed yet would take a node for removed that has come back since. */
  async #isCertain(): Promise<boolean> {
    const { consensus } = this.#components
    if (!consensus.isLeader) return false
    try {
      await consensus.readIndex({ timeoutMs: CONFIRM_TIMEOUT_MS })
    } catch {
      return false
    }
    return consensus.isLeader && consensus.configCommitted
  }

  #accepted(): Extract<JoinResponse, { type: 'accepted' }> {
    const { members } = this.#components.consensus.config
    return { type: 'accepted', clusterId: this.#init.clusterId, members }
  }

  #checkCluster({ nodeId, clusterId }: JoinRequest): void {
    const { clusterId: ours, ancestors } = this.#init
    if (clusterId === undefined || clusterId === ours) return
    if (ancestors.includes(clusterId)) {
      throw new DebrosError(
        'JOIN_CLUSTER_RECOVERED',
        `cluster ${clusterId}, which node ${nodeId} belongs to, lost its majority and was recovered by hand as ` +
          `cluster ${ours}, without what this node holds. To join it, empty the node's data directory; or recover it, ` +
          'too, with the very same peers file',
      )
    }
    throw new DebrosError(
      'JOIN_CLUSTER_MISMATCH',
      `node ${nodeId} belongs to cluster ${clusterId}; this is cluster ${ours}`,
    )
  }

  async #decide(request: JoinRequest): Promise<JoinResponse> {
    const { consensus } = this.#components
    this.#checkCluster(request)
    if (!consensus.isLeader) {
      const leader = this.#leader()
      if (leader === undefined) {
        throw new DebrosError('RAFT_NO_LEADER', 'the cluster has no leader now', { retryable: true })
      }
      return { type: 'redirect', leader }
    }
    this.#components.counters.add('cluster', 'num_join_req')
    const { nodeId: id, peerId, address, voter } = request
    const wanted: Member = { id, peerId, address, voter }
    const known = consensus.config.members.find((member) => member.id === id)
    if (known === undefined) {
      this.#checkPermission(request)
      await this.#add(wanted)
    } else if (this.#lostItsLog(known, request)) {
      this.#checkPermission(request)
      // In the place of a voter comes only who may be one: its vote goes.
      if (known.voter) this.#checkPermission({ ...request, voter: true })
      await this.#forget(known)
      await this.#add(wanted)
    } else {
      await this.#renew(known, wanted, request)
    }
    return this.#accepted()
  }

  async #add(wanted: Member): Promise<void> {
    const { id, address, voter } = wanted
    this.#checkAddress(wanted)
    await this.#change([{ type: 'add', member: wanted }])
    this.#components.logger.info({ id, address, voter }, `node ${id} joined`)
  }

  /** A member asks again, after a restart: it may have moved, or its vote may have been given or taken. */
  async #renew(known: Member, wanted: Member, request: JoinRequest): Promise<void> {
    const { consensus, counters, logger } = this.#components
    const { id, address, voter } = wanted
    const isVoter = consensus.config.voters.includes(id)
    const losesVote = isVoter && !voter
    if (known.address === address && known.voter === voter && !losesVote) {
      counters.add('store', 'num_ignored_joins')
      return
    }
    // Its key shows who it is, so it may say where it is; a vote is not its own to give.
    if (known.voter !== voter) this.#checkPermission(request)
    if (known.address !== address) this.#checkAddress(wanted)
    if (losesVote) await this.#components.checkLeaving(id, { timeoutMs: CHANGE_TIMEOUT_MS })
    if (known.address !== address) counters.add('store', 'num_removed_before_joins')
    await this.#change([
      { type: 'add', member: wanted },
      ...(losesVote ? [{ type: 'demote', id } as const] : []),
    ])
    logger.info({ id, address, voter }, `node ${id} came back with another address or vote`)
  }

  /** Waits for another change that is under way, such as the promotion of a node that came before. */
  async #change(changes: readonly ConfigChange[]): Promise<void> {
    const deadlineMs = performance.now() + CHANGE_TIMEOUT_MS
    for (;;) {
      const timeoutMs = Math.max(1, deadlineMs - performance.now())
      try {
        await this.#components.consensus.changeMembership(changes, { timeoutMs })
        return
      } catch (error) {
        const mayWait =
          error instanceof DebrosError && error.code === 'RAFT_CONFIG_REJECTED' && error.retryable
        if (!mayWait || timeoutMs <= CHANGE_RETRY_MS) throw error
        await sleep(CHANGE_RETRY_MS)
      }
    }
  }

  #checkPermission({ credentials, nodeId, voter }: JoinRequest): void {
    const { authorizer } = this.#components
    const permissions = voter ? (['join'] as const) : (['join-read-only', 'join-read-replica'] as const)
    if (permissions.some((permission) => authorizer.allows(credentials, permission))) return
    throw joinNotAuthorized(nodeId, voter ? 'as a voter' : 'as a read replica')
  }

  /** Two nodes at one address cannot both be running; one that is gone is in nobody's way. */
  #checkAddress({ id, address }: Member): void {
    const { consensus } = this.#components
    const other = consensus.config.members.find((member) => member.id !== id && member.address === address)
    if (other === undefined || !consensus.hears(other.id)) return
    throw new DebrosError(
      'JOIN_ADDRESS_TAKEN',
      `node ${other.id} is a member at ${address}; give node ${id} an address of its own`,
      { retryable: true },
    )
  }

  /**
   * A node of the same name with another key has lost its disk. So has one that kept its key alone: it
   * says that it never was in a cluster, but has acknowledged entries. One that asks a second time,
   * because the first answer was lost, has not.
   */
  #lostItsLog(known: Member, { peerId, clusterId }: JoinRequest): boolean {
    if (known.peerId !== peerId) return true
    if (clusterId !== undefined) return false
    const { config, progress } = this.#components.consensus.status
    return !config.learners.includes(known.id) || (progress.get(known.id)?.match ?? 0) > 0
  }

  /**
   * What a node has promised that lost its disk must not count any more: its old self leaves first, then
   * the new one enters. As long as the old one answers, though, this is two nodes that were given one name.
   */
  async #forget(known: Member): Promise<void> {
    if (this.#components.consensus.hears(known.id)) {
      throw new DebrosError(
        'JOIN_ID_TAKEN',
        `another node named ${known.id} is running at ${known.address}; give this one a name of its own`,
        { retryable: true },
      )
    }
    this.#components.logger.warn(
      { id: known.id },
      `node ${known.id} comes back without its log; its old self is removed`,
    )
    await this.#change([{ type: 'remove', id: known.id }])
  }

  #leader(): PeerAddress | undefined {
    const { leaderId, config } = this.#components.consensus
    return config.members.find((member) => member.id === leaderId)
  }
}

export function joinNotAuthorized(nodeId: string, how: string): DebrosError {
  return new DebrosError(
    'JOIN_NOT_AUTHORIZED',
    `node ${nodeId} may not join ${how}: the credentials it shows, if any, do not have the permission`,
  )
}
