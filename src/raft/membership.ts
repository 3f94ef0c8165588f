/**
 * Whom a node takes for members: those of its log, and, while that is behind, those another node named. And
 * whether it is still one itself.
 */
import type { ClusterConfig, Member, Message, NodeId } from './core/types.ts'
import type { Transport } from './types.ts'

/**
 * Of a node that is no member any more. `until-called`: until a leader turns to it, which then knows better.
 * `deaf`: for good; nobody's messages reach it, and it helps nobody to be elected.
 */
export type Retirement = 'until-called' | 'deaf'

export class Membership {
  readonly #transport: Pick<Transport, 'setMembers'>
  readonly #self: NodeId
  #learned: readonly Member[] = []
  #retired: Retirement | undefined

  constructor(transport: Pick<Transport, 'setMembers'>, self: NodeId) {
    this.#transport = transport
    this.#self = self
  }

  /** `inLog`: the members of the configuration in force and of any that may be rolled back. */
  learn(members: readonly Member[], inLog: readonly Member[]): void {
    this.#learned = members
    this.#tell(inLog)
  }

  /** The log, or who leads, has changed: what was learned is forgotten once the log knows better. */
  changed(leader: NodeId | undefined, config: ClusterConfig, inLog: readonly Member[]): void {
    if (this.#logKnows(leader, config)) this.#learned = []
    this.#tell(inLog)
  }

  /** Whether the configuration in the log names the leader as we learned of it; its key may be a new one. */
  #logKnows(leader: NodeId | undefined, { members }: ClusterConfig): boolean {
    if (leader === this.#self) return true
    const member = members.find(({ id }) => id === leader)
    const learned = this.#learned.find(({ id }) => id === leader)
    return member !== undefined && (learned === undefined || learned.peerId === member.peerId)
  }

  #tell(inLog: readonly Member[]): void {
    const members = new Map([...inLog, ...this.#learned].map((member) => [member.id, member]))
    if (members.size > 0) this.#transport.setMembers([...members.values()])
  }

  /**
   * A member that we learned of has another key than the one our log knows by its id: that one's vote
   * would be a promise that the new one never made (see CoreState.canCampaign).
   */
  isStrangersVote({ type, from }: Message, { members }: ClusterConfig): boolean {
    if (type !== 'vote-response' && type !== 'pre-vote-response') return false
    const learned = this.#learned.find(({ id }) => id === from)
    if (learned === undefined) return false
    return members.some(({ id, peerId }) => id === from && peerId !== learned.peerId)
  }

  get retired(): Retirement | undefined {
    return this.#retired
  }

  /** Returns false where the leader knows better. */
  retire(how: Retirement, leader: NodeId | undefined): boolean {
    if (how === 'until-called' && leader !== undefined) return false
    this.#retired = how
    return true
  }

  /** A leader turned to this node. */
  called(): void {
    this.#retired = undefined
  }
}
