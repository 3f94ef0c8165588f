/** Limits and waiting times of the services. */

/** How long a call waits for its answer unless it says otherwise. */
export const DEFAULT_TIMEOUT_MS = 10_000

/** Reads handed to the SQL worker and not answered yet; more are refused as busy. */
export const READS_IN_FLIGHT_MAX = 4_096

/** How long a comparison of the replicas waits for a member's digest, which takes reading all its data. */
export const DIGEST_TIMEOUT_MS = 120_000

/** How long a caller waits for the snapshot it asked for, which takes writing all data to disk. */
export const SNAPSHOT_TIMEOUT_MS = 300_000

/** How long `/nodes` waits for a member. */
export const NODE_INFO_TIMEOUT_MS = 2_000
