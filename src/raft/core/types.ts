/**
 * The vocabulary of the pure core. Plain values only: no bytes of any codec, no clock, no promise.
 * Indexes are 1-based; 0 means "before the first entry". Terms start at 0 and only grow.
 */

/** A node's name inside the cluster, fixed for the life of its data directory. */
export type NodeId = string

/** One node of the cluster as the log knows it. */
export interface Member {
  readonly id: NodeId
  /** libp2p peer id; a stream is accepted as this member's only from this key. */
  readonly peerId: string
  /** `host:port` of its node-to-node listener, as other members reach it. */
  readonly address: string
  /** True if it is to vote once it has caught up; false for a permanent learner. */
  readonly voter: boolean
}

/**
 * The membership. While `outgoing` is not empty the configuration is joint (Raft §6): every
 * decision needs a majority of `voters` and a majority of `outgoing`.
 */
export interface ClusterConfig {
  readonly voters: readonly NodeId[]
  readonly outgoing: readonly NodeId[]
  readonly learners: readonly NodeId[]
  readonly members: readonly Member[]
}

export type EntryKind = 'command' | 'noop' | 'config'

export interface Entry {
  readonly index: number
  readonly term: number
  readonly kind: EntryKind
  /** A command's bytes; empty for the other kinds. Never others, but the codec may put them elsewhere. */
  data: Uint8Array
  /** Set exactly when `kind` is `config`. */
  readonly config: ClusterConfig | undefined
  /** The entry's encoded record, kept by the codec so that disk and wire encode it once. */
  record?: Uint8Array
}

/** Must be on disk before any message that depends on it leaves (Raft, figure 2). */
export interface HardState {
  readonly term: number
  readonly vote: NodeId | undefined
}

/** The state a snapshot stands for: everything up to and including `index`. */
export interface SnapshotMeta {
  readonly index: number
  readonly term: number
  /** The configuration in force at `index`. */
  readonly config: ClusterConfig
  /** Index of the entry that `config` came from. */
  readonly configIndex: number
}

export type Role = 'follower' | 'pre-candidate' | 'candidate' | 'leader'

interface MessageHeader {
  readonly from: NodeId
  readonly to: NodeId
  readonly term: number
}

export type Message =
  /** `term` is the term asked for; a pre-vote's sender has not entered it yet. */
  | (MessageHeader & {
      readonly type: 'pre-vote' | 'vote'
      readonly lastIndex: number
      readonly lastTerm: number
      /** Part of a leadership transfer: ask even those who still hear the leader. */
      readonly transfer: boolean
    })
  | (MessageHeader & { readonly type: 'pre-vote-response' | 'vote-response'; readonly granted: boolean })
  | (MessageHeader & {
      readonly type: 'append'
      readonly prevIndex: number
      readonly prevTerm: number
      readonly commit: number
      readonly entries: readonly Entry[]
    })
  | (MessageHeader & {
      readonly type: 'append-response'
      /** Accepted: the last index known to match. Rejected: the `prevIndex` refused. */
      readonly index: number
      readonly reject: boolean
      /** Rejected: where the logs may still agree (index and the term there). */
      readonly hintIndex: number
      readonly hintTerm: number
    })
  /** `round` numbers the ReadIndex round this heartbeat confirms; it only grows within a term. */
  | (MessageHeader & { readonly type: 'heartbeat'; readonly commit: number; readonly round: number })
  | (MessageHeader & { readonly type: 'heartbeat-response'; readonly round: number })
  /** From the core it asks the driver to stream the snapshot; to the core it says all of it arrived. */
  | (MessageHeader & { readonly type: 'snapshot'; readonly snapshot: SnapshotMeta })
  | (MessageHeader & { readonly type: 'timeout-now' })
  | (MessageHeader & { readonly type: 'read-index'; readonly id: number })
  | (MessageHeader & {
      readonly type: 'read-index-response'
      readonly id: number
      readonly index: number
      /** True if the asked node does not lead. */
      readonly reject: boolean
    })

/** A read whose index a quorum has confirmed; serve it once `index` is applied. */
export interface ConfirmedRead {
  readonly id: number
  readonly index: number
}

/**
 * What the outside must do after one or more inputs, in this order:
 * 1. send `messages` at once (they depend on nothing unwritten);
 * 2. write `hardState`, `snapshot` and `entries` in one durable step, then call `persisted(seq)`;
 *    writes are made in the order of their `seq`, and may be merged;
 * 3. only once that and every earlier write is done, send `messagesAfterPersist`;
 * 4. apply `committed` in order and call `applied(index)`.
 */
export interface Ready {
  /** Names this write; 0 if there is nothing to write. */
  readonly seq: number
  readonly hardState: HardState | undefined
  /** A received snapshot to install: it replaces the whole log. */
  readonly snapshot: SnapshotMeta | undefined
  /** Replace every stored entry with index >= `entries[0].index`. */
  readonly entries: readonly Entry[]
  readonly messages: readonly Message[]
  readonly messagesAfterPersist: readonly Message[]
  readonly committed: readonly Entry[]
  readonly reads: readonly ConfirmedRead[]
  /** Reads that can no longer be confirmed here: leadership changed. Safe to ask again. */
  readonly readsAborted: readonly number[]
}
