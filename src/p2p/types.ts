/** The contract of the peer-to-peer layer, as the rest of the node sees it. */
import type { SnapshotMeta, SnapshotReader, SnapshotTransfer, Transport } from '../raft/index.ts'

/** Who a peer is and where to find it. */
export interface PeerAddress {
  readonly peerId: string
  /** `host:port` of its node-to-node listener; a name, an IPv4 or a bracketed IPv6 address. */
  readonly address: string
}

/**
 * - `member`: only peers of the current Raft configuration may call;
 * - `anyone`: any peer may (the handler does its own checks; small requests only).
 */
export type RpcAccess = 'member' | 'anyone'

export interface RpcContext {
  /** Who asks; proven by its key. */
  readonly peerId: string
  /** The IP address (or host name) it asks from. */
  readonly remoteHost: string
  /** Aborted when the answer is no longer wanted: the caller cancelled, or is gone. */
  readonly signal: AbortSignal
}

export type RpcHandler = (request: Uint8Array, context: RpcContext) => Promise<Uint8Array>

export interface RpcCallOptions {
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

/**
 * Requests and responses between nodes, many at once over one long-lived stream per peer.
 *
 * Errors: a handler's DebrosError arrives as one with the same code, message, retryable and outcome.
 * - `PEER_UNREACHABLE` (not-applied, retryable): the request was not handed, in full, to a connection,
 *   so that it cannot have been handled; also if the time ran out before that.
 * - `PEER_CALL_LOST` (unknown): sent, but the answer was lost. `PEER_CALL_TIMEOUT` (unknown).
 * - `RPC_BUSY` (not-applied, retryable): the other side has too much of ours under way.
 * - `RPC_FORBIDDEN`, `RPC_METHOD_UNKNOWN`, `RPC_REQUEST_TOO_LARGE` (not-applied).
 * - `RPC_RESPONSE_TOO_LARGE`, `RPC_INTERNAL` (unknown): the handler ran.
 *
 * An abort rejects with the signal's reason; whether the call was handled is then unknown.
 */
export interface Rpc {
  handle(method: string, access: RpcAccess, handler: RpcHandler): void
  call(peer: PeerAddress, method: string, request: Uint8Array, options: RpcCallOptions): Promise<Uint8Array>
}

/** Where received snapshots go and sent ones come from; implemented by the snapshot stores. */
export interface SnapshotTransferStore {
  /** Opens a stored snapshot for sending. The chunks are at most 64 KiB. */
  open(snapshot: SnapshotMeta): Promise<SnapshotReader>
  /** How many bytes of this very transfer an earlier attempt has left here. */
  receivedBytes(transfer: SnapshotTransfer): Promise<number>
  /**
   * Stores a snapshot being received, of which `chunks` are what follows on the first `offset` bytes;
   * durable and verified when it resolves. If `chunks` throws, what has arrived is kept.
   */
  receive(transfer: SnapshotTransfer, offset: number, chunks: AsyncIterable<Uint8Array>): Promise<void>
}

/** Raft's transport over libp2p, with what the node must add to the driver's port. */
export interface RaftTransport extends Transport {
  /** Messages for this node, already checked: the sender is a member and speaks for itself. */
  onMessage: ((message: import('../raft/index.ts').Message) => void) | undefined
  /** The system closed the connection to this member: its process probably died. */
  onConnectionLost: ((id: string) => void) | undefined
  /** Bytes sent and received, messages dropped, per member; for status and metrics. */
  stats(): readonly MemberTransportStats[]
}

export interface MemberTransportStats {
  readonly id: string
  readonly connected: boolean
  readonly bytesSent: number
  readonly bytesReceived: number
  readonly messagesDropped: number
  /** Snapshots that the member has stored. */
  readonly snapshotsSent: number
  /** Transfers that went on where an earlier one broke off, whatever became of them. */
  readonly snapshotsResumed: number
  /** Bytes that for this reason were not sent again. */
  readonly snapshotBytesResumed: number
}
