import { assert, DebrosError, errorMessage, type Logger, toError } from '../base/index.ts'
import type { Callback, Clock, Message } from '../raft/index.ts'
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../wire/index.ts'
import { BytePacer } from './byte-pacer.ts'
import { LINK_TIMINGS, type LinkTimings, SNAPSHOT_BURST_MS } from './defaults.ts'
import type { PeerHost } from './host.ts'
import type { MemberPeer, MemberTable } from './members.ts'
import { AppendEncoder, type EntryCodec } from './raft-codec-append.ts'
import { encodeControl } from './raft-codec-control.ts'
import { RaftInbound } from './raft-inbound.ts'
import { RaftLink } from './raft-link.ts'
import type { StreamIdentity } from './raft-stream.ts'
import { SnapshotReceiver } from './snapshot-receiver.ts'
import { sendSnapshot, snapshotNotSent } from './snapshot-sender.ts'
import type { MemberTransportStats, RaftTransport, SnapshotTransferStore } from './types.ts'

export interface RaftTransportComponents {
  readonly host: PeerHost
  /** Shared with the RPC service; `setMembers` replaces its content. */
  readonly members: MemberTable
  readonly codec: EntryCodec
  readonly snapshots: SnapshotTransferStore
  /** Paces snapshots, and notices when a receiver takes nothing any more. */
  readonly clock: Clock
  readonly logger: Logger
}

export interface RaftTransportInit {
  readonly nodeId: string
  readonly clusterId: string
  /** The Raft group; a 32-bit number, the same on all members. */
  readonly group: number
  /** What all snapshots being sent may take together; 0: as fast as it goes. */
  readonly snapshotBytesPerSecond: number
  /** For tests. @default LINK_TIMINGS */
  readonly timings?: LinkTimings
}

/** A {@link RaftTransport} that is started before its first use and stopped with its node. */
export interface Libp2pRaftTransport extends RaftTransport {
  /** Accepts streams. The host may be started before or after. */
  start(): Promise<void>
  /** Closes all links; what is still sent is dropped. */
  stop(): Promise<void>
}

export function createRaftTransport(
  components: RaftTransportComponents,
  init: RaftTransportInit,
): Libp2pRaftTransport {
  return new LinkedTransport(components, init)
}

/** What no link or stream of the member counts. */
interface MemberCounts {
  /** Messages that never became frames. */
  unsendable: number
  snapshotsSent: number
  snapshotsResumed: number
  snapshotBytesResumed: number
}

class LinkedTransport implements Libp2pRaftTransport {
  onMessage: RaftTransport['onMessage']
  onConnectionLost: RaftTransport['onConnectionLost']

  readonly #components: RaftTransportComponents
  readonly #init: RaftTransportInit
  readonly #timings: LinkTimings
  readonly #encoder: AppendEncoder
  readonly #inbound: RaftInbound
  readonly #links = new Map<string, RaftLink>()
  /** Members that a snapshot is being sent to. */
  readonly #sending = new Map<string, AbortController>()
  readonly #pacer: BytePacer
  readonly #counts = new Map<string, MemberCounts>()
  #running: { removeListener: () => void } | undefined

  constructor(components: RaftTransportComponents, init: RaftTransportInit) {
    this.#components = components
    this.#init = init
    this.#timings = init.timings ?? LINK_TIMINGS
    this.#encoder = new AppendEncoder(components.codec, init)
    const deliver = (message: Message): void => this.#deliver(message)
    const { snapshots: store, clock, logger } = components
    const { snapshotBytesPerSecond: bytesPerSecond } = init
    const burstBytes = Math.max(SNAPSHOT_CHUNK_BYTES_MAX, (bytesPerSecond * SNAPSHOT_BURST_MS) / 1_000)
    this.#pacer = new BytePacer({ clock }, { bytesPerSecond, burstBytes })
    this.#inbound = new RaftInbound(
      { ...components, snapshots: new SnapshotReceiver({ store, logger }, { deliver }) },
      { ...init, deliver, helloTimeoutMs: this.#timings.connectTimeoutMs },
    )
  }

