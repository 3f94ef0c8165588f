import type { Connection, Stream } from '@libp2p/interface'
import { DebrosError, errorMessage, type Logger, TransitMap } from '../base/index.ts'
import {
  checkInteger,
  checkName,
  decodeFrame,
  errorToWire,
  malformed,
  RPC_FRAME_BYTES_MAX,
  RPC_MEMBER_CALLS_MAX,
  RPC_MEMBER_REQUESTS_BYTES_MAX,
  RPC_REQUEST_BYTES_MAX,
  RPC_RESPONSE_BYTES_MAX,
  RPC_RESPONSES_BYTES_MAX,
  RPC_STRANGER_CALLS_MAX,
  RPC_STRANGER_FRAME_BYTES_MAX,
  RPC_STRANGER_REQUEST_BYTES_MAX,
  RpcFrame,
} from '../wire/index.ts'
import { FrameStream, type FrameStreamComponents } from './frame-stream.ts'
import type { PeerHost } from './host.ts'
import { IncomingMessage, OutgoingMessage, TurnSender } from './rpc-messages.ts'
import type { RpcAccess, RpcHandler } from './types.ts'
import { PeerWarnings } from './warnings.ts'

/** Refusals that a peer does not read pile up no further than this. */
const UNREAD_BYTES_MAX = 1024 * 1024

export interface RpcServerComponents {
  readonly host: PeerHost
  readonly members: { has(peerId: string): boolean }
  readonly logger: Logger
}

interface Method {
  readonly access: RpcAccess
  readonly handler: RpcHandler
}

/** What one peer has under way here, over all its streams. */
interface PeerLoad {
  calls: number
  requestBytes: number
  responseBytes: number
}

/** The answering side of every stream that peers have opened to us. */
export class RpcServer {
  readonly #components: RpcServerComponents
  readonly #methods = new Map<string, Method>()
  readonly #loads = new Map<string, PeerLoad>()
  readonly #sessions = new Set<RpcSession>()
  readonly #warnings: PeerWarnings

  constructor(components: RpcServerComponents) {
    this.#components = components
    this.#warnings = new PeerWarnings(components)
  }

  get logger(): Logger {
    return this.#components.logger
  }

  handle(name: string, access: RpcAccess, handler: RpcHandler): void {
    if (this.#methods.has(name)) throw new TypeError(`the RPC method ${name} has a handler already`)
    this.#methods.set(name, { access, handler })
  }

  accept(stream: Stream, connection: Connection): void {
    const { host, members } = this.#components
    const peerId = connection.remotePeer.toString()
    const remoteHost = String(connection.remoteAddr.getComponents()[0]?.value ?? '')
    const session: RpcSession = new RpcSession(
      { server: this, stream, allows: (direction) => host.allows(peerId, direction) },
      {
        peerId,
        remoteHost,
        frameBytesMax: members.has(peerId) ? RPC_FRAME_BYTES_MAX : RPC_STRANGER_FRAME_BYTES_MAX,
        onClosed: (error) => {
          this.#sessions.delete(session)
          if (error !== undefined) this.#report(peerId, error)
        },
      },
    )
    this.#sessions.add(session)
  }

  #report(peerId: string, error: Error): void {
    if (error instanceof DebrosError && error.code.startsWith('WIRE_')) {
      this.#warnings.warn(peerId, { error: error.message }, 'reset an RPC stream: malformed')
    } else {
      this.logger.debug({ peerId, error: error.message }, 'an RPC stream ended')
    }
  }

