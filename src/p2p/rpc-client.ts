import type { Connection } from '@libp2p/interface'
import { DebrosError, errorMessage, TIMER_MS_MAX, TransitMap } from '../base/index.ts'
import {
  checkInteger,
  decodeFrame,
  errorFromWire,
  malformed,
  RPC_FRAME_BYTES_MAX,
  RPC_RESPONSE_BYTES_MAX,
  RpcFrame,
} from '../wire/index.ts'
import { FrameStream } from './frame-stream.ts'
import type { PeerHost } from './host.ts'
import { IncomingMessage, OutgoingMessage, TurnSender } from './rpc-messages.ts'
import type { RpcCallOptions } from './types.ts'

export const RPC_PROTOCOL = '/debros/rpc/1.0.0'

/** One stream is used at a time; the others allow for lost ones that have not been noticed yet. */
export const RPC_STREAM_LIMITS = Object.freeze({ streamsMax: 4 })

const OPEN_TIMEOUT_MS = 5_000

export interface RpcClientLinkInit {
  readonly peerId: string
  /** Called when nothing is left to do here: no call, no stream. */
  readonly onIdle: () => void
  /** The stream is there. */
  readonly onOpened?: () => void
  /** The stream that was there is lost. */
  readonly onLost?: () => void
}

interface ClientCall {
  readonly id: number
  readonly request: OutgoingMessage
  /** Handed in full to the connection: from here on it may be handled. */
  sent: boolean
  response: IncomingMessage | undefined
  /** Ends the call with its response, or with the reason why there is none. */
  readonly settle: (result: unknown) => void
}

/** The calls to one peer, over a stream that is opened with the first and kept. */
export class RpcClientLink {
  readonly #host: PeerHost
  readonly #init: RpcClientLinkInit
  readonly #calls = new TransitMap<number, ClientCall>()
  #lastId = 0
  #opening = false
  #session: { readonly stream: FrameStream; readonly sender: TurnSender } | undefined

  constructor(components: { readonly host: PeerHost }, init: RpcClientLinkInit) {
    this.#host = components.host
    this.#init = init
  }

