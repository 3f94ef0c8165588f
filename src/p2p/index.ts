export { hostPortOf, multiaddrOf } from './address.ts'
export { LINK_TIMINGS, type LinkTimings } from './defaults.ts'
export {
  type ConnectionEvent,
  createPeerHost,
  type LinkFilter,
  type PeerHost,
  type PeerHostComponents,
  type PeerHostInit,
  type StreamLimits,
} from './host.ts'
export { createIdentity, isPeerId, loadIdentity, type PeerIdentity, readPeerId } from './identity.ts'
export {
  askWaiting,
  createJoinServer,
  type JoinClientComponents,
  type JoinOptions,
  type JoinServerComponents,
  type JoinServerInit,
  requestJoin,
} from './join.ts'
export type { JoinRequest, JoinResponse, WaitingNode } from './join-codec.ts'
export { type MemberPeer, MemberTable } from './members.ts'
export type { EntryCodec } from './raft-codec-append.ts'
export {
  createRaftTransport,
  type Libp2pRaftTransport,
  type RaftTransportComponents,
  type RaftTransportInit,
} from './raft-transport.ts'
export { createRpc, type RpcComponents, type RpcService } from './rpc.ts'
export type {
  MemberTransportStats,
  PeerAddress,
  RaftTransport,
  Rpc,
  RpcAccess,
  RpcCallOptions,
  RpcContext,
  RpcHandler,
  SnapshotTransferStore,
} from './types.ts'
