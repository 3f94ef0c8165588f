/** What an operator asks of the leader: to hand over its lead, or to remove a node. Any node takes it there. */
import { setTimeout as sleep } from 'node:timers/promises'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import type { PeerAddress, Rpc } from '../p2p/index.ts'
import {
  checkName,
  decodeFrame,
  RemoveRequest,
  RemoveResponse,
  TransferRequest,
  TransferResponse,
} from '../wire/index.ts'
import type { Authorizer } from './authorization.ts'
import { type Consensus, callAborted, callTimeout, type Limits, limitsOf } from './consensus.ts'
import { callerToWire, checkCaller } from './forwarded.ts'
import { notLeader, type Router } from './router.ts'
import type { CallOptions, ClusterService, Removed, TransferOptions, Transferred } from './types.ts'

const TRANSFER = 'cluster/transfer'
const REMOVE = 'cluster/remove'

const POLL_MS = 10

export interface ClusterChangesComponents {
  readonly consensus: Consensus
  readonly router: Router
  readonly rpc: Rpc
  readonly authorizer: Authorizer
  /** Asks all members how they are. */
  readonly nodes: ClusterService['nodes']
  readonly logger: Logger
}

export interface ClusterChangesInit {
  readonly selfId: string
  /** How this node is called in answers it gives itself. */
  readonly servedBy: () => string
}

export class ClusterChanges {
  readonly #components: ClusterChangesComponents
  readonly #init: ClusterChangesInit

  constructor(components: ClusterChangesComponents, init: ClusterChangesInit) {
    this.#components = components
    this.#init = init
    components.rpc.handle(TRANSFER, 'member', async (bytes, { signal }) => {
      const { to, timeoutMs, ...caller } = decodeFrame('transfer request', () =>
        TransferRequest.decode(bytes),
      )
      checkCaller(components.authorizer, caller, ['leader-ops'], 'stepdown')
      const target = to === '' ? undefined : checkName(to, 'node id')
      return TransferResponse.encode({ leader: await this.#transfer(target, { timeoutMs, signal }) })
    })
    components.rpc.handle(REMOVE, 'member', async (bytes, { signal }) => {
      const { id, timeoutMs, ...caller } = decodeFrame('remove request', () => RemoveRequest.decode(bytes))
      checkCaller(components.authorizer, caller, ['remove'], 'remove node')
      const removed = await this.#remove(checkName(id, 'node id'), { timeoutMs, signal })
      return RemoveResponse.encode({ removed })
    })
  }

  /** See ClusterService. */
  async transferLeadership(options: TransferOptions): Promise<Transferred> {
    const { to, credentials } = options
    const caller = callerToWire(credentials)
    return await this.#components.router.route(
      {
        kind: 'once',
        local: async (limits) => ({
          leader: await this.#transfer(to, limits),
          servedBy: this.#init.servedBy(),
        }),
        remote: async (leader, limits) => {
          const request = TransferRequest.encode({ to: to ?? '', timeoutMs: limits.timeoutMs, ...caller })
          const answer = await this.#call(leader, TRANSFER, request, limits)
          return { leader: TransferResponse.decode(answer).leader, servedBy: leader.address }
        },
      },
      limitsOf(options),
    )
  }

  /** See ClusterService. */
  async removeNode(id: string, options: CallOptions): Promise<Removed> {
    const caller = callerToWire(options.credentials)
    return await this.#components.router.route(
      {
        kind: 'once',
        local: async (limits) => ({
          removed: await this.#remove(id, limits),
          servedBy: this.#init.servedBy(),
        }),
        remote: async (leader, limits) => {
          const request = RemoveRequest.encode({ id, timeoutMs: limits.timeoutMs, ...caller })
          const { removed } = RemoveResponse.decode(await this.#call(leader, REMOVE, request, limits))
          await this.#awaitHere(id, limits)
          return { removed, servedBy: leader.address }
        },
      },
      limitsOf(options),
    )
  }

  #call(leader: PeerAddress, method: string, request: Uint8Array, limits: Limits): Promise<Uint8Array> {
    const { timeoutMs, signal } = limits
    const options = { timeoutMs, ...(signal === undefined ? {} : { signal }) }
    return this.#components.rpc.call(leader, method, request, options)
  }

  /** Whoever asked here sees the change here. It is made either way, so nothing hangs on it. */
  async #awaitHere(id: string, limits: Limits): Promise<void> {
    if (id === this.#init.selfId) return
    await this.#components.consensus.readIndex(limits).catch(() => {})
  }