  call(address: string, method: string, request: Uint8Array, options: RpcCallOptions): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#lastId += 1
      const id = this.#lastId
      const settle = (result: unknown): void => {
        if (!this.#calls.delete(id)) return
        clearTimeout(timer)
        options.signal?.removeEventListener('abort', onAbort)
        if (result instanceof Uint8Array) resolve(result)
        else reject(result)
      }
      const call: ClientCall = {
        id,
        request: new OutgoingMessage(request, {
          frame: (data, first) =>
            first
              ? { call: id, request: { method, sizeBytes: request.length, data } }
              : { call: id, requestPart: data },
          onSent: () => {
            call.sent = true
          },
        }),
        sent: false,
        response: undefined,
        settle,
      }
      const giveUp = (reason: unknown): void => {
        settle(reason)
        this.#cancel(call)
      }
      const onAbort = (): void => giveUp(options.signal?.reason)
      const timeoutMs = Math.min(options.timeoutMs, TIMER_MS_MAX)
      const timer = setTimeout(() => giveUp(timedOut(method, call, timeoutMs)), timeoutMs)
      options.signal?.addEventListener('abort', onAbort)
      this.#calls.set(id, call)
      if (this.#session !== undefined) this.#session.sender.add(call.request)
      else void this.#open(address)
    })
  }

  close(): void {
    for (const call of [...this.#calls.values()]) call.settle(lost(call, 'this node stops'))
    void this.#session?.stream.close()
  }

  async #open(address: string): Promise<void> {
    if (this.#opening) return
    this.#opening = true
    try {
      const stream = await this.#openStream(address)
      const sender = new TurnSender(stream)
      this.#session = { stream, sender }
      this.#init.onOpened?.()
      // It may have been lost before anyone knew of it.
      if (stream.closed) this.#lost(undefined)
      for (const call of this.#calls.values()) sender.add(call.request)
    } catch (error) {
      for (const call of [...this.#calls.values()]) call.settle(unreachable(errorMessage(error), error))
    } finally {
      this.#opening = false
      this.#checkIdle()
    }
  }

  async #openStream(address: string): Promise<FrameStream> {
    const { peerId } = this.#init
    const signal = AbortSignal.timeout(OPEN_TIMEOUT_MS)
    if (!this.#host.allows(peerId, 'outbound')) throw new Error('the link is cut')
    const connection = await this.#host.connect({ peerId, address }, { signal })
    const stream = await this.#newStream(connection, signal)
    const frames = new FrameStream(
      { stream, allows: (direction) => this.#host.allows(peerId, direction) },
      {
        frameBytesMax: RPC_FRAME_BYTES_MAX,
        onFrame: (frame) => this.#onFrame(frame),
        onDrained: () => this.#session?.sender.sendMore(),
        onClosed: (error) => this.#lost(error),
      },
    )
    frames.onBlocked = 'drop'
    return frames
  }

  async #newStream(connection: Connection, signal: AbortSignal): ReturnType<Connection['newStream']> {
    try {
      return await connection.newStream(RPC_PROTOCOL, {
        signal,
        maxOutboundStreams: RPC_STREAM_LIMITS.streamsMax,
      })
    } catch (error) {
      // A connection on which nothing is answered is dead, whatever it looks like from here.
      if (signal.aborted) connection.abort(new Error('the peer does not answer'))
      throw error
    }
  }

  #lost(error: Error | undefined): void {
    this.#session = undefined
    this.#init.onLost?.()
    const why = error?.message ?? 'the peer ended the stream'
    for (const call of [...this.#calls.values()]) call.settle(lost(call, why))
    this.#checkIdle()
  }

  #checkIdle(): void {
    if (this.#session === undefined && !this.#opening && this.#calls.size === 0) this.#init.onIdle()
  }

  /** Takes a call that is given up off the stream, and tells the other side if it knows of it. */
  #cancel(call: ClientCall): void {
    const session = this.#session
    if (session === undefined) return
    session.sender.remove(call.request)
    if (call.request.started) session.stream.send(RpcFrame.encode({ call: call.id, cancel: {} }))
  }

  #onFrame(bytes: Uint8Array): void {
    const frame = decodeFrame('RPC frame', () => RpcFrame.decode(bytes))
    const call = this.#calls.get(checkInteger(frame.call, 'call'))
    // An answer that came after the call was given up.
    if (call === undefined) return
    if (frame.error !== undefined) {
      call.settle(errorFromWire(frame.error))
      this.#session?.sender.remove(call.request)
    } else if (frame.response !== undefined) {
      if (call.response !== undefined || !call.sent) throw malformed('a response out of turn')
      const sizeBytes = checkInteger(frame.response.sizeBytes, 'response size')
      if (sizeBytes > RPC_RESPONSE_BYTES_MAX) throw malformed(`a response of ${sizeBytes} bytes`)
      call.response = new IncomingMessage(sizeBytes)
      this.#take(call, frame.response.data)
    } else if (frame.responsePart !== undefined) {
      this.#take(call, frame.responsePart)
    } else {
      throw malformed('an RPC frame without a body')
    }
  }

  #take(call: ClientCall, data: Uint8Array): void {
    if (call.response === undefined) throw malformed('a response without its beginning')
    const response = call.response.add(data)
    if (response !== undefined) call.settle(response)
  }
}

/** The request cannot have been handled. */
export function unreachable(why: string, cause?: unknown): DebrosError {
  return new DebrosError('PEER_UNREACHABLE', `the request was not sent: ${why}`, { retryable: true, cause })
}

function lost(call: ClientCall, why: string): DebrosError {
  if (!call.sent) return unreachable(why)
  return new DebrosError('PEER_CALL_LOST', `the answer was lost: ${why}`, { outcome: 'unknown' })
}

function timedOut(method: string, call: ClientCall, timeoutMs: number): DebrosError {
  if (!call.sent) return unreachable(`not within ${timeoutMs} ms`)
  const message = `${method} was not answered within ${timeoutMs} ms`
  return new DebrosError('PEER_CALL_TIMEOUT', message, { outcome: 'unknown' })
}