  async start(): Promise<void> {
    if (this.#running !== undefined) return
    const removeListener = this.#components.host.onConnectionEvent((event) => {
      const member = this.#components.members.byPeerId(event.peerId)
      if (member === undefined) return
      if (event.type === 'open') {
        if (event.direction === 'inbound') this.#links.get(member.id)?.peerConnected()
      } else if (event.by === 'them' && event.remaining === 0) {
        this.#connectionLost(member)
      }
    })
    this.#running = { removeListener }
    await this.#inbound.start()
    this.#updateLinks()
  }

  async stop(): Promise<void> {
    this.#running?.removeListener()
    this.#running = undefined
    this.#updateLinks()
    await this.#inbound.stop()
  }

  setMembers(members: readonly MemberPeer[]): void {
    this.#components.members.replace(members)
    const others = members.filter((member) => member.id !== this.#init.nodeId)
    this.#components.host.setProtectedPeers(others.map((member) => member.peerId))
    this.#inbound.membersChanged()
    this.#updateLinks()
  }

  send(message: Message): void {
    assert(message.type !== 'snapshot', 'snapshots are sent by sendSnapshot')
    const link = this.#links.get(message.to)
    if (link === undefined) return
    if (message.type !== 'append') {
      link.send('control', [encodeControl(message, this.#init.group)])
      return
    }
    try {
      // Also those without entries: one that overtook entries would be refused for the gap.
      for (const frame of this.#encoder.encode(message)) link.send('append', frame)
    } catch (error) {
      if (!(error instanceof DebrosError)) throw error
      this.#countsOf(message.to).unsendable += 1
      this.#components.logger.error({ member: message.to, error: error.message }, 'cannot send entries')
    }
  }

  sendSnapshot(message: Extract<Message, { type: 'snapshot' }>, done: Callback): void {
    void this.#sendSnapshot(message).then(
      () => done(undefined, undefined),
      (error: unknown) => done(toError(error), undefined),
    )
  }

  async #sendSnapshot(message: Extract<Message, { type: 'snapshot' }>): Promise<void> {
    const { to } = message
    const link = this.#links.get(to)
    const connection = link?.connection
    if (link === undefined || connection === undefined) throw snapshotNotSent(`there is no link to ${to}`)
    if (this.#sending.has(to)) throw snapshotNotSent(`another snapshot is being sent to ${to}`)
    const abort = new AbortController()
    this.#sending.set(to, abort)
    const counts = this.#countsOf(to)
    try {
      const { host, snapshots: store, clock, logger } = this.#components
      await sendSnapshot(
        { host, store, clock, pacer: this.#pacer },
        {
          connection,
          identity: this.#identity(to),
          group: this.#init.group,
          message,
          openTimeoutMs: this.#timings.connectTimeoutMs,
          stallMs: this.#timings.snapshotStallMs,
          onOffset: (offset) => {
            logger.info({ to, index: message.snapshot.index, offset }, 'sending a snapshot')
            if (offset === 0) return
            counts.snapshotsResumed += 1
            counts.snapshotBytesResumed += offset
          },
          signal: abort.signal,
        },
      )
      counts.snapshotsSent += 1
    } finally {
      this.#sending.delete(to)
    }
  }

  stats(): readonly MemberTransportStats[] {
    return [...this.#links.values()].map((link) => {
      const { unsendable, ...snapshots } = this.#countsOf(link.member.id)
      return {
        id: link.member.id,
        connected: link.connected,
        bytesSent: link.bytesSent,
        bytesReceived: this.#inbound.bytesReceived(link.member.peerId),
        messagesDropped: link.framesDropped + unsendable,
        ...snapshots,
      }
    })
  }

  #countsOf(id: string): MemberCounts {
    let counts = this.#counts.get(id)
    if (counts === undefined) {
      counts = { unsendable: 0, snapshotsSent: 0, snapshotsResumed: 0, snapshotBytesResumed: 0 }
      this.#counts.set(id, counts)
    }
    return counts
  }

  /** Opens links to new members, and closes those to members that are gone or have moved. */
  #updateLinks(): void {
    const { host, logger, members } = this.#components
    const wanted = this.#running === undefined ? [] : members.list()
    const current = new Map(wanted.map((member) => [member.id, member]))
    for (const [id, link] of this.#links) {
      const member = current.get(id)
      if (member?.peerId === link.member.peerId && member.address === link.member.address) continue
      this.#links.delete(id)
      link.close()
      this.#counts.delete(id)
    }
    for (const member of wanted) {
      if (member.id === this.#init.nodeId || this.#links.has(member.id)) continue
      const link = new RaftLink(
        { host, logger },
        {
          member,
          identity: this.#identity(member.id),
          timings: this.#timings,
          // Nobody watches over the transfer's connection any more.
          onDown: () => this.#sending.get(member.id)?.abort(),
        },
      )
      this.#links.set(member.id, link)
      link.start()
    }
  }

  #deliver(message: Message): void {
    try {
      this.onMessage?.(message)
    } catch (error) {
      this.#components.logger.error(
        { type: message.type, error: errorMessage(error) },
        'a message was not taken',
      )
      throw error
    }
  }

  #identity(to: string): StreamIdentity {
    return { clusterId: this.#init.clusterId, from: this.#init.nodeId, to }
  }

  #connectionLost(member: MemberPeer): void {
    // A cut link would not let the news through either.
    if (!this.#components.host.allows(member.peerId, 'inbound')) return
    this.#components.logger.debug({ member: member.id }, 'a member closed its connection')
    this.onConnectionLost?.(member.id)
  }
}
