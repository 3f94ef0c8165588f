export { errorFromWire, errorToWire } from './errors.ts'
export { FrameDecoder, framePrefix, joinBytes } from './framing.ts'
export { RemoveRequest, RemoveResponse, TransferRequest, TransferResponse } from './generated/cluster.ts'
export {
  Command,
  DatabaseRequest,
  DatabaseResponse,
  DigestAnswer,
  DigestQuery,
  KvEntry,
  KvOperation,
  KvReadRequest,
  KvReadResponse,
  KvRequest,
  KvWriteRequest,
  KvWriteResponse,
  NodeInfo,
  NodeInfoRequest,
  SqlMode,
  SqlRequest,
  SqlResult,
  SqlStatement,
  SqlValue,
} from './generated/command.ts'
export {
  JoinChallengeRequest,
  JoinChallengeResponse,
  JoinMember,
  JoinProofRequest,
  JoinProofResponse,
  JoinPurpose,
  JoinRequest,
  JoinResponse,
} from './generated/join.ts'
export {
  AppendFrame,
  ClusterConfig,
  ControlFrame,
  Hello,
  SnapshotChunk,
  SnapshotHeader,
  SnapshotMeta,
  StreamReply,
} from './generated/raft.ts'
export { RpcError, RpcFrame, RpcOutcome } from './generated/rpc.ts'
export {
  APPEND_FRAME_BYTES_MAX,
  APPEND_FRAME_ENTRIES_MAX,
  CONFIG_MEMBERS_MAX,
  CONTROL_FRAME_BYTES_MAX,
  ENTRY_BYTES_MAX,
  NAME_LENGTH_MAX,
  RECORD_BYTES_MAX,
  RPC_FRAME_BYTES_MAX,
  RPC_MEMBER_CALLS_MAX,
  RPC_MEMBER_REQUESTS_BYTES_MAX,
  RPC_PART_BYTES,
  RPC_PART_BYTES_MAX,
  RPC_REQUEST_BYTES_MAX,
  RPC_RESPONSE_BYTES_MAX,
  RPC_RESPONSES_BYTES_MAX,
  RPC_STRANGER_CALLS_MAX,
  RPC_STRANGER_REQUEST_BYTES_MAX,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_FRAME_BYTES_MAX,
  SNAPSHOT_WINDOW_BYTES,
} from './limits.ts'
export { checkInteger, checkName, checkPresent, decodeFrame, malformed } from './malformed.ts'
