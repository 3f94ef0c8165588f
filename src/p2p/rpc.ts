import { DebrosError, type Logger } from '../base/index.ts'
import { RPC_REQUEST_BYTES_MAX } from '../wire/index.ts'
import type { PeerHost } from './host.ts'
import { RPC_PROTOCOL, RPC_STREAM_LIMITS, RpcClientLink, unreachable } from './rpc-client.ts'
import { RpcServer } from './rpc-server.ts'
import type { PeerAddress, Rpc, RpcAccess, RpcCallOptions, RpcHandler } from './types.ts'

export interface RpcComponents {
  readonly host: PeerHost
  /** Who may call methods of access `member`. */
  readonly members: { has(peerId: string): boolean }
  readonly logger: Logger
  /** Called when a peer is reached again for a call, after the stream to it was lost. */
  readonly onReconnected?: () => void
}

/** {@link Rpc}, with what its owner needs: to start and stop it, and to call where only an address is known. */
export interface RpcService extends Rpc {
  /** Calls whoever listens at `address` and tells who that was. Errors as {@link Rpc}'s `call`. */
  callAddress(
    address: string,
    method: string,
    request: Uint8Array,
    options: RpcCallOptions,
  ): Promise<{ readonly peerId: string; readonly response: Uint8Array }>
  /** Accepts calls. The host may be started before or after. */
  start(): Promise<void>
  /** Ends all calls, in both directions. */
  stop(): Promise<void>
}

export function createRpc(components: RpcComponents): RpcService {
  return new StreamRpc(components)
}

class StreamRpc implements RpcService {
  readonly #components: RpcComponents
  readonly #server: RpcServer
  readonly #links = new Map<string, RpcClientLink>()
  /** Peers to which the stream was lost and not opened again yet. */
  readonly #lost = new Set<string>()

  constructor(components: RpcComponents) {
    this.#components = components
    this.#server = new RpcServer(components)
  }

  async start(): Promise<void> {
    const accept: Parameters<PeerHost['handle']>[1] = (stream, connection) =>
      this.#server.accept(stream, connection)
    await this.#components.host.handle(RPC_PROTOCOL, accept, RPC_STREAM_LIMITS)
  }

  async stop(): Promise<void> {
    await this.#components.host.unhandle(RPC_PROTOCOL)
    this.#server.stop()
    for (const link of this.#links.values()) link.close()
  }

  handle(method: string, access: RpcAccess, handler: RpcHandler): void {
    this.#server.handle(method, access, handler)
  }

  async call(
    peer: PeerAddress,
    method: string,
    request: Uint8Array,
    options: RpcCallOptions,
  ): Promise<Uint8Array> {
    options.signal?.throwIfAborted()
    if (request.length > RPC_REQUEST_BYTES_MAX) {
      throw new DebrosError(
        'RPC_REQUEST_TOO_LARGE',
        `a request of ${request.length} bytes; ${RPC_REQUEST_BYTES_MAX} are allowed`,
      )
    }
    return await this.#link(peer.peerId).call(peer.address, method, request, options)
  }

  async callAddress(
    address: string,
    method: string,
    request: Uint8Array,
    options: RpcCallOptions,
  ): Promise<{ readonly peerId: string; readonly response: Uint8Array }> {
    const deadlineMs = performance.now() + options.timeoutMs
    const timeout = AbortSignal.timeout(options.timeoutMs)
    const signal = options.signal === undefined ? timeout : AbortSignal.any([options.signal, timeout])
    const connection = await this.#components.host
      .connectAddress(address, { signal })
      .catch((error: unknown) => {
        options.signal?.throwIfAborted()
        throw error
      })
    const peerId = connection.remotePeer.toString()
    const timeoutMs = deadlineMs - performance.now()
    if (timeoutMs <= 0) throw unreachable(`not within ${options.timeoutMs} ms`)
    const response = await this.call({ peerId, address }, method, request, { ...options, timeoutMs })
    return { peerId, response }
  }

  #link(peerId: string): RpcClientLink {
    const existing = this.#links.get(peerId)
    if (existing !== undefined) return existing
    const link = new RpcClientLink(this.#components, {
      peerId,
      onIdle: () => {
        if (this.#links.get(peerId) === link) this.#links.delete(peerId)
      },
      onOpened: () => {
        if (this.#lost.delete(peerId)) this.#components.onReconnected?.()
      },
      onLost: () => this.#lost.add(peerId),
    })
    this.#links.set(peerId, link)
    return link
  }
}