  stop(): void {
    for (const session of [...this.#sessions]) session.close()
  }

  /** Who may call what: the method, or why not. */
  admit(peerId: string, name: string, sizeBytes: number): Method | DebrosError {
    const method = this.#methods.get(name)
    const isMember = this.#components.members.has(peerId)
    if (!isMember && method?.access !== 'anyone') {
      return new DebrosError('RPC_FORBIDDEN', `${name} is for members of the cluster only`)
    }
    if (method === undefined) return new DebrosError('RPC_METHOD_UNKNOWN', `there is no method ${name}`)
    const sizeMax = isMember ? RPC_REQUEST_BYTES_MAX : RPC_STRANGER_REQUEST_BYTES_MAX
    if (sizeBytes > sizeMax) {
      return new DebrosError(
        'RPC_REQUEST_TOO_LARGE',
        `a request of ${sizeBytes} bytes; ${sizeMax} are allowed`,
      )
    }
    const load = this.load(peerId)
    const busy = isMember
      ? load.calls >= RPC_MEMBER_CALLS_MAX || load.requestBytes + sizeBytes > RPC_MEMBER_REQUESTS_BYTES_MAX
      : load.calls >= RPC_STRANGER_CALLS_MAX
    if (busy) return new DebrosError('RPC_BUSY', 'too many calls under way', { retryable: true })
    return method
  }

  load(peerId: string): PeerLoad {
    return this.#loads.get(peerId) ?? { calls: 0, requestBytes: 0, responseBytes: 0 }
  }

  addLoad(peerId: string, change: PeerLoad): void {
    const load = this.load(peerId)
    load.calls += change.calls
    load.requestBytes += change.requestBytes
    load.responseBytes += change.responseBytes
    if (load.calls === 0) this.#loads.delete(peerId)
    else this.#loads.set(peerId, load)
  }
}

interface ServerCall {
  readonly id: number
  readonly method: Method
  readonly name: string
  readonly request: IncomingMessage
  readonly requestBytes: number
  readonly abort: AbortController
  /** The handler is at work; until it is done the call counts, answered or not. */
  running: boolean
  response: OutgoingMessage | undefined
  responseBytes: number
}

interface RpcSessionInit {
  readonly peerId: string
  readonly remoteHost: string
  readonly frameBytesMax: number
  readonly onClosed: (error: Error | undefined) => void
}

/** One stream from one peer, and the calls under way on it. */
class RpcSession {
  readonly #server: RpcServer
  readonly #init: RpcSessionInit
  readonly #calls = new TransitMap<number, ServerCall>()
  readonly #stream: FrameStream
  readonly #sender: TurnSender

  constructor(components: FrameStreamComponents & { readonly server: RpcServer }, init: RpcSessionInit) {
    this.#server = components.server
    this.#init = init
    this.#stream = new FrameStream(components, {
      frameBytesMax: init.frameBytesMax,
      onFrame: (frame) => this.#onFrame(frame),
      onDrained: () => this.#sender.sendMore(),
      onClosed: (error) => this.#onClosed(error),
    })
    this.#stream.onBlocked = 'drop'
    this.#sender = new TurnSender(this.#stream)
  }

  close(): void {
    void this.#stream.close()
  }

  #onClosed(error: Error | undefined): void {
    for (const call of [...this.#calls.values()]) this.#end(call, new Error('the caller is gone'))
    this.#init.onClosed(error)
  }

  #onFrame(bytes: Uint8Array): void {
    const frame = decodeFrame('RPC frame', () => RpcFrame.decode(bytes))
    const id = checkInteger(frame.call, 'call')
    const call = this.#calls.get(id)
    if (frame.request !== undefined) {
      if (call !== undefined) throw malformed(`call ${id} begins twice`)
      const name = checkName(frame.request.method, 'method')
      this.#begin(id, name, checkInteger(frame.request.sizeBytes, 'request size'), frame.request.data)
    } else if (frame.requestPart !== undefined) {
      // Of a call that was refused, this is what was already under way.
      if (call !== undefined) this.#take(call, frame.requestPart)
    } else if (frame.cancel !== undefined) {
      if (call !== undefined) this.#end(call, new Error('the caller cancelled'))
    } else {
      throw malformed('an RPC frame without a body')
    }
  }

