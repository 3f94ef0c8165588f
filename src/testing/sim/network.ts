/** Messages, calls and snapshot transfers between nodes, and all that can happen to them. */
import type { Prng } from '../../base/index.ts'
import type { Message, NodeId } from '../../raft/index.ts'
import type { EventQueue } from './event-queue.ts'
import type { SimNode } from './node.ts'
import type { SimProcess } from './process.ts'
import { SnapshotTransfer } from './snapshot-transfer.ts'

export interface NetworkComponents {
  readonly events: EventQueue
  readonly prng: Prng
  readonly happened: (what: string) => void
  readonly note: (line: () => string, ...numbers: number[]) => void
}

export type Pair = readonly [from: SimNode, to: SimNode]

const DELAY_MIN_US = 100
const DELAY_MAX_US = 3_000
const SPIKE_MAX_US = 800_000
/** How likely a transfer breaks off somewhere in the middle for no other reason. */
const TRANSFER_BREAK_RATE = 0.25

export class Network {
  readonly #components: NetworkComponents
  readonly #nodes = new Map<NodeId, SimNode>()
  /** How many faults block each direction, by the numbers of the two nodes. */
  readonly #blocked: number[][] = []
  readonly #transfers = new Set<SnapshotTransfer>()
  lossRate = 0
  duplicateRate = 0
  delaySpikeRate = 0
  transferBreakRate = TRANSFER_BREAK_RATE

  constructor(components: NetworkComponents) {
    this.#components = components
  }

  add(node: SimNode): void {
    this.#nodes.set(node.id, node)
    this.#blocked[node.number] = []
  }

  node(id: NodeId): SimNode | undefined {
    return this.#nodes.get(id)
  }

  /** Everything arrives from now on, in good time. */
  heal(): void {
    for (const row of this.#blocked) row.length = 0
    this.lossRate = 0
    this.duplicateRate = 0
    this.delaySpikeRate = 0
    this.transferBreakRate = 0
  }

  /** Blocks these directions, on top of what else blocks them; the function returned takes it back. */
  block(pairs: readonly Pair[]): () => void {
    const change = (by: number): void => {
      for (const [from, to] of pairs) {
        const row = this.#blocked[from.number] as number[]
        row[to.number] = Math.max(0, (row[to.number] ?? 0) + by)
      }
    }
    change(1)
    return () => change(-1)
  }

  isBlocked(from: SimNode, to: SimNode): boolean {
    return ((this.#blocked[from.number] as number[])[to.number] ?? 0) > 0
  }

  /** One way across the network, microseconds. */
  delayUs(): number {
    const { prng } = this.#components
    const delay = prng.between(DELAY_MIN_US, DELAY_MAX_US)
    return prng.chance(this.delaySpikeRate) ? delay + prng.between(0, SPIKE_MAX_US) : delay
  }

  send(message: Message, from: SimProcess): void {
    const { events, prng, happened } = this.#components
    const to = this.#nodes.get(message.to)
    if (to === undefined) return
    const copies = this.duplicateRate > 0 && prng.chance(this.duplicateRate) ? 2 : 1
    // A connection is between two keys; what is on its way does not reach a successor of either.
    const [fromPeer, toPeer] = [from.node.member.peerId, to.member.peerId]
    for (let i = 0; i < copies; i++) {
      if (this.lossRate > 0 && prng.chance(this.lossRate)) {
        happened('message lost')
        continue
      }
      if (i > 0) happened('message duplicated')
      events.schedule(this.delayUs(), () => {
        if (this.isBlocked(from.node, to) || to.process === undefined) return
        if (!accepts(from, fromPeer, to.process, toPeer)) return
        this.#noteMessage(message, from.node, to)
        to.process.deliver(message)
      })
    }
  }

  #noteMessage(message: Message, from: SimNode, to: SimNode): void {
    this.#components.note(
      () => describe(message),
      from.number * 16 + to.number,
      message.type.length,
      message.term,
    )
  }

  /** Whether what is sent now gets lost. */
  drawLoss(): boolean {
    return this.lossRate > 0 && this.#components.prng.chance(this.lossRate)
  }

  /** Runs `arrive` at `to`, unless what was sent is lost on its way. A node reaches itself at once. */
  carry(from: SimNode, to: SimNode, arrive: (process: SimProcess) => void): void {
    const { events, prng } = this.#components
    const [fromPeer, toPeer] = [from.member.peerId, to.member.peerId]
    if (from !== to && prng.chance(this.lossRate)) return
    events.schedule(from === to ? 0 : this.delayUs(), () => {
      const process = to.running
      if (process === undefined || this.isBlocked(from, to)) return
      if (from !== to && (fromPeer !== from.member.peerId || toPeer !== to.member.peerId)) return
      process.schedule(0, () => arrive(process))
    })
  }

  sendSnapshot(
    message: Extract<Message, { type: 'snapshot' }>,
    from: SimProcess,
    done: (error: Error | undefined) => void,
  ): void {
    const { events, prng, happened, note } = this.#components
    const to = this.#nodes.get(message.to)
    const transfer = new SnapshotTransfer(
      {
        happened,
        isOpen: (receiver) =>
          !from.dead &&
          !receiver.dead &&
          !this.isBlocked(from.node, receiver.node) &&
          !this.isBlocked(receiver.node, from.node) &&
          accepts(from, from.node.member.peerId, receiver, receiver.node.member.peerId),
      },
      {
        message,
        from,
        to: to?.running,
        // Drawn now, so that the run does not depend on when promises ask.
        stepUs: prng.between(500, 20_000),
        breaksAfter: prng.chance(this.transferBreakRate) ? prng.between(0, 100) / 100 : undefined,
      },
    )
    this.#transfers.add(transfer)
    const finish = (error: Error | undefined): void => {
      from.schedule(0, () => {
        this.#transfers.delete(transfer)
        happened(error === undefined ? 'snapshot transfer' : 'snapshot transfer broken')
        note(() => `${describe(message)} ${error?.message ?? 'stored'}`, 2, message.snapshot.index)
        done(error)
      })
    }
    events.watch(transfer.run().then(() => finish(undefined), finish))
  }

  /** The connections of a process that is dead now end. */
  died(process: SimProcess): void {
    for (const transfer of this.#transfers) {
      if (!transfer.involves(process)) continue
      transfer.breakOff()
      this.#components.events.stir()
      if (transfer.from === process) this.#transfers.delete(transfer)
    }
  }
}

function accepts(from: SimProcess, fromPeer: string, to: SimProcess, toPeer: string): boolean {
  return (
    toPeer === to.node.member.peerId &&
    fromPeer === from.node.member.peerId &&
    from.knows(to.id, toPeer) &&
    to.knows(from.id, fromPeer)
  )
}

export function describe(message: Message): string {
  const details =
    message.type === 'append'
      ? ` prev ${message.prevIndex}/${message.prevTerm} +${message.entries.length} commit ${message.commit}`
      : message.type === 'append-response'
        ? ` ${message.reject ? 'reject' : 'ok'} ${message.index}`
        : ''
  return `${message.from}>${message.to} ${message.type} t${message.term}${details}`
}
