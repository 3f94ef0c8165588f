import type { Connection } from '@libp2p/interface'
import { errorMessage, type Logger } from '../base/index.ts'
import type { StreamReply } from '../wire/index.ts'
import { Backoff } from './backoff.ts'
import { type LinkTimings, OUTBOUND_BYTES_MAX } from './defaults.ts'
import type { FrameStream } from './frame-stream.ts'
import type { PeerHost } from './host.ts'
import type { MemberPeer } from './members.ts'
import { type Frame, OutboundQueue } from './outbound-queue.ts'
import { encodePing } from './raft-codec-control.ts'
import { openRaftStream, RAFT_PROTOCOLS, type StreamIdentity } from './raft-stream.ts'

export interface RaftLinkComponents {
  readonly host: PeerHost
  readonly logger: Logger
}

export interface RaftLinkInit {
  readonly member: MemberPeer
  readonly identity: StreamIdentity
  readonly timings: LinkTimings
  /** Called whenever streams that were up are lost. */
  readonly onDown: () => void
}

/** Both streams to the member, up. */
interface Session {
  readonly connection: Connection
  readonly control: FrameStream
  readonly append: FrameStream
}

/**
 * What this node sends to one member: a stream for control messages and one for entries, opened again
 * whenever they are lost, for as long as the member is one.
 *
 * ```
 *   connecting --both welcomed--> up --a stream lost--> waiting --delay, or the member connects--+
 *       ^  \------------------failed-------------------^                                        |
 *       +---------------------------------------------------------------------------------------+
 * ```
 *
 * Frames are kept while connecting, up to a bound, and dropped while waiting: by then they are old.
 */
export class RaftLink {
  readonly member: MemberPeer

