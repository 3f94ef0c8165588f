/** Limits and waiting times of the services. */

/** How long a call waits for its answer unless it says otherwise. */
export const DEFAULT_TIMEOUT_MS = 10_000

/**
 * Of a write that sets no time of its own, in which case it is a number of SQLite's instructions. Measured: the
 * heaviest statements on a million rows (filling two indexes, updating an indexed column) take a tenth of them.
 * A caller who waits half a minute still learns what came of it.
 */
export const DEFAULT_WRITE_TIMEOUT_MS = 10_000

/**
 * Values that a read answered for another node may result in. To put one into the form that travels costs the
 * leader's main thread a microsecond or two, and heartbeats wait meanwhile.
 */
export const FORWARDED_VALUES_MAX = 500_000

/**
 * When more is asked of a node than it can do, see load-gate.ts. With ten times as many callers as keep a small
 * machine busy nothing waits for so long; an election, without which nothing is done either, is over before that is a
 * stall.
 */
export const DEFAULT_LOAD = Object.freeze({
  waitMs: 100,
  intervalMs: 100,
  inFlightMin: 1_024,
  stallMs: 2_000,
})

/** Reads handed to the SQL worker and not answered yet; more are refused as busy. */
export const READS_IN_FLIGHT_MAX = 4_096

/** Backups being read at one time at one node: while they are, what is written takes memory twice. */
export const BACKUPS_MAX = 8

/** A backup of which nobody has asked for more for so long is given up. */
export const BACKUP_IDLE_MS = 300_000

/** Copies of databases being worked on at one time at one node, each in a thread of its own with all its pages. */
export const SCRATCHES_MAX = 2

/** Callers waiting for one of these. */
export const SCRATCHES_WAITING_MAX = 16

/** What may be loaded at once, unless the caller says otherwise; unpacked, if it comes packed. */
export const DEFAULT_LOAD_BYTES_MAX = 2 * 1024 * 1024 * 1024

/** A load goes through the log in pieces of this size. */
export const LOAD_PIECE_BYTES = 1024 * 1024

/** How long a load may take to be carried out once all of it has been replicated, which may mean running much SQL. */
export const LOAD_COMMIT_TIMEOUT_MS = 600_000

/** The longest pause before a piece that found the log too busy is sent again. */
export const LOAD_BUSY_PAUSE_MAX_MS = 500

/** How long a comparison of the replicas waits for a member's digest, which takes reading all its data. */
export const DIGEST_TIMEOUT_MS = 120_000

/** How long a caller waits for the snapshot it asked for, which takes writing all data to disk. */
export const SNAPSHOT_TIMEOUT_MS = 300_000

/** How long `/nodes` waits for a member. */
export const NODE_INFO_TIMEOUT_MS = 2_000

/** Queued writes; see {@link WriteQueueInit}. */
export const DEFAULT_WRITE_QUEUE = Object.freeze({ capacity: 1_024, batchSize: 128, timeoutMs: 50 })

/** What all queued writes take in memory; more wait for room. */
export const WRITE_QUEUE_BYTES_MAX = 64 * 1024 * 1024

/** More queued writes go in a further batch. */
export const WRITE_BATCH_BYTES_MAX = 1024 * 1024

/** How long a node that stops goes on writing what is queued. */
export const WRITE_QUEUE_DRAIN_MS = 10_000
