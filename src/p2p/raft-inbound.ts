import type { Connection, Stream } from '@libp2p/interface'
import { errorMessage, type Logger } from '../base/index.ts'
import type { Message } from '../raft/index.ts'
import {
  APPEND_FRAME_BYTES_MAX,
  CONTROL_FRAME_BYTES_MAX,
  SNAPSHOT_FRAME_BYTES_MAX,
  StreamReply,
} from '../wire/index.ts'
import { FrameStream } from './frame-stream.ts'
import type { PeerHost } from './host.ts'
import type { MemberPeer, MemberTable } from './members.ts'
import { decodeAppend, type EntryCodec } from './raft-codec-append.ts'
import { decodeControl, type StreamContext } from './raft-codec-control.ts'
import { decodeHello, encodeWelcome, RAFT_PROTOCOLS, RAFT_STREAM_LIMITS } from './raft-stream.ts'
import type { SnapshotReceiver } from './snapshot-receiver.ts'
import { PeerWarnings } from './warnings.ts'

export interface RaftInboundComponents {
  readonly host: PeerHost
  readonly members: MemberTable
  readonly codec: EntryCodec
  readonly snapshots: SnapshotReceiver
  readonly logger: Logger
}

export interface RaftInboundInit {
  readonly nodeId: string
  readonly clusterId: string
  readonly group: number
  readonly helloTimeoutMs: number
  readonly deliver: (message: Message) => void
}

type Kind = keyof typeof RAFT_PROTOCOLS

const FRAME_BYTES_MAX: Readonly<Record<Kind, number>> = Object.freeze({
  control: CONTROL_FRAME_BYTES_MAX,
  append: APPEND_FRAME_BYTES_MAX,
  snapshot: SNAPSHOT_FRAME_BYTES_MAX,
})

/**
 * What members send to this node. A stream is taken only from the key of a current member, whose Hello
 * names the node id that belongs to that key, our cluster and us; it ends when the member is none any more.
 */
export class RaftInbound {
  readonly #components: RaftInboundComponents
  readonly #init: RaftInboundInit
  readonly #warnings: PeerWarnings
  /** The streams in use, by peer id: a newer one of the same kind takes the place of the older. */
  readonly #streams = new Map<string, Map<Kind, FrameStream>>()
  readonly #earlierBytesReceived = new Map<string, number>()

  constructor(components: RaftInboundComponents, init: RaftInboundInit) {
    this.#components = components
    this.#init = init
    this.#warnings = new PeerWarnings(components)
  }

  async start(): Promise<void> {
    for (const kind of Object.keys(RAFT_PROTOCOLS) as Kind[]) {
      const accept = (stream: Stream, connection: Connection): void => this.#accept(kind, stream, connection)
      await this.#components.host.handle(RAFT_PROTOCOLS[kind], accept, RAFT_STREAM_LIMITS)
    }
  }

  async stop(): Promise<void> {
    for (const protocol of Object.values(RAFT_PROTOCOLS)) await this.#components.host.unhandle(protocol)
    for (const peerId of [...this.#streams.keys()]) this.#abortAll(peerId, 'this node stops')
  }

  /** The members have changed: ends the streams of those that are none any more. */
  membersChanged(): void {
    for (const peerId of [...this.#streams.keys()]) {
      if (!this.#components.members.has(peerId)) this.#abortAll(peerId, 'not a member any more')
    }
  }

  bytesReceived(peerId: string): number {
    let bytes = this.#earlierBytesReceived.get(peerId) ?? 0
    for (const stream of this.#streams.get(peerId)?.values() ?? []) bytes += stream.bytesReceived
    return bytes
  }

  #accept(kind: Kind, stream: Stream, connection: Connection): void {
    const { host, members } = this.#components
    const peerId = connection.remotePeer.toString()
    const member = members.byPeerId(peerId)
    if (member === undefined) {
      this.#warnings.warn(peerId, { protocol: kind }, 'refused a Raft stream: not a member')
      stream.abort(new Error('not a member'))
      return
    }
    const timer = setTimeout(() => frames.abort(new Error('no Hello')), this.#init.helloTimeoutMs)
    const frames: FrameStream = new FrameStream(
      { stream, allows: (direction) => host.allows(peerId, direction) },
      {
        frameBytesMax: FRAME_BYTES_MAX[kind],
        onFrame: (frame) => {
          clearTimeout(timer)
          this.#welcome(kind, frames, member, frame)
        },
        onClosed: (error) => {
          clearTimeout(timer)
          this.#remove(kind, peerId, frames)
          if (error !== undefined) this.#report(peerId, kind, error)
        },
      },
    )
  }

  /** Takes a stream into use, or throws and so resets it. */
  #welcome(kind: Kind, frames: FrameStream, member: MemberPeer, hello: Uint8Array): void {
    const { nodeId, clusterId, group } = this.#init
    const identity = decodeHello(hello)
    if (identity.clusterId !== clusterId) throw new Error(`it belongs to cluster ${identity.clusterId}`)
    if (identity.from !== member.id)
      throw new Error(`it says it is ${identity.from}, its key is of ${member.id}`)
    if (identity.to !== nodeId) throw new Error(`it wants ${identity.to}, this is ${nodeId}`)
    frames.onFrame = this.#reader(kind, frames, { group, from: member.id, to: nodeId })
    const streams = this.#streams.get(member.peerId) ?? new Map<Kind, FrameStream>()
    const previous = streams.get(kind)
    streams.set(kind, frames)
    this.#streams.set(member.peerId, streams)
    previous?.abort(new Error('replaced by a newer stream'))
    frames.send(encodeWelcome())
    if (kind !== 'snapshot') frames.onBlocked = 'drop'
  }

  #reader(kind: Kind, frames: FrameStream, context: StreamContext): (frame: Uint8Array) => void {
    const { codec, snapshots } = this.#components
    const { deliver } = this.#init
    if (kind === 'append') return (frame) => deliver(decodeAppend(frame, context, codec))
    if (kind === 'snapshot') return snapshots.accept(frames, context)
    return (frame) => {
      const message = decodeControl(frame, context)
      if ('ping' in message) frames.send(StreamReply.encode({ pong: message.ping }))
      else deliver(message)
    }
  }

  #abortAll(peerId: string, reason: string): void {
    for (const stream of [...(this.#streams.get(peerId)?.values() ?? [])]) stream.abort(new Error(reason))
  }

  #remove(kind: Kind, peerId: string, frames: FrameStream): void {
    const streams = this.#streams.get(peerId)
    const earlier = this.#earlierBytesReceived.get(peerId) ?? 0
    this.#earlierBytesReceived.set(peerId, earlier + frames.bytesReceived)
    if (!this.#components.members.has(peerId)) this.#earlierBytesReceived.delete(peerId)
    if (streams?.get(kind) === frames) streams.delete(kind)
    if (streams?.size === 0) this.#streams.delete(peerId)
  }

  #report(peerId: string, kind: Kind, error: Error): void {
    // What the network or a restart does is nobody's fault; what the peer says is.
    const atFault = 'code' in error && String(error.code).startsWith('WIRE_')
    const fields = { protocol: kind, error: errorMessage(error) }
    if (atFault) this.#warnings.warn(peerId, fields, 'reset a Raft stream: malformed')
    else this.#components.logger.debug({ peerId, ...fields }, 'a Raft stream ended')
  }
}
