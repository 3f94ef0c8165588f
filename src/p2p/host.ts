import { noise } from '@chainsafe/libp2p-noise'
import { yamux } from '@chainsafe/libp2p-yamux'
import { identify } from '@libp2p/identify'
import type { Connection, Libp2p, StreamCloseEvent, StreamHandler } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import { ping } from '@libp2p/ping'
import type { Multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'
import { DebrosError, errorMessage, formatHostPort, hasErrorCode, type Logger } from '../base/index.ts'
import { addressInvalid, hostPortOf, multiaddrOf, parseMultiaddr } from './address.ts'
import { readingCheaply } from './cheap-records.ts'
import { HOST_DEFAULTS } from './defaults.ts'
import { gatheringWrites } from './gathered-writes.ts'
import type { PeerIdentity } from './identity.ts'
import { type RecordedTcp, recordedTcp } from './listen-recorder.ts'
import type { PeerAddress } from './types.ts'

/**
 * A fault hook for tests: false cuts the link. Asked for every dial, every accepted connection and every
 * frame sent to (`outbound`) or received from (`inbound`) the peer, so that in-process clusters can be
 * partitioned, also in one direction only, and healed.
 */
export type LinkFilter = (peerId: string, direction: 'inbound' | 'outbound') => boolean

export interface PeerHostComponents {
  readonly identity: PeerIdentity
  readonly logger: Logger
  readonly linkFilter?: LinkFilter
}

export interface PeerHostInit {
  /** Multiaddrs to listen on for peers and clients; may be empty. */
  readonly listenAddresses: readonly string[]
  /** `host:port` to listen on for the other nodes; port 0 takes a free one. */
  readonly nodeAddress: string
  /** Connections of peers that are not protected. @default HOST_DEFAULTS.strangersMax */
  readonly strangersMax?: number
}

/**
 * - `direction`: who dialed;
 * - `by`: who ended the connection, this process or the other side (or the network in between);
 * - `remaining`: connections to the peer that are still open.
 */
export type ConnectionEvent =
  | { readonly type: 'open'; readonly peerId: string; readonly direction: 'inbound' | 'outbound' }
  | {
      readonly type: 'close'
      readonly peerId: string
      readonly by: 'us' | 'them'
      readonly remaining: number
    }

export interface StreamLimits {
  /** Streams of the protocol per connection, each way. */
  readonly streamsMax: number
}

/**
 * This process as a libp2p peer: tcp, noise, yamux, identify, ping. It owns the connections; who may do
 * what over them is decided by the protocols.
 */
export interface PeerHost extends AsyncDisposable {
  readonly peerId: string
  readonly status: 'stopped' | 'starting' | 'started' | 'stopping'
  /** The node underneath, for protocols that need more than this interface. Only while started. */
  readonly libp2p: Libp2p
  /** `host:port` that the node-to-node listener is bound to. Only while started. */
  readonly nodeAddress: string
  /** Every address this peer can be dialed at, with its peer id. Only while started. */
  multiaddrs(): string[]
  /**
   * Listens. Errors: `P2P_ADDRESS_INVALID`, `P2P_ADDRESS_IN_USE`, `P2P_LISTEN_FAILED`; nothing is left
   * running after one.
   */
  start(): Promise<void>
  /** Closes everything in order; safe to repeat, and a stopped host can be started again. */
  stop(): Promise<void>
  /** Stops as a killed process would: connections are reset. For tests. */
  kill(): Promise<void>
  /** Registers a protocol, now or for the next start. */
  handle(protocol: string, handler: StreamHandler, limits: StreamLimits): Promise<void>
  unhandle(protocol: string): Promise<void>
  /** An open connection to the peer, if there is one; the newest if there are several. */
  connection(peerId: string): Connection | undefined
  /** The open connection to the peer, or a new one. Errors: `PEER_UNREACHABLE` (not-applied, retryable). */
  connect(peer: PeerAddress, options: { readonly signal: AbortSignal }): Promise<Connection>
  /**
   * Dials an address without knowing who is there; the connection says. Errors: `PEER_UNREACHABLE`,
   * `PEER_IS_SELF`.
   */
  connectAddress(address: string, options: { readonly signal: AbortSignal }): Promise<Connection>
  /** Whether the fault hook lets frames pass; true without one. */
  allows(peerId: string, direction: 'inbound' | 'outbound'): boolean
  /** Returns a function that removes the listener. */
  onConnectionEvent(listener: (event: ConnectionEvent) => void): () => void
  /** Connections to these peers are the last to be pruned; replaces the previous list. */
  setProtectedPeers(peerIds: readonly string[]): void
}

export function createPeerHost(components: PeerHostComponents, init: PeerHostInit): PeerHost {
  return new Libp2pHost(components, init)
}

const PROTECTED_TAG = 'debros-member'

class Libp2pHost implements PeerHost {
  readonly peerId: string
  status: PeerHost['status'] = 'stopped'

  readonly #components: PeerHostComponents
  readonly #init: PeerHostInit
  readonly #handlers = new Map<string, { handler: StreamHandler; limits: StreamLimits }>()
  readonly #listeners = new Set<(event: ConnectionEvent) => void>()
  #protectedPeers = new Set<string>()
  #running: { libp2p: Libp2p; nodeAddress: string } | undefined
  /** The start or stop under way. */
  #transition: Promise<void> = Promise.resolve()

  constructor(components: PeerHostComponents, init: PeerHostInit) {
    this.#components = components
    this.#init = init
    this.peerId = components.identity.peerId
  }

  get libp2p(): Libp2p {
    return this.#require().libp2p
  }

  get nodeAddress(): string {
    return this.#require().nodeAddress
  }

  multiaddrs(): string[] {
    return this.libp2p.getMultiaddrs().map(String)
  }

  start(): Promise<void> {
    if (this.status === 'started') return Promise.resolve()
    if (this.status === 'starting') return this.#transition
    const stopped = this.#transition
    this.status = 'starting'
    this.#transition = stopped.catch(() => {}).then(() => this.#start())
    return this.#transition
  }

  stop(): Promise<void> {
    if (this.status === 'stopped') return Promise.resolve()
    if (this.status === 'stopping') return this.#transition
    const started = this.#transition
    this.status = 'stopping'
    this.#transition = started.catch(() => {}).then(() => this.#stop())
    return this.#transition
  }

  async kill(): Promise<void> {
    if (this.status !== 'started') return await this.stop()
    const connections = this.libp2p.getConnections()
    this.status = 'stopping'
    for (const connection of connections) connection.abort(new Error('killed'))
    this.#transition = this.#stop()
    await this.#transition
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #start(): Promise<void> {
    try {
      const nodeMultiaddr = multiaddrOf(this.#init.nodeAddress)
      const listen = [...this.#init.listenAddresses.map(tcpMultiaddr), nodeMultiaddr]
      const transport = recordedTcp({
        inboundSocketInactivityTimeout: HOST_DEFAULTS.socketInactivityMs,
        outboundSocketInactivityTimeout: HOST_DEFAULTS.socketInactivityMs,
        dialOpts: SOCKET_OPTIONS,
        listenOpts: SOCKET_OPTIONS,
      })
      const libp2p = await this.#createLibp2p(transport, listen)
      for (const [protocol, { handler, limits }] of this.#handlers) {
        await libp2p.handle(protocol, handler, streamOptions(limits))
      }
      await startListening(libp2p, transport)
      const port = transport.boundPort(nodeMultiaddr)
      const { host } = hostPortOf(this.#init.nodeAddress)
      this.#running = { libp2p, nodeAddress: formatHostPort({ host, port: port ?? 0 }) }
      this.status = 'started'
      await this.#tagPeers(this.#protectedPeers, true)
    } catch (error) {
      this.status = 'stopped'
      throw error
    }
  }

  async #stop(): Promise<void> {
    const running = this.#running
    this.#running = undefined
    try {
      await running?.libp2p.stop()
    } finally {
      this.status = 'stopped'
    }
  }

  async #createLibp2p(transport: RecordedTcp, listen: readonly Multiaddr[]): Promise<Libp2p> {
    const libp2p = await createLibp2p({
      start: false,
      privateKey: this.#components.identity.privateKey,
      addresses: { listen: [...new Set(listen.map(String))] },
      transports: [transport.transport],
      connectionEncrypters: [(components) => gatheringWrites(readingCheaply(noise()(components)))],
      streamMuxers: [
        yamux({
          keepAliveInterval: HOST_DEFAULTS.muxerKeepAliveMs,
          maxInboundStreams: HOST_DEFAULTS.muxerStreamsMax,
          maxOutboundStreams: HOST_DEFAULTS.muxerStreamsMax,
          streamOptions: {
            maxStreamWindowSize: HOST_DEFAULTS.streamWindowBytesMax,
            maxReadBufferLength: HOST_DEFAULTS.streamReadBufferBytesMax,
            maxWriteBufferLength: HOST_DEFAULTS.streamWriteBufferBytesMax,
          },
        }),
      ],
      connectionManager: {
        maxConnections: HOST_DEFAULTS.connectionsMax,
        inboundConnectionThreshold: HOST_DEFAULTS.inboundConnectionsPerSecondMax,
        maxIncomingPendingConnections: HOST_DEFAULTS.inboundPendingConnectionsMax,
        allow: [...HOST_DEFAULTS.unlimitedFrom],
        maxParallelDials: HOST_DEFAULTS.parallelDialsMax,
        maxDialQueueLength: HOST_DEFAULTS.dialQueueMax,
        dialTimeout: HOST_DEFAULTS.dialTimeoutMs,
        addressDialTimeout: HOST_DEFAULTS.dialTimeoutMs,
        inboundStreamProtocolNegotiationTimeout: HOST_DEFAULTS.negotiationTimeoutMs,
        outboundStreamProtocolNegotiationTimeout: HOST_DEFAULTS.negotiationTimeoutMs,
      },
      // Would end connections of members whose event loop is busy; links between members ping by themselves.
      connectionMonitor: { enabled: false },
      connectionGater: {
        denyDialPeer: (peerId) => !this.allows(peerId.toString(), 'outbound'),
        denyOutboundEncryptedConnection: (peerId) => !this.allows(peerId.toString(), 'outbound'),
        denyInboundEncryptedConnection: (peerId) => !this.allows(peerId.toString(), 'inbound'),
      },
      services: { identify: identify(), ping: ping() },
    })
    libp2p.addEventListener('connection:open', (event) => this.#connectionOpened(event.detail))
    return libp2p
  }

  async handle(protocol: string, handler: StreamHandler, limits: StreamLimits): Promise<void> {
    this.#handlers.set(protocol, { handler, limits })
    await this.#running?.libp2p.handle(protocol, handler, { ...streamOptions(limits), force: true })
  }

  async unhandle(protocol: string): Promise<void> {
    this.#handlers.delete(protocol)
    await this.#running?.libp2p.unhandle(protocol)
  }

  connection(peerId: string): Connection | undefined {
    if (this.#running === undefined) return undefined
    return this.#connections(this.#running.libp2p, peerId).at(-1)
  }

  async connect(peer: PeerAddress, options: { readonly signal: AbortSignal }): Promise<Connection> {
    const existing = this.connection(peer.peerId)
    if (existing !== undefined) return existing
    const address = multiaddrOf(peer.address).encapsulate(`/p2p/${peer.peerId}`)
    return await this.#dial(address, options.signal)
  }

  async connectAddress(address: string, options: { readonly signal: AbortSignal }): Promise<Connection> {
    return await this.#dial(multiaddrOf(address), options.signal)
  }

  async #dial(address: Multiaddr, signal: AbortSignal): Promise<Connection> {
    try {
      return await this.#require().libp2p.dial(address, { signal })
    } catch (error) {
      if (isSelf(error)) {
        throw new DebrosError('PEER_IS_SELF', `${address} is this node itself`, { cause: error })
      }
      throw new DebrosError('PEER_UNREACHABLE', `cannot connect to ${address}: ${errorMessage(error)}`, {
        retryable: true,
        cause: error,
      })
    }
  }

  allows(peerId: string, direction: 'inbound' | 'outbound'): boolean {
    return this.#components.linkFilter?.(peerId, direction) ?? true
  }

  onConnectionEvent(listener: (event: ConnectionEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  #connectionOpened(connection: Connection): void {
    const peerId = connection.remotePeer.toString()
    if (this.#isOneTooMany(connection)) {
      connection.abort(new Error('too many connections of peers that are no members'))
      return
    }
    connection.addEventListener('close', (event) => {
      const by = this.status === 'started' && endedByThem(event) ? 'them' : 'us'
      const running = this.#running
      const remaining = running === undefined ? 0 : this.#connections(running.libp2p, peerId).length
      this.#emit({ type: 'close', peerId, by, remaining })
    })
    this.#emit({ type: 'open', peerId, direction: connection.direction })
  }

  #isOneTooMany(connection: Connection): boolean {
    const isStrange = ({ direction, remotePeer }: Connection): boolean =>
      direction === 'inbound' && !this.#protectedPeers.has(remotePeer.toString())
    if (this.#running === undefined || !isStrange(connection)) return false
    const { strangersMax = HOST_DEFAULTS.strangersMax } = this.#init
    return this.#running.libp2p.getConnections().filter(isStrange).length > strangersMax
  }

  #emit(event: ConnectionEvent): void {
    for (const listener of [...this.#listeners]) listener(event)
  }

  #connections(libp2p: Libp2p, peerId: string): Connection[] {
    return libp2p
      .getConnections(peerIdFromString(peerId))
      .filter((connection) => connection.status === 'open')
  }

  setProtectedPeers(peerIds: readonly string[]): void {
    const next = new Set(peerIds)
    const previous = this.#protectedPeers
    this.#protectedPeers = next
    void this.#tagPeers(next.difference(previous), true)
    void this.#tagPeers(previous.difference(next), false)
  }

  async #tagPeers(peerIds: ReadonlySet<string>, add: boolean): Promise<void> {
    const peerStore = this.#running?.libp2p.peerStore
    if (peerStore === undefined) return
    for (const peerId of peerIds) {
      try {
        await peerStore.merge(peerIdFromString(peerId), {
          tags: { [PROTECTED_TAG]: add ? { value: 100 } : undefined },
        })
      } catch (error) {
        // Their open streams protect them too.
        this.#components.logger.debug({ peerId, error: errorMessage(error) }, 'could not tag a peer')
      }
    }
  }

  #require(): { libp2p: Libp2p; nodeAddress: string } {
    if (this.#running === undefined) throw new DebrosError('P2P_NOT_STARTED', 'the peer host is not started')
    return this.#running
  }
}

const SOCKET_OPTIONS = Object.freeze({
  noDelay: true,
  keepAlive: true,
  keepAliveInitialDelay: HOST_DEFAULTS.tcpKeepAliveMs,
})

function streamOptions(limits: StreamLimits): { maxInboundStreams: number; maxOutboundStreams: number } {
  return { maxInboundStreams: limits.streamsMax, maxOutboundStreams: limits.streamsMax }
}

function tcpMultiaddr(text: string): Multiaddr {
  const address = parseMultiaddr(text)
  if (!address.getComponents().some((component) => component.name === 'tcp')) {
    throw addressInvalid(text, 'expected a /tcp/<port> multiaddr')
  }
  return address
}

async function startListening(libp2p: Libp2p, transport: RecordedTcp): Promise<void> {
  let cause: unknown
  try {
    await libp2p.start()
  } catch (error) {
    cause = error
  }
  // libp2p goes on without IPv6 where only that failed; an address we were told to use is not optional.
  const [failure] = transport.failures
  if (cause === undefined && failure === undefined) return
  await libp2p.stop()
  if (failure === undefined) throw new DebrosError('P2P_LISTEN_FAILED', errorMessage(cause), { cause })
  const [address, error] = failure
  if (hasErrorCode(error, 'EADDRINUSE')) {
    throw new DebrosError('P2P_ADDRESS_IN_USE', `the address ${address} is already in use`, { cause: error })
  }
  throw new DebrosError('P2P_LISTEN_FAILED', `cannot listen on ${address}: ${error.message}`, {
    cause: error,
  })
}

/**
 * libp2p reports a reset by the other side as an abort of its own, so the kind of the error decides: none
 * (an orderly end) or the operating system's.
 */
function endedByThem(event: StreamCloseEvent): boolean {
  return event.error === undefined || isSystemError(event.error)
}

/** libp2p refuses to connect a node to itself, as soon as it sees whose key it is; no code of its own says so. */
function isSelf(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isSelf)
  return (
    error instanceof Error && error.name === 'InvalidPeerIdError' && error.message === 'Can not dial self'
  )
}

function isSystemError(error: Error): boolean {
  return 'code' in error && typeof error.code === 'string' && /^E[A-Z]+$/.test(error.code)
}
