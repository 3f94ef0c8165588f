/**
 * The largest of everything that crosses the network, in bytes unless the name says otherwise. A
 * receiver checks a declared size before it buffers anything; a sender refuses rather than be refused.
 */

const KIB = 1024
const MIB = 1024 * KIB

/** A log entry's data. Checked when a command is proposed. */
export const ENTRY_BYTES_MAX = 8 * MIB

/** A log entry's record: its data and what the entry codec puts around it (a whole configuration, at most). */
export const RECORD_BYTES_MAX = ENTRY_BYTES_MAX + 64 * KIB

/** A frame of log entries. A longer run of entries is sent as several frames. */
export const APPEND_FRAME_BYTES_MAX = RECORD_BYTES_MAX + 64 * KIB

/** Entries in one append frame: a bound on decoding work where entries are tiny. */
export const APPEND_FRAME_ENTRIES_MAX = 16_384

/** A control frame, a handshake frame or a reply on a Raft stream. The longest names are far below it. */
export const CONTROL_FRAME_BYTES_MAX = 4 * KIB

/** Snapshot data per frame: small, so that heartbeats get their turn between two of them. */
export const SNAPSHOT_CHUNK_BYTES_MAX = 64 * KIB

/** A frame of a snapshot transfer: a chunk, or the header with the configuration it stands for. */
export const SNAPSHOT_FRAME_BYTES_MAX = 256 * KIB

/** Snapshot data sent but not yet taken over by the receiver: what a heartbeat may have to wait for. */
export const SNAPSHOT_WINDOW_BYTES = 512 * KIB

/** Members in a configuration, and node ids in each of its lists. */
export const CONFIG_MEMBERS_MAX = 256

/** Characters of a node id, peer id, address, cluster id or RPC method name. */
export const NAME_LENGTH_MAX = 256

/** RPC data per frame as received; we send {@link RPC_PART_BYTES}. */
export const RPC_PART_BYTES_MAX = 256 * KIB

/** RPC data per frame as sent: the grain in which calls take turns. */
export const RPC_PART_BYTES = 64 * KIB

/** An RPC frame: a part and what is around it (a method name, or an error with its message). */
export const RPC_FRAME_BYTES_MAX = RPC_PART_BYTES_MAX + 16 * KIB

/** From a peer that is not a member. It may become one: what we send ourselves fits. */
export const RPC_STRANGER_FRAME_BYTES_MAX = RPC_PART_BYTES + 16 * KIB

/** Characters of an error's message; the rest is cut off. */
export const ERROR_MESSAGE_LENGTH_MAX = 4 * KIB

export const RPC_REQUEST_BYTES_MAX = 64 * MIB

export const RPC_RESPONSE_BYTES_MAX = 512 * MIB

/** A request to a method that anyone may call, from a peer that is not a member. */
export const RPC_STRANGER_REQUEST_BYTES_MAX = 64 * KIB

/** Calls under way at once from one member. */
export const RPC_MEMBER_CALLS_MAX = 4_096

/** Calls under way at once from one peer that is not a member. */
export const RPC_STRANGER_CALLS_MAX = 4

/** Requests still arriving or being handled, in all, from one member. */
export const RPC_MEMBER_REQUESTS_BYTES_MAX = 2 * RPC_REQUEST_BYTES_MAX

/** Responses waiting to be sent, in all, to one peer. */
export const RPC_RESPONSES_BYTES_MAX = RPC_RESPONSE_BYTES_MAX
