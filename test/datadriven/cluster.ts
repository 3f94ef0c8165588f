/** The cluster that a script drives: its nodes and the messages on their way between them. */
import { initialConfig } from '../../src/raft/core/config.ts'
import type { CoreSettings } from '../../src/raft/core/state.ts'
import type { Entry, Member, Message, NodeId } from '../../src/raft/core/types.ts'
import { formatMessage, formatSnapshot } from './format.ts'
import { Node } from './node.ts'
import { Oracle } from './oracle.ts'

interface Flying {
  readonly message: Message
  /** For a snapshot message: what the snapshot holds. */
  readonly snapshotState: readonly string[]
}

/** Some of the messages in flight: a link, with `*` for any end, and perhaps a type and a place. */
export interface Selection {
  readonly from: string
  readonly to: string
  readonly type: string | undefined
  /** 1 is the oldest that fits, -1 the newest; undefined takes all. */
  readonly place: number | undefined
}

/** More messages than any script needs: two nodes are answering each other for ever. */
const STEPS_MAX = 10_000

export class Cluster {
  readonly nodes = new Map<NodeId, Node>()
  readonly #oracle = new Oracle()
  readonly #cut = new Set<string>()
  #flying: Flying[] = []
  #held: Flying[] = []
  #lostSnapshots: Message[] = []
  #trace: string[] = []

  /** Adds a node with an empty disk. */
  addNode(settings: CoreSettings): Node {
    const { id } = settings
    if (this.nodes.has(id)) throw new Error(`there is a node ${id} already`)
    const node = new Node(
      {
        say: (line) => this.say(line),
        send: (message) => this.#send(message),
        changed: (before, after) => {
          this.#oracle.changed(before, after, new Map([...this.nodes].map(([key, { disk }]) => [key, disk])))
        },
        committed: (of, term, entries) => this.#oracle.committed(of, term, entries),
        readAsked: (of, read) => this.#oracle.readAsked(of, read),
        readConfirmed: (of, read, index) => this.#oracle.readConfirmed(of, read, index),
      },
      settings,
    )
    this.nodes.set(id, node)
    return node
  }

  /** Adds nodes that have the first configuration on their disks, and starts them. */
  found(members: readonly Member[], settings: Omit<CoreSettings, 'id' | 'peerId'>): void {
    for (const { id, peerId } of members) {
      const node = this.addNode({ id, peerId, ...settings })
      const entries = [foundingEntry(members)]
      node.disk.write({ hardState: { term: 1, vote: undefined }, snapshot: undefined, entries }, [])
      node.start()
    }
  }

  node(id: NodeId): Node {
    const node = this.nodes.get(id)
    if (node === undefined) throw new Error(`there is no node ${id}`)
    return node
  }

  say(line: string): void {
    this.#trace.push(line)
  }

  /** Hands out what was said since the last call, after checking what concerns all nodes at once. */
  takeTrace(): string[] {
    const trace = this.#trace
    this.#trace = []
    this.#oracle.nodesAgree([...this.nodes.values()])
    return trace
  }

