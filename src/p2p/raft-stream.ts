import type { Connection } from '@libp2p/interface'
import { DebrosError } from '../base/index.ts'
import { CONTROL_FRAME_BYTES_MAX, decodeFrame, Hello, malformed, StreamReply } from '../wire/index.ts'
import { PROTOCOL_VERSION } from './defaults.ts'
import { FrameStream, type FrameStreamInit } from './frame-stream.ts'
import type { PeerHost, StreamLimits } from './host.ts'

/** The kinds of stream between members: see proto/raft.proto. */
export const RAFT_PROTOCOLS = Object.freeze({
  control: '/debros/raft/control/1.0.0',
  append: '/debros/raft/append/1.0.0',
  snapshot: '/debros/raft/snapshot/1.0.0',
})

/** One of each is used; the others allow for streams of a lost link that have not been noticed yet. */
export const RAFT_STREAM_LIMITS: StreamLimits = Object.freeze({ streamsMax: 4 })

/** Which cluster, and between which two of its nodes. */
export interface StreamIdentity {
  readonly clusterId: string
  readonly from: string
  readonly to: string
}

export interface OpenRaftStreamInit {
  readonly connection: Connection
  readonly protocol: string
  readonly identity: StreamIdentity
  /** Takes each reply after the Welcome. */
  readonly onReply: (reply: StreamReply) => void
  readonly onClosed: FrameStreamInit['onClosed']
  readonly signal: AbortSignal
}

/**
 * Opens a stream to a member, says hello, and resolves once welcomed. `onClosed` is called only for a
 * stream that was resolved. Errors: `P2P_STREAM_REFUSED`, or what libp2p or the signal say.
 */
export async function openRaftStream(host: PeerHost, init: OpenRaftStreamInit): Promise<FrameStream> {
  const { connection, protocol, signal } = init
  const peerId = connection.remotePeer.toString()
  if (!host.allows(peerId, 'outbound') || !host.allows(peerId, 'inbound')) throw refused('the link is cut')
  const stream = await connection.newStream(protocol, {
    signal,
    maxOutboundStreams: RAFT_STREAM_LIMITS.streamsMax,
  })
  const welcomed = Promise.withResolvers<void>()
  let onClosed = (error: Error | undefined): void => welcomed.reject(refused('the stream was ended', error))
  const frames = new FrameStream(
    { stream, allows: (direction) => host.allows(peerId, direction) },
    {
      frameBytesMax: CONTROL_FRAME_BYTES_MAX,
      onFrame: (frame) => {
        if (decodeReply(frame).welcome?.version !== PROTOCOL_VERSION) throw malformed('expected a Welcome')
        frames.onFrame = (next) => init.onReply(decodeReply(next))
        onClosed = init.onClosed
        welcomed.resolve()
      },
      onClosed: (error) => onClosed(error),
    },
  )
  const onAbort = (): void => frames.abort(refused('no answer in time'))
  signal.addEventListener('abort', onAbort)
  if (signal.aborted) onAbort()
  try {
    frames.send(Hello.encode({ version: PROTOCOL_VERSION, ...init.identity }))
    await welcomed.promise
    return frames
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** Reads the first frame of an accepted stream. Throws `WIRE_MALFORMED`. */
export function decodeHello(frame: Uint8Array): StreamIdentity {
  const { version, clusterId, from, to } = decodeFrame('Hello', () => Hello.decode(frame))
  if (version !== PROTOCOL_VERSION)
    throw malformed(`protocol version ${version}, expected ${PROTOCOL_VERSION}`)
  return { clusterId, from, to }
}

export function encodeWelcome(): Uint8Array {
  return StreamReply.encode({ welcome: { version: PROTOCOL_VERSION } })
}

function decodeReply(frame: Uint8Array): StreamReply {
  return decodeFrame('reply', () => StreamReply.decode(frame))
}

function refused(why: string, cause?: Error): DebrosError {
  return new DebrosError('P2P_STREAM_REFUSED', `the member did not take the stream: ${why}`, {
    retryable: true,
    cause,
  })
}
