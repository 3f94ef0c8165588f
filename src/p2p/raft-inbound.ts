import type { Connection, Stream } from '@libp2p/interface'
import { DebrosError, errorMessage, type Logger } from '../base/index.ts'
import type { Message } from '../raft/index.ts'
import {
  APPEND_FRAME_BYTES_MAX,
  CONTROL_FRAME_BYTES_MAX,
  SNAPSHOT_FRAME_BYTES_MAX,
  StreamReply,
} from '../wire/index.ts'
import { FrameStream } from './frame-stream.ts'
import type { PeerHost } from './host.ts'
import type { MemberTable } from './members.ts'
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

/** Pongs that a member does not read pile up no further than this. */
const UNREAD_BYTES_MAX = 64 * 1024

/** The streams of one member that are in use. */
interface MemberStreams {
  readonly id: string
  readonly byKind: Map<Kind, FrameStream>
}

/**
 * What members send to this node. A stream is taken only from the key of a current member, whose Hello
 * names the node id that belongs to that key, our cluster and us; it ends when the member is none any more.
 */
export class RaftInbound {
  readonly #components: RaftInboundComponents
  readonly #init: RaftInboundInit
  readonly #warnings: PeerWarnings
  /** Every open stream, also those that have not said Hello. */
  readonly #open = new Set<FrameStream>()
  /** By peer id. A newer stream takes the place of an older one of the same kind. */
  readonly #inUse = new Map<string, MemberStreams>()
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
    for (const frames of [...this.#open]) frames.abort(new Error('this node stops'))
  }

  /** The members have changed: ends the streams of those that are none any more, or under another id. */
  membersChanged(): void {
    const { members } = this.#components
    for (const [peerId, { id, byKind }] of [...this.#inUse]) {
      if (members.byPeerId(peerId)?.id === id) continue
      for (const frames of [...byKind.values()]) frames.abort(new Error('not a member any more'))
      this.#earlierBytesReceived.delete(peerId)
    }
  }

  bytesReceived(peerId: string): number {
    let bytes = this.#earlierBytesReceived.get(peerId) ?? 0
    for (const frames of this.#inUse.get(peerId)?.byKind.values() ?? []) bytes += frames.bytesReceived
    return bytes
  }

  #accept(kind: Kind, stream: Stream, connection: Connection): void {
    const { host, members } = this.#components
    const peerId = connection.remotePeer.toString()
    if (!members.has(peerId)) {
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
          this.#welcome(kind, frames, peerId, frame)
        },
        onClosed: (error) => {
          clearTimeout(timer)
          this.#open.delete(frames)
          this.#remove(kind, peerId, frames)
          if (error !== undefined) this.#report(peerId, kind, error)
        },
      },
    )
    this.#open.add(frames)
  }

  /** Takes a stream into use, or throws and so resets it. */
  #welcome(kind: Kind, frames: FrameStream, peerId: string, hello: Uint8Array): void {
    const { nodeId, clusterId, group } = this.#init
    const identity = decodeHello(hello)
    // Asked again: the members may have changed since the stream was opened.
    const member = this.#components.members.byPeerId(peerId)
    if (identity.clusterId !== clusterId) throw strange(`it belongs to cluster ${identity.clusterId}`)
    if (identity.from !== member?.id) throw strange(`its key is of ${member?.id}, it says ${identity.from}`)
    if (identity.to !== nodeId) throw strange(`it wants ${identity.to}, this is ${nodeId}`)
    frames.onFrame = this.#reader(kind, frames, { group, from: member.id, to: nodeId })
    const streams = this.#inUse.get(peerId) ?? { id: member.id, byKind: new Map<Kind, FrameStream>() }
    const previous = streams.byKind.get(kind)
    streams.byKind.set(kind, frames)
    this.#inUse.set(peerId, streams)
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
      if (!('ping' in message)) {
        deliver(message)
        return
      }
      frames.send(StreamReply.encode({ pong: message.ping }))
      if (frames.queuedBytes > UNREAD_BYTES_MAX) throw new Error('the member does not read its pongs')
    }
  }

  #remove(kind: Kind, peerId: string, frames: FrameStream): void {
    if (this.#components.members.has(peerId)) {
      const earlier = this.#earlierBytesReceived.get(peerId) ?? 0
      this.#earlierBytesReceived.set(peerId, earlier + frames.bytesReceived)
    }
    const streams = this.#inUse.get(peerId)
    if (streams?.byKind.get(kind) === frames) streams.byKind.delete(kind)
    if (streams?.byKind.size === 0) this.#inUse.delete(peerId)
  }

  #report(peerId: string, kind: Kind, error: Error): void {
    const fields = { protocol: kind, error: errorMessage(error) }
    // What the network or a restart does is nobody's fault; what the peer says is.
    const isFault = error instanceof DebrosError && /^(WIRE_|P2P_HELLO_)/.test(error.code)
    if (isFault) this.#warnings.warn(peerId, fields, 'reset a Raft stream: not what it should say')
    else this.#components.logger.debug({ peerId, ...fields }, 'a Raft stream ended')
  }
}

function strange(why: string): DebrosError {
  return new DebrosError('P2P_HELLO_REFUSED', `the stream is not for this node: ${why}`)
}
