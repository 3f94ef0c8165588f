/**
 * What must come about once everything has healed: one leader, every node what it is meant to be, and a
 * write made after the healing on all of them, in their logs and in their state machines.
 */
import { REQUEST_ID_BYTES } from '../../base/index.ts'
import type { ClusterConfig } from '../../raft/index.ts'
import type { EventQueue } from './event-queue.ts'
import type { SimNode } from './node.ts'
import type { Operator } from './operator.ts'
import type { SimProcess } from './process.ts'
import { encodeRequest } from './requests.ts'

export interface RecoveryComponents {
  readonly events: EventQueue
  readonly nodes: readonly SimNode[]
  readonly operator: Operator
  readonly leader: () => SimNode | undefined
}

/** How often a write is tried until one succeeds. */
const WRITE_US = 200_000

const WRITE = encodeRequest(
  { id: '\0'.repeat(REQUEST_ID_BYTES), since: 0 },
  {
    kind: 'kv',
    kv: {
      namespace: 'default',
      operations: [{ kind: 'put', key: new Uint8Array([1]), value: new Uint8Array(0) }],
    },
  },
  { timeMs: 0, seed: 0 },
)

export class Recovery {
  readonly #components: RecoveryComponents
  #written = false

  constructor(components: RecoveryComponents) {
    this.#components = components
    this.#tryToWrite()
  }

  #tryToWrite(): void {
    if (this.#written) return
    const { events, leader } = this.#components
    // Whoever is asked may still be replaced, and never answer.
    events.schedule(WRITE_US, () => this.#tryToWrite())
    leader()?.running?.driver.propose(WRITE, (error) => {
      if (error === undefined) this.#written = true
    })
  }

  get isOver(): boolean {
    const { nodes, operator } = this.#components
    const leader = this.#components.leader()?.running
    if (leader === undefined || !this.#written || !operator.idle) return false
    const { config, lastIndex } = leader.driver.status()
    // Nothing is on its way any more, not even from the log into the state machines.
    if (config.outgoing.length > 0 || leader.machine.state.index < lastIndex) return false
    return nodes.every((node) => this.#isWell(node, leader, config))
  }

  #isWell(node: SimNode, leader: SimProcess, { voters, learners }: ClusterConfig): boolean {
    const intent = this.#components.operator.intent(node)
    if (intent === 'out') return !voters.includes(node.id) && !learners.includes(node.id)
    const list = intent === 'voter' ? voters : learners
    const machine = node.running?.machine
    return (
      list.includes(node.id) && machine?.busy === false && machine.state.chain === leader.machine.state.chain
    )
  }

  /** Why it is not over yet. */
  describe(waitedMs: number): string {
    const { nodes, operator } = this.#components
    const described = nodes.map((node) => {
      const what = `${node.id} (${operator.intent(node)}${node.outOfService ? ', out of service' : ''})`
      const status = node.running?.driver.status()
      if (status === undefined) return `${what} down`
      const { role, term, commit, lastIndex, config } = status
      return `${what} ${role} t${term} c${commit} l${lastIndex} a${node.running?.machine.state.index} voters ${config.voters}/${config.outgoing}/${config.learners}`
    })
    const written = this.#written ? 'a write was made' : 'no write was made'
    return `not whole ${waitedMs} ms after healing (${written}): ${described.join('; ')}`
  }
}