  #begin(id: number, name: string, requestBytes: number, data: Uint8Array): void {
    const { peerId } = this.#init
    const admitted = this.#server.admit(peerId, name, requestBytes)
    if (admitted instanceof DebrosError) {
      this.#sendError(id, admitted)
      return
    }
    const call: ServerCall = {
      id,
      method: admitted,
      name,
      request: new IncomingMessage(requestBytes),
      requestBytes,
      abort: new AbortController(),
      running: false,
      response: undefined,
      responseBytes: 0,
    }
    this.#calls.set(id, call)
    this.#server.addLoad(peerId, { calls: 1, requestBytes, responseBytes: 0 })
    this.#take(call, data)
  }

  #take(call: ServerCall, data: Uint8Array): void {
    const request = call.request.add(data)
    if (request !== undefined) void this.#run(call, request)
  }

  async #run(call: ServerCall, request: Uint8Array): Promise<void> {
    const { peerId, remoteHost } = this.#init
    const { signal } = call.abort
    call.running = true
    try {
      const response = await call.method.handler(request, { peerId, remoteHost, signal })
      if (!signal.aborted) this.#respond(call, response)
    } catch (error) {
      if (!signal.aborted) this.#fail(call, error)
    } finally {
      call.running = false
      if (signal.aborted) this.#release(call)
    }
  }

  #fail(call: ServerCall, error: unknown): void {
    this.#sendError(call.id, error instanceof DebrosError ? error : this.#internal(call, error))
    this.#end(call, undefined)
  }

  #respond(call: ServerCall, response: Uint8Array): void {
    const { peerId } = this.#init
    const { id } = call
    if (response.length > RPC_RESPONSE_BYTES_MAX) {
      const message = `a response of ${response.length} bytes; ${RPC_RESPONSE_BYTES_MAX} are allowed`
      throw new DebrosError('RPC_RESPONSE_TOO_LARGE', message, { outcome: 'unknown' })
    }
    if (this.#server.load(peerId).responseBytes + response.length > RPC_RESPONSES_BYTES_MAX) {
      const message = 'too many responses wait to be sent'
      throw new DebrosError('RPC_BUSY', message, { retryable: true, outcome: 'unknown' })
    }
    call.responseBytes = response.length
    this.#server.addLoad(peerId, { calls: 0, requestBytes: 0, responseBytes: response.length })
    call.response = new OutgoingMessage(response, {
      frame: (data, first) =>
        first
          ? { call: id, response: { sizeBytes: response.length, data } }
          : { call: id, responsePart: data },
      onSent: () => this.#end(call, undefined),
    })
    this.#sender.add(call.response)
  }

  /** Forgets a call; with a reason, nobody waits for it any more, and its handler is told to stop. */
  #end(call: ServerCall, reason: Error | undefined): void {
    if (!this.#calls.delete(call.id)) return
    if (reason !== undefined) call.abort.abort(reason)
    if (call.response !== undefined) this.#sender.remove(call.response)
    if (reason === undefined || !call.running) this.#release(call)
  }

  #release(call: ServerCall): void {
    const { requestBytes, responseBytes } = call
    const change = { calls: -1, requestBytes: -requestBytes, responseBytes: -responseBytes }
    this.#server.addLoad(this.#init.peerId, change)
  }

  #sendError(id: number, error: DebrosError): void {
    const stream = this.#stream
    stream.send(RpcFrame.encode({ call: id, error: errorToWire(error) }))
    if (stream.queuedBytes > UNREAD_BYTES_MAX) stream.abort(new Error('the peer does not read its answers'))
  }

  #internal(call: ServerCall, error: unknown): DebrosError {
    this.#server.logger.error({ method: call.name, error: errorMessage(error) }, 'an RPC handler failed')
    return new DebrosError('RPC_INTERNAL', 'internal error', { outcome: 'unknown', cause: error })
  }
}
