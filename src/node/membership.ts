/** How a node becomes a member: the joining side's patience and the leader's decision. */
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import {
  type JoinClientComponents,
  type JoinRequest,
  type JoinResponse,
  type PeerAddress,
  requestJoin,
} from '../p2p/index.ts'
import type { Member } from '../raft/index.ts'
import type { Consensus } from './consensus.ts'

const JOIN_TIMEOUT_MS = 10_000

/** How long a leader tries to confirm that it leads before it answers a lookup without. */
const CONFIRM_TIMEOUT_MS = 1_000

/** Failures that no further attempt will mend. */
const HOPELESS = new Set([
  'JOIN_SECRET_WRONG',
  'JOIN_CLUSTER_MISMATCH',
  'JOIN_CLUSTER_RECOVERED',
  'JOIN_PEER_MISMATCH',
  'RAFT_CONFIG_REJECTED',
])

export interface JoinInit {
  /** `host:port` of members, asked in turn. */
  readonly addresses: readonly string[]
  readonly secret: string
  readonly request: Omit<JoinRequest, 'peerId'>
  readonly intervalMs: number
  /** Rounds over all addresses before giving up. */
  readonly attempts: number
  readonly signal: AbortSignal
}

/** Asks until some member takes this node in. Rejects with `JOIN_FAILED`, or at once if it is hopeless. */
export async function joinCluster(
  components: JoinClientComponents & { readonly logger: Logger },
  init: JoinInit,
): Promise<Extract<JoinResponse, { type: 'accepted' }>> {
  const { secret, request, signal } = init
  let last: unknown
  for (let attempt = 1; attempt <= init.attempts; attempt++) {
    for (const address of init.addresses) {
      try {
        return await requestJoin(components, { address, secret, request, signal, timeoutMs: JOIN_TIMEOUT_MS })
      } catch (error) {
        last = error
        if (signal.aborted) throw error
        if (error instanceof DebrosError && HOPELESS.has(error.code) && !error.retryable) throw error
        const fields = { address, attempt, error: errorMessage(error) }
        // Nodes that start together often ask before the first one is up.
        if (attempt === 1) components.logger.info(fields, 'not taken in yet; trying again')
        else components.logger.warn(fields, 'could not join yet; trying again')
      }
    }
    await sleep(init.intervalMs, undefined, { signal })
  }
  throw new DebrosError(
    'JOIN_FAILED',
    `could not join through ${init.addresses.join(', ')}: ${errorMessage(last)}. Is a member running there, and has the cluster a leader?`,
    { retryable: true, cause: last },
  )
}

export interface AdmissionComponents {
  readonly consensus: Consensus
  readonly logger: Logger
}

export interface AdmissionInit {
  readonly clusterId: string
  /** Ids the cluster had before recoveries by hand gave it new ones. */
  readonly ancestors: readonly string[]
}

/** The leader's side: decides what a proven request to join means for the membership. */
export class Admission {
  readonly #components: AdmissionComponents
  readonly #init: AdmissionInit
  /** One change at a time; requests wait for each other. */
  #last: Promise<unknown> = Promise.resolve()

  constructor(components: AdmissionComponents, init: AdmissionInit) {
    this.#components = components
    this.#init = init
  }

  admit(request: JoinRequest): Promise<JoinResponse> {
    if (request.lookup === true) return this.#lookUp(request)
    const answer = this.#last.then(() => this.#decide(request))
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
    const { consensus, logger } = this.#components
    this.#checkCluster(request)
    if (!consensus.isLeader) {
      const leader = this.#leader()
      if (leader === undefined) {
        throw new DebrosError('RAFT_NO_LEADER', 'the cluster has no leader now', { retryable: true })
      }
      return { type: 'redirect', leader }
    }
    const { nodeId: id, peerId, address, voter } = request
    const wanted: Member = { id, peerId, address, voter }
    const known = consensus.config.members.find((member) => member.id === id)
    const isNew = known !== undefined && this.#lostItsLog(known, request)
    if (isNew) await this.#forget(known)
    if (isNew || !isSame(known, wanted)) {
      await consensus.changeMembership([{ type: 'add', member: wanted }], { timeoutMs: JOIN_TIMEOUT_MS })
      logger.info({ id, address, voter }, `node ${id} joined`)
    }
    return this.#accepted()
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
    await this.#components.consensus.changeMembership([{ type: 'remove', id: known.id }], {
      timeoutMs: JOIN_TIMEOUT_MS,
    })
  }

  #leader(): PeerAddress | undefined {
    const { leaderId, config } = this.#components.consensus
    return config.members.find((member) => member.id === leaderId)
  }
}

function isSame(known: Member | undefined, wanted: Member): boolean {
  return known?.peerId === wanted.peerId && known.address === wanted.address && known.voter === wanted.voter
}