  #send(message: Message): void {
    const { from, to } = message
    const sender = this.node(from)
    if (message.type === 'pre-vote') sender.preVotesSent++
    this.#oracle.sent(message, sender.disk, this.#acknowledged(message))
    const lost = this.#cut.has(`${from}->${to}`) || !this.nodes.has(to)
    this.say(`  ${from} -> ${to} ${formatMessage(message)}${lost ? ' (lost)' : ''}`)
    if (lost) {
      if (message.type === 'snapshot') this.#lostSnapshots.push(message)
      return
    }
    const snapshotState = message.type === 'snapshot' ? sender.disk.stateOf(message.snapshot) : []
    this.#flying.push({ message, snapshotState })
  }

  /** The entry that an acknowledgement means, if its receiver still leads in that term. */
  #acknowledged(message: Message): Entry | undefined {
    const receiver = this.nodes.get(message.to)
    if (message.type !== 'append-response' || receiver?.core === undefined) return undefined
    if (receiver.core.role !== 'leader' || receiver.core.term !== message.term) return undefined
    return receiver.log.find((entry) => entry.index === message.index)
  }

  #take(selection: Selection): Flying[] {
    const { from, to, type, place } = selection
    const fits = this.#flying.filter(
      ({ message }) =>
        (from === '*' || message.from === from) &&
        (to === '*' || message.to === to) &&
        (type === undefined || message.type === type),
    )
    const chosen = place === undefined ? fits : fits.slice(place < 0 ? place : place - 1).slice(0, 1)
    if (chosen.length === 0) throw new Error('no such message is in flight')
    this.#flying = this.#flying.filter((flying) => !chosen.includes(flying))
    return chosen
  }

  /** Returns what was delivered. */
  deliver(selection: Selection): readonly Message[] {
    const taken = this.#take(selection)
    for (const flying of taken) this.#deliverOne(flying)
    return taken.map(({ message }) => message)
  }

  #deliverOne({ message, snapshotState }: Flying): void {
    const { from, to, type } = message
    const receiver = this.node(to)
    const isUp = receiver.core !== undefined
    this.say(`${to} <- ${from} ${formatMessage(message)}${isUp ? '' : ' (down)'}`)
    if (!isUp) return
    if (type === 'snapshot') receiver.receiveSnapshot(message.snapshot, snapshotState)
    receiver.input((core) => core.step(message))
  }

  /** Delivers a message that nobody here has sent. */
  inject(message: Message): void {
    this.#deliverOne({ message, snapshotState: this.node(message.from).disk.snapshotState })
  }

  /** Returns what was dropped. */
  drop(selection: Selection): readonly Message[] {
    const taken = this.#take(selection).map(({ message }) => message)
    for (const message of taken) {
      this.say(`lost: ${message.from} -> ${message.to} ${formatMessage(message)}`)
    }
    return taken
  }

  duplicate(selection: Selection): void {
    for (const flying of this.#take(selection)) this.#flying.push(flying, { ...flying })
  }

  /** Keeps messages back until {@link release}; `deliver` and `stabilize` do not see them. */
  hold(selection: Selection): void {
    this.#held.push(...this.#take(selection))
  }

  release(): void {
    this.#flying.push(...this.#held)
    this.#held = []
  }

  cut(from: NodeId, to: NodeId): void {
    this.#cut.add(`${from}->${to}`)
  }

  heal(): void {
    this.#cut.clear()
  }

  /** Delivers messages, and what they bring about, until none is left. Snapshots arrive in one piece. */
  stabilize(): void {
    for (let steps = 0; ; steps++) {
      if (steps > STEPS_MAX) throw new Error('the cluster does not come to rest')
      const flying = this.#flying.shift()
      if (flying === undefined) return
      this.#deliverOne(flying)
      const { from, to, type } = flying.message
      if (type === 'snapshot') this.snapshotArrived(from, to)
    }
  }

  /** The sender's transport reports that a snapshot reached a node, if that is running. */
  snapshotArrived(from: NodeId, to: NodeId): void {
    this.snapshotEnded(from, to, this.node(to).core === undefined ? 'failed' : 'sent')
  }

  /** The sender's transport reports the end of a snapshot transfer. */
  snapshotEnded(from: NodeId, to: NodeId, how: 'sent' | 'failed' | 'interrupted'): void {
    const sender = this.node(from)
    if (sender.core === undefined) return
    this.say(`${from}: snapshot to ${to} ${how}`)
    sender.input((core) => core.snapshotEnded(to, how === 'interrupted'))
  }

  /** Snapshots that failing links took since the last call; a transport would tell their senders. */
  takeLostSnapshots(): readonly Message[] {
    const lost = this.#lostSnapshots
    this.#lostSnapshots = []
    return lost
  }

  get inFlightCount(): number {
    return this.#flying.length
  }

  inFlightTo(id: NodeId): number {
    return this.#flying.filter(({ message }) => message.to === id).length
  }

  inFlight(): string[] {
    const show = ({ message }: Flying): string => `${message.from} -> ${message.to} ${formatMessage(message)}`
    return [...this.#flying.map(show), ...this.#held.map((flying) => `${show(flying)} (held)`)]
  }

  /** What a node's disk holds, for reading. */
  describeDisk(id: NodeId): string[] {
    const { hardState, snapshot, entries } = this.node(id).disk
    const state = hardState === undefined ? 'nothing' : `term=${hardState.term} vote=${hardState.vote ?? '-'}`
    const first = entries[0]
    const log = first === undefined ? 'no entries' : `entries ${first.index}..${entries.at(-1)?.index}`
    return [
      `${id}: ${state}, ${log}${snapshot === undefined ? '' : `, snapshot ${formatSnapshot(snapshot)}`}`,
    ]
  }
}

/** What a founding node has on its disk: the first configuration as entry 1 of term 1. */
function foundingEntry(members: readonly Member[]): Entry {
  return { index: 1, term: 1, kind: 'config', data: new Uint8Array(0), config: initialConfig(members) }
}

export function member(id: NodeId, voter: boolean, peerId = `peer-${id}`): Member {
  return { id, peerId, address: `node-${id}:4001`, voter }
}