  /** As leader. Resolves with the node that leads once this one does not. */
  async #transfer(to: string | undefined, limits: Limits): Promise<string> {
    const { consensus, logger } = this.#components
    if (!consensus.isLeader) throw notLeader()
    if (to !== undefined) this.#checkTarget(to)
    const deadlineMs = performance.now() + limits.timeoutMs
    await consensus.transferLeadership(to, limits)
    const leader = await this.#awaitLeader(deadlineMs, limits)
    if (leader === this.#init.selfId || (to !== undefined && leader !== to)) {
      throw new DebrosError('RAFT_TRANSFER_FAILED', `node ${leader} was elected instead`, { retryable: true })
    }
    logger.info({ leader }, 'handed over the lead as an operator asked')
    return leader
  }

  #checkTarget(to: string): void {
    const { config } = this.#components.consensus
    if (to === this.#init.selfId) throw badTarget(`node ${to} is the leader already`)
    if (!config.members.some(({ id }) => id === to)) throw unknownNode()
    if (!config.voters.includes(to)) throw badTarget(`node ${to} has no vote, so it cannot lead`)
  }

  async #awaitLeader(deadlineMs: number, { timeoutMs, signal }: Limits): Promise<string> {
    for (;;) {
      const { leaderId } = this.#components.consensus
      if (leaderId !== undefined) return leaderId
      if (signal?.aborted === true) throw callAborted('unknown', signal.reason)
      if (performance.now() > deadlineMs) throw callTimeout(timeoutMs, 'unknown')
      await sleep(POLL_MS)
    }
  }

  /**
   * As leader, of its own accord: so a majority of all there are must answer, too, with the one to go
   * counted, and that one must not. Rejects as `removeNode` does, or with `RAFT_NO_LEADER`.
   */
  async removeSilent(id: string, limits: Limits): Promise<boolean> {
    await this.#components.consensus.readIndex(limits)
    const { signal } = limits
    const described = await this.#components.nodes(signal === undefined ? {} : { signal })
    if (described.some((node) => node.id === id && node.reachable)) {
      throw rejected(`node ${id} answers when it is asked, though it takes no part`, true)
    }
    return await this.#remove(id, limits)
  }

  /** As leader. Resolves once the removal is committed; false if there was nobody to remove. */
  async #remove(id: string, limits: Limits): Promise<boolean> {
    const { consensus, logger } = this.#components
    const deadlineMs = performance.now() + limits.timeoutMs
    for (;;) {
      const remaining = { ...limits, timeoutMs: Math.max(1, deadlineMs - performance.now()) }
      if (!consensus.isLeader) throw notLeader()
      if (consensus.config.members.some((member) => member.id === id)) {
        await this.checkLeaving(id, remaining)
        if (id === this.#init.selfId) await this.#leaveLead(remaining)
        if (await this.#tryRemove(id, remaining, deadlineMs)) {
          logger.info({ id }, `node ${id} was removed from the cluster`)
          return true
        }
      } else if (consensus.configCommitted) {
        return false
      }
      // Another change is under way, perhaps this very one by an earlier call.
      if (performance.now() > deadlineMs) throw callTimeout(limits.timeoutMs, 'unknown')
      await sleep(POLL_MS)
    }
  }

  /** False if it has to wait for another change of the membership. */
  async #tryRemove(id: string, limits: Limits, deadlineMs: number): Promise<boolean> {
    try {
      await this.#components.consensus.changeMembership([{ type: 'remove', id }], limits)
      return true
    } catch (error) {
      const mayWait = error instanceof DebrosError && error.code === 'RAFT_CONFIG_REJECTED' && error.retryable
      if (!mayWait || performance.now() > deadlineMs) throw error
      return false
    }
  }

  /**
   * A leader that is to go hands over first: the others need not wait for an election timeout, and the
   * next leader removes it. Throws in any case; `RAFT_NOT_LEADER` sends the caller there.
   */
  async #leaveLead(limits: Limits): Promise<never> {
    try {
      await this.#transfer(undefined, limits)
    } catch (error) {
      if (!(error instanceof DebrosError) || error.code !== 'RAFT_TRANSFER_FAILED') throw error
      const message = `the leader could not hand over its lead before leaving: ${errorMessage(error)}`
      throw new DebrosError('RAFT_TRANSFER_FAILED', message, { retryable: true, cause: error })
    }
    throw notLeader()
  }

  /** Refuses what would leave the cluster without a majority, from which no command could bring it back. */
  async checkLeaving(id: string, { signal }: Limits): Promise<void> {
    const { consensus, nodes } = this.#components
    const { voters } = consensus.config
    if (!voters.includes(id)) return
    const staying = voters.filter((voter) => voter !== id)
    if (staying.length === 0) throw rejected('the last voter cannot be removed', false)
    // What the leader has heard is up to two election timeouts old; so each is asked, too.
    const described = await nodes(signal === undefined ? {} : { signal })
    const reachable = new Set(described.filter((node) => node.reachable).map((node) => node.id))
    const silent = staying.filter((voter) => !consensus.hears(voter) || !reachable.has(voter))
    if (2 * (staying.length - silent.length) > staying.length) return
    throw rejected(
      `without node ${id} there would be ${staying.length} voters, and ${silent.join(', ')} ` +
        `${silent.length === 1 ? 'does' : 'do'} not answer: no majority would be left to work with; ` +
        'bring back or remove those that do not answer first',
      true,
    )
  }
}

function unknownNode(): DebrosError {
  return new DebrosError('NODE_UNKNOWN', 'node not found in cluster')
}

function badTarget(message: string): DebrosError {
  return new DebrosError('TRANSFER_TARGET_INVALID', message)
}

function rejected(message: string, retryable: boolean): DebrosError {
  return new DebrosError('RAFT_CONFIG_REJECTED', message, { retryable })
}
