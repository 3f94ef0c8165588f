/** Settings of the peer-to-peer layer that nobody has had a reason to configure. */

/** Protocol version in every Hello; nodes that differ do not talk. */
export const PROTOCOL_VERSION = 1

/** libp2p's own: see `docs` of each package; the reasons are with the values. */
export const HOST_DEFAULTS = Object.freeze({
  /** Far above any cluster: pruning would close connections that Raft is about to use. */
  connectionsMax: 1_000,
  /** Of peers that are no members and came by themselves: whoever takes all places would keep members out. */
  strangersMax: 500,
  /** A restarting cluster, or many nodes behind one address, connects all at once. */
  inboundConnectionsPerSecondMax: 200,
  inboundPendingConnectionsMax: 200,
  /** Several nodes on one machine, as in tests and development, are not to be limited at all. */
  unlimitedFrom: Object.freeze(['/ip4/127.0.0.0/ipcidr/8', '/ip6/::1/ipcidr/128']),
  parallelDialsMax: 100,
  dialQueueMax: 1_000,
  dialTimeoutMs: 5_000,
  negotiationTimeoutMs: 5_000,
  /** A connection carries a ping every second between members and every 15 s otherwise. */
  socketInactivityMs: 120_000,
  tcpKeepAliveMs: 10_000,
  muxerKeepAliveMs: 15_000,
  muxerStreamsMax: 256,
  /**
   * What one stream may have under way, and so what it can put in front of a heartbeat on the same
   * connection. 1 MiB carries 20 MB/s over a round trip of 50 ms, and far more in a data centre.
   */
  streamWindowBytesMax: 1024 * 1024,
  /** Above the window: a stream that nobody reads yet is not reset for it. */
  streamReadBufferBytesMax: 2 * 1024 * 1024,
  /** Writers stop when told to; this ends a stream whose writer does not. */
  streamWriteBufferBytesMax: 4 * 1024 * 1024,
})

/** Timings of the links between members. Tests shorten them. */
export interface LinkTimings {
  /** Connecting and shaking hands, together. @default 3_000 */
  readonly connectTimeoutMs: number
  /** How long the peer with the higher id waits for the other to dial, before it dials itself. @default 250 */
  readonly dialHeadStartMs: number
  /** First and longest wait between attempts; each is shortened at random by up to a half. @default 50, 1_000 */
  readonly retryDelayMs: number
  readonly retryDelayMaxMs: number
  /** @default 1_000 */
  readonly pingIntervalMs: number
  /** Unanswered pings after which the connection is given up. @default 5 */
  readonly pingsUnansweredMax: number
  /** A snapshot transfer is given up when its receiver has taken nothing for so long. @default 30_000 */
  readonly snapshotStallMs: number
}

export const LINK_TIMINGS: LinkTimings = Object.freeze({
  connectTimeoutMs: 3_000,
  dialHeadStartMs: 250,
  retryDelayMs: 50,
  retryDelayMaxMs: 1_000,
  pingIntervalMs: 1_000,
  pingsUnansweredMax: 5,
  snapshotStallMs: 30_000,
})

/** What even a slow disk reads; a receiver first reads what it has kept of a transfer, and is given the time. */
export const SNAPSHOT_REREAD_BYTES_PER_SECOND = 8 * 1024 * 1024

/** How long paced transfers may go without a pause, after one; a late timer costs no speed within it. */
export const SNAPSHOT_BURST_MS = 100

/** Bytes waiting for a member, per class of frame: beyond them frames are dropped, and Raft sends again. */
export const OUTBOUND_BYTES_MAX = Object.freeze({ control: 1024 * 1024, append: 24 * 1024 * 1024 })

export const JOIN_DEFAULTS = Object.freeze({
  /** A challenge is answered at once or not at all. */
  challengeLifetimeMs: 30_000,
  challengesMax: 256,
  challengesPerHostMax: 16,
  /** Wrong proofs from one peer id, and from one IP address, within the window. */
  failuresPerPeerMax: 5,
  failuresPerHostMax: 20,
  failureWindowMs: 60_000,
  redirectsMax: 5,
})