  readonly #components: RaftLinkComponents
  readonly #init: RaftLinkInit
  readonly #queues = {
    control: new OutboundQueue({ bytesMax: OUTBOUND_BYTES_MAX.control }),
    append: new OutboundQueue({ bytesMax: OUTBOUND_BYTES_MAX.append }),
  }
  readonly #closed = new AbortController()
  readonly #backoff: Backoff
  #session: Session | undefined
  #earlierBytesSent = 0
  /** Numbers of the last ping, and of the last one that was answered in this session. */
  #pingsSent = 0
  #pingsAnswered = 0
  /** Ends the current pause early. */
  #wake: (() => void) | undefined

  constructor(components: RaftLinkComponents, init: RaftLinkInit) {
    this.#components = components
    this.#init = init
    this.member = init.member
    this.#backoff = new Backoff({
      delayMs: init.timings.retryDelayMs,
      delayMaxMs: init.timings.retryDelayMaxMs,
    })
  }

  get connected(): boolean {
    return this.#session !== undefined
  }

  /** The connection the streams run on, while they are up. */
  get connection(): Connection | undefined {
    return this.#session?.connection
  }

  get bytesSent(): number {
    const session = this.#session
    return (
      this.#earlierBytesSent +
      (session === undefined ? 0 : session.control.bytesSent + session.append.bytesSent)
    )
  }

  get framesDropped(): number {
    return this.#queues.control.dropped + this.#queues.append.dropped
  }

  /** Connects, and keeps connecting until closed. */
  start(): void {
    void this.#run()
  }

  send(kind: 'control' | 'append', frame: Frame): void {
    this.#queues[kind].push(frame)
  }

  /** The member has just connected to us: use that rather than wait. */
  peerConnected(): void {
    this.#wake?.()
  }

  close(): void {
    this.#closed.abort(new Error('the link is closed'))
    this.#wake?.()
  }

  async #run(): Promise<void> {
    while (!this.#closed.signal.aborted) {
      await this.#runOnce()
      if (this.#closed.signal.aborted) return
      await this.#pause(this.#backoff.next())
    }
  }

  /** One attempt, and the session if it succeeds. */
  async #runOnce(): Promise<void> {
    const { logger } = this.#components
    const ended = Promise.withResolvers<Error | undefined>()
    this.#queues.control.hold()
    this.#queues.append.hold()
    try {
      const session = await this.#openSession(ended.resolve)
      logger.debug({ member: this.member.id }, 'linked to a member')
      const sinceMs = performance.now()
      const reason = await this.#useSession(session, ended.promise)
      // A member that takes us and drops us at once is not tried more often for it.
      if (performance.now() - sinceMs > this.#init.timings.retryDelayMaxMs) this.#backoff.reset()
      logger.debug({ member: this.member.id, reason: reason?.message }, 'lost the link to a member')
    } catch (error) {
      logger.debug({ member: this.member.id, error: errorMessage(error) }, 'could not link to a member')
    } finally {
      this.#queues.control.release()
      this.#queues.append.release()
    }
  }

  async #openSession(onEnded: (reason: Error | undefined) => void): Promise<Session> {
    const { host } = this.#components
    const { timings, identity, member } = this.#init
    if (host.connection(member.peerId) === undefined && host.peerId > member.peerId) {
      await this.#pause(timings.dialHeadStartMs)
    }
    const timeout = AbortSignal.timeout(timings.connectTimeoutMs)
    const signal = AbortSignal.any([this.#closed.signal, timeout])
    signal.throwIfAborted()
    const connection = await this.#connect(signal)
    const open = (kind: 'control' | 'append', onReply: (reply: StreamReply) => void): Promise<FrameStream> =>
      openRaftStream(host, {
        connection,
        protocol: RAFT_PROTOCOLS[kind],
        identity,
        onReply,
        onClosed: onEnded,
        signal,
      })
    const [control, append] = await Promise.allSettled([
      open('control', (reply) => this.#onControlReply(reply)),
      open('append', () => {}),
    ])
    if (control.status === 'fulfilled' && append.status === 'fulfilled') {
      return { connection, control: control.value, append: append.value }
    }
    if (control.status === 'fulfilled') control.value.abort(new Error('the other stream failed'))
    if (append.status === 'fulfilled') append.value.abort(new Error('the other stream failed'))
    // A connection on which nothing is answered is dead, whatever it looks like from here.
    if (timeout.aborted) connection.abort(new Error('the member does not answer'))
    throw control.status === 'rejected' ? control.reason : (append as PromiseRejectedResult).reason
  }

  /** Dials, unless the member connects to us first. */
  async #connect(signal: AbortSignal): Promise<Connection> {
    const { host } = this.#components
    const dial = new AbortController()
    this.#wake = () => dial.abort(new Error('the member has connected to us'))
    try {
      return await host.connect(this.member, { signal: AbortSignal.any([signal, dial.signal]) })
    } catch (error) {
      const connection = dial.signal.aborted ? host.connection(this.member.peerId) : undefined
      if (connection === undefined) throw error
      return connection
    } finally {
      this.#wake = undefined
    }
  }

  /** Resolves with the reason once either stream has ended; both are gone then. */
  async #useSession(session: Session, ended: Promise<Error | undefined>): Promise<Error | undefined> {
    const { control, append } = session
    control.onBlocked = 'drop'
    append.onBlocked = 'drop'
    this.#session = session
    this.#queues.control.attach(control)
    this.#queues.append.attach(append)
    this.#pingsAnswered = this.#pingsSent
    const timer = setInterval(() => this.#ping(session), this.#init.timings.pingIntervalMs)
    const onClosed = (): void => {
      void control.close()
      void append.close()
    }
    this.#closed.signal.addEventListener('abort', onClosed)
    if (this.#closed.signal.aborted) onClosed()
    const reason = await ended
    this.#closed.signal.removeEventListener('abort', onClosed)
    clearInterval(timer)
    this.#session = undefined
    control.abort(new Error('the other stream ended'))
    append.abort(new Error('the other stream ended'))
    this.#earlierBytesSent += control.bytesSent + append.bytesSent
    this.#init.onDown()
    return reason
  }

  /**
   * TCP takes many minutes to notice a peer that has silently gone. Pings are counted, not timed: after a
   * stall of our own, what has arrived meanwhile is read before the next one is missed.
   */
  #ping(session: Session): void {
    if (this.#pingsSent - this.#pingsAnswered >= this.#init.timings.pingsUnansweredMax) {
      session.connection.abort(new Error('the member does not answer pings'))
      return
    }
    this.#pingsSent += 1
    this.#queues.control.push([encodePing(this.#pingsSent)])
  }

  #onControlReply(reply: StreamReply): void {
    if (reply.pong !== undefined) this.#pingsAnswered = Math.min(reply.pong, this.#pingsSent)
  }

  #pause(delayMs: number): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer)
        this.#wake = undefined
        resolve()
      }
      const timer = setTimeout(end, delayMs)
      this.#wake = end
      if (this.#closed.signal.aborted) end()
    })
  }
}
